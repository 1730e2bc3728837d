"""Beliefs against scipy's own distributions, closed forms, and the rules of the file format."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from forecast.errors import ScenarioError
from forecast.scenario import Belief, Scenario

WRITTEN: dict[str, tuple[Any, Any]] = {
    "normal": ({"normal": {"mean": 12, "sd": 3}}, stats.norm(12, 3)),
    "lognormal": ({"lognormal": {"median": 10, "gsd": 1.5}}, stats.lognorm(math.log(1.5), scale=10)),
    "beta": ({"beta": {"a": 4, "b": 3}}, stats.beta(4, 3)),
    "triangular": ({"triangular": {"low": 5, "mode": 8, "high": 20}}, stats.triang(0.2, 5, 15)),
    "triangular, mode low": ({"triangular": {"low": 5, "mode": 5, "high": 20}}, stats.triang(0, 5, 15)),
    "triangular, mode high": ({"triangular": {"low": 5, "mode": 20, "high": 20}}, stats.triang(1, 5, 15)),
}
P = np.linspace(0.001, 0.999, 999)
QUANTILES = Belief.parse({"quantiles": {0.1: 6, 0.5: 9, 0.9: 14}})
EVERY = [*(Belief.parse(written) for written, _ in WRITTEN.values()), QUANTILES]


@pytest.mark.parametrize("name", WRITTEN)
def test_agrees_with_scipy(name: str) -> None:
    written, reference = WRITTEN[name]
    belief = Belief.parse(written)
    x = reference.ppf(P)
    np.testing.assert_allclose(belief.ppf(P), x, rtol=1e-10)
    np.testing.assert_allclose(belief.cdf(x), P, atol=1e-12)
    assert belief.support() == pytest.approx(reference.support())
    np.testing.assert_array_equal(belief.cdf([-math.inf, math.inf]), [0.0, 1.0])
    np.testing.assert_allclose(belief.ppf([0.0, 1.0]), belief.support())


def test_quantiles_are_met_and_tails_run_on_straight() -> None:
    np.testing.assert_allclose(QUANTILES.ppf([0.1, 0.5, 0.9]), [6, 9, 14])
    np.testing.assert_allclose(QUANTILES.ppf([0.0, 0.3, 0.7, 1.0]), [5.25, 7.5, 11.5, 15.25])
    np.testing.assert_allclose(QUANTILES.cdf([5.25, 7.5, 11.5, 15.25, 99.0]), [0.0, 0.3, 0.7, 1.0, 1.0])
    ends = Belief.parse({"quantiles": {"0": 6, "1": 14}})
    assert ends.support() == (6.0, 14.0)
    assert Belief.parse({"quantiles": {0.9: 14, 0.1: 6, 0.5: 9}}) == QUANTILES


def test_a_number_is_a_point() -> None:
    belief = Belief.parse(7)
    assert belief.kind == "point" and belief.plain() == 7.0 and belief.support() == (7.0, 7.0)
    np.testing.assert_array_equal(belief.cdf([6.9, 7.0, 7.1]), [0.0, 1.0, 1.0])
    np.testing.assert_array_equal(belief.ppf([0.0, 0.4, 1.0]), [7.0, 7.0, 7.0])


@pytest.mark.parametrize("belief", [*EVERY, Belief.parse(7)], ids=str)
def test_shapes_pass_through_and_copies_are_equal(belief: Belief) -> None:
    grid = P[:6].reshape(2, 3)
    assert belief.ppf(grid).shape == belief.cdf(grid).shape == (2, 3)
    assert belief.ppf(0.5).shape == belief.cdf(0.5).shape == ()
    assert belief.ppf(grid).dtype == belief.cdf(grid).dtype == np.float64
    assert copy.deepcopy(belief) == belief == Belief.parse(belief.plain())
    assert len({belief, Belief.parse(belief.plain())}) == 1
    assert belief != Belief.parse(8)


@pytest.mark.parametrize("belief", EVERY, ids=str)
def test_truncation_renormalises(belief: Belief) -> None:
    low, high = belief.ppf([0.2, 0.7])
    inside, cut = belief.truncated(float(low), float(high))
    assert cut == pytest.approx(0.5)
    assert inside.support() == pytest.approx((low, high))
    np.testing.assert_allclose(inside.ppf(P), belief.ppf(0.2 + 0.5 * P), rtol=1e-9)
    np.testing.assert_allclose(inside.cdf(inside.ppf(P)), P, atol=1e-9)
    np.testing.assert_array_equal(inside.cdf([low - 1, high + 1]), [0.0, 1.0])
    whole, nothing = belief.truncated()
    assert nothing == 0.0
    np.testing.assert_allclose(whole.ppf(P), belief.ppf(P))


def test_truncation_of_points_and_of_everything() -> None:
    assert Belief.parse(5).truncated(0, 5)[1] == Belief.parse(5).truncated(5, 9)[1] == 0.0
    for belief in (Belief.parse(5), Belief.parse({"triangular": {"low": 4, "mode": 5, "high": 6}})):
        with pytest.raises(ScenarioError, match="no mass between 7 and inf"):
            belief.truncated(low=7)


def test_truncation_far_in_a_tail_stays_inside() -> None:
    inside, cut = Belief.parse({"normal": {"mean": 0, "sd": 1}}).truncated(low=6.0)
    assert 0.999 < cut < 1.0
    assert np.all(inside.ppf(np.linspace(0, 1, 101)[:-1]) >= 6.0)


@given(st.floats(-1e11, 1e11), st.floats(1e-9, 1e11), st.lists(st.floats(1e-9, 1 - 1e-9), min_size=1, max_size=20))
def test_every_family_is_monotone_and_finite_inside(middle: float, width: float, p: list[float]) -> None:
    p = sorted(p)
    families: list[Any] = [{"normal": {"mean": middle, "sd": width}},
                           {"lognormal": {"median": width, "gsd": 1.0 + min(width, 900.0)}}]
    if middle < middle + width:
        families.append({"triangular": {"low": middle, "mode": middle, "high": middle + width}})
        families.append({"quantiles": {0.25: middle, 0.75: middle + width}})
    for family in families:
        belief = Belief.parse(family)
        x = belief.ppf(p)
        assert np.all(np.diff(x) >= 0)
        probability = belief.cdf(x)
        assert np.all((probability >= 0) & (probability <= 1)) and np.all(np.diff(probability) >= 0)


def test_cut_mass_at_the_opening_decides() -> None:
    base = {"parties": ["us", "iran"], "as_of": "2026-06-19", "domain": "trade",
            "issues": {"years": {"opening": {"us": 20, "iran": 5}, "reservation": {"us": 12, "iran": 11}}}}
    talks = Scenario.from_dict(base)
    talks.replace("issues.years.reservation.us", {"normal": {"mean": 19.9, "sd": 1}})
    with pytest.raises(ScenarioError, match="54% of it on the far side"):
        talks.replace("issues.years.reservation.us", {"normal": {"mean": 20.1, "sd": 1}})
    with pytest.raises(ScenarioError, match="54% of it on the far side"):
        talks.replace("issues.years.reservation.iran", {"normal": {"mean": 4.9, "sd": 1}})
    assert talks.replace("issues.years.reservation.us", 20).issues["years"].reservation["us"] == Belief.parse(20)
