"""Failures injected on stated days: they take systems down, move the next round, and are events for the talks."""

from __future__ import annotations

from kernels import disruption, systems
from kernels.calendar import whole_day
from kernels.codes import Cause
from kernels.jit import inlined

CAUSE_SYSTEM = int(Cause.SYSTEM)


@inlined
def incidents_due(key, row, trial, incidents, scratch, plan, place):
    """Let injected failures up to the planned day, which they may move, take their systems down.

    Return (planned day, place of the next failure, system of the last that moved it or -1).
    """
    culprit = -1
    while place < incidents.shape[0] and incidents[place].day <= plan:
        incident = incidents[place]
        impose(key, row, trial, incidents, scratch, place)
        if incident.delay > 0.0:
            plan = whole_day(plan + incident.delay)
            culprit = incident.system
        place += 1
    return plan, place, culprit


@inlined
def feel_incidents(incidents, state, plan, first, last):
    """Let the injected failures ``first .. last - 1`` be felt in the talks, like other events of their severity."""
    for place in range(first, last):
        if incidents[place].severity > 0:
            disruption.feel(state, incidents[place].day, plan, incidents[place].severity, CAUSE_SYSTEM)


@inlined
def impose(key, row, trial, incidents, scratch, place):
    """Let an injected failure take its system down."""
    incident = incidents[place]
    if incident.system >= 0:
        days = systems.outage_days(key, trial, row[0], incident, place)
        systems.force_down(scratch, incident.system, incident.day, incident.day + days)
