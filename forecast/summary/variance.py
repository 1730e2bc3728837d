"""How much of the uncertainty is ignorance of parameters, beliefs about these talks, or luck.

For an event Y (0 or 1) the total variance splits exactly, by the law of total variance, into

    Var(Y) = Var_d(P(Y | d)) + E_d[Var(P(Y | d, h) | d)] + E_d,h[Var(Y | d, h)]
             parameters        beliefs                      luck

with d the draw (parameters shared by all talks), h the hidden facts of these talks (pace, habits, effort
to close, ZOPA, reservation values: what a scenario states as a belief or the law draws once per trial)
and luck the rest. Parameters need only p_d. The other two need the hidden facts held still while luck is
tossed again, in one of two ways:

- *twin*: a second outcome with the same seed, draws and hidden facts and fresh luck. Within a draw the
  covariance of Y and Y' over trials is exactly Var(P(Y | d, h) | d) (Sobol's pick-freeze estimator).
- *zopa*: one outcome only, conditioned on the one hidden fact it stores, the ZOPA coin. What the coin
  explains is a lower bound for beliefs and the rest an upper bound for luck; it is labelled so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecast.errors import Problem, StoreError

if TYPE_CHECKING:
    import xarray as xr


SHARES = ("parameters", "beliefs", "luck")
GROUPS = 25
"""Groups of draws of which the jackknife leaves one out at a time."""


@dataclass(frozen=True, slots=True)
class VarianceSplit:
    """Shares of the variance of one event, summing to 1 (NaN if the event is certain).

    Parameters
    ----------
    event : str
    total : float
        Variance of the event, p (1 - p).
    parameters, beliefs, luck : float
        Shares in [0, 1]; of method ``twin`` they are unbiased, so that one near 0 may come out a little below.
    method : {"twin", "zopa", "draws"}
        ``twin``: exact up to Monte Carlo error. ``zopa``: `beliefs` is at least, `luck` at most this.
        ``draws``: only parameters are known; `beliefs` is NaN and `luck` holds both.
    parameters_error, beliefs_error, luck_error : float
        Monte Carlo standard errors of the shares (jackknife over draws); NaN for other methods than ``twin``.
    """

    event: str
    total: float
    parameters: float
    beliefs: float
    luck: float
    method: str
    parameters_error: float = np.nan
    beliefs_error: float = np.nan
    luck_error: float = np.nan

    def to_dict(self) -> dict[str, Any]:
        """Return the fields with None for NaN."""
        shares = {key: getattr(self, key) for key in ("total", *SHARES, *(f"{share}_error" for share in SHARES))}
        return {"event": self.event, "method": self.method,
                **{key: (float(x) if np.isfinite(x) else None) for key, x in shares.items()}}


def split_counts(event: str, hits: NDArray, trials: int, coin: NDArray | None = None,
                 hits_with_coin: NDArray | None = None) -> VarianceSplit:
    """Split the variance of an event from counts per draw.

    Parameters
    ----------
    event : str
        Its name.
    hits : ndarray of int, shape (draw,)
        Trials with the event.
    trials : int
        Trials a draw, at least 2 for a split.
    coin, hits_with_coin : ndarray of int, shape (draw,), optional
        Trials with a ZOPA, and those of them with the event.

    Returns
    -------
    VarianceSplit

    Examples
    --------
    >>> made = split_counts("deal", np.array([50, 50]), 100, np.array([50, 50]), np.array([50, 50]))
    >>> round(made.beliefs, 3), round(made.luck, 3)     # the coin decides everything
    (1.0, 0.0)
    """
    share = hits / trials
    p = float(share.mean())
    total = p * (1 - p)
    if total <= 0 or trials < 2:
        return VarianceSplit(event, total, np.nan, np.nan, np.nan, "draws")
    parameters = _between(share, trials)
    if coin is None or hits_with_coin is None:
        return VarianceSplit(event, total, parameters / total, np.nan, 1 - parameters / total, "draws")
    beliefs = float(np.mean(_explained(hits, trials, coin, hits_with_coin)))
    return _shares(event, total, parameters, beliefs, "zopa")


def _between(share: NDArray, trials: int) -> float:
    """Return the variance between draws without Monte Carlo noise."""
    if share.size < 2:
        return 0.0
    return max(0.0, float(share.var(ddof=1) - (share * (1 - share)).mean() / (trials - 1)))


def _explained(hits: NDArray, trials: int, coin: NDArray, hits_with_coin: NDArray) -> NDArray:
    """Return, per draw, the variance within the draw that the coin explains, noise removed."""
    ones, zeros = coin.astype(float), (trials - coin).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        p1 = np.where(ones > 0, hits_with_coin / ones, 0.0)
        p0 = np.where(zeros > 0, (hits - hits_with_coin) / zeros, 0.0)
        noise = (np.where(ones > 1, p1 * (1 - p1) / (ones - 1), 0.0)
                 + np.where(zeros > 1, p0 * (1 - p0) / (zeros - 1), 0.0))
    weight = ones * zeros / trials**2
    # Not cut at zero per draw: the mean over draws would be biased upward.
    return weight * ((p1 - p0) ** 2 - noise)


def _shares(event: str, total: float, parameters: float, beliefs: float, method: str) -> VarianceSplit:
    parameters = min(max(parameters, 0.0), total)
    beliefs = min(max(beliefs, 0.0), total - parameters)
    return VarianceSplit(event, total, parameters / total, beliefs / total,
                         (total - parameters - beliefs) / total, method)


def split_twins(event: str, first: NDArray, second: NDArray) -> VarianceSplit:
    """Split the variance of an event from two runs that share hidden facts but not luck.

    Parameters
    ----------
    event : str
    first, second : ndarray of bool, shape (draw, trial)
        Whether the event happens, in the same trial of both runs.

    Returns
    -------
    VarianceSplit
        Method ``twin``.

    Examples
    --------
    >>> facts = np.tile([True, False], (3, 500))
    >>> made = split_twins("deal", facts, facts)
    >>> round(made.beliefs, 2), abs(round(made.luck, 2))
    (1.0, 0.0)
    """
    a, b = first.astype(np.float64), second.astype(np.float64)
    draws, trials = a.shape
    if trials < 2 or not 0.0 < (a.mean() + b.mean()) / 2.0 < 1.0:
        p = (a.mean() + b.mean()) / 2.0
        return VarianceSplit(event, float(p * (1.0 - p)), np.nan, np.nan, np.nan, "draws")
    mean_a, mean_b = a.mean(axis=1), b.mean(axis=1)
    within = ((a - mean_a[:, None]) * (b - mean_b[:, None])).sum(axis=1) / (trials - 1)
    noise = (mean_a * (1.0 - mean_a) + mean_b * (1.0 - mean_b)) / (2.0 * (trials - 1))
    total, shares = _twin_shares(mean_a, mean_b, within, noise)
    errors = np.full(3, np.nan)
    groups = np.arange(draws) * min(GROUPS, draws) // draws
    if draws > 3:
        left_out = np.array([_twin_shares(*(x[groups != g] for x in (mean_a, mean_b, within, noise)))[1]
                             for g in range(groups[-1] + 1)])
        errors = np.sqrt((len(left_out) - 1.0) * left_out.var(axis=0))
    return VarianceSplit(event, total, *shares, "twin", *map(float, errors))


def _twin_shares(mean_a: NDArray, mean_b: NDArray, within: NDArray, noise: NDArray) -> tuple[float, tuple[float, ...]]:
    """Return the variance and its unbiased shares from means, covariances and noise by draw."""
    p = float((mean_a.mean() + mean_b.mean()) / 2.0)
    total = p * (1.0 - p)
    if total <= 0.0:
        return total, (np.nan,) * 3
    spread = (mean_a.var(ddof=1) + mean_b.var(ddof=1)) / 2.0 if len(mean_a) > 1 else 0.0
    parameters, beliefs = (spread - noise.mean()) / total, within.mean() / total
    return total, (float(parameters), float(beliefs), float(1.0 - parameters - beliefs))


def split_variance(outcome: xr.Dataset, twin: xr.Dataset | None = None, event: str = "deal") -> VarianceSplit:
    """Split the variance of how the talks end into parameters, beliefs and luck.

    Parameters
    ----------
    outcome : xr.Dataset
        Outcome with ``keep="trials"``.
    twin : xr.Dataset, optional
        Outcome of the same scenario, seed, draws and trials in which only the luck was tossed again.
    event : str
        ``deal``, ``next_round`` (held within the horizon) or an ending.

    Returns
    -------
    VarianceSplit

    Raises
    ------
    StoreError
        If the twin does not share the hidden facts of `outcome`.
    """
    from forecast.vocabulary import DEALS, ENDINGS

    def happens(ds: xr.Dataset) -> NDArray:
        if event == "next_round":
            return ds["next_round_day"].values >= 0
        codes = [ENDINGS.index(name) for name in (DEALS if event == "deal" else (event,))]
        return np.isin(ds["ending"].values, codes)

    first = happens(outcome)
    zopa = outcome["zopa"].values
    if twin is None:
        coin = zopa == 1
        return split_counts(event, first.sum(axis=1), first.shape[1], coin.sum(axis=1),
                            (first & coin).sum(axis=1))
    if zopa.shape != twin["zopa"].shape or not np.array_equal(zopa, twin["zopa"].values):
        raise StoreError([Problem("twin", "its ZOPA coins differ from those of the outcome",
                                  "the same scenario, seed, draws and trials with fresh luck only")])
    return split_twins(event, first, happens(twin))
