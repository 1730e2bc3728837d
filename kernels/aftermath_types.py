"""What crosses the boundary for the time after a deal; units as in ``types``: days from the as-of date."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kernels.types import F

#: A vote on the deal, in the order they are held.
VOTE = np.dtype([
    ("hash", np.int64),  # random address of the party that votes
    ("turn", np.int64),  # 0 for the party's first vote in the list, 1 for its second, below 256
    ("resume", np.int64),  # 1: a failed vote sends the talks on; 0: it ends the matter
])
#: A tranche, sorted by day.
TRANCHE = np.dtype([
    ("hash", np.int64),  # random address
    ("day", np.float64),  # days from entry into force
    ("share", np.float64),  # of all that is promised
])
#: What came after the talks of a trial.
AFTERMATH = np.dtype([
    ("released", np.float32),  # share of all that is promised
    ("wrongly_released", np.float32),  # released although the terms were broken by its day
    ("wrongly_withheld", np.float32),  # never released although the terms were kept on its day
    ("ratified_day", np.int16),  # day of the decision; -1 not by the horizon, or no deal
    ("in_force_day", np.int16),  # -1 not by the horizon
    ("breach_day", np.int16),  # -1 not while it is watched
    ("votes", np.int16),  # votes held
    ("ratified", np.int8),  # codes.Ratified
    ("in_force", np.int8),  # 1 when in force, unbroken and not ended at the horizon; -1 without a deal
])


class After(NamedTuple):
    """What a scenario says about the time after a deal (V votes, N tranches, B parties, T + 1 nodes)."""

    vote: np.ndarray  #: (V,) VOTE; none: a deal is in force on the day it is reached
    veto_table: F  #: (V, T + 1) quantiles of the probability that the vote fails
    wait_table: F  #: (V, T + 1) quantiles of the days from the deal, or the vote before it, to the vote
    tranche: np.ndarray  #: (N,) TRANCHE
    breach_hash: np.ndarray  #: (B,) int64, random address of a party that may break the deal
    breach_table: F  #: (B, T + 1) quantiles of its rate of breaking it, per day
    sensor_table: F  #: (2, T + 1) quantiles of the probabilities of a false positive and of a false negative
    on_alarm: int  #: a codes.Alarm
    watch: float  #: days from entry into force over which the deal is watched
