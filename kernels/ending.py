"""Whether talks close at a held round, and whether they break off after an attempt.

Closing is a Weibull first passage in effort, drawn once per trial: at the first held round with cumulative hazard
``sum of [(E_k/s)^a - (E_{k-1}/s)^a] exp(b_far far_k)`` at or above an exponential variate. After an attempt that did
not close, collapse, stall and going on compete in a softmax.
"""

from __future__ import annotations

import math

import numpy as np

from kernels.calendar import whole_day
from kernels.codes import FAR_DAYS, HERE_DAYS, TENSION_CAP, Column, Ending, Purpose, Status
from kernels.jit import inlined
from kernels.participation import is_mediated, is_virtual
from kernels.random import normal, uniforms

CLOSE_FAR = int(Column.CLOSE_FAR)
EFFORT_VIRTUAL = int(Column.EFFORT_VIRTUAL)
EFFORT_MEDIATED = int(Column.EFFORT_MEDIATED)
EFFORT_ABSENT = int(Column.EFFORT_ABSENT)
COLLAPSE_INTERCEPT = int(Column.COLLAPSE_INTERCEPT)
COLLAPSE_POSTPONED = int(Column.COLLAPSE_POSTPONED)
COLLAPSE_CANCELLED = int(Column.COLLAPSE_CANCELLED)
COLLAPSE_TENSION = int(Column.COLLAPSE_TENSION)
COLLAPSE_FAR = int(Column.COLLAPSE_FAR)
COLLAPSE_HERE = int(Column.COLLAPSE_HERE)
STALL_INTERCEPT = int(Column.STALL_INTERCEPT)
STALL_POSTPONED = int(Column.STALL_POSTPONED)
STALL_CANCELLED = int(Column.STALL_CANCELLED)
STALL_FAR = int(Column.STALL_FAR)
STALL_LOG_ATTEMPT = int(Column.STALL_LOG_ATTEMPT)
COLLAPSE_SAME_DAY = int(Column.COLLAPSE_SAME_DAY)
COLLAPSE_LAG_LOG_MEAN = int(Column.COLLAPSE_LAG_LOG_MEAN)
COLLAPSE_LAG_SD = int(Column.COLLAPSE_LAG_SD)
POSTPONED = int(Status.POSTPONED)
CANCELLED = int(Status.CANCELLED)
COLLAPSE = int(Ending.COLLAPSE)
STALL = int(Ending.STALL)
GOES_ON = -1
LOGS = 256
#: Log of an attempt number: a table is quicker.
LOG_ATTEMPT = np.array([-np.inf, *(math.log(number) for number in range(1, LOGS))])
COLLAPSE_BLOCK = np.int64(Purpose.COLLAPSE)


@inlined
def is_far(has_deadline, deadline_day, day):
    """A declared deadline is more than 30 days off."""
    return has_deadline == 1 and deadline_day - day > FAR_DAYS


@inlined
def is_here(has_deadline, deadline_day, day):
    """A declared deadline is within three days, either way."""
    return has_deadline == 1 and abs(deadline_day - day) <= HERE_DAYS


@inlined
def effort_of_round(row, mode, lack):
    """Return the effort of a held round: 1 in person and attended; `lack` in [0, 1] is the authority missing."""
    x = row[EFFORT_ABSENT] * lack
    if is_virtual(mode):
        x += row[EFFORT_VIRTUAL]
    elif is_mediated(mode):
        x += row[EFFORT_MEDIATED]
    return 1.0 if x == 0.0 else math.exp(x)


@inlined
def hazard_step(row, power_before, power_after, far, adjust):
    """Return the hazard of one round from (E/s)^a before and after it; `adjust`: log hazard ratio."""
    x = adjust
    if far:
        x += row[CLOSE_FAR]
    step = power_after - power_before
    return step if x == 0.0 else step * math.exp(x)


@inlined
def break_off_odds(row, status, tension, far, here, attempt, adjust):
    """Return the odds of collapse and of stall against going on after attempt number `attempt` (from 1).

    `adjust`: log-odds that the analyst and the stage of the talks add to both.
    """
    collapse = row[COLLAPSE_INTERCEPT] + adjust + row[COLLAPSE_TENSION] * min(TENSION_CAP, tension)
    log_attempt = LOG_ATTEMPT[attempt] if attempt < LOGS else math.log(float(attempt))
    stall = row[STALL_INTERCEPT] + adjust + row[STALL_LOG_ATTEMPT] * log_attempt
    if status == POSTPONED:
        collapse += row[COLLAPSE_POSTPONED]
        stall += row[STALL_POSTPONED]
    elif status == CANCELLED:
        collapse += row[COLLAPSE_CANCELLED]
        stall += row[STALL_CANCELLED]
    if far:
        collapse += row[COLLAPSE_FAR]
        stall += row[STALL_FAR]
    if here:
        collapse += row[COLLAPSE_HERE]
    return math.exp(collapse), math.exp(stall)


@inlined
def break_off(row, status, tension, far, here, attempt, adjust, u):
    """Return Ending.COLLAPSE, Ending.STALL or GOES_ON after an attempt; arguments of `break_off_odds`."""
    odds_collapse, odds_stall = break_off_odds(row, status, tension, far, here, attempt, adjust)
    v = u * (1.0 + odds_collapse + odds_stall)
    if v < odds_collapse:
        return COLLAPSE
    if v < odds_collapse + odds_stall:
        return STALL
    return GOES_ON


@inlined
def collapse_day(key, row, trial, held, retry, day):
    """Return the day of a collapse after an attempt that ended on `day`: that day, or a lognormal lag later."""
    u_same, u_lag, _, _ = uniforms(key, trial, row[0], COLLAPSE_BLOCK, retry, held)
    if u_same < row[COLLAPSE_SAME_DAY]:
        return day
    return whole_day(day + math.exp(row[COLLAPSE_LAG_LOG_MEAN] + row[COLLAPSE_LAG_SD] * normal(u_lag)))
