"""The calendar block: gaps, slips, lengths of rounds, and whether an attempt is lost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecast.calibration.likelihood import (
    add_likelihood,
    bernoulli_logit,
    lognormal_days,
    zero_inflated_days,
)
from forecast.calibration.rows import as_data, coords

if TYPE_CHECKING:
    import pymc as pm


class CalendarRows(NamedTuple):
    """Rows that inform the calendar; one table per prefix, one ``_weight`` (0 = not used) each.

    Parameters
    ----------
    talks : int
        Number of talks; ``*_talk`` index them.
    talk_domain : ndarray of int, (talks,)
    gap_low, gap_high : ndarray of float, (gaps,)
        Logs of the bounds of the observed whole days (`likelihood.day_bounds`). A gap that is only known to be
        longer (the next round was not planned yet) has `likelihood.LOG_FOREVER` as its upper bound; so has a slip.
    gap_talk : ndarray of int, (gaps,)
    gap_near, gap_cancelled : ndarray of float, (gaps,)
        1 when the deadline was 0 to 30 days ahead; when the attempt before was cancelled.
    gap_log_round : ndarray of float, (gaps,)
        Log of the number of rounds held before (none counts as one), over 3.
    slip_low, slip_high, slip_talk, slip_unlisted : ndarray, (slips,)
        ``slip_unlisted`` is 1 when the postponement is not listed but implied by an earlier planned day.
    length_low, length_high, length_zero, length_domain : ndarray, (rounds,)
        ``length_zero`` is 1 for a round that ended on the day it started.
    loss_lost, loss_talk, loss_domain, loss_severe, loss_absent, loss_virtual : ndarray, (attempts,)
    lost_cancelled, lost_absent, lost_severe : ndarray, (lost attempts,)
    """

    talks: int
    talk_domain: np.ndarray
    gap_low: np.ndarray
    gap_high: np.ndarray
    gap_talk: np.ndarray
    gap_near: np.ndarray
    gap_cancelled: np.ndarray
    gap_log_round: np.ndarray
    gap_weight: np.ndarray
    slip_low: np.ndarray
    slip_high: np.ndarray
    slip_talk: np.ndarray
    slip_unlisted: np.ndarray
    slip_weight: np.ndarray
    length_low: np.ndarray
    length_high: np.ndarray
    length_zero: np.ndarray
    length_domain: np.ndarray
    length_weight: np.ndarray
    loss_lost: np.ndarray
    loss_talk: np.ndarray
    loss_domain: np.ndarray
    loss_severe: np.ndarray
    loss_absent: np.ndarray
    loss_virtual: np.ndarray
    loss_weight: np.ndarray
    lost_cancelled: np.ndarray
    lost_absent: np.ndarray
    lost_severe: np.ndarray
    lost_weight: np.ndarray


INFORMED_BY = {
    "gap_log_mean": ("gaps between attempts", "gap"),
    "gap_pace_sd": ("gaps and slips of the same talks", "gap"),
    "gap_sd": ("gaps between attempts", "gap"),
    "gap_wide_share": ("gaps between attempts", "gap"),
    "gap_wide_ratio": ("gaps between attempts", "gap"),
    "gap_near_deadline": ("gaps that begin 0 to 30 days before a deadline", "gap_near"),
    "gap_log_round": ("gaps after a second or later round", "gap_log_round"),
    "gap_after_cancelled": ("gaps after a cancelled attempt", "gap_cancelled"),
    "slip_log_mean": ("listed postponements with a new day", "slip"),
    "slip_sd": ("postponements with a new day", "slip"),
    "slip_pace_loading": ("postponements with a new day", "slip"),
    "slip_unlisted_share": ("postponements with a new day", "slip"),
    "slip_unlisted_shift": ("unlisted postponements", "slip_unlisted"),
    "length_zero": ("rounds with a first and a last day", "length"),
    "length_log_mean": ("rounds with a first and a last day", "length"),
    "length_sd": ("rounds with a first and a last day", "length"),
    "loss_logit": ("attempts, held or lost", "loss"),
    "loss_sd": ("attempts, held or lost", "loss"),
    "loss_severe": ("attempts within 14 days of a severity-3 event", "loss_severe"),
    "loss_absent": ("attempts without a principal", "loss_absent"),
    "loss_virtual": ("hybrid, remote or written attempts", "loss_virtual"),
    "cancelled_logit": ("lost attempts", "lost"),
    "cancelled_absent": ("lost attempts without a principal", "lost_absent"),
    "cancelled_severe": ("lost attempts within 14 days of a severity-3 event", "lost_severe"),
}
"""Parameter -> the data that inform it, and the column (or table) whose weighted sum is their number."""


def calendar_model(rows: CalendarRows) -> pm.Model:
    r"""Build the model of the calendar.

    Parameters
    ----------
    rows : CalendarRows

    Returns
    -------
    pm.Model
        Variables named as in the layout of posteriors, plus hyperparameters and talk effects.

    Notes
    -----
    For talk t in domain d with pace :math:`b_t \sim N(0, \tau^2)`:

    * log gap = m_d + b_t + near + cancelled + slope log(rounds held / 3) + e, e a mixture of N(0, s) and
      N(0, s r) with share w;
    * log slip = m_s + loading b_t + shift (unlisted) + N(0, s_s);
    * a round ends the same day with probability z_d, else after a lognormal time;
    * logit P(lost) = a_d + u_t + severe + absent + virtual, u_t normal; then cancelled or postponed.

    Talk effects on gaps are centred (many rows a talk); habits of losing are not (a few yes or no each).
    """
    import pymc as pm
    import pytensor.tensor as pt

    with pm.Model(coords=coords("domain", talks=rows.talks)) as model:
        data = as_data(rows)

        # Gaps: four weeks, a factor e either way; domains differ by less than that.
        gap_grand = pm.Normal("gap_grand", math.log(28.0), 1.0)
        gap_domain_sd = pm.HalfNormal("gap_domain_sd", 0.5)
        gap_offset = pm.ZeroSumNormal("gap_offset", 1.0, dims="domain")
        gap_log_mean = pm.Deterministic("gap_log_mean", gap_grand + gap_domain_sd * gap_offset, dims="domain")
        pace_sd = pm.HalfNormal("gap_pace_sd", 1.0)
        # Levels, not deviations: a talk's own gaps fix its level far better than its domain does.
        level = pm.Normal("gap_level", gap_log_mean[data.talk_domain], pace_sd, dims="talk")
        pace = level - gap_log_mean[data.talk_domain]
        gap_sd = pm.HalfNormal("gap_sd", 1.0)
        wide_share = pm.Beta("gap_wide_share", 2.0, 4.0)
        wide_excess = pm.LogNormal("gap_wide_excess", 0.0, 0.5)
        wide_ratio = pm.Deterministic("gap_wide_ratio", 1.0 + wide_excess)
        # Rounds bunch before a deadline (NOTES A5: x 0.64 when screened alone).
        near = pm.Normal("gap_near_deadline", -0.3, 0.5)
        cancelled = pm.Normal("gap_after_cancelled", 0.0, 0.5)
        # Talks that go on meet more often: a factor of two between the first round and the tenth is much.
        slope = pm.Normal("gap_log_round", 0.0, 0.3)
        mean = level[data.gap_talk] + near * data.gap_near + cancelled * data.gap_cancelled
        mean = mean + slope * data.gap_log_round
        mass = (1.0 - wide_share) * lognormal_days(data.gap_low, data.gap_high, mean, gap_sd)
        mass = mass + wide_share * lognormal_days(data.gap_low, data.gap_high, mean, gap_sd * wide_ratio)
        add_likelihood("gap", pt.log(mass), data.gap_weight)

        # Slips: a week, widely spread; talks with a slow pace slip slowly.
        slip_log_mean = pm.Normal("slip_log_mean", math.log(7.0), 1.0)
        slip_sd = pm.HalfNormal("slip_sd", 1.5)
        loading = pm.Normal("slip_pace_loading", 0.5, 0.5)
        shift = pm.Normal("slip_unlisted_shift", 0.0, 1.0)
        mean = slip_log_mean + loading * pace[data.slip_talk] + shift * data.slip_unlisted
        unlisted = pm.Beta("slip_unlisted_share", 1.0, 2.0)
        mass = pt.switch(pt.eq(data.slip_unlisted, 1), unlisted, 1.0 - unlisted)
        mass = mass * lognormal_days(data.slip_low, data.slip_high, mean, slip_sd)
        add_likelihood("slip", pt.log(mass), data.slip_weight)

        # Lengths.
        zero_grand = pm.Normal("length_zero_grand", -0.5, 1.0)
        zero_sd = pm.HalfNormal("length_zero_sd", 0.7)
        zero_offset = pm.Normal("length_zero_offset", 0.0, 1.0, dims="domain")
        zero = pm.Deterministic("length_zero", pm.math.sigmoid(zero_grand + zero_sd * zero_offset), dims="domain")
        length_grand = pm.Normal("length_grand", 1.0, 1.0)
        length_domain_sd = pm.HalfNormal("length_domain_sd", 0.5)
        length_offset = pm.Normal("length_offset", 0.0, 1.0, dims="domain")
        length_log_mean = pm.Deterministic("length_log_mean", length_grand + length_domain_sd * length_offset,
                                           dims="domain")
        length_sd = pm.HalfNormal("length_sd", 1.5)
        mass = zero_inflated_days(data.length_low, data.length_high, data.length_zero, zero[data.length_domain],
                                  length_log_mean[data.length_domain], length_sd)
        add_likelihood("length", pt.log(mass), data.length_weight)

        # Loss: about one attempt in ten; the effects have a sign by their meaning, a wide one.
        loss_grand = pm.Normal("loss_grand", -2.2, 1.0)
        loss_domain_sd = pm.HalfNormal("loss_domain_sd", 0.7)
        loss_offset = pm.Normal("loss_offset", 0.0, 1.0, dims="domain")
        loss_logit = pm.Deterministic("loss_logit", loss_grand + loss_domain_sd * loss_offset, dims="domain")
        loss_sd = pm.HalfNormal("loss_sd", 0.7)
        habit = pm.Normal("loss_habit", 0.0, 1.0, dims="talk")
        severe = pm.Normal("loss_severe", 1.0, 1.0)
        absent = pm.Normal("loss_absent", 1.0, 1.0)
        virtual = pm.Normal("loss_virtual", -0.5, 1.0)
        logit = loss_logit[data.loss_domain] + loss_sd * habit[data.loss_talk]
        logit = logit + severe * data.loss_severe + absent * data.loss_absent + virtual * data.loss_virtual
        add_likelihood("loss", bernoulli_logit(data.loss_lost, logit), data.loss_weight)
        logit = (
            pm.Normal("cancelled_logit", -0.5, 1.0)
            + pm.Normal("cancelled_absent", 0.5, 1.0) * data.lost_absent
            + pm.Normal("cancelled_severe", 0.0, 1.0) * data.lost_severe
        )
        add_likelihood("lost", bernoulli_logit(data.lost_cancelled, logit), data.lost_weight)
    return model
