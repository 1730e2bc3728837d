"""Intervals over draws: known spreads come back, noise does not."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.summary.estimate import (
    Estimate, estimate, estimate_quantity, quantiles_of_counts, shrunk_bands, weighted_quantile,
)

LEVELS = [0.05, 0.95]


@pytest.mark.parametrize("a, b", [(8, 12), (40, 60), (2, 5), (30, 3), (3, 90)])
@pytest.mark.parametrize("trials", [50, 250])
def test_known_beta_spread_is_recovered_within_a_tenth(a: int, b: int, trials: int, rng: np.random.Generator) -> None:
    truth = rng.beta(a, b, 4000)
    made = estimate(rng.binomial(trials, truth) / trials, trials)
    low, high = np.quantile(truth, LEVELS)
    # With 50 trials and rare events the shape of the noise shows a little; the width still holds.
    assert (made.high - made.low) / (high - low) == pytest.approx(1, abs=0.1)
    assert made.p == pytest.approx(truth.mean(), abs=4 * made.mc_error)


def test_raw_quantiles_would_fail_that_test(rng: np.random.Generator) -> None:
    truth = rng.beta(40, 60, 4000)
    raw = np.quantile(rng.binomial(50, truth) / 50, LEVELS)
    assert np.ptp(raw) / np.ptp(np.quantile(truth, LEVELS)) > 1.4


def test_without_spread_the_interval_closes(rng: np.random.Generator) -> None:
    widths = []
    for _ in range(40):
        made = estimate(rng.binomial(250, 0.3, 400) / 250, 250)
        widths.append(made.high - made.low)
        assert made.low <= made.p <= made.high
    assert np.mean(widths) < 0.02
    assert np.min(widths) == 0


def test_formula_is_that_of_the_design() -> None:
    p = np.array([0.1, 0.3, 0.35, 0.6, 0.9])
    s2 = p.var(ddof=1)
    v = max(0, s2 - np.mean(p * (1 - p) / 19))
    shrunk = p.mean() + np.sqrt(v / s2) * (p - p.mean())
    made = estimate(p, 20)
    assert (made.low, made.high) == pytest.approx(tuple(np.quantile(shrunk, LEVELS)))
    assert made.mc_error == pytest.approx(p.std(ddof=1) / np.sqrt(5))


def test_mc_error_is_the_error_of_p(rng: np.random.Generator) -> None:
    made = [estimate(rng.binomial(30, rng.beta(4, 6, 100)) / 30, 30) for _ in range(400)]
    assert np.std([one.p for one in made]) == pytest.approx(np.mean([one.mc_error for one in made]), rel=0.12)


def test_conditional_shares_weigh_draws_by_their_trials() -> None:
    made = estimate([0.0, 1.0], [10, 30])
    assert made.p == pytest.approx(0.75)
    assert estimate([0.2, 0.9], [50, 0]).p == pytest.approx(0.2)


@pytest.mark.parametrize("p, trials", [([0.4], 100), ([0.0, 0.0], 5), ([1.0, 1.0, 1.0], 7)])
def test_edges(p: list[float], trials: int) -> None:
    made = estimate(p, trials)
    assert made.low == made.p == made.high == pytest.approx(np.mean(p))
    assert np.isfinite(made.mc_error)


def test_one_trial_a_draw_has_no_interval() -> None:
    made = estimate([0.0, 1.0, 1.0], 1)
    assert made.p == pytest.approx(2 / 3)
    assert np.isnan(made.low) and np.isnan(made.high)
    assert made.to_dict()["low"] is None


def test_nothing_known_is_none_in_json() -> None:
    assert Estimate(np.nan, np.nan, np.nan, np.nan).to_dict() == dict.fromkeys(("p", "low", "high", "mc_error"))
    assert np.isnan(estimate([0.3], 0).p)


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        estimate([0.5, 1.2], 10)
    with pytest.raises(ValueError, match="one dim"):
        estimate(np.zeros((2, 2)), 10)


def test_bands_are_estimates_column_by_column(rng: np.random.Generator) -> None:
    shares = rng.binomial(40, rng.beta(5, 5, (60, 1)), (60, 7)) / 40
    mean, low, high = shrunk_bands(shares, 40)
    for i in range(7):
        one = estimate(shares[:, i], 40)
        assert (mean[i], low[i], high[i]) == pytest.approx((one.p, one.low, one.high))


def test_means_lose_their_noise(rng: np.random.Generator) -> None:
    truth = rng.normal(10, 1, 3000)
    x = rng.normal(truth[:, None], 5, (3000, 25))
    made = estimate_quantity(x.mean(axis=1), x.var(axis=1, ddof=1) / 25)
    raw = np.ptp(np.quantile(x.mean(axis=1), LEVELS))
    true = np.ptp(np.quantile(truth, LEVELS))
    assert (made.high - made.low) / true == pytest.approx(1, abs=0.1)
    assert raw / true > 1.3


def test_medians_lose_their_noise(rng: np.random.Generator) -> None:
    truth = rng.normal(200, 15, 2500)
    days = rng.normal(truth[:, None], 60, (2500, 60)).round().clip(0, 499).astype(int)
    counts = np.stack([np.bincount(row, minlength=500) for row in days])
    median, noise = quantiles_of_counts(counts, np.arange(500), [0.5])
    made = estimate_quantity(median[:, 0], noise[:, 0], counts.sum(axis=1))
    true = np.ptp(np.quantile(truth, LEVELS))
    assert (made.high - made.low) / true == pytest.approx(1, abs=0.1)
    assert np.ptp(np.quantile(median, LEVELS)) / true > 1.1


def test_woodruff_noise_is_the_variance_of_the_quantile(rng: np.random.Generator) -> None:
    days = rng.normal(500, 100, (4000, 200)).round().clip(0, 999).astype(int)
    counts = np.stack([np.bincount(row, minlength=1000) for row in days])
    values, noise = quantiles_of_counts(counts, np.arange(1000), [0.25, 0.5])
    assert noise.mean(axis=0) == pytest.approx(values.var(axis=0), rel=0.2)


def test_quantiles_of_counts_are_those_of_the_list(rng: np.random.Generator) -> None:
    counts = rng.integers(0, 4, (30, 12))
    counts[3] = 0
    values, _ = quantiles_of_counts(counts, np.arange(12), [0.05, 0.5, 0.95])
    for row, got in zip(counts, values, strict=True):
        listed = np.repeat(np.arange(12), row)
        if not listed.size:
            assert np.isnan(got).all()
            continue
        assert got.tolist() == np.quantile(listed, [0.05, 0.5, 0.95], method="inverted_cdf").tolist()


def test_weighted_quantile_without_weights_is_numpys(rng: np.random.Generator) -> None:
    x = rng.normal(size=17)
    assert weighted_quantile(x, np.ones(17), [0.05, 0.3, 1.0]) == pytest.approx(np.quantile(x, [0.05, 0.3, 1.0]))
