"""Paired differences: closed forms, known couplings, noise that is known because it was put in."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.sweep.difference import event_difference, quantity_difference
from forecast.sweep.paired import SUMS, Pair, View, Wanted


def counted(p_a, p_b, trials, rng, coupling):
    """Draw paired events and count them: coupling 'same' uses one uniform for both, 'own' one for each."""
    u = rng.random((len(p_a), trials))
    w = u if coupling == "same" else rng.random(u.shape)
    a, b = u < np.asarray(p_a)[:, None], w < np.asarray(p_b)[:, None]
    return a.sum(1), b.sum(1), (a & b).sum(1)


def made(p_a, p_b, trials, rng, coupling):
    return event_difference("deal", "Deal", "1", *counted(p_a, p_b, trials, rng, coupling), trials)


def test_a_monotone_coupling_reaches_its_ceiling_and_no_coupling_saves_nothing(rng) -> None:
    p_a, p_b = rng.uniform(0.3, 0.5, 200), rng.uniform(0.5, 0.7, 200)
    same, own = (made(p_a, p_b, 2000, rng, coupling) for coupling in ("same", "own"))
    assert same.reach == pytest.approx(1.0, abs=0.02)
    assert own.saved == pytest.approx(0.0, abs=0.02) and own.ceiling == pytest.approx(same.ceiling, abs=0.02)
    delta = p_b - p_a
    alone = p_a * (1 - p_a) + p_b * (1 - p_b)
    assert same.saved == pytest.approx(1 - (delta * (1 - delta)).sum() / alone.sum(), abs=0.02)


def test_a_coupling_that_hurts_is_shown_as_such(rng) -> None:
    u = rng.random((50, 400))
    a, b = u < 0.5, u >= 0.5
    opposite = event_difference("deal", "", "1", a.sum(1), b.sum(1), (a & b).sum(1), 400)
    assert opposite.saved == pytest.approx(-1.0, abs=0.05)


@pytest.mark.parametrize("coupling", ["same", "own"])
def test_the_interval_is_that_of_the_true_differences(coupling: str, rng) -> None:
    draws, trials = 4000, 60
    p_a = rng.uniform(0.3, 0.5, draws)
    true = rng.normal(0.1, 0.05, draws)
    found = made(p_a, p_a + true, trials, rng, coupling).difference
    width = np.ptp(np.quantile(true, [0.05, 0.95]))
    assert found.high - found.low == pytest.approx(width, rel=0.1)
    a, b, _ = counted(p_a, p_a + true, trials, rng, coupling)
    raw = np.ptp(np.quantile((b - a) / trials, [0.05, 0.95]))
    assert raw > 1.1 * width  # without the removal it would be too wide: the test can fail
    assert found.mc_error == pytest.approx(np.std((b - a) / trials) / np.sqrt(draws), rel=0.1)


def test_the_same_scenario_twice_differs_by_nothing(rng) -> None:
    a, _, _ = counted(rng.uniform(0.2, 0.8, 30), np.full(30, 0.5), 50, rng, "own")
    nothing = event_difference("deal", "", "1", a, a, a, 50)
    assert nothing.difference.to_dict() == {"value": 0.0, "low": 0.0, "high": 0.0, "mc_error": 0.0}
    assert nothing.saved == 1.0 == nothing.ceiling


def test_an_event_that_never_happens_has_no_variance_to_save() -> None:
    zero = np.zeros(5, int)
    row = event_difference("deal", "", "1", zero, zero, zero, 50)
    assert np.isnan(row.saved) and np.isnan(row.reach) and row.to_dict()["variance_saved"] is None


def test_a_single_trial_cannot_tell_noise_from_spread() -> None:
    row = event_difference("deal", "", "1", np.array([0, 1]), np.array([1, 1]), np.array([0, 1]), 1)
    assert row.difference.value == 0.5 and np.isnan(row.difference.low)


def sums_of(x_a, has_a, x_b, has_b) -> dict[str, np.ndarray]:
    """Return the sums of a quantity by way of the counting that comparisons use."""
    pair = Pair.empty(Wanted(), x_a.shape[0], x_a.shape[1])
    some = np.zeros((len(Wanted().events), x_a.size), bool)
    rows = len(Wanted().quantities)

    def side(x, has):
        return some, np.tile(np.where(has, x, 0.0).reshape(-1), (rows, 1)), np.tile(has.reshape(-1), (rows, 1))

    pair.add(slice(0, x_a.shape[0]), side(x_a, has_a), side(x_b, has_b))
    return dict(zip(SUMS, pair.sums[0], strict=True))


def test_the_noise_of_a_difference_of_means_is_what_repetition_shows(rng) -> None:
    """400 repetitions of one draw: the spread of the differences is the noise that one of them estimates."""
    draws, trials = 400, 300
    shared = rng.normal(size=(draws, trials))
    x_a = 10 + 2 * shared
    x_b = 11 + 2 * shared + rng.normal(size=shared.shape)
    has_a, has_b = rng.random(shared.shape) < 0.5, rng.random(shared.shape) < 0.7
    row = quantity_difference("end_day", "", "day", sums_of(x_a, has_a, x_b, has_b), trials)
    single = (np.where(has_b, x_b, 0).sum(1) / has_b.sum(1) - np.where(has_a, x_a, 0).sum(1) / has_a.sum(1))
    assert row.difference.value == pytest.approx(1.0, abs=4 * single.std() / np.sqrt(draws))
    # All draws are alike, so once the noise is removed nothing of the spread may be left.
    assert row.difference.high - row.difference.low < 0.5 * np.ptp(np.quantile(single, [0.05, 0.95]))
    assert row.saved > 0.2 and np.isnan(row.ceiling)


def test_a_quantity_of_everybody_is_a_plain_paired_mean(rng) -> None:
    x_a = rng.normal(size=(20, 50))
    x_b = x_a + rng.normal(1.0, 0.1, x_a.shape)
    all_of = np.ones(x_a.shape, bool)
    row = quantity_difference("end_day", "", "day", sums_of(x_a, all_of, x_b, all_of), 50)
    assert row.difference.value == pytest.approx((x_b - x_a).mean())
    expected = 1 - (x_b - x_a).var(axis=1).sum() / (x_a.var(axis=1) + x_b.var(axis=1)).sum()
    assert row.saved == pytest.approx(expected)


def test_events_of_a_view() -> None:
    view = View(np.array([0, 1, 5]), np.array([3, 50, 60]), np.array([2, -1, 30]), np.array([1, 0, 0]),
                np.array([1, 0, 2]), {}, {}, {})
    wanted = Wanted(days=(10,), within=(7,))
    seen = dict(zip(wanted.events, view.events(wanted), strict=True))
    assert seen["deal"].tolist() == [True, True, False] and seen["by.10"].tolist() == [True, False, False]
    assert seen["next_round.held"].tolist() == [True, False, True]
    assert seen["next_round.within_days.7"].tolist() == [True, False, False]
    values, has = view.quantities(wanted)
    assert values[2].tolist() == [2.0, 0.0, 30.0] and has[2].tolist() == [True, False, True]
