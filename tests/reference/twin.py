"""Play one trial in plain Python: the twin of ``kernels.trial``, written from the text of the law.

It takes the packed arrays of ``kernels.types`` and the addresses of ``kernels.codes.Purpose``, nothing else.
"""

from __future__ import annotations

import math

from reference import law, machines, terms
from reference.attendance import Attendance
from reference.events import Disruptions
from reference.luck import Luck, normal
from reference.plain import read_case, read_draw

from kernels.codes import (
    MAX_ATTEMPTS,
    Cause,
    Ending,
    Mode,
    Overflow,
    Plan,
    Purpose,
    Status,
)


class Talks(Attendance):
    """One trial of one draw; `play` returns what became of it.

    Hidden facts of the talks are read at the address `hidden`, everything else at `luck`: the same for talks without
    a history.
    """

    def __init__(self, case, draws, d: int, hidden: int, luck: int) -> None:
        self.case = read_case(case)
        self.p, self.draws = read_draw(draws, d)
        self.luck = Luck(self.case.key, luck, int(self.p["row_id"]))
        self.hidden = Luck(self.case.key, hidden, int(self.p["row_id"]))
        self.deadline = self.case.deadline_day if self.case.has_deadline else None
        self.parties = range(len(self.case.parties))
        u_pace, u_frailty, u_habit, _ = self.hidden(Purpose.HABIT)
        self.pace, self.frailty, self.habit = normal(u_pace), normal(u_frailty), normal(u_habit)
        u_close, u_coin, self.u_rank, self.u_partial = self.hidden(Purpose.CLOSE)
        # What is left of an exponential after the hazard at which the talks could have closed is again exponential.
        self.needed = self.p["hazard_seen"] - math.log(u_close)
        self.coin = u_coin < self.p["zopa"]
        self.effort, self.hazard = self.p["effort_done"], self.p["hazard_done"]
        self.reached = self.hazard  # by rounds that are over by the horizon
        self.disruptions = Disruptions(self.case, self.p, self.draws, self.luck)
        self.stage, self.stage_rounds = int(self.case.stage_start), int(self.case.stage_rounds)
        self.attempts: list[dict] = []
        self.started: list[tuple[int, int]] = []  # day and mode of the rounds held, as far as the horizon goes
        self.on_time = self.retreats = self.trouble = 0
        self.absences = [0 for _ in self.parties]
        self.troubles = [0 for _ in self.case.systems]
        self.overflow = Overflow.NONE

    # ---------------------------------------------------------------- systems
    def down(self, mode: int, at: int) -> list[int]:
        """Systems that a mode needs and that are down at a planned day."""
        return [
            i
            for i, system in enumerate(self.case.systems)
            if system.modes >> mode & 1
            and machines.is_down(system, self.luck, self.disruptions.imposed[i], at)
        ]

    def lost_probability(self, severe: bool, missing: bool, session: int) -> float:
        """Calibrated probability of losing an attempt; with systems, without what they lose at their usual rates."""
        stage = self.case.stages[self.stage].loss if self.stage >= 0 else 0.0
        lost = law.lost_probability(self.p, self.frailty, severe, missing, session, self.case.adjust_loss + stage)
        if not self.case.systems:
            return lost
        # lost = P(down) - P(down, yet held in another mode) + P(up) * what is left
        down, saved = self.case.base_down[session], self.case.base_saved[session]
        return max(0.0, (lost - down + self.draws["retreat"][Cause.SYSTEM] * saved) / (1 - down))

    def troubled(self, system: int) -> None:
        """Count an attempt in trouble because of a system; -1 is a failure of none in particular."""
        self.trouble += 1
        if system >= 0:
            self.troubles[system] += 1

    # ----------------------------------------------------------------- stages
    def move_stage(self, held: int) -> float:
        """Go on, or back, after a held round that left the talks open; return the days of delay that costs."""
        stage = self.case.stages[self.stage]
        self.stage_rounds += 1
        if self.stage_rounds < stage.rounds or self.stage == len(self.case.stages) - 1:
            return 0.0
        self.stage_rounds = 0
        go = terms.quantile(stage.go, self.hidden(Purpose.STAGE, 1, self.stage)[0])
        if self.luck(Purpose.STAGE, 0, held)[0] < go:
            self.stage += 1
            return 0.0
        self.stage = stage.back
        return stage.delay

    # ----------------------------------------------------------------- trial
    def play(self) -> dict:
        """Play the talks; return results by the names of ``kernels.types.Out``, and the path."""
        ending, end_day = (self.fallen_silent() if self.case.silent else None) or self.go()
        horizon = int(self.case.horizon)
        if end_day > horizon:
            ending, end_day = Ending.ONGOING, horizon
        self.disruptions.break_until(end_day)
        first = self.attempts[0] if self.attempts else None
        events = self.disruptions.played
        seen = [[e.day for e in events if e.kind == k] for k in range(len(self.case.kinds))]
        issues = [self.issue(j) for j in range(len(self.case.issues))]
        return {
            "ending": ending,
            "end_day": end_day,
            "attempts": len(self.attempts),
            "rounds_held": len(self.started),
            "effort": self.effort,
            "zopa": int(self.coin),
            "next_status": first["status"] if first else Status.NONE,
            "next_day": self.started[0][0] if self.started else -1,
            "next_mode": self.started[0][1] if self.started else -1,
            "next_on_time": self.on_time,
            "next_cause": first["cause"] if first else Cause.NONE,
            "stage": self.stage,
            "retreats": self.retreats,
            "system_trouble": self.trouble,
            "settlement": [issue["settlement"] for issue in issues],
            "issue_closed": [issue["closed"] for issue in issues],
            "absent": self.absences,
            "n_disruptions": [len(days) for days in seen],
            "first_disruption": [min(days, default=-1) for days in seen],
            "downtime": [
                machines.downtime(system, self.luck, imposed, end_day)
                for system, imposed in zip(self.case.systems, self.disruptions.imposed, strict=True)
            ],
            "system_lost": self.troubles,
            "overflow": self.overflow,
            "path": self.attempts,
            "events": events,
            "queued": len(self.disruptions.queue),
            "issues": issues,
        }

    def go(self) -> tuple[int, int]:
        """Make attempts until the talks end; return the ending and its day."""
        case, p, horizon = self.case, self.p, int(self.case.horizon)
        held, retry, number = int(case.held_done), int(case.retry_done), int(case.attempts_done)
        previous = min(0.0, float(case.last_planned_day)) if case.last_planned_day > -math.inf else None
        mode, home = int(case.wished_mode), int(case.home_mode)
        after, count_from, start = int(case.plan_kind), int(case.anchor_day), 0
        today = None if after == Plan.FRESH else 0
        met = int(case.last_held_day) if case.last_held_day > -math.inf else None
        pause = 0.0
        while True:
            first = not self.attempts
            u_part, u_normal, u_chain, u_switch = self.luck(Purpose.NEXT, retry, held)
            if first and after == Plan.GIVEN:
                planned = int(case.plan_day)
            else:
                planned = law.next_planned(
                    p, self.pace, after, count_from, today, self.deadline, held, u_part, u_normal)
                planned = law.day(planned + pause)
            plan, culprit = self.disruptions.inject(planned)
            self.disruptions.disrupt(previous, start, plan)
            if self.disruptions.overflow:
                self.overflow = Overflow.EVENTS
                return Ending.ONGOING, horizon
            if case.deadline_hard and self.deadline < plan and self.deadline <= horizon:
                return Ending.LAPSE, int(max(self.deadline, count_from))  # a round under way is not cut short
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
            session = mode
            if joins and mode in (Mode.IN_PERSON, *law.MEDIATED):
                session = Mode.REMOTE if joins == len(self.parties) else Mode.HYBRID

            felt = self.disruptions.felt
            severe_day, severe_cause = law.latest_severe(plan, case.severe_day, case.severe_cause, felt)
            severe = plan - severe_day <= 14
            broken = self.down(session, plan)
            likely = Cause.ABSENCE if missing else severe_cause if severe else Cause.OTHER
            likely = Cause.SYSTEM if broken and not blocked else likely
            rungs = [m for m in case.ladder if m != session and not self.down(m, plan)]
            retreat = self.draws["retreat"][likely] if rungs else 0.0
            lost = self.lost_probability(severe, missing, session)
            trouble = min(1.0, lost / (1 - retreat)) if retreat < 1 else 1.0
            if blocked or broken:
                lost, trouble = 1 - retreat, 1.0
            status, cause, begins = Status.HELD, likely if u_loss < trouble else Cause.NONE, plan
            if broken and not blocked:
                self.troubled(broken[0])
            elif plan > planned and cause == Cause.NONE:
                cause = Cause.SYSTEM
                self.troubled(culprit)
            if u_loss < lost:
                cancelled = u_kind < law.cancelled_probability(p, severe, missing)
                status = Status.CANCELLED if cancelled else Status.POSTPONED
            elif u_loss < trouble and rungs:
                session = rungs[0]
                self.retreats += 1
                begins = law.day(plan + case.switch_delay)
                mode = session if case.sticky else mode

            far = self.deadline is not None and self.deadline - plan > 30
            here = self.deadline is not None and abs(self.deadline - plan) <= 3
            stage = case.stages[self.stage] if self.stage >= 0 else None
            end = plan
            if status == Status.HELD:
                end = law.day(begins + law.length(p, u_zero, u_length))
                if begins <= horizon:
                    self.started.append((begins, int(session)))
                before = self.effort
                pause_before = None if met is None else begins - met
                met = end
                self.effort += law.round_effort(p, session, lack, pause_before) * (stage.effort if stage else 1.0)
                self.hazard += law.round_hazard(p, before, self.effort, far, case.adjust_closing)
                if end <= horizon:
                    self.reached = self.hazard
                if first:
                    self.on_time = int(begins == planned)
            tense = law.tension(plan, case.tension, felt)
            self.attempts.append(
                {
                    "day": planned,
                    "begins": begins,
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
            may_close = stage is None or stage.can_close
            if status == Status.HELD and may_close and self.coin and self.hazard >= self.needed:
                return Ending.PARTIAL if self.u_partial < p["partial_share"] else Ending.AGREEMENT, end

            adjust = case.adjust_break_off + (stage.break_off if stage else 0.0)
            collapse, stall = law.break_off_odds(p, status, tense, far, here, number, adjust)
            total = 1 + collapse + stall
            if u_end < (collapse + stall) / total:
                return self.broken_off(u_end < collapse / total, end, held, retry)

            previous, start = float(plan), plan
            count_from, today = end, None
            pause = 0.0
            if status == Status.HELD:
                pause = self.move_stage(held) if stage else 0.0
                after, held, retry = Plan.AFTER_HELD, held + 1, 0
            else:
                after = Plan.AFTER_CANCELLED if status == Status.CANCELLED else Plan.AFTER_POSTPONED
                retry += 1

    def fallen_silent(self) -> tuple[int, int] | None:
        """Ending and day of talks that are over without having said so by the as-of date; None of talks that go on.

        Three ways to be silent: going on, the next planned day after the date; stalled; collapsed, dated later.
        """
        case, p = self.case, self.p
        last = case.last_planned_day
        far = self.deadline is not None and self.deadline - last > 30
        here = self.deadline is not None and abs(self.deadline - last) <= 3
        collapse, stall = law.break_off_odds(
            p, case.last_status, case.last_tension, far, here, int(case.attempts_done), case.adjust_break_off
        )
        since = int(case.anchor_day)
        parts = law.next_parts(p, self.pace, Plan(case.plan_kind), since, self.deadline, int(case.held_done))
        go_on = law.mixture_tail(parts, 0.5 - since)
        lag = (1.0, p["collapse_lag_log_mean"], p["collapse_lag_sd"])
        later = collapse * (1 - p["collapse_same_day"]) * law.mixture_tail((lag, (0.0, *lag[1:])), 0.5 - since)
        sudden = collapse * p["collapse_same_day"] if since > 0 else 0.0  # that day is yet to come
        u, u_lag, _, _ = self.luck(Purpose.SILENCE)
        total = go_on + later + sudden + stall
        if u < go_on / total:
            return None
        ending, when = Ending.STALL, since
        if u < (go_on + later) / total:
            ending = Ending.COLLAPSE
            days = law.positive_mixture((lag, (0.0, *lag[1:])), 0.5 - since, 0.5, u_lag)
            when = max(1, law.day(since + days))
        elif u < (go_on + later + sudden) / total:
            ending = Ending.COLLAPSE
        ending, when = self.at_deadline(ending, when, since)
        return ending, max(0, when)

    def broken_off(self, collapse: bool, end: int, held: int, retry: int) -> tuple[int, int]:
        """Ending and day of talks that break off after an attempt that ended on day `end`."""
        ending, when = Ending.STALL, end
        if collapse:
            ending = Ending.COLLAPSE
            u_same, u_lag, _, _ = self.luck(Purpose.COLLAPSE, retry, held)
            if u_same >= self.p["collapse_same_day"]:
                lag = math.exp(self.p["collapse_lag_log_mean"] + self.p["collapse_lag_sd"] * normal(u_lag))
                when = law.day(end + lag)
        return self.at_deadline(ending, when, end)

    def at_deadline(self, ending: int, when: int, last_day: int) -> tuple[int, int]:
        """Ending and day of talks that would break off on a day, seen from their deadline."""
        if self.deadline is not None and 0 <= when - self.deadline <= 1:
            ending = Ending.LAPSE
        elif self.case.deadline_hard and when > self.deadline:
            # a hard deadline ends the talks, or the round that is under way on that day does
            ending, when = Ending.LAPSE, int(max(self.deadline, last_day))
        return ending, when

    # ---------------------------------------------------------------- issues
    def issue(self, j: int) -> dict:
        """Reservation values, concession exponents, meeting point and settlement of an issue."""
        issue, core = self.case.issues[j], self.case.overlap_least
        rank = 1 - core + core * self.u_rank if self.coin else (1 - core) * self.u_rank
        overlap = rank >= 1 - issue.overlap
        reservation, kappa = terms.reservations(issue, self.p, self.hidden, overlap)
        found = {
            "reservation": reservation,
            "kappa": kappa,
            "meeting": math.nan,
            "closed": 0,
            "settlement": math.nan,
            "short": lambda x: math.nan,
        }
        if overlap:
            x = found["meeting"] = terms.meeting_point(issue.positions, reservation, kappa)
            found["short"] = lambda x: max(
                terms.short_of(pair, reservation, kappa, x) for pair in terms.pairs_of(issue.positions)
            )
            if self.coin and self.reached >= issue.difficulty * self.needed:
                found["closed"] = 1
                found["settlement"] = terms.settlement(issue.positions, reservation, kappa, x)
                if issue.yes_no:
                    found["settlement"] = terms.answer(issue, self.hidden, found["settlement"])
        return found


def play(case, draws, d: int, trial: int) -> dict:
    """Play trial `trial` of draw `d` of packed arrays."""
    return Talks(case, draws, d, trial, trial).play()


def play_cell(case, draws, cell: int, trials: int) -> dict:
    """Play a cell: of talks without a history, trial ``cell % trials`` of draw ``cell // trials``."""
    if len(draws.start):
        start = draws.start[cell]
        return Talks(case, draws, int(start["draw"]), int(start["hidden"]), int(start["luck"])).play()
    return play(case, draws, cell // trials, cell % trials)
