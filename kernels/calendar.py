"""When the next attempt is planned, and how long a round lasts.

All draws are continuous and positive and count from a whole day; ``whole_day`` gives the day they fall on, so an
observed difference of g days has probability F(g + 1/2) - F(g - 1/2). The likelihood uses the same rule.
"""

from __future__ import annotations

import math

import numpy as np

from kernels.codes import FAR_DAYS, GAP_ROUNDS, Column, Plan
from kernels.jit import inlined
from kernels.random import normal, normal_tail

GAP_LOG_MEAN = int(Column.GAP_LOG_MEAN)
GAP_PACE_SD = int(Column.GAP_PACE_SD)
GAP_SD = int(Column.GAP_SD)
GAP_WIDE_SHARE = int(Column.GAP_WIDE_SHARE)
GAP_WIDE_RATIO = int(Column.GAP_WIDE_RATIO)
GAP_NEAR_DEADLINE = int(Column.GAP_NEAR_DEADLINE)
GAP_AFTER_CANCELLED = int(Column.GAP_AFTER_CANCELLED)
GAP_LOG_ROUND = int(Column.GAP_LOG_ROUND)
SLIP_LOG_MEAN = int(Column.SLIP_LOG_MEAN)
SLIP_SD = int(Column.SLIP_SD)
SLIP_PACE_LOADING = int(Column.SLIP_PACE_LOADING)
SLIP_UNLISTED_SHARE = int(Column.SLIP_UNLISTED_SHARE)
SLIP_UNLISTED_SHIFT = int(Column.SLIP_UNLISTED_SHIFT)
LENGTH_ZERO = int(Column.LENGTH_ZERO)
LENGTH_LOG_MEAN = int(Column.LENGTH_LOG_MEAN)
LENGTH_SD = int(Column.LENGTH_SD)
AFTER_CANCELLED = int(Plan.AFTER_CANCELLED)
LOGS = 256
_LOG_ROUNDS = math.log(GAP_ROUNDS)
#: Log of a whole number.
LOG_WHOLE = np.array([-np.inf, *(math.log(number) for number in range(1, LOGS))])


@inlined
def whole_day(time):
    """Return the day a time falls on: floor(time + 1/2)."""
    return np.floor(time + 0.5)  # a float: math.floor would give an integer that can overflow


@inlined
def log_whole(number):
    """Return the log of a whole number of at least 1 (smaller ones count as 1): a table is quicker."""
    if number < 2:
        return 0.0
    return LOG_WHOLE[number] if number < LOGS else math.log(float(number))


@inlined
def is_near(has_deadline, deadline_day, day):
    """A declared deadline is 0 to 30 days ahead."""
    return has_deadline == 1 and 0.0 <= deadline_day - day <= FAR_DAYS


@inlined
def gap_log_mean(row, pace, plan_kind, near, held):
    """Return the mean log gap: domain + pace + rounds held, other near a deadline and after a cancellation.

    `held`: rounds held so far (none counts as one), against three.
    """
    mean = row[GAP_LOG_MEAN] + row[GAP_PACE_SD] * pace + row[GAP_LOG_ROUND] * (log_whole(held) - _LOG_ROUNDS)
    if near:
        mean += row[GAP_NEAR_DEADLINE]
    if plan_kind == AFTER_CANCELLED:
        mean += row[GAP_AFTER_CANCELLED]
    return mean


@inlined
def slip_log_mean(row, pace):
    """Return the mean log slip of a listed postponement; it shares the pace of the talks."""
    return row[SLIP_LOG_MEAN] + row[SLIP_PACE_LOADING] * row[GAP_PACE_SD] * pace


@inlined
def two_scale(mean_1, sd_1, mean_2, sd_2, share_2, floor, u_scale, u_normal, z):
    """Sample exp(a mixture of two normals), given that it exceeds `floor` (days; 0 = unconditional), by inversion.

    Component 2 has weight `share_2`; `z` is the normal of rank `u_normal`. A floor reweights the components by their
    tails and inverts the chosen tail.
    """
    if floor <= 0.0:
        if u_scale < share_2:
            return math.exp(mean_2 + sd_2 * z)
        return math.exp(mean_1 + sd_1 * z)
    limit = math.log(floor)
    tail_1 = normal_tail((limit - mean_1) / sd_1)
    tail_2 = normal_tail((limit - mean_2) / sd_2)
    weight_1 = (1.0 - share_2) * tail_1
    weight_2 = share_2 * tail_2
    if weight_1 + weight_2 < 1e-280:  # beyond what the law can produce: all that is known is that it is not past
        return floor
    if u_scale * (weight_1 + weight_2) < weight_2:
        mean, sd, tail = mean_2, sd_2, tail_2
    else:
        mean, sd, tail = mean_1, sd_1, tail_1
    return max(floor, math.exp(mean - sd * normal(tail * (1.0 - u_normal))))


@inlined
def gap(row, mean, floor, u_scale, u_normal, z):
    """Sample days from the end of a round to the next planned day: log = mean + two-scale normal error."""
    narrow = row[GAP_SD]
    return two_scale(
        mean, narrow, mean, narrow * row[GAP_WIDE_RATIO], row[GAP_WIDE_SHARE], floor, u_scale, u_normal, z
    )


@inlined
def slip(row, pace, floor, u_scale, u_normal, z):
    """Sample days from a postponed day to its new one: lognormal, and a share of short slips that nobody lists."""
    mean = slip_log_mean(row, pace)
    return two_scale(
        mean, row[SLIP_SD], mean + row[SLIP_UNLISTED_SHIFT], row[SLIP_SD], row[SLIP_UNLISTED_SHARE],
        floor, u_scale, u_normal, z,
    )


@inlined
def length(row, u_zero, z):
    """Sample the length of a round in days: zero with a domain probability, else lognormal of the normal `z`."""
    if u_zero < row[LENGTH_ZERO]:
        return 0.0
    return math.exp(row[LENGTH_LOG_MEAN] + row[LENGTH_SD] * z)


@inlined
def beyond(mean_1, sd_1, mean_2, sd_2, share_2, days):
    """Return the probability that a variate of `two_scale` exceeds `days`; 1 for days <= 0."""
    if days <= 0.0:
        return 1.0
    x = math.log(days)
    return (1.0 - share_2) * normal_tail((x - mean_1) / sd_1) + share_2 * normal_tail((x - mean_2) / sd_2)


@inlined
def gap_beyond(row, mean, days):
    """Return the probability that a gap with mean log `mean` exceeds `days`."""
    narrow = row[GAP_SD]
    return beyond(mean, narrow, mean, narrow * row[GAP_WIDE_RATIO], row[GAP_WIDE_SHARE], days)


@inlined
def slip_beyond(row, pace, days):
    """Return the probability that a slip exceeds `days`."""
    mean = slip_log_mean(row, pace)
    return beyond(mean, row[SLIP_SD], mean + row[SLIP_UNLISTED_SHIFT], row[SLIP_SD], row[SLIP_UNLISTED_SHARE], days)
