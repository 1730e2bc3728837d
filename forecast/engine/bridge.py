"""The one door to the kernels: nothing else in this package imports them."""

from __future__ import annotations

from kernels import codes
from kernels.batch import play_batch
from kernels.codes import MAX_ATTEMPTS, MAX_EVENTS, N_COLUMNS, Cause, Column, Overflow, Plan, Report, Without
from kernels.concession import tactic_values
from kernels.jit import cache_folder, source_hash
from kernels.tally import tally_batch
from kernels.types import ATTEMPT, EVENT, INCIDENT, ISSUE, KIND, PARTY, POSITION, QUEUED, STAGE, STATE_SIZE, SYSTEM
from kernels.types import TABLE_INTERVALS, TRIAL, WEAR, Case, Draws, Log, Out, Scratch, Tally

__all__ = [
    "ATTEMPT", "EVENT", "ISSUE", "KIND", "MAX_ATTEMPTS", "MAX_EVENTS", "N_COLUMNS", "PARTY", "STATE_SIZE",
    "TABLE_INTERVALS", "TRIAL", "Case", "Cause", "Column", "Draws", "Log", "Out",
    "Overflow", "Plan", "Report", "Tally", "Without", "cache_folder", "codes", "play_batch", "source_hash",
    "tactic_values", "tally_batch",
]
