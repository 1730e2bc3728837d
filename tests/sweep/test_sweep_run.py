"""Sweeps: what a cell holds, cells that fail, and that nothing depends on where they are played."""

from __future__ import annotations

import json
import multiprocessing
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
import xarray as xr

import forecast as fc
from forecast.sweep import blocks
from forecast.sweep.inputs import as_scenario

SMALL = {"draws": 20, "trials": 30}
LEVERS = {"parties.port.present": [True, False], "next_round.fallback": {"none": [], "remote": ["remote"]}}


@pytest.fixture
def swept(talks, seed):
    return fc.sweep(talks, LEVERS, seed=seed, by=[20, 44], **SMALL)


def test_dims_are_the_levers(swept) -> None:
    assert swept["deal"].dims == tuple(LEVERS)
    assert swept["ends"].dims == (*LEVERS, "ending") and swept["deal_by"].dims == (*LEVERS, "by")
    assert swept["by"].values.tolist() == [20, 44] and swept["settlement_mean"].dims[-1] == "issue"
    assert swept["parties.port.present"].values.tolist() == [True, False]
    assert (swept["status"] == 1).all() and (swept["error"] == "").all()
    np.testing.assert_allclose(swept["ends"].sum("ending"), 1.0)
    np.testing.assert_allclose(swept["deal"], swept["ends"].sel(ending=["agreement", "partial"]).sum("ending"))
    assert all(swept[name].attrs["long_name"] and "units" in swept[name].attrs
               for name in swept.data_vars if name not in ("status", "error"))


def test_a_cell_is_the_forecast_of_its_scenario(swept, talks, seed) -> None:
    scenario = as_scenario({"parties.port.present": False, "next_round.fallback": ["remote"]}, talks)
    summary = fc.summarize(fc.simulate(scenario, seed=seed, keep="reduced", **SMALL), by=[20, 44])
    cell = swept.isel({"parties.port.present": 1, "next_round.fallback": 1})

    def same(name: str, four, **at) -> None:
        value = four.p if hasattr(four, "p") else four.value
        found = [float(cell[name + part].sel(**at)) for part in ("", "_low", "_high", "_mc_error")]
        np.testing.assert_allclose(found, [value, four.low, four.high, four.mc_error], atol=1e-12)

    for ending, four in summary.ends.items():
        same("ends", four, ending=ending)
    same("deal", summary.deal)
    same("deal_by", summary.by[0].deal, by=20)
    same("next_round_held", summary.next_round.held)
    same("next_round_on_time", summary.next_round.on_time)
    same("time_to_end", summary.time_to_end["any"].median)
    same("next_round_day", summary.next_round.day.median)
    same("issue_closed", summary.settlement["wage"].closed, issue="wage")
    same("settlement_mean", summary.settlement["wage"].mean, issue="wage")
    same("settlement_p50", summary.settlement["wage"].median, issue="wage")
    same("rounds_held", summary.rounds_held)
    assert float(cell["settlement_p95"][0]) == pytest.approx(summary.settlement["wage"].quantiles["p95"])
    deal_days = summary.time_to_end
    assert min(deal_days["agreement"].p50, deal_days["partial"].p50) <= float(cell["time_to_deal"])


def test_the_mean_day_of_the_ending(talks, seed) -> None:
    outcome = fc.simulate(talks, seed=seed, **SMALL)
    cell = fc.sweep(talks, seed=seed, **SMALL)
    by_draw = outcome["end_day"].values.astype(float).mean(axis=1)
    assert float(cell["end_day"]) == pytest.approx(by_draw.mean())
    assert float(cell["end_day_mc_error"]) == pytest.approx(by_draw.std(ddof=1) / np.sqrt(20))
    assert cell["deal"].dims == () and cell["deal"].attrs["units"] == "1"


def test_systems_and_votes_are_kept(talks, seed) -> None:
    wired = talks.replace_all({"systems": {"video_bridge": {}}, "next_round.mode": "hybrid",
                               "ratification": [{"party": "union", "veto": 0.4, "days": 4}]})
    made = fc.sweep(wired, {"systems.video_bridge.spares": [0, 2]}, seed=seed, **SMALL)
    assert made["downtime"].dims == ("systems.video_bridge.spares", "system")
    assert float(made["downtime"][0, 0]) > float(made["downtime"][1, 0]) > 0
    outcome = fc.simulate(as_scenario({"systems.video_bridge.spares": 0}, wired), seed=seed, **SMALL)
    assert float(made["downtime"][0, 0]) == pytest.approx(float(outcome["downtime_days"].mean()), rel=1e-5)
    assert float(made["ratified"][0]) == pytest.approx(float((outcome["ratified"] == 1).mean()))
    assert float(made["in_force"][0]) == pytest.approx(float((outcome["in_force"] == 1).mean()))
    assert np.isnan(fc.sweep(talks, seed=seed, **SMALL)["ratified"])


def test_a_history_is_conditioned_on(talks, seed) -> None:
    past = [{"date": "2026-02-20", "type": "attempt", "status": "held", "planned": "2026-02-18", "start": "2026-02-18",
             "end": "2026-02-19", "mode": "in_person"}]
    known = talks.replace("history", past)
    made = fc.sweep(known, {"parties.port.present": [True, False]}, seed=seed, **SMALL)
    for i, present in enumerate((True, False)):
        summary = fc.summarize(fc.simulate(as_scenario({"parties.port.present": present}, known), seed=seed, **SMALL))
        assert float(made["deal"][i]) == pytest.approx(summary.deal.p, abs=1e-12)


def test_cells_that_fail_are_recorded_with_their_inputs(talks) -> None:
    made = fc.sweep(talks, {"mediator": {"none": None, "one": {"names": ["Board"], "type": "state"}},
                            "next_round.fallback": [["remote"], ["proximity"]]}, seed=4, **SMALL)
    assert made["status"].values.tolist() == [[1, 2], [1, 1]]
    assert np.isnan(made["deal"].values[0, 1]) and np.isfinite(made["deal"].values[1]).all()
    (failed,) = fc.failures(made)
    assert failed["set"] == {"mediator": None, "next_round.fallback": ["proximity"]}
    assert failed["cell"] == {"mediator": "none", "next_round.fallback": "proximity"}
    assert (failed["seed"], failed["draws"], failed["trials"]) == (4, 20, 30)
    assert failed["type"] == "ScenarioError" and "mediator" in failed["message"]
    with pytest.raises(fc.ScenarioError):
        as_scenario(failed["set"], talks)


def test_sampled_cells_that_fail_name_their_sample(talks) -> None:
    made = fc.sweep(talks, None, {"issues.wage.reservation.port.normal.sd": {"low": -1.0, "high": 1.0}}, samples=8,
                    seed=1, **SMALL)
    failed = fc.failures(made)
    assert 0 < len(failed) < 8
    for one in failed:
        assert one["set"]["issues.wage.reservation.port.normal.sd"] <= 0


class Immediate:
    """An executor that plays at once and whose futures know no callbacks."""

    def submit(self, call, *args):
        class Done:
            def __init__(self) -> None:
                self.value = call(*args)

            def result(self):
                return self.value

        return Done()


class Backwards:
    """An executor that finishes what it holds last first, as a cluster might."""

    _max_workers = 4

    def __init__(self) -> None:
        self.held = []

    def submit(self, call, *args):
        future: Future = Future()
        self.held.append((future, call, args))
        if len(self.held) >= 3:
            for one, what, given in reversed(self.held):
                one.set_result(what(*given))
            self.held = []
        return future


@pytest.mark.parametrize("where", ["threads", "immediate", "backwards", "two threads of its own"])
def test_any_executor_gives_the_same_numbers(where: str, talks, monkeypatch) -> None:
    monkeypatch.setattr(blocks, "TASK_TRIALS", 600)
    levers = {"adjust.closing": {"low": 0.0, "high": 1.0, "count": 9}}
    here = fc.sweep(talks, levers, seed=2, **SMALL)
    if where == "threads":
        with ThreadPoolExecutor(3) as pool:
            there = fc.sweep(talks, levers, seed=2, executor=pool, **SMALL)
    elif where == "two threads of its own":
        there = fc.sweep(talks, levers, seed=2, threads=2, **SMALL)
    else:
        there = fc.sweep(talks, levers, seed=2, executor=Immediate() if where == "immediate" else Backwards(), **SMALL)
    xr.testing.assert_identical(here, there)


@pytest.mark.slow
def test_processes_give_the_same_numbers(talks) -> None:
    here = fc.sweep(talks, LEVERS, seed=2, **SMALL)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        there = fc.sweep(talks, LEVERS, seed=2, executor=pool, **SMALL)
    xr.testing.assert_identical(here, there)


def test_a_worker_with_other_versions_is_refused(talks, monkeypatch) -> None:
    from forecast.sweep import cell

    def elsewhere(digest, context, cells):
        # A process of its own: it has not seen the context, and has other versions.
        return cell.NEEDED if context is None else cell.run_task(digest, context, cells)

    class Far:
        def submit(self, call, *args):
            with monkeypatch.context() as patch:
                patch.setattr(cell, "versions", lambda: {"numpy": "1.0"})
                future: Future = Future()
                try:
                    future.set_result(elsewhere(*args))
                except Exception as error:
                    future.set_exception(error)
            return future

    with pytest.raises(RuntimeError, match="other versions"):
        fc.sweep(talks, LEVERS, seed=2, executor=Far(), **SMALL)


def test_a_lost_worker_is_replaced_and_a_hopeless_executor_given_up(talks) -> None:
    class Forgetful:
        def __init__(self, losses: int) -> None:
            self.losses = losses

        def submit(self, call, *args):
            future: Future = Future()
            if self.losses > 0:
                self.losses -= 1
                future.set_exception(OSError("worker gone"))
            else:
                future.set_result(call(*args))
            return future

    here = fc.sweep(talks, LEVERS, seed=2, **SMALL)
    xr.testing.assert_identical(here, fc.sweep(talks, LEVERS, seed=2, executor=Forgetful(2), **SMALL))
    with pytest.raises(OSError, match="worker gone") as caught:
        fc.sweep(talks, LEVERS, seed=2, executor=Forgetful(100), **SMALL)
    assert "goes on from there" in caught.value.__notes__[0]


def test_all_cells_share_their_luck(talks) -> None:
    made = fc.sweep(talks, {"adjust.closing": [0.5, 0.5001, 0.500001]}, seed=9, **SMALL)
    assert float(made["deal"][2] - made["deal"][0]) == 0.0


def test_seed_and_progress(talks) -> None:
    seen = []
    made = fc.sweep(talks, LEVERS, progress=lambda done, total: seen.append((done, total)), **SMALL)
    assert seen[0] == (0, 4) and seen[-1] == (4, 4)
    again = fc.sweep(talks, LEVERS, seed=made.attrs["seed"], **SMALL)
    xr.testing.assert_identical(made, again)
    assert fc.sweep(talks, seed=0, **SMALL).attrs["seed"] == 0


def test_posteriors_may_be_a_lever(talks) -> None:
    made = fc.sweep(talks, {"posterior": ["prior", "auto"]}, seed=1, **SMALL)
    prior, auto = (fc.sweep(talks.replace("posterior", name), seed=1, **SMALL) for name in ("prior", "auto"))
    assert [float(x) for x in made["deal"]] == [float(prior["deal"]), float(auto["deal"])]


def test_attributes_say_how_to_make_it_again(swept, talks) -> None:
    assert json.loads(swept.attrs["scenario"])["name"] == "harbour"
    assert "parties.port.present" in json.loads(swept.attrs["prior_driven"])
    plan = json.loads(swept.attrs["plan"])
    assert plan["axes"][0]["levels"][1] == {"label": False, "set": {"parties.port.present": False}}
    assert swept.attrs["posterior_kind"] == "prior" and "kernels" in json.loads(swept.attrs["versions"])


@pytest.mark.parametrize("more, said", [
    ({"draws": 0}, "draws"), ({"trials": -1}, "trials"), ({"seed": 2**63}, "seed"), ({"executor": 3}, "submit"),
    ({"threads": 0}, "threads"), ({"draws": 2000}, "1 to 1000"), ({"by": 61}, "raise horizon_days"),
])
def test_bad_requests(more, said: str, talks) -> None:
    with pytest.raises(fc.ScenarioError, match=said):
        fc.sweep(talks, LEVERS, **{**SMALL, "seed": 1, **more})
