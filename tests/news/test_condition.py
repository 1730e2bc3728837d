"""Weights and resampling: against rejection, against doubling, for any number of threads."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from simulated_talks import played

import forecast as fc
from forecast.engine import condition as module
from forecast.posterior import load_posterior
from forecast.scenario import Scenario
from forecast.vocabulary import ENDINGS

TALKS = Scenario.from_dict({
    "parties": ["a", "b"], "as_of": "2026-01-01", "domain": "intrastate", "horizon_days": 180, "name": "three",
    "next_round": {"planned": "2026-01-05", "mode": "in_person"},
    "disruptions": {"kinds": {kind: {"rate_multiplier": 0} for kind in (
        "escalation", "walkout_leak", "political", "exogenous", "novel")}}})
HISTORY = [
    {"date": "2026-01-06", "type": "attempt", "status": "held", "start": "2026-01-05", "end": "2026-01-06",
     "mode": "in_person"},
    {"date": "2026-01-20", "type": "attempt", "status": "postponed", "planned": "2026-01-20", "mode": "in_person"},
    {"date": "2026-02-01", "type": "attempt", "status": "held", "start": "2026-02-01", "end": "2026-02-01",
     "mode": "in_person"},
]


@pytest.fixture(scope="module")
def tree():
    return load_posterior("prior")


@pytest.mark.slow
def test_updating_agrees_with_rejection_on_windows_of_a_week(tree, seed):
    """Talks that went the way of the history, give or take three days, against the update on its middle."""
    day = 40
    windows = [(0, 4, 4), (1, 14, 22), (0, 23, 37)]  # status, first and last planned day
    wanted, kept = [], 0
    for one in played(TALKS, tree, day, draws=400, trials=1500, seed=seed):
        if one.over or len([item for item in one.items if item["type"] == "attempt"]) != 3:
            continue
        attempts = [item for item in one.items if item["type"] == "attempt"]
        good = True
        for item, (status, low, high) in zip(attempts, windows, strict=True):
            planned = item.get("planned") or item["start"]
            at = (dt.date.fromisoformat(planned) - TALKS.as_of).days
            good &= (item["status"] == "held") == (status == 0) and low <= at <= high and (
                status == 0 or item["status"] == "postponed")
        if good:
            kept += 1
            wanted.append(ENDINGS.index(one.ending))
    assert kept > 300
    share = np.bincount(wanted, minlength=6) / kept
    # The same windows, updated at a handful of points inside them.
    rng = np.random.default_rng(seed)
    updated = np.zeros(6)
    points = 12
    for _ in range(points):
        lost, held = int(rng.integers(14, 23)), int(rng.integers(23, 38))
        items = [HISTORY[0], {**HISTORY[1], "date": _date(lost), "planned": _date(lost)},
                 {**HISTORY[2], "date": _date(held), "start": _date(held), "end": _date(held)}]
        later = fc.update(TALKS, items, as_of=TALKS.as_of + dt.timedelta(days=day))
        outcome = fc.simulate(later, tree, draws=200, trials=50, seed=seed)
        updated += np.bincount(outcome["ending"].values.ravel(), minlength=6) / outcome["ending"].size / points
    error = np.sqrt(share * (1 - share) / kept)
    # Uniform points inside the windows stand for what rejection finds there: allow two points beyond the noise.
    assert np.all(np.abs(updated - share) < 3 * error + 0.03), (updated.round(3), share.round(3))


def _date(day: int) -> str:
    return (TALKS.as_of + dt.timedelta(days=day)).isoformat()


def test_doubling_the_particles_moves_nothing_beyond_its_error(tree, seed, monkeypatch):
    later = fc.update(TALKS, HISTORY, as_of="2026-02-10")
    one = fc.summarize(fc.simulate(later, tree, draws=300, trials=100, seed=seed))
    monkeypatch.setattr(module, "LEAST_PARTICLES", 2 * module.LEAST_PARTICLES)
    monkeypatch.setattr(module, "PARTICLES_PER_TRIAL", 2 * module.PARTICLES_PER_TRIAL)
    two = fc.summarize(fc.simulate(later, tree, draws=300, trials=100, seed=seed))
    for ending in ENDINGS:
        a, b = one.ends[ending], two.ends[ending]
        assert abs(a.p - b.p) <= 3.0 * np.hypot(a.mc_error, b.mc_error) + 1e-12, ending


def test_threads_do_not_matter(tree, seed):
    later = fc.update(TALKS, HISTORY)
    one = fc.simulate(later, tree, draws=40, trials=30, seed=seed, threads=1)
    assert one.identical(fc.simulate(later, tree, draws=40, trials=30, seed=seed, threads=3))


def test_reduced_counts_are_those_of_the_trials(tree, seed):
    later = fc.update(TALKS, HISTORY)
    trials = fc.simulate(later, tree, draws=40, trials=30, seed=seed)
    counts = fc.simulate(later, tree, draws=40, trials=30, seed=seed, keep="reduced")
    expected = np.stack([(trials["ending"].values == code).sum(axis=1) for code in range(6)], axis=1)
    assert np.array_equal(counts["ending_count"].values, expected)


def test_quick_rounds_teach_a_quick_pace(tree, seed):
    """After rounds four days apart the next comes sooner than after rounds forty days apart."""
    def talks(gap: int):
        days = [gap * i for i in range(5)]
        items = [{"date": _date(day), "type": "attempt", "status": "held", "start": _date(day), "end": _date(day),
                  "mode": "in_person"} for day in days]
        base = TALKS.replace_all({"next_round": None, "horizon_days": 400})
        return fc.update(base, items, as_of=_date(days[-1] + 1))

    quick, slow = (fc.simulate(talks(gap), tree, draws=200, trials=50, seed=seed) for gap in (4, 40))
    def median(outcome):
        day = outcome["next_round_day"].values
        return np.median(day[day >= 0])
    assert median(quick) < 0.5 * median(slow)


def test_effective_sample_sizes_are_shares(tree, seed):
    outcome = fc.simulate(fc.update(TALKS, HISTORY), tree, draws=100, trials=20, seed=seed)
    assert 0.0 < outcome.attrs["ess_draws"] <= 1.0
    assert 0.0 < outcome.attrs["ess_trials"] < 1.0


def test_systematic_resampling_is_proportional():
    rng = np.random.default_rng(5)
    weight = rng.exponential(size=50)
    counts = np.bincount(module.systematic(weight, 10_000, 0.3), minlength=50)
    assert np.all(np.abs(counts - 10_000 * weight / weight.sum()) <= 1.0)
