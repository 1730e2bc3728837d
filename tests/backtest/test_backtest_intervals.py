"""Bootstrap, binomial intervals, PIT and coverage: known answers, calibrated and broken forecasters."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.backtest.coverage import covered, coverage_table, pit_of_days, pit_of_sample, quantile_days
from forecast.backtest.resample import paired_difference, share_interval


def test_bootstrap_finds_a_known_difference(rng: np.random.Generator) -> None:
    conflicts = np.repeat(np.arange(100), 3)
    noise = rng.normal(size=100)[conflicts]
    value, low, high = paired_difference(0.5 + noise, conflicts, seed=1)
    assert low < 0.5 + noise.mean() < high and value == pytest.approx(0.5 + noise.mean())
    # Cases of one conflict are copies: the width is that of 100 numbers, not of 300.
    assert high - low == pytest.approx(2 * 1.96 / np.sqrt(100), rel=0.25)


def test_bootstrap_covers_nothing_as_often_as_it_should() -> None:
    generator, outside = np.random.default_rng(3), 0
    for number in range(200):
        conflicts = np.repeat(np.arange(60), 2)
        difference = generator.normal(size=60)[conflicts] + generator.normal(size=120)
        _, low, high = paired_difference(difference, conflicts, seed=number, bootstraps=400)
        outside += not low <= 0 <= high
    assert 2 <= outside <= 24  # 5% of 200 are 10


def test_bootstrap_without_enough_conflicts() -> None:
    assert np.isnan(paired_difference(np.array([np.nan]), np.array(["a"]), seed=1)).all()
    value, low, high = paired_difference(np.array([1.0, 2.0]), np.array(["a", "b"]), seed=1)
    assert value == 1.5 and np.isnan([low, high]).all()
    assert np.isfinite(paired_difference(np.arange(10.0), np.arange(10), seed=1)).all()


def test_jeffreys_against_the_beta_distribution() -> None:
    from scipy.stats import beta

    assert share_interval(8, 10) == pytest.approx(beta(8.5, 2.5).ppf([0.025, 0.975]))
    assert (
        share_interval(0, 10)[0] == 0
        and share_interval(10, 10)[1] == 1
        and np.isnan(share_interval(0, 0)).all()
    )


def forecasts(
    rng: np.random.Generator, n: int, sharper: float = 1.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw lumpy forecasts of days with a mass of never, and observations from them; keep (pit low, high, talks)."""
    low, high = np.empty(n), np.empty(n)
    for i in range(n):
        p = rng.dirichlet(0.3 * np.ones(12))
        observed = rng.choice(12, p=p)
        stated = p**sharper / (p**sharper).sum()
        until = 10 if i % 3 else 4  # a third of the records end early
        low[i], high[i] = pit_of_days(stated, np.inf if observed == 11 else float(observed), until)
    return low, high, np.arange(n)


def test_calibrated_forecasts_are_covered_as_stated_with_ties_and_censoring(rng: np.random.Generator) -> None:
    low, high, talks = forecasts(rng, 3000)
    made = coverage_table(low, high, talks)
    assert made["n"] == 3000
    np.testing.assert_allclose(made["value"], [0.5, 0.8, 0.9], atol=0.03)


def test_too_sure_forecasts_are_not(rng: np.random.Generator) -> None:
    made = coverage_table(*forecasts(rng, 600, sharper=4.0))
    assert made["high"][2] < 0.9


def test_landmarks_of_one_talk_weigh_as_one() -> None:
    low, high = np.array([0.5, 0.5, 0.5, 0.99]), np.array([0.5, 0.5, 0.5, 0.99])
    made = coverage_table(low, high, np.array(["a", "a", "a", "b"]))
    assert made["n"] == 2 and made["value"].tolist() == [0.5, 0.5, 0.5]


def test_pit_of_a_sample_is_flat(rng: np.random.Generator) -> None:
    pits = np.array([pit_of_sample(np.sort(rng.normal(size=19)), rng.normal()) for _ in range(2000)])
    middle = pits.mean(axis=1)
    assert middle.mean() == pytest.approx(0.5, abs=0.03) and (middle < 0.1).mean() == pytest.approx(
        0.1, abs=0.03
    )
    assert (
        np.isnan(pit_of_sample(np.array([]), 1.0)).all()
        and np.isnan(pit_of_days(np.ones(2) / 2, np.nan, 0)).all()
    )


def test_cover_of_a_point_is_all_or_nothing() -> None:
    assert covered(np.array([0.2, 0.9]), np.array([0.2, 0.9]), 0.8).tolist() == [1.0, 1.0]
    assert covered(np.array([0.95]), np.array([0.95]), 0.8).tolist() == [0.0]


def test_quantiles_of_days() -> None:
    assert quantile_days(np.array([0.0, 0.4, 0.3, 0.3]), (0.05, 0.4, 0.5, 0.7, 0.71)).tolist() == [
        1,
        1,
        2,
        2,
        np.inf,
    ]
