"""Intervals: paired bootstrap over conflicts for differences, Jeffreys for shares."""

from __future__ import annotations

import numpy as np

BOOTSTRAPS = 2000
#: Probability of the interval of a difference.
SURE = 0.95
LEAST_CONFLICTS = 10
"""With fewer no interval is given: resampling so few makes intervals far too narrow."""


def paired_difference(
    difference: np.ndarray, conflicts: np.ndarray, *, seed: int, bootstraps: int = BOOTSTRAPS
) -> tuple[float, float, float]:
    """Return the mean of differences over cases, with its interval over resampled conflicts.

    Parameters
    ----------
    difference : ndarray (case,)
        Loss of a baseline minus loss of the model: positive where the model is better. NaN cases are left
        out.
    conflicts : ndarray (case,)
        Conflict of each case. Cases of one are drawn together: they are not independent.
    seed : int
    bootstraps : int, optional

    Returns
    -------
    value, low, high : float
        Mean and percentile interval (95%); NaN without cases, and no interval from fewer than `LEAST_CONFLICTS`.

    Examples
    --------
    >>> paired_difference(np.ones(20), np.arange(20) // 2, seed=1)
    (1.0, 1.0, 1.0)
    >>> paired_difference(np.ones(3), np.array(["a", "a", "b"]), seed=1)
    (1.0, nan, nan)
    """
    known = np.isfinite(difference)
    if not known.any():
        return float("nan"), float("nan"), float("nan")
    values, (_, group) = difference[known], np.unique(conflicts[known], return_inverse=True)
    value, groups = float(values.mean()), int(group.max()) + 1
    if groups < LEAST_CONFLICTS:
        return value, float("nan"), float("nan")
    sums, sizes = np.bincount(group, weights=values), np.bincount(group)
    weights = np.random.default_rng(seed).multinomial(groups, np.full(groups, 1.0 / groups), size=bootstraps)
    means = (weights @ sums) / (weights @ sizes)
    low, high = np.quantile(means, [(1 - SURE) / 2, (1 + SURE) / 2])
    return value, float(low), float(high)


def share_interval(successes: float, n: float, sure: float = SURE) -> tuple[float, float]:
    """Return Jeffreys' interval of a share.

    Parameters
    ----------
    successes : float
        May be fractional: an observation that a discrete forecast covers in part.
    n : float
    sure : float, optional

    Returns
    -------
    low, high : float
        NaN if `n` is 0.

    Examples
    --------
    >>> tuple(round(x, 3) for x in share_interval(8, 10))
    (0.497, 0.956)
    """
    from scipy.special import betaincinv

    if n <= 0:
        return float("nan"), float("nan")
    a, b = successes + 0.5, n - successes + 0.5
    low = 0.0 if successes <= 0 else float(betaincinv(a, b, (1 - sure) / 2))
    high = 1.0 if successes >= n else float(betaincinv(a, b, (1 + sure) / 2))
    return low, high
