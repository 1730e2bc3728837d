"""Closed form: with the rest turned off, endings by attempt are the law's product formula within 4 standard errors."""

from __future__ import annotations

import numpy as np
import pytest
from engine.chance import assert_frequencies, assert_mean
from engine.posteriors import CLOSES, NEVER, STAYS_OPEN, day, held, lost, quiet, talks

import forecast as fc
from forecast.vocabulary import ENDINGS, STATUS

TRIALS = 1_000_000
MOST = 30  # attempts told apart; the rest is one cell
LAW = {"close_log_scale": np.log(5.0), "close_log_shape": np.log(1.4), "zopa": 0.8, "partial_share": 0.3,
       "collapse_intercept": -2.5, "stall_intercept": -3.5, "stall_log_attempt": 0.6,
       "collapse_postponed": -0.7, "collapse_cancelled": 1.2, "stall_postponed": 0.4, "stall_cancelled": 1.0}


def odds(law: dict, status: str, attempt: int, far: bool = False, adjust: float = 0.0) -> tuple[float, float]:
    """Return probabilities of collapse and stall after an attempt that did not close."""
    collapse = law["collapse_intercept"] + law.get(f"collapse_{status}", 0.0) + far * law.get("collapse_far", 0.0)
    stall = (law["stall_intercept"] + law.get(f"stall_{status}", 0.0) + far * law.get("stall_far", 0.0)
             + law["stall_log_attempt"] * np.log(attempt))
    a, b = np.exp([collapse + adjust, stall + adjust])
    return a / (1 + a + b), b / (1 + a + b)


def product_formula(law: dict, *, p_lost: float = 0.0, p_cancelled: float = 0.0, far: bool = False,
                    closing: float = 0.0, break_off: float = 0.0, attempts_done: int = 0) -> np.ndarray:
    """Return P(ending, new attempts) for endings agreement, partial, collapse, stall, and 1..MOST attempts.

    Talks with h rounds held are still open with probability ``1 - pi + pi S(h)``; breaking off does not depend on
    the coin, so what is left of the talks after n attempts is a table over h, times that.
    """
    scale, shape, pi = np.exp(law["close_log_scale"]), np.exp(law["close_log_shape"]), law["zopa"]
    factor = np.exp(closing + far * law.get("close_far", 0.0))
    rounds = np.arange(MOST + 2)
    survival = np.exp(-((rounds / scale) ** shape) * factor)
    open_still = 1 - pi + pi * survival
    alive = np.zeros(MOST + 2)  # by rounds held, without the closing
    alive[0] = 1.0
    out = np.zeros((4, MOST))
    outcomes = {"held": 1 - p_lost, "postponed": p_lost * (1 - p_cancelled), "cancelled": p_lost * p_cancelled}
    for n in range(1, MOST + 1):
        after = np.zeros_like(alive)
        for status, p in outcomes.items():
            reached = alive * p
            if status == "held":
                reached = np.concatenate([[0.0], reached[:-1]])
                closed = reached[1:] * pi * (survival[:-1] - survival[1:])
                out[0, n - 1] += closed.sum() * (1 - law["partial_share"])
                out[1, n - 1] += closed.sum() * law["partial_share"]
            collapse, stall = odds(law, status, n + attempts_done, far, break_off)
            out[2, n - 1] += (reached * open_still).sum() * collapse
            out[3, n - 1] += (reached * open_still).sum() * stall
            after += reached * (1 - collapse - stall)
        alive = after
    return out


def by_attempt(outcome) -> np.ndarray:
    """Count trials by ending (the first four) and number of attempts."""
    ending, attempts = outcome.ending.values.ravel(), outcome.attempts.values.ravel()
    table = np.zeros((6, 65), dtype=np.int64)
    np.add.at(table, (ending, attempts), 1)
    assert table[4].sum() == 0  # no deadline, no lapse
    return table[:4, 1 : MOST + 1]


def check_endings(scenario, law: dict, seed: int, *, trials: int = TRIALS, **formula) -> None:
    outcome = fc.simulate(scenario, quiet(**law), draws=1, trials=trials, seed=seed)
    labels = [f"{ending} after {n}" for ending in ENDINGS[:4] for n in range(1, MOST + 1)]
    assert_frequencies(by_attempt(outcome), product_formula(law, **formula), trials, sigmas=4.0, labels=labels)


def test_endings_by_attempt_with_everything_else_off(seed: int) -> None:
    check_endings(talks(horizon_days=3650), LAW, seed)


def test_endings_by_attempt_with_a_deadline_far_off(seed: int) -> None:
    law = {**LAW, "close_far": -1.1, "collapse_far": -0.9, "stall_far": 0.5}
    scenario = talks(horizon_days=1000, deadline={"date": day(1200)})
    check_endings(scenario, law, seed, trials=300_000, far=True)


def test_endings_by_attempt_with_lost_attempts(seed: int) -> None:
    law = {**LAW, "loss_logit": np.log(0.35 / 0.65), "cancelled_logit": np.log(0.4 / 0.6)}
    check_endings(talks(horizon_days=3650), law, seed, trials=300_000, p_lost=0.35, p_cancelled=0.4)


def test_endings_by_attempt_with_adjustments(seed: int) -> None:
    law = {**LAW, "loss_logit": np.log(0.2 / 0.8) - 0.5, "cancelled_logit": np.log(0.4 / 0.6)}
    adjust = {"closing": 0.7, "break_off": -0.6, "loss": 0.5, "rationale": "to see them"}
    check_endings(talks(horizon_days=3650, adjust=adjust), law, seed, trials=300_000, p_lost=0.2, p_cancelled=0.4,
                  closing=0.7, break_off=-0.6)


@pytest.mark.parametrize("days", [30, 31])
def test_a_deadline_is_far_from_31_days_on(seed: int, days: int) -> None:
    """The first round, planned today, closes with probability 1 - exp(-exp(-far) / s^a)."""
    law = {"close_log_scale": 0.0, "close_log_shape": 0.0, "close_far": -1.0, "zopa": 1.0}
    scenario = talks(deadline={"date": day(days)}, next_round={"planned": day(0)})
    outcome = fc.simulate(scenario, quiet(**law), draws=1, trials=100_000, seed=seed)
    closed = int(((outcome.ending < 2) & (outcome.attempts == 1)).sum())
    p = 1 - np.exp(-np.exp(-1.0 if days > 30 else 0.0))
    assert_frequencies(np.array([closed]), np.array([p]), 100_000)


@pytest.mark.parametrize("days", [-4, -3, 0, 3, 4])
def test_collapse_is_likelier_within_three_days_of_a_deadline(seed: int, days: int) -> None:
    law = {**STAYS_OPEN, "collapse_intercept": -1.0, "collapse_here": 1.5}
    scenario = talks(deadline={"date": day(days)}, next_round={"planned": day(0)})
    outcome = fc.simulate(scenario, quiet(**law), draws=1, trials=100_000, seed=seed)
    broken = outcome.ending.isin([ENDINGS.index("collapse"), ENDINGS.index("lapse")]) & (outcome.attempts == 1)
    x = np.exp(-1.0 + (1.5 if abs(days) <= 3 else 0.0))
    assert_frequencies(np.array([int(broken.sum())]), np.array([x / (1 + x)]), 100_000)


def test_lost_attempts_before_a_round_are_geometric(seed: int) -> None:
    law = {**CLOSES, "loss_logit": np.log(0.4 / 0.6), "cancelled_logit": NEVER}
    trials = 150_000
    outcome = fc.simulate(talks(horizon_days=3000), quiet(**law), draws=1, trials=trials, seed=seed)
    n = np.arange(1, 16)
    counts = np.bincount(outcome.attempts.values.ravel(), minlength=65)[n]
    assert_frequencies(counts, 0.6 * 0.4 ** (n - 1), trials)
    assert (outcome.rounds_held == 1).all()


def test_losing_attempts_is_a_habit_of_the_talks(seed: int) -> None:
    """With a frailty z shared by all attempts, P(n - 1 losses, then a round) = E[p(z)^(n-1) (1 - p(z))]."""
    trials, sd = 150_000, 0.8
    outcome = fc.simulate(talks(horizon_days=3000), quiet(**CLOSES, loss_logit=-1.0, loss_sd=sd, cancelled_logit=NEVER),
                          draws=1, trials=trials, seed=seed)
    z, weight = np.polynomial.hermite_e.hermegauss(81)
    p = 1 / (1 + np.exp(1.0 - sd * z))
    n = np.arange(1, 16)
    wanted = [(weight / weight.sum() * p ** (k - 1) * (1 - p)).sum() for k in n]
    assert_frequencies(np.bincount(outcome.attempts.values.ravel(), minlength=65)[n], np.array(wanted), trials)


def test_share_of_lost_attempts_that_are_cancelled(seed: int) -> None:
    trials = 100_000
    law = {**STAYS_OPEN, "loss_logit": np.log(0.3 / 0.7), "cancelled_logit": np.log(0.25 / 0.75)}
    scenario = talks(horizon_days=1, next_round={"planned": day(0)})
    outcome = fc.simulate(scenario, quiet(**law), draws=1, trials=trials, seed=seed, keep="reduced")
    wanted = {"held": 0.7, "postponed": 0.3 * 0.75, "cancelled": 0.3 * 0.25, "none": 0.0}
    assert_frequencies(outcome.next_status_count.values[0], [wanted[s] for s in STATUS], trials, labels=STATUS)


def test_stall_counts_the_attempts_of_the_history(seed: int) -> None:
    """The attempt number in the stall's log-odds goes on from the history, lost attempts included."""
    law = {**STAYS_OPEN, "stall_intercept": -3.0, "stall_log_attempt": 1.0, "collapse_intercept": NEVER}
    scenario = talks(horizon_days=3000, history=[held(-12), lost(-8, "cancelled"), held(-4)],
                     next_round={"planned": day(0)})
    outcome = fc.simulate(scenario, quiet(**law), draws=1, trials=100_000, seed=seed)
    counts = np.bincount(outcome.attempts.values.ravel(), minlength=65)[1 : MOST + 1]
    wanted = product_formula({**law, "close_log_shape": 0.0, "zopa": 0.0, "partial_share": 0.0}, attempts_done=3)
    assert_frequencies(counts, wanted[3], 100_000)


def test_a_trial_takes_no_more_than_its_effort_needs(seed: int) -> None:
    """Mean rounds of talks that only end by closing: the sum of the survival function."""
    law = {"close_log_scale": np.log(3.0), "close_log_shape": np.log(1.4)}
    outcome = fc.simulate(talks(horizon_days=3650), quiet(**law), draws=1, trials=100_000, seed=seed)
    survival = np.exp(-((np.arange(60) / 3.0) ** 1.4))
    assert_mean(outcome.rounds_held.values.ravel(), float(survival.sum()))
    np.testing.assert_array_equal(outcome.effort.values, outcome.rounds_held.values)
