"""What comes after a deal in comparisons and sweeps: in force at the horizon, and the share released."""

from __future__ import annotations

import json

import numpy as np
import pytest

import forecast as fc
from forecast.scenario import Scenario
from forecast.sweep.difference import Difference
from forecast.sweep.inputs import as_scenario
from forecast.sweep.statistics import PARTS

SMALL = {"draws": 30, "trials": 40}
VOTE = {"party": "union", "veto": {"beta": {"a": 3, "b": 5}}, "days": 4}
PHASE = {"horizon_days": 200, "breach": {"port": 0.8},
         "verifier": {"false_positive": 0.1, "false_negative": 0.3},
         "tranches": [{"name": "x", "share": 0.7, "days": 5}, {"name": "y", "share": 0.3, "days": 90}]}
WRONG = {"implementation.verifier.false_positive": 0.5}
ROWS = ("after.ratified", "after.in_force", "after.released")


@pytest.fixture
def promised(talks) -> Scenario:
    """The small talks with a vote and two tranches after the deal."""
    return talks.replace_all({"ratification": [VOTE], "implementation": PHASE})


def four(made) -> list[float]:
    return [made.value, made.low, made.high, made.mc_error]


def told(scenario: Scenario, seed: int) -> dict[str, list[float]]:
    """Return what the summary of a run says of the time after a deal."""
    after = fc.summarize(fc.simulate(scenario, seed=seed, **SMALL)).to_dict()["after"]
    return {name: list(after[name].values()) for name in ("ratified", "in_force", "released")}


# ------------------------------------------------------------------ comparisons
def test_a_lower_veto_brings_more_deals_of_boeing_into_force(seed) -> None:
    boeing = fc.load_scenario("boeing_machinists_2024")
    vote = boeing.to_dict()["ratification"][0]
    easier = {"ratification": [{**vote, "veto": {"beta": {"a": 1, "b": 5}}}]}
    made = fc.compare(boeing, easier, draws=100, trials=60, seed=seed)
    row = made["after.in_force"]
    assert row.difference.low > 0 and row.difference.value > 5 * row.difference.mc_error
    # Votes rewrite no ending: what is ratified more often was agreed as often.
    assert made["deal"].difference.value == 0 and row.alternative.value < made["deal"].alternative.value
    # A trial that passed the harder vote passes the easier one: no pairing could save more.
    assert row.reach > 0.95
    assert "after.released" not in made.rows
    assert "a deal in force at the horizon rises" in made.to_text()


def test_each_side_is_the_forecast_of_that_side(promised, seed) -> None:
    made = fc.compare(promised, WRONG, seed=seed, **SMALL)
    for side, scenario in (("baseline", promised), ("alternative", made.alternative)):
        for name, numbers in told(scenario, seed).items():
            found = getattr(made[f"after.{name}"], side)
            assert four(found) == pytest.approx(numbers, abs=1e-6), (name, side)
            assert found.value > 0


def test_the_share_released_differs_trial_by_trial(promised, seed) -> None:
    made = fc.compare(promised, WRONG, seed=seed, **SMALL)
    one, other = (fc.simulate(s, seed=seed, **SMALL)["tranche_released"].values.astype(float)
                  for s in (promised, made.alternative))
    row = made["after.released"]
    apart = other - one
    assert row.difference.value == pytest.approx(apart.mean()) and apart.mean() < 0
    assert row.difference.mc_error == pytest.approx(apart.mean(axis=1).std(ddof=1) / np.sqrt(SMALL["draws"]))
    saved = 1 - apart.var(axis=1).sum() / (one.var(axis=1) + other.var(axis=1)).sum()
    assert row.saved == pytest.approx(saved, abs=1e-6) and saved > 0.3
    assert made["after.in_force"].difference.value == 0  # an alarm suspends: it takes no deal out of force


def test_two_outcomes_give_the_same_rows(promised, seed) -> None:
    made = fc.compare(promised, WRONG, seed=seed, **SMALL)
    again = fc.compare(*(fc.simulate(s, seed=seed, **SMALL) for s in (promised, made.alternative)))
    assert list(again.rows) == list(made.rows)
    for key in ROWS:
        assert four(again[key].difference) == pytest.approx(four(made[key].difference), abs=1e-9), key


def test_threads_change_nothing(promised) -> None:
    one, two = (fc.compare(promised, WRONG, seed=3, threads=n, draws=90, trials=200) for n in (1, 3))
    assert one.to_dict() == two.to_dict()


def test_the_forms_of_the_rows(promised, seed) -> None:
    made = fc.compare(promised, WRONG, seed=seed, **SMALL)
    after = json.loads(json.dumps(made.to_dict(), allow_nan=False))["after"]
    assert set(after) == {"ratified", "in_force", "released"}
    assert set(after["in_force"]["baseline"]) == {"p", "low", "high", "mc_error"}
    # A mean is no probability.
    assert set(after["released"]["baseline"]) == {"value", "low", "high", "mc_error"}
    line = next(line for line in str(made).splitlines() if "Share of the tranches released" in line)
    assert f"{100 * made['after.released'].baseline.value:.1f}%" in line


def test_tranches_of_one_side_only_are_not_compared(promised, talks, seed) -> None:
    for one, other in ((promised, {"implementation": None}), (talks, {"implementation": PHASE})):
        made = fc.compare(one, other, seed=seed, **SMALL)
        assert "after.in_force" in made.rows and "after.released" not in made.rows
        assert any("Only one of the two has tranches" in note for note in made.notes)


def test_a_deal_that_nothing_follows_is_in_force_when_it_is_reached(talks, seed) -> None:
    made = fc.compare(talks, {"ratification": [VOTE]}, seed=seed, **SMALL)
    assert made["after.in_force"].baseline == made["deal"].baseline
    assert made["after.in_force"].difference.value < 0


def test_talks_that_end_with_the_deal_have_no_such_rows(talks, seed) -> None:
    made = fc.compare(talks, {"parties.port.present": False}, seed=seed, **SMALL)
    assert not [key for key in made.rows if key.startswith("after")]
    assert "after" not in made.to_dict() and "in force" not in str(made) and made.notes == []


# ------------------------------------------------------------------ sweeps
def test_a_cell_is_the_forecast_of_its_scenario(promised, seed) -> None:
    lever = "implementation.verifier.false_positive"
    made = fc.sweep(promised, {lever: [0.0, 0.5]}, seed=seed, **SMALL)
    assert made["released"].dims == made["in_force"].dims == (lever,)
    assert made["released"].attrs["units"] == "1"
    assert float(made["released"][0]) > float(made["released"][1]) > 0
    for i, value in enumerate((0.0, 0.5)):
        scenario = as_scenario({lever: value}, promised)
        for name, numbers in told(scenario, seed).items():
            found = [float(made[name + part][i]) for part in PARTS]
            assert found == pytest.approx(numbers, abs=1e-6), name
    best = fc.regret(made, "released")
    assert best["option"].values.tolist() == ["0.0", "0.5"] and float(best["regret"][1]) > 0


def test_a_lever_may_add_what_comes_after(talks, seed) -> None:
    made = fc.sweep(talks, {"ratification": {"none": [], "vote": [VOTE]},
                            "implementation": {"none": None, "some": PHASE}}, seed=seed, **SMALL)
    assert np.isnan(made["released"].values).tolist() == [[True, False], [True, False]]
    deal, forced = made["deal"].values, made["in_force"].values
    assert forced[0, 0] == deal[0, 0] == made["ratified"].values[0, 0]  # as in a comparison
    assert (forced[1] < deal[1]).all() and forced[0, 1] < deal[0, 1]


def test_a_sweep_of_talks_that_end_with_the_deal_says_nothing_of_it(talks, promised, seed) -> None:
    made = fc.sweep(talks, {"parties.port.present": [True, False]}, seed=seed, **SMALL)
    assert not [name for name in made.data_vars if name.startswith("released")]
    assert np.isnan(made["in_force"]).all() and np.isnan(made["ratified"]).all()
    both = fc.sweep([talks, promised.replace("name", "promised")], seed=seed, **SMALL)
    assert both["released"].dims == ("scenario",)
    assert np.isnan(both["released"].values).tolist() == [True, False]
    # Whatever else is kept does not depend on the company.
    alone = fc.sweep(talks, seed=seed, **SMALL)
    for name in ("deal", "deal_low", "end_day", "issue_closed", "settlement_p95"):
        assert np.array_equal(both[name].values[0], alone[name].values), name


def test_a_store_keeps_the_share(promised, seed, tmp_path) -> None:
    pytest.importorskip("zarr")
    asked = {"parties.port.present": [True, False]}
    made = fc.sweep(promised, asked, seed=seed, store=tmp_path / "kept", **SMALL)
    assert fc.open_sweep(tmp_path / "kept")["released"].values.tolist() == made["released"].values.tolist()


def test_a_share_is_no_probability_yet_shown_as_one() -> None:
    from forecast.sweep.comparison import shown_difference
    from forecast.summary.estimate import Quantity

    side = Quantity(0.25, 0.2, 0.3, 0.01)
    apart = Quantity(0.125, 0.1, 0.15, 0.01)
    row = Difference("after.released", "", "1", side, side, apart, 0.5, float("nan"))
    assert shown_difference(row) == "+12 (+10 to +15)" and "value" in row.to_dict()["baseline"]
