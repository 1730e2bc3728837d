"""Disruption events between two planned days: pulses around attempts over a small background.

Between the last planned day (`before`) and the next (`plan`) a kind with rate L has intensity
``L * { w0/28 + w1/T exp(-s/T) + w2/T exp(-r/T) }``, s days after the last and r days before the next planned day.
Each kind runs on its own clock of unit exponentials in the measure of that intensity, so event j of a kind has the
same luck whatever the other kinds do. Within an interval the measure is laid out as background, after, before (not
in order of time); any measure-preserving layout gives the same Poisson process and makes the inversion closed-form.
"""

from __future__ import annotations

import math

import numpy as np

from kernels import systems
from kernels.calendar import whole_day
from kernels.codes import BACKGROUND_DAYS, MAX_EVENTS, TENSION_HALF_LIFE, Cause, Column, Purpose
from kernels.jit import inlined
from kernels.lanes import FIRST_KIND
from kernels.random import ZERO, normal, uniforms

PULSE_DAYS = int(Column.PULSE_DAYS)
PULSE_BACKGROUND = int(Column.PULSE_BACKGROUND)
PULSE_AFTER = int(Column.PULSE_AFTER)
PULSE_BEFORE = int(Column.PULSE_BEFORE)
CLOCK = np.int64(Purpose.CLOCK)
EXCITE = np.int64(Purpose.EXCITE)
CHILD = np.int64(Purpose.CHILD)
ESCALATION = int(Cause.ESCALATION)
POLITICAL = int(Cause.POLITICAL)
PLAYED, QUEUED, DONE = 6, 7, 8  # places in the state: see play_queue
MOST_CHILDREN = 60  # of one event: a bound for the loop, far beyond any branching ratio below 1
NEVER = -math.inf
_DECAY = math.log(2.0) / TENSION_HALF_LIFE


@inlined
def tension_decay(days):
    """Return 2^(-days / 30)."""
    return math.exp(-_DECAY * days)


@inlined
def tension_weight(severity):
    """Return 0.5, 1, 2 for severity 1, 2, 3."""
    return 0.5 * (1 << (severity - 1))


@inlined
def start_clocks(rates, words, lane, clock, count):
    """Set every kind's clock to a bound of its first event, in the measure of the intensity for rate 1.

    1 - u is at most -log(u), and most intervals end before even that: the log is left to those that reach it, which
    a count of -1 tells.
    """
    for k in range(rates.shape[0]):
        count[k] = -1
        clock[k] = math.inf
        if rates[k] > 0.0:
            clock[k] = (1.0 - words[FIRST_KIND + k, 0, lane]) / rates[k]


@inlined
def event_time(row, start, before, plan, stop, background, after, position):
    """Return the time of the event at `position` of the interval's measure (background | after | before)."""
    days = row[PULSE_DAYS]
    if position < background:
        return start + (stop - start) * position / background
    if position < background + after:
        head = math.exp((before - start) / days)
        tail = math.exp((before - stop) / days)
        share = (position - background) / after
        return before - days * math.log(head - share * (head - tail))
    foot = math.exp((start - plan) / days)
    return min(stop, plan + days * math.log(foot + (position - background - after) / row[PULSE_BEFORE]))


@inlined
def enqueue(queue, state, time, kind, u_severity, u_zero, u_recovery):
    """Put an event into the queue of the trial; without room the count says so."""
    tail = int(state[QUEUED])
    if tail >= queue.shape[0]:
        state[PLAYED] = MAX_EVENTS + 1.0  # one more than there is room for
        return
    event = queue[tail]
    event.time, event.kind = time, kind
    event.u_severity, event.u_zero, event.u_recovery = u_severity, u_zero, u_recovery
    state[QUEUED] += 1.0


@inlined
def queue_interval(key, trial, row, kinds, rates, scratch, words, lane, start, before, plan, stop, measure):
    """Queue the events that fall in (start, stop] by themselves; return the measure at `stop`.

    `stop` is `plan` unless the talks do not live to see that day.
    """
    days = row[PULSE_DAYS]
    foot = math.exp((start - plan) / days)
    background = row[PULSE_BACKGROUND] / BACKGROUND_DAYS * (stop - start)
    after = 0.0
    if before > NEVER:
        head = 1.0 if start == before else math.exp((before - start) / days)
        after = row[PULSE_AFTER] * (head - (head * foot if stop == plan else math.exp((before - stop) / days)))
    top = 1.0 if stop == plan else math.exp((stop - plan) / days)
    total = background + after + row[PULSE_BEFORE] * (top - foot)
    clock, count = scratch.clock, scratch.count
    for k in range(clock.shape[0]):
        while clock[k] <= measure + total and scratch.state[PLAYED] <= MAX_EVENTS:
            if count[k] < 0:
                clock[k], count[k] = -math.log(words[FIRST_KIND + k, 0, lane]) / rates[k], 0
                continue
            time = event_time(row, start, before, plan, stop, background, after, clock[k] - measure)
            count[k] += 1
            waiting, u_severity, u_zero, u_recovery = uniforms(key, trial, row[0], CLOCK, count[k], kinds[k].hash)
            enqueue(scratch.queue, scratch.state, time, k, u_severity, u_zero, u_recovery)
            clock[k] += -math.log(waiting) / rates[k]
    return measure + total


@inlined
def set_off(key, trial, row, scratch, mean, mean_days, kind, time, place):
    """Queue the events that one sets off: a Poisson number with that mean, at exponential delays."""
    u, _, _, _ = uniforms(key, trial, row[0], EXCITE, ZERO, place)
    mass = math.exp(-mean)
    total, number = mass, 0
    while u > total and number < MOST_CHILDREN:
        number += 1
        mass *= mean / number
        total += mass
    for _ in range(number):
        tail = np.int64(scratch.state[QUEUED])
        u_delay, u_severity, u_zero, u_recovery = uniforms(key, trial, row[0], CHILD, ZERO, tail)
        enqueue(scratch.queue, scratch.state, time - math.log(u_delay) * mean_days, kind, u_severity, u_zero,
                u_recovery)


@inlined
def feel(state, day, plan, severity, cause):
    """Let an event of a day count at the planned day `plan`, or from the next attempt on when it is on that day."""
    weight = tension_weight(severity) * tension_decay(plan - day)
    slot = 4
    if day < plan:
        state[0] += weight
        slot = 2
    else:
        state[1] += weight
    if severity == 3 and day >= state[slot]:
        state[slot], state[slot + 1] = day, cause


@inlined
def play_queue(key, row, trial, kinds, machines, excite, chances, counts, firsts, events, scratch, plan, stop):
    """Play the queued events that are due by `stop`: tension, the latest severe one, counts, path, consequences.

    `excite`: (branching ratio, mean delay); `chances`: of this draw, by kind, (severity, recovery at once, its log
    mean, its sd); `counts`, `firsts`: of this trial, by kind; `events`: its path, of length 0 when it is not kept.

    ``scratch.state`` holds, and receives: [0] tension of events on days before `plan`'s, at `plan`; [1] tension of
    events on that very day, which count from the next attempt on; [2], [3] day and cause of the latest severe event
    before that day; [4], [5] the same on that day; [6] number of events played; [7] length of the queue; [8] place up
    to which all are played; [9] outages that wait; [10] the time up to which all systems are known to be up.
    """
    state = scratch.state
    place = int(state[DONE])
    waiting = -1
    while place < int(state[QUEUED]) and state[PLAYED] <= MAX_EVENTS:
        event = scratch.queue[place]
        if event.time <= stop:
            k, time = event.kind, event.time
            event.time = math.inf
            cumulative = chances[0][k]
            severity = 1
            while severity < 3 and event.u_severity >= cumulative[severity - 1]:
                severity += 1
            day = whole_day(time)
            cause = kinds[k].cause
            feel(state, day, plan, severity, cause)
            if counts[k] == 0 or day < firsts[k]:
                firsts[k] = day
            counts[k] += 1
            number = int(state[PLAYED])
            if number < events.shape[0]:
                entry = events[number]
                entry.day = time
                entry.recovery = recovery(
                    chances[1][k], chances[2][k], chances[3][k], severity, event.u_zero, event.u_recovery)
                entry.kind = k
                entry.severity = severity
            state[PLAYED] += 1.0
            if machines.shape[0] > 0 and severity > 1 and cause == POLITICAL:
                systems.sanction(key, trial, row[0], machines, scratch, time, place)
            if excite[0] > 0.0 and cause == ESCALATION:
                set_off(key, trial, row, scratch, excite[0], excite[1], k, time, place)
        elif event.time < math.inf and waiting < 0:
            waiting = place
        place += 1
    state[DONE] = place if waiting < 0 else waiting


@inlined
def recovery(zero, log_mean, sd, severity, u_zero, u_normal):
    """Sample days to recovery: zero with a probability by severity, else lognormal; arguments (3,) by severity."""
    if u_zero < zero[severity - 1]:
        return 0.0
    return math.exp(log_mean[severity - 1] + sd[severity - 1] * normal(u_normal))
