"""Parameters, beliefs, luck: planted shares come back."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
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
    assert split_variance(one, one).luck == pytest.approx(0, abs=0.01)
    with pytest.raises(StoreError, match="fresh luck only"):
        split_variance(one, fake_outcome(20, 30, seed=2))


def test_known_shares_are_recovered_with_their_errors() -> None:
    """P(Y | draw, facts) = 0.5 + draw effect + facts effect, with stated variances."""
    rng = np.random.default_rng(5)
    draws, trials = 300, 200
    by_draw = rng.choice([-0.1, 0.1], draws)[:, None]
    facts = rng.choice([-0.3, 0.3], (draws, trials))
    p = 0.5 + by_draw + facts
    first, second = rng.random((draws, trials)) < p, rng.random((draws, trials)) < p
    made = split_twins("deal", first, second)
    truth = {"parameters": 0.01 / 0.25, "beliefs": 0.09 / 0.25, "luck": 0.15 / 0.25}
    for share, value in truth.items():
        error = getattr(made, f"{share}_error")
        assert 0.0 < error < 0.02
        assert abs(getattr(made, share) - value) < 4 * error + 0.002
    assert made.parameters + made.beliefs + made.luck == pytest.approx(1.0)


def test_the_error_is_the_scatter_of_the_share() -> None:
    rng = np.random.default_rng(6)
    made = []
    for _ in range(60):
        p = np.clip(0.3 + rng.normal(0, 0.1, (100, 1)) + rng.choice([-0.15, 0.15], (100, 40)), 0, 1)
        made.append(split_twins("deal", rng.random(p.shape) < p, rng.random(p.shape) < p))
    for share in ("parameters", "beliefs", "luck"):
        scatter = np.std([getattr(one, share) for one in made], ddof=1)
        assert np.mean([getattr(one, f"{share}_error") for one in made]) == pytest.approx(scatter, rel=0.35)


def test_runs_that_share_no_hidden_facts_leave_nothing_to_beliefs() -> None:
    """The covariance is there between twins, and vanishes between strangers."""
    import forecast as fc
    from forecast.engine.twin import other_luck

    outcome = fc.simulate("us_iran_final_2026", draws=60, trials=200, seed=3)
    again = other_luck(outcome)
    strangers = fc.simulate("us_iran_final_2026", draws=60, trials=200, seed=4)
    held = outcome.next_round_day.values >= 0
    same = split_twins("next_round", held, again.next_round_day.values >= 0)
    other = split_twins("next_round", held, strangers.next_round_day.values >= 0)
    assert same.beliefs > 4 * same.beliefs_error
    assert abs(other.beliefs) < 4 * other.beliefs_error
    assert not np.array_equal(again.ending, outcome.ending)


@pytest.mark.parametrize("name", ["us_iran_final_2026", "libya_ceasefire_2020"])
def test_a_twin_shares_what_is_hidden_and_no_luck(name: str) -> None:
    """With and without a history; the same for any number of threads."""
    import forecast as fc
    from forecast.engine.twin import other_luck

    outcome = fc.simulate(name, draws=30, trials=60, seed=3)
    again = other_luck(outcome, threads=1)
    xr.testing.assert_identical(again, other_luck(outcome, threads=2))
    np.testing.assert_array_equal(again.zopa, outcome.zopa)
    assert (again.next_round_day != outcome.next_round_day).mean() > 0.5
    made = fc.summarize(outcome, split=True).variance
    assert {split.method for split in made.values()} == {"twin"}
    assert fc.summarize(outcome).variance["deal"].method == "zopa"


def test_a_twin_needs_trials_and_the_same_parameters() -> None:
    import forecast as fc
    from forecast.errors import PosteriorError, StoreError

    outcome = fc.simulate("us_iran_final_2026", "prior", draws=10, trials=10, seed=1)
    with pytest.raises(PosteriorError, match="the one it was made with"):
        fc.summarize(outcome, split=True)
    assert fc.summarize(outcome, split=True, posterior="prior").variance["deal"].method in ("twin", "draws")
    with pytest.raises(StoreError, match="every trial"):
        fc.summarize(fc.simulate("us_iran_final_2026", draws=10, trials=10, seed=1, keep="reduced"), split=True)
