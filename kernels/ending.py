"""Whether talks close at a held round, and whether they break off after an attempt.

Closing is a Weibull first passage in effort, drawn once per trial: at the first held round with cumulative hazard
``sum of [(E_k/s)^a - (E_{k-1}/s)^a] exp(b_far far_k)`` at or above an exponential variate. After an attempt that did
not close, collapse, stall and going on compete in a softmax.
"""

from __future__ import annotations

import math

import numpy as np

from kernels.calendar import log_whole, whole_day
from kernels.codes import FAR_DAYS, HERE_DAYS, PAUSE_DAYS, TENSION_CAP, Column, Ending, Purpose, Status
from kernels.jit import inlined
from kernels.participation import is_mediated, is_virtual
from kernels.random import normal, uniforms

ODDS_CLOSE_FAR = int(Column.ODDS_CLOSE_FAR)
EFFORT_VIRTUAL = int(Column.EFFORT_VIRTUAL)
EFFORT_MEDIATED = int(Column.EFFORT_MEDIATED)
EFFORT_ABSENT = int(Column.EFFORT_ABSENT)
EFFORT_PAUSE = int(Column.EFFORT_PAUSE)
COLLAPSE_TENSION = int(Column.COLLAPSE_TENSION)
ODDS_COLLAPSE = int(Column.ODDS_COLLAPSE_INTERCEPT)
ODDS_COLLAPSE_POSTPONED = int(Column.ODDS_COLLAPSE_POSTPONED)
ODDS_COLLAPSE_CANCELLED = int(Column.ODDS_COLLAPSE_CANCELLED)
ODDS_COLLAPSE_FAR = int(Column.ODDS_COLLAPSE_FAR)
ODDS_COLLAPSE_HERE = int(Column.ODDS_COLLAPSE_HERE)
ODDS_STALL = int(Column.ODDS_STALL_INTERCEPT)
ODDS_STALL_POSTPONED = int(Column.ODDS_STALL_POSTPONED)
ODDS_STALL_CANCELLED = int(Column.ODDS_STALL_CANCELLED)
ODDS_STALL_FAR = int(Column.ODDS_STALL_FAR)
STALL_LOG_ATTEMPT = int(Column.STALL_LOG_ATTEMPT)
COLLAPSE_SAME_DAY = int(Column.COLLAPSE_SAME_DAY)
COLLAPSE_LAG_LOG_MEAN = int(Column.COLLAPSE_LAG_LOG_MEAN)
COLLAPSE_LAG_SD = int(Column.COLLAPSE_LAG_SD)
POSTPONED = int(Status.POSTPONED)
CANCELLED = int(Status.CANCELLED)
COLLAPSE = int(Ending.COLLAPSE)
STALL = int(Ending.STALL)
GOES_ON = -1
_LOG_PAUSE = math.log(PAUSE_DAYS)
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
def effort_of_round(row, mode, lack, pause):
    """Return the effort of a held round: 1 in person, attended and four weeks after the round before.

    `lack` in [0, 1] is the authority missing; `pause`: whole days since the round before, negative without one.
    """
    x = row[EFFORT_ABSENT] * lack
    if pause >= 0.0:
        x += row[EFFORT_PAUSE] * (log_whole(np.int64(pause)) - _LOG_PAUSE)
    if is_virtual(mode):
        x += row[EFFORT_VIRTUAL]
    elif is_mediated(mode):
        x += row[EFFORT_MEDIATED]
    return 1.0 if x == 0.0 else math.exp(x)


@inlined
def hazard_step(row, power_before, power_after, far, adjust):
    """Return the hazard of one round from (E/s)^a before and after it; `adjust`: log hazard ratio."""
    step = power_after - power_before
    if far:
        step *= row[ODDS_CLOSE_FAR]
    return step if adjust == 0.0 else step * math.exp(adjust)


@inlined
def break_off_odds(row, status, tension, far, here, attempt, adjust):
    """Return the odds of collapse and of stall against going on after attempt number `attempt` (from 1).

    `adjust`: log-odds that the analyst and the stage of the talks add to both.
    """
    collapse, stall = row[ODDS_COLLAPSE], row[ODDS_STALL]
    if tension > 0.0:
        collapse *= math.exp(row[COLLAPSE_TENSION] * min(TENSION_CAP, tension))
    if attempt > 1:
        stall *= math.exp(row[STALL_LOG_ATTEMPT] * log_whole(attempt))
    if status == POSTPONED:
        collapse *= row[ODDS_COLLAPSE_POSTPONED]
        stall *= row[ODDS_STALL_POSTPONED]
    elif status == CANCELLED:
        collapse *= row[ODDS_COLLAPSE_CANCELLED]
        stall *= row[ODDS_STALL_CANCELLED]
    if far:
        collapse *= row[ODDS_COLLAPSE_FAR]
        stall *= row[ODDS_STALL_FAR]
    if here:
        collapse *= row[ODDS_COLLAPSE_HERE]
    if adjust != 0.0:
        both = math.exp(adjust)
        collapse, stall = collapse * both, stall * both
    return collapse, stall


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
