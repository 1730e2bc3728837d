"""Invariance of what comes after a deal: threads, parts, single trials, counts, order, and nobody else's luck."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from engine.posteriors import day, held, lost, talks
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import aftermath

import forecast as fc
from forecast.engine import aftermath as engine
from forecast.engine import run
from forecast.engine.arrays import PosteriorArrays
from forecast.engine.cells import play_range
from forecast.engine.packing import pack
from forecast.engine.packing_aftermath import pack_aftermath
from forecast.posterior import expert_prior
from forecast.scenario import Scenario, resolve
from forecast.summary.aftermath import tally_after
from forecast.vocabulary import check_dataset

PRIOR = expert_prior(40)
DRAWS, TRIALS = 8, 60
AFTER = {
    "ratification": [
        {"party": "east", "veto": {"beta": {"a": 4, "b": 6}}, "then": "resume",
         "days": {"lognormal": {"median": 9, "gsd": 2}}},
        {"party": "west", "veto": 0.2, "days": 5}, {"party": "east", "veto": 0.1, "then": "resume", "days": 0}],
    "implementation": {
        "horizon_days": 500, "on_alarm": "suspend",
        "tranches": [{"name": n, "share": s, "days": d}
                     for n, s, d in (("a", 0.4, 20), ("b", 0.3, 90), ("c", 0.2, 300))],
        "verifier": {"false_positive": {"beta": {"a": 2, "b": 18}}, "false_negative": 0.3},
        "breach": {"east": {"lognormal": {"median": 0.3, "gsd": 2}}, "west": 0.1}}}
NEW = {"ratified", "ratified_day", "votes", "in_force", "in_force_day", "tranche_released", "wrongly_released",
       "wrongly_withheld", "breach_day"}


def scenario(*, history: bool = False, **fields: Any) -> Scenario:
    past = {"history": [held(-60), held(-30, start=-33), lost(-10)]} if history else {}
    return talks(**{"domain": "labour", "horizon_days": 250, "deadline": {"date": day(90)},
                    "adjust": {"closing": 1.5, "rationale": "many deals"}, **past, **AFTER, **fields})


def simulate(what: Scenario, seed: int, **options: Any) -> xr.Dataset:
    return fc.simulate(what, PRIOR, **{"draws": DRAWS, "trials": TRIALS, "seed": seed, "threads": 1, **options})


def same(a: xr.Dataset, b: xr.Dataset) -> None:
    assert set(a.data_vars) == set(b.data_vars)
    for name in a.data_vars:
        np.testing.assert_array_equal(a[name].values, b[name].values, err_msg=str(name), strict=True)


@pytest.mark.parametrize("history", [False, True])
@pytest.mark.parametrize("keep", ["trials", "reduced"])
@pytest.mark.parametrize("cells", [1, 7, 10**6])
def test_threads_and_parts_change_nothing(seed: int, monkeypatch, keep: str, cells: int, history: bool) -> None:
    wanted = simulate(scenario(history=history), seed, keep=keep)
    monkeypatch.setattr(run, "RANGE", cells)
    same(simulate(scenario(history=history), seed, keep=keep, threads=3), wanted)


@pytest.mark.parametrize("history", [False, True])
def test_counts_are_those_of_the_trials(seed: int, history: bool) -> None:
    whole, reduced = (simulate(scenario(history=history), seed, keep=keep) for keep in ("trials", "reduced"))
    for outcome in (whole, reduced):
        check_dataset(outcome)
    assert set(whole.data_vars) >= NEW
    a, b = (tally_after(outcome, 250) for outcome in (whole, reduced))
    for name in ("rejected", "ratified", "pending"):
        np.testing.assert_array_equal(a.decided[name], b.decided[name])
    for name in ("in_force", "in_force_day", "breach"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    np.testing.assert_array_equal(a.votes, b.votes)
    for name, (total, squares) in a.shares.items():
        np.testing.assert_allclose(b.shares[name][0], total, rtol=0, atol=TRIALS * 2.0**-30)
        np.testing.assert_allclose(b.shares[name][1], squares, rtol=0, atol=TRIALS * 2.0**-14)


@pytest.mark.parametrize("history", [False, True])
def test_a_trial_replays_alone(seed: int, history: bool) -> None:
    what = resolve(scenario(history=history))
    whole = simulate(what, seed)
    arrays = PosteriorArrays.of(PRIOR, DRAWS)
    packed = pack(what, arrays, draws=DRAWS, seed=seed)
    if history:
        packed = run.on_history(packed, arrays, TRIALS, 1)
    after = pack_aftermath(what)
    for cell in (0, 77, DRAWS * TRIALS - 1):
        result = engine.new_result(1)
        engine.play(packed, after, cell, cell + 1, TRIALS, play_range(packed, cell, cell + 1, TRIALS), result)
        one = whole.isel(draw=cell // TRIALS, trial=cell % TRIALS)
        assert one.ratified.item() == result["ratified"][0] and one.votes.item() == result["votes"][0]
        assert one.tranche_released.item() == result["released"][0]
        assert one.breach_day.item() == result["breach_day"][0]


def test_it_rewrites_nothing_of_the_talks(seed: int) -> None:
    used = simulate(scenario(history=True), seed, paths=True)
    plain = simulate(scenario(history=True, ratification=[], implementation=None), seed, paths=True)
    assert set(used.data_vars) - set(plain.data_vars) == NEW
    same(used[list(plain.data_vars)], plain)


def test_order_in_the_file_changes_nothing(seed: int) -> None:
    turned = {**AFTER["implementation"], "tranches": AFTER["implementation"]["tranches"][::-1],
              "breach": dict(reversed(AFTER["implementation"]["breach"].items()))}
    same(simulate(scenario(implementation=turned), seed), simulate(scenario(), seed))


def test_another_vote_or_tranche_moves_nobody(seed: int) -> None:
    """A vote that always passes at once, a tranche, a party that keeps the terms: luck belongs to ids."""
    parties = {"east": {}, "west": {}, "north": {}}
    votes = [*AFTER["ratification"][:1], {"party": "north", "veto": 0, "days": 0}, *AFTER["ratification"][1:]]
    a, b = (simulate(scenario(parties=parties, ratification=r), seed) for r in (AFTER["ratification"], votes))
    for name in ("ratified", "ratified_day", "in_force_day", "breach_day", "tranche_released"):
        np.testing.assert_array_equal(a[name].values, b[name].values)
    more = {**AFTER["implementation"], "on_alarm": "continue",
            "tranches": [*AFTER["implementation"]["tranches"], {"name": "d", "share": 0.1, "days": 10}]}
    less = {**more, "tranches": AFTER["implementation"]["tranches"]}
    a, b = (simulate(scenario(implementation=i), seed) for i in (less, more))
    gained = (b.tranche_released - a.tranche_released).values
    assert np.isclose(gained, 0.0, atol=1e-6).any() and np.isclose(gained, 0.1, atol=1e-6).any()
    assert (np.isclose(gained, 0.0, atol=1e-6) | np.isclose(gained, 0.1, atol=1e-6)).all()


def test_it_is_not_compiled_for_others() -> None:
    code = ("import forecast as fc\n"
            "from forecast.engine.bridge import play_aftermath\n"
            "for keep in ('trials', 'reduced'):\n"
            "    fc.simulate('libya_ceasefire_2020', 'prior', draws=2, trials=2, seed=1, keep=keep)\n"
            "print(len(play_aftermath.signatures))")
    root = Path(fc.__file__).resolve().parents[1]
    told = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["0"]


@settings(max_examples=40)
@given(st.data())
def test_any_valid_aftermath_is_sound(data: st.DataObject) -> None:
    what = scenario(**{"ratification": [], "implementation": None, **data.draw(aftermath(["east", "west"]))})
    made = simulate(what, 20241018, draws=3, trials=20)
    check_dataset(made)
    if pack_aftermath(what) is None:
        assert not set(made.data_vars) & NEW
        return
    deal, horizon = made.ending.values <= 1, what.horizon_days
    in_force, day_in = made.in_force.values, made.in_force_day.values
    assert ((in_force == -1) == ~deal).all() and (day_in[~deal] == -1).all()
    assert (day_in <= horizon).all() and (made.end_day.values[day_in >= 0] <= day_in[day_in >= 0]).all()
    assert (in_force[day_in < 0] <= 0).all()
    if what.ratification:
        state = made.ratified.values
        assert ((state == -1) == ~deal).all() and ((state == 1) == (day_in >= 0)).all()
        assert (made.votes.values[state == 1] >= len(what.ratification)).all()
        assert (made.votes.values <= 8 * len(what.ratification)).all()
    else:
        np.testing.assert_array_equal(day_in[deal], made.end_day.values[deal])
    if what.implementation is not None:
        shares = [made[name].values for name in ("tranche_released", "wrongly_released", "wrongly_withheld")]
        due = shares[0] - shares[1] + shares[2]
        promised = sum(tranche.share for tranche in what.implementation.tranches)
        assert all(((0 <= share) & (share <= promised + 1e-6)).all() for share in (*shares, np.round(due, 6) + 0.0))
        assert not any(share[day_in < 0].any() for share in shares)
        last = what.implementation.horizon_days
        broken = made.breach_day.values
        assert (broken[day_in < 0] == -1).all()
        assert (broken[broken >= 0] <= (day_in + last + 1)[broken >= 0]).all()
    summary = fc.summarize(made)
    assert summary.to_dict()["after"] and summary.to_text() and str(summary)
