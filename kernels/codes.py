"""Integer codes shared by the kernels and their callers.

Every code is an ``IntEnum`` member with its meaning beside it; the order of members is part of every stored file
and of every random address, so members are only ever appended.
"""

from __future__ import annotations

from enum import IntEnum


class Ending(IntEnum):
    """How the talks end."""

    AGREEMENT = 0  #: the agreement that was sought
    PARTIAL = 1  #: an interim, framework or ceasefire-only deal
    COLLAPSE = 2  #: broken off
    STALL = 3  #: no further round
    LAPSE = 4  #: broken off or stalled within a day after the deadline, or a hard deadline reached
    ONGOING = 5  #: none of these by the horizon


class Status(IntEnum):
    """What became of an attempt to hold a round."""

    HELD = 0  #: held, in the wished mode or in another
    POSTPONED = 1  #: lost, with a new day
    CANCELLED = 2  #: lost, without one
    NONE = 3  #: no attempt before the talks ended or the horizon


class Mode(IntEnum):
    """Session mode."""

    IN_PERSON = 0  #: same room
    PROXIMITY = 1  #: same place, a mediator carries messages
    SHUTTLE = 2  #: a mediator travels
    HYBRID = 3  #: part of the room by video
    REMOTE = 4  #: all by video or telephone
    CORRESPONDENCE = 5  #: in writing


class Cause(IntEnum):
    """What the trouble at an attempt is put down to."""

    NONE = 0  #: no trouble
    OTHER = 1  #: none of the mechanisms below
    ABSENCE = 2  #: a principal stayed away
    ESCALATION = 3  #: a severe event of that kind in the last 14 days, and so on below
    WALKOUT_LEAK = 4
    POLITICAL = 5
    EXOGENOUS = 6
    NOVEL = 7
    SYSTEM = 8  #: a needed system was down
    OWN_KIND = 9  #: a severe event of one of the scenario's own kinds


class Plan(IntEnum):
    """How the next planned day is found at the start."""

    GIVEN = 0  #: the scenario states it
    FRESH = 1  #: a fresh gap from the as-of date: talks without history
    AFTER_HELD = 2  #: a gap from the last held round, known to have lasted beyond the as-of date
    AFTER_POSTPONED = 3  #: a slip from the last lost attempt, likewise
    AFTER_CANCELLED = 4  #: a fresh gap from the last lost attempt, likewise


class Report(IntEnum):
    """What is reported about a principal's presence at the next attempt."""

    ABSENT = 0
    PRESENT = 1
    UNKNOWN = 2
    NO_PRINCIPAL = 3  #: the party declares none, so an absence is never put down to it


class Without(IntEnum):
    """What a party does when its principal is missing."""

    DELEGATE = 0  #: sends somebody with some authority
    REMOTE = 1  #: the principal joins by video
    STAY_AWAY = 2  #: does not come


class Ratified(IntEnum):
    """What became of the ratification of a deal."""

    NO_DEAL = -1  #: there was no deal to ratify
    NO = 0  #: a vote failed for good, or the talks that resumed after it did
    YES = 1  #: every vote has passed
    PENDING = 2  #: not decided by the horizon


class Alarm(IntEnum):
    """What happens when the verifier says that the terms are broken."""

    SUSPEND = 0  #: the tranche waits for the next check that finds the terms kept
    END = 1  #: the deal is over
    CONTINUE = 2  #: the tranche is lost, the later ones go on


class Overflow(IntEnum):
    """Whether a trial ran out of room."""

    NONE = 0
    ATTEMPTS = 1  #: more than ``MAX_ATTEMPTS`` new attempts
    EVENTS = 2  #: more than ``MAX_EVENTS`` disruptions


class Purpose(IntEnum):
    """What a block of random words is for: part of its address, append-only."""

    HABIT = 1  #: pace, loss, absence of these talks (hidden facts)
    CLOSE = 2  #: effort to close, ZOPA coin, shared rank, partial
    NEXT = 3  #: timing and wished mode of the attempt (held index, retry)
    LOSS = 4  #: absence, habit, loss, kind of loss (held index, retry)
    END = 5  #: ending, round length, keep mode (held index, retry)
    COLLAPSE = 6  #: day of a collapse (held index, retry)
    ABSENTEE = 7  #: rank of a party among the absent (party; 0 = habitual, else the attempt)
    REPORT = 8  #: whether a reported presence is right (party)
    CLOCK = 9  #: waiting time, severity, recovery of an event (kind, event index)
    AUTHORITY = 10  #: authority of a delegate (party)
    RESERVATION = 11  #: reservation values on an issue (issue)
    KAPPA = 12  #: shape of a party's concessions on an issue (party and issue)
    POSITION = 13  #: reservation value of a party that is not the last of its side (party and issue)
    SYSTEM = 14  #: up-time after a failure, its spare, its repair (system, failure index)
    SANCTION = 15  #: whether a political event takes a system down (system, event index)
    EXCITE = 16  #: number of further events an event sets off (place in the queue)
    CHILD = 17  #: delay, severity, recovery of such an event (place in the queue)
    STAGE = 18  #: go or no go at the end of a stage (held index)
    INCIDENT = 19  #: length of the outage of an injected failure (place in the list)
    START = 20  #: whether a system is down at the as-of date, for how long yet, first up-time (system)
    ANSWER = 21  #: answer on a yes-or-no issue that all would give either way (issue)
    SILENCE = 30  #: whether talks that have fallen silent are over
    RESAMPLE = 31  #: where systematic resampling starts (0 = draws, else the place of a draw)
    VOTE = 40  #: probability that a vote on the deal fails, and the days to it: hidden facts (party, its which vote)
    BALLOT = 41  #: whether a vote fails (party, its which vote and pass)
    BREACH = 42  #: rate of breaking the deal, a hidden fact (0), and when it happens (1), by party
    VERIFY = 43  #: error rates of the verifier, hidden facts (0), and what it says at a tranche (1, tranche)


class Column(IntEnum):
    """Columns of the matrix of scalar parameters, one row a draw (see ``types.Draws``)."""

    ROW_ID = 0
    GAP_LOG_MEAN = 1
    GAP_PACE_SD = 2
    GAP_SD = 3
    GAP_WIDE_SHARE = 4
    GAP_WIDE_RATIO = 5
    GAP_NEAR_DEADLINE = 6
    GAP_AFTER_CANCELLED = 7
    SLIP_LOG_MEAN = 8
    SLIP_SD = 9
    SLIP_PACE_LOADING = 10
    SLIP_UNLISTED_SHARE = 11
    SLIP_UNLISTED_SHIFT = 12
    LENGTH_ZERO = 13
    LENGTH_LOG_MEAN = 14
    LENGTH_SD = 15
    LOSS_LOGIT = 16
    LOSS_SD = 17
    LOSS_SEVERE = 18
    LOSS_ABSENT = 19
    LOSS_VIRTUAL = 20
    CANCELLED_LOGIT = 21
    CANCELLED_ABSENT = 22
    CANCELLED_SEVERE = 23
    ABSENT_LOGIT = 24
    ABSENT_SD = 25
    ABSENT_HABIT_SHARE = 26
    REPORT_RIGHT = 27
    MODE_HOME = 28
    MODE_KEEP_AFTER_LOSS = 29
    PULSE_DAYS = 30
    PULSE_BACKGROUND = 31
    PULSE_AFTER = 32
    PULSE_BEFORE = 33
    CLOSE_LOG_SCALE = 34
    CLOSE_SHAPE = 35
    CLOSE_FAR = 36
    ZOPA = 37  #: probability of the coin, after beliefs and after the history
    EFFORT_VIRTUAL = 38
    EFFORT_MEDIATED = 39
    EFFORT_ABSENT = 40
    COLLAPSE_INTERCEPT = 41
    COLLAPSE_POSTPONED = 42
    COLLAPSE_CANCELLED = 43
    COLLAPSE_TENSION = 44
    COLLAPSE_FAR = 45
    COLLAPSE_HERE = 46
    STALL_INTERCEPT = 47
    STALL_POSTPONED = 48
    STALL_CANCELLED = 49
    STALL_FAR = 50
    STALL_LOG_ATTEMPT = 51
    PARTIAL_SHARE = 52
    COLLAPSE_SAME_DAY = 53
    COLLAPSE_LAG_LOG_MEAN = 54
    COLLAPSE_LAG_SD = 55
    KAPPA_LOG_MEAN = 56
    KAPPA_LOG_SD = 57
    EFFORT_DONE = 58  #: effort of the rounds in the history
    HAZARD_DONE = 59  #: cumulative hazard of the rounds in the history
    HAZARD_SEEN = 60  #: the part of it at which the talks could have closed and did not
    GAP_LOG_ROUND = 61
    EFFORT_PAUSE = 62
    # Derived from the columns above by columns.derive.
    CLOSE_RATE = 63  #: exp(-CLOSE_LOG_SCALE)
    POWER_DONE = 64  #: (EFFORT_DONE * CLOSE_RATE) ** CLOSE_SHAPE
    ODDS_LOSS_SEVERE = 65  #: exp of the column named, and so on below
    ODDS_LOSS_ABSENT = 66
    ODDS_LOSS_VIRTUAL = 67
    ODDS_CLOSE_FAR = 68
    ODDS_COLLAPSE_INTERCEPT = 69
    ODDS_COLLAPSE_POSTPONED = 70
    ODDS_COLLAPSE_CANCELLED = 71
    ODDS_COLLAPSE_FAR = 72
    ODDS_COLLAPSE_HERE = 73
    ODDS_STALL_INTERCEPT = 74
    ODDS_STALL_POSTPONED = 75
    ODDS_STALL_CANCELLED = 76
    ODDS_STALL_FAR = 77


MAX_ATTEMPTS = 64
MAX_EVENTS = 256
MAX_PASSES = 8  #: times that a deal is put to its votes
MAX_OUTAGES = 64  #: outages imposed from outside and yet to come, of all systems
N_COLUMNS = len(Column)

# What of the random words is worked out for several trials side by side (see lanes); results do not depend on it.
LANES = 32  #: trials
ATTEMPTS_AHEAD = 3  #: attempts of each
FAILURES_AHEAD = 12  #: failures of each system, at most
WORTH_FAILURES_AHEAD = 0.12  #: share of trials that must meet a failure for it to be worked out ahead in all of them

# Limits of the law, in days. They are part of its definition, not parameters.
FAR_DAYS = 30.0
HERE_DAYS = 3.0
SEVERE_DAYS = 14.0
TENSION_HALF_LIFE = 30.0
TENSION_CAP = 3.0
BACKGROUND_DAYS = 28.0
GAP_ROUNDS = 3.0  #: rounds held at which the mean log gap is as stated
PAUSE_DAYS = 28.0  #: the pause between rounds at which effort is as stated
END_OF_DAY = 0.5 - 2.0**-20  #: the last moment that belongs to a whole day
