"""Reliability: do stated probabilities come true? Tables for diagrams, with bands of what luck alone would show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecast.backtest.result import DEALS
from forecast.backtest.words import DAYS, MODEL, NUMBERS, QUANTILES

if TYPE_CHECKING:
    import xarray as xr

SIMULATIONS = 1000
#: Probability of a consistency band.
BAND = 0.9
#: Targets of two classes, and whether the talks end in a deal before the horizon.
DIAGRAMS = ("deal_90", "deal_180", "next_held", "deal")


@dataclass(frozen=True)
class Reliability:
    """How often an event happened, by stated probability.

    Parameters
    ----------
    event : str
    forecast, happened : ndarray (bin,)
        Mean stated probability and share that came true of bins of about equal size.
    low, high : ndarray (bin,)
        Consistency band: where 90% of such shares would lie if the stated probabilities were right.
    n : ndarray of int (bin,)
    curve_x, curve_y : ndarray
        The calibration curve without bins (isotonic regression).
    p : ndarray (case,)
        All stated probabilities: their spread is the sharpness.
    """

    event: str
    forecast: np.ndarray
    happened: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: np.ndarray
    curve_x: np.ndarray
    curve_y: np.ndarray
    p: np.ndarray

    @property
    def inside(self) -> int:
        """Number of bins inside their consistency band."""
        return int(((self.happened >= self.low) & (self.happened <= self.high)).sum())


def stated(
    result: xr.Dataset, event: str, forecaster: str = MODEL
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return probabilities of an event, whether it happened, and the talk of each case where both are known.

    Parameters
    ----------
    result : xr.Dataset
    event : str
        One of `DIAGRAMS`.
    forecaster : str, optional

    Raises
    ------
    ValueError
        If there is no such event.
    """
    if event not in DIAGRAMS:
        raise ValueError(f"event: {event!r}; one of {', '.join(DIAGRAMS)}")
    p = result["p"].sel({"event": event, "forecaster": forecaster}).values
    code = _code(result, event)
    happened = np.isin(code, DEALS) if event == "deal" else code == 1
    known, talks = known_cases(result, event, forecaster), result["talk"].values
    return p[known].astype(float), happened[known].astype(float), talks[known]


def known_cases(result: xr.Dataset, event: str, forecaster: str = MODEL) -> np.ndarray:
    """Tell of each case whether an event of `DIAGRAMS` was forecast and is known to have happened or not."""
    p = result["p"].sel({"event": event, "forecaster": forecaster}).values
    return (_code(result, event) >= 0) & np.isfinite(p)


def _code(result: xr.Dataset, event: str) -> np.ndarray:
    return result["happened"].sel(class_target="ending" if event == "deal" else event).values


def reliability(
    result: xr.Dataset, event: str, *, forecaster: str = MODEL, bins: int = 8, seed: int = 1
) -> Reliability:
    """Compare stated probabilities with what happened.

    Parameters
    ----------
    result : xr.Dataset
        From `forecast.backtest`.
    event : str
        One of `DIAGRAMS`.
    forecaster : str, optional
    bins : int, default 8
        Of about equal size.
    seed : int, optional
        Of the consistency band.

    Returns
    -------
    Reliability

    Raises
    ------
    ValueError
        If there is no such event, or nothing was scored.

    Notes
    -----
    The band draws outcomes from the stated probabilities themselves. One number is drawn per talk and shared
    by its landmarks, so that their outcomes hang together as strongly as they can: the band errs on the wide
    side.
    """
    from scores.probability import isotonic_fit

    p, happened, talks = stated(result, event, forecaster)
    if not len(p):
        raise ValueError(f"event: {event!r} was not scored")
    order = np.argsort(p, kind="stable")
    parts = [part for part in np.array_split(order, min(bins, len(p))) if len(part)]
    _, group = np.unique(talks, return_inverse=True)
    draws = np.random.default_rng(seed).random((SIMULATIONS, group.max() + 1))
    shares = np.stack([(draws[:, group[part]] < p[part]).mean(axis=1) for part in parts], axis=1)
    low, high = np.quantile(shares, [(1 - BAND) / 2, (1 + BAND) / 2], axis=0)
    fit = isotonic_fit(p, happened)
    return Reliability(
        event,
        np.array([p[part].mean() for part in parts]),
        np.array([happened[part].mean() for part in parts]),
        low,
        high,
        np.array([len(part) for part in parts]),
        np.asarray(fit["fcst_sorted"]),
        np.asarray(fit["regression_values"]),
        p,
    )


@dataclass(frozen=True)
class PitHistogram:
    """How the PIT of a target is spread; flat when forecasts are calibrated.

    Parameters
    ----------
    target : str
    edge : ndarray (bin + 1,)
    height : ndarray (bin,)
        Share of the PIT in each bin; ties and censored observations are spread over theirs.
    low, high : float
        Consistency band of one bin: 90% of shares of as many calibrated, independent talks.
    n : int
        Talks; each weighs the same.
    """

    target: str
    edge: np.ndarray
    height: np.ndarray
    low: float
    high: float
    n: int


def pit_histogram(result: xr.Dataset, target: str, *, bins: int = 10) -> PitHistogram:
    """Return the PIT histogram of a target in days or shares.

    Parameters
    ----------
    result : xr.Dataset
    target : str
        One of `words.NUMBERS`.
    bins : int, default 10

    Returns
    -------
    PitHistogram

    Raises
    ------
    ValueError
        If there is no such target, or nothing was scored.
    """
    import xarray as xr
    from scipy.special import bdtrik
    from scores.probability import PitFcstAtObs

    if target not in NUMBERS:
        raise ValueError(f"target: {target!r}; one of {', '.join(NUMBERS)}")
    low, high = (
        result[name].sel(number_target=target).values.astype(float) for name in ("pit_low", "pit_high")
    )
    known = np.isfinite(low) & np.isfinite(high)
    if not known.any():
        raise ValueError(f"target: {target!r} was not scored")
    _, group = np.unique(result["talk"].values[known], return_inverse=True)
    # Rounding merges steps that differ by less than a trial in a thousand: the package keeps one point a
    # step.
    left, right = (xr.DataArray(np.round(x[known], 3), dims="case") for x in (low, high))
    weights = xr.DataArray(1.0 / np.bincount(group)[group], dims="case")
    made = PitFcstAtObs(right, fcst_at_obs_left=left, weights=weights).hist_values(bins)
    height = np.asarray(made.values if hasattr(made, "values") else made, dtype=float).ravel()
    n = int(group.max()) + 1
    band = [float(bdtrik(q, n, 1.0 / bins)) / n for q in ((1 - BAND) / 2, (1 + BAND) / 2)]
    return PitHistogram(target, np.linspace(0, 1, bins + 1), height / height.sum(), band[0], band[1], n)


def sharpness(result: xr.Dataset) -> dict[str, float]:
    """Return how much forecasts say: the sd of stated probabilities, the median width of 80% intervals of numbers.

    Returns
    -------
    dict
        By event and by target; an interval that reaches beyond its horizon has the width up to it.
    """
    found = {
        event: float(np.std(stated(result, event)[0])) for event in DIAGRAMS if len(stated(result, event)[0])
    }
    for target in NUMBERS:
        quantiles = result["quantiles"].sel(number_target=target)
        made = quantiles.values[~np.isnan(quantiles.values).any(axis=1)]
        low, high = (np.minimum(made[:, QUANTILES.index(q)], DAYS.get(target, np.inf)) for q in (0.1, 0.9))
        width = high - low
        if len(width):
            found[target] = float(np.median(width))
    return found
