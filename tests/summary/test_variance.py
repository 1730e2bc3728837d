"""Parameters, beliefs, luck: planted shares come back."""

from __future__ import annotations

import numpy as np
import pytest
from summary.fake_outcome import fake_outcome

from forecast.errors import StoreError
from forecast.summary.variance import split_counts, split_twins, split_variance

DRAWS, TRIALS = 600, 400


def planted(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """P(event | draw, coin) = base of the draw, +0.25 with the coin and -0.25 without."""
    base = rng.uniform(0.3, 0.7, DRAWS)[:, None]
    coin = rng.random((DRAWS, TRIALS)) < 0.5
    return base + np.where(coin, 0.25, -0.25), coin, base


def test_twins_give_the_planted_shares(rng: np.random.Generator) -> None:
    p, _, base = planted(rng)
    made = split_twins("deal", rng.random(p.shape) < p, rng.random(p.shape) < p)
    assert made.total == pytest.approx(0.25, abs=0.002)
    assert made.parameters == pytest.approx(base.var() / 0.25, abs=0.01)
    assert made.beliefs == pytest.approx(0.25**2 / 0.25, abs=0.01)
    assert made.parameters + made.beliefs + made.luck == pytest.approx(1)


def test_coin_gives_what_the_coin_explains(rng: np.random.Generator) -> None:
    p, coin, base = planted(rng)
    y = rng.random(p.shape) < p
    made = split_counts("deal", y.sum(axis=1), TRIALS, coin.sum(axis=1), (y & coin).sum(axis=1))
    assert (made.parameters, made.beliefs) == pytest.approx((base.var() / 0.25, 0.25), abs=0.012)
    assert made.method == "zopa"


def test_pure_luck_is_all_luck(rng: np.random.Generator) -> None:
    y, z = rng.random((2, DRAWS, TRIALS)) < 0.4
    coin = rng.random((DRAWS, TRIALS)) < 0.5
    for made in (split_twins("deal", y, z),
                 split_counts("deal", y.sum(axis=1), TRIALS, coin.sum(axis=1), (y & coin).sum(axis=1))):
        assert made.luck == pytest.approx(1, abs=0.01)


def test_certain_event_has_no_split() -> None:
    made = split_counts("deal", np.array([10, 10]), 10)
    assert np.isnan(made.luck)
    assert made.to_dict()["luck"] is None


def test_twin_must_share_the_hidden_facts() -> None:
    one = fake_outcome(20, 30, seed=1)
    assert split_variance(one).method == "zopa"
    assert split_variance(one, one).luck == pytest.approx(0, abs=1e-9)
    with pytest.raises(StoreError, match="fresh luck only"):
        split_variance(one, fake_outcome(20, 30, seed=2))
