"""Planned stages of the talks: a go or no-go after the rounds that each takes."""

from __future__ import annotations

import numpy as np

from kernels import concession
from kernels.codes import Purpose
from kernels.jit import inlined
from kernels.random import ZERO, uniforms

STAGE = np.int64(Purpose.STAGE)
ONE = np.int64(1)


@inlined
def next_stage(key, row, hidden, trial, stages, go_table, stage, rounds, held):
    """Return (stage, rounds held in it, days of delay) after a held round that did not close.

    Whether a stage that has had its rounds leads on to the next is a coin each time; its probability is a hidden
    fact of the trial.
    """
    now = stages[stage]
    if rounds < now.rounds:
        return stage, rounds, 0.0
    if stage + 1 >= stages.shape[0]:
        return stage, rounds, 0.0
    u, _, _, _ = uniforms(key, trial, row[0], STAGE, ZERO, held)
    u_go, _, _, _ = uniforms(key, hidden, row[0], STAGE, ONE, stage)
    if u < concession.table_value(go_table[stage], u_go):
        return stage + 1, 0, 0.0
    return now.back, 0, now.delay
