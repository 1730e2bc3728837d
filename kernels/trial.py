"""Play one trial: attempts one after another until the talks end or the horizon comes.

The order within an attempt is the law's: planned day, events up to it, absences, mode, lost or held, closing,
breaking off, next planned day. Only this file knows that order; every step is a function of another file.
"""

from __future__ import annotations

import math

import numpy as np

from kernels import attendance, calendar, disruption, ending, incidents, lanes, participation, silence
from kernels import stages, systems
from kernels.calendar import whole_day
from kernels.codes import ATTEMPTS_AHEAD, END_OF_DAY, LANES, MAX_ATTEMPTS, MAX_EVENTS, SEVERE_DAYS, Cause, Column
from kernels.codes import Ending, Mode, Overflow, Plan, Status
from kernels.jit import entry, inlined
from kernels.random import ONE, ZERO
from kernels.terms import write_issues

HELD, POSTPONED, CANCELLED, NONE = (int(s) for s in Status)
AGREEMENT, PARTIAL, COLLAPSE, STALL, LAPSE, ONGOING = (int(e) for e in Ending)
GIVEN, FRESH, AFTER_HELD, AFTER_POSTPONED, AFTER_CANCELLED = (int(p) for p in Plan)
HYBRID, REMOTE = int(Mode.HYBRID), int(Mode.REMOTE)
CAUSE_NONE = int(Cause.NONE)
CAUSE_SYSTEM = np.int64(Cause.SYSTEM)
TOO_MANY_ATTEMPTS = int(Overflow.ATTEMPTS)
TOO_MANY_EVENTS = int(Overflow.EVENTS)
MODE_KEEP = int(Column.MODE_KEEP_AFTER_LOSS)
CLOSE_RATE = int(Column.CLOSE_RATE)
CLOSE_SHAPE = int(Column.CLOSE_SHAPE)
ZOPA = int(Column.ZOPA)
PARTIAL_SHARE = int(Column.PARTIAL_SHARE)
EFFORT_DONE = int(Column.EFFORT_DONE)
POWER_DONE = int(Column.POWER_DONE)
HAZARD_DONE = int(Column.HAZARD_DONE)
HAZARD_SEEN = int(Column.HAZARD_SEEN)


@inlined
def next_planned(case, row, plan_kind, pace, anchor, known_day, held, u_scale, u_normal, z):
    """Return the next planned day by a rule of codes.Plan, counted from the whole day `anchor`.

    `known_day` is the last day known to have passed without it (the as-of date); -inf where nothing is known.
    """
    floor = max(0.0, known_day - anchor + 0.5)
    if plan_kind == AFTER_POSTPONED:
        return whole_day(anchor + calendar.slip(row, pace, floor, u_scale, u_normal, z))
    near = calendar.is_near(case.has_deadline, case.deadline_day, anchor)
    mean = calendar.gap_log_mean(row, pace, plan_kind, near, held)
    return whole_day(anchor + calendar.gap(row, mean, floor, u_scale, u_normal, z))


@inlined
def first_rung(ladder, system, wear, mode, outage):
    """Return the first mode of the ladder other than `mode` whose systems are up, or -1.

    `outage` 0: all of them are.
    """
    for i in range(ladder.shape[0]):
        if ladder[i] != mode and (outage == 0 or systems.any_down(system, wear, ladder[i]) < 0):
            return ladder[i]
    return -1


@entry
def play_batch(case, draws, first, last, trials, out, log, memory):
    """Play cells ``first .. last - 1`` into rows 0 .. of `out` (and `log` if it has rows).

    A cell is draw * trials + trial. Hidden facts of the talks have the address `hidden`, everything else, luck, the
    address `trial`. A cell writes only its own row, so results do not depend on how the range is cut. Serial and free
    of the interpreter lock: threads, processes and clusters each take a range.

    The loop over cells is in here, not around a call: compiling is the wait of a first run, and a function that is
    called is compiled once for itself and once more where it is inlined.
    """
    scratch, ahead = memory.trial, memory.ahead
    key, words = case.key, ahead.words
    first_attempt = lanes.FIRST_KIND + case.kind.shape[0]
    for number in range(first, last):
        cell = number - first
        lane = cell % LANES
        if lane == 0:
            for other in range(min(LANES, last - number)):
                d, hidden, trial = lanes.address(draws.start, number + other, trials)
                ahead.address[lanes.HIDDEN, other] = hidden
                ahead.address[lanes.LUCK, other] = trial
                ahead.address[lanes.ROW, other] = np.uint64(draws.scalar[d, 0])
            lanes.fill(key, ahead.block, ahead.address, words)
            lanes.fill_normals(first_attempt, words, ahead.normal)
            systems.fill_systems(case.system, scratch.wear, words, ahead.days)
        d, hidden, trial = lanes.address(draws.start, number, trials)
        row = draws.scalar[d]
        row_id = row[0]
        u_pace, u_frailty, u_habit_level, _ = lanes.stored(words, lanes.HABIT_BLOCK, lane)
        pace = lanes.normal_of(ahead.normal, lanes.PACE, lane, ONE, u_pace)
        frailty = lanes.normal_of(ahead.normal, lanes.FRAILTY, lane, ONE, u_frailty)
        habit = lanes.normal_of(ahead.normal, lanes.ABSENCE, lane, ONE, u_habit_level)
        calm = participation.calm_odds(row, frailty, case.adjust_loss)
        likely_absent = attendance.absent_probability(row, habit)
        u_needed, u_coin, u_rank, u_partial = lanes.stored(words, lanes.CLOSE_BLOCK, lane)
        needed = row[HAZARD_SEEN] - math.log(u_needed)
        coin = 1 if u_coin < row[ZOPA] else 0
        apart = 1.0 - case.overlap_least
        rank = apart + case.overlap_least * u_rank if coin == 1 else apart * u_rank

        rate = row[CLOSE_RATE]
        shape = row[CLOSE_SHAPE]
        effort = row[EFFORT_DONE]
        power = row[POWER_DONE]
        hazard = row[HAZARD_DONE]
        reached = hazard  # by the rounds that end within the horizon
        if cell < log.start.shape[0]:
            log.start[cell, 0], log.start[cell, 1] = hazard / needed, effort

        state = scratch.state
        chances = (draws.severity[d], draws.recovery_zero[d], draws.recovery_log_mean[d], draws.recovery_sd[d])
        events = log.event[cell] if cell < log.event.shape[0] else scratch.no_event
        for k in range(scratch.clock.shape[0]):
            out.n_disruptions[cell, k] = 0
            out.first_disruption[cell, k] = -1
        for p in range(case.party.shape[0]):
            out.absent[cell, p] = 0
        disruption.start_clocks(draws.kind_rate[d], words, lane, scratch.clock, scratch.count)
        state[0], state[1] = case.tension, 0.0
        state[2], state[3] = case.severe_day, float(case.severe_cause)
        state[4], state[5] = disruption.NEVER, 0.0
        state[6:] = 0.0
        systems.start_systems(case.system, scratch, words, ahead.days, lane)

        held, retry, attempt = case.held_done, case.retry_done, case.attempts_done
        plan_kind, anchor, known = case.plan_kind, case.anchor_day, disruption.NEVER if case.plan_kind == FRESH else 0.0
        # An attempt lost before its day came is felt from the as-of date on.
        before, start, measure = min(case.last_planned_day, 0.0), 0.0, 0.0
        met = case.last_held_day
        mode, home = case.wished_mode, case.home_mode
        new, new_held, retreats, system_trouble, incident = 0, 0, 0, 0, ZERO
        stage, stage_rounds, pause = case.stage_start, case.stage_rounds, 0.0
        result, end_day = ONGOING, case.horizon
        next_status, next_day, next_mode, next_on_time, next_cause = NONE, -1, -1, 0, CAUSE_NONE
        overflow, over = 0, False
        if case.silent == 1:
            far = ending.is_far(case.has_deadline, case.deadline_day, case.last_planned_day)
            here = ending.is_here(case.has_deadline, case.deadline_day, case.last_planned_day)
            odds = ending.break_off_odds(
                row, case.last_status, case.last_tension, far, here, case.attempts_done, case.adjust_break_off)
            go_on = silence.still_silent(
                row, pace, case.plan_kind, case.anchor_day, case.has_deadline, case.deadline_day, case.held_done)
            over, result, end_day = silence.silence(
                key, row, trial, odds, go_on, case.anchor_day, case.horizon, case.has_deadline, case.deadline_day,
                case.deadline_hard)

        while not over:
            is_next = new == 0
            # The blocks of the first attempts are filled ahead, if no loss has moved them.
            place = held - case.held_done
            known_ahead = ZERO
            if place < ATTEMPTS_AHEAD and retry == (case.retry_done if place == 0 else 0):
                known_ahead = ONE
            block, z_place = first_attempt + 3 * place, lanes.FIRST_NORMAL + 2 * place
            u_scale, u_normal, u_stay, u_switch = lanes.of_attempt(
                words, block, lane, known_ahead, key, trial, row_id, lanes.NEXT, retry, held)
            if plan_kind == GIVEN:
                plan = case.plan_day
            else:
                z = lanes.normal_of(ahead.normal, z_place, lane, known_ahead, u_normal)
                plan = next_planned(case, row, plan_kind, pace, anchor, known, held, u_scale, u_normal, z)
                plan = whole_day(plan + pause)
            due, culprit, felt = plan, -1, incident
            if case.incident.shape[0] > 0:
                plan, incident, culprit = incidents.incidents_due(
                    key, row, trial, case.incident, scratch, plan, incident)

            # Events go on to the planned day, or to the end of the last day when the talks do not live to see it.
            limit = min(case.horizon, case.deadline_day) if case.deadline_hard == 1 else case.horizon
            stop = plan if plan <= limit else limit + END_OF_DAY
            if plan > start:  # a second attempt on one day sees no more than the first: events strictly before
                if state[0] + state[1] > 0.0:
                    state[0] = (state[0] + state[1]) * disruption.tension_decay(plan - start)
                    state[1] = 0.0
                if state[4] > disruption.NEVER:
                    state[2], state[3] = state[4], state[5]
                    state[4] = disruption.NEVER
            incidents.feel_incidents(case.incident, state, plan, felt, incident)
            measure = disruption.queue_interval(
                key, trial, row, case.kind, draws.kind_rate[d], scratch, words, lane, start, before, plan, stop, measure
            )
            disruption.play_queue(
                key, row, trial, case.kind, case.system, (case.excite, case.excite_days), chances,
                out.n_disruptions[cell], out.first_disruption[cell], events, scratch, plan, stop)
            if state[disruption.PLAYED] > MAX_EVENTS:
                overflow = TOO_MANY_EVENTS
                break
            if case.deadline_hard == 1 and plan > case.deadline_day and case.deadline_day <= case.horizon:
                result, end_day = LAPSE, max(case.deadline_day, anchor)  # a round under way is not cut short
                break
            if plan > case.horizon:
                break
            if new >= MAX_ATTEMPTS:
                overflow = TOO_MANY_ATTEMPTS
                break

            # Who comes, in which mode.
            new += 1
            attempt += 1
            u_absent, u_habit, u_loss, u_kind = lanes.of_attempt(
                words, block + 1, lane, known_ahead, key, trial, row_id, lanes.LOSS, retry, held)
            u_end, u_zero, u_length, u_keep = lanes.of_attempt(
                words, block + 2, lane, known_ahead, key, trial, row_id, lanes.END, retry, held)
            if mode < 0:
                mode = participation.pick(draws.mode_first[d], u_switch)
            elif not (is_next and case.mode_declared == 1):
                if retry == 0 or u_keep >= row[MODE_KEEP]:
                    mode = participation.next_mode(
                        row, draws.mode_stay[d], draws.mode_switch[d], mode, home, u_stay, u_switch
                    )
            if home < 0:
                home = mode
            mask, unnamed = attendance.absent_parties(
                key, case.party, row, hidden, trial, likely_absent, held, retry, is_next, u_absent, u_habit)
            lack, joins, blocked = attendance.attendance(
                key, case.party, case.party_authority, row, hidden, mask, unnamed)
            absent = mask != 0 or unnamed == 1
            session = mode
            if joins > 0 and mode < HYBRID:
                session = HYBRID if joins < case.party.shape[0] else REMOTE  # hybrid while anyone is in the room
            if mask != 0:
                for p in range(case.party.shape[0]):
                    out.absent[cell, p] += (mask >> p) & 1

            # Lost, held elsewhere, or held.
            stage_loss, stage_break_off, can_close = 0.0, 0.0, True
            if stage >= 0:
                stage_loss, stage_break_off = case.stage[stage].loss, case.stage[stage].break_off
                can_close = case.stage[stage].can_close == 1
            broken, outage = -1, systems.advance_all(key, trial, row_id, case.system, scratch, ahead.days, lane, plan)
            if outage == 1:
                broken = systems.any_down(case.system, scratch.wear, session)
            severe = plan - state[2] <= SEVERE_DAYS
            calm_here = calm if stage_loss == 0.0 else calm * math.exp(stage_loss)
            p_lost = participation.lost_probability(
                row, calm_here, severe, absent, participation.is_virtual(session))
            if case.system.shape[0] > 0:
                # The table's losses include those to failures at the usual rates; here failures are played one by one.
                spoilt = case.base_down[session] - draws.retreat[d, CAUSE_SYSTEM] * case.base_saved[session]
                p_lost = max(0.0, (p_lost - spoilt) / (1.0 - case.base_down[session]))
            trouble, cause = p_lost, CAUSE_NONE
            rung = first_rung(case.ladder, case.system, scratch.wear, session, outage)
            if blocked == 1 or broken >= 0 or u_loss < p_lost or rung >= 0:
                likely = participation.cause_of(absent, severe, int(state[3]))
                if broken >= 0 and blocked == 0:  # who stays away would not have come with every system up
                    likely = CAUSE_SYSTEM
                retreat = draws.retreat[d, likely] if rung >= 0 else 0.0
                if blocked == 1 or broken >= 0:
                    p_lost, trouble = 1.0 - retreat, 1.0
                elif p_lost < 1.0 - retreat:
                    trouble = p_lost / (1.0 - retreat)
                else:
                    trouble = 1.0
                if u_loss < trouble:
                    cause = likely
                    if broken >= 0 and blocked == 0:
                        system_trouble += 1
                        scratch.wear[broken].lost += 1
            if plan > due and cause == CAUSE_NONE:
                cause = CAUSE_SYSTEM
                system_trouble += 1
                if culprit >= 0:
                    scratch.wear[culprit].lost += 1
            status, begins, asked = HELD, plan, session
            if u_loss < p_lost:
                status = POSTPONED
                if u_kind < participation.cancelled_probability(row, severe, absent):
                    status = CANCELLED
            elif u_loss < trouble and rung >= 0:
                session = rung
                retreats += 1
                begins = whole_day(plan + case.switch_delay)
                if case.sticky == 1:
                    mode = rung

            # Effort, closing, breaking off.
            far = ending.is_far(case.has_deadline, case.deadline_day, plan)
            here = ending.is_here(case.has_deadline, case.deadline_day, plan)
            last_day = plan
            if status == HELD:
                z = lanes.normal_of(ahead.normal, z_place + 1, lane, known_ahead, u_length)
                last_day = whole_day(begins + calendar.length(row, u_zero, z))
                work = ending.effort_of_round(row, session, lack, begins - met if met > disruption.NEVER else -1.0)
                met = last_day
                if stage >= 0:
                    work *= case.stage[stage].effort
                effort += work
                power_after = (effort * rate) ** shape
                hazard += ending.hazard_step(row, power, power_after, far, case.adjust_closing)
                power = power_after
                if last_day <= case.horizon:
                    reached = hazard
                if begins <= case.horizon:  # a change of mode may take it beyond
                    new_held += 1
                    if next_day < 0:
                        next_day, next_mode = int(begins), session
            if is_next:
                next_status, next_cause = status, cause
                next_on_time = 1 if status == HELD and begins == due else 0
            slot = new - 1
            if cell < log.attempt.shape[0]:
                entry = log.attempt[cell, slot]
                entry.day = due
                entry.begins = begins
                entry.end = last_day
                entry.tension = state[0]
                entry.effort = effort
                entry.hazard = hazard / needed
                entry.status = status
                entry.mode = session
                entry.wished = asked
                entry.cause = cause
                entry.absent = mask
            if status == HELD and can_close and coin == 1 and hazard >= needed:
                result = PARTIAL if u_partial < row[PARTIAL_SHARE] else AGREEMENT
                end_day = last_day
                break
            adjust = case.adjust_break_off + stage_break_off
            step = ending.break_off(row, status, state[0], far, here, attempt, adjust, u_end)
            if step != ending.GOES_ON:
                result, end_day = step, last_day
                if step == COLLAPSE:
                    end_day = ending.collapse_day(key, row, trial, held, retry, last_day)
                if case.has_deadline == 1 and end_day >= case.deadline_day:
                    if end_day - case.deadline_day <= 1.0:
                        result = LAPSE
                    elif case.deadline_hard == 1:  # silence does not outlive a hard deadline; a round under way does
                        result, end_day = LAPSE, max(case.deadline_day, last_day)
                break

            # The next attempt counts from here.
            anchor, known = last_day, disruption.NEVER
            before, start = plan, plan
            pause = 0.0
            if status == HELD:
                if stage >= 0:
                    stage, stage_rounds, pause = stages.next_stage(
                        key, row, hidden, trial, case.stage, case.go_table, stage, stage_rounds + 1, held)
                plan_kind, held, retry = AFTER_HELD, held + 1, 0
            else:
                plan_kind = AFTER_POSTPONED if status == POSTPONED else AFTER_CANCELLED
                retry += 1

        if end_day > case.horizon:
            result, end_day = ONGOING, case.horizon
        terms = (case.issue, case.position, case.edge_table, case.gap_table, case.belief_table, case.kappa_table)
        write_issues(
            key, row, hidden, terms, out.settlement[cell], out.issue_closed[cell], cell, log, scratch.reserve,
            scratch.kappa, coin, rank, reached, needed)
        while incident < case.incident.shape[0] and case.incident[incident].day <= end_day:
            incidents.impose(key, row, trial, case.incident, scratch, incident)
            incident += 1
        systems.close_books(
            key, trial, row_id, case.system, scratch, ahead.days, lane, out.downtime[cell], out.system_lost[cell],
            end_day)
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
        result_row.stage = np.int8(stage)
        result_row.retreats = np.int16(retreats)
        result_row.system_trouble = np.int16(system_trouble)
