"""Technical systems: alternating renewal with spares, and failures imposed from outside.

The unit in service fails at `rate`; with probability `spare` (which packing sets to (1 - common cause) (1 - u^r),
u = rate m / (1 + rate m), r spares) a spare takes over after `failover` days, else a repair takes an exponential time
with mean m. Availability is 1 / (1 + rate (spare failover + (1 - spare) m)); a trial starts in equilibrium, so this is
the probability of being up on any day. Up-times are exponential, so an outage from outside simply starts the next one
and the up-time after it is fresh.
"""

from __future__ import annotations

import math

import numpy as np

from kernels.codes import LANES, Purpose
from kernels.jit import inlined
from kernels.lanes import stored
from kernels.random import ZERO, exponential, uniforms

SYSTEM = np.int64(Purpose.SYSTEM)
SANCTION = np.int64(Purpose.SANCTION)
INCIDENT = np.int64(Purpose.INCIDENT)
WAITING, QUIET = 9, 10  # places in the state of the trial, see disruption.play_queue
NEVER = -math.inf
MOST_FAILURES = 100_000  # per system and trial: beyond it the system counts as it then is


@inlined
def up_time(rate, u):
    """Return the days until the next failure of a system that has come up: exponential, of rank `u`."""
    return exponential(u) / rate  # infinite at a rate of 0: no rank is 1


@inlined
def outage_time(spare, failover, repair, u_spare, u_repair):
    """Return the days a failure costs: a failover where a spare takes over, else an exponential repair."""
    days = exponential(u_repair) * repair
    return failover if u_spare < spare else days


@inlined
def fill_systems(systems, wear, words, days):
    """Write (S, 1 + 2 failures, LANES): the first up-time, then of each failure ahead its outage and next up-time."""
    for s in range(systems.shape[0]):
        system, block = systems[s], wear[s].block
        rate, spare, failover, repair = system.rate, system.spare, system.failover, system.repair
        for lane in range(LANES):
            days[s, 0, lane] = up_time(rate, words[block, 3, lane])
        for ahead in range(wear[s].ahead):
            block += 1
            for lane in range(LANES):
                days[s, 1 + 2 * ahead, lane] = outage_time(
                    spare, failover, repair, words[block, 1, lane], words[block, 2, lane])
                days[s, 2 + 2 * ahead, lane] = up_time(rate, words[block, 0, lane])


@inlined
def start_systems(systems, scratch, words, days, lane):
    """Put every system into equilibrium at day 0: down with probability 1 - availability, for what is left of it."""
    quiet = math.inf
    for s in range(systems.shape[0]):
        system, w = systems[s], scratch.wear[s]
        w.since, w.downtime = 0.0, 0.0
        w.down, w.count, w.lost = 0, 0, 0
        w.forced, w.place = math.inf, -1
        u, u_which, u_left, _ = stored(words, w.block, lane)
        w.up = days[s, 0, lane]
        bridged, repaired = system.spare * system.failover, (1.0 - system.spare) * system.repair
        outage = bridged + repaired
        if u * (1.0 + system.rate * outage) < system.rate * outage:
            w.down = 1
            if u_which * outage < bridged:  # an outage met on the way is a long one: chosen by its length
                w.next = u_left * system.failover
            else:
                w.next = -math.log(u_left) * system.repair
        else:
            w.next = w.up
        quiet = min(quiet, NEVER if w.down == 1 else w.next)
    scratch.state[QUIET] = quiet


@inlined
def force_down(scratch, s, start, end):
    """Let an outage of system number `s` wait; when the list is full it is left out."""
    outages, state = scratch.outage, scratch.state
    count = int(state[WAITING])
    place = 0
    while place < count and outages[place].system >= 0:
        place += 1
    if place == outages.shape[0]:
        return
    if place == count:
        state[WAITING] += 1.0
    outages[place].start, outages[place].end, outages[place].system = start, end, s
    w = scratch.wear[s]
    if start < w.forced:
        w.forced, w.place = start, place
    state[QUIET] = min(state[QUIET], start)


@inlined
def take_outage(scratch, s):
    """Return the end of the next outage imposed on system number `s`, and look for the one after it."""
    outages, w = scratch.outage, scratch.wear[s]
    end = outages[w.place].end
    outages[w.place].system = -1
    w.forced, w.place = math.inf, -1
    for place in range(int(scratch.state[WAITING])):
        if outages[place].system == s and outages[place].start < w.forced:
            w.forced, w.place = outages[place].start, place
    return end


@inlined
def failure(key, trial, row_id, system, ahead, days, lane, s, count):
    """Return the days that failure number `count` of system number `s` costs, and those it then is up.

    The first of them, `ahead`, are filled.
    """
    if count < ahead:
        return days[s, 1 + 2 * count, lane], days[s, 2 + 2 * count, lane]
    u_up, u_spare, u_repair, _ = uniforms(key, trial, row_id, SYSTEM, count, system.hash)
    return (outage_time(system.spare, system.failover, system.repair, u_spare, u_repair), up_time(system.rate, u_up))


@inlined
def advance(key, trial, row_id, system, scratch, days, lane, s, until):
    """Play system number `s` up to the time `until`; afterwards ``down`` tells whether it is down then."""
    w = scratch.wear[s]
    if min(w.next, w.forced) > until:
        return
    down, since, then, downtime, count, up = w.down, w.since, w.next, w.downtime, w.count, w.up
    while True:
        if down == 0:
            start = min(then, w.forced)
            if start > until or count >= MOST_FAILURES:
                break
            since = max(start, since)
            outage, up = failure(key, trial, row_id, system, w.ahead, days, lane, s, count)
            count += 1
            down = 1
            then = max(since, take_outage(scratch, s)) if w.forced <= then else since + outage
        while w.forced <= then:
            then = max(then, take_outage(scratch, s))
        if then > until:
            break
        downtime += then - since
        since, down = then, 0
        then = since + up
    w.down, w.since, w.next, w.downtime, w.count, w.up = down, since, then, downtime, count, up


@inlined
def advance_all(key, trial, row_id, systems, scratch, days, lane, until):
    """Play all systems up to the time `until`; return 1 when any of them is down then."""
    if until < scratch.state[QUIET]:  # most trials see no failure at all
        return 0
    quiet = math.inf
    for s in range(systems.shape[0]):
        advance(key, trial, row_id, systems[s], scratch, days, lane, s, until)
        w = scratch.wear[s]
        quiet = min(quiet, NEVER if w.down == 1 else min(w.next, w.forced))
    scratch.state[QUIET] = quiet
    return 1 if quiet == NEVER else 0


@inlined
def any_down(systems, wear, mode):
    """Return the first system that `mode` needs and that is down, or -1 (after `advance`)."""
    for s in range(systems.shape[0]):
        if wear[s].down == 1 and (systems[s].modes >> mode) & 1:
            return s
    return -1


@inlined
def close_books(key, trial, row_id, systems, scratch, days, lane, downtime, lost, end_day):
    """Write the days each system was down between the as-of date and the end of the talks."""
    advance_all(key, trial, row_id, systems, scratch, days, lane, end_day)
    for s in range(systems.shape[0]):
        w = scratch.wear[s]
        down = w.downtime
        if w.down == 1:
            down += max(0.0, end_day - w.since)
        downtime[s] = down
        lost[s] = w.lost


@inlined
def sanction(key, trial, row_id, systems, scratch, time, event):
    """Let a political event at `time` take systems down, each with its own probability."""
    for s in range(systems.shape[0]):
        if systems[s].sanction > 0.0:
            u, u_repair, _, _ = uniforms(key, trial, row_id, SANCTION, event, systems[s].hash)
            if u < systems[s].sanction:
                force_down(scratch, s, time, time - math.log(u_repair) * systems[s].repair)


@inlined
def outage_days(key, trial, row_id, incident, place):
    """Return the days that an injected failure lasts: exponential with its mean, or exactly as long as stated."""
    if incident.outage < 0.0:
        return -incident.outage
    u, _, _, _ = uniforms(key, trial, row_id, INCIDENT, ZERO, place)
    return -math.log(u) * incident.outage
