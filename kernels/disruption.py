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

from kernels.calendar import whole_day
from kernels.codes import BACKGROUND_DAYS, MAX_EVENTS, TENSION_HALF_LIFE, Column, Purpose
from kernels.jit import inlined
from kernels.random import ZERO, normal, uniforms

PULSE_DAYS = int(Column.PULSE_DAYS)
PULSE_BACKGROUND = int(Column.PULSE_BACKGROUND)
PULSE_AFTER = int(Column.PULSE_AFTER)
PULSE_BEFORE = int(Column.PULSE_BEFORE)
CLOCK = np.int64(Purpose.CLOCK)
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
def start_clocks(case, rates, trial, row_id, clock, count):
    """Set every kind's clock to its first event, in the measure of the intensity for rate 1."""
    for k in range(rates.shape[0]):
        count[k] = 0
        clock[k] = math.inf
        if rates[k] > 0.0:
            u, _, _, _ = uniforms(case.key, trial, row_id, CLOCK, ZERO, case.kind[k].hash)
            clock[k] = -math.log(u) / rates[k]


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
def play_interval(case, draws, d, row, trial, cell, out, log, clock, count, start, before, plan, stop, measure, state):
    """Play the events in (start, stop]; return the measure at `stop`, which is `plan` unless the talks end before it.

    `state` holds, and receives: [0] tension of events on days before `plan`'s, at `plan`; [1] tension of events on
    that very day, which count from the next attempt on; [2], [3] day and cause of the latest severe event before
    that day; [4], [5] the same on that day; [6] number of events so far.
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
    for k in range(clock.shape[0]):
        while clock[k] <= measure + total:
            if state[6] >= MAX_EVENTS:
                state[6] = MAX_EVENTS + 1.0  # one more than there is room for
                return measure + total
            time = event_time(row, start, before, plan, stop, background, after, clock[k] - measure)
            waiting, u_severity, u_zero, u_recovery = uniforms(
                case.key, trial, draws.scalar[d, 0], CLOCK, count[k] + 1, case.kind[k].hash
            )
            severity = 1
            while severity < 3 and u_severity >= draws.severity[d, k, severity - 1]:
                severity += 1
            day = whole_day(time)
            weight = tension_weight(severity) * tension_decay(plan - day)
            slot = 4
            if day < plan:
                state[0] += weight
                slot = 2
            else:
                state[1] += weight
            if severity == 3 and day >= state[slot]:
                state[slot] = day
                state[slot + 1] = case.kind[k].cause
            first = out.first_disruption[cell, k]
            if out.n_disruptions[cell, k] == 0 or day < first:
                out.first_disruption[cell, k] = day
            out.n_disruptions[cell, k] += 1
            slot = int(state[6])
            if cell < log.event.shape[0] and slot < log.event.shape[1]:
                entry = log.event[cell, slot]
                entry.day = time
                entry.recovery = recovery(draws, d, k, severity, u_zero, u_recovery)
                entry.kind = k
                entry.severity = severity
            state[6] += 1.0
            count[k] += 1
            clock[k] += -math.log(waiting) / draws.kind_rate[d, k]
    return measure + total


@inlined
def recovery(draws, d, k, severity, u_zero, u_normal):
    """Sample days to recovery: zero with a probability by severity, else lognormal."""
    if u_zero < draws.recovery_zero[d, k, severity - 1]:
        return 0.0
    return math.exp(
        draws.recovery_log_mean[d, k, severity - 1] + draws.recovery_sd[d, k, severity - 1] * normal(u_normal)
    )
