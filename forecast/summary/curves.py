"""Probabilities by day, with intervals: what the curves of the pictures are drawn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.summary.estimate import shrunk_bands
from forecast.summary.tally import Tally
from forecast.vocabulary import ENDINGS

_MOST_DAYS = 400


@dataclass(frozen=True)
class Curves:
    """Cumulated probabilities at some days from as_of.

    Parameters
    ----------
    days : ndarray of int, shape (k,)
        Every day as far as 400; evenly thinned beyond.
    endings : dict of str to (p, low, high)
        Probability that the talks have ended so by the day, shape (k,) each; not for ``ongoing``.
    deal, ended, next_round : (p, low, high)
        Of a deal, of any ending, of the next round held.
    """

    days: NDArray
    endings: dict[str, tuple[NDArray, NDArray, NDArray]]
    deal: tuple[NDArray, NDArray, NDArray]
    ended: tuple[NDArray, NDArray, NDArray]
    next_round: tuple[NDArray, NDArray, NDArray]


def curves_of(counts: Tally) -> Curves:
    """Compute the curves of a tally.

    Parameters
    ----------
    counts : Tally

    Returns
    -------
    Curves
    """
    size = counts.horizon + 1
    days = np.unique(np.linspace(0, size - 1, min(size, _MOST_DAYS)).round().astype(np.int64))

    def band(cumulated: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        return shrunk_bands(cumulated[:, days] / counts.trials, counts.trials)

    return Curves(
        days=days,
        endings={name: band(np.cumsum(counts.end_day[:, i, :], axis=1, dtype=np.int64))
                 for i, name in enumerate(ENDINGS[:-1])},
        deal=band(counts.deal_by_day()), ended=band(counts.ended_by_day()),
        next_round=band(np.cumsum(counts.next_day, axis=1, dtype=np.int64)),
    )
