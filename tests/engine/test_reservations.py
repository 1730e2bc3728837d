"""Reservation values and settlements: the law they are drawn from, and terms that both sides accept."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from conftest import seed_of
from engine.chance import ks_bound, ks_distance, ks_distance_2
from engine.posteriors import CLOSES, issue, normal, quiet, talks

import forecast as fc
from forecast.engine.reservations import node_ranks, reservation_tables
from forecast.scenario.beliefs import Belief

BELIEFS = {
    "normal": (normal(12, 3), normal(11, 3)),
    "hopeful": (normal(9, 1.5), normal(14, 2)),
    "desperate": (normal(13.5, 1.5), normal(10, 1.5)),
    "quantiles": ({"quantiles": {0.1: 8, 0.5: 12, 0.9: 15}}, {"quantiles": {0.05: 6, 0.3: 9, 0.5: 10, 0.95: 18}}),
    "skewed": ({"lognormal": {"median": 10, "gsd": 1.4}}, {"triangular": {"low": 5, "mode": 6, "high": 19}}),
    "one certain": (12.0, normal(11, 3)),
    "other certain": (normal(12, 3), 11.0),
}
TRIALS = 8_000
OPENING = (20.0, 5.0)


def cut(beliefs):
    """Return both beliefs cut at the openings, as distributions."""
    east, west = (Belief.parse(b) for b in beliefs)
    return east.truncated(high=OPENING[0])[0], west.truncated(low=OPENING[1])[0]


def simulated(beliefs, seed: int, **fields):
    """Return an outcome with paths in which the coin follows the beliefs alone."""
    scenario = talks(issues={"land": issue(*beliefs, **fields)}, beliefs_weight=1.0)
    return fc.simulate(scenario, quiet(**CLOSES), draws=1, trials=TRIALS, seed=seed, paths=True)


@cache
def believed(name: str):
    """Return the outcome for one pair of beliefs, the same for all tests."""
    return simulated(BELIEFS[name], seed_of(name))


def reservations(outcome) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return reservation values of east and west, and the coin."""
    values = outcome.reservation.sel(issue="land")
    east, west = (values.sel(party=party).values.ravel().astype(float) for party in ("east", "west"))
    return east, west, outcome.zopa.values.ravel() == 1


def rejected(beliefs, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw pairs straight from the beliefs."""
    east, west = cut(beliefs)
    return east.ppf(rng.random(n)), west.ppf(rng.random(n))


@pytest.mark.parametrize("name", BELIEFS)
def test_the_two_laws_mix_to_the_stated_beliefs(name: str) -> None:
    """With overlap as likely as the beliefs make it, all trials together show the beliefs."""
    outcome = believed(name)
    for found, belief in zip(reservations(outcome)[:2], cut(BELIEFS[name]), strict=True):
        if belief.belief.kind == "point":
            np.testing.assert_allclose(found, belief.belief.params["value"], rtol=1e-5)
        else:
            assert ks_distance(found, belief.cdf) < ks_bound(TRIALS) + 1e-3


@pytest.mark.parametrize("name", BELIEFS)
def test_given_the_coin_they_are_what_rejection_would_leave(rng: np.random.Generator, name: str) -> None:
    """Each value, and the distance between them, given overlap and given none."""
    east, west, coin = reservations(believed(name))
    a, b = rejected(BELIEFS[name], rng, 200_000)
    for state in (True, False):
        here, there = coin == state, (a <= b) == state
        if here.sum() < 100:
            continue
        bound = ks_bound(here.sum(), there.sum()) + 1e-3
        assert (east[here] <= west[here] + 1e-5).all() if state else (east[here] >= west[here] - 1e-5).all()
        pairs = ((east, a), (west, b), (west - east, b - a), (west + east, b + a))
        for found, wanted in pairs:
            if np.ptp(wanted[there]) > 0:  # a certain value has no distribution to compare
                assert ks_distance_2(np.round(found[here], 4), np.round(wanted[there], 4)) < bound


@pytest.mark.parametrize("name", BELIEFS)
def test_probability_of_overlap(rng: np.random.Generator, name: str) -> None:
    a, b = rejected(BELIEFS[name], rng, 400_000)
    found = reservation_tables(*cut(BELIEFS[name]), 64).overlap
    p = (a <= b).mean()
    assert abs(found - p) < 4.5 * np.sqrt(p * (1 - p) / 400_000) + 1e-4


@pytest.mark.parametrize("name", ["normal", "hopeful", "desperate", "quantiles", "skewed"])
def test_tables_are_fine_enough(name: str) -> None:
    """Mixed by the probability of overlap, the tables return each belief to within 0.005 of probability."""
    east, west = cut(BELIEFS[name])
    tables = reservation_tables(east, west, 64)
    ranks = (np.arange(600) + 0.5) / 600
    nodes = np.arccos(1 - 2 * ranks) * 64 / np.pi
    i = np.minimum(nodes.astype(int), 63)
    f = nodes - i
    values, weight = {"more": [], "less": []}, []
    for state, p in ((1, tables.overlap), (0, 1 - tables.overlap)):
        edge = tables.edge[state][i] * (1 - f) + tables.edge[state][i + 1] * f
        rows = tables.gap[state][i] * (1 - f)[:, None] + tables.gap[state][i + 1] * f[:, None]
        distance = rows[:, i] * (1 - f) + rows[:, i + 1] * f  # by rank of east, by rank of west given east
        values["more"].append(np.repeat(edge, 600))
        values["less"].append((edge[:, None] + (distance if state else -distance)).ravel())
        weight.append(np.full(600**2, p / 600**2))
    weight = np.concatenate(weight)
    for found, belief in ((np.concatenate(values["more"]), east), (np.concatenate(values["less"]), west)):
        order = np.argsort(found)
        assert np.abs(np.cumsum(weight[order]) - belief.cdf(found[order])).max() < 0.005
    assert node_ranks(64)[0] == 0.0 and node_ranks(64)[-1] == 1.0


@pytest.mark.parametrize("name", BELIEFS)
def test_settlements_lie_where_both_sides_accept(name: str) -> None:
    outcome = believed(name)
    east, west, coin = reservations(outcome)
    settlement = outcome.settlement.values.ravel().astype(float)
    assert (np.isnan(settlement) == ~coin).all()
    value, slack = settlement[coin], 4e-6  # single precision of numbers up to 20
    assert coin.sum() > 50
    assert (value >= east[coin] - slack).all() and (value <= west[coin] + slack).all()
    assert (value <= OPENING[0] + slack).all() and (value >= OPENING[1] - slack).all()


@pytest.mark.parametrize("kappa", [{}, {"east": 0.2, "west": 4.0}, {"east": 1.0, "west": 1.0}])
def test_both_positions_reach_the_settlement_when_the_issue_closes(seed: int, kappa: dict) -> None:
    """opening + (reservation - opening) x^kappa, from either side, at the meeting point x in (0, 1]."""
    outcome = simulated(BELIEFS["normal"], seed, kappa=kappa)
    coin = outcome.zopa.values.ravel() == 1
    x = outcome.meeting.values.ravel()[coin].astype(float)
    assert (x > 0).all() and (x <= 1).all()
    assert np.isnan(outcome.meeting.values.ravel()[~coin]).all()
    for party, opening in zip(("east", "west"), OPENING, strict=True):
        edge = outcome.reservation.sel(party=party).values.ravel()[coin].astype(float)
        power = outcome.kappa.sel(party=party).values.ravel()[coin].astype(float)
        if party in kappa:
            np.testing.assert_allclose(power, kappa[party], rtol=1e-6)
        position = opening + (edge - opening) * x**power
        np.testing.assert_allclose(position, outcome.settlement.values.ravel()[coin], rtol=2e-5)


def test_exponents_follow_the_posterior_unless_stated(seed: int) -> None:
    from scipy.special import ndtr

    outcome = simulated(BELIEFS["normal"], seed, kappa={"west": {"lognormal": {"median": 2.0, "gsd": 1.5}}})
    tree = quiet(**CLOSES)["offers"]
    mean, sd = float(tree["kappa_log_mean"][0]), float(tree["kappa_log_sd"][0])
    for party, m, s in (("east", mean, sd), ("west", np.log(2.0), np.log(1.5))):
        found = np.log(outcome.kappa.sel(party=party).values.ravel().astype(float))
        assert ks_distance(found, lambda v, m=m, s=s: ndtr((v - m) / s)) < ks_bound(TRIALS) + 1e-3


def test_linear_concessions_split_by_the_ways_to_go(seed: int) -> None:
    """kappa = 1 on both sides: they meet at the share (20 - 5) / (ways together)."""
    outcome = simulated((12.0, 14.0), seed, kappa={"east": 1.0, "west": 1.0})
    np.testing.assert_allclose(outcome.meeting.values, 15 / (8 + 9), rtol=1e-6)
    np.testing.assert_allclose(outcome.settlement.values, 20 - 8 * 15 / 17, rtol=1e-6)


def test_certain_values_that_touch_settle_there(seed: int) -> None:
    outcome = simulated((12.0, 12.0), seed)
    assert outcome.zopa.all()
    np.testing.assert_allclose(outcome.settlement.values, 12.0, rtol=1e-6)


def test_a_side_that_does_not_move_gets_its_opening(seed: int) -> None:
    outcome = simulated((20.0, 30.0), seed)
    np.testing.assert_allclose(outcome.settlement.values, 20.0, rtol=1e-6)


def test_issues_share_the_coin_and_nothing_else(seed: int) -> None:
    """Reservation values of two issues are independent given the coin."""
    one = issue(*BELIEFS["normal"])
    scenario = talks(issues={"land": one, "money": {**one, "name": "Money"}}, beliefs_weight=1.0)
    outcome = fc.simulate(scenario, quiet(**CLOSES), draws=1, trials=TRIALS, seed=seed, paths=True)
    coin = outcome.zopa.values.ravel() == 1
    values = outcome.reservation.values.reshape(-1, 4).astype(float)
    for state in (True, False):
        off = np.corrcoef(values[coin == state], rowvar=False)[:2, 2:]
        assert np.abs(off).max() < 4.5 / np.sqrt((coin == state).sum())


def test_overlap_of_an_easier_issue_goes_with_that_of_a_harder_one(seed: int) -> None:
    """One rank for all: an issue with q_j overlaps in the trials of rank 1 - q_j and above."""
    issues = {"land": issue(normal(12, 3), normal(10, 3)), "money": issue(normal(11, 3), normal(12, 3))}
    scenario = talks(issues=issues, beliefs_weight=1.0)
    outcome = fc.simulate(scenario, quiet(**CLOSES), draws=1, trials=TRIALS, seed=seed, paths=True)
    gap = (outcome.reservation.sel(party="west") - outcome.reservation.sel(party="east")).values[0]
    overlaps = gap >= 0
    np.testing.assert_array_equal(overlaps[:, 0], outcome.zopa.values[0] == 1)
    assert (overlaps[:, 1] >= overlaps[:, 0]).all() and overlaps[:, 1].mean() > overlaps[:, 0].mean() + 0.1
