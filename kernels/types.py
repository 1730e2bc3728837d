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
#: Numbers that the disruptions of a trial carry from one interval to the next (see disruption.play_interval).
STATE_SIZE = 7

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
    ("more", np.int64),  # index of the party that wants more and binds
    ("less", np.int64),  # index of the party that wants less and binds
    ("difficulty", np.float64),  # relative to the largest of a core issue
    ("overlap", np.float64),  # probability that the beliefs overlap
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
    ("spare", np.int8),
])
#: An attempt of a path; status -1 past the last one.
ATTEMPT = np.dtype([
    ("day", np.float64),  # planned day
    ("end", np.float64),  # last day of a held round, else the planned day
    ("tension", np.float64),
    ("effort", np.float64),  # effort so far
    ("hazard", np.float64),  # hazard so far over the hazard needed
    ("status", np.int64),  # codes.Status
    ("mode", np.int64),  # mode held or wished
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
    last_planned_day: float  #: planned day (<= 0) of the last attempt; -inf without one
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
    opening: F  #: (I, P) opening positions; NaN without one
    edge_table: F  #: (I, 2, T + 1) quantiles of the reservation value of `more` given apart (0) or overlap (1)
    gap_table: F  #: (I, 2, T + 1, T + 1) distance >= 0 to that of `less`, given the former's quantile
    kappa_hash: N  #: (I, P)
    kappa_table: F  #: (I, P, T + 1) quantiles of kappa; NaN where the posterior's is used
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


class Out(NamedTuple):
    """Results, one row a cell."""

    trial: np.ndarray  #: (C,) TRIAL
    settlement: NDArray[np.float32]  #: (C, I) NaN unless closed
    issue_closed: NDArray[np.int8]  #: (C, I)
    absent: NDArray[np.int16]  #: (C, P) attempts with that principal absent
    n_disruptions: NDArray[np.int16]  #: (C, K)
    first_disruption: NDArray[np.int16]  #: (C, K) day; -1 none


class Log(NamedTuple):
    """Paths, one row a cell; arrays have no rows when paths are not asked for."""

    attempt: np.ndarray  #: (C, A) ATTEMPT
    event: np.ndarray  #: (C, E) EVENT
    reservation: F  #: (C, I, P) NaN for a party without a position
    kappa: F  #: (C, I, P)
    meeting: F  #: (C, I) share of the way at which positions meet; NaN where they never do


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
    overflow: NDArray[np.int64]  #: (1,)
