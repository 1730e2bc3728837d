"""The outcome block: the closing clock with its ZOPA coin, the break-off, partial deals, late collapses."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecast.calibration.likelihood import add_likelihood, zero_inflated_days
from forecast.calibration.rows import as_data, coords

if TYPE_CHECKING:
    import pymc as pm


class OutcomeRows(NamedTuple):
    """Rows that inform the ending; one table per prefix, one ``_weight`` (0 = not used) each.

    Parameters
    ----------
    held_talk, held_domain : ndarray of int, (rounds held,)
        Rounds in order, those of a talk together. ``held_talk`` is a position in the ``talk_*`` table.
    held_far, held_virtual, held_mediated, held_absent : ndarray of float, (rounds held,)
    held_pause : ndarray of float, (rounds held,)
        Log of the days since the end of the round before (at least 1), over 28; 0 for a first round.
    talk_start, talk_stop : ndarray of int, (talks,)
        The rounds of the talk are ``held[start:stop]``.
    talk_closed : ndarray of int, (talks,)
        1 when the last of them closed the talk.
    try_postponed, try_cancelled, try_tension, try_far, try_here, try_log_attempt : ndarray, (attempts,)
        Attempts that did not close and were not the last of talks still under way.
    try_fate : ndarray of int, (attempts,)
        0 went on, 1 collapsed, 2 stalled.
    deal_partial : ndarray, (deals,)
    lag_low, lag_high, lag_zero : ndarray, (collapses,)
        Whole days from the last attempt to the collapse (`likelihood.day_bounds`).
    """

    held_talk: np.ndarray
    held_domain: np.ndarray
    held_far: np.ndarray
    held_virtual: np.ndarray
    held_mediated: np.ndarray
    held_absent: np.ndarray
    held_pause: np.ndarray
    held_weight: np.ndarray
    talk_start: np.ndarray
    talk_stop: np.ndarray
    talk_closed: np.ndarray
    talk_weight: np.ndarray
    try_postponed: np.ndarray
    try_cancelled: np.ndarray
    try_tension: np.ndarray
    try_far: np.ndarray
    try_here: np.ndarray
    try_log_attempt: np.ndarray
    try_fate: np.ndarray
    try_weight: np.ndarray
    deal_partial: np.ndarray
    deal_weight: np.ndarray
    lag_low: np.ndarray
    lag_high: np.ndarray
    lag_zero: np.ndarray
    lag_weight: np.ndarray


INFORMED_BY = {
    "close_log_scale": ("rounds held, by domain", "held"),
    "close_log_shape": ("rounds held", "held"),
    "close_far": ("rounds held more than 30 days before a deadline", "held_far"),
    "zopa": ("talks with a round held; the data alone push it to 1", "talk"),
    "effort_virtual": ("hybrid, remote or written rounds held", "held_virtual"),
    "effort_mediated": ("proximity and shuttle rounds held", "held_mediated"),
    "effort_absent": ("rounds held without a principal", "held_absent"),
    "effort_pause": ("second and later rounds held", "held_pause"),
    "collapse_intercept": ("attempts that did not close", "try"),
    "collapse_postponed": ("postponed attempts", "try_postponed"),
    "collapse_cancelled": ("cancelled attempts", "try_cancelled"),
    "collapse_tension": ("attempts that did not close", "try"),
    "collapse_far": ("attempts more than 30 days before a deadline", "try_far"),
    "collapse_here": ("attempts within 3 days of a deadline", "try_here"),
    "stall_intercept": ("attempts that did not close", "try"),
    "stall_postponed": ("postponed attempts", "try_postponed"),
    "stall_cancelled": ("cancelled attempts", "try_cancelled"),
    "stall_far": ("attempts more than 30 days before a deadline", "try_far"),
    "stall_log_attempt": ("attempts that did not close", "try"),
    "partial_share": ("deals", "deal"),
    "collapse_same_day": ("collapses with a date", "lag"),
    "collapse_lag_log_mean": ("collapses with a date", "lag"),
    "collapse_lag_sd": ("collapses with a date", "lag"),
}
"""Parameter -> the data that inform it, and the column (or table) whose weighted sum is their number."""


def outcome_model(rows: OutcomeRows) -> pm.Model:
    r"""Build the model of the ending.

    Parameters
    ----------
    rows : OutcomeRows

    Returns
    -------
    pm.Model
        Variables named as in the layout of posteriors, plus hyperparameters.

    Notes
    -----
    A held round adds effort e = exp(virtual + mediated + absent + pause log(days since the last round / 28)) to E and

    .. math:: \Delta H = [(E/s_d)^a - (E_{prev}/s_d)^a] \exp(b_{far} far)

    to the cumulated hazard H. Talks close at the first round with :math:`H \ge E_{close} \sim Exp(1)`, and only
    if the coin for a ZOPA, once for the talks, shows 1 (probability pi). Given that they have not closed before,

    .. math:: P(close at k) = \pi (e^{-H_{k-1}} - e^{-H_k}) / (1 - \pi + \pi e^{-H_{k-1}}),

    whose product over the rounds of a talk telescopes to :math:`\pi (e^{-H_{n-1}} - e^{-H_n})` for a deal at
    round n and to :math:`1 - \pi + \pi e^{-H_n}` otherwise. An attempt that does not close ends in collapse,
    stall or neither by a softmax. Talks still under way are censored right after their last attempt.
    """
    import pymc as pm
    import pytensor.tensor as pt

    with pm.Model(coords=coords("domain")) as model:
        data = as_data(rows)
        scale, shape, pi, step, total = _closing(data)
        # log(e^-H_before - e^-H_total) = -H_before + log(1 - e^-step), step the hazard of the closing round.
        log_close = pt.log(pi) - (total - step) + pt.log(-pt.expm1(-step))
        log_open = pt.log1p(-pi * -pt.expm1(-total))
        add_likelihood("closing", pt.switch(pt.eq(data.talk_closed, 1), log_close, log_open), data.talk_weight)
        _break_off(data)
        partial = pm.Beta("partial_share", 1.0, 2.0)
        add_likelihood("deal", pt.log(pt.switch(pt.eq(data.deal_partial, 1), partial, 1.0 - partial)),
                       data.deal_weight)
        same_day = pm.Beta("collapse_same_day", 2.0, 1.0)
        lag_mean = pm.Normal("collapse_lag_log_mean", 3.0, 1.0)
        lag_sd = pm.HalfNormal("collapse_lag_sd", 1.5)
        mass = zero_inflated_days(data.lag_low, data.lag_high, data.lag_zero, same_day, lag_mean, lag_sd)
        add_likelihood("lag", pt.log(mass), data.lag_weight)
    return model


def _closing(data: OutcomeRows) -> tuple:
    """Add the priors of the closing clock; return scale, shape, pi, last step and total hazard per talk."""
    import pymc as pm
    import pytensor.tensor as pt

    # A scale of 4 to 27 rounds; a factor of 1.3 between domains is already much, and the data hold it near 1.
    grand = pm.Normal("close_grand", 2.3, 0.6)
    domain_sd = pm.HalfNormal("close_domain_sd", 0.25)
    offset = pm.Normal("close_offset", 0.0, 1.0, dims="domain")
    log_scale = pm.Deterministic("close_log_scale", grand + domain_sd * offset, dims="domain")
    log_shape = pm.Normal("close_log_shape", 0.0, 0.4)
    far = pm.Normal("close_far", 0.0, 0.7)
    # One talk in thirty cannot close at all: the table alone would push this to none.
    pi = pm.Beta("zopa", 30.0, 1.0)
    # Published reviews of remote against in-person disagree in sign: centred at none, a factor 1.2 either way. Wider
    # priors forecast closing worse on talks that were not fitted (data/posterior/README.md).
    virtual = pm.Normal("effort_virtual", 0.0, 0.2)
    mediated = pm.Normal("effort_mediated", 0.0, 0.2)
    # Odds of visible progress are x 0.26 without a principal (NOTES B2); closing shows less of it.
    absent = pm.Normal("effort_absent", -0.5, 0.25)
    # A round that follows soon carries the last one on.
    pause = pm.Normal("effort_pause", 0.0, 0.2)

    shape = pt.exp(log_shape)
    effort = pt.exp(virtual * data.held_virtual + mediated * data.held_mediated + absent * data.held_absent
                    + pause * data.held_pause)
    effort_to = pt.concatenate([pt.zeros(1), pt.cumsum(effort)])
    first = data.talk_start[data.held_talk]
    position = pt.arange(effort.shape[0])
    after = effort_to[position + 1] - effort_to[first]
    # The first round starts from no effort at all; log of a rounding error there would poison the gradient.
    is_first = pt.eq(position, first)
    before = pt.switch(is_first, 1.0, effort_to[position] - effort_to[first])
    scale = log_scale[data.held_domain]
    reached = pt.exp(shape * (pt.log(after) - scale))
    left = pt.switch(is_first, 0.0, pt.exp(shape * (pt.log(before) - scale)))
    step = (reached - left) * pt.exp(far * data.held_far)
    step_to = pt.concatenate([pt.zeros(1), pt.cumsum(step)])
    total = step_to[data.talk_stop] - step_to[data.talk_start]
    last = step[pt.maximum(data.talk_stop - 1, 0)]
    return scale, shape, pi, last, total


def _break_off(data: OutcomeRows) -> None:
    """Add collapse and stall after an attempt that did not close."""
    import pymc as pm
    import pytensor.tensor as pt

    collapse = (
        pm.Normal("collapse_intercept", -2.8, 0.7)
        + pm.Normal("collapse_postponed", 0.0, 0.7) * data.try_postponed
        # Cancelled attempts are often the end already: wider, and leaning that way.
        + pm.Normal("collapse_cancelled", 0.5, 1.0) * data.try_cancelled
        + pm.Normal("collapse_tension", 0.0, 0.7) * data.try_tension
        + pm.Normal("collapse_far", 0.0, 0.7) * data.try_far
        + pm.Normal("collapse_here", 0.0, 0.7) * data.try_here
    )
    stall = (
        pm.Normal("stall_intercept", -3.4, 0.7)
        + pm.Normal("stall_postponed", 0.0, 0.7) * data.try_postponed
        + pm.Normal("stall_cancelled", 0.5, 1.0) * data.try_cancelled
        + pm.Normal("stall_far", 0.0, 0.7) * data.try_far
        + pm.Normal("stall_log_attempt", 0.0, 0.7) * data.try_log_attempt
    )
    normaliser = pt.log1p(pt.exp(collapse) + pt.exp(stall))
    chosen = pt.switch(pt.eq(data.try_fate, 1), collapse, pt.switch(pt.eq(data.try_fate, 2), stall, 0.0))
    add_likelihood("break_off", chosen - normaliser, data.try_weight)


