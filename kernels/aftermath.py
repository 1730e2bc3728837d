"""What comes after a deal: votes on it, resumed talks, breach, and tranches that a fallible verifier releases.

Played after the talks, on the trials that ended in a deal. It keeps variables of its own and rewrites no ending.

A deal is put to its votes in order. A vote that fails ends the matter or sends the talks on: a fresh gap by the law of
the calendar, then one attempt, held on its planned day, at which the talks break off by the law of endings or renew
the deal, which is put to all of its votes again. A failed vote is felt as a political event of severity 3; nothing else
is felt. The resumed talks use the random addresses at which the talks would have gone on had they not closed.
"""

from __future__ import annotations

import math

import numpy as np

from kernels import calendar, ending
from kernels.calendar import whole_day
from kernels.codes import MAX_PASSES, Alarm, Ending, Plan, Purpose, Ratified, Status
from kernels.concession import table_value
from kernels.disruption import tension_decay, tension_weight
from kernels.jit import entry, inlined
from kernels.random import ZERO, normal, uniforms

HABIT = np.int64(Purpose.HABIT)
NEXT = np.int64(Purpose.NEXT)
END = np.int64(Purpose.END)
VOTE = np.int64(Purpose.VOTE)
BALLOT = np.int64(Purpose.BALLOT)
BREACH = np.int64(Purpose.BREACH)
VERIFY = np.int64(Purpose.VERIFY)
ONE = np.int64(1)
PASS_ROOM = np.int64(256)  #: the address of a ballot has room for this many votes of one party
HELD, AFTER_HELD = int(Status.HELD), np.int64(Plan.AFTER_HELD)
PARTIAL, COLLAPSE = int(Ending.PARTIAL), int(Ending.COLLAPSE)
NO_DEAL, NO, YES, PENDING = (int(r) for r in Ratified)
SUSPEND, ENDS = int(Alarm.SUSPEND), int(Alarm.END)
SEVERE = 3


@inlined
def hold_votes(case, row, after, hidden, trial, tour, day):
    """Put a deal of `day` to its votes; return (place of the vote that failed or -1, day, votes held).

    The day is beyond the horizon when the next vote is. `tour`: which pass over the list, from 0.
    """
    votes = 0
    for v in range(after.vote.shape[0]):
        vote = after.vote[v]
        u_veto, u_wait, _, _ = uniforms(case.key, hidden, row[0], VOTE, vote.turn, vote.hash)
        day = whole_day(day + table_value(after.wait_table[v], u_wait))
        if day > case.horizon:
            return -1, day, votes
        votes += 1
        u, _, _, _ = uniforms(case.key, trial, row[0], BALLOT, tour * PASS_ROOM + vote.turn, vote.hash)
        if u < table_value(after.veto_table[v], u_veto):
            return v, day, votes
    return -1, day, votes


@inlined
def feel(tension, unfelt, days):
    """Return (tension, what is not felt yet) some days on: an event is felt from the day after it, and decays."""
    if days > 0.0:
        return (tension + unfelt) * tension_decay(days), 0.0
    return tension, unfelt


@inlined
def ratify(case, row, after, hidden, trial, talks):
    """Return (a codes.Ratified, day of the decision, votes held) of the deal of a trial."""
    key, row_id = case.key, row[0]
    u_pace, _, _, _ = uniforms(key, hidden, row_id, HABIT, ZERO, ZERO)
    pace = normal(u_pace)
    held = case.held_done + talks.rounds_held - 1  # of the round at which the talks closed
    attempt = case.attempts_done + talks.attempts
    adjust = case.adjust_break_off
    if talks.stage >= 0:
        adjust += case.stage[talks.stage].break_off
    day, votes = float(talks.end_day), 0
    tension, unfelt, since = 0.0, 0.0, day
    for tour in range(MAX_PASSES):
        failed, day, more = hold_votes(case, row, after, hidden, trial, tour, day)
        votes += more
        if day > case.horizon:
            return PENDING, day, votes
        if failed < 0:
            return YES, day, votes
        if after.vote[failed].resume == 0 or tour == MAX_PASSES - 1:
            break
        tension, unfelt = feel(tension, unfelt, day - since)
        unfelt += tension_weight(SEVERE)
        held += 1
        attempt += 1
        u_scale, u_normal, _, _ = uniforms(key, trial, row_id, NEXT, ZERO, held)
        near = calendar.is_near(case.has_deadline, case.deadline_day, day)
        mean = calendar.gap_log_mean(row, pace, AFTER_HELD, near, held)
        plan = whole_day(day + calendar.gap(row, mean, 0.0, u_scale, u_normal, normal(u_normal)))
        if case.deadline_hard == 1 and plan > case.deadline_day and case.deadline_day <= case.horizon:
            return NO, max(case.deadline_day, day), votes
        if plan > case.horizon:
            return PENDING, plan, votes
        tension, unfelt = feel(tension, unfelt, plan - day)
        far = ending.is_far(case.has_deadline, case.deadline_day, plan)
        here = ending.is_here(case.has_deadline, case.deadline_day, plan)
        u_end, _, _, _ = uniforms(key, trial, row_id, END, ZERO, held)
        step = ending.break_off(row, HELD, tension, far, here, attempt, adjust, u_end)
        if step != ending.GOES_ON:
            last = plan
            if step == COLLAPSE:
                last = ending.collapse_day(key, row, trial, held, ZERO, plan)
            return (PENDING if last > case.horizon else NO), last, votes
        day, since = plan, plan
    return NO, day, votes


@inlined
def first_breach(key, row, after, hidden, trial):
    """Return days from entry into force to the first breach by any party; infinite where nobody would."""
    soonest = math.inf
    for p in range(after.breach_hash.shape[0]):
        u_rate, _, _, _ = uniforms(key, hidden, row[0], BREACH, ZERO, after.breach_hash[p])
        rate = table_value(after.breach_table[p], u_rate)
        if rate > 0.0:
            u_time, _, _, _ = uniforms(key, trial, row[0], BREACH, ONE, after.breach_hash[p])
            soonest = min(soonest, -math.log(u_time) / rate)
    return soonest


@inlined
def release(key, row, after, hidden, trial, breach):
    """Check every tranche on its day; return (released, wrongly released, wrongly withheld, days to an end).

    Terms are kept on a day before the first `breach`. One uniform a check, so that a verifier that is worse in either
    way errs where a better one does. Right is what a perfect verifier would do under the same luck.
    """
    u_positive, u_negative, _, _ = uniforms(key, hidden, row[0], VERIFY, ZERO, ZERO)
    false_positive = table_value(after.sensor_table[0], u_positive)
    false_negative = table_value(after.sensor_table[1], u_negative)
    released, wrong, withheld, ended = 0.0, 0.0, 0.0, math.inf
    waiting, waiting_kept = 0.0, 0.0  # suspended shares, and the part of them that was due
    for i in range(after.tranche.shape[0]):
        tranche = after.tranche[i]
        kept = breach > tranche.day
        alarm = True
        if ended == math.inf:
            u, _, _, _ = uniforms(key, trial, row[0], VERIFY, ONE, tranche.hash)
            alarm = u < (false_positive if kept else 1.0 - false_negative)
        if not alarm:
            released += tranche.share + waiting
            wrong += waiting - waiting_kept
            if not kept:
                wrong += tranche.share
            waiting, waiting_kept = 0.0, 0.0
        elif after.on_alarm == SUSPEND:
            waiting += tranche.share
            if kept:
                waiting_kept += tranche.share
        else:
            if kept:
                withheld += tranche.share
            if after.on_alarm == ENDS and ended == math.inf:
                ended = tranche.day
    return released, wrong, withheld + waiting_kept, ended


@entry
def play_aftermath(case, draws, after, first, last, trials, out, result):
    """Play what comes after the deals of cells ``first .. last - 1``, rows 0 .. of `out` and of `result`.

    `out` is what ``trial.play_batch`` wrote for the same cells; `result` (C,): AFTERMATH.
    """
    placed = draws.start.shape[0] > 0
    for cell in range(first, last):
        d, hidden, trial = cell // trials, cell % trials, cell % trials
        if placed:
            start = draws.start[cell]
            d, hidden, trial = start.draw, start.hidden, start.luck
        talks = out.trial[cell - first]
        record = result[cell - first]
        record.ratified = NO_DEAL
        record.in_force = -1
        record.votes = 0
        record.ratified_day = -1
        record.in_force_day = -1
        record.breach_day = -1
        record.released = 0.0
        record.wrongly_released = 0.0
        record.wrongly_withheld = 0.0
        if talks.ending > PARTIAL:
            continue
        row = draws.scalar[d]
        state, day, votes = ratify(case, row, after, hidden, trial, talks)
        record.ratified = np.int8(state)
        record.votes = np.int16(votes)
        record.in_force = 0
        if state != PENDING:
            record.ratified_day = np.int16(day)
        if state != YES:
            continue
        record.in_force_day = np.int16(day)
        breach = first_breach(case.key, row, after, hidden, trial)
        released, wrong, withheld, ended = release(case.key, row, after, hidden, trial, breach)
        record.released = np.float32(released)
        record.wrongly_released = np.float32(wrong)
        record.wrongly_withheld = np.float32(withheld)
        stands = whole_day(day + ended) > case.horizon
        if breach <= after.watch:
            record.breach_day = np.int16(whole_day(day + breach))
            stands = stands and whole_day(day + breach) > case.horizon
        record.in_force = 1 if stands else 0
