"""What crosses the boundary: named tuples of C-contiguous arrays and numbers.

`Case` holds the scenario, `Draws` the parameters, `Out` what a trial writes, `Log` what it writes when paths are
asked for. Lengths: D draws, C cells (a cell is one trial of one draw), P parties, I issues, K kinds of disruption.
Times are days from the as-of date (float64); all integers are int64 unless said otherwise.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

F = NDArray[np.float64]
N = NDArray[np.int64]

#: Intervals of the tables that hold beliefs as quantiles.
TABLE_INTERVALS = 64
#: Numbers that the disruptions of a trial carry from one interval to the next (see disruption.play_queue).
STATE_SIZE = 11

# Records keep the boundary narrow: every array that a kernel takes costs compile time in each function it passes.
#: A party, sorted by id.
PARTY = np.dtype([
    ("hash", np.int64),  # random address
    ("report", np.int64),  # codes.Report
    ("without", np.int64),  # codes.Without
    ("veto", np.int64),  # 1 when the party binds
])
#: A kind of disruption.
KIND = np.dtype([
    ("hash", np.int64),  # random address
    ("cause", np.int64),  # codes.Cause
])
#: An issue, sorted by id.
ISSUE = np.dtype([
    ("hash", np.int64),  # random address
    ("core", np.int64),  # 1 when the talks close only with it
    ("yes_no", np.int64),  # 1 when the settlement is 0 or 1
    ("difficulty", np.float64),  # relative to the largest of a core issue
    ("overlap", np.float64),  # probability that the beliefs overlap
])
#: A technical system.
SYSTEM = np.dtype([
    ("hash", np.int64),  # random address
    ("modes", np.int64),  # bit mask of the modes that need it
    ("rate", np.float64),  # failures of the unit in service per day
    ("repair", np.float64),  # mean days of a repair
    ("failover", np.float64),  # days until a spare takes over
    ("spare", np.float64),  # probability that a spare takes over
    ("sanction", np.float64),  # probability that a political event of severity 2 or 3 takes it down
])
#: A failure injected on a day; sorted by day.
INCIDENT = np.dtype([
    ("day", np.float64),
    ("system", np.int64),  # the system it takes down; -1 none
    ("severity", np.int64),  # of the event it is for the talks; 0 none
    ("outage", np.float64),  # mean days of the outage; negative: exactly that long
    ("delay", np.float64),  # days by which the next planned day moves
])
#: A stage of planned talks.
STAGE = np.dtype([
    ("rounds", np.int64),  # held rounds it takes
    ("can_close", np.int64),  # 1 when the talks can close in it
    ("back", np.int64),  # stage to fall back to on a no go
    ("effort", np.float64),  # multiplies the effort of a round
    ("delay", np.float64),  # days added to the next gap on a no go
    ("break_off", np.float64),  # log-odds added to breaking off
    ("loss", np.float64),  # log-odds added to losing an attempt
])
#: A party on an issue.
POSITION = np.dtype([
    ("hash", np.int64),  # random address
    ("want", np.int64),  # 1 more, -1 less, 0 no position
    ("binds", np.int64),  # 1 when the party has a veto
    ("exponential", np.int64),  # 1 for the exponential tactic
    ("opening", np.float64),
    ("start", np.float64),  # k: share conceded at once
])
#: What one thread carries for a system through a trial.
WEAR = np.dtype([
    ("next", np.float64),  # when it fails (up) or is back (down)
    ("since", np.float64),  # since when it is up or down
    ("downtime", np.float64),
    ("forced", np.float64),  # start of the next outage imposed from outside; inf none
    ("up", np.float64),  # days it will be up after the present outage
    ("place", np.int64),  # where it waits
    ("down", np.int64),
    ("count", np.int64),
    ("lost", np.int64),  # attempts in trouble because of it
    ("block", np.int64),  # its first block of words filled ahead, and how many failures follow there, see lanes
    ("ahead", np.int64),
])
#: An outage imposed from outside that waits for its system to be played.
OUTAGE = np.dtype([
    ("start", np.float64),
    ("end", np.float64),
    ("system", np.int64),  # -1 once played
])
#: A disruption on its way: when, of which kind, and its luck.
QUEUED = np.dtype([
    ("time", np.float64),  # inf once played
    ("kind", np.int64),
    ("u_severity", np.float64),
    ("u_zero", np.float64),
    ("u_recovery", np.float64),
])
#: An attempt of the history, oldest first, as its likelihood needs it.
PAST = np.dtype([
    ("days", np.float64),  # from the whole day it counts from to its planned day; -1 not known
    ("tension", np.float64),  # at its planned day, events strictly before
    ("plan", np.int64),  # a codes.Plan: what `days` are
    ("near", np.int64),  # 1 with the deadline 0 to 30 days ahead on the day that `days` count from
    ("status", np.int64),  # codes.Status
    ("virtual", np.int64),  # 1 in a hybrid, remote or written session
    ("absent", np.int64),  # 1 when an absence is reported; 0 says nothing
    ("severe", np.int64),  # 1 after a severity-3 event in the last 14 days
    ("far", np.int64),  # deadline more than 30 days ahead
    ("here", np.int64),  # deadline within 3 days
    ("number", np.int64),  # of the attempt, from 1
    ("rounds", np.int64),  # rounds held before it
])
#: An offer of the history.
OFFER = np.dtype([
    ("value", np.float64),
    ("issue", np.int64),
    ("party", np.int64),
    ("after", np.int64),  # attempts before it: column of the hazards
])
#: Where a cell starts from, when it does not start from its own number: talks with a history.
START = np.dtype([
    ("draw", np.int64),  # row of the draws
    ("hidden", np.int64),  # address of the hidden facts of these talks
    ("luck", np.int64),  # address of everything else
])
#: What a trial came to.
TRIAL = np.dtype([
    ("effort", np.float32),  # with that of the history
    ("end_day", np.int16),
    ("attempts", np.int16),  # new attempts
    ("rounds_held", np.int16),  # new rounds
    ("next_day", np.int16),  # day the next round is held; -1 never
    ("ending", np.int8),  # codes.Ending
    ("zopa", np.int8),
    ("next_status", np.int8),  # codes.Status of the next attempt
    ("next_mode", np.int8),  # mode of the next round; -1 never
    ("next_on_time", np.int8),
    ("next_cause", np.int8),  # codes.Cause of trouble at the next attempt
    ("overflow", np.int8),  # codes.Overflow
    ("stage", np.int8),  # stage reached; -1 without stages
    ("retreats", np.int16),  # attempts held in another mode than wished
    ("system_trouble", np.int16),  # attempts lost or moved because a system was down
])
#: An attempt of a path; status -1 past the last one.
ATTEMPT = np.dtype([
    ("day", np.float64),  # planned day
    ("begins", np.float64),  # day it is held or lost: later than planned when a failure or a change of mode moves it
    ("end", np.float64),  # last day of a held round, else the day it is lost
    ("tension", np.float64),
    ("effort", np.float64),  # effort so far
    ("hazard", np.float64),  # hazard so far over the hazard needed
    ("status", np.int64),  # codes.Status
    ("mode", np.int64),  # mode held; as wished when lost
    ("wished", np.int64),  # mode wished, with absent principals by video where they join so
    ("cause", np.int64),  # codes.Cause
    ("absent", np.int64),  # bit mask of absent parties
])
#: A disruption of a path; kind -1 past the last one.
EVENT = np.dtype([
    ("day", np.float64),
    ("recovery", np.float64),  # days
    ("kind", np.int64),
    ("severity", np.int64),
])


class Case(NamedTuple):
    """One scenario, packed. Every array is C-contiguous; an absent feature is an array of length 0 or a code."""

    key: np.uint64  #: seed of the generator
    horizon: float  #: last day of the forecast
    # state at the as-of date
    attempts_done: int  #: attempts in the history, held or lost
    held_done: int  #: rounds held in the history
    retry_done: int  #: attempts lost since the last held round
    plan_kind: int  #: a codes.Plan
    plan_day: float  #: planned day of the next attempt (Plan.GIVEN)
    anchor_day: float  #: day (<= 0) from which the first gap or slip counts (the other kinds of Plan)
    last_planned_day: float  #: planned day of the last attempt, ahead when lost before it came; -inf without one
    last_held_day: float  #: last day of the last round held; -inf without one
    home_mode: int  #: first mode of the talks; -1 when it is yet to be drawn
    wished_mode: int  #: mode declared or carried for the next attempt; -1 when it is yet to be drawn
    mode_declared: int  #: 1: the next attempt has exactly `wished_mode`; 0: the chain moves first
    tension: float  #: decayed sum of severity weights at day 0, events strictly before
    severe_day: float  #: day of the latest severity-3 event up to the as-of date; -inf without one
    severe_cause: int  #: its codes.Cause
    # deadline
    has_deadline: int
    deadline_day: float
    deadline_hard: int
    # log-odds stated by the analyst
    adjust_closing: float
    adjust_break_off: float
    adjust_loss: float
    # fallback
    ladder: N  #: (L,) modes to fall back on, in order of preference
    sticky: int  #: 1: the talks go on from the mode fallen back to
    party: np.ndarray  #: (P,) PARTY
    party_authority: F  #: (P, TABLE_INTERVALS + 1) quantiles of a delegate's authority; 0 when nothing is stated
    kind: np.ndarray  #: (K,) KIND
    issue: np.ndarray  #: (I,) ISSUE
    position: np.ndarray  #: (I, P) POSITION
    edge_table: F  #: (I, 2, T + 1) quantiles of the binding reservation value of those who want more, given apart (0)
    #: or overlap (1); of a yes-or-no issue, given overlap, [1, 0] is the probability that only those who say yes give
    #: in, and [1, 1] that plus the probability that only those who say no do
    gap_table: F  #: (I, 2, T + 1, T + 1) distance >= 0 to that of those who want less, given the former's quantile
    belief_table: F  #: (I, P, T + 1) quantiles of a party's reservation value; [:, :, 0] of a yes-or-no issue is the
    #: probability that the party gives in
    kappa_table: F  #: (I, P, T + 1) quantiles of kappa; NaN where the posterior's is used
    # systems, injected failures, stages, excitation: empty or 0 in scenarios that do not use them
    system: np.ndarray  #: (S,) SYSTEM
    base_down: F  #: (6,) probability, by mode, that a needed system is down when all have the default parameters
    base_saved: F  #: (6,) and that some mode of the ladder needs none that is down
    switch_delay: float  #: days that a change of mode costs
    incident: np.ndarray  #: (N,) INCIDENT
    stage: np.ndarray  #: (G,) STAGE
    go_table: F  #: (G, T + 1) quantiles of the probability of going on from a stage to the next
    stage_start: int  #: stage at the as-of date
    stage_rounds: int  #: rounds held in it
    last_status: int  #: codes.Status of the last attempt of the history; NONE without one
    last_tension: float  #: tension at its planned day
    silent: int  #: 1 when talks with a history have no next attempt announced: they may be over without saying so
    excite: float  #: mean number of events an escalation sets off, below 1
    excite_days: float  #: mean delay of those
    overlap_least: float  #: smallest overlap of a core issue; 1 without issues


class Draws(NamedTuple):
    """Parameters of every draw, taken for the domain of the scenario."""

    scalar: F  #: (D, N_COLUMNS) see codes.Column
    mode_first: F  #: (D, 6) cumulative probabilities of the first mode
    mode_stay: F  #: (D, 6) probability of staying in a mode
    mode_switch: F  #: (D, 6) cumulative probabilities of the mode switched to
    kind_rate: F  #: (D, K) expected events per attempt interval of 28 days
    severity: F  #: (D, K, 3) cumulative probabilities of severity 1, 2, 3
    recovery_zero: F  #: (D, K, 3) probability of recovery at once
    recovery_log_mean: F  #: (D, K, 3) log days
    recovery_sd: F  #: (D, K, 3)
    retreat: F  #: (D, 10) probability of another mode instead of a loss, by codes.Cause
    start: np.ndarray  #: (C,) START, or (0,): then cell c is trial c % trials of draw c // trials


class Out(NamedTuple):
    """Results, one row a cell."""

    trial: np.ndarray  #: (C,) TRIAL
    settlement: NDArray[np.float32]  #: (C, I) NaN unless closed
    issue_closed: NDArray[np.int8]  #: (C, I)
    absent: NDArray[np.int16]  #: (C, P) attempts with that principal absent
    n_disruptions: NDArray[np.int16]  #: (C, K)
    first_disruption: NDArray[np.int16]  #: (C, K) day; -1 none
    downtime: NDArray[np.float32]  #: (C, S) days down up to the end of the talks
    system_lost: NDArray[np.int16]  #: (C, S) attempts in trouble because of the system


class Log(NamedTuple):
    """Paths, one row a cell; arrays have no rows when paths are not asked for."""

    attempt: np.ndarray  #: (C, A) ATTEMPT
    event: np.ndarray  #: (C, E) EVENT
    reservation: F  #: (C, I, P) NaN for a party without a position
    kappa: F  #: (C, I, P)
    meeting: F  #: (C, I) share of the way at which positions meet; NaN where they never do
    start: F  #: (C, 2) at the as-of date: hazard over the one needed, effort


class Scratch(NamedTuple):
    """Working memory of one thread; nothing in it outlives a trial."""

    clock: F  #: (K,) next event of a kind, in the measure of its intensity
    count: N  #: (K,) events of a kind so far
    state: F  #: (STATE_SIZE,) see disruption.play_queue
    wear: np.ndarray  #: (S,) WEAR
    outage: np.ndarray  #: (MAX_OUTAGES,) OUTAGE
    queue: np.ndarray  #: (MAX_EVENTS,) QUEUED
    no_event: np.ndarray  #: (0,) EVENT, the path of a trial that keeps none
    reserve: F  #: (P,) reservation values on the issue at hand
    kappa: F  #: (P,)


class Ahead(NamedTuple):
    """What one thread has worked out ahead, for `LANES` cells at a time (see lanes); apart, because every array that a
    kernel takes costs compile time in each function it passes."""

    words: F  #: (blocks, 4, LANES) uniforms filled ahead, see lanes
    normal: F  #: (3 + 2 ATTEMPTS_AHEAD, LANES) normals of some of them, see lanes
    days: F  #: (S, 1 + 2 failures, LANES) up-times and outages of systems, see systems.fill_systems
    block: NDArray[np.uint64]  #: (blocks, 3) what they hold
    address: NDArray[np.uint64]  #: (3, LANES) hidden, luck and row of the cells they are for


class Memory(NamedTuple):
    """Working memory of one thread."""

    trial: Scratch
    ahead: Ahead


class Tally(NamedTuple):
    """Counts over trials, one row a draw of the range that a task plays (R rows, H + 1 days)."""

    ending: NDArray[np.int32]  #: (R, 6)
    end_day: NDArray[np.int32]  #: (R, 6, H + 1)
    next_status: NDArray[np.int32]  #: (R, 4)
    next_day: NDArray[np.int32]  #: (R, H + 1)
    next_mode: NDArray[np.int32]  #: (R, 6)
    next_cause: NDArray[np.int32]  #: (R, 10)
    on_time: NDArray[np.int32]  #: (R,)
    zopa: NDArray[np.int32]  #: (R,)
    settlement: NDArray[np.int32]  #: (R, I, B)
    absent: NDArray[np.int32]  #: (R, P)
    disrupted: NDArray[np.int32]  #: (R, K)
    disruptions: NDArray[np.int64]  #: (R, K)
    attempts: NDArray[np.int64]  #: (R,)
    rounds_held: NDArray[np.int64]  #: (R,)
    retreats: NDArray[np.int64]  #: (R,)
    stage: NDArray[np.int32]  #: (R, G)
    down: NDArray[np.int32]  #: (R, S) trials with downtime
    downtime: F  #: (R, S) days
    downtime_square: F  #: (R, S) days squared
    trouble: NDArray[np.int64]  #: (R, S) attempts in trouble because of the system
    overflow: NDArray[np.int64]  #: (1,)
