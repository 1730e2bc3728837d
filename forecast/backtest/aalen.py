"""The Aalen-Johansen estimator in whole days: how likely each cause has come first by a day, with censoring."""

from __future__ import annotations

import numpy as np


def aalen_johansen(days: np.ndarray, causes: np.ndarray, horizon: int, n_causes: int) -> np.ndarray:
    """Estimate the probability of each cause on each day.

    Parameters
    ----------
    days : ndarray of float (case,)
        Whole days, at least 0, of the event or of censoring. Infinite: nothing had happened by any day.
    causes : ndarray of int (case,)
        1 to `n_causes`, or 0 for censored: still open on that day, and at risk on it.
    horizon : int
        Last day of the estimate.
    n_causes : int

    Returns
    -------
    ndarray (n_causes, horizon + 1)
        Probability that a cause comes first, on that day. Sums of a row up to a day are the cumulative
        incidence; what all rows leave is the probability of nothing by the horizon.

    Raises
    ------
    ValueError
        If there are no cases, a day is negative or not known, or a cause is outside its range.

    References
    ----------
    Aalen, O. O. and Johansen, S. (1978), An empirical transition matrix for non-homogeneous Markov chains
    based on censored observations. Scandinavian Journal of Statistics 5, 141-150.

    Examples
    --------
    >>> aalen_johansen(np.array([1.0, 1.0, 2.0, 2.0]), np.array([1, 0, 2, 1]), 2, 2).tolist()
    [[0.0, 0.25, 0.375], [0.0, 0.0, 0.375]]
    """
    days, causes = np.asarray(days, dtype=float), np.asarray(causes)
    if not len(days):
        raise ValueError("no cases")
    if np.isnan(days).any() or (days < 0).any():
        raise ValueError("days must be known and at least 0")
    if causes.min() < 0 or causes.max() > n_causes:
        raise ValueError(f"causes must be 0 (censored) to {n_causes}")
    place = np.minimum(days, horizon + 1).astype(np.int64)
    events = np.zeros((n_causes, horizon + 2))
    np.add.at(events, (np.maximum(causes, 1) - 1, place), causes > 0)
    leaving = np.bincount(place, minlength=horizon + 2)
    at_risk = len(days) - np.concatenate([[0], np.cumsum(leaving)[:-1]])
    out = np.zeros((n_causes, horizon + 1))
    surviving = 1.0
    for day in range(horizon + 1):
        if at_risk[day] == 0:
            break
        hazard = events[:, day] / at_risk[day]
        out[:, day] = surviving * hazard
        surviving *= 1.0 - hazard.sum()
    return out
