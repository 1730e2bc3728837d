"""Closed form: votes multiply, resumption is geometric, tranches follow breach and verifier (4 se at 10^5 deals)."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from engine.chance import assert_frequencies, assert_mean, ks_bound
from engine.posteriors import CLOSES, NEVER, day, quiet, talks

import forecast as fc
from forecast.engine.packing_aftermath import pack_aftermath
from forecast.scenario import Scenario
from forecast.scenario.beliefs import Belief

TRIALS = 100_000
HORIZON = 2000
YEAR = 365.25
EXPECT = {"no": 0, "yes": 1, "pending": 2}


def deal(**fields: Any) -> Scenario:
    """Return talks that reach an agreement on the day itself."""
    return talks(next_round={"planned": day(0)}, horizon_days=HORIZON, **fields)


def play(scenario: Scenario, seed: int, trials: int = TRIALS, **law: Any):
    """Play a quiet law under which the first round held closes."""
    return fc.simulate(scenario, quiet(**{**CLOSES, **law}), draws=1, trials=trials, seed=seed).isel(draw=0)


def vote(party: str = "east", veto: Any = 0.3, days: Any = 3, then: str = "end") -> dict[str, Any]:
    return {"party": party, "veto": veto, "days": days, "then": then}


def states(outcome) -> np.ndarray:
    return np.bincount(outcome["ratified"].values, minlength=3)


# -------------------------------------------------------------------------- votes
def test_a_deal_passes_with_the_product_of_its_votes(seed: int) -> None:
    fails = [0.3, 0.1, 0.45]
    made = play(deal(ratification=[vote("east", fails[0], 3), vote("west", fails[1], 10), vote("east", fails[2], 5)]),
                seed)
    passes = np.cumprod(1 - np.array(fails))
    p_yes = passes[-1]
    assert_frequencies(states(made), np.array([1 - p_yes, p_yes, 0.0]), TRIALS, labels=list(EXPECT))
    held = np.bincount(made["votes"].values, minlength=4)
    assert_frequencies(held[1:], np.array([fails[0], passes[0] * fails[1], passes[1]]), TRIALS)
    yes = made["ratified"].values == 1
    assert set(made["ratified_day"].values[yes]) == set(made["in_force_day"].values[yes]) == {18}
    assert (made["in_force_day"].values[~yes] == -1).all()
    assert set(made["ratified_day"].values[~yes]) == {3, 13, 18}
    assert (made["ending"].values == 0).all(), "the ending is not rewritten"
    np.testing.assert_array_equal(made["in_force"].values, yes)


def test_beliefs_about_votes_are_integrated_over(seed: int) -> None:
    """Votes of one trial share nothing but their own beliefs: E prod (1 - q) = prod (1 - E q)."""
    made = play(deal(ratification=[vote("east", {"beta": {"a": 6, "b": 4}}), vote("west", {"beta": {"a": 2, "b": 8}})]),
                seed)
    assert_frequencies(states(made)[:2], np.array([1 - 0.4 * 0.8, 0.4 * 0.8]), TRIALS)


def test_days_of_a_vote_follow_the_belief(seed: int) -> None:
    belief = {"lognormal": {"median": 20, "gsd": 2}}
    made = play(deal(ratification=[vote(veto=0, days=belief)]), seed)
    days = np.arange(0, 200)
    by_day = np.cumsum(np.bincount(made["ratified_day"].values, minlength=300))[:200] / TRIALS
    assert np.abs(by_day - Belief.parse(belief).cdf(days + 0.5)).max() < ks_bound(TRIALS)


def test_what_is_not_decided_by_the_horizon_is_pending(seed: int) -> None:
    scenario = deal(ratification=[vote(veto=0.5, days=HORIZON), vote("west", 0.5, 1)])
    made = play(scenario, seed, 20_000)
    counts = states(made)
    assert counts[1] == 0
    assert_frequencies(counts[[0, 2]], np.array([0.5, 0.5]), 20_000)
    pending = made["ratified"].values == 2
    assert (made["ratified_day"].values[pending] == -1).all() and (made["in_force"].values[pending] == 0).all()


@pytest.mark.parametrize("break_off", [0.0, 0.2])
def test_resumption_is_geometric(seed: int, break_off: float) -> None:
    """Each pass: ratified 1 - q, else broken off b, else once more, eight passes at most; passes 4 + 3 days apart."""
    q1, q2 = 0.35, 0.4
    q = 1 - (1 - q1) * (1 - q2)
    odds = np.log(break_off / (1 - break_off)) if break_off else NEVER
    made = play(deal(ratification=[vote("east", q1, 3, "resume"), vote("west", q2, 0, "resume")]), seed,
                stall_intercept=odds)
    again = (q * (1 - break_off)) ** np.arange(8)
    yes = again * (1 - q)
    assert_frequencies(states(made)[:2], np.array([1 - yes.sum(), yes.sum()]), TRIALS)
    when = np.bincount(made["in_force_day"].values + 1, minlength=60)[1:]
    assert_frequencies(when[3::7][:8], yes, TRIALS)  # the deal of pass k is of day 7 k, its votes of three days later
    assert_mean(made["votes"].values, float(((1 + (1 - q1)) * again).sum()))


def test_a_veto_that_is_certain_ends_after_eight_passes(seed: int) -> None:
    made = play(deal(ratification=[vote(veto=1, then="resume")]), seed, 200)
    assert set(made["votes"].values) == {8} and set(made["ratified"].values) == {0}
    assert set(made["ratified_day"].values) == {3 + 7 * 7}


def test_failed_votes_are_felt_as_political_events(seed: int) -> None:
    """Tension 2 on the day of the vote, halved every 30 days: collapse at the resumed attempt, four days on."""
    made = play(deal(ratification=[vote(veto={"beta": {"a": 5, "b": 5}}, days=0, then="resume")]), seed,
                collapse_intercept=-2.0, collapse_tension=0.9)
    first = np.exp(-2.0 + 0.9 * 2 * 2 ** (-4 / 30))
    broken = (made["ratified"].values == 0) & (made["votes"].values == 1)
    assert_frequencies(np.array([broken.sum()]), np.array([0.5 * first / (1 + first)]), TRIALS)


def test_a_hard_deadline_ends_the_talks_that_resume(seed: int) -> None:
    scenario = deal(ratification=[vote(veto=0.5, days=1, then="resume")], deadline={"date": day(3), "binding": "hard"})
    made = play(scenario, seed, 20_000)
    assert_frequencies(states(made)[:2], np.array([0.5, 0.5]), 20_000)
    assert set(made["ratified_day"].values[made["ratified"].values == 0]) == {3}


def test_resumed_talks_keep_their_pace(seed: int) -> None:
    """The gap after a failed vote is the law's: its spread over trials is that of pace and gap together."""
    scenario = talks(next_round={"planned": day(0)}, horizon_days=3650,
                     ratification=[vote(veto=0.5, days=0, then="resume")])
    made = play(scenario, seed, gap_log_mean=np.log(20.0), gap_pace_sd=0.6, gap_sd=0.5)
    second = made["ratified_day"].values[(made["votes"].values == 2) & (made["ratified"].values == 1)]
    logs = np.log(second)
    assert abs(logs.mean() - np.log(20.0)) < 4 * logs.std() / np.sqrt(len(logs)) + 0.01
    assert abs(logs.std() - np.hypot(0.6, 0.5)) < 0.03


# ----------------------------------------------------------------- implementation
DAYS, SHARES = np.array([40.0, 150.0, 300.0]), np.array([0.5, 0.2, 0.3])
RATES = {"east": 0.4, "west": 0.2}


def phase(fp: float, fn: float, alarm: str, **fields: Any) -> Scenario:
    tranches = [{"name": f"part {i}", "share": s, "days": d} for i, (s, d) in enumerate(zip(SHARES, DAYS, strict=True))]
    return deal(implementation={
        "horizon_days": 400, "tranches": tranches, "verifier": {"false_positive": fp, "false_negative": fn},
        "breach": RATES, "on_alarm": alarm, **fields})


def expectation(fp: float, fn: float, alarm: str) -> tuple[np.ndarray, float, float, float]:
    """Return P(released) by tranche, expected shares wrongly released and withheld, and P(ended by an alarm).

    By enumeration: where the breach falls between the checks (exponential), and which checks raise an alarm.
    """
    survival = np.concatenate([[1.0], np.exp(-sum(RATES.values()) / YEAR * DAYS), [0.0]])
    released, wrong, withheld, ended = np.zeros(3), 0.0, 0.0, 0.0
    for kept in range(4):  # checks before the breach
        p_breach = survival[kept] - survival[kept + 1]
        quiet_check = np.array([1 - fp if i < kept else fn for i in range(3)])
        for passes in itertools.product([False, True], repeat=3):
            p = p_breach * np.prod(np.where(passes, quiet_check, 1 - quiet_check))
            out = np.array(passes)
            if alarm == "end":
                out = np.cumprod(out).astype(bool)
            elif alarm == "suspend":
                out = np.cumsum(out[::-1])[::-1] > 0
            due = np.arange(3) < kept
            released += p * out
            wrong += p * SHARES[out & ~due].sum()
            withheld += p * SHARES[due & ~out].sum()
            ended += p * (alarm == "end" and not all(passes))
    return released, wrong, withheld, ended


@pytest.mark.parametrize("alarm", ["suspend", "end", "continue"])
@pytest.mark.parametrize("fp, fn", [(0.0, 0.0), (0.1, 0.0), (0.0, 0.3), (0.15, 0.25), (1.0, 1.0)])
def test_tranches_follow_breach_and_verifier(seed: int, alarm: str, fp: float, fn: float) -> None:
    made = play(phase(fp, fn, alarm), seed)
    released, wrong, withheld, ended = expectation(fp, fn, alarm)
    total = float(SHARES @ released)
    values = {name: made[name].values.astype(float)
              for name in ("tranche_released", "wrongly_released", "wrongly_withheld")}
    for name, wanted in zip(values, (total, wrong, withheld), strict=True):
        assert_mean(values[name], wanted)
    due = values["tranche_released"] - values["wrongly_released"] + values["wrongly_withheld"]
    assert_mean(due, float(SHARES @ np.exp(-sum(RATES.values()) / YEAR * DAYS)))
    if fp == fn == 0.0:
        assert not values["wrongly_released"].any() and not values["wrongly_withheld"].any()
    broken = np.exp(-sum(RATES.values()) / YEAR * 400)
    assert_frequencies(np.array([(made["breach_day"].values >= 0).sum()]), np.array([1 - broken]), TRIALS)
    if alarm == "continue":  # the formula in one line
        survive = np.exp(-sum(RATES.values()) / YEAR * DAYS)
        assert total == pytest.approx(float(SHARES @ (survive * (1 - fp) + (1 - survive) * fn)), abs=1e-12)
        stands = made["in_force"].values == 1
        np.testing.assert_array_equal(stands, made["breach_day"].values < 0)


def test_an_alarm_that_ends_the_deal_ends_it(seed: int) -> None:
    made = play(phase(0.2, 0.0, "end", breach={}), seed)
    assert_frequencies(np.array([(made["in_force"].values == 1).sum()]), np.array([0.8**3]), TRIALS)
    assert (made["in_force_day"].values == 0).all()


def test_the_first_of_the_parties_breaks_it(seed: int) -> None:
    made = play(phase(0.0, 0.0, "continue"), seed)
    days = np.arange(1, 380)
    rate = sum(RATES.values()) / YEAR
    exact = np.exp(-rate * (days - 0.5)) - np.exp(-rate * (days + 0.5))
    assert_frequencies(np.bincount(made["breach_day"].values + 1, minlength=500)[days + 1], exact, TRIALS)


def test_a_worse_verifier_errs_where_a_better_one_does(seed: int) -> None:
    """One uniform a check: raising either rate only adds errors, trial by trial."""
    good, bad = (play(phase(fp, fn, "continue"), seed, 20_000) for fp, fn in ((0.05, 0.1), (0.15, 0.3)))
    for name in ("wrongly_released", "wrongly_withheld"):
        assert (bad[name].values >= good[name].values).all() and (bad[name].values > good[name].values).any()
    np.testing.assert_array_equal(bad["breach_day"].values, good["breach_day"].values)


def test_beliefs_about_rates_are_integrated_over(seed: int) -> None:
    """The rate is a fact of the trial, not of a check: with a belief in two points all checks err or none does."""
    belief = {"quantiles": {0.0: 0.0, 0.499: 0.0001, 0.501: 0.9999, 1.0: 1.0}}
    made = play(phase(belief, 0.0, "continue", breach={}), seed)
    patterns = np.bincount((made["tranche_released"].values > 0.5).astype(int), minlength=2)
    assert_frequencies(patterns, np.array([0.5, 0.5]), TRIALS, sigmas=6.0)
    assert set(np.round(made["tranche_released"].values, 2)) >= {0.0, 1.0}


def test_only_scenarios_that_use_it_have_it(seed: int) -> None:
    plain, voted = play(deal(), seed, 500), play(deal(ratification=[vote()]), seed, 500)
    assert pack_aftermath(deal()) is None
    assert not {"ratified", "in_force", "tranche_released"} & set(plain.data_vars)
    assert {"ratified", "in_force"} <= set(voted.data_vars) and "tranche_released" not in voted
    for name in plain.data_vars:
        np.testing.assert_array_equal(plain[name].values, voted[name].values)
