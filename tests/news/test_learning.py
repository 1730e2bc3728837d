"""Conditioning learns rightly: updated probabilities are those of the talks they are given to."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from simulated_talks import played

from forecast.engine import simulate
from forecast.news import update
from forecast.posterior import load_posterior
from forecast.scenario import Scenario
from forecast.vocabulary import DEALS, ENDINGS

TALKS = Scenario.from_dict({
    "parties": ["a", "b"], "as_of": "2026-01-01", "domain": "intrastate", "horizon_days": 240, "name": "learning",
    "next_round": {"planned": "2026-01-05", "mode": "in_person"}})
DAY = 60


def learned(draws: int, trials: int, seed: int, size: tuple[int, int] = (100, 20)):
    """Return (updated probabilities, what happened) of simulated talks, both (talks, endings).

    Talks with a round under way on the day are left out: a history tells a round when it has ended, so the update is
    the answer to another question there. (Leaving them out is fair: whether a round is under way is seen on the day.)
    """
    updated, happened = [], []
    later = TALKS.as_of + dt.timedelta(days=DAY)
    tree = load_posterior("prior")
    for i, one in enumerate(played(TALKS, tree, DAY, draws=draws, trials=trials, seed=seed)):
        if one.under_way:
            continue
        row = np.array([float(name == one.ending) for name in ENDINGS])
        happened.append(row)
        if one.over:
            updated.append(row)
            continue
        outcome = simulate(update(TALKS, one.items, as_of=later), tree, draws=size[0], trials=size[1],
                           seed=seed + 1 + i)
        updated.append(np.bincount(outcome["ending"].values.ravel(), minlength=len(ENDINGS))
                       / outcome["ending"].size)
    return np.array(updated), np.array(happened)


@pytest.mark.long
def test_updated_probabilities_are_calibrated_over_simulated_histories(seed):
    updated, happened = learned(100, 20, seed)
    n = len(updated)
    prior = happened.mean(axis=0)
    for code, ending in enumerate(ENDINGS):
        if prior[code] < 0.01:
            continue
        p, y = updated[:, code], happened[:, code]
        # The mean of the updated probability is the original one.
        error = np.std(p - y) / np.sqrt(n)
        assert abs(np.mean(p - y)) < 3.0 * error, ending
        # Among those not over, the regression of what happened on the updated probability has slope 1.
        open_ = (p > 0.0) & (p < 1.0)
        if open_.sum() < 200 or np.std(p[open_]) < 0.02:
            continue
        x, z = p[open_] - p[open_].mean(), y[open_]
        slope = (x @ z) / (x @ x)
        residual = z - z.mean() - slope * x
        spread = np.sqrt((x**2 @ residual**2)) / (x @ x)
        assert abs(slope - 1.0) < 3.0 * spread + 0.05, (ending, slope, spread)  # 0.05: noise in p flattens the slope
    deal = [ENDINGS.index(name) for name in DEALS]
    p, y = updated[:, deal].sum(axis=1), happened[:, deal].sum(axis=1)
    gain = np.mean((prior[deal].sum() - y) ** 2 - (p - y) ** 2)
    expected = np.var(p)
    assert abs(gain - expected) < 3.0 * np.std((prior[deal].sum() - y) ** 2 - (p - y) ** 2) / np.sqrt(n)
