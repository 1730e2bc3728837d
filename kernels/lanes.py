"""Random words of many trials at once.

Blocks of words worked out side by side, one trial a lane, cost a sixth of those asked for one by one, and most of them
every trial asks for: hidden facts, first events, the first attempts, what its systems begin with. They are filled ahead
for `LANES` cells; what a trial asks for beyond them is made on demand. A word depends on its address alone, so neither
the results nor the order of the cells know of this.

The blocks, in order: hidden facts (HABIT, CLOSE), the first CLOCK of each kind, NEXT, LOSS and END of each attempt
ahead, and of each system START and the failures ahead.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from kernels.codes import ATTEMPTS_AHEAD, FAILURES_AHEAD, LANES, WORTH_FAILURES_AHEAD, Purpose
from kernels.jit import inlined
from kernels.random import CENTRAL, MASK, WORD, central, normal, philox, uniforms, unit

if TYPE_CHECKING:
    from kernels.types import Case

HIDDEN, LUCK, ROW = 0, 1, 2  # rows of the addresses
HABIT_BLOCK, CLOSE_BLOCK, FIRST_KIND = 0, 1, 2
PACE, FRAILTY, ABSENCE = np.int64(0), np.int64(1), np.int64(2)  # normals of hidden facts
FIRST_NORMAL = 3  # of the attempts, after those
NEXT, LOSS, END = np.int64(Purpose.NEXT), np.int64(Purpose.LOSS), np.int64(Purpose.END)


def list_blocks(case: Case) -> np.ndarray:
    """Return what the blocks of a case hold: whose address, and the two last words of the counter.

    Parameters
    ----------
    case : Case

    Returns
    -------
    ndarray of uint64, (blocks, 3)
        Row of the addresses (HIDDEN or LUCK), purpose << 24 | sub, index.
    """
    found = [(HIDDEN, Purpose.HABIT, 0, 0), (HIDDEN, Purpose.CLOSE, 0, 0)]
    found += [(LUCK, Purpose.CLOCK, 0, place) for place in case.kind["hash"].tolist()]
    for ahead in range(ATTEMPTS_AHEAD):
        retry = int(case.retry_done) if ahead == 0 else 0
        found += [(LUCK, purpose, retry, int(case.held_done) + ahead)
                  for purpose in (Purpose.NEXT, Purpose.LOSS, Purpose.END)]
    for place, ahead in zip(case.system["hash"].tolist(), system_blocks(case)[1].tolist(), strict=True):
        found.append((LUCK, Purpose.START, 0, place))
        found += [(LUCK, Purpose.SYSTEM, failure, place) for failure in range(ahead)]
    return np.array([(who, int(purpose) << 24 | sub, index) for who, purpose, sub, index in found], dtype=np.uint64)


def system_blocks(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Return the first block of each system, and how many of its failures are filled ahead.

    Those that `WORTH_FAILURES_AHEAD` of the trials meet if talks last half their horizon, failures being Poisson: the
    rest cost less where they are asked for.

    Parameters
    ----------
    case : Case

    Returns
    -------
    block, ahead : ndarray of int64, (S,)
    """
    ahead = np.array([_worth_filling(mean) for mean in (0.5 * case.horizon * case.system["rate"]).tolist()], np.int64)
    first = FIRST_KIND + len(case.kind) + 3 * ATTEMPTS_AHEAD
    return first + np.cumsum(1 + ahead) - (1 + ahead), ahead


def _worth_filling(mean: float) -> int:
    """Return how many failures are met often enough, when their number is Poisson with this mean."""
    share = below = math.exp(-mean)
    count = 0
    while 1.0 - below > WORTH_FAILURES_AHEAD and count < FAILURES_AHEAD:
        count += 1
        share *= mean / count
        below += share
    return count


@inlined
def address(start, cell, trials):
    """Return (draw, hidden, luck) of a cell: where it reads its parameters, its hidden facts and everything else."""
    if start.shape[0] > 0:
        given = start[cell]
        return given.draw, given.hidden, given.luck
    return cell // trials, cell % trials, cell % trials


@inlined
def fill(key, block, addresses, words):
    """Write the uniforms of all blocks: `words` (blocks, 4, LANES) from `addresses` (3, LANES) and `block`."""
    for b in range(block.shape[0]):
        who, c2, c3 = block[b, 0], block[b, 1], block[b, 2]
        for lane in range(LANES):
            w0, w1, w2, w3 = philox(addresses[who, lane], addresses[ROW, lane], c2, c3, key & MASK, key >> WORD)
            words[b, 0, lane] = unit(w0)
            words[b, 1, lane] = unit(w1)
            words[b, 2, lane] = unit(w2)
            words[b, 3, lane] = unit(w3)


@inlined
def fill_normals(first, words, normals):
    """Write what `normal_of` looks up (normals, LANES): hidden facts, then gap and length of the attempts ahead.

    `first`: the first attempt's block.
    """
    for n in range(normals.shape[0]):
        b, w = HABIT_BLOCK, n
        if n >= FIRST_NORMAL:
            ahead, which = (n - FIRST_NORMAL) // 2, (n - FIRST_NORMAL) % 2
            b, w = first + 3 * ahead + 2 * which, 1 + which
        for lane in range(LANES):
            normals[n, lane] = central(words[b, w, lane] - 0.5)


@inlined
def normal_of(normals, n, lane, known, u):
    """Return ``normal(u)``; `n`: where `fill_normals` left it, if `known` is 1 and u is not in a tail."""
    if known == 1 and abs(u - 0.5) <= CENTRAL:
        return normals[n, lane]
    return normal(u)


@inlined
def stored(words, b, lane):
    """Return the four uniforms of a block that was filled ahead."""
    return words[b, 0, lane], words[b, 1, lane], words[b, 2, lane], words[b, 3, lane]


@inlined
def of_attempt(words, b, lane, ahead, key, trial, row_id, purpose, retry, held):
    """Return the four uniforms of an attempt for a purpose: block `b` if it was filled `ahead` (1), else on demand."""
    if ahead == 1:
        return stored(words, b, lane)
    return uniforms(key, trial, row_id, purpose, retry, held)
