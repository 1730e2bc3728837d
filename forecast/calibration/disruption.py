"""The disruption block: when events happen around attempts, how severe they are, how long recovery takes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from forecast.calibration.likelihood import add_likelihood, zero_inflated_days
from forecast.calibration.rows import as_data, coords

if TYPE_CHECKING:
    import pymc as pm

BACKGROUND_DAYS = 28.0
"""Days over which the background of one interval is spread in the law."""


class DisruptionRows(NamedTuple):
    """Rows that inform disruptions; one table per prefix, one ``_weight`` (0 = not used) each.

    A stretch of an interval between planned days runs from `s_low` to `s_high` days after the planned day
    before it, which is from `r_low` to `r_high` days before the next; `after` is 0 where there was no attempt before.

    Parameters
    ----------
    span_s_low, span_s_high, span_r_low, span_r_high, span_after : ndarray of float, (intervals,)
        What was watched.
    span_domain : ndarray of int, (intervals,)
    event_s_low, event_s_high, event_r_low, event_r_high, event_after, event_use : ndarray of float, (events, 2)
        The day of the event as one or two stretches (two on a planned day); `event_use` is 1 where there is one.
    event_kind, event_domain, event_severity : ndarray of int, (events,)
        Severity 0, 1, 2 for 1, 2, 3.
    delay_low, delay_high, delay_zero, delay_severity : ndarray, (events with a delay,)
    """

    span_s_low: np.ndarray
    span_s_high: np.ndarray
    span_r_low: np.ndarray
    span_r_high: np.ndarray
    span_after: np.ndarray
    span_domain: np.ndarray
    span_weight: np.ndarray
    event_s_low: np.ndarray
    event_s_high: np.ndarray
    event_r_low: np.ndarray
    event_r_high: np.ndarray
    event_after: np.ndarray
    event_use: np.ndarray
    event_kind: np.ndarray
    event_domain: np.ndarray
    event_severity: np.ndarray
    event_weight: np.ndarray
    delay_low: np.ndarray
    delay_high: np.ndarray
    delay_zero: np.ndarray
    delay_severity: np.ndarray
    delay_weight: np.ndarray


INFORMED_BY = {
    "kind_rate": ("events between the first and the last attempt, by kind and domain", "event"),
    "pulse_days": ("days of events between attempts", "event"),
    "pulse_share": ("days of events between attempts", "event"),
    "severity_share": ("events between attempts, by kind", "event"),
    "recovery_zero": ("events with a recorded delay, by severity", "delay"),
    "recovery_log_mean": ("events with a recorded delay, by severity", "delay"),
    "recovery_sd": ("events with a recorded delay, by severity", "delay"),
    "novel_share": ("none: a statement about what the past did not have", ""),
    "novel_severity_share": ("none: a statement about what the past did not have", ""),
}
"""Parameter -> the data that inform it, and the column (or table) whose weighted sum is their number."""


def pulse_mass(share: Any, days: Any, s_low: Any, s_high: Any, r_low: Any, r_high: Any, after: Any) -> Any:
    r"""Return the expected events on a stretch of an interval, per unit of the kind's rate.

    Notes
    -----
    The integral of :math:`w_0/28 + (w_1/T) e^{-s/T} + (w_2/T) e^{-r/T}`, s days after the planned day before and r
    days before the next.
    """
    import pytensor.tensor as pt

    return (
        share[0] * (s_high - s_low) / BACKGROUND_DAYS
        + share[1] * after * (pt.exp(-s_low / days) - pt.exp(-s_high / days))
        + share[2] * (pt.exp(-r_low / days) - pt.exp(-r_high / days))
    )


def disruption_model(rows: DisruptionRows) -> pm.Model:
    """Build the model of disruptions.

    Parameters
    ----------
    rows : DisruptionRows

    Returns
    -------
    pm.Model
        Variables named as in the layout of posteriors, plus hyperparameters.

    Notes
    -----
    A Poisson process per kind k and domain d with rate ``L_kd`` times the curve of `pulse_mass`; log L_kd = m_k +
    sd z_kd. Only stretches before the last attempt count: what comes after it is part of the ending.
    Kinds the past did not have are a stated share of all events, with a stated, heavier severity.
    """
    import pymc as pm
    import pytensor.tensor as pt

    with pm.Model(coords=coords("kind", "domain", "severity", "pulse")) as model:
        data = as_data(rows)
        days = pm.LogNormal("pulse_days", math.log(5.0), 0.7)
        share = pm.Dirichlet("pulse_share", np.array([1.0, 2.0, 2.0]), dims="pulse")
        kind_mean = pm.Normal("kind_mean", math.log(0.05), 1.0, dims="kind")
        kind_sd = pm.HalfNormal("kind_sd", 1.0)
        offset = pm.Normal("kind_offset", 0.0, 1.0, dims=("kind", "domain"))
        log_rate = kind_mean[:, None] + kind_sd * offset
        rate = pm.Deterministic("kind_rate", pt.exp(log_rate), dims=("kind", "domain"))

        watched = pulse_mass(share, days, data.span_s_low, data.span_s_high, data.span_r_low, data.span_r_high,
                             data.span_after)
        add_likelihood("span", -pt.sum(rate, axis=0)[data.span_domain] * watched, data.span_weight)
        seen = pulse_mass(share, days, data.event_s_low, data.event_s_high, data.event_r_low, data.event_r_high,
                          data.event_after)
        severities = pm.Dirichlet("severity_share", np.array([1.5, 3.0, 3.0]), dims=("kind", "severity"))
        density = log_rate[data.event_kind, data.event_domain] + pt.log(pt.sum(seen * data.event_use, axis=1))
        density = density + pt.log(severities[data.event_kind, data.event_severity])
        add_likelihood("event", density, data.event_weight)

        zero = pm.Beta("recovery_zero", np.array([4.0, 2.0, 1.0]), np.array([1.0, 4.0, 8.0]), dims="severity")
        mean = pm.Normal("recovery_log_mean", np.log([3.0, 7.0, 40.0]), 1.0, dims="severity")
        spread = pm.HalfNormal("recovery_sd", 1.5, dims="severity")
        which = data.delay_severity
        mass = zero_inflated_days(data.delay_low, data.delay_high, data.delay_zero, zero[which], mean[which],
                                  spread[which])
        add_likelihood("delay", pt.log(mass), data.delay_weight)

        # New kinds of events in the last 330 of the table: five (NOTES B3); they come severe or not at all noted.
        pm.Beta("novel_share", 1.5, 98.5)
        pm.Dirichlet("novel_severity_share", np.array([1.0, 2.0, 3.0]), dims="severity")
    return model
