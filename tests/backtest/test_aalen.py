"""Aalen-Johansen: by hand, against lifelines and scikit-survival, and against frequencies without censoring."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from forecast.backtest.aalen import aalen_johansen
from forecast.backtest.baselines import incidence


def test_by_hand() -> None:
    """Five cases: cause 1 on day 1, censored on 2, cause 2 on 2, cause 1 on 3, censored on 4."""
    made = aalen_johansen(np.array([1.0, 2, 2, 3, 4]), np.array([1, 0, 2, 1, 0]), 5, 2)
    # S: 4/5 after day 1, 4/5 * 3/4 after day 2, then 2 at risk on day 3.
    np.testing.assert_allclose(made[0], [0, 1 / 5, 0, 3 / 5 * 1 / 2, 0, 0])
    np.testing.assert_allclose(made[1], [0, 0, 4 / 5 * 1 / 4, 0, 0, 0])


def test_without_censoring_it_is_the_frequency(rng: np.random.Generator) -> None:
    days, causes = rng.integers(0, 20, 300).astype(float), rng.integers(1, 4, 300)
    days[:20] = np.inf
    made = aalen_johansen(days, causes, 15, 3)
    for cause in (1, 2, 3):
        for day in range(16):
            assert made[cause - 1, day] == pytest.approx(((days == day) & (causes == cause)).mean())


@pytest.mark.parametrize("package", ["lifelines", "scikit-survival"])
def test_against_other_packages(package: str) -> None:
    """What two packages made of 60 cases is stored: they want an older pandas than this one runs with."""
    stored = json.loads(Path(__file__).with_name("aalen.json").read_text(encoding="utf-8"))[package]
    made = aalen_johansen(np.array(stored["days"], dtype=float), np.array(stored["causes"]), 60, 2)
    found = np.cumsum(made, axis=1)[:, stored["at"]]
    np.testing.assert_allclose(found, stored["incidence"], atol=1e-12)
    assert found[:, -1].min() > 0.2


def test_causes_and_the_rest_sum_to_one(rng: np.random.Generator) -> None:
    made = aalen_johansen(rng.integers(0, 50, 80).astype(float), rng.integers(0, 3, 80), 30, 2)
    assert (made >= 0).all() and made.sum() <= 1 + 1e-12


@pytest.mark.parametrize("days, causes", [([], []), ([-1.0], [1]), ([np.nan], [1]), ([1.0], [3])])
def test_bad_input_is_refused(days: list, causes: list) -> None:
    with pytest.raises(ValueError):
        aalen_johansen(np.array(days), np.array(causes, dtype=int), 5, 2)


def test_the_end_of_the_talks_competes_with_the_next_round() -> None:
    made = incidence([3.0, np.inf, np.inf], [9.0, 1.0, np.inf], [np.inf, np.inf, 2.0], "next_day", 5)
    # Three at risk on day 1, when one ends without a round; one is censored on day 2, one left on day 3.
    np.testing.assert_allclose(made, [0, 0, 0, 2 / 3, 0, 0])
