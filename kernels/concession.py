"""Positions of the parties: reservation values, concession curves, where they meet.

Party p stands at ``opening + (reservation - opening) * alpha(x)`` with ``alpha(x) = x^kappa``, the polynomial tactic
of Faratin, Sierra & Jennings (1998) with beta = 1/kappa and k = 0. Positions ride on the closing clock: they are
at ``x = meeting * (hazard so far) / (difficulty * hazard needed)``, so they meet when the issue closes.

References
----------
Faratin, Sierra & Jennings (1998), "Negotiation decision functions for autonomous agents", Robotics and Autonomous
Systems 24:159-182.
"""

from __future__ import annotations

import math

import numpy as np

from kernels.codes import Column, Purpose
from kernels.jit import entry, inlined
from kernels.random import ZERO, normal, uniforms

KAPPA_LOG_MEAN = int(Column.KAPPA_LOG_MEAN)
KAPPA_LOG_SD = int(Column.KAPPA_LOG_SD)
RESERVATION = np.int64(Purpose.RESERVATION)
KAPPA = np.int64(Purpose.KAPPA)


@inlined
def node(u, intervals):
    """Return (index, fraction) of u in [0, 1] on nodes (1 - cos(pi i / n)) / 2: dense at both ends."""
    position = math.acos(1.0 - 2.0 * min(1.0, max(0.0, u))) * (intervals / math.pi)
    i = min(int(position), intervals - 1)
    return i, position - i


@inlined
def table_value(table, u):
    """Interpolate a table of quantiles at rank u."""
    i, f = node(u, table.shape[0] - 1)
    return table[i] + f * (table[i + 1] - table[i])


@inlined
def table_value_2(table, u, v):
    """Interpolate a two-way table at ranks u (rows) and v (columns)."""
    i, f = node(u, table.shape[0] - 1)
    j, g = node(v, table.shape[1] - 1)
    low = table[i, j] + g * (table[i, j + 1] - table[i, j])
    high = table[i + 1, j] + g * (table[i + 1, j + 1] - table[i + 1, j])
    return low + f * (high - low)


@inlined
def polynomial(x, kappa, k):
    """Return k + (1 - k) min(1, x)^kappa, x >= 0, kappa > 0, 0 <= k < 1."""
    return k + (1.0 - k) * min(1.0, x) ** kappa


@inlined
def exponential(x, beta, k):
    """Return exp((1 - min(1, x))^beta ln k), x >= 0, beta > 0, 0 < k < 1."""
    return math.exp((1.0 - min(1.0, x)) ** beta * math.log(k))


@entry
def tactic_values(x, shape, k, is_exponential, out):
    """Evaluate a tactic at every x (float64 arrays of one length): the published table is checked through this."""
    for i in range(x.shape[0]):
        if is_exponential == 1:
            out[i] = exponential(x[i], shape, k)
        else:
            out[i] = polynomial(x[i], 1.0 / shape, k)


@inlined
def crossing(opening_gap, way_a, kappa_a, way_b, kappa_b):
    """Return x in [0, 1] with ``way_a x^kappa_a + way_b x^kappa_b = opening_gap``; NaN when 1 is not enough.

    All arguments >= 0. Newton's method on log(left) - log(right) in log x, a convex and nearly straight function,
    from the steeper of the two power laws; it converges within a few steps from anywhere.
    """
    if opening_gap <= 0.0:
        return 0.0
    if way_a + way_b < opening_gap:
        return np.nan
    if way_a <= 0.0:
        return (opening_gap / way_b) ** (1.0 / kappa_b)
    if way_b <= 0.0:
        return (opening_gap / way_a) ** (1.0 / kappa_a)
    target = math.log(opening_gap)
    y = 0.0
    for _ in range(60):
        part_a = way_a * math.exp(kappa_a * y)
        part_b = way_b * math.exp(kappa_b * y)
        step = (math.log(part_a + part_b) - target) * (part_a + part_b) / (kappa_a * part_a + kappa_b * part_b)
        y -= step
        if abs(step) <= 1e-13 * (1.0 + abs(y)):
            break
    return math.exp(min(0.0, y))


@inlined
def sample_kappa(case, row, trial, issue, party):
    """Return the shape of a party's concessions on an issue: the analyst's belief, else lognormal."""
    u, _, _, _ = uniforms(case.key, trial, row[0], KAPPA, ZERO, case.kappa_hash[issue, party])
    table = case.kappa_table[issue, party]
    if math.isnan(table[0]):
        return math.exp(row[KAPPA_LOG_MEAN] + row[KAPPA_LOG_SD] * normal(u))
    return table_value(table, u)


@inlined
def overlap_of(case, issue, rank):
    """Say whether the reservation values on an issue overlap: 1 or 0, by the one rank shared by all issues."""
    return 1 if rank >= 1.0 - case.issue[issue].overlap else 0


@inlined
def sample_reservations(case, row, trial, issue, overlap):
    """Return reservation values of the party wanting more and of the one wanting less, given `overlap`, exactly.

    The former is drawn from its belief weighted by the chance of overlap (or not), the latter given the former:
    two ranks, two tables, no rejection. The distance in the second table is >= 0, so the side is always right.
    """
    u, v, _, _ = uniforms(case.key, trial, row[0], RESERVATION, ZERO, case.issue[issue].hash)
    edge = table_value(case.edge_table[issue, overlap], u)
    distance = table_value_2(case.gap_table[issue, overlap], u, v)
    return edge, edge + distance if overlap == 1 else edge - distance


@inlined
def settle(case, row, trial, issue):
    """Return (settlement, meeting point) of an issue whose reservation values overlap."""
    more, less = case.issue[issue].more, case.issue[issue].less
    edge_more, edge_less = sample_reservations(case, row, trial, issue, 1)
    open_more, open_less = case.opening[issue, more], case.opening[issue, less]
    kappa_more = sample_kappa(case, row, trial, issue, more)
    kappa_less = sample_kappa(case, row, trial, issue, less)
    x = crossing(open_more - open_less, open_more - edge_more, kappa_more, edge_less - open_less, kappa_less)
    if math.isnan(x):  # reservation values that touch, short by rounding
        x = 1.0
    # Each side's position is exact only to rounding; the middle of the two is inside both ranges.
    value_more = open_more + (edge_more - open_more) * x**kappa_more
    value_less = open_less + (edge_less - open_less) * x**kappa_less
    return 0.5 * (value_more + value_less), x
