"""The candidate closing laws: their hazards, their folds, and that the shipped one is the fitted one."""

from __future__ import annotations

import numpy as np
import pytest
from calibration.points import log_likelihoods, prior_point
from scipy import stats

import forecast as fc
from forecast.calibration.closing_laws import (
    CANDIDATES,
    SHIPPED,
    Law,
    break_off_scores,
    closing_data,
    closing_scores,
    cross_validate,
    cumulative_hazard,
    folds_of,
    paired_difference,
)
from forecast.calibration.fit import build_model
from forecast.calibration.replicate import playable


@pytest.fixture(scope="module")
def data():
    talks = fc.load_talks()
    return closing_data(playable(talks.subset(talks.ids[::4])))


@pytest.mark.parametrize("shape, law", [
    ("constant", stats.expon(scale=4.0)), ("Weibull", stats.weibull_min(np.exp(0.4), scale=4.0)),
    ("gamma", stats.gamma(np.exp(0.4), scale=4.0)), ("lognormal", stats.lognorm(np.exp(0.4), scale=4.0)),
])
def test_hazards_are_those_of_the_distribution(shape: str, law) -> None:
    effort = np.array([0.0, 0.5, 2.0, 6.0, 15.0])
    found = cumulative_hazard(shape, effort, np.full(5, np.log(4.0)), 0.4)
    np.testing.assert_allclose(found, -law.logsf(effort), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_the_shipped_candidate_is_the_model_that_is_fitted(data, seed: int) -> None:
    model = build_model("outcome", data.rows)
    p = prior_point(model, seed)
    found = log_likelihoods(model, p)
    theta = np.array([p["close_grand"], *(p["close_domain_sd"] * p["close_offset"]), p["close_log_shape"],
                      p["close_far"], np.log(p["zopa"] / (1 - p["zopa"])), p["effort_virtual"], p["effort_mediated"],
                      p["effort_absent"], p["effort_pause"]])
    assert closing_scores(SHIPPED, theta, data).sum() == pytest.approx(found["closing"], rel=1e-7)
    names = [f"{kind}_{term}" for kind, terms in (
        ("collapse", ("intercept", "postponed", "cancelled", "tension", "far", "here")),
        ("stall", ("intercept", "postponed", "cancelled", "far", "log_attempt"))) for term in terms]
    theta = np.array([p[name] for name in names])
    assert break_off_scores(theta, True, data).sum() == pytest.approx(found["break_off"], rel=1e-9)


def test_without_the_deadline_its_terms_do_nothing(data, rng) -> None:
    theta = rng.normal(size=11)
    other = theta.copy()
    other[[4, 5, 9]] += 1.0
    assert np.array_equal(break_off_scores(theta, False, data), break_off_scores(other, False, data))
    assert not np.array_equal(break_off_scores(theta, True, data), break_off_scores(other, True, data))


def test_folds_keep_conflicts_together(rng) -> None:
    conflict = rng.integers(0, 40, 200)
    fold = folds_of(conflict, 10, rng)
    assert all(len(set(fold[conflict == name])) == 1 for name in np.unique(conflict))
    sizes = np.bincount(fold, minlength=10)
    assert sizes.min() > 10 and sizes.max() < 30


def test_errors_grow_when_conflicts_move_together(rng) -> None:
    conflict = np.repeat(np.arange(20), 5)
    common = np.repeat(rng.normal(size=20), 5)
    alone = rng.normal(size=100)
    assert paired_difference(common, conflict)[1] > 1.6 * common.std() / 10
    assert paired_difference(alone, np.arange(100))[1] == pytest.approx(alone.std(ddof=1) / 10)


def test_all_twenty_candidates_are_there() -> None:
    assert len(set(CANDIDATES)) == 20 and SHIPPED.shape == "Weibull" and SHIPPED.cure and SHIPPED.deadline


@pytest.mark.long
def test_the_deadline_earns_its_place() -> None:
    laws = (Law("Weibull", False, True), Law("Weibull", False, False))
    best, other = cross_validate(closing_data(playable(fc.load_talks())), laws, folds=5, repeats=1)
    assert best.law.deadline and not other.law.deadline and other.difference < -other.error
