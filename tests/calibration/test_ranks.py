"""Ranks and the bands their ECDF stays within."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.calibration.ranks import band, ecdf_difference, outside, rank_of
from forecast.calibration.sbc import RANKED, BlockRanks, plot_ranks, scalar_names
from forecast.posterior.layout import PARAMETERS


def test_rank_counts_draws_below_the_truth(rng) -> None:
    draws = rng.normal(size=(100, 3))
    assert rank_of(np.array([-9.0, 9.0, np.median(draws[:, 2])]), draws).tolist() == [0, 100, 50]


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_uniform_ranks_stay_inside_as_often_as_promised(rng, level: float) -> None:
    n, repeats = 80, 600
    left = sum(outside(rng.integers(0, RANKED + 1, n), RANKED, level) for _ in range(repeats))
    assert abs(left / repeats - (1 - level)) < 4 * np.sqrt(level * (1 - level) / repeats) + 0.01


@pytest.mark.parametrize("what", ["shifted", "too narrow", "too wide"])
def test_ranks_that_are_not_uniform_leave_the_band(rng, what: str) -> None:
    truth = rng.normal(size=100)
    centers = truth + rng.normal(size=100)  # an exact posterior of truth given one unit-noise datum has sd 1/sqrt(2)
    mean, sd = {"shifted": (0.5, 1.0), "too narrow": (0.0, 0.4), "too wide": (0.0, 3.0)}[what]
    draws = centers / 2 + mean + sd * np.sqrt(0.5) * rng.normal(size=(RANKED, 100))
    assert outside(rank_of(truth, draws), RANKED)


def test_the_exact_posterior_stays_inside(rng) -> None:
    truth = rng.normal(size=100)
    draws = (truth + rng.normal(size=100)) / 2 + np.sqrt(0.5) * rng.normal(size=(RANKED, 100))
    assert not outside(rank_of(truth, draws), RANKED, 0.999)


def test_band_and_difference_end_at_zero() -> None:
    low, high = band(50, RANKED)
    assert low[-1] == high[-1] == 0.0 and np.all(low <= high)
    assert ecdf_difference(np.arange(RANKED + 1), RANKED) == pytest.approx(0.0, abs=1e-12)


def test_every_scalar_has_a_name_and_strangers_are_shown(rng) -> None:
    names = scalar_names("disruption.kind_rate")
    assert len(names) == np.prod(PARAMETERS["disruption.kind_rate"].shape) and len(set(names)) == len(names)
    ranks = np.column_stack([rng.integers(0, RANKED + 1, 60), rng.integers(0, 20, 60)])
    found = BlockRanks(("good", "bad"), ranks, 0, 1.0)
    assert "bad" in found.outside
    legend = plot_ranks(found, "outcome").axes[0].get_legend().get_texts()
    assert "bad" in {text.get_text() for text in legend}
