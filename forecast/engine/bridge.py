"""The one door to the kernels: nothing else in this package imports them."""

from __future__ import annotations

from kernels import codes
from kernels.aftermath import play_aftermath
from kernels.aftermath_types import AFTERMATH, TRANCHE, VOTE, After
from kernels.codes import MAX_ATTEMPTS, MAX_EVENTS, MAX_OUTAGES, N_COLUMNS, Alarm, Cause, Column, Overflow, Plan
from kernels.codes import Purpose, Report, Status, Without
from kernels.concession import tactic_values
from kernels.condition import weigh_batch
from kernels.jit import cache_folder, source_hash
from kernels.random import uniforms, uniforms_at
from kernels.tally import tally_batch
from kernels.trial import play_batch
from kernels.types import ATTEMPT, EVENT, INCIDENT, ISSUE, KIND, OFFER, OUTAGE, PARTY, PAST, POSITION, QUEUED, STAGE
from kernels.types import START, STATE_SIZE, SYSTEM, TABLE_INTERVALS, TRIAL, WEAR, Case, Draws, Log, Out, Scratch, Tally

__all__ = [
    "AFTERMATH", "After", "Alarm", "TRANCHE", "VOTE", "play_aftermath", "ATTEMPT", "Case", "Cause", "Column",
    "Draws", "EVENT", "INCIDENT", "ISSUE", "KIND", "Log", "MAX_ATTEMPTS", "MAX_EVENTS", "MAX_OUTAGES",
    "N_COLUMNS", "OFFER", "OUTAGE", "Out", "Overflow", "PARTY", "PAST", "POSITION", "Plan", "Purpose",
    "QUEUED", "Report", "STAGE", "START", "STATE_SIZE", "SYSTEM", "Scratch", "Status", "TABLE_INTERVALS",
    "TRIAL", "Tally", "WEAR", "Without", "cache_folder", "codes", "play_batch", "source_hash",
    "tactic_values", "tally_batch", "uniforms", "uniforms_at", "weigh_batch",
]
