"""Technical systems: alternating renewal with spares, and failures imposed from outside.

The unit in service fails at `rate`; with probability `spare` (which packing sets to (1 - common cause) (1 - u^r),
u = rate m / (1 + rate m), r spares) a spare takes over after `failover` days, else a repair takes an exponential time
with mean m. Availability is 1 / (1 + rate (spare failover + (1 - spare) m)). Up-times are exponential, so an outage
from outside simply starts the next one and the up-time after it is fresh.
"""

from __future__ import annotations

import math

import numpy as np

from kernels.codes import Purpose
from kernels.jit import inlined
from kernels.random import ZERO, uniforms

SYSTEM = np.int64(Purpose.SYSTEM)
SANCTION = np.int64(Purpose.SANCTION)
INCIDENT = np.int64(Purpose.INCIDENT)
MOST_FAILURES = 100_000  # per system and trial: beyond it the system counts as it then is


@inlined
def up_time(key, trial, row_id, system, count):
    """Return the days until failure number `count` of a system."""
    rate = system.rate
    if rate <= 0.0:
        return math.inf
    u, _, _, _ = uniforms(key, trial, row_id, SYSTEM, count, system.hash)
    return -math.log(u) / rate


@inlined
def start_systems(key, trial, row_id, systems, wear):
    """Put every system up at day 0."""
    for s in range(systems.shape[0]):
        w = wear[s]
        w.since, w.downtime = 0.0, 0.0
        w.down, w.count, w.lost = 0, 0, 0
        w.forced, w.forced_end = math.inf, 0.0
        w.next = up_time(key, trial, row_id, systems[s], ZERO)


@inlined
def force_down(w, start, end):
    """Impose an outage; two that are waiting count as one that spans both."""
    if w.forced < math.inf:
        w.forced, w.forced_end = min(w.forced, start), max(w.forced_end, end)
    else:
        w.forced, w.forced_end = start, end


@inlined
def advance(key, trial, row_id, system, w, until):
    """Play a system up to the time `until`; afterwards ``w.down`` tells whether it is down then."""
    while True:
        if w.down == 1:
            if w.forced <= w.next:
                w.next, w.forced = max(w.next, w.forced_end), math.inf
            if w.next > until:
                return
            w.downtime += w.next - w.since
            w.since, w.down = w.next, 0
            w.next = w.since + up_time(key, trial, row_id, system, w.count)
        else:
            start = min(w.next, w.forced)
            if start > until or w.count >= MOST_FAILURES:
                return
            start = max(start, w.since)
            _, u_spare, u_repair, _ = uniforms(key, trial, row_id, SYSTEM, w.count, system.hash)
            w.count += 1
            if w.forced <= w.next:
                end, w.forced = max(start, w.forced_end), math.inf
            elif u_spare < system.spare:
                end = start + system.failover
            else:
                end = start - math.log(u_repair) * system.repair
            w.since, w.next, w.down = start, end, 1


@inlined
def any_down(systems, wear, mode):
    """Return the first system that `mode` needs and that is down, or -1 (after `advance`)."""
    for s in range(systems.shape[0]):
        if wear[s].down == 1 and (systems[s].modes >> mode) & 1:
            return s
    return -1


@inlined
def close_books(key, trial, row_id, systems, wear, downtime, lost, end_day):
    """Write the days each system was down between the as-of date and the end of the talks."""
    for s in range(systems.shape[0]):
        advance(key, trial, row_id, systems[s], wear[s], end_day)
        down = wear[s].downtime
        if wear[s].down == 1:
            down += max(0.0, end_day - wear[s].since)
        downtime[s] = down
        lost[s] = wear[s].lost


@inlined
def sanction(key, trial, row_id, systems, wear, time, event):
    """Let a political event at `time` take systems down, each with its own probability."""
    for s in range(systems.shape[0]):
        if systems[s].sanction > 0.0:
            u, u_repair, _, _ = uniforms(key, trial, row_id, SANCTION, event, systems[s].hash)
            if u < systems[s].sanction:
                force_down(wear[s], time, time - math.log(u_repair) * systems[s].repair)


@inlined
def outage(key, trial, row_id, incident, place):
    """Return the days that an injected failure lasts: exponential with its mean, or exactly as long as stated."""
    if incident.outage < 0.0:
        return -incident.outage
    u, _, _, _ = uniforms(key, trial, row_id, INCIDENT, ZERO, place)
    return -math.log(u) * incident.outage
