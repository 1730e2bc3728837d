"""What comes after a deal, in plain Python: the twin of ``kernels.aftermath``, written from the text of the law."""

from __future__ import annotations

import math

import numpy as np
from reference import law, terms
from reference.luck import Luck, normal
from reference.plain import read_case, read_draw

from kernels.codes import Alarm, Ending, Plan, Purpose, Ratified, Status

NOTHING = {"ratified": Ratified.NO_DEAL, "in_force": -1, "votes": 0, "ratified_day": -1, "in_force_day": -1,
           "breach_day": -1, "released": 0.0, "wrongly_released": 0.0, "wrongly_withheld": 0.0}


class Deal:
    """One deal of one trial; `play` returns what became of it.

    Hidden facts are looked up under the address `hidden`, luck under `luck`; without a history they are the same.
    """

    def __init__(self, case, draws, after, d: int, hidden: int, luck: int, talks) -> None:
        self.case, self.after, self.talks = read_case(case), after, talks
        self.p, _ = read_draw(draws, d)
        row = int(self.p["row_id"])
        self.hidden, self.luck = Luck(self.case.key, hidden, row), Luck(self.case.key, luck, row)
        self.deadline = self.case.deadline_day if self.case.has_deadline else None

    def play(self) -> dict:
        """Return the fields of ``AFTERMATH``."""
        if self.talks["ending"] not in (Ending.AGREEMENT, Ending.PARTIAL):
            return dict(NOTHING)
        votes: list[int] = []
        state, day = self.ratify(votes)
        told = dict(NOTHING, ratified=state, in_force=0, votes=len(votes))
        if state != Ratified.PENDING:
            told["ratified_day"] = day
        if state != Ratified.YES:
            return told
        told["in_force_day"] = day
        breach, horizon = self.breach(), int(self.case.horizon)
        ended = self.tranches(breach, told)
        ends = [] if ended is None else [law.day(day + ended)]
        if breach <= self.after.watch:
            told["breach_day"] = law.day(day + breach)
            ends.append(told["breach_day"])
        told["in_force"] = int(all(end > horizon for end in ends))
        return told

    # ------------------------------------------------------------------ votes
    def ratify(self, votes: list[int]) -> tuple[int, int]:
        """Put the deal to its votes up to eight times; append the day of every vote."""
        horizon, day = int(self.case.horizon), int(self.talks["end_day"])
        pace = normal(self.hidden(Purpose.HABIT)[0])
        failures: list[int] = []
        for tour in range(8):
            verdict = None
            for v, vote in enumerate(self.after.vote):
                turn, place = int(vote["turn"]), int(vote["hash"])
                u_veto, u_wait, _, _ = self.hidden(Purpose.VOTE, turn, place)
                day = law.day(day + terms.quantile(self.after.wait_table[v].tolist(), u_wait))
                if day > horizon:
                    return Ratified.PENDING, day
                votes.append(day)
                failed = self.luck(Purpose.BALLOT, 256 * tour + turn, place)[0]
                if failed < terms.quantile(self.after.veto_table[v].tolist(), u_veto):
                    verdict = vote
                    break
            if verdict is None:
                return Ratified.YES, day
            failures.append(day)
            if not verdict["resume"] or tour == 7:
                return Ratified.NO, day
            ending, day = self.resume(day, failures, pace)
            if ending is not None:
                return ending, day
        raise AssertionError("eight passes at most")

    def resume(self, day: int, failures: list[int], pace: float) -> tuple[int | None, int]:
        """One attempt of the talks that resume after a failed vote; None when it renews the deal."""
        horizon, extra = int(self.case.horizon), len(failures)
        held = int(self.case.held_done) + int(self.talks["rounds_held"]) - 1 + extra
        number = int(self.case.attempts_done) + int(self.talks["attempts"]) + extra
        u_part, u_normal, _, _ = self.luck(Purpose.NEXT, 0, held)
        plan = law.next_planned(self.p, pace, Plan.AFTER_HELD, day, None, self.deadline, held, u_part, u_normal)
        if self.case.deadline_hard and self.deadline < plan and self.deadline <= horizon:
            return Ratified.NO, int(max(self.deadline, day))
        if plan > horizon:
            return Ratified.PENDING, plan
        tense = sum(2.0 * 2 ** (-(plan - at) / 30) for at in failures if at < plan)
        adjust = self.case.adjust_break_off
        if self.talks["stage"] >= 0:
            adjust += self.case.stages[self.talks["stage"]].break_off
        far = self.deadline is not None and self.deadline - plan > 30
        here = self.deadline is not None and abs(self.deadline - plan) <= 3
        collapse, stall = law.break_off_odds(self.p, Status.HELD, tense, far, here, number, adjust)
        u = self.luck(Purpose.END, 0, held)[0] * (1 + collapse + stall)
        if u >= collapse + stall:
            return None, plan
        last = plan
        if u < collapse:
            u_same, u_lag, _, _ = self.luck(Purpose.COLLAPSE, 0, held)
            if u_same >= self.p["collapse_same_day"]:
                lag = math.exp(self.p["collapse_lag_log_mean"] + self.p["collapse_lag_sd"] * normal(u_lag))
                last = law.day(plan + lag)
        return (Ratified.PENDING if last > horizon else Ratified.NO), last

    # --------------------------------------------------------- implementation
    def breach(self) -> float:
        """Days from entry into force to the first breach."""
        times = [math.inf]
        for place, table in zip(self.after.breach_hash.tolist(), self.after.breach_table.tolist(), strict=True):
            rate = terms.quantile(table, self.hidden(Purpose.BREACH, 0, place)[0])
            if rate > 0:
                times.append(-math.log(self.luck(Purpose.BREACH, 1, place)[0]) / rate)
        return min(times)

    def tranches(self, breach: float, told: dict) -> float | None:
        """Decide every tranche by the verifier and by a perfect one; return days to an end by alarm."""
        positive, negative = (
            terms.quantile(table, u)
            for table, u in zip(self.after.sensor_table.tolist(), self.hidden(Purpose.VERIFY)[:2], strict=True))
        out, due, waiting = [], [], []
        ended = None
        for i, tranche in enumerate(self.after.tranche):
            kept = breach > tranche["day"]
            due.append(kept)
            out.append(False)
            if ended is not None:
                continue
            u = self.luck(Purpose.VERIFY, 1, int(tranche["hash"]))[0]
            if u >= (positive if kept else 1 - negative):
                for j in (*waiting, i):
                    out[j] = True
                waiting = []
            elif self.after.on_alarm == Alarm.SUSPEND:
                waiting.append(i)
            elif self.after.on_alarm == Alarm.END:
                ended = float(tranche["day"])
        shares = self.after.tranche["share"].tolist()
        told["released"] = math.fsum(s for s, o in zip(shares, out, strict=True) if o)
        told["wrongly_released"] = math.fsum(s for s, o, k in zip(shares, out, due, strict=True) if o and not k)
        told["wrongly_withheld"] = math.fsum(s for s, o, k in zip(shares, out, due, strict=True) if k and not o)
        return ended


def play(case, draws, after, cell: int, trials: int, talks) -> dict:
    """Return what came after the talks of a cell, by the names of ``kernels.aftermath_types.AFTERMATH``."""
    d, hidden, luck = cell // trials, cell % trials, cell % trials
    if len(draws.start):
        start = draws.start[cell]
        d, hidden, luck = int(start["draw"]), int(start["hidden"]), int(start["luck"])
    return Deal(case, draws, after, d, hidden, luck, talks).play()


def differences(record: np.void, told: dict) -> list[str]:
    """Return where a compiled record differs from what the twin tells: codes exactly, shares to single precision."""
    found = []
    for name, wanted in told.items():
        got = record[name].item()
        same = abs(got - wanted) <= 2.0**-22 if isinstance(wanted, float) else got == int(wanted)
        if not same:
            found.append(f"{name}: compiled {got}, twin {wanted}")
    return found
