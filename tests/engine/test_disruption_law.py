"""Closed form of disruptions: Poisson counts by kind and interval, pulses in time, severity, recovery, tension."""

from __future__ import annotations

import numpy as np
import pytest
from engine.chance import assert_frequencies, assert_mean, ks_bound, ks_distance
from engine.posteriors import CLOSES, STAYS_OPEN, day, held, quiet, talks
from scipy.special import ndtr
from scipy.stats import poisson

import forecast as fc
from forecast.vocabulary import CALIBRATED_KINDS, KINDS

TRIALS = 80_000
RATES = np.array([0.9, 0.5, 1.4, 0.2])  # of the calibrated kinds, per interval
PULSES = np.array([0.2, 0.45, 0.35])  # background, after, before
DAYS = 5.0
LAW = {"kind_rate": np.tile(RATES[:, None], (1, 8)), "pulse_days": DAYS, "pulse_share": PULSES, "novel_share": 0.1,
       "severity_share": [[0.2, 0.5, 0.3], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8], [1.0, 0.0, 0.0]],
       "novel_severity_share": [0.0, 0.3, 0.7]}
NOVEL = RATES.sum() * 0.1 / 0.9
OWN = {"strike": {"name": "Strike", "rate_per_attempt": 0.7, "severity": [0.5, 0.25, 0.25],
                  "recovery": {"zero": 0.4, "median_days": 12.0, "gsd": 2.0}}}


def mass(plan: float, previous: float | None = None, start: float = 0.0) -> float:
    """Return the expected events in (start, plan] for a rate of 1 per interval."""
    background, after, before = PULSES
    total = background * (plan - start) / 28 + before * (1 - np.exp(-(plan - start) / DAYS))
    if previous is not None:
        total += after * (np.exp(-(start - previous) / DAYS) - np.exp(-(plan - previous) / DAYS))
    return float(total)


def run(scenario, seed: int, trials: int = TRIALS, paths: bool = False, **law):
    return fc.simulate(scenario, quiet(**{**CLOSES, **LAW, **law}), draws=1, trials=trials, seed=seed, paths=paths)


def check_counts(outcome, kind: str, mean: float) -> None:
    """Counts of a kind are Poisson with this mean."""
    counts = outcome.n_disruptions.sel(kind=kind).values.ravel()
    n = np.arange(8)
    assert_frequencies(np.bincount(counts, minlength=64)[:8], poisson.pmf(n, mean), counts.size, labels=n)


def test_events_before_the_first_attempt_of_the_talks(seed: int) -> None:
    """No after-pulse: background and the pulse before the planned day."""
    outcome = run(talks(next_round={"planned": day(21)}), seed)
    for kind, rate in zip((*CALIBRATED_KINDS, "novel"), (*RATES, NOVEL), strict=True):
        check_counts(outcome, kind, rate * mass(21))


def test_kinds_are_independent(seed: int) -> None:
    outcome = run(talks(next_round={"planned": day(21)}), seed)
    off = np.corrcoef(outcome.n_disruptions.values[0], rowvar=False) - np.eye(5)
    assert np.abs(off).max() < 4.5 / np.sqrt(TRIALS)


def test_events_between_the_last_attempt_and_the_next(seed: int) -> None:
    """The after-pulse of an attempt three days ago, as far as it lies after the as-of date."""
    outcome = run(talks(next_round={"planned": day(14)}, history=[held(-1, start=-3)]), seed)
    for kind, rate in zip((*CALIBRATED_KINDS, "novel"), (*RATES, NOVEL), strict=True):
        check_counts(outcome, kind, rate * mass(14, previous=-3))


def test_events_over_several_attempts(seed: int) -> None:
    """Attempts on days 4, 8, 12, ..., held: means add up over the intervals."""
    law = {**STAYS_OPEN, "gap_log_mean": np.log(4.0), "stall_intercept": -2.0}
    outcome = fc.simulate(talks(horizon_days=41), quiet(**{**LAW, **law}), draws=1, trials=TRIALS, seed=seed)
    attempts = outcome.attempts.values.ravel()
    for n in (2, 3, 6):
        counts = outcome.n_disruptions.sel(kind="political").values.ravel()[attempts == n]
        assert_mean(counts, RATES[2] * (mass(4) + (n - 1) * mass(4, previous=0.0)))
        assert abs(counts.var() / counts.mean() - 1) < 5 * np.sqrt(2 / len(counts))


def test_own_kinds_and_multipliers(seed: int) -> None:
    scenario = talks(next_round={"planned": day(21)}, disruptions={
        "kinds": {**OWN, "escalation": {"rate_multiplier": 2.5}, "political": {"rate_multiplier": 0.0},
                  "novel": {"rate_multiplier": 3.0}}})
    outcome = run(scenario, seed)
    assert set(outcome.kind.values) == {*KINDS, "strike"}
    # The novel kind's share is of the calibrated rates, not of the scenario's multiples of them.
    for kind, rate in (("strike", 0.7), ("escalation", 2.5 * RATES[0]), ("political", 0.0), ("novel", 3 * NOVEL)):
        check_counts(outcome, kind, rate * mass(21))


def test_times_of_events_follow_the_pulses(seed: int) -> None:
    """Mean events by day: the integral of the intensity over the day, between attempts three days ago and in 20."""
    trials, plan, previous = 20_000, 20, -3
    outcome = run(talks(next_round={"planned": day(plan)}, history=[held(previous)]), seed, trials, paths=True)
    when, kind = outcome.event_day.values[0], outcome.event_kind.values[0]
    total = RATES.sum() + NOVEL
    for d in range(plan + 1):
        low, high = max(d - 0.5, 0.0), min(d + 0.5, plan)
        background, after, before = PULSES
        wanted = total * (background * (high - low) / 28
                          + after * (np.exp((previous - low) / DAYS) - np.exp((previous - high) / DAYS))
                          + before * (np.exp((high - plan) / DAYS) - np.exp((low - plan) / DAYS)))
        found = ((when == d) & (kind >= 0)).sum() / trials
        assert abs(found - wanted) < 4.5 * np.sqrt(wanted / trials), f"day {d}: {found} instead of {wanted}"


def test_severities_and_recoveries(seed: int) -> None:
    law = {"recovery_zero": [0.9, 0.4, 0.1], "recovery_log_mean": np.log([2.0, 6.0, 40.0]),
           "recovery_sd": [0.5, 1.0, 1.5]}
    scenario = talks(next_round={"planned": day(21)}, disruptions={"kinds": OWN})
    outcome = run(scenario, seed, 20_000, paths=True, **law)
    kinds = list(outcome.kind.values)
    severity, kind = outcome.event_severity.values.ravel(), outcome.event_kind.values.ravel()
    days = outcome.event_recovery_days.values.ravel()
    shares = {**dict(zip(CALIBRATED_KINDS, LAW["severity_share"], strict=True)), "novel": [0.0, 0.3, 0.7],
              "strike": [0.5, 0.25, 0.25]}
    for name, share in shares.items():
        found = severity[kind == kinds.index(name)]
        assert_frequencies(np.bincount(found, minlength=4)[1:], share, len(found), labels=[1, 2, 3])
    for s in (1, 2, 3):
        for own in (False, True):
            found = days[(severity == s) & ((kind == kinds.index("strike")) == own)]
            zero = 0.4 if own else law["recovery_zero"][s - 1]
            mean, sd = (np.log(12.0), np.log(2.0)) if own else (law["recovery_log_mean"][s - 1],
                                                                 law["recovery_sd"][s - 1])
            assert_frequencies([(found == 0).sum()], [zero], len(found))
            longer = found[found > 0]
            assert ks_distance(np.log(longer), lambda x, m=mean, sd=sd: ndtr((x - m) / sd)) < ks_bound(len(longer))


def test_tension_is_the_decayed_sum_of_earlier_events(seed: int) -> None:
    """From the events of each path: weights 0.5, 1, 2, halved every 30 days, strictly before, capped at 3."""
    scenario = talks(horizon_days=90, disruptions={"active_now": [
        {"kind": "political", "severity": 2, "since": day(-15)},
        {"kind": "escalation", "severity": 1, "since": day(0)}]})
    outcome = fc.simulate(scenario, quiet(**{**LAW, **STAYS_OPEN, "gap_log_mean": np.log(9.0), "gap_sd": 0.6}), draws=1,
                          trials=2000, seed=seed, paths=True)
    at, tension = outcome.attempt_day.values[0], outcome.attempt_tension.values[0]
    when, severity = outcome.event_day.values[0], outcome.event_severity.values[0]
    weight = np.array([0.5, 1.0, 2.0])
    for a in range(at.shape[1]):
        there = at[:, a] >= 0
        ago = at[:, a : a + 1] - when
        counted = (severity > 0) & (ago > 0)
        total = np.where(counted, weight[severity - 1] * 2.0 ** (-np.maximum(ago, 0) / 30), 0.0).sum(axis=1)
        total += 1.0 * 2.0 ** (-(at[:, a] + 15) / 30) + 0.5 * 2.0 ** (-at[:, a] / 30)
        np.testing.assert_allclose(tension[there, a], np.minimum(total, 3.0)[there], rtol=1e-5)
    assert (tension[at >= 0] == 3.0).any() and (tension[at >= 0] < 1.5).any()


@pytest.mark.parametrize("since, severity, raised", [(0, 3, True), (-14, 3, True), (-15, 3, False), (0, 2, False)])
def test_a_severe_event_weighs_on_loss_for_fourteen_days(seed: int, since: int, severity: int, raised: bool) -> None:
    law = {"loss_logit": -1.0, "loss_severe": 1.5, "cancelled_logit": -0.5, "cancelled_severe": 1.0}
    event = {"kind": "walkout_leak", "severity": severity, "since": day(since)}
    scenario = talks(horizon_days=5, next_round={"planned": day(0)}, disruptions={"active_now": [event]})
    outcome = fc.simulate(scenario, quiet(**{**CLOSES, **law}), draws=1, trials=TRIALS, seed=seed, keep="reduced")
    p = 1 / (1 + np.exp(1.0 - 1.5 * raised))
    c = 1 / (1 + np.exp(0.5 - 1.0 * raised))
    assert_frequencies(outcome.next_status_count.values[0], [1 - p, p * (1 - c), p * c, 0], TRIALS)
    causes = outcome.next_cause_count.sel(cause=["walkout_leak", "other"]).values[0]
    assert causes.tolist() == ([causes.sum(), 0] if raised else [0, causes.sum()])


def test_tension_weighs_on_collapse(seed: int) -> None:
    law = {**STAYS_OPEN, "collapse_intercept": -2.0, "collapse_tension": 0.9}
    for events, tension in ((0, 0.0), (1, 2.0 * 0.5), (4, 3.0)):
        active = [{"kind": "political", "severity": 3, "since": day(-30 if events == 1 else 0)}] * events
        scenario = talks(horizon_days=5, next_round={"planned": day(0)}, disruptions={"active_now": active})
        outcome = fc.simulate(scenario, quiet(**law), draws=1, trials=TRIALS, seed=seed)
        x = np.exp(-2.0 + 0.9 * tension)
        first = int(((outcome.ending == 2) & (outcome.attempts == 1)).sum())
        assert_frequencies([first], [x / (1 + x)], TRIALS)


def test_first_disruption_is_the_earliest(seed: int) -> None:
    outcome = run(talks(next_round={"planned": day(21)}), seed, 3000, paths=True)
    when = np.where(outcome.event_kind.values[0] >= 0, outcome.event_day.values[0], 999)
    first = when.min(axis=1)
    np.testing.assert_array_equal(outcome.first_disruption_day.values[0], np.where(first == 999, -1, first))
    counts = outcome.n_disruptions.values[0].sum(axis=1)
    np.testing.assert_array_equal(counts, (outcome.event_kind.values[0] >= 0).sum(axis=1))
