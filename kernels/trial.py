"""Play one trial: attempts one after another until the talks end or the horizon comes.

The order within an attempt is the law's: planned day, events up to it, absences, mode, lost or held, closing,
breaking off, next planned day. Only this file knows that order; every step is a function of another file.
"""

from __future__ import annotations

import math

import numpy as np

from kernels import calendar, concession, disruption, ending, participation
from kernels.calendar import whole_day
from kernels.codes import END_OF_DAY, MAX_ATTEMPTS, MAX_EVENTS, SEVERE_DAYS, Cause, Column, Ending, Mode, Overflow
from kernels.codes import Plan, Purpose, Report, Status, Without
from kernels.jit import merged
from kernels.random import ZERO, normal, uniforms

HABIT = np.int64(Purpose.HABIT)
CLOSE = np.int64(Purpose.CLOSE)
NEXT = np.int64(Purpose.NEXT)
LOSS = np.int64(Purpose.LOSS)
END = np.int64(Purpose.END)
REPORT = np.int64(Purpose.REPORT)
AUTHORITY = np.int64(Purpose.AUTHORITY)
HELD, POSTPONED, CANCELLED, NONE = (int(s) for s in Status)
AGREEMENT, PARTIAL, COLLAPSE, STALL, LAPSE, ONGOING = (int(e) for e in Ending)
GIVEN, FRESH, AFTER_HELD, AFTER_POSTPONED, AFTER_CANCELLED = (int(p) for p in Plan)
REPORT_ABSENT, REPORT_PRESENT, REPORT_UNKNOWN, NO_PRINCIPAL = (int(r) for r in Report)
DELEGATE, JOIN_REMOTE, STAY_AWAY = (int(w) for w in Without)
HYBRID = int(Mode.HYBRID)
CAUSE_NONE = int(Cause.NONE)
TOO_MANY_ATTEMPTS = int(Overflow.ATTEMPTS)
TOO_MANY_EVENTS = int(Overflow.EVENTS)
GAP_AFTER_CANCELLED = int(Column.GAP_AFTER_CANCELLED)
ABSENT_HABIT_SHARE = int(Column.ABSENT_HABIT_SHARE)
REPORT_RIGHT = int(Column.REPORT_RIGHT)
MODE_KEEP = int(Column.MODE_KEEP_AFTER_LOSS)
CLOSE_LOG_SCALE = int(Column.CLOSE_LOG_SCALE)
CLOSE_SHAPE = int(Column.CLOSE_SHAPE)
ZOPA = int(Column.ZOPA)
PARTIAL_SHARE = int(Column.PARTIAL_SHARE)
EFFORT_DONE = int(Column.EFFORT_DONE)
HAZARD_DONE = int(Column.HAZARD_DONE)
FIRST_RETRY_BITS = 256  # room for the retry number inside the address of a ranking of absentees


@merged
def next_planned(case, row, plan_kind, pace, anchor, known_day, u_scale, u_normal):
    """Return the next planned day by a rule of codes.Plan, counted from the whole day `anchor`.

    `known_day` is the last day known to have passed without it (the as-of date), or `anchor` itself.
    """
    floor = max(0.0, known_day - anchor + 0.5) if known_day > anchor else 0.0
    if plan_kind == AFTER_POSTPONED:
        return whole_day(anchor + calendar.slip(row, pace, floor, u_scale, u_normal))
    mean = calendar.gap_log_mean(row, pace, anchor, case.has_deadline, case.deadline_day)
    if plan_kind == AFTER_CANCELLED:
        mean += row[GAP_AFTER_CANCELLED]
    return whole_day(anchor + calendar.gap(row, mean, floor, u_scale, u_normal))


@merged
def absent_parties(case, row, trial, habit, held, retry, is_next, u_absent, u_habit):
    """Return (bit mask of absent parties, 1 when somebody unnamed is absent) at one attempt."""
    mask = 0
    named, unknown = 0, 0
    for p in range(case.party.shape[0]):
        report = case.party[p].report
        if report != NO_PRINCIPAL:
            named += 1
            if report == REPORT_UNKNOWN:
                unknown += 1
            elif is_next:
                u, _, _, _ = uniforms(case.key, trial, row[0], REPORT, ZERO, case.party[p].hash)
                right = u < row[REPORT_RIGHT]
                if (report == REPORT_ABSENT) == right:
                    mask |= 1 << p
    if is_next and named > 0 and unknown == 0:
        return mask, 0  # everybody's presence is reported; the habit has nothing to add
    if u_absent >= participation.absent_probability(row, habit):
        return mask, 0
    if named == 0:
        return mask, 1
    only_unknown = 1 if is_next else 0
    chosen = participation.lowest_rank(case, case.key, trial, row[0], 0, only_unknown, -1)
    if u_habit >= row[ABSENT_HABIT_SHARE]:
        sub = 1 + held * FIRST_RETRY_BITS + retry
        other = participation.lowest_rank(case, case.key, trial, row[0], sub, only_unknown, chosen)
        if other >= 0:
            chosen = other
    return mask | (1 << chosen), 0


@merged
def attendance(case, row, trial, mask, unnamed):
    """Return (authority missing in [0, 1], 1 when a principal joins by video, 1 when the wished mode is blocked)."""
    lack, joins, blocked = 0.0, 0, 0
    if unnamed == 1:
        lack = 1.0
    if mask != 0:
        coming = case.party.shape[0]
        for p in range(case.party.shape[0]):
            if (mask >> p) & 1:
                without = case.party[p].without
                if without == JOIN_REMOTE:
                    joins = 1
                elif without == STAY_AWAY:
                    lack = 1.0
                    coming -= 1
                    if case.party[p].veto == 1:
                        blocked = 1
                else:
                    u, _, _, _ = uniforms(case.key, trial, row[0], AUTHORITY, ZERO, case.party[p].hash)
                    lack = max(lack, 1.0 - concession.table_value(case.party_authority[p], u))
        if coming < 2:
            blocked = 1
    return lack, joins, blocked


@merged
def write_issues(case, row, trial, cell, out, log, coin, rank, hazard, needed):
    """Settle the issues whose part of the hazard is reached; with a log, write the hidden facts of all."""
    for j in range(case.issue.shape[0]):
        out.settlement[cell, j] = np.nan
        out.issue_closed[cell, j] = 0
        overlap = concession.overlap_of(case, j, rank)
        closed = overlap == 1 and coin == 1 and hazard >= case.issue[j].difficulty * needed
        if closed:
            value, _ = concession.settle(case, row, trial, j)
            out.settlement[cell, j] = value
            out.issue_closed[cell, j] = 1
        if cell < log.meeting.shape[0]:
            more, less = case.issue[j].more, case.issue[j].less
            edge_more, edge_less = concession.sample_reservations(case, row, trial, j, overlap)
            log.reservation[cell, j, more] = edge_more
            log.reservation[cell, j, less] = edge_less
            log.kappa[cell, j, more] = concession.sample_kappa(case, row, trial, j, more)
            log.kappa[cell, j, less] = concession.sample_kappa(case, row, trial, j, less)
            if overlap == 1:
                _, log.meeting[cell, j] = concession.settle(case, row, trial, j)


@merged
def play(case, draws, d, trial, cell, out, log, clock, count, state):
    """Play trial number `trial` of draw `d` into row `cell` of `out` (and of `log` when it has rows)."""
    row = draws.scalar[d]
    key, row_id = case.key, row[0]
    u_pace, u_frailty, u_habit_level, _ = uniforms(key, trial, row_id, HABIT, ZERO, ZERO)
    pace, frailty, habit = normal(u_pace), normal(u_frailty), normal(u_habit_level)
    u_needed, u_coin, u_rank, u_partial = uniforms(key, trial, row_id, CLOSE, ZERO, ZERO)
    needed = row[HAZARD_DONE] - math.log(u_needed)
    coin = 1 if u_coin < row[ZOPA] else 0
    apart = 1.0 - case.overlap_least
    rank = apart + case.overlap_least * u_rank if coin == 1 else apart * u_rank

    scale = math.exp(-row[CLOSE_LOG_SCALE])
    shape = row[CLOSE_SHAPE]
    effort = row[EFFORT_DONE]
    power = (effort * scale) ** shape
    hazard = row[HAZARD_DONE]

    for k in range(clock.shape[0]):
        out.n_disruptions[cell, k] = 0
        out.first_disruption[cell, k] = -1
    for p in range(case.party.shape[0]):
        out.absent[cell, p] = 0
    disruption.start_clocks(case, draws.kind_rate[d], trial, row_id, clock, count)
    state[0], state[1] = case.tension, 0.0
    state[2], state[3] = case.severe_day, float(case.severe_cause)
    state[4], state[5] = disruption.NEVER, 0.0
    state[6] = 0.0

    held, retry, attempt = case.held_done, case.retry_done, case.attempts_done
    plan_kind, anchor, known = case.plan_kind, case.anchor_day, 0.0
    before, start, measure = case.last_planned_day, 0.0, 0.0
    mode, home = case.wished_mode, case.home_mode
    new, new_held = 0, 0
    result, end_day = ONGOING, case.horizon
    next_status, next_day, next_mode, next_on_time, next_cause = NONE, -1, -1, 0, CAUSE_NONE
    overflow = 0

    while True:
        is_next = new == 0
        u_scale, u_normal, u_stay, u_switch = uniforms(key, trial, row_id, NEXT, retry, held)
        if plan_kind == GIVEN:
            plan = case.plan_day
        else:
            plan = next_planned(case, row, plan_kind, pace, anchor, known, u_scale, u_normal)

        # Events go on to the planned day, or to the end of the last day when the talks do not live to see it.
        last = min(case.horizon, case.deadline_day) if case.deadline_hard == 1 else case.horizon
        stop = plan if plan <= last else last + END_OF_DAY
        if plan > start:  # a second attempt on one day sees no more than the first: events strictly before
            state[0] = (state[0] + state[1]) * disruption.tension_decay(plan - start)
            state[1] = 0.0
            if state[4] > disruption.NEVER:
                state[2], state[3] = state[4], state[5]
                state[4] = disruption.NEVER
        measure = disruption.play_interval(
            case, draws, d, row, trial, cell, out, log, clock, count, start, before, plan, stop, measure, state
        )
        if state[6] > MAX_EVENTS:
            overflow = TOO_MANY_EVENTS
            break
        if case.deadline_hard == 1 and plan > case.deadline_day and case.deadline_day <= case.horizon:
            result, end_day = LAPSE, case.deadline_day
            break
        if plan > case.horizon:
            break
        if new >= MAX_ATTEMPTS:
            overflow = TOO_MANY_ATTEMPTS
            break

        # Who comes, in which mode.
        new += 1
        attempt += 1
        u_absent, u_habit, u_loss, u_kind = uniforms(key, trial, row_id, LOSS, retry, held)
        u_end, u_zero, u_length, u_keep = uniforms(key, trial, row_id, END, retry, held)
        if mode < 0:
            mode = participation.pick(draws.mode_first[d], u_switch)
        elif not (is_next and case.mode_declared == 1):
            if retry == 0 or u_keep >= row[MODE_KEEP]:
                mode = participation.next_mode(
                    row, draws.mode_stay[d], draws.mode_switch[d], mode, home, u_stay, u_switch
                )
        if home < 0:
            home = mode
        mask, unnamed = absent_parties(case, row, trial, habit, held, retry, is_next, u_absent, u_habit)
        lack, joins, blocked = attendance(case, row, trial, mask, unnamed)
        absent = mask != 0 or unnamed == 1
        session = HYBRID if joins == 1 and mode < HYBRID else mode
        if mask != 0:
            for p in range(case.party.shape[0]):
                out.absent[cell, p] += (mask >> p) & 1

        # Lost, held elsewhere, or held.
        severe = plan - state[2] <= SEVERE_DAYS
        p_lost = participation.lost_probability(row, frailty, severe, absent, session, case.adjust_loss)
        trouble, cause = p_lost, CAUSE_NONE
        rung = participation.first_rung(case.ladder, session)
        if blocked == 1 or u_loss < p_lost or rung >= 0:
            likely = participation.cause_of(absent, severe, int(state[3]))
            retreat = draws.retreat[d, likely] if rung >= 0 else 0.0
            if blocked == 1:
                p_lost, trouble = 1.0 - retreat, 1.0
            elif p_lost < 1.0 - retreat:
                trouble = p_lost / (1.0 - retreat)
            else:
                trouble = 1.0
            if u_loss < trouble:
                cause = likely
        status = HELD
        if u_loss < p_lost:
            status = POSTPONED
            if u_kind < participation.cancelled_probability(row, severe, absent):
                status = CANCELLED
        elif u_loss < trouble and rung >= 0:
            session = rung
            if case.sticky == 1:
                mode = rung

        # Effort, closing, breaking off.
        far, here = ending.is_far(case, plan), ending.is_here(case, plan)
        last_day = plan
        if status == HELD:
            new_held += 1
            last_day = whole_day(plan + calendar.length(row, u_zero, u_length))
            effort += ending.effort_of_round(row, session, lack)
            power_after = (effort * scale) ** shape
            hazard += ending.hazard_step(case, row, power, power_after, far)
            power = power_after
            if next_day < 0:
                next_day, next_mode = int(plan), session
        if is_next:
            next_status, next_cause = status, cause
            next_on_time = 1 if status == HELD else 0
        slot = new - 1
        if cell < log.attempt.shape[0]:
            entry = log.attempt[cell, slot]
            entry.day = plan
            entry.end = last_day
            entry.tension = state[0]
            entry.effort = effort
            entry.hazard = hazard / needed
            entry.status = status
            entry.mode = session
            entry.cause = cause
            entry.absent = mask
        if status == HELD and coin == 1 and hazard >= needed:
            result = PARTIAL if u_partial < row[PARTIAL_SHARE] else AGREEMENT
            end_day = last_day
            break
        step = ending.break_off(case, row, status, state[0], far, here, attempt, u_end)
        if step != ending.GOES_ON:
            result, end_day = step, last_day
            if step == COLLAPSE:
                end_day = ending.collapse_day(case, row, trial, held, retry, last_day)
            if case.has_deadline == 1 and end_day >= case.deadline_day:
                if end_day - case.deadline_day <= 1.0:
                    result = LAPSE
                elif case.deadline_hard == 1:  # silence does not outlive a hard deadline; a round under way does
                    result, end_day = LAPSE, max(case.deadline_day, last_day)
            break

        # The next attempt counts from here.
        anchor, known = last_day, last_day
        before, start = plan, plan
        if status == HELD:
            plan_kind, held, retry = AFTER_HELD, held + 1, 0
        else:
            plan_kind = AFTER_POSTPONED if status == POSTPONED else AFTER_CANCELLED
            retry += 1

    if end_day > case.horizon:
        result, end_day = ONGOING, case.horizon
    write_issues(case, row, trial, cell, out, log, coin, rank, hazard, needed)
    result_row = out.trial[cell]
    result_row.effort = np.float32(effort)
    result_row.end_day = np.int16(end_day)
    result_row.attempts = np.int16(new)
    result_row.rounds_held = np.int16(new_held)
    result_row.next_day = np.int16(next_day)
    result_row.ending = np.int8(result)
    result_row.zopa = np.int8(coin)
    result_row.next_status = np.int8(next_status)
    result_row.next_mode = np.int8(next_mode)
    result_row.next_on_time = np.int8(next_on_time)
    result_row.next_cause = np.int8(next_cause)
    result_row.overflow = np.int8(overflow)
