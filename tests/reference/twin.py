"""Play one trial in plain Python: the twin of ``kernels.trial``, written from the text of the law.

It takes the packed arrays of ``kernels.types`` and the addresses of ``kernels.codes.Purpose``, nothing else.
"""

from __future__ import annotations

import math

from reference import law
from reference.luck import Luck, normal
from reference.plain import read_case, read_draw

from kernels.codes import (
    MAX_ATTEMPTS,
    MAX_EVENTS,
    Cause,
    Ending,
    Mode,
    Overflow,
    Plan,
    Purpose,
    Report,
    Status,
    Without,
)


class Talks:
    """One trial of one draw; `play` returns what became of it."""

    def __init__(self, case, draws, d: int, trial: int) -> None:
        self.case = read_case(case)
        self.p, self.draws = read_draw(draws, d)
        self.luck = Luck(self.case.key, trial, int(self.p["row_id"]))
        self.deadline = self.case.deadline_day if self.case.has_deadline else None
        self.parties = range(len(self.case.parties))
        self.kinds = range(len(self.case.kinds))
        u_pace, u_frailty, u_habit, _ = self.luck(Purpose.HABIT)
        self.pace, self.frailty, self.habit = normal(u_pace), normal(u_frailty), normal(u_habit)
        u_close, u_coin, self.u_rank, self.u_partial = self.luck(Purpose.CLOSE)
        # What is left of an exponential after the hazard of the history is again exponential.
        self.needed = self.p["hazard_done"] - math.log(u_close)
        self.coin = u_coin < self.p["zopa"]
        self.effort, self.hazard = self.p["effort_done"], self.p["hazard_done"]
        self.events: list[law.Event] = []
        self.clocks = [self._clock(k) for k in self.kinds]
        self.mass = 0.0
        self.attempts: list[dict] = []
        self.absences = [0 for _ in self.parties]
        self.overflow = Overflow.NONE

    # ------------------------------------------------------------ disruption
    def _clock(self, k: int) -> list:
        """Number of events of a kind so far, and the mass at which the next one comes."""
        rate = self.draws["kind_rate"][k]
        u = self.luck(Purpose.CLOCK, 0, self.case.kinds[k].hash)[0]
        return [0, -math.log(u) / rate if rate > 0 else math.inf]

    def disrupt(self, previous: float | None, start: int, plan: int) -> None:
        """Draw the events in (start, plan], or to the end of the last day of talks that do not see that day."""
        last = self.case.horizon if not self.case.deadline_hard else min(self.case.horizon, self.deadline)
        stop = plan if plan <= last else last + 0.5 - 2**-20
        total = sum(law.pulses(self.p, previous, start, plan, stop))
        for k in self.kinds:
            while self.clocks[k][1] <= self.mass + total:
                if len(self.events) == MAX_EVENTS:
                    self.overflow = Overflow.EVENTS
                    return
                count, at = self.clocks[k]
                u_wait, u_severity, u_zero, u_recovery = self.luck(Purpose.CLOCK, count + 1, self.case.kinds[k].hash)
                time = law.place(self.p, previous, start, plan, stop, at - self.mass)
                s = law.choose(self.draws["severity"][k], u_severity)
                recovery = 0.0
                if u_zero >= self.draws["recovery_zero"][k][s]:
                    mean, sd = self.draws["recovery_log_mean"][k][s], self.draws["recovery_sd"][k][s]
                    recovery = math.exp(mean + sd * normal(u_recovery))
                self.events.append(law.Event(time, k, s + 1, self.case.kinds[k].cause, recovery))
                self.clocks[k] = [count + 1, at - math.log(u_wait) / self.draws["kind_rate"][k]]
        self.mass += total

    # --------------------------------------------------------- participation
    def absentees(self, held: int, retry: int, first: bool) -> tuple[set[int], bool]:
        """Absent parties of an attempt, and whether somebody unnamed is absent."""
        u_absent, u_habit, _, _ = self.luck(Purpose.LOSS, retry, held)
        report = [party.report for party in self.case.parties]
        named = [q for q in self.parties if report[q] != Report.NO_PRINCIPAL]
        absent: set[int] = set()
        candidates = named
        if first:
            for q in named:
                if report[q] != Report.UNKNOWN:
                    right = self.luck(Purpose.REPORT, 0, self.case.parties[q].hash)[0] < self.p["report_right"]
                    if right == (report[q] == Report.ABSENT):
                        absent.add(q)
            candidates = [q for q in named if report[q] == Report.UNKNOWN]
            if named and not candidates:
                return absent, False
        if u_absent >= law.logistic(self.p["absent_logit"] + self.p["absent_sd"] * self.habit):
            return absent, False
        if not named:
            return absent, True

        def rank(q: int, sub: int) -> float:
            return self.luck(Purpose.ABSENTEE, sub, self.case.parties[q].hash)[0]

        habitual = min(candidates, key=lambda q: rank(q, 0))
        others = [q for q in candidates if q != habitual]
        if u_habit < self.p["absent_habit_share"] or not others:
            return absent | {habitual}, False
        return absent | {min(others, key=lambda q: rank(q, 1 + 256 * held + retry))}, False

    def without(self, absent: set[int], unnamed: bool) -> tuple[float, bool, bool]:
        """Authority missing, whether a principal joins by video, whether the wished mode is blocked."""
        lack = 1.0 if unnamed else 0.0
        joins = blocked = False
        coming = len(self.parties)
        for q in absent:
            instead = self.case.parties[q].without
            if instead == Without.DELEGATE:
                u = self.luck(Purpose.AUTHORITY, 0, self.case.parties[q].hash)[0]
                lack = max(lack, 1 - law.quantile(self.case.parties[q].authority, u))
            elif instead == Without.REMOTE:
                joins = True
            else:
                lack = 1.0
                coming -= 1
                blocked = blocked or bool(self.case.parties[q].veto)
        return lack, joins, blocked or (bool(absent) and coming < 2)

    # ----------------------------------------------------------------- trial
    def play(self) -> dict:
        """Play the talks; return results by the names of ``kernels.types.Out``, and the path."""
        ending, end_day = self.go()
        horizon = int(self.case.horizon)
        if end_day > horizon:
            ending, end_day = Ending.ONGOING, horizon
        held = [a for a in self.attempts if a["status"] == Status.HELD]
        first = self.attempts[0] if self.attempts else None
        seen = [[e.day for e in self.events if e.kind == k] for k in self.kinds]
        issues = [self.issue(j) for j in range(len(self.case.issues))]
        return {
            "ending": ending,
            "end_day": end_day,
            "attempts": len(self.attempts),
            "rounds_held": len(held),
            "effort": self.effort,
            "zopa": int(self.coin),
            "next_status": first["status"] if first else Status.NONE,
            "next_day": held[0]["day"] if held else -1,
            "next_mode": held[0]["mode"] if held else -1,
            "next_on_time": int(first is not None and first["status"] == Status.HELD),
            "next_cause": first["cause"] if first else Cause.NONE,
            "settlement": [issue["settlement"] for issue in issues],
            "issue_closed": [issue["closed"] for issue in issues],
            "absent": self.absences,
            "n_disruptions": [len(days) for days in seen],
            "first_disruption": [min(days, default=-1) for days in seen],
            "overflow": self.overflow,
            "path": self.attempts,
            "events": self.events,
            "issues": issues,
        }

    def go(self) -> tuple[int, int]:
        """Make attempts until the talks end; return the ending and its day."""
        case, p, horizon = self.case, self.p, int(self.case.horizon)
        held, retry, number = int(case.held_done), int(case.retry_done), int(case.attempts_done)
        previous = float(case.last_planned_day) if case.last_planned_day > -math.inf else None
        mode, home = int(case.wished_mode), int(case.home_mode)
        after, count_from, today, start = int(case.plan_kind), int(case.anchor_day), 0, 0
        while True:
            first = not self.attempts
            u_part, u_normal, u_chain, u_switch = self.luck(Purpose.NEXT, retry, held)
            if first and after == Plan.GIVEN:
                plan = int(case.plan_day)
            else:
                plan = law.next_planned(p, self.pace, after, count_from, today, self.deadline, u_part, u_normal)
            self.disrupt(previous, start, plan)
            if self.overflow:
                return Ending.ONGOING, horizon
            if case.deadline_hard and self.deadline < plan and self.deadline <= horizon:
                return Ending.LAPSE, int(self.deadline)
            if plan > horizon:
                return Ending.ONGOING, horizon
            if len(self.attempts) == MAX_ATTEMPTS:
                self.overflow = Overflow.ATTEMPTS
                return Ending.ONGOING, horizon

            number += 1
            _, _, u_loss, u_kind = self.luck(Purpose.LOSS, retry, held)
            u_end, u_zero, u_length, u_keep = self.luck(Purpose.END, retry, held)
            if mode < 0:
                mode = law.choose(self.draws["mode_first"], u_switch)
            elif not (first and case.mode_declared):
                kept = retry > 0 and u_keep < p["mode_keep_after_loss"]
                if not kept:
                    mode = law.move_mode(
                        p, self.draws["mode_stay"], self.draws["mode_switch"], mode, home, u_chain, u_switch
                    )
            home = mode if home < 0 else home

            absent, unnamed = self.absentees(held, retry, first)
            for q in absent:
                self.absences[q] += 1
            lack, joins, blocked = self.without(absent, unnamed)
            missing = bool(absent) or unnamed
            session = Mode.HYBRID if joins and mode in (Mode.IN_PERSON, *law.MEDIATED) else mode

            severe_day, severe_cause = law.latest_severe(plan, case.severe_day, case.severe_cause, self.events)
            severe = plan - severe_day <= 14
            likely = Cause.ABSENCE if missing else severe_cause if severe else Cause.OTHER
            rungs = [m for m in case.ladder if m != session]
            retreat = self.draws["retreat"][likely] if rungs else 0.0
            lost = law.lost_probability(p, self.frailty, severe, missing, session, case.adjust_loss)
            trouble = min(1.0, lost / (1 - retreat)) if retreat < 1 else 1.0
            if blocked:
                lost, trouble = 1 - retreat, 1.0
            status, cause = Status.HELD, likely if u_loss < trouble else Cause.NONE
            if u_loss < lost:
                cancelled = u_kind < law.cancelled_probability(p, severe, missing)
                status = Status.CANCELLED if cancelled else Status.POSTPONED
            elif u_loss < trouble and rungs:
                session = rungs[0]
                mode = session if case.sticky else mode

            far = self.deadline is not None and self.deadline - plan > 30
            here = self.deadline is not None and abs(self.deadline - plan) <= 3
            end = plan
            if status == Status.HELD:
                end = law.day(plan + law.length(p, u_zero, u_length))
                before = self.effort
                self.effort += law.round_effort(p, session, lack)
                self.hazard += law.round_hazard(p, before, self.effort, far, case.adjust_closing)
            tense = law.tension(plan, case.tension, self.events)
            self.attempts.append(
                {
                    "day": plan,
                    "end": end,
                    "status": status,
                    "mode": int(session),
                    "cause": int(cause),
                    "tension": tense,
                    "effort": self.effort,
                    "hazard": self.hazard / self.needed,
                    "absent": sum(1 << q for q in absent),
                }
            )
            if status == Status.HELD and self.coin and self.hazard >= self.needed:
                return Ending.PARTIAL if self.u_partial < p["partial_share"] else Ending.AGREEMENT, end

            collapse, stall = law.break_off_odds(p, status, tense, far, here, number, case.adjust_break_off)
            total = 1 + collapse + stall
            if u_end < (collapse + stall) / total:
                return self.broken_off(u_end < collapse / total, end, held, retry)

            previous, start = float(plan), plan
            count_from = today = end
            if status == Status.HELD:
                after, held, retry = Plan.AFTER_HELD, held + 1, 0
            else:
                after = Plan.AFTER_CANCELLED if status == Status.CANCELLED else Plan.AFTER_POSTPONED
                retry += 1

    def broken_off(self, collapse: bool, end: int, held: int, retry: int) -> tuple[int, int]:
        """Ending and day of talks that break off after an attempt that ended on day `end`."""
        ending, when = Ending.STALL, end
        if collapse:
            ending = Ending.COLLAPSE
            u_same, u_lag, _, _ = self.luck(Purpose.COLLAPSE, retry, held)
            if u_same >= self.p["collapse_same_day"]:
                lag = math.exp(self.p["collapse_lag_log_mean"] + self.p["collapse_lag_sd"] * normal(u_lag))
                when = law.day(end + lag)
        if self.deadline is not None and 0 <= when - self.deadline <= 1:
            ending = Ending.LAPSE
        elif self.case.deadline_hard and when > self.deadline:
            # a hard deadline ends the talks, or the round that is under way on that day does
            ending, when = Ending.LAPSE, int(max(self.deadline, end))
        return ending, when

    # ---------------------------------------------------------------- issues
    def issue(self, j: int) -> dict:
        """Reservation values, concession exponents, meeting point and settlement of an issue."""
        issue, core = self.case.issues[j], self.case.overlap_least
        rank = 1 - core + core * self.u_rank if self.coin else (1 - core) * self.u_rank
        overlap = rank >= 1 - issue.overlap
        more, less = issue.more, issue.less
        u, v, _, _ = self.luck(Purpose.RESERVATION, 0, issue.hash)
        edge_more = law.quantile(issue.edge[int(overlap)], u)
        distance = law.quantile_given(issue.distance[int(overlap)], u, v)
        edge_less = edge_more + distance if overlap else edge_more - distance
        k_more, k_less = self.kappa(j, more), self.kappa(j, less)
        found = {
            "reservation": {more: edge_more, less: edge_less},
            "kappa": {more: k_more, less: k_less},
            "meeting": math.nan,
            "closed": 0,
            "settlement": math.nan,
        }
        if overlap:
            open_more, open_less = issue.opening[more], issue.opening[less]
            x = law.meeting_point(open_more - open_less, open_more - edge_more, k_more, edge_less - open_less, k_less)
            found["meeting"] = x
            if self.coin and self.hazard >= issue.difficulty * self.needed:
                found["closed"] = 1
                found["settlement"] = open_more + (edge_more - open_more) * x**k_more
        return found

    def kappa(self, j: int, q: int) -> float:
        """Exponent of a party's concession path on an issue: the belief stated, else lognormal."""
        u = self.luck(Purpose.KAPPA, 0, self.case.issues[j].kappa_hash[q])[0]
        table = self.case.issues[j].kappa[q]
        if math.isnan(table[0]):
            return math.exp(self.p["kappa_log_mean"] + self.p["kappa_log_sd"] * normal(u))
        return law.quantile(table, u)


def play(case, draws, d: int, trial: int) -> dict:
    """Play trial `trial` of draw `d` of packed arrays."""
    return Talks(case, draws, d, trial).play()
