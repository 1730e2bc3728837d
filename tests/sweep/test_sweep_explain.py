"""Regret, value of information, Sobol indices, tornado: against closed forms on made-up measures."""

from __future__ import annotations

import json

import numpy as np
import pytest

import forecast as fc
from forecast.sweep import run
from forecast.sweep.cell import Played
from forecast.sweep.explain import expected_given, measured, regret, value_of_information
from forecast.sweep.plan import make_plan

FIELDS = {"adjust.loss": {"low": 0.0, "high": 1.0}, "adjust.break_off": {"low": 0.0, "high": 1.0},
          "beliefs_weight": {"low": 0.0, "high": 1.0}}
LEVER = {"parties.port.present": [True, False]}


def made_up(talks, function, levers=None, uncertainties=FIELDS, **more):
    """Return a sweep whose P(deal) is a function of the settings of each cell."""
    plan = make_plan(talks, levers, uncertainties, draws=10, trials=10, seed=3, **more)
    target = run._Memory(plan)
    place = plan.layout.columns()["deal"][0]
    rows = np.zeros((plan.cells, plan.layout.width))
    for i in range(plan.cells):
        rows[i, place] = function(plan.cell(i)[1])
    target.put(0, 0, Played(rows, {}))
    return target.dataset(run._attrs(plan, run.context_of(plan)))


def values(settings) -> list[float]:
    return [settings[name] for name in FIELDS]


def test_sobol_indices_of_a_sum(talks) -> None:
    swept = made_up(talks, lambda s: np.dot([3, 2, 1], values(s)), design="saltelli", samples=512)
    found = fc.sensitivity(swept, measure="deal")
    exact = np.array([9, 4, 1]) / 14
    np.testing.assert_allclose(found["first"].sel(measure="deal").values, exact, atol=0.03)
    np.testing.assert_allclose(found["total"].sel(measure="deal").values, exact, atol=0.03)
    inside = (found["first_low"] <= found["first"]) & (found["first"] <= found["first_high"])
    assert bool(inside.all()) and found["uncertainty"].values.tolist() == list(FIELDS)


def test_sobol_indices_of_the_ishigami_function(talks) -> None:
    """S1 = (0.3139, 0.4424, 0), ST = (0.5576, 0.4424, 0.2437): Saltelli et al. (2008), Global Sensitivity Analysis."""
    def ishigami(s) -> float:
        x = -np.pi + 2 * np.pi * np.array(values(s))
        return float(np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0]))

    found = fc.sensitivity(made_up(talks, ishigami, design="saltelli", samples=1024), measure="deal")
    np.testing.assert_allclose(found["first"].values[0], [0.3139, 0.4424, 0.0], atol=0.04)
    np.testing.assert_allclose(found["total"].values[0], [0.5576, 0.4424, 0.2437], atol=0.05)


def test_first_indices_from_any_sample(talks) -> None:
    swept = made_up(talks, lambda s: np.dot([3, 2, 1], values(s)), design="lhs", samples=400)
    found = fc.sensitivity(swept, measure="deal")
    wanted = dict(zip(FIELDS, np.array([9, 4, 1]) / 14, strict=True))
    for name in found["uncertainty"].values:
        assert float(found["first"].sel(measure="deal", uncertainty=name)) == pytest.approx(wanted[name], abs=0.06)
    assert "total" not in found and found.attrs["method"] == "given cells"


def test_indices_by_lever_and_a_measure_that_does_not_move(talks) -> None:
    swept = made_up(talks, lambda s: s["adjust.loss"] if s["parties.port.present"] else 0.5, LEVER, design="saltelli",
                    samples=64)
    found = fc.sensitivity(swept, measure="deal")
    assert found["total"].dims == ("measure", "uncertainty", "parties.port.present")
    moved = found["total"].sel({"measure": "deal", "parties.port.present": True}).values
    np.testing.assert_allclose(moved, [1, 0, 0], atol=0.1)
    assert np.isnan(found["total"].sel({"measure": "deal", "parties.port.present": False})).all()


def test_groups_with_a_failed_cell_are_left_out_whole(talks) -> None:
    swept = made_up(talks, lambda s: np.dot([3, 2, 1], values(s)), design="saltelli", samples=256)
    swept["deal"].values[7] = np.nan
    found = fc.sensitivity(swept, measure="deal")
    assert found.attrs["cells_left_out"] == 5
    np.testing.assert_allclose(found["first"].values[0], np.array([9, 4, 1]) / 14, atol=0.05)


def test_regret_by_hand(talks) -> None:
    table = {(True, -0.5): 0.3, (True, 0.5): 0.7, (False, -0.5): 0.5, (False, 0.5): 0.6}
    swept = made_up(talks, lambda s: table[s["parties.port.present"], s["adjust.loss"]], LEVER,
                    {"adjust.loss": [-0.5, 0.5]})
    found = regret(swept, "deal")
    assert found["option"].values.tolist() == ["False", "True"]
    np.testing.assert_allclose(found["value"], [0.55, 0.5])
    np.testing.assert_allclose(found["regret"], [0.05, 0.1])
    np.testing.assert_allclose(found["regret_max"], [0.1, 0.2])
    np.testing.assert_allclose(found["best"], [0.5, 0.5])
    worst = regret(swept, "deal", lowest=True)
    assert worst["option"].values.tolist() == ["True", "False"]
    np.testing.assert_allclose(worst["regret"], [0.05, 0.1])


def test_value_of_information_by_hand(talks) -> None:
    table = {(True, -0.5): 0.3, (True, 0.5): 0.7, (False, -0.5): 0.5, (False, 0.5): 0.6}
    swept = made_up(talks, lambda s: table[s["parties.port.present"], s["adjust.loss"]], LEVER,
                    {"adjust.loss": [-0.5, 0.5], "beliefs_weight": [0.2, 0.8]})
    found = value_of_information(swept, "deal")
    # Knowing the loss: 0.5 or 0.7 instead of 0.55 on average; the weight says nothing.
    assert dict(zip(found["uncertainty"].values.tolist(), found["value"].values.round(9).tolist(), strict=True)) == {
        "adjust.loss": 0.05, "beliefs_weight": 0.0}
    assert found.attrs["perfect"] == pytest.approx(0.05)
    assert float(found["low"][0]) <= 0.05 <= float(found["high"][0])


def test_value_of_information_of_a_sampled_uncertainty(talks) -> None:
    """One option gives u, the other 1/2: knowing u is worth E max(u, 1/2) - 1/2 = 1/8."""
    swept = made_up(talks, lambda s: s["adjust.loss"] if s["parties.port.present"] else 0.5, LEVER, design="lhs",
                    samples=400)
    found = value_of_information(swept, "deal")
    assert found["uncertainty"].values[0] == "adjust.loss"
    assert float(found["value"][0]) == pytest.approx(0.125, abs=0.01)
    assert float(found["value"][1:].max()) < 0.02
    assert found.attrs["perfect"] == pytest.approx(0.125, abs=0.005)


def test_expectations_given_a_curve() -> None:
    x = np.linspace(-1, 1, 300)
    fitted = expected_given(np.stack([x**2, np.exp(x)]), x)
    assert np.abs(fitted[0] - x**2).max() < 0.03 and np.abs(fitted[1] - np.exp(x)).max() < 0.04


def test_failed_states_are_left_out_of_regret(talks) -> None:
    swept = made_up(talks, lambda s: s["adjust.loss"] + s["parties.port.present"], LEVER, design="lhs", samples=16)
    swept["deal"].values[0, 3] = np.nan
    found = regret(swept, "deal")
    assert found.attrs["states"] == 15 and found.attrs["states_left_out"] == 1


@pytest.mark.parametrize("measure, said", [
    ("deals", "a variable of the sweep"), ("ends", "ends.collapse"), ("ends.war", "one of agreement"),
    ("status", "a variable"), ("deal.x", "a variable"),
])
def test_measures_that_are_none(measure: str, said: str, talks) -> None:
    swept = made_up(talks, lambda s: 0.5, LEVER, None)
    with pytest.raises(fc.ScenarioError, match=said):
        measured(swept, measure)


def test_what_cannot_be_explained(talks) -> None:
    no_levers = made_up(talks, lambda s: 0.5, design="lhs", samples=4)
    with pytest.raises(fc.ScenarioError, match="at least two to choose from"):
        value_of_information(no_levers)
    no_states = made_up(talks, lambda s: 0.5, LEVER, None)
    with pytest.raises(fc.ScenarioError, match="whose value is not known"):
        value_of_information(no_states)
    with pytest.raises(fc.ScenarioError, match="no uncertainties"):
        fc.sensitivity(no_states)
    no_states["status"].values[0] = 0
    with pytest.raises(fc.ScenarioError, match="not played yet"):
        regret(no_states)


def test_a_real_sensitivity_runs_from_the_scenario(talks) -> None:
    fields = {"adjust.closing": {"low": -1.0, "high": 1.0}, "beliefs_weight": {"low": 0, "high": 1}}
    found = fc.sensitivity(talks, fields, measure=["deal", "ends.collapse"], samples=16, draws=20, trials=20, seed=1)
    assert found["measure"].values.tolist() == ["deal", "ends.collapse"]
    assert float(found["total"].sel(measure="deal", uncertainty="adjust.closing")) > 0.5
    assert "beliefs_weight" in json.loads(found.attrs["prior_driven"])


def test_a_tornado(talks, tmp_path) -> None:
    made = fc.sensitivity(talks, {"adjust.closing": {"low": -2.0, "high": 2.0}, "horizon_days": [30, 60]},
                          levers={"who": {"delegate": {"parties.port.without_principal": "delegate"}, "as stated": {}}},
                          method="tornado", draws=30, trials=30, seed=1)
    first = made.ranked()[0]
    assert first.name == "adjust.closing" and first.mark == "*"
    assert first.low.row.difference.value < 0 < first.high.row.difference.value
    alone = fc.compare(talks, {"adjust.closing": -1.8}, draws=30, trials=30, seed=1)["deal"].difference
    assert first.low.shown == "-1.8" and first.low.row.difference.value == pytest.approx(alone.value)
    assert len(made.table()) == 6 and len(made.to_csv(tmp_path / "t.csv").read_text().splitlines()) == 7
    assert json.loads(json.dumps(made.to_dict()))["measure"] == "deal" and "as stated" in str(made)


@pytest.mark.parametrize("arguments, said", [
    ({"uncertainties": {}}, "at least one field"),
    ({"uncertainties": FIELDS, "method": "best"}, "'sobol' or 'tornado'"),
    ({"uncertainties": FIELDS, "samples": 10}, "a power of 2"),
    ({"uncertainties": FIELDS, "method": "tornado", "measure": "luck"}, "one of ends.agreement"),
    ({"uncertainties": {"adjust.loss": {"low": 99, "high": 100}}, "method": "tornado"}, "adjust.loss"),
])
def test_bad_requests(arguments, said: str, talks) -> None:
    with pytest.raises(fc.ScenarioError, match=said):
        fc.sensitivity(talks, draws=5, trials=5, **arguments)
