"""Closed form of the calendar: gaps, slips, lengths and lags by the whole-day rule, also given that they last."""

from __future__ import annotations

import numpy as np
import pytest
from engine.chance import assert_frequencies
from engine.posteriors import CLOSES, NONE, STAYS_OPEN, day, held, lost, quiet, talks
from scipy.special import ndtr

import forecast as fc
from forecast.vocabulary import ENDINGS, STATUS

TRIALS = 150_000
DAYS = 240
GAP = {"gap_log_mean": np.log(12.0), "gap_sd": 0.5, "gap_wide_share": 0.3, "gap_wide_ratio": 2.5}
SLIP = {"slip_log_mean": np.log(9.0), "slip_sd": 0.9, "slip_unlisted_share": 0.3, "slip_unlisted_shift": -1.2}


def mixture(x, parts) -> np.ndarray:
    """Return the distribution function of a mixture of lognormals (weight, log mean, log sd); 0 for x <= 0."""
    with np.errstate(divide="ignore"):
        logs = np.log(np.maximum(x, 0.0))
    return sum(w * ndtr((logs - m) / s) for w, m, s in parts)


def whole_days(cdf, days: np.ndarray, beyond: float = 0.0) -> np.ndarray:
    """Return P(day = d) for differences `days`, given that the time exceeds `beyond`."""
    below = cdf(np.array(beyond))
    upper, lower = cdf(np.maximum(days + 0.5, beyond)), cdf(np.maximum(days - 0.5, beyond))
    return (upper - lower) / (1 - below)


def gap_parts(*, pace_sd: float = 0.0, shift: float = 0.0) -> list[tuple[float, float, float]]:
    """Return the law of a gap with the pace integrated out."""
    mean, narrow = GAP["gap_log_mean"] + shift, GAP["gap_sd"]
    wide = narrow * GAP["gap_wide_ratio"]
    return [(0.7, mean, np.hypot(narrow, pace_sd)), (0.3, mean, np.hypot(wide, pace_sd))]


def slip_parts(*, pace_sd: float = 0.0) -> list[tuple[float, float, float]]:
    sd = np.hypot(SLIP["slip_sd"], pace_sd)
    return [(0.7, SLIP["slip_log_mean"], sd), (0.3, SLIP["slip_log_mean"] + SLIP["slip_unlisted_shift"], sd)]


def days_held(scenario, posterior, seed: int, trials: int = TRIALS) -> np.ndarray:
    """Count trials by the day the next round is held (0 .. DAYS)."""
    outcome = fc.simulate(scenario, posterior, draws=1, trials=trials, seed=seed, keep="reduced")
    return outcome.next_day_count.values[0, : DAYS + 1]


def test_first_gap_without_history(seed: int) -> None:
    """Two scales and the pace, counted from the as-of date."""
    counts = days_held(talks(horizon_days=400), quiet(**CLOSES, **GAP, gap_pace_sd=0.6), seed)
    days = np.arange(DAYS + 1)
    wanted = whole_days(lambda x: mixture(x, gap_parts(pace_sd=0.6)), days)
    assert_frequencies(counts, wanted, TRIALS, labels=days)


def test_gap_after_a_round_that_ended_today(seed: int) -> None:
    """No other began today: what is known is complete up to the as-of date."""
    counts = days_held(talks(horizon_days=400, history=[held(0, start=-2)]), quiet(**CLOSES, **GAP), seed)
    days = np.arange(DAYS + 1)
    assert_frequencies(counts, whole_days(lambda x: mixture(x, gap_parts()), days, beyond=0.5), TRIALS, labels=days)


@pytest.mark.parametrize("ago", [1, 20, 90])
def test_gap_known_to_have_lasted(seed: int, ago: int) -> None:
    """A round ended `ago` days before the as-of date and no other is planned: the next falls after it."""
    scenario = talks(horizon_days=1000, history=[held(-ago, start=-ago - 3)])
    counts = days_held(scenario, quiet(**CLOSES, **GAP), seed)
    days = np.arange(DAYS + 1)
    wanted = whole_days(lambda x: mixture(x, gap_parts()), days + ago, beyond=ago + 0.5)
    assert wanted[0] == 0.0
    assert_frequencies(counts, wanted, TRIALS, labels=days)


def test_gap_known_to_have_lasted_with_a_pace(seed: int) -> None:
    """That it lasted says something about the pace too: the cut law of pace and gap together.

    The pace is resampled from weighted particles, so the bound is a little wider than for independent trials.
    """
    sd, ago = 0.7, 25
    scenario = talks(horizon_days=2000, history=[held(-ago)])
    counts = days_held(scenario, quiet(**CLOSES, **GAP, gap_pace_sd=sd), seed)
    days = np.arange(DAYS + 1)
    wanted = whole_days(lambda x: mixture(x, gap_parts(pace_sd=sd)), days + ago, beyond=ago + 0.5)
    assert_frequencies(counts, wanted, TRIALS, sigmas=5.5, labels=days)


@pytest.mark.parametrize("ago", [0, 15])
def test_slip_of_a_postponed_round(seed: int, ago: int) -> None:
    """Listed and unlisted slips, from the day that was planned."""
    scenario = talks(horizon_days=2000, history=[held(-60), lost(-ago)])
    counts = days_held(scenario, quiet(**CLOSES, **SLIP), seed)
    days = np.arange(DAYS + 1)
    wanted = whole_days(lambda x: mixture(x, slip_parts()), days + ago, beyond=ago + 0.5)
    assert_frequencies(counts, wanted, TRIALS, labels=days)


@pytest.mark.parametrize("loading", [0.0, 1.3, -0.5])
def test_slip_shares_the_pace(seed: int, loading: float) -> None:
    posterior = quiet(**CLOSES, **SLIP, gap_pace_sd=0.5, slip_pace_loading=loading)
    counts = days_held(talks(horizon_days=2000, history=[lost(0)]), posterior, seed, trials=100_000)
    days = np.arange(DAYS + 1)
    wanted = whole_days(lambda x: mixture(x, slip_parts(pace_sd=abs(loading) * 0.5)), days, beyond=0.5)
    assert_frequencies(counts, wanted, 100_000, sigmas=5.5, labels=days)


def test_a_cancelled_round_is_followed_by_a_longer_gap(seed: int) -> None:
    scenario = talks(horizon_days=2000, history=[held(-60), lost(-10, "cancelled")])
    counts = days_held(scenario, quiet(**CLOSES, **GAP, gap_after_cancelled=0.5), seed)
    days = np.arange(DAYS + 1)
    wanted = whole_days(lambda x: mixture(x, gap_parts(shift=0.5)), days + 10, beyond=10.5)
    assert_frequencies(counts, wanted, TRIALS, labels=days)


@pytest.mark.parametrize("deadline, near", [(-1, False), (0, True), (30, True), (31, False)])
def test_gaps_are_shorter_when_a_deadline_is_near(seed: int, deadline: int, near: bool) -> None:
    """Counted on the day the gap starts: 0 to 30 days before the deadline."""
    scenario = talks(horizon_days=400, history=[held(0)], deadline={"date": day(deadline)})
    posterior = quiet(**CLOSES, **GAP, gap_near_deadline=-0.8)
    counts = days_held(scenario, posterior, seed, trials=100_000)
    days = np.arange(DAYS + 1)
    wanted = whole_days(lambda x: mixture(x, gap_parts(shift=-0.8 if near else 0.0)), days, beyond=0.5)
    assert_frequencies(counts, wanted, 100_000, labels=days)


@pytest.mark.parametrize("rounds", [0, 1, 3, 8])
def test_gaps_change_with_the_rounds_held(seed: int, rounds: int) -> None:
    """By the log of their number against three; talks without a round count as those after the first."""
    scenario = talks(horizon_days=400, history=[held(10 * (i - rounds + 1)) for i in range(rounds)])
    posterior = quiet(**CLOSES, **GAP, gap_log_round=-0.4)
    counts = days_held(scenario, posterior, seed, trials=100_000)
    days = np.arange(DAYS + 1)
    shift = -0.4 * np.log(max(1, rounds) / 3)
    wanted = whole_days(lambda x: mixture(x, gap_parts(shift=shift)), days, beyond=0.5 if rounds else 0.0)
    assert_frequencies(counts, wanted, 100_000, labels=days)


def test_a_round_soon_after_the_last_takes_more_effort_forward(seed: int) -> None:
    """Effort of the second round on: (days since the last / 28) to a power, at least a day; none for the first."""
    posterior = quiet(**STAYS_OPEN, **GAP, effort_pause=-0.3)
    outcome = fc.simulate(talks(horizon_days=300, next_round={"planned": day(0)}), posterior, draws=1, trials=500,
                          seed=seed, paths=True)
    start, effort = outcome.attempt_day.values[0].astype(float), outcome.attempt_effort.values[0]
    followed = start[:, 1:] >= 0
    step, pause = np.diff(effort, axis=1)[followed], np.diff(start, axis=1)[followed]
    assert followed.sum() > 1000 and pause.min() >= 0 and (pause < 2).any()
    np.testing.assert_allclose(effort[:, 0], 1.0, rtol=1e-6)
    np.testing.assert_allclose(step, (np.maximum(pause, 1.0) / 28.0) ** -0.3, rtol=2e-4)


@pytest.mark.parametrize("ago", [1, 28, 90])
def test_the_pause_since_a_round_of_the_history_counts(seed: int, ago: int) -> None:
    posterior = quiet(**STAYS_OPEN, **GAP, effort_pause=-0.3)
    scenario = talks(horizon_days=3, next_round={"planned": day(2)}, history=[held(-ago - 20), held(-ago)])
    outcome = fc.simulate(scenario, posterior, draws=1, trials=50, seed=seed, paths=True)
    wanted = 1.0 + (20 / 28) ** -0.3 + ((ago + 2) / 28) ** -0.3
    np.testing.assert_allclose(outcome.attempt_effort.values[0, :, 0], wanted, rtol=1e-6)


def test_slips_and_gaps_of_the_simulation_follow_the_same_law(seed: int) -> None:
    """From the second attempt on: days between an attempt and the next, by what became of it."""
    posterior = quiet(**STAYS_OPEN, **GAP, **SLIP, loss_logit=0.0, cancelled_logit=0.0, gap_after_cancelled=0.4)
    scenario = talks(horizon_days=200, next_round={"planned": day(0)})
    outcome = fc.simulate(scenario, posterior, draws=1, trials=20_000, seed=seed, paths=True)
    start, status = outcome.attempt_end_day.values[0], outcome.attempt_status.values[0]
    following = outcome.attempt_day.values[0]
    days = np.arange(61)
    laws = {"held": gap_parts(), "postponed": slip_parts(), "cancelled": gap_parts(shift=0.4)}
    for code, name in enumerate(STATUS[:3]):
        # Only attempts early enough that the next is seen whatever the difference.
        found = (status[:, :-1] == code) & (start[:, :-1] <= 200 - 61)
        difference = np.where(following[:, 1:] >= 0, following[:, 1:] - start[:, :-1], 999)[found]
        counts = np.bincount(np.minimum(difference, 61), minlength=62)[:61]
        parts = laws[name]
        assert_frequencies(counts, whole_days(lambda x, p=parts: mixture(x, p), days), int(found.sum()), labels=days)


def test_length_of_a_round(seed: int) -> None:
    """Zero with the domain's probability, else lognormal: the day the deal is struck."""
    law = {"length_zero": 0.4, "length_log_mean": np.log(3.0), "length_sd": 0.9}
    scenario = talks(horizon_days=400, next_round={"planned": day(5)})
    outcome = fc.simulate(scenario, quiet(**CLOSES, **law), draws=1, trials=TRIALS, seed=seed, keep="reduced")
    assert outcome.next_day_count.values[0, 5] == TRIALS
    days = np.arange(61)
    wanted = 0.6 * whole_days(lambda x: mixture(x, [(1.0, np.log(3.0), 0.9)]), days)
    wanted[0] += 0.4
    assert_frequencies(outcome.end_day_count.values[0, 0, 5:66], wanted, TRIALS, labels=days)


@pytest.mark.parametrize("length", [0, 4])
def test_day_of_a_collapse(seed: int, length: int) -> None:
    """On the last day of the attempt, or a lognormal lag later."""
    law = {"collapse_intercept": 20.0, "collapse_same_day": 0.6, "collapse_lag_log_mean": np.log(15.0),
           "collapse_lag_sd": 1.1, "length_zero": float(length == 0), "length_log_mean": np.log(4.0), "length_sd": NONE}
    scenario = talks(horizon_days=400, next_round={"planned": day(7)})
    outcome = fc.simulate(scenario, quiet(**STAYS_OPEN, **law), draws=1, trials=TRIALS, seed=seed, keep="reduced")
    days = np.arange(121)
    wanted = 0.4 * whole_days(lambda x: mixture(x, [(1.0, np.log(15.0), 1.1)]), days)
    wanted[0] += 0.6
    first = 7 + length
    counts = outcome.end_day_count.values[0, ENDINGS.index("collapse"), first : first + 121]
    assert_frequencies(counts, wanted, TRIALS, labels=days)


def test_a_stall_falls_on_the_last_attempt(seed: int) -> None:
    law = {"stall_intercept": 20.0, "length_zero": 0.0, "length_log_mean": np.log(6.0), "length_sd": NONE}
    scenario = talks(next_round={"planned": day(3)})
    outcome = fc.simulate(scenario, quiet(**STAYS_OPEN, **law), draws=1, trials=100, seed=seed)
    assert (outcome.ending == ENDINGS.index("stall")).all()
    assert (outcome.end_day == 9).all()


def test_the_planned_day_stands(seed: int) -> None:
    """A plan is a day, not an expectation: an attempt is held on it or lost."""
    posterior = quiet(**CLOSES, loss_logit=0.0)
    outcome = fc.simulate(talks(next_round={"planned": day(11)}), posterior, draws=1, trials=2000, seed=seed)
    on_time = outcome.next_round_on_time.values == 1
    assert 0.4 < on_time.mean() < 0.6
    assert (outcome.next_round_day.values[on_time] == 11).all()
    assert (outcome.next_round_day.values[~on_time] > 11).all()


def test_the_horizon_ends_the_view(seed: int) -> None:
    """A round planned on the last day is seen, one planned the day after is not, and a deal after it is not."""
    posterior = quiet(**CLOSES, length_zero=0.0, length_log_mean=np.log(2.0), length_sd=NONE)
    for planned, attempts, ending in ((8, 1, "agreement"), (9, 1, "ongoing"), (10, 1, "ongoing"), (11, 0, "ongoing")):
        scenario = talks(horizon_days=10, next_round={"planned": day(planned)})
        outcome = fc.simulate(scenario, posterior, draws=1, trials=20, seed=seed)
        assert (outcome.attempts == attempts).all()
        assert (outcome.ending == ENDINGS.index(ending)).all()
        assert (outcome.end_day == min(10, planned + 2)).all()
        assert (outcome.next_round_day == (planned if attempts else -1)).all()
