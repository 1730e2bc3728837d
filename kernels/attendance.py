"""Who is missing from an attempt, and what that does to it.

Absence is a habit of these talks, one indicator an attempt, given to a party with a declared principal; what is
reported about the next attempt is right with a stated probability. The scenario says what a party then does.
"""

from __future__ import annotations

import numpy as np

from kernels.codes import Column, Purpose, Report, Without
from kernels.concession import table_value
from kernels.jit import inlined
from kernels.random import NONE, ONE, ZERO, logistic, uniforms

ABSENT_LOGIT = int(Column.ABSENT_LOGIT)
ABSENT_SD = int(Column.ABSENT_SD)
ABSENT_HABIT_SHARE = int(Column.ABSENT_HABIT_SHARE)
REPORT_RIGHT = int(Column.REPORT_RIGHT)
ABSENTEE = np.int64(Purpose.ABSENTEE)
REPORT = np.int64(Purpose.REPORT)
AUTHORITY = np.int64(Purpose.AUTHORITY)
REPORT_ABSENT, REPORT_PRESENT, REPORT_UNKNOWN, NO_PRINCIPAL = (int(r) for r in Report)
DELEGATE, JOIN_REMOTE, STAY_AWAY = (int(w) for w in Without)
RETRY_ROOM = 256  # the address of a ranking of absentees has room for the retry number below this


@inlined
def absent_probability(row, habit):
    """Return logistic(domain + sd * habit of these talks)."""
    return logistic(row[ABSENT_LOGIT] + row[ABSENT_SD] * habit)


@inlined
def lowest_rank(parties, key, trial, row_id, sub, only_unknown, skip):
    """Return the party with the lowest random rank among those with a principal, or -1.

    Ranks belong to parties, so adding a party changes the choice only where the new one is chosen.
    `only_unknown` = 1 leaves out parties whose presence is reported; `skip` leaves out one party (-1: none).
    """
    best, chosen = 2.0, -1
    for p in range(parties.shape[0]):
        report = parties[p].report
        if report == NO_PRINCIPAL or p == skip or (only_unknown == 1 and report != REPORT_UNKNOWN):
            continue
        rank, _, _, _ = uniforms(key, trial, row_id, ABSENTEE, sub, parties[p].hash)
        if rank < best:
            best, chosen = rank, p
    return chosen


@inlined
def absent_parties(key, parties, row, hidden, trial, likely, held, retry, is_next, u_absent, u_habit):
    """Return (bit mask of absent parties, 1 when somebody unnamed is absent) at one attempt.

    `likely`: `absent_probability` of these talks. Who is the habitual absentee is a hidden fact of the talks; the rest
    is luck.
    """
    mask = 0
    named, unknown = 0, 0
    for p in range(parties.shape[0]):
        report = parties[p].report
        if report != NO_PRINCIPAL:
            named += 1
            if report == REPORT_UNKNOWN:
                unknown += 1
            elif is_next:
                u, _, _, _ = uniforms(key, trial, row[0], REPORT, ZERO, parties[p].hash)
                right = u < row[REPORT_RIGHT]
                if (report == REPORT_ABSENT) == right:
                    mask |= 1 << p
    if is_next and named > 0 and unknown == 0:
        return mask, 0  # everybody's presence is reported; the habit has nothing to add
    if u_absent >= likely:
        return mask, 0
    if named == 0:
        return mask, 1
    only_unknown = ONE if is_next else ZERO
    chosen = lowest_rank(parties, key, hidden, row[0], ZERO, only_unknown, NONE)
    if u_habit >= row[ABSENT_HABIT_SHARE]:
        sub = 1 + held * RETRY_ROOM + retry
        other = lowest_rank(parties, key, trial, row[0], sub, only_unknown, chosen)
        if other >= 0:
            chosen = other
    return mask | (1 << chosen), 0


@inlined
def attendance(key, parties, authority, row, hidden, mask, unnamed):
    """Return (authority missing in [0, 1], principals who join by video, 1 when the wished mode is blocked)."""
    lack, joins, blocked = 0.0, 0, 0
    if unnamed == 1:
        lack = 1.0
    if mask != 0:
        coming = parties.shape[0]
        for p in range(parties.shape[0]):
            if (mask >> p) & 1:
                without = parties[p].without
                if without == JOIN_REMOTE:
                    joins += 1
                elif without == STAY_AWAY:
                    lack = 1.0
                    coming -= 1
                    if parties[p].veto == 1:
                        blocked = 1
                else:
                    u, _, _, _ = uniforms(key, hidden, row[0], AUTHORITY, ZERO, parties[p].hash)
                    lack = max(lack, 1.0 - table_value(authority[p], u))
        if coming < 2:
            blocked = 1
    return lack, joins, blocked
