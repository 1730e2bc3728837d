"""Allocate what kernels write to, and know how large it is."""

from __future__ import annotations

import numpy as np

from forecast.engine.bridge import ATTEMPT, ATTEMPTS_AHEAD, EVENT, LANES, MAX_ATTEMPTS, MAX_EVENTS
from forecast.engine.bridge import MAX_OUTAGES, OUTAGE, QUEUED, STATE_SIZE, TRIAL, WEAR, Ahead, Case, Log, Memory, Out
from forecast.engine.bridge import Scratch, Tally, list_blocks, system_blocks
from forecast.engine.paths import path_bytes

#: Classes of a settlement histogram in a reduced outcome.
SETTLEMENT_BINS = 64
#: Events kept per trial in a path; talks with more keep the first.
LOGGED_EVENTS = 64


def new_out(case: Case, cells: int) -> Out:
    """Allocate results for `cells` trials."""
    issues, parties, kinds = len(case.issue), len(case.party), len(case.kind)
    return Out(
        trial=np.zeros(cells, TRIAL),
        settlement=np.empty((cells, issues), np.float32),
        issue_closed=np.empty((cells, issues), np.int8),
        absent=np.empty((cells, parties), np.int16),
        n_disruptions=np.empty((cells, kinds), np.int16),
        first_disruption=np.empty((cells, kinds), np.int16),
        downtime=np.empty((cells, len(case.system)), np.float32),
        system_lost=np.empty((cells, len(case.system)), np.int16),
    )


def new_log(case: Case, cells: int, events: int = LOGGED_EVENTS) -> Log:
    """Allocate paths for `cells` trials, with room for so many events of each; 0 cells: no paths are kept."""
    issues, parties = len(case.issue), len(case.party)
    attempt, event = np.zeros((cells, MAX_ATTEMPTS), ATTEMPT), np.zeros((cells, events), EVENT)
    attempt["status"], event["kind"] = -1, -1
    return Log(attempt, event, *(np.full((cells, *shape), np.nan) for shape in (
        (issues, parties), (issues, parties), (issues,), (2,))))


def new_memory(case: Case) -> Memory:
    """Allocate the working memory of one thread."""
    kinds, parties, systems, block = len(case.kind), len(case.party), len(case.system), list_blocks(case)
    wear = np.zeros(systems, WEAR)
    wear["block"], wear["ahead"] = system_blocks(case)
    trial = Scratch(np.empty(kinds), np.empty(kinds, np.int64), np.empty(STATE_SIZE), wear,
                    np.zeros(MAX_OUTAGES, OUTAGE), np.zeros(MAX_EVENTS, QUEUED), np.zeros(0, EVENT),
                    np.empty(parties), np.empty(parties))
    days = np.zeros((systems, 1 + 2 * int(wear["ahead"].max(initial=0)), LANES))
    ahead = Ahead(np.zeros((len(block), 4, LANES)), np.zeros((3 + 2 * ATTEMPTS_AHEAD, LANES)), days, block,
                  np.zeros((3, LANES), np.uint64))
    return Memory(trial, ahead)


def new_tally(case: Case, rows: int) -> Tally:
    """Allocate zeroed counts for `rows` draws."""
    days = int(case.horizon) + 1
    issues, parties, kinds, systems = len(case.issue), len(case.party), len(case.kind), len(case.system)

    def counts(*shape: int) -> np.ndarray:
        return np.zeros((rows, *shape), np.int32)

    def sums(*shape: int) -> np.ndarray:
        return np.zeros((rows, *shape), np.int64)

    return Tally(
        ending=counts(6), end_day=counts(6, days), next_status=counts(4), next_day=counts(days),
        next_mode=counts(6), next_cause=counts(10), on_time=counts(), zopa=counts(),
        settlement=counts(issues, SETTLEMENT_BINS), absent=counts(parties), disrupted=counts(kinds),
        disruptions=sums(kinds), attempts=sums(), rounds_held=sums(), retreats=sums(),
        stage=counts(len(case.stage)), down=counts(systems), downtime=np.zeros((rows, systems)),
        downtime_square=np.zeros((rows, systems)), trouble=sums(systems), overflow=np.zeros(1, np.int64),
    )


def rows_of(group, first: int, last: int):
    """Return the rows ``first .. last - 1`` of every array of a named tuple, without copying."""
    return type(group)(*(array[first:last] for array in group))


def bytes_per_cell(case: Case, paths: bool) -> int:
    """Return the bytes one trial takes, with the copy that makes it a dataset."""
    size = 2 * sum(array.nbytes for array in new_out(case, 1))
    if paths:
        # What follows from the log is made once, as part of the dataset.
        size += 2 * sum(array.nbytes for array in new_log(case, 1)) + path_bytes(case)
    return size


def tally_bytes(case: Case, draws: int) -> int:
    """Return the bytes the counts of a reduced forecast take, tasks included."""
    return 3 * draws * sum(array.nbytes for array in new_tally(case, 1))
