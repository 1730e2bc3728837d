"""Invariance: results depend on the scenario, the posterior and the seed; on nothing else, to the last bit."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import xarray as xr
from engine.posteriors import day, fixed_posterior, held, issue, lost, normal, talks

import forecast as fc
from forecast.engine import replay, run
from forecast.engine.arrays import PosteriorArrays
from forecast.engine.packing import pack
from forecast.posterior import expert_prior
from forecast.scenario import Scenario, resolve

PRIOR = expert_prior(40)
DRAWS, TRIALS = 8, 60
OWN = {"name": "Strike", "rate_per_attempt": 0.4, "severity": [0.5, 0.3, 0.2],
       "recovery": {"zero": 0.4, "median_days": 12.0, "gsd": 2.0}}


def full(**fields: Any) -> Scenario:
    """Return a scenario that uses every part of the law."""
    data = {
        "domain": "ceasefire", "horizon_days": 300, "mediator": {"names": ["M"], "type": "igo"},
        "deadline": {"date": day(90)},
        "next_round": {"planned": day(6), "mode": "in_person", "fallback": ["proximity", "remote"]},
        "parties": {"east": {"principal": "E", "present": False, "delegate_authority": {"beta": {"a": 4, "b": 3}}},
                    "north": {"principal": "N"}, "west": {"principal": "W", "without_principal": "stay_away"}},
        "issues": {"land": issue(normal(12, 3), normal(13, 3)),
                   "money": issue(normal(9, 2), normal(12, 3), core=False, difficulty=0.4)},
        "disruptions": {"kinds": {"strike": OWN, "escalation": {"rate_multiplier": 2.0}},
                        "active_now": [{"kind": "political", "severity": 3, "since": day(-4)}]},
        "adjust": {"closing": 0.3, "break_off": -0.4, "loss": 0.2, "rationale": "all of it"},
        "history": [held(-60, mode="remote"), held(-30, start=-33, absent=["west"]), lost(-10)],
    }
    return talks(**{**data, **fields})


def same(a: xr.Dataset, b: xr.Dataset, *, leave_out: tuple[str, ...] = ()) -> None:
    """Fail unless two outcomes hold the same numbers, bit by bit (NaN equals NaN)."""
    assert set(a.data_vars) == set(b.data_vars)
    for name in a.data_vars:
        if name not in leave_out:
            np.testing.assert_array_equal(a[name].values, b[name].values, err_msg=str(name), strict=True)


def simulate(scenario: Scenario, seed: int, **options: Any) -> xr.Dataset:
    return fc.simulate(scenario, PRIOR, **{"draws": DRAWS, "trials": TRIALS, "seed": seed, "threads": 1, **options})


@pytest.mark.parametrize("keep", ["trials", "reduced"])
@pytest.mark.parametrize("cells", [1, 7, 480, 10**6])
@pytest.mark.parametrize("threads", [1, 3])
def test_threads_and_chunks_change_nothing(seed: int, monkeypatch, keep: str, cells: int, threads: int) -> None:
    wanted = simulate(full(), seed, keep=keep)
    monkeypatch.setattr(run, "RANGE", cells)
    same(simulate(full(), seed, keep=keep, threads=threads), wanted)


def test_paths_change_nothing(seed: int) -> None:
    plain, paths = simulate(full(), seed), simulate(full(), seed, paths=True)
    same(paths[list(plain.data_vars)], plain)


def test_a_trial_replays_alone(seed: int) -> None:
    scenario = resolve(full())
    whole = simulate(scenario, seed, paths=True)
    arrays = PosteriorArrays.of(PRIOR, DRAWS)
    packed = run.on_history(pack(scenario, arrays, draws=DRAWS, seed=seed), arrays, TRIALS, 1)
    for d, t in ((0, 0), (3, 41), (DRAWS - 1, TRIALS - 1)):
        out, log = replay(packed, d, t, TRIALS)
        one = whole.isel(draw=d, trial=t)
        fields = {"ending": "ending", "end_day": "end_day", "attempts": "attempts", "effort": "effort", "zopa": "zopa",
                  "next_round_day": "next_day", "next_round_mode": "next_mode"}
        for name, field in fields.items():
            assert one[name].item() == out.trial[field][0]
        np.testing.assert_array_equal(one.settlement.values, out.settlement[0])
        np.testing.assert_array_equal(one.n_disruptions.values, out.n_disruptions[0])
        steps = log.attempt["status"][0] >= 0
        np.testing.assert_array_equal(one.attempt_day.values[: steps.sum()], log.attempt["day"][0][steps])


def shuffled(value: Any, rng: np.random.Generator) -> Any:
    """Return plain data with the entries of every mapping, and the history, in another order."""
    if isinstance(value, dict):
        keys = list(value)
        return {key: shuffled(value[key], rng) if key != "fallback" else value[key]
                for key in (keys[i] for i in rng.permutation(len(keys)))}
    return value


def test_order_in_the_file_changes_nothing(seed: int, rng: np.random.Generator) -> None:
    data = full().to_dict()
    wanted = simulate(Scenario.from_dict(data), seed)
    for _ in range(4):
        other = shuffled(data, rng)
        other["history"] = [other["history"][i] for i in rng.permutation(len(other["history"]))]
        assert list(other) != list(data) or list(other["parties"]) != list(data["parties"])
        found = simulate(Scenario.from_dict(other), seed)
        same(found, wanted)
        assert found.attrs["scenario_digest"] == wanted.attrs["scenario_digest"]


def test_names_change_nothing(seed: int) -> None:
    """Names, title, notes and sources are for readers; ids are addresses."""
    renamed = full(title="Other title", sources=["https://example.org"]).replace("parties.east.name", "Orient")
    same(simulate(renamed, seed), simulate(full(), seed))


def test_a_party_more_moves_nobody(seed: int) -> None:
    """One without a principal, a position or anything reported about it."""
    wanted = simulate(full(), seed)
    for name in ("aaa", "middle", "zzz"):
        found = simulate(full().replace(f"parties.{name}", {"veto": False}), seed)
        same(found.sel(party=wanted.party), wanted)
        assert not found.absent.sel(party=name).any()


def test_a_principal_more_moves_only_the_trials_that_choose_it(seed: int) -> None:
    """The habitual absentee is found by rank: a new one displaces others, never reshuffles them."""
    plan = {"next_round": {"planned": day(0)}, "horizon_days": 1, "history": []}
    parties = {"east": {"principal": "E"}, "west": {"principal": "W"}}
    posterior = fixed_posterior(absent_logit=2.0, absent_habit_share=1.0)
    one, two = (fc.simulate(talks(parties=who, **plan), posterior, draws=1, trials=4000, seed=seed)
                for who in (parties, {**parties, "north": {"principal": "N"}}))
    moved = (two.absent.sel(party=["east", "west"]) != one.absent).any("party").values
    chosen = (two.absent.sel(party="north") > 0).values & (one.absent.sum("party") > 0).values
    np.testing.assert_array_equal(moved, chosen)
    assert 0.1 < moved.mean() < 0.5


def test_an_own_kind_that_never_happens_moves_nobody(seed: int) -> None:
    wanted = simulate(full(), seed)
    found = simulate(full().replace("disruptions.kinds.aaa", {**OWN, "name": "Never", "rate_per_attempt": 0.0}), seed)
    same(found.sel(kind=wanted.kind), wanted)
    assert not found.n_disruptions.sel(kind="aaa").any()


def test_an_issue_that_is_not_core_moves_no_ending(seed: int) -> None:
    wanted = simulate(full(), seed)
    found = simulate(full().replace("issues.aaa", issue(7, 18, core=False)), seed)
    same(found.sel(issue=wanted.issue), wanted)


def test_draws_and_trials_are_nested(seed: int) -> None:
    """Without a history, a draw is a row of the posterior and a trial its number, however many are asked for."""
    many = simulate(full(history=[]), seed, draws=40, trials=TRIALS)
    assert many.draw.values.tolist() == list(range(40))
    for draws, trials in ((1, TRIALS), (8, 25), (20, 1), (13, TRIALS)):
        few = simulate(full(history=[]), seed, draws=draws, trials=trials)
        same(few, many.sel(draw=few.draw).isel(trial=slice(0, trials)))


def test_a_row_of_the_posterior_has_its_own_luck(seed: int) -> None:
    outcome = fc.simulate(full(history=[]), fixed_posterior(rows=2), draws=2, trials=400, seed=seed)
    first, second = outcome.isel(draw=0), outcome.isel(draw=1)
    assert 0.01 < float((first.end_day == second.end_day).mean()) < 0.6


def test_the_seed_is_all_there_is_to_luck(seed: int) -> None:
    one = simulate(full(), seed)
    same(simulate(full(), seed), one)
    for other in (seed + 1, seed + 2**32, 0):
        assert (simulate(full(), other).end_day.values != one.end_day.values).mean() > 0.3
    assert one.attrs["seed"] == seed


def test_without_a_seed_each_run_differs_and_can_be_repeated() -> None:
    runs = [fc.simulate(full(), PRIOR, draws=4, trials=50) for _ in range(2)]
    assert runs[0].attrs["seed"] != runs[1].attrs["seed"]
    assert (runs[0].end_day.values != runs[1].end_day.values).mean() > 0.3
    same(simulate(full(), runs[0].attrs["seed"], draws=4, trials=50), runs[0])


def test_reduced_counts_are_those_of_the_trials(seed: int) -> None:
    kept, reduced = simulate(full(), seed, paths=False), simulate(full(), seed, keep="reduced")
    days = full().horizon_days + 1

    def counted(name: str, size: int) -> np.ndarray:
        return np.stack([np.bincount(row[row >= 0], minlength=size) for row in kept[name].values])

    np.testing.assert_array_equal(reduced.ending_count, counted("ending", 6))
    np.testing.assert_array_equal(reduced.next_status_count, counted("next_round_status", 4))
    np.testing.assert_array_equal(reduced.next_cause_count, counted("next_round_cause", 10))
    np.testing.assert_array_equal(reduced.next_mode_count, counted("next_round_mode", 6))
    np.testing.assert_array_equal(reduced.next_day_count, counted("next_round_day", days))
    for ending in range(6):
        of = kept.ending.values == ending
        wanted = np.stack([np.bincount(row[there], minlength=days)
                           for row, there in zip(kept.end_day.values, of, strict=True)])
        np.testing.assert_array_equal(reduced.end_day_count.values[:, ending], wanted)
    for short, name in (("on_time_count", "next_round_on_time"), ("zopa_count", "zopa"), ("attempts_sum", "attempts"),
                        ("rounds_held_sum", "rounds_held"), ("disruption_sum", "n_disruptions")):
        np.testing.assert_array_equal(reduced[short], kept[name].astype(int).sum("trial"), err_msg=short)
    np.testing.assert_array_equal(reduced.absent_count, (kept.absent > 0).sum("trial"))
    np.testing.assert_array_equal(reduced.disrupted_count, (kept.n_disruptions > 0).sum("trial"))
    for j, name in enumerate(kept.issue.values):
        edges = reduced.settlement_edge.values[j]
        values = kept.settlement.values[:, :, j]
        for d in range(DRAWS):
            closed = values[d][~np.isnan(values[d])]
            assert reduced.settlement_count.values[d, j].sum() == len(closed)
            # Values are single precision: one that lies on an edge may fall on either side of it.
            histogram = np.histogram(closed, edges)[0]
            assert np.abs(np.cumsum(histogram) - np.cumsum(reduced.settlement_count.values[d, j])).max() <= 1, name


def test_a_nearer_horizon_only_cuts(seed: int) -> None:
    """Talks that end before the nearer horizon end alike under the farther one; the others are still going on."""
    near, far = simulate(full(horizon_days=100), seed), simulate(full(horizon_days=300), seed)
    ended = far.end_day.values <= 100
    ended &= far.ending.values != 5
    for name in ("ending", "end_day", "attempts", "rounds_held", "effort", "next_round_day", "settlement"):
        np.testing.assert_array_equal(near[name].values[ended], far[name].values[ended], err_msg=name)
    assert (near.ending.values[~ended] == 5).all()
    assert (near.end_day.values[~ended] == 100).all()


def test_the_outcome_says_where_it_comes_from(seed: int) -> None:
    outcome = simulate(full(), seed)
    assert Scenario.from_dict(json.loads(outcome.attrs["scenario"])) == resolve(full())
    assert (outcome.attrs["draws"], outcome.attrs["trials"], outcome.attrs["seed"]) == (DRAWS, TRIALS, seed)
    assert outcome.attrs["posterior_hash"] == PRIOR.attrs["content_hash"]
    assert {"python", "numpy", "numba", "negotiation-forecast"} <= set(json.loads(outcome.attrs["versions"]))
