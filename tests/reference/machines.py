"""Technical systems in plain Python: the whole history of a system's outages, from its luck and what is imposed on it.

Up-times are exponential. A failure is bridged by a spare after the failover time, or takes an exponential repair.
An outage from outside takes a system that is up down at once; while it is down, it lasts at least as long. On the
as-of date a system has run for ever: it is down with probability 1 - availability, with what is left of the outage.
"""

from __future__ import annotations

import math

from reference.luck import Luck

from kernels.codes import Purpose


def left_at_start(system, luck: Luck) -> float:
    """Days that a system is still down at the as-of date; 0 when it is up.

    An outage met on the way is of a sort with probability proportional to its mean length; what is left of it is
    uniform on a failover of fixed length, and exponential again on a repair.
    """
    u, u_sort, u_left, _ = luck(Purpose.START, 0, system.hash)
    bridged, repaired = system.spare * system.failover, (1 - system.spare) * system.repair
    availability = 1 / (1 + system.rate * (bridged + repaired))
    if u >= 1 - availability:
        return 0.0
    if u_sort < bridged / (bridged + repaired):
        return u_left * system.failover
    return -math.log(u_left) * system.repair


def outages(system, luck: Luck, imposed: list[tuple[float, float]], until: float) -> list[tuple[float, float]]:
    """Outages [start, end) of a system that begin by `until`, in order; `imposed`: those from outside."""
    found: list[tuple[float, float]] = []
    waiting = sorted(imposed)
    up_since, failures = left_at_start(system, luck), 0
    while waiting and waiting[0][0] < up_since:
        up_since = max(up_since, waiting.pop(0)[1])
    if up_since > 0:
        found.append((0.0, up_since))
    while True:
        # A failure has its own luck: how it ends, and how long the system then is up. The first up-time follows none.
        u_up = luck(Purpose.START, 0, system.hash)[3]
        if failures:
            u_up = luck(Purpose.SYSTEM, failures - 1, system.hash)[0]
        start = up_since - math.log(u_up) / system.rate if system.rate > 0 else math.inf
        _, u_spare, u_repair, _ = luck(Purpose.SYSTEM, failures, system.hash)
        if u_spare < system.spare:
            end = start + system.failover
        else:
            end = start - math.log(u_repair) * system.repair
        if waiting and waiting[0][0] < start:
            start, end = waiting.pop(0)
            start, end = max(start, up_since), max(end, up_since)
        if start > until or start == math.inf:
            return found
        while waiting and waiting[0][0] < end:
            end = max(end, waiting.pop(0)[1])
        found.append((start, end))
        up_since, failures = end, failures + 1


def is_down(system, luck: Luck, imposed: list[tuple[float, float]], at: float) -> bool:
    """Whether a system is down at a time."""
    return any(start <= at < end for start, end in outages(system, luck, imposed, at))


def downtime(system, luck: Luck, imposed: list[tuple[float, float]], until: float) -> float:
    """Days a system is down from day 0 to `until`."""
    return sum(min(end, until) - start for start, end in outages(system, luck, imposed, until))


def sanctioned(system, luck: Luck, time: float, place: int) -> tuple[float, float] | None:
    """Outage that a political event at `time`, the one queued at `place`, brings on a system; None when it does not."""
    u, u_repair, _, _ = luck(Purpose.SANCTION, place, system.hash)
    return (time, time - math.log(u_repair) * system.repair) if u < system.sanction else None


def injected(incident, luck: Luck, place: int) -> tuple[float, float]:
    """Outage of an injected failure, number `place` of the list: of the length stated, or exponential about it."""
    if incident.outage < 0:
        return incident.day, incident.day - incident.outage
    u = luck(Purpose.INCIDENT, 0, place)[0]
    return incident.day, incident.day - math.log(u) * incident.outage
