"""Levers, uncertainties, designs, cells: what follows from what is written, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.errors import ScenarioError
from forecast.sweep.axes import read_levers, read_uncertainties
from forecast.sweep.blocks import Blocks, tasks_of
from forecast.sweep.design import shares_of
from forecast.sweep.plan import make_plan

NUMBERS = {"draws": 10, "trials": 10, "seed": 1}


def plan(talks, levers=None, uncertainties=None, **more):
    return make_plan(talks, levers, uncertainties, **{**NUMBERS, **more})


def test_levels_in_every_form(talks) -> None:
    made = plan(talks, {
        "parties.port.present": [True, False],
        "next_round.fallback": {"none": [], "remote": ["remote"]},
        "horizon_days": {"low": 30, "high": 60, "step": 15},
        "closing": {"path": "adjust.closing", "low": 0.0, "high": 1.0, "count": 3},
        "mode": {"path": "next_round.mode", "values": ["hybrid", "shuttle"], "labels": ["mixed", "to and fro"]},
        "who": {"as stated": {},
                "delegate": {"parties.port.without_principal": "delegate", "parties.port.veto": False}},
    })
    assert made.dims == ("parties.port.present", "next_round.fallback", "horizon_days", "closing", "mode", "who")
    assert made.shape == (2, 2, 3, 3, 2, 2) and made.cells == 144
    coords = {name: values.tolist() for name, (_, values, _) in made.coords().items()}
    assert coords["parties.port.present"] == [True, False] and coords["next_round.fallback"] == ["none", "remote"]
    assert coords["horizon_days"] == [30, 45, 60] and coords["closing"] == [0.0, 0.5, 1.0]
    assert coords["mode"] == ["mixed", "to and fro"]
    number, settings = made.cell(made.cells - 1)
    assert number == 0 and settings == {
        "parties.port.present": False, "next_round.fallback": ["remote"], "horizon_days": 60, "adjust.closing": 1.0,
        "next_round.mode": "shuttle", "parties.port.without_principal": "delegate", "parties.port.veto": False}


def test_cells_are_the_product_in_c_order(talks) -> None:
    made = plan(talks, {"parties.port.present": [True, False], "horizon_days": [30, 40, 50]})
    seen = [made.cell(i)[1] for i in range(made.cells)]
    assert seen == [{"parties.port.present": p, "horizon_days": h} for p in (True, False) for h in (30, 40, 50)]


def test_uncertainties_with_levels_are_crossed_and_those_with_a_distribution_sampled(talks) -> None:
    crossed = plan(talks, {"horizon_days": [30, 40]}, {"adjust.loss": [-0.5, 0.0, 0.5]})
    assert crossed.dims == ("horizon_days", "adjust.loss") and crossed.design == "grid"
    mixed = plan(talks, {"horizon_days": [30, 40]},
                 {"adjust.loss": [-0.5, 0.5], "beliefs_weight": {"low": 0.2, "high": 0.8}}, samples=10)
    assert mixed.dims == ("horizon_days", "sample") and mixed.design == "lhs" and mixed.shape == (2, 10)
    _, settings = mixed.cell(13)
    assert settings["adjust.loss"] in (-0.5, 0.5) and 0.2 < settings["beliefs_weight"] < 0.8
    assert mixed.cell(3)[1].items() - {("horizon_days", 30)} == mixed.cell(13)[1].items() - {("horizon_days", 40)}


@pytest.mark.parametrize("spec, low, high", [
    ({"low": 0.2, "high": 0.6}, 0.2, 0.6), ({"beta": {"a": 2, "b": 2}}, 0.0, 1.0),
    ({"path": "beliefs_weight", "triangular": {"low": 0.1, "mode": 0.2, "high": 0.9}}, 0.1, 0.9),
])
def test_a_latin_hypercube_takes_one_value_of_each_share(spec, low, high, talks) -> None:
    name = "beliefs_weight" if "path" not in spec else "weight"
    made = plan(talks, None, {name: spec}, samples=50, seed=3)
    values = np.array(made.values[0])
    assert values.min() > low and values.max() < high
    item = made.uncertain[0]
    edges = np.array(item.quantile(np.arange(1, 50) / 50))
    assert np.bincount(np.searchsorted(edges, values), minlength=50).tolist() == [1] * 50


def test_something_with_a_ppf_is_a_distribution(talks) -> None:
    class Halves:
        def ppf(self, shares):
            return np.where(shares < 0.5, 0.1, 0.9)

    made = plan(talks, None, {"beliefs_weight": Halves()}, samples=10)
    assert sorted(set(made.values[0])) == [0.1, 0.9]


@pytest.mark.parametrize("design", ["lhs", "sobol", "saltelli", "random"])
def test_designs_follow_the_seed_and_fill_the_square(design: str) -> None:
    one, again, other = (shares_of(design, 64, 3, seed) for seed in (1, 1, 2))
    assert np.array_equal(one, again) and not np.array_equal(one, other)
    assert one.shape == (64 * 5 if design == "saltelli" else 64, 3) and 0 < one.min() and one.max() < 1
    assert one.mean(axis=0) == pytest.approx(0.5, abs=0.12)


def test_a_saltelli_group_swaps_one_column_at_a_time() -> None:
    groups = shares_of("saltelli", 8, 3, 1).reshape(8, 5, 3)
    a, b = groups[:, 0], groups[:, -1]
    for j in range(3):
        mixed = groups[:, 1 + j]
        assert np.array_equal(mixed[:, j], b[:, j])
        assert np.array_equal(np.delete(mixed, j, 1), np.delete(a, j, 1))


@pytest.mark.parametrize("levers, uncertainties, more, said", [
    ({"partis.port.present": [True]}, None, {}, "did you mean parties"),
    ({"parties.port.presnt": [True, False]}, None, {}, "did you mean present"),
    ({"parties.prot.present": [True]}, None, {}, "did you mean port"),
    ({"ending": [1]}, None, {}, "a name the result uses itself"),
    ({"horizon_days": []}, None, {}, "no levels"),
    ({"horizon_days": [30, 30]}, None, {}, "twice"),
    ({"horizon_days": 30}, None, {}, "a list of values"),
    ({"who": [1, 2]}, None, {}, "no field of a scenario"),
    ({"who": {"a": 3}}, None, {}, "settings"),
    ({"x": {"path": "nowhere", "values": [1]}}, None, {}, "the path of a field"),
    ({"x": {"path": "horizon_days", "values": [1, 2], "labels": ["one"]}}, None, {}, "2 labels"),
    ({"horizon_days": {"low": 30, "high": 20, "count": 3}}, None, {}, "low < high"),
    ({"horizon_days": [30, 40]}, {"horizon_days": [50]}, {}, "twice"),
    ({"parties.port": {"a": {"present": True}}, "parties.port.present": [True]}, None, {}, "also set by"),
    ([1], None, {}, "a mapping from names"),
    ({"a b": [1]}, None, {}, "letters, digits"),
    (None, {"beliefs_weight": {"normal": {"mean": 0.5}}}, {}, "sd"),
    (None, {"beliefs_weight": {"low": 2, "high": 1}}, {}, "low < high"),
    (None, {"who": {"low": 0, "high": 1}}, {}, "the path of a field"),
    (None, {"beliefs_weight": {"low": 0, "high": 1}}, {"design": "grid"}, "give the levels"),
    (None, {"beliefs_weight": {"low": 0, "high": 1}}, {"design": "sobol", "samples": 100}, "use 64 or 128"),
    (None, {"beliefs_weight": {"low": 0, "high": 1}}, {"design": "best"}, "one of grid"),
    ({"horizon_days": [30]}, None, {"design": "lhs"}, "without uncertainties"),
    ({"horizon_days": [30]}, None, {"samples": 4}, "only with uncertainties"),
    ({"horizon_days": {"low": 1, "high": 3000, "step": 1}, "adjust.loss": {"low": 0, "high": 1, "count": 99999}}, None,
     {}, "at most 100,000,000"),
])
def test_what_is_wrong_is_said(levers, uncertainties, more, said: str, talks) -> None:
    with pytest.raises(ScenarioError, match=said):
        plan(talks, levers, uncertainties, **more)


def test_everything_wrong_at_once(talks) -> None:
    with pytest.raises(ScenarioError) as caught:
        plan(talks, {"horizon_days": [], "ending": [1]}, {"beliefs_weight": {"low": 1, "high": 0}})
    assert len(caught.value.problems) == 3


def test_a_level_that_fails_only_alone_or_only_sometimes_is_no_reason_to_refuse(talks) -> None:
    made = plan(talks, {"mediator": {"none": None, "as stated": {"names": ["Board"], "type": "state"}},
                        "next_round.fallback": [["remote"], ["proximity"]]})
    assert made.cells == 4


def test_several_scenarios_are_a_dim(talks) -> None:
    made = plan([talks, talks.replace("name", "other")], {"horizon_days": [30, 40]})
    assert made.dims == ("scenario", "horizon_days") and made.cell(3) == (1, {"horizon_days": 40})
    with pytest.raises(ScenarioError, match="two scenarios named"):
        plan([talks, talks])


def test_numpy_levels_are_plain_numbers(talks) -> None:
    axes, problems = read_levers({"adjust.loss": np.linspace(0, 1, 3)})
    assert not problems and [type(label) for label, _ in axes[0].levels] == [float] * 3
    items, problems = read_uncertainties({"horizon_days": np.array([30, 40])})
    assert not problems and type(items[0].levels[0][1]["horizon_days"]) is int


@pytest.mark.parametrize("shape", [(), (1,), (7,), (256,), (257,), (3, 100), (5, 4, 30), (1000, 3), (2, 1, 300)])
def test_blocks_tile_the_cells(shape) -> None:
    blocks = Blocks.of(shape, most=50)
    cells = int(np.prod(shape, dtype=int))
    hit = np.zeros(cells, int)
    for number in range(len(blocks)):
        first, last = blocks.range(number)
        hit[first:last] += 1
        box = np.zeros(shape, bool)
        box[blocks.region(number)] = True
        assert np.array_equal(np.flatnonzero(box.reshape(-1)), np.arange(first, last))
        assert last - first <= 50
    assert (hit == 1).all()


def test_tasks_hold_every_open_cell_once() -> None:
    rng = np.random.default_rng(1)
    done = rng.random(1000) < 0.4
    blocks = Blocks.of((1000,), 64)
    seen = [cell for _, ranges in tasks_of(blocks, done, 10) for first, last in ranges for cell in range(first, last)]
    assert seen == np.flatnonzero(~done).tolist()
