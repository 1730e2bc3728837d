"""Scores: against brute force and the packages, perfect and bad forecasters, and refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scoringrules

from forecast.backtest.model import day_shares, shares
from forecast.backtest.scoring import brier_scores, crps_days, crps_sample, log_scores


def brute_crps(p: np.ndarray, observed: float, until: int, step: float = 0.25) -> float:
    """Integrate (F(t) - 1[observed <= t])^2 over [0, until] on a grid."""
    cumulative, total = np.cumsum(p), 0.0
    for t in np.arange(0.0, until, step):
        total += (cumulative[int(t)] - (observed <= t)) ** 2 * step
    return total


@pytest.mark.parametrize("observed", [0.0, 3.0, 7.0, 8.0, 20.0, math.inf])
@pytest.mark.parametrize("until", [1, 5, 8])
def test_censored_crps_is_the_integral(rng: np.random.Generator, observed: float, until: int) -> None:
    p = rng.dirichlet(np.ones(10))
    assert crps_days(p, observed, until) == pytest.approx(brute_crps(p, observed, until), abs=1e-12)


def test_censored_crps_is_the_threshold_weighted_one(rng: np.random.Generator) -> None:
    days = np.where(rng.random(500) < 0.2, np.inf, rng.integers(0, 40, 500))
    p = day_shares(days, 30)
    for observed, until in ((12.0, 30), (np.inf, 30), (25.0, 20), (np.inf, 10)):
        theirs = scoringrules.twcrps_ensemble(
            min(observed, 1e3), np.minimum(days, 1e3), a=0.0, b=float(until), estimator="nrg"
        )
        assert crps_days(p, observed, until) == pytest.approx(float(theirs), abs=1e-9)


def test_nothing_seen_is_nothing_scored() -> None:
    p = np.array([0.5, 0.3, 0.2])
    assert math.isnan(crps_days(p, 1.0, 0)) and math.isnan(crps_days(p, math.nan, 2))
    assert math.isnan(crps_sample(np.array([]), 1.0)) and math.isnan(crps_sample(np.array([1.0]), math.nan))


def test_a_perfect_forecaster_loses_nothing_and_a_bad_one_much() -> None:
    observed = np.array([0, 1, 2, 1])
    perfect = np.eye(3)[observed] * (1 - 3e-9) + 1e-9
    bad = np.eye(3)[(observed + 1) % 3] * (1 - 3e-3) + 1e-3
    assert log_scores(perfect, observed).max() < 1e-8 and brier_scores(perfect, observed).max() < 1e-8
    np.testing.assert_allclose(log_scores(bad, observed), -math.log(1e-3))
    assert brier_scores(bad, observed).min() > 1.98
    assert crps_days(np.array([0.0, 1.0, 0.0, 0.0]), 1.0, 2) == 0
    assert crps_days(np.array([1.0, 0.0, 0.0, 0.0]), math.inf, 2) == 2


def test_the_truth_scores_best_on_average(rng: np.random.Generator) -> None:
    """Propriety: no other forecast beats the one that outcomes are drawn from."""
    truth = np.array([0.2, 0.5, 0.3])
    observed = rng.choice(3, size=20_000, p=truth)
    for other in (np.array([0.3, 0.4, 0.3]), np.array([0.1, 0.6, 0.3])):
        for score in (log_scores, brier_scores):
            assert (
                score(np.tile(truth, (20_000, 1)), observed).mean()
                < score(np.tile(other, (20_000, 1)), observed).mean()
            )


def test_two_classes_have_the_brier_score_of_the_event() -> None:
    p = np.array([[0.7, 0.3], [0.7, 0.3]])
    np.testing.assert_allclose(brier_scores(p, np.array([1, 0])), [0.49, 0.09])


def test_unknown_outcomes_have_no_score() -> None:
    p = np.array([[0.7, 0.3]])
    assert np.isnan(log_scores(p, np.array([-1]))).all() and np.isnan(brier_scores(p, np.array([-1]))).all()


@pytest.mark.parametrize("p", [[[0.0, 1.0]], [[0.5, 0.6]], [[-0.1, 1.1]]])
def test_what_is_no_probability_is_refused(p: list) -> None:
    with pytest.raises(ValueError, match="probabilit"):
        log_scores(np.array(p), np.array([1]))


def test_smoothing_adds_one_observation() -> None:
    made = shares(np.array([0] * 99), 4)
    assert made.sum() == pytest.approx(1) and made[1] == 0.25 / 100


@pytest.mark.parametrize("size", [1, 2, 50])
def test_crps_of_a_sample(rng: np.random.Generator, size: int) -> None:
    sample, observed = rng.normal(size=size), 0.3
    brute = np.abs(sample - observed).mean() - 0.5 * np.abs(sample[:, None] - sample[None]).mean()
    assert crps_sample(sample, observed) == pytest.approx(brute, abs=1e-12)
