"""Talks with a history of which nothing further is announced: they may be over without having said so."""

from __future__ import annotations

import math

import numpy as np

from kernels import calendar
from kernels.calendar import whole_day
from kernels.codes import Column, Ending, Plan, Purpose
from kernels.jit import inlined
from kernels.random import ZERO, normal, normal_tail, uniforms

SILENCE = np.int64(Purpose.SILENCE)
COLLAPSE, STALL, LAPSE, ONGOING = int(Ending.COLLAPSE), int(Ending.STALL), int(Ending.LAPSE), int(Ending.ONGOING)
AFTER_POSTPONED = int(Plan.AFTER_POSTPONED)
COLLAPSE_SAME_DAY = int(Column.COLLAPSE_SAME_DAY)
COLLAPSE_LAG_LOG_MEAN = int(Column.COLLAPSE_LAG_LOG_MEAN)
COLLAPSE_LAG_SD = int(Column.COLLAPSE_LAG_SD)


@inlined
def silence(key, row, trial, odds, go_on, anchor, horizon, has_deadline, deadline_day, deadline_hard):
    """Decide whether talks of which nothing is announced are over: return (over, ending, day of it).

    Given that no attempt and no end fell on or before the as-of date there are three ways to be silent, with the
    weights P(go on) P(gap beyond the date), P(stall) and P(collapse) P(dated later) P(lag beyond the date). An
    attempt that was lost before its day came leaves all of them as likely as they were.

    `odds`: of collapse and stall against going on after the last attempt; `go_on`: `still_silent` of these talks.
    """
    collapse, stall = odds
    floor = 0.5 - anchor
    mean, sd = row[COLLAPSE_LAG_LOG_MEAN], row[COLLAPSE_LAG_SD]
    today, later = collapse_unsaid(row, floor)
    today, later = collapse * today, collapse * later
    u, u_lag, _, _ = uniforms(key, trial, row[0], SILENCE, ZERO, ZERO)
    v = u * (go_on + stall + (later + today))
    if v < go_on:
        return False, ONGOING, horizon
    result, day = STALL, anchor
    if v < go_on + later:
        lag = calendar.two_scale(mean, sd, mean, sd, 0.0, floor, 0.5, u_lag, normal(u_lag))
        result, day = COLLAPSE, max(1.0, whole_day(anchor + lag))
    elif v < go_on + later + today:
        result = COLLAPSE
    if has_deadline == 1 and day >= deadline_day:
        if day - deadline_day <= 1.0:
            result = LAPSE
        elif deadline_hard == 1:  # silence does not outlive a hard deadline
            result, day = LAPSE, max(deadline_day, anchor)
    return True, result, max(0.0, day)


@inlined
def collapse_unsaid(row, floor):
    """Return the shares of collapses on the last attempt's day, and later, not seen until `floor` days after it."""
    later = 1.0 - row[COLLAPSE_SAME_DAY]
    if floor <= 0.0:
        return row[COLLAPSE_SAME_DAY], later
    return 0.0, later * normal_tail((math.log(floor) - row[COLLAPSE_LAG_LOG_MEAN]) / row[COLLAPSE_LAG_SD])


@inlined
def still_silent(row, pace, plan_kind, anchor, has_deadline, deadline_day, held):
    """Return the probability that the next planned day, not announced, lies beyond the as-of date."""
    floor = 0.5 - anchor
    if plan_kind == AFTER_POSTPONED:
        return calendar.slip_beyond(row, pace, floor)
    near = calendar.is_near(has_deadline, deadline_day, anchor)
    mean = calendar.gap_log_mean(row, pace, plan_kind, near, held)
    return calendar.gap_beyond(row, mean, floor)
