"""Probabilities and quantities with intervals over draws, cleaned of Monte Carlo noise.

A *draw* is what we do not know (a row of the posterior), a *trial* is luck. With T trials a draw, the raw
share ``p_d`` scatters more than the probability it estimates, so quantiles of raw shares give intervals
that are too wide. The surplus is removed by moment shrinkage: the noise variance is estimated, taken off
the variance between draws, and the shares are pulled toward their mean by the square root of what is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVELS = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A probability with its interval over draws.

    Parameters
    ----------
    p : float
        Probability, beliefs and luck integrated over, in [0, 1]; NaN if nothing informs it.
    low, high : float
        5% and 95% over draws after removing Monte Carlo noise; NaN with a single trial a draw, from which
        noise and spread cannot be told apart.
    mc_error : float
        Standard error of `p` from the finite number of draws and trials.
    """

    p: float
    low: float
    high: float
    mc_error: float

    def to_dict(self) -> dict[str, float | None]:
        """Return ``{p, low, high, mc_error}`` with None for NaN, which JSON does not know."""
        return {key: _number(getattr(self, key)) for key in ("p", "low", "high", "mc_error")}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A mean or a quantile with its interval over draws.

    Parameters
    ----------
    value : float
        In the units of the variable.
    low, high : float
        5% and 95% over draws after removing Monte Carlo noise.
    mc_error : float
        Standard error of `value` from the finite number of draws and trials.
    """

    value: float
    low: float
    high: float
    mc_error: float

    def to_dict(self) -> dict[str, float | None]:
        """Return ``{value, low, high, mc_error}`` with None for NaN."""
        return {key: _number(getattr(self, key)) for key in ("value", "low", "high", "mc_error")}


def _number(x: float) -> float | None:
    return float(x) if np.isfinite(x) else None


def estimate(p_d: ArrayLike, trials: ArrayLike) -> Estimate:
    """Estimate a probability and its interval over draws.

    Parameters
    ----------
    p_d : array_like, shape (draw,)
        Share of the trials of each draw in which the event happens, in [0, 1]. Draws with no trial
        (`trials` 0) are left out whatever their share.
    trials : int or array_like, shape (draw,)
        Trials behind each share. One number unless the share is conditional ("given that the round is
        held"); then draws count in proportion to their trials, as they do in the pooled share.

    Returns
    -------
    Estimate
        ``p`` = (weighted) mean share; ``low, high`` = quantiles of the shares pulled toward it by
        ``sqrt(v / s2)``, ``v = max(0, s2 - mean(p_d (1 - p_d) / (T - 1)))``; ``mc_error`` = sd of the raw
        shares over the root of the (effective) number of draws.

    Raises
    ------
    ValueError
        If a share is outside [0, 1] or the shapes differ.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> truth = rng.beta(8, 12, 2000)
    >>> seen = rng.binomial(50, truth) / 50
    >>> made = estimate(seen, 50)
    >>> raw = np.quantile(seen, [0.05, 0.95]); true = np.quantile(truth, [0.05, 0.95])
    >>> bool(abs((made.high - made.low) / np.ptp(true) - 1) < 0.05 < np.ptp(raw) / np.ptp(true) - 1)
    True
    """
    share = np.atleast_1d(np.asarray(p_d, dtype=np.float64))
    size = np.broadcast_to(np.asarray(trials, dtype=np.float64), share.shape)
    if share.ndim != 1:
        raise ValueError(f"p_d must have the one dim (draw,), given shape {share.shape}")
    used = size > 0
    share, size = share[used], size[used]
    if share.size == 0:
        return Estimate(np.nan, np.nan, np.nan, np.nan)
    if not ((share >= 0) & (share <= 1)).all():
        raise ValueError("p_d must be in [0, 1]")
    with np.errstate(divide="ignore", invalid="ignore"):
        noise = np.where(size > 1, share * (1 - share) / (size - 1), np.nan)
    value, low, high, error = _shrunk(share, noise, size)
    if share.size == 1:
        error = float(np.sqrt(share[0] * (1 - share[0]) / size[0]))
    return Estimate(value, low, high, error)


def estimate_quantity(x_d: ArrayLike, noise_d: ArrayLike, weights: ArrayLike = 1.0) -> Quantity:
    """Estimate a mean or quantile of something and its interval over draws.

    Parameters
    ----------
    x_d : array_like, shape (draw,)
        The statistic within each draw; draws where it is NaN are left out.
    noise_d : array_like, shape (draw,)
        Variance of its Monte Carlo error within the draw: ``s2 / n`` for a mean, see
        :func:`quantiles_of_counts` for quantiles; NaN where it cannot be told.
    weights : float or array_like, shape (draw,), optional
        Trials behind each value.

    Returns
    -------
    Quantity

    Examples
    --------
    >>> estimate_quantity([10.0, 12.0, 14.0], [0.0, 0.0, 0.0]).value
    12.0
    """
    x = np.atleast_1d(np.asarray(x_d, dtype=np.float64))
    noise = np.broadcast_to(np.asarray(noise_d, dtype=np.float64), x.shape)
    weight = np.broadcast_to(np.asarray(weights, dtype=np.float64), x.shape)
    used = np.isfinite(x) & (weight > 0)
    if not used.any():
        return Quantity(np.nan, np.nan, np.nan, np.nan)
    return Quantity(*_shrunk(x[used], noise[used], weight[used]))


def _shrunk(x: NDArray, noise: NDArray, weight: NDArray) -> tuple[float, float, float, float]:
    """Return mean, low, high and Monte Carlo error of per-draw values whose noise variance is known."""
    weight = weight / weight.sum()
    mean = float(weight @ x)
    if x.size == 1:
        return mean, mean, mean, float(np.sqrt(noise[0])) if np.isfinite(noise[0]) else np.nan
    # With equal weights this is the usual variance with n - 1.
    effective = float(1.0 / (weight @ weight))
    spread = float(weight @ (x - mean) ** 2 / max(1.0 - 1.0 / effective, 1e-12))
    error = float(np.sqrt(spread / effective))
    known = np.isfinite(noise)
    if not known.any():
        return mean, np.nan, np.nan, error
    surplus = float(weight[known] @ noise[known] / weight[known].sum())
    pull = np.sqrt(max(0.0, spread - surplus) / spread) if spread > 0 else 0.0
    low, high = weighted_quantile(mean + pull * (x - mean), weight, LEVELS)
    return mean, float(low), float(high), error


def weighted_quantile(x: NDArray, weight: NDArray, levels: ArrayLike) -> NDArray:
    """Return quantiles of weighted values, numpy's default (linear) rule when the weights are equal.

    Parameters
    ----------
    x, weight : ndarray, shape (draw,)
    levels : array_like of float in [0, 1]

    Examples
    --------
    >>> weighted_quantile(np.array([3.0, 1.0, 2.0]), np.ones(3), [0.25, 0.5])
    array([1.5, 2. ])
    """
    order = np.argsort(x, kind="stable")
    x, weight = x[order], weight[order]
    total = np.cumsum(weight)
    # Each value sits at the middle of its own mass, stretched so that the extremes are at 0 and 1.
    position = total - 0.5 * weight
    position = (position - position[0]) / max(position[-1] - position[0], 1e-300)
    return np.interp(levels, position, x)


def shrunk_bands(shares: NDArray, trials: int, *, together: bool = False) -> tuple[NDArray, NDArray, NDArray]:
    """Return mean, low and high over draws of many probabilities at once (a curve over days).

    Parameters
    ----------
    shares : ndarray, shape (draw, ...)
        Raw shares of the trials of each draw.
    trials : int
        Trials a draw.
    together : bool, optional
        Pull all of them by one factor, from their summed variances: for the classes of a histogram, each of
        which holds too few trials to tell its own.

    Returns
    -------
    tuple of ndarray, shape (...)
        The same numbers as :func:`estimate` on each column (unless `together`).

    Examples
    --------
    >>> mean, low, high = shrunk_bands(np.array([[0.2], [0.4], [0.6]]), 10**6)
    >>> round(float(mean[0]), 3), round(float(low[0]), 2), round(float(high[0]), 2)
    (0.4, 0.22, 0.58)
    """
    mean = shares.mean(axis=0)
    if shares.shape[0] == 1:
        return mean, mean, mean
    if trials <= 1:
        blank = np.full_like(mean, np.nan)
        return mean, blank, blank
    spread = shares.var(axis=0, ddof=1)
    noise = (shares * (1 - shares)).mean(axis=0) / (trials - 1)
    if together:
        spread, noise = spread.sum(), noise.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        pull = np.where(spread > 0, np.sqrt(np.maximum(0.0, spread - noise) / spread), 0.0)
    # Shrinking is monotone, so it commutes with taking quantiles.
    low, high = np.quantile(shares, LEVELS, axis=0)
    return mean, mean + pull * (low - mean), mean + pull * (high - mean)


def quantiles_of_counts(counts: NDArray, points: NDArray, levels: ArrayLike) -> tuple[NDArray, NDArray]:
    """Return quantiles of counted whole numbers and the variance of their Monte Carlo error.

    Parameters
    ----------
    counts : ndarray of int, shape (..., k)
        Trials at each point.
    points : ndarray, shape (k,)
        Increasing.
    levels : array_like of float in (0, 1), shape (q,)

    Returns
    -------
    values, noise : ndarray, shape (..., q)
        The smallest point at which the cumulated share reaches the level; NaN where nothing is counted.
        The noise is Woodruff's: the square of a quarter of the distance between the quantiles two standard
        errors of a share below and above the level (one standard error measures the slope too roughly).

    References
    ----------
    Woodruff, R. S. (1952), Confidence intervals for medians and other position measures, JASA 47.

    Examples
    --------
    >>> values, _ = quantiles_of_counts(np.array([1, 2, 1]), np.array([0, 5, 9]), [0.25, 0.5, 0.95])
    >>> values
    array([0., 5., 9.])
    """
    level = np.asarray(levels, dtype=np.float64)
    rows = counts.reshape(-1, counts.shape[-1])
    total = rows.sum(axis=1, dtype=np.int64)
    # Cumulated over all rows at once, the counts stay sorted: one search serves every row.
    cumulated = np.cumsum(rows, dtype=np.int64)
    before = np.cumsum(total) - total
    with np.errstate(divide="ignore", invalid="ignore"):
        delta = 2 * np.sqrt(level * (1 - level) / total[:, None])
        wanted = np.stack([np.broadcast_to(level, delta.shape), level - delta, level + delta]) * total[:, None]
    # A hair below, so that a level that falls exactly on a count takes that point, not the next.
    rank = np.ceil(np.nan_to_num(wanted) - 1e-9 * total[:, None]).astype(np.int64)
    rank = np.clip(rank, 1, np.maximum(total, 1)[:, None])
    at = np.searchsorted(cumulated, before[:, None] + rank) - np.arange(rows.shape[0])[:, None] * rows.shape[1]
    found = points[np.clip(at, 0, points.size - 1)].astype(np.float64)
    empty = (total == 0)[:, None]
    values = np.where(empty, np.nan, found[0])
    noise = np.where(empty, np.nan, ((found[2] - found[1]) / 4.0) ** 2)
    shape = (*counts.shape[:-1], level.size)
    return values.reshape(shape), noise.reshape(shape)
