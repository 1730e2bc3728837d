"""The likelihood of a history, given the parameters and the hidden facts of the talks.

A particle is an address: a draw and the number under which kernels find pace, habits, effort to close and
reservation values. Everything dated in the history is weighed here except what depends on the draw alone
(disruptions, effort without closing), which packing adds.
"""

from __future__ import annotations

import math

import numpy as np

from kernels import attendance, calendar, concession, ending, participation
from kernels.codes import Column, Plan, Purpose, Status
from kernels.jit import entry, inlined
from kernels.random import ZERO, normal, uniforms
from kernels.silence import collapse_unsaid, still_silent

HABIT = np.int64(Purpose.HABIT)
CLOSE = np.int64(Purpose.CLOSE)
AFTER_POSTPONED = int(Plan.AFTER_POSTPONED)
HELD, CANCELLED = int(Status.HELD), int(Status.CANCELLED)
ZOPA = int(Column.ZOPA)
HAZARD_SEEN = int(Column.HAZARD_SEEN)
OFFER_LOG_T3 = math.log(math.gamma(2.0) / (math.gamma(1.5) * math.sqrt(3.0 * math.pi)))


@inlined
def timing(row, pace, past):
    """Return the probability of the whole day on which an attempt was planned; 1 where it is not known."""
    if past.days < 0.0:
        return 1.0
    low, high = past.days - 0.5, past.days + 0.5
    if past.plan == AFTER_POSTPONED:
        return calendar.slip_beyond(row, pace, low) - calendar.slip_beyond(row, pace, high)
    mean = calendar.gap_log_mean(row, pace, past.plan, past.near == 1, past.rounds)
    return calendar.gap_beyond(row, mean, low) - calendar.gap_beyond(row, mean, high)


@inlined
def fate(row, calm, past, absent):
    """Return the probability that an attempt was held, postponed or cancelled as it was; `calm`: odds of loss."""
    lost = participation.lost_probability(row, calm, past.severe == 1, absent, past.virtual == 1)
    if past.status == HELD:
        return 1.0 - lost
    cancelled = participation.cancelled_probability(row, past.severe == 1, absent)
    return lost * cancelled if past.status == CANCELLED else lost * (1.0 - cancelled)


@inlined
def weigh(case, draws, past, d, hidden):
    """Return the log likelihood of attempts, their timing, going on, and the silence since, for one particle."""
    row = draws.scalar[d]
    u_pace, u_frailty, u_habit, _ = uniforms(case.key, hidden, row[0], HABIT, ZERO, ZERO)
    pace, frailty, habit = normal(u_pace), normal(u_frailty), normal(u_habit)
    calm = participation.calm_odds(row, frailty, case.adjust_loss)
    p_absent = attendance.absent_probability(row, habit)
    last = past.shape[0] - 1
    total = 0.0
    for i in range(past.shape[0]):
        item = past[i]
        likelihood = timing(row, pace, item)
        if item.status >= 0:
            with_absence = p_absent * fate(row, calm, item, True)
            if item.absent == 1:
                likelihood *= with_absence
            else:
                likelihood *= with_absence + (1.0 - p_absent) * fate(row, calm, item, False)
            collapse, stall = ending.break_off_odds(
                row, item.status, item.tension, item.far == 1, item.here == 1, item.number, case.adjust_break_off)
            goes_on = 1.0 / (1.0 + collapse + stall)
            if i == last and case.silent == 1:
                today, later = collapse_unsaid(row, 0.5 - case.anchor_day)
                silent = still_silent(
                    row, pace, case.plan_kind, case.anchor_day, case.has_deadline, case.deadline_day, case.held_done)
                likelihood *= goes_on * (silent + stall + collapse * (today + later))
            else:
                likelihood *= goes_on
        total += math.log(max(likelihood, 1e-300))
    return total


@inlined
def log_t3(error, scale):
    """Return the log density of Student's t with three degrees of freedom and a scale."""
    z = error / scale
    return OFFER_LOG_T3 - math.log(scale) - 2.0 * math.log1p(z * z / 3.0)


@inlined
def openings_range(position):
    """Return the largest opening on an issue less the smallest, over the parties that have a position."""
    low, high = math.inf, -math.inf
    for p in range(position.shape[0]):
        if position[p].want != 0:
            low, high = min(low, position[p].opening), max(high, position[p].opening)
    return high - low


@inlined
def weigh_offers(case, draws, offers, hazards, stuck, noise, d, hidden, reserve, kappa):
    """Return the log likelihood of the tabled offers for one particle.

    An offer is the position of its party on the closing clock then, or still its opening with probability `stuck`,
    with a t3 error whose scale is `noise` times the range of the openings on the issue: known beforehand, so that no
    offer weighs without bound. `hazards` (A + 1,): cumulative hazard after so many attempts.
    """
    row = draws.scalar[d]
    u_needed, u_coin, u_rank, _ = uniforms(case.key, hidden, row[0], CLOSE, ZERO, ZERO)
    needed = row[HAZARD_SEEN] - math.log(u_needed)
    apart = 1.0 - case.overlap_least
    rank = apart + case.overlap_least * u_rank if u_coin < row[ZOPA] else apart * u_rank
    total, drawn, meeting, openings = 0.0, -1, 1.0, 1.0
    for i in range(offers.shape[0]):
        offer = offers[i]
        j = offer.issue
        if j != drawn:  # offers come sorted by issue
            overlap = 1 if rank >= 1.0 - case.issue[j].overlap else 0
            concession.draw_issue(
                case.key, row, hidden, case.issue[j].hash, case.issue[j].yes_no, case.position[j],
                case.edge_table[j, overlap], case.gap_table[j, overlap], case.belief_table[j], case.kappa_table[j],
                overlap, reserve, kappa)
            openings = openings_range(case.position[j])
            meeting = 1.0
            if overlap == 1:
                _, meeting = concession.settle(case.position[j], reserve, kappa)
            drawn = j
        p = offer.party
        position = case.position[j, p]
        way = reserve[p] - position.opening
        x = meeting * min(1.0, hazards[offer.after] / (case.issue[j].difficulty * needed))
        stands = position.opening + way * concession.conceded(x, kappa[p], position.start, position.exponential)
        scale = noise * openings
        at_opening = math.log(stuck) + log_t3(offer.value - position.opening, scale)
        on_path = math.log1p(-stuck) + log_t3(offer.value - stands, scale)
        top = max(at_opening, on_path)
        total += top + math.log(math.exp(at_opening - top) + math.exp(on_path - top))
    return total


@entry
def weigh_batch(case, draws, past, offers, hazards, stuck, noise, first, last, particles, reserve, kappa, out):
    """Write the log weights of particles ``first .. last - 1`` (draw * particles + number) to rows 0 .. of `out`.

    `hazards` (D, A + 1); `stuck`, `noise` (D,); `reserve`, `kappa` (P,): working memory of the thread.
    """
    for cell in range(first, last):
        d, hidden = cell // particles, cell % particles
        weight = weigh(case, draws, past, d, hidden)
        if offers.shape[0] > 0:
            weight += weigh_offers(case, draws, offers, hazards[d], stuck[d], noise[d], d, hidden, reserve, kappa)
        out[cell - first] = weight
