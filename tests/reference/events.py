"""Disruptions of one trial in plain Python: events by themselves, those they set off, and what both do."""

from __future__ import annotations

import math
from types import SimpleNamespace

from reference import law, machines
from reference.luck import Luck, normal

from kernels.codes import MAX_EVENTS, Cause, Purpose


class Disruptions:
    """Events so far, those on their way, and the outages that events and injected failures impose."""

    def __init__(self, case: SimpleNamespace, p: dict, draws: dict, luck: Luck) -> None:
        self.case, self.p, self.draws, self.luck = case, p, draws, luck
        self.deadline = case.deadline_day if case.deadline_hard else math.inf
        self.kinds = range(len(case.kinds))
        self.clocks = [self._clock(k) for k in self.kinds]
        self.mass = 0.0
        self.queue: list[SimpleNamespace] = []  # every event, in the order of its becoming known; never shortened
        self.played: list[law.Event] = []
        self.felt: list[law.Event] = []  # these and injected failures with a severity
        self.imposed: list[list[tuple[float, float]]] = [[] for _ in case.systems]
        self.injected = 0
        self.overflow = False

    def _clock(self, k: int) -> list:
        """Number of events of a kind so far, and the mass at which the next one comes."""
        rate = self.draws["kind_rate"][k]
        u = self.luck(Purpose.CLOCK, 0, self.case.kinds[k].hash)[0]
        return [0, -math.log(u) / rate if rate > 0 else math.inf]

    # ------------------------------------------------------- injected failures
    def inject(self, plan: int) -> tuple[int, int]:
        """Let injected failures up to the planned day happen.

        Return the planned day, which they may move, and the system of the last that did (-1 none).
        """
        culprit = -1
        while self.injected < len(self.case.incidents) and self.case.incidents[self.injected].day <= plan:
            incident = self.case.incidents[self.injected]
            self._break(incident)
            if incident.delay > 0:
                plan, culprit = law.day(plan + incident.delay), int(incident.system)
            if incident.severity > 0:
                self.felt.append(law.Event(incident.day, -1, incident.severity, Cause.SYSTEM, 0.0))
        return plan, culprit

    def break_until(self, end: float) -> None:
        """Let injected failures after the last attempt take their systems down too."""
        while self.injected < len(self.case.incidents) and self.case.incidents[self.injected].day <= end:
            self._break(self.case.incidents[self.injected])

    def _break(self, incident) -> None:
        if incident.system >= 0:
            self.imposed[incident.system].append(machines.injected(incident, self.luck, self.injected))
        self.injected += 1

    # ------------------------------------------------------------------ events
    def disrupt(self, previous: float | None, start: int, plan: int) -> None:
        """Play the events in (start, plan], or to the end of the last day of talks that do not see that day."""
        last = min(self.case.horizon, self.deadline)
        stop = plan if plan <= last else last + 0.5 - 2**-20
        total = sum(law.pulses(self.p, previous, start, plan, stop))
        for k in self.kinds:
            while self.clocks[k][1] <= self.mass + total:
                count, at = self.clocks[k]
                u_wait, *luck = self.luck(Purpose.CLOCK, count + 1, self.case.kinds[k].hash)
                self._queue(law.place(self.p, previous, start, plan, stop, at - self.mass), k, luck)
                if self.overflow:
                    return
                self.clocks[k] = [count + 1, at - math.log(u_wait) / self.draws["kind_rate"][k]]
        self.mass += total
        for place, event in enumerate(self.queue):  # it grows while it is read
            if not event.done and event.time <= stop:
                event.done = True
                self._play(event, place)
                if self.overflow:
                    return

    def _queue(self, time: float, kind: int, luck: list[float]) -> None:
        if len(self.queue) == MAX_EVENTS:
            self.overflow = True
        else:
            self.queue.append(SimpleNamespace(time=time, kind=kind, luck=luck, done=False))

    def _play(self, queued, place: int) -> None:
        """Make an event happen: severity, recovery, sanctions, events it sets off."""
        u_severity, u_zero, u_recovery = queued.luck
        k, kind = queued.kind, self.case.kinds[queued.kind]
        s = law.choose(self.draws["severity"][k], u_severity)
        recovery = 0.0
        if u_zero >= self.draws["recovery_zero"][k][s]:
            mean, sd = self.draws["recovery_log_mean"][k][s], self.draws["recovery_sd"][k][s]
            recovery = math.exp(mean + sd * normal(u_recovery))
        event = law.Event(queued.time, k, s + 1, kind.cause, recovery)
        self.played.append(event)
        self.felt.append(event)
        if kind.cause == Cause.POLITICAL and event.severity >= 2:
            for system, imposed in zip(self.case.systems, self.imposed, strict=True):
                outage = machines.sanctioned(system, self.luck, event.time, place)
                if outage:
                    imposed.append(outage)
        if kind.cause == Cause.ESCALATION and self.case.excite > 0:
            self._set_off(queued, place)

    def _set_off(self, parent, place: int) -> None:
        """Queue a Poisson number of events of the same kind, each at an exponential delay."""
        u = self.luck(Purpose.EXCITE, 0, place)[0]
        mean, number = self.case.excite, 0
        below = math.exp(-mean)
        while u > below and number < 60:
            number += 1
            below += math.exp(-mean) * mean**number / math.factorial(number)
        for _ in range(number):
            u_delay, *luck = self.luck(Purpose.CHILD, 0, len(self.queue))
            self._queue(parent.time - math.log(u_delay) * self.case.excite_days, parent.kind, luck)
