"""Positions, reservation values and terms of an issue in plain Python: any number of parties, either tactic."""

from __future__ import annotations

import math

from reference.luck import Luck, normal

from kernels.codes import Purpose


# ------------------------------------------------------------ tables of beliefs
def rank_position(u: float, intervals: int) -> tuple[int, float]:
    """Cell and fraction of a rank on nodes (1 - cos(pi i / n)) / 2, linear in the angle."""
    angle = math.acos(1 - 2 * u) / math.pi * intervals
    cell = min(math.floor(angle), intervals - 1)
    return cell, angle - cell


def quantile(table: list[float], u: float) -> float:
    """Value of a belief at rank u."""
    i, f = rank_position(u, len(table) - 1)
    return table[i] * (1 - f) + table[i + 1] * f


def quantile_given(table: list[list[float]], u: float, v: float) -> float:
    """Value of a two-way table at ranks u and v."""
    i, f = rank_position(u, len(table) - 1)
    return quantile(table[i], v) * (1 - f) + quantile(table[i + 1], v) * f


def rank_of(table: list[float], value: float) -> float:
    """Rank of a value under a belief: 0 below all of it, 1 above."""
    cells = len(table) - 1
    if value <= table[0]:
        return 0.0
    if value >= table[-1]:
        return 1.0
    i = max(i for i in range(cells) if table[i] <= value)
    angle = (i + (value - table[i]) / (table[i + 1] - table[i])) * math.pi / cells
    return (1 - math.cos(angle)) / 2


def density_of(table: list[float], value: float) -> float:
    """Density of a belief at a value: of its cell, the probability over the width; 0 beyond its ends.

    The tables of a binding value are sums, so a value beyond an end by no more than their rounding is at that end.
    """
    cells = len(table) - 1
    rounding = 1e-9 * (abs(table[0]) + abs(table[-1]))
    if not table[0] - rounding <= value <= table[-1] + rounding:
        return 0.0
    i = max((i for i in range(cells) if table[i] <= value), default=0)
    if value <= table[0]:
        i = 0
    probability = (math.cos(math.pi * i / cells) - math.cos(math.pi * (i + 1) / cells)) / 2
    width = table[i + 1] - table[i]
    return probability / width if width > 0 else 1e200


# ----------------------------------------------------------------- positions
def conceded(position, kappa: float, x: float) -> float:
    """Share of the way from the opening to the reservation value at x in [0, 1]."""
    if position.exponential:
        return math.exp((1 - x) ** (1 / kappa) * math.log(position.start))
    return position.start + (1 - position.start) * x**kappa


def stands_at(position, reservation: float, kappa: float, x: float) -> float:
    """Where a party stands at x."""
    return position.opening + (reservation - position.opening) * conceded(position, kappa, x)


def short_of(pair, reservation: list[float], kappa: list[float], x: float) -> float:
    """By how much a party that wants more and one that wants less have not met at x; <= 0 when they have."""
    (a, more), (b, less) = pair
    gone = (more.opening - reservation[a]) * conceded(more, kappa[a], x)
    gone += (reservation[b] - less.opening) * conceded(less, kappa[b], x)
    return more.opening - less.opening - gone


def pairs_of(positions) -> list:
    """Every pair of a binding party that wants more and one that wants less, each with its number."""
    more = [(p, s) for p, s in enumerate(positions) if s.want == 1 and s.binds]
    less = [(p, s) for p, s in enumerate(positions) if s.want == -1 and s.binds]
    return [(a, b) for a in more for b in less]


def meeting_point(positions, reservation: list[float], kappa: list[float]) -> float:
    """First x in [0, 1] at which every binding pair has met, by bisection to the last bit; 1 if they touch."""
    pairs = pairs_of(positions)

    def met(x: float) -> bool:
        return all(short_of(pair, reservation, kappa, x) <= 0 for pair in pairs)

    if met(0.0):
        return 0.0
    low, high = 0.0, 1.0
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if met(middle) else (middle, high)
    return high


def settlement(positions, reservation: list[float], kappa: list[float], x: float) -> float:
    """Middle of what all binding parties accept where they stand at x."""
    stand = [stands_at(s, reservation[p], kappa[p], x) for p, s in enumerate(positions)]
    floor = max(stand[p] for p, s in enumerate(positions) if s.want == 1 and s.binds)
    ceiling = min(stand[p] for p, s in enumerate(positions) if s.want == -1 and s.binds)
    return (floor + ceiling) / 2


def answer(issue, luck: Luck, value: float) -> float:
    """Answer on a yes-or-no issue whose positions meet at `value`: a coin where neither is nearer."""
    if abs(value - 0.5) <= 1e-9:
        return float(luck(Purpose.ANSWER, 0, issue.hash)[0] < 0.5)
    return float(value > 0.5)


# -------------------------------------------------------- reservation values
def spread_side(issue, luck: Luck, side: list[int], edge: float, u_holder: float, reservation: list[float]) -> None:
    """Reservation values of the binding parties of one side of which the binding one, `edge`, is known.

    Those who want more: the highest binds. Party p holds it with weight f_p(edge) / F_p(edge), F the probability of
    not exceeding it; the others lie below it. Those who want less: mirrored.
    """
    wants_more = issue.positions[side[0]].want == 1
    ranks = {p: rank_of(issue.belief[p], edge) for p in side}
    inner = {p: max(ranks[p] if wants_more else 1 - ranks[p], 1e-12) for p in side}
    weight = {p: density_of(issue.belief[p], edge) / inner[p] for p in side}
    if not any(weight.values()):  # beyond every belief, by the rounding of tables
        beyond = {p: max(issue.belief[p][0] - edge, edge - issue.belief[p][-1]) for p in side}
        weight = {p: 1 / beyond[p] / inner[p] for p in side}
    total, below = sum(weight.values()), 0.0
    holder = None
    for p in side:
        below += weight[p]
        if holder is None and u_holder * total <= below:
            holder = p
            reservation[p] = edge
            continue
        u = luck(Purpose.POSITION, 0, issue.positions[p].hash)[0]
        if wants_more:
            reservation[p] = min(edge, quantile(issue.belief[p], u * ranks[p]))
        else:
            reservation[p] = max(edge, quantile(issue.belief[p], ranks[p] + u * (1 - ranks[p])))


def answers(issue, luck: Luck, overlap: bool, u: float) -> list[float]:
    """Last acceptable answers (1 yes, 0 no) of all parties on a yes-or-no issue; NaN for one without a position.

    A party gives in with its own probability. The issue can be settled when all of one side would give in.
    """
    gives_in = {"yes": False, "no": False}  # all who bind of a side
    if overlap:
        only_yes, one_side = issue.edge[1][:2]
        gives_in = {"yes": u < only_yes or u >= one_side, "no": u >= only_yes}
    found = [math.nan] * len(issue.positions)
    for want, name in ((1, "yes"), (-1, "no")):
        willing = {q: issue.belief[q][0] for q, s in enumerate(issue.positions) if s.want == want}
        own, other = (1.0, 0.0) if want == 1 else (0.0, 1.0)
        side = [q for q in willing if issue.positions[q].binds]
        firm_yet = False
        for q in willing:
            u_own = luck(Purpose.POSITION, 0, issue.positions[q].hash)[0]
            yields = u_own < willing[q]
            if q in side and (gives_in[name] or len(side) == 1):
                yields = gives_in[name]
            elif q in side and not firm_yet:  # one of those left at least is firm
                left = math.prod(willing[r] for r in side[side.index(q) :])
                yields = u_own >= (1 - willing[q]) / (1 - left)
                firm_yet = not yields
            found[q] = other if yields else own
    return found


def kappa_of(issue, p: dict, luck: Luck, party: int) -> float:
    """Exponent of a party's concession path on an issue: the belief stated, else lognormal."""
    u = luck(Purpose.KAPPA, 0, issue.positions[party].hash)[0]
    if math.isnan(issue.kappa[party][0]):
        return math.exp(p["kappa_log_mean"] + p["kappa_log_sd"] * normal(u))
    return quantile(issue.kappa[party], u)


def reservations(issue, p: dict, luck: Luck, overlap: bool) -> tuple[list[float], list[float]]:
    """Reservation values and kappas of all parties on an issue; NaN for one without a position."""
    u, v, u_more, u_less = luck(Purpose.RESERVATION, 0, issue.hash)
    kappa = [kappa_of(issue, p, luck, q) if s.want else math.nan for q, s in enumerate(issue.positions)]
    if issue.yes_no:
        return answers(issue, luck, overlap, u), kappa
    highest = quantile(issue.edge[int(overlap)], u)
    distance = quantile_given(issue.distance[int(overlap)], u, v)
    lowest = highest + distance if overlap else highest - distance
    found = [math.nan] * len(issue.positions)
    for q, s in enumerate(issue.positions):
        if s.want and not s.binds:  # it follows its own belief, whatever the others do
            found[q] = quantile(issue.belief[q], luck(Purpose.POSITION, 0, s.hash)[0])
    for want, edge, u_holder in ((1, highest, u_more), (-1, lowest, u_less)):
        side = [q for q, s in enumerate(issue.positions) if s.want == want and s.binds]
        if len(side) == 1:
            found[side[0]] = edge
        else:
            spread_side(issue, luck, side, edge, u_holder, found)
    return found, kappa
