"""The offers block: how parties move from their opening on the clock of the closing hazard."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecast.calibration.likelihood import add_likelihood
from forecast.calibration.rows import as_data

if TYPE_CHECKING:
    import pymc as pm


class OfferRows(NamedTuple):
    """Rows that inform concession.

    Parameters
    ----------
    series : int
        Number of series (a party on an issue of talks that closed on an agreed value).
    offer_series : ndarray of int, (offers,)
    offer_share : ndarray of float, (offers,)
        Share of the way from the opening to the agreed value.
    offer_log_clock : ndarray of float, (offers,)
        Log of the share of the closing hazard that had accrued.
    offer_range : ndarray of float, (offers,)
        Range of the openings on the issue, in ways from the opening to the agreed value.
    """

    series: int
    offer_series: np.ndarray
    offer_share: np.ndarray
    offer_log_clock: np.ndarray
    offer_range: np.ndarray
    offer_weight: np.ndarray


INFORMED_BY = {
    "kappa_log_mean": ("offers between an opening and an agreed value", "offer"),
    "kappa_log_sd": ("offers between an opening and an agreed value", "offer"),
    "offer_stuck": ("offers between an opening and an agreed value", "offer"),
    "offer_noise": ("offers between an opening and an agreed value", "offer"),
}
"""Parameter -> the data that inform it, and the column (or table) whose weighted sum is their number."""

_LOG_T3 = math.log(math.gamma(2.0) / (math.gamma(1.5) * math.sqrt(3.0 * math.pi)))


def offers_model(rows: OfferRows) -> pm.Model:
    """Build the model of offers.

    Parameters
    ----------
    rows : OfferRows

    Returns
    -------
    pm.Model
        Variables named as in the layout of posteriors, plus one exponent a series.

    Notes
    -----
    An offer stands at the opening with probability `offer_stuck`, else at x^kappa, x the share of the closing
    hazard; Student-t noise with 3 degrees of freedom. The reservation value is never seen, but the power law does
    not need it: positions scale by where they meet.

    The noise is a share of the range of the openings, which is known beforehand. As a share of the way to the agreed
    value it fits a little better (leave-one-out, 92 offers: 5 nats, with as many influential points), but a forecast
    cannot use it: an offer equal to an opening would then weigh without bound in favour of worlds that settle there.
    """
    import pymc as pm
    import pytensor.tensor as pt

    with pm.Model(coords={"series": list(range(rows.series))}):
        data = as_data(rows)
        # Median 0.7, log-sd 1: the candidate clocks and errors of NOTES B4 span 0.4 to 1.5.
        mean = pm.Normal("kappa_log_mean", -0.4, 1.0)
        spread = pm.HalfNormal("kappa_log_sd", 0.7)
        offset = pm.Normal("kappa_offset", 0.0, 1.0, dims="series")
        stuck = pm.Beta("offer_stuck", 2.0, 8.0)
        noise = pm.HalfNormal("offer_noise", 0.3)
        kappa = pt.exp(mean + spread * offset[data.offer_series])
        moved = pt.exp(kappa * data.offer_log_clock)
        scale = noise * data.offer_range
        at_opening = pt.log(stuck) + _log_t3(data.offer_share, scale)
        on_path = pt.log1p(-stuck) + _log_t3(data.offer_share - moved, scale)
        add_likelihood("offer", pt.logaddexp(at_opening, on_path), data.offer_weight)
        return pm.modelcontext(None)


def _log_t3(error, scale):
    """Return the log density of Student's t with 3 degrees of freedom and this scale."""
    import pytensor.tensor as pt

    return _LOG_T3 - pt.log(scale) - 2.0 * pt.log1p((error / scale) ** 2 / 3.0)
