"""The shared pieces of likelihood: whole days, exactly as the kernels round."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr

from forecast.calibration import compat
from forecast.calibration.likelihood import (
    LOG_FOREVER,
    bernoulli_logit,
    day_bounds,
    lognormal_days,
    normal_mass,
    zero_inflated_days,
)
from kernels.calendar import length, whole_day
from kernels.codes import N_COLUMNS, Column
from kernels.random import normal


def value(expression) -> np.ndarray:
    """Evaluate a constant expression."""
    with compat.quiet():
        return np.asarray(expression.eval(mode="FAST_COMPILE"))


def test_mass_agrees_with_the_normal_distribution(rng) -> None:
    low = rng.normal(size=200) * 2
    high = low + rng.exponential(size=200)
    np.testing.assert_allclose(value(normal_mass(low, high)), ndtr(high) - ndtr(low), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("sign", [-1, 1])
def test_mass_keeps_its_digits_in_both_tails(sign: int) -> None:
    low, high = (10.0, 10.5) if sign > 0 else (-10.5, -10.0)
    exact = 0.5 * (math.erfc(10.0 / math.sqrt(2)) - math.erfc(10.5 / math.sqrt(2)))
    assert value(normal_mass(np.array(low), np.array(high))) == pytest.approx(exact, rel=1e-12)


def test_mass_far_from_the_data_has_a_finite_log() -> None:
    assert value(normal_mass(np.array(200.0), np.array(201.0))) == 1e-300


def test_days_exhaust_all_that_can_happen() -> None:
    days = np.arange(0, 5000)
    low, high = day_bounds(days)
    assert value(lognormal_days(low, high, 2.0, 1.0)).sum() == pytest.approx(1.0, abs=1e-8)
    is_zero = (days == 0).astype(float)
    assert value(zero_inflated_days(low, high, is_zero, 0.3, 2.0, 1.0)).sum() == pytest.approx(1.0, abs=1e-8)


def test_a_gap_that_has_not_ended_has_the_probability_of_being_longer() -> None:
    longer = value(lognormal_days(np.log(np.array([20.5])), np.array([LOG_FOREVER]), 2.0, 1.0))
    low, high = day_bounds(np.arange(0, 21))
    assert longer[0] == pytest.approx(1.0 - value(lognormal_days(low, high, 2.0, 1.0)).sum(), abs=1e-12)


def test_days_have_the_frequencies_the_kernel_gives_them(rng) -> None:
    row = np.zeros(N_COLUMNS)
    row[Column.LENGTH_ZERO], row[Column.LENGTH_LOG_MEAN], row[Column.LENGTH_SD] = 0.25, 0.4, 1.3
    n = 20_000
    played = np.array([whole_day(length(row, u, normal(v))) for u, v in rng.random((n, 2))])
    days = np.arange(0, 12)
    low, high = day_bounds(days)
    expected = value(zero_inflated_days(low, high, (days == 0).astype(float), 0.25, 0.4, 1.3))
    seen = np.array([(played == day).mean() for day in days])
    assert np.all(np.abs(seen - expected) < 4.5 * np.sqrt(expected * (1 - expected) / n))


def test_yes_and_no_have_their_probabilities() -> None:
    logit = np.array([-800.0, -1.0, 2.0, 800.0])
    yes, no = value(bernoulli_logit(np.ones(4), logit)), value(bernoulli_logit(np.zeros(4), logit))
    np.testing.assert_allclose(yes[1:3], np.log(1 / (1 + np.exp(-logit[1:3]))))
    np.testing.assert_allclose(np.exp(yes) + np.exp(no), 1.0)
    assert yes[0] == -800.0 and no[3] == -800.0
