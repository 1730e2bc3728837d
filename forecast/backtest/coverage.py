"""Do observations fall where forecasts say: PIT with ties and censoring, coverage of central intervals, sharpness."""

from __future__ import annotations

import numpy as np

from forecast.backtest.resample import share_interval
from forecast.backtest.words import LEVELS


def pit_of_days(p: np.ndarray, observed: float, until: int) -> tuple[float, float]:
    """Return the interval on which the PIT of an observation lies, uniformly.

    Parameters
    ----------
    p : ndarray (days,)
        Probabilities of day 0, 1, ... and, last, of later or never.
    observed : float
        Whole days; infinite for never.
    until : int
        Last day that was seen (horizon or end of the record).

    Returns
    -------
    low, high : float
        F just below the observation and at it: a whole day is a lump. Not seen by `until`: from F(until) to
        1, which is right for censoring that does not depend on what would have come. NaN if `observed` is not
        known.

    Examples
    --------
    >>> pit_of_days(np.array([0.25, 0.25, 0.5]), 1.0, 1), pit_of_days(np.array([0.25, 0.25, 0.5]), np.inf, 1)
    ((0.25, 0.5), (0.5, 1.0))
    """
    if np.isnan(observed):
        return float("nan"), float("nan")
    cumulative = np.minimum(np.cumsum(p), 1.0)
    if observed > until:
        return (float(cumulative[until]) if until >= 0 else 0.0), 1.0
    day = int(observed)
    return (float(cumulative[day - 1]) if day else 0.0), float(cumulative[day])


def pit_of_sample(sample: np.ndarray, observed: float) -> tuple[float, float]:
    """Return the PIT of a number among the members of a sample: each of the n + 1 places is as likely.

    Examples
    --------
    >>> pit_of_sample(np.array([1.0, 2.0, 3.0]), 2.5)
    (0.5, 0.75)
    """
    if not len(sample) or not np.isfinite(observed):
        return float("nan"), float("nan")
    below, ties = int((sample < observed).sum()), int((sample == observed).sum())
    return below / (len(sample) + 1), (below + ties + 1) / (len(sample) + 1)


def covered(low: np.ndarray, high: np.ndarray, level: float) -> np.ndarray:
    """Return how much of each PIT lies in the central interval of a level.

    Parameters
    ----------
    low, high : ndarray (case,)
        From `pit_of_days`.
    level : float
        0 to 1.

    Returns
    -------
    ndarray (case,)
        0 to 1. Its mean is the level when forecasts are calibrated, whatever the lumps: an interval of whole
        days counted as closed would cover too often.

    Examples
    --------
    >>> covered(np.array([0.0, 0.4]), np.array([0.5, 0.6]), 0.5).tolist()
    [0.5, 1.0]
    """
    left, right = (1 - level) / 2, (1 + level) / 2
    overlap = np.clip(np.minimum(high, right) - np.maximum(low, left), 0.0, None)
    width = high - low
    point = (low >= left) & (low <= right)
    return np.where(width > 0, overlap / np.where(width > 0, width, 1.0), point.astype(float))


def coverage_table(low: np.ndarray, high: np.ndarray, talks: np.ndarray) -> dict[str, np.ndarray | int]:
    """Return the coverage of central intervals, each talk with the same weight.

    Parameters
    ----------
    low, high : ndarray (case,)
        PIT of the cases of one target, NaN where not known.
    talks : ndarray (case,)
        Talk of each case.

    Returns
    -------
    dict
        ``value, low, high`` (level,): share covered and its 95% binomial interval (Jeffreys); ``n``, talks.
        Cases of one talk are not independent, so the talk is the unit: its landmarks are averaged first.
    """
    known = np.isfinite(low) & np.isfinite(high)
    nothing = np.full(len(LEVELS), np.nan)
    if not known.any():
        return {"value": nothing, "low": nothing, "high": nothing, "n": 0}
    _, group = np.unique(talks[known], return_inverse=True)
    sizes = np.bincount(group)
    n = len(sizes)
    values = [
        float((np.bincount(group, weights=covered(low[known], high[known], level)) / sizes).mean())
        for level in LEVELS
    ]
    bounds = [share_interval(value * n, n) for value in values]
    return {
        "value": np.array(values),
        "low": np.array([b[0] for b in bounds]),
        "high": np.array([b[1] for b in bounds]),
        "n": n,
    }


def quantile_days(p: np.ndarray, levels: tuple[float, ...]) -> np.ndarray:
    """Return quantiles of a forecast of days; infinite where they lie beyond its horizon.

    Examples
    --------
    >>> quantile_days(np.array([0.25, 0.25, 0.5]), (0.2, 0.5, 0.9)).tolist()
    [0.0, 1.0, inf]
    """
    cumulative = np.cumsum(p)[:-1]
    place = np.searchsorted(cumulative, np.asarray(levels) - 1e-12)
    return np.where(place < len(cumulative), place, np.inf).astype(float)
