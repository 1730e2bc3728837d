"""Scores of forecasts: log, Brier, and CRPS with censoring, all of them losses (lower is better)."""

from __future__ import annotations

import numpy as np


def log_scores(p: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Return minus the log of the probability given to what happened.

    Parameters
    ----------
    p : ndarray (case, class)
        Probabilities above 0.
    observed : ndarray of int (case,)
        Class, -1 where not known.

    Returns
    -------
    ndarray (case,)
        In nats; NaN where not known.

    Raises
    ------
    ValueError
        If a probability is 0 or rows do not sum to 1: nothing is clipped.

    Examples
    --------
    >>> log_scores(np.array([[0.5, 0.5]]), np.array([1])).round(3).tolist()
    [0.693]
    """
    import scoringrules

    _check(p)
    if (p <= 0).any():
        raise ValueError("a probability of 0: smooth the frequencies first")
    known = observed >= 0
    out = np.full(len(p), np.nan)
    # The score of a class is that of the event "this class", which happened.
    out[known] = scoringrules.log_score(np.ones(known.sum()), p[known, observed[known]])
    return out


def brier_scores(p: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Return Brier scores: of the event for two classes, else the sum over classes.

    Parameters
    ----------
    p : ndarray (case, class)
    observed : ndarray of int (case,)
        Class, -1 where not known.

    Returns
    -------
    ndarray (case,)
        0 to 1 for two classes, else 0 to 2; NaN where not known.

    Examples
    --------
    >>> brier_scores(np.array([[0.2, 0.8]]), np.array([1])).round(3).tolist()
    [0.04]
    """
    import scoringrules

    _check(p)
    known = observed >= 0
    happened = np.eye(p.shape[1])[observed[known]]
    out = np.full(len(p), np.nan)
    # Sums of a few floats can exceed 1 by a rounding error, which the package refuses.
    by_class = scoringrules.brier_score(happened, np.minimum(p[known], 1.0))
    out[known] = by_class[:, 1] if p.shape[1] == 2 else by_class.sum(axis=1)
    return out


def crps_days(p: np.ndarray, observed: float, until: int) -> float:
    """Return the CRPS of a forecast of days on [0, until]: the integral of (F(t) - 1[observed <= t])^2.

    Parameters
    ----------
    p : ndarray (days,)
        Probabilities of day 0, 1, ... and, last, of later or never.
    observed : float
        Whole days; infinite for never, or for not before `until`.
    until : int
        End of what is seen: the horizon, or the last day of a record that was still open. 0 leaves nothing to
        score.

    Returns
    -------
    float
        In days; NaN if nothing was seen or `observed` is not known. This is the threshold-weighted CRPS with
        weight 1 on [0, until]; for whole days it is the ranked probability score of the days.

    Examples
    --------
    >>> crps_days(np.array([0.0, 0.5, 0.5, 0.0]), 2.0, 2)
    0.25
    """
    import scoringrules

    if until <= 0 or np.isnan(observed):
        return float("nan")
    if abs(p.sum() - 1.0) > 1e-6 or (p < 0).any():
        raise ValueError("not probabilities: they must be at least 0 and sum to 1")
    seen = np.append(p[:until], max(0.0, 1.0 - p[:until].sum()))
    category = int(observed) + 1 if observed < until else until + 1
    return float(scoringrules.rps_score(category, seen))


def crps_sample(sample: np.ndarray, observed: float) -> float:
    """Return the CRPS of a sample of numbers, NaN if it is empty.

    Parameters
    ----------
    sample : ndarray (member,)
    observed : float

    Examples
    --------
    >>> crps_sample(np.array([0.0, 1.0]), 0.5)
    0.25
    """
    import scoringrules

    if not len(sample) or not np.isfinite(observed):
        return float("nan")
    return float(scoringrules.crps_ensemble(observed, np.sort(sample), sorted_ensemble=True, estimator="qd"))


def _check(p: np.ndarray) -> None:
    """Refuse rows that are no probabilities."""
    if len(p) and (np.abs(p.sum(axis=1) - 1.0).max() > 1e-6 or (p < 0).any()):
        raise ValueError("not probabilities: they must be at least 0 and sum to 1")
