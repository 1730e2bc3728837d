"""Estimates of differences from paired counts, and how much luck the pairing has cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.summary.estimate import Estimate, Quantity, estimate, estimate_quantity
from forecast.sweep.paired import SUMS, Pair, Wanted


@dataclass(frozen=True, slots=True)
class Difference:
    """One number in the baseline, in the alternative, and the paired difference.

    Parameters
    ----------
    key : str
        Its place in the summary of a run, such as ``ends.agreement``.
    label : str
    unit : str
        ``1`` for a probability.
    baseline, alternative : Quantity
        With 90% intervals over draws.
    difference : Quantity
        Alternative less baseline: mean over draws of the differences within draws, its 5% and 95% over draws after
        the Monte Carlo noise *of the difference* is removed, and its Monte Carlo error.
    saved : float
        Share of the variance of luck that playing both on the same luck saves against two separate runs; negative
        where the pairing hurts, NaN where there is no luck.
    ceiling : float
        The largest share any pairing could save: both monotone in one uniform number, draw by draw. NaN for
        quantities, which have no such simple bound.
    """

    key: str
    label: str
    unit: str
    baseline: Quantity
    alternative: Quantity
    difference: Quantity
    saved: float
    ceiling: float

    @property
    def reach(self) -> float:
        """Share of the ceiling that is reached; NaN without one."""
        return self.saved / self.ceiling if self.ceiling > 0 else float("nan")

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types; estimates of probabilities have ``p`` where quantities have ``value``."""
        def four(made: Quantity) -> dict[str, float | None]:
            out = made.to_dict()
            probability = self.unit == "1" and self.key not in COUNTS + SHARES
            return {"p": out.pop("value"), **out} if probability else out

        return {"baseline": four(self.baseline), "alternative": four(self.alternative),
                "difference": self.difference.to_dict(),
                "variance_saved": _json(self.saved), "ceiling": _json(self.ceiling)}


#: Quantities without a unit that are not probabilities.
COUNTS = ("rounds_held",)
#: Means of a share: shown in percent as probabilities are, and none.
SHARES = ("after.released",)


def _json(x: float) -> float | None:
    return float(x) if np.isfinite(x) else None


def _quantity(made: Estimate) -> Quantity:
    return Quantity(made.p, made.low, made.high, made.mc_error)


def differences(pair: Pair, wanted: Wanted, labels: dict[str, tuple[str, str]]) -> list[Difference]:
    """Estimate every difference of a pair.

    Parameters
    ----------
    pair : Pair
    wanted : Wanted
        What was counted.
    labels : dict
        Key -> (label, unit).

    Returns
    -------
    list of Difference
        Events, then quantities.
    """
    out = []
    for i, key in enumerate(wanted.events):
        out.append(event_difference(key, *labels[key], pair.a[i], pair.b[i], pair.both[i], pair.trials))
    for i, key in enumerate(wanted.quantities):
        out.append(quantity_difference(key, *labels[key], dict(zip(SUMS, pair.sums[i], strict=True)), pair.trials))
    return out


def event_difference(key: str, label: str, unit: str, a: NDArray, b: NDArray, both: NDArray,
                     trials: int) -> Difference:
    """Estimate the difference of two probabilities from counts by draw.

    Parameters
    ----------
    key, label, unit : str
    a, b, both : ndarray of int, shape (draw,)
        Trials with the event in the baseline, in the alternative, in both.
    trials : int
        Per draw.

    Returns
    -------
    Difference

    Notes
    -----
    Within a draw the difference of a trial is -1, 0 or 1, so its variance is ``(only_a + only_b) / T - delta^2``;
    separate runs have ``p_a (1 - p_a) + p_b (1 - p_b)``; when both events are monotone in one uniform number only
    ``|delta|`` of the trials differ and the variance is ``|delta| (1 - |delta|)``, the least there can be.

    Examples
    --------
    >>> import numpy as np
    >>> made = event_difference("deal", "Deal", "1", *np.array([[40, 42], [50, 52], [40, 42]]), 100)
    >>> made.difference.value, round(made.saved, 2), round(made.reach, 2)   # whoever has it keeps it
    (0.1, 0.82, 1.0)
    """
    size = max(trials - 1, 1)
    p_a, p_b = a / trials, b / trials
    delta = (b - a) / trials
    luck = (a + b - 2 * both) / trials - delta**2
    alone = p_a * (1 - p_a) + p_b * (1 - p_b)
    known = trials > 1
    made = estimate_quantity(delta, luck / size if known else np.full(delta.shape, np.nan))
    saved = 1.0 - luck.sum() / alone.sum() if alone.sum() > 0 else np.nan
    # |delta| of raw counts is too large where there is little difference: the draws are shrunk first.
    least = _shrunk(delta, float((luck / size).mean())) if known else delta
    bound = (np.abs(least) * (1 - np.abs(least))).sum()
    ceiling = 1.0 - bound / alone.sum() if alone.sum() > 0 else np.nan
    return Difference(key, label, unit, _quantity(estimate(p_a, trials)), _quantity(estimate(p_b, trials)), made,
                      float(saved), float(ceiling))


def _shrunk(delta: NDArray, noise: float) -> NDArray:
    """Return the differences by draw pulled to their mean as far as their noise reaches."""
    if delta.size < 2:
        return delta
    spread = float(delta.var(ddof=1))
    pull = np.sqrt(max(0.0, spread - noise) / spread) if spread > 0 else 0.0
    return delta.mean() + pull * (delta - delta.mean())


def quantity_difference(key: str, label: str, unit: str, sums: dict[str, NDArray], trials: int) -> Difference:
    """Estimate the difference of two means, each over the trials that have the quantity.

    Parameters
    ----------
    key, label, unit : str
    sums : dict of str to ndarray, shape (draw,)
        As :data:`forecast.sweep.paired.SUMS` names them.
    trials : int
        Per draw.

    Returns
    -------
    Difference
        ``value`` is the difference of the two pooled means, the ones shown; the interval is that of the differences
        within draws around it.

    Notes
    -----
    The noise of a difference of two means over different trials is that of the mean of
    ``1_b (x_b - m_b) / p_b - 1_a (x_a - m_a) / p_a`` (delta method), whose cross term only trials that have the
    quantity in both contribute to.
    """
    s = sums
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_a, mean_b = s["s_a"] / s["n_a"], s["s_b"] / s["n_b"]
        own_a = np.maximum(s["ss_a"] - s["n_a"] * mean_a**2, 0.0)
        own_b = np.maximum(s["ss_b"] - s["n_b"] * mean_b**2, 0.0)
        shared = (s["s_product"] - mean_a * s["s_b_both"] - mean_b * s["s_a_both"] + s["n_ab"] * mean_a * mean_b)
        alone = own_a / s["n_a"] ** 2 + own_b / s["n_b"] ** 2
        luck = np.maximum(alone - 2 * shared / (s["n_a"] * s["n_b"]), 0.0)
        scale = trials / max(trials - 1, 1)
        baseline = _pooled(s["s_a"], s["n_a"], own_a)
        alternative = _pooled(s["s_b"], s["n_b"], own_b)
    usable = (s["n_a"] > 1) & (s["n_b"] > 1)
    weight = np.where(usable, np.sqrt(s["n_a"] * s["n_b"]), 0.0)
    made = estimate_quantity(np.where(usable, mean_b - mean_a, np.nan), np.where(usable, luck * scale, np.nan), weight)
    value = alternative.value - baseline.value
    moved = value - made.value
    difference = Quantity(value, made.low + moved, made.high + moved, made.mc_error)
    total = alone[usable].sum()
    saved = 1.0 - luck[usable].sum() / total if total > 0 else float("nan")
    return Difference(key, label, unit, baseline, alternative, difference, float(saved), float("nan"))


def _pooled(total: NDArray, n: NDArray, own: NDArray) -> Quantity:
    """Return a mean over all trials with its interval over draws."""
    noise = np.where(n > 1, own / (n * np.maximum(n - 1, 1)), np.nan)
    return estimate_quantity(np.where(n > 0, total / np.maximum(n, 1), np.nan), noise, n)
