"""Positions of the parties: reservation values, concession curves, where they meet.

Party p stands at ``opening + (reservation - opening) * alpha(x)`` with ``alpha(x) = k + (1 - k) x^kappa``, the
polynomial tactic of Faratin, Sierra & Jennings (1998) with beta = 1/kappa (k = 0 unless stated), or their
exponential one. Positions ride on the closing clock: they are at ``x = meeting * (hazard so far) / (difficulty *
hazard needed)``, so they meet when the issue closes.

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
from kernels.random import NONE, ONE, ZERO, normal, uniforms

KAPPA_LOG_MEAN = int(Column.KAPPA_LOG_MEAN)
KAPPA_LOG_SD = int(Column.KAPPA_LOG_SD)
RESERVATION = np.int64(Purpose.RESERVATION)
KAPPA = np.int64(Purpose.KAPPA)
POSITION = np.int64(Purpose.POSITION)
ANSWER = np.int64(Purpose.ANSWER)
DENSEST = 1e200  # density of a belief in a single number
ROUNDING = 1e-9  # a value this little beyond a belief, relative to its ends, is at its end: sums of tables are rounded


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
def first_share(way_a, kappa_a, start_a, exp_a, way_b, kappa_b, start_b, exp_b, opening_gap):
    """Return x in [0, 1] at which two sides meet, each on its own tactic; NaN when they do not at 1."""
    if exp_a == 0 and exp_b == 0:
        return crossing(opening_gap - start_a * way_a - start_b * way_b, (1.0 - start_a) * way_a, kappa_a,
                        (1.0 - start_b) * way_b, kappa_b)
    if way_a + way_b < opening_gap:
        return np.nan
    low, high = 0.0, 1.0
    if way_a * conceded(0.0, kappa_a, start_a, exp_a) + way_b * conceded(0.0, kappa_b, start_b, exp_b) >= opening_gap:
        return 0.0
    for _ in range(60):
        x = 0.5 * (low + high)
        way = way_a * conceded(x, kappa_a, start_a, exp_a) + way_b * conceded(x, kappa_b, start_b, exp_b)
        if way < opening_gap:
            low = x
        else:
            high = x
    return high


@inlined
def conceded(x, kappa, start, is_exponential):
    """Return the share of the way conceded at x: a tactic with beta = 1 / kappa."""
    if is_exponential == 1:
        return exponential(x, 1.0 / kappa, start)
    return polynomial(x, kappa, start)


@inlined
def sample_kappa(key, row, trial, party_hash, table):
    """Return the shape of a party's concessions on an issue: the analyst's belief, else lognormal."""
    u, _, _, _ = uniforms(key, trial, row[0], KAPPA, ZERO, party_hash)
    if math.isnan(table[0]):
        return math.exp(row[KAPPA_LOG_MEAN] + row[KAPPA_LOG_SD] * normal(u))
    return table_value(table, u)


@inlined
def rank_in(table, value):
    """Return (rank of `value` in a table of quantiles, density there); the inverse of `table_value`."""
    intervals = table.shape[0] - 1
    if value <= table[0]:
        low, high = 0, 1
        f = 0.0
    elif value >= table[intervals]:
        low, high = intervals - 1, intervals
        f = 1.0
    else:
        low, high = 0, intervals
        while high - low > 1:
            middle = (low + high) // 2
            if table[middle] <= value:
                low = middle
            else:
                high = middle
        f = (value - table[low]) / (table[high] - table[low])
    rank = 0.5 * (1.0 - math.cos(math.pi * (low + f) / intervals))
    beyond = max(table[0] - value, value - table[intervals])
    if beyond > ROUNDING * (abs(table[0]) + abs(table[intervals])):  # next to none: it counts where nobody has more
        return rank, DENSEST**-1 / beyond
    step = 0.5 * (math.cos(math.pi * low / intervals) - math.cos(math.pi * high / intervals))
    width = table[high] - table[low]
    return rank, step / width if width > 0.0 else DENSEST


@inlined
def fill_side(key, row, trial, positions, beliefs, want, edge, u_last, reserve):
    """Draw the reservation values of one side given its binding one, `edge`, exactly.

    Of those who want more the highest binds, of those who want less the lowest. Who holds it: p with weight
    (density / probability on the nearer side) at `edge`; the others from their beliefs cut there.
    """
    parties = positions.shape[0]
    total = 0.0
    for p in range(parties):
        position = positions[p]
        if position.want == want and position.binds == 1:
            rank, density = rank_in(beliefs[p], edge)
            share = rank if want == 1 else 1.0 - rank
            total += density / max(share, 1e-12)
    target, chosen = u_last * total, -1
    for p in range(parties):
        position = positions[p]
        if position.want == want and position.binds == 1:
            rank, density = rank_in(beliefs[p], edge)
            share = rank if want == 1 else 1.0 - rank
            target -= density / max(share, 1e-12)
            if chosen < 0 and target <= 0.0:
                chosen = p
                reserve[p] = edge
                continue
            u, _, _, _ = uniforms(key, trial, row[0], POSITION, ZERO, position.hash)
            if want == 1:
                reserve[p] = min(edge, table_value(beliefs[p], u * share))
            else:
                reserve[p] = max(edge, table_value(beliefs[p], rank + u * share))


@inlined
def answers_of(edges, u):
    """Return the binding answers (yes side, no side) of a yes-or-no issue that can be settled."""
    if u < edges[0]:
        return 0.0, 0.0  # only those who say yes give in
    if u < edges[1]:
        return 1.0, 1.0  # only those who say no do
    return 0.0, 1.0


@inlined
def answer_of(position, gives_in):
    """Return the last answer acceptable: 1 yes, 0 no."""
    if gives_in:
        return 0.0 if position.want == 1 else 1.0
    return 1.0 if position.want == 1 else 0.0


@inlined
def fill_answers(key, row, trial, positions, beliefs, want, binding, reserve):
    """Draw who gives in on one side of a yes-or-no issue, given whether all of it do.

    When not all do: one after another firm with probability (1 - a) / (1 - product of the a left), until one is;
    a: ``beliefs[p, 0]``, the probability of giving in.
    """
    parties = positions.shape[0]
    left, firm = 1.0, 0
    for p in range(parties):
        if positions[p].want == want and positions[p].binds == 1:
            left *= beliefs[p, 0]
    all_give_in = (binding == 0.0) == (want == 1)
    for p in range(parties):
        position = positions[p]
        if position.want == want and position.binds == 1:
            a = beliefs[p, 0]
            gives_in = all_give_in
            if not all_give_in:
                u, _, _, _ = uniforms(key, trial, row[0], POSITION, ZERO, position.hash)
                if firm == 0:
                    gives_in = u * (1.0 - left) >= 1.0 - a
                    left = left / a if a > 0.0 else 0.0
                else:
                    gives_in = u < a
                if not gives_in:
                    firm += 1
            reserve[p] = answer_of(position, gives_in)


@inlined
def draw_issue(key, row, trial, issue_hash, yes_no, positions, edges, gaps, beliefs, kappas, overlap, reserve, kappa):
    """Draw reservation values and kappas of all parties on an issue into `reserve` and `kappa`, given `overlap`.

    `positions`, `beliefs`, `kappas`: the issue's rows of the tables; `edges`, `gaps`: those for `overlap`.

    The binding value of those who want more is drawn from its belief weighted by the chance of overlap (or not), that
    of the others given the former: two ranks, two tables, no rejection. The distance in the second table is >= 0, so
    the side is always right. Parties that do not bind follow their own beliefs. On a yes-or-no issue the two values
    are 0 or 1, drawn from their joint probabilities.
    """
    u, v, u_more, u_less = uniforms(key, trial, row[0], RESERVATION, ZERO, issue_hash)
    edge = table_value(edges, u)
    distance = table_value_2(gaps, u, v)
    other = edge + distance if overlap == 1 else edge - distance
    more, less = 0, 0
    if yes_no == 1:
        edge, other = 1.0, 0.0
        if overlap == 1:
            edge, other = answers_of(edges, u)
    for p in range(positions.shape[0]):
        position = positions[p]
        reserve[p], kappa[p] = np.nan, np.nan
        if position.want == 0:
            continue
        kappa[p] = sample_kappa(key, row, trial, position.hash, kappas[p])
        if position.binds == 0:
            w, _, _, _ = uniforms(key, trial, row[0], POSITION, ZERO, position.hash)
            reserve[p] = table_value(beliefs[p], w)
            if yes_no == 1:
                reserve[p] = answer_of(position, w < beliefs[p, 0])
        elif position.want == 1:
            more += 1
            reserve[p] = edge
        else:
            less += 1
            reserve[p] = other
    if yes_no == 1:
        if more > 1:
            fill_answers(key, row, trial, positions, beliefs, ONE, edge, reserve)
        if less > 1:
            fill_answers(key, row, trial, positions, beliefs, NONE, other, reserve)
        return
    if more > 1:
        fill_side(key, row, trial, positions, beliefs, ONE, edge, u_more, reserve)
    if less > 1:
        fill_side(key, row, trial, positions, beliefs, NONE, other, u_less, reserve)


@inlined
def settle(positions, reserve, kappa):
    """Return (settlement, meeting point) of an issue whose binding reservation values overlap.

    All binding positions agree once every pair of opposite sides has met, so the meeting point is the last of the
    pairs', and the settlement is the middle of what all then accept: where that pair stands, but for rounding and for
    sides that agree from the first.
    """
    meeting = -1.0
    parties = positions.shape[0]
    for a in range(parties):
        one = positions[a]
        if one.want != 1 or one.binds == 0:
            continue
        for b in range(parties):
            two = positions[b]
            if two.want != -1 or two.binds == 0:
                continue
            way_a, way_b = one.opening - reserve[a], reserve[b] - two.opening
            x = first_share(way_a, kappa[a], one.start, one.exponential, way_b, kappa[b], two.start, two.exponential,
                            one.opening - two.opening)
            if math.isnan(x):  # reservation values that touch, short by rounding
                x = 1.0
            meeting = max(meeting, x)
    low, high = -math.inf, math.inf
    for p in range(parties):
        one = positions[p]
        if one.want != 0 and one.binds == 1:
            value = one.opening + (reserve[p] - one.opening) * conceded(
                meeting, kappa[p], one.start, one.exponential)
            if one.want == 1:
                low = max(low, value)
            else:
                high = min(high, value)
    return 0.5 * (low + high), meeting


@inlined
def yes_or_no(key, row, trial, issue_hash, value):
    """Return the answer where the positions meet: yes above the middle, no below, a coin in it."""
    if abs(value - 0.5) > 1e-9:
        return 1.0 if value > 0.5 else 0.0
    u, _, _, _ = uniforms(key, trial, row[0], ANSWER, ZERO, issue_hash)
    return 1.0 if u < 0.5 else 0.0
