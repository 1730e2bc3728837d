"""Who is missing from an attempt, and what that does to it, in plain Python."""

from __future__ import annotations

from types import SimpleNamespace

from reference import law, terms
from reference.luck import Luck

from kernels.codes import Purpose, Report, Without


class Attendance:
    """The part of a trial that decides who comes."""

    case: SimpleNamespace
    p: dict[str, float]
    luck: Luck
    hidden: Luck
    habit: float
    parties: range

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

        def rank(luck: Luck, q: int, sub: int) -> float:
            return luck(Purpose.ABSENTEE, sub, self.case.parties[q].hash)[0]

        habitual = min(candidates, key=lambda q: rank(self.hidden, q, 0))
        others = [q for q in candidates if q != habitual]
        if u_habit < self.p["absent_habit_share"] or not others:
            return absent | {habitual}, False
        return absent | {min(others, key=lambda q: rank(self.luck, q, 1 + 256 * held + retry))}, False

    def without(self, absent: set[int], unnamed: bool) -> tuple[float, int, bool]:
        """Authority missing, how many principals join by video, whether the wished mode is blocked."""
        lack, joins = 1.0 if unnamed else 0.0, 0
        blocked = False
        coming = len(self.parties)
        for q in absent:
            instead = self.case.parties[q].without
            if instead == Without.DELEGATE:
                u = self.hidden(Purpose.AUTHORITY, 0, self.case.parties[q].hash)[0]
                lack = max(lack, 1 - terms.quantile(self.case.parties[q].authority, u))
            elif instead == Without.REMOTE:
                joins += 1
            else:
                lack = 1.0
                coming -= 1
                blocked = blocked or bool(self.case.parties[q].veto)
        return lack, joins, blocked or (bool(absent) and coming < 2)
