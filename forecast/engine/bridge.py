"""The one door to the kernels: nothing else in this package imports them."""

from __future__ import annotations

from kernels import codes
from kernels.aftermath import play_aftermath
from kernels.aftermath_types import AFTERMATH, TRANCHE, VOTE, After
from kernels.codes import ATTEMPTS_AHEAD, LANES, MAX_ATTEMPTS, MAX_EVENTS, MAX_OUTAGES, N_COLUMNS
from kernels.codes import PAUSE_DAYS, Alarm, Cause, Column, Overflow, Plan, Purpose, Report, Status, Without
from kernels.columns import ODDS, derive
from kernels.concession import tactic_values
from kernels.condition import weigh_batch
from kernels.jit import cache_root, source_hash
from kernels.lanes import list_blocks, system_blocks
from kernels.random import uniforms, uniforms_at
from kernels.tally import tally_batch
from kernels.trial import play_batch
from kernels.types import ATTEMPT, EVENT, INCIDENT, ISSUE, KIND, OFFER, OUTAGE, PARTY, PAST, POSITION, QUEUED, STAGE
from kernels.types import START, STATE_SIZE, SYSTEM, TABLE_INTERVALS, TRIAL, WEAR, Ahead, Case, Draws, Log, Memory, Out
from kernels.types import Scratch, Tally

__all__ = [
    "AFTERMATH", "After", "Alarm", "TRANCHE", "VOTE", "play_aftermath", "ATTEMPT", "ATTEMPTS_AHEAD", "Case", "Cause",
    "Column", "Draws", "EVENT", "INCIDENT", "ISSUE", "KIND", "LANES", "Log", "MAX_ATTEMPTS",
    "MAX_EVENTS", "MAX_OUTAGES", "N_COLUMNS", "ODDS", "OFFER", "OUTAGE", "Out", "Overflow", "PARTY", "PAST",
    "PAUSE_DAYS", "POSITION", "Plan", "Purpose", "QUEUED", "Report", "STAGE", "START", "STATE_SIZE", "SYSTEM",
    "Scratch", "Status", "TABLE_INTERVALS", "TRIAL", "Tally", "WEAR", "Without", "cache_root", "codes", "derive",
    "list_blocks", "play_batch", "source_hash", "system_blocks", "tactic_values", "tally_batch", "uniforms",
    "uniforms_at", "weigh_batch", "Ahead", "Memory",
]
