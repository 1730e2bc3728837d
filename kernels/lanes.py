"""Random words of many trials at once.

Blocks of words worked out side by side, one trial a lane, cost a sixth of those asked for one by one, and most of them
every trial asks for: hidden facts, first events, the first attempts, what its systems begin with. They are filled ahead
for `LANES` cells; what a trial asks for beyond them is made on demand. A word depends on its address alone, so neither
the results nor the order of the cells know of this.
"""

from __future__ import annotations

import numpy as np

from kernels.codes import ATTEMPTS_AHEAD, FAILURES_AHEAD, LANES, Purpose
from kernels.jit import inlined
from kernels.random import CENTRAL, MASK, WORD, central, normal, philox, uniforms, unit

HIDDEN, LUCK, ROW = 0, 1, 2  # rows of the addresses
HABIT_BLOCK, CLOSE_BLOCK, FIRST_KIND = 0, 1, 2
FIRST_NORMAL = 3  # after pace, frailty and habit
_ATTEMPT = (np.int64(Purpose.NEXT), np.int64(Purpose.LOSS), np.int64(Purpose.END))
NEXT, LOSS, END = _ATTEMPT
HABIT, CLOSE = np.int64(Purpose.HABIT), np.int64(Purpose.CLOSE)
CLOCK, START, SYSTEM = np.int64(Purpose.CLOCK), np.int64(Purpose.START), np.int64(Purpose.SYSTEM)


@inlined
def first_attempt(case):
    """Return the block of the first attempt's NEXT; LOSS and END follow, then the next attempt."""
    return FIRST_KIND + case.kind.shape[0]


@inlined
def first_system(case):
    """Return the block of the first system's START; its failures follow, then the next system."""
    return first_attempt(case) + 3 * ATTEMPTS_AHEAD


@inlined
def start_block(case, s):
    """Return the block of system number `s`'s START."""
    return first_system(case) + s * (1 + FAILURES_AHEAD)


@inlined
def write_block(block, place, who, purpose, sub, index):
    """Say what block number `place` holds: whose address, and the two last words of the counter."""
    block[place, 0] = np.uint64(who)
    block[place, 1] = np.uint64((purpose << 24) | sub) & MASK
    block[place, 2] = np.uint64(index) & MASK


@inlined
def list_blocks(case, block):
    """Write what the blocks hold; the same for every trial."""
    write_block(block, HABIT_BLOCK, HIDDEN, HABIT, 0, 0)
    write_block(block, CLOSE_BLOCK, HIDDEN, CLOSE, 0, 0)
    for k in range(case.kind.shape[0]):
        write_block(block, FIRST_KIND + k, LUCK, CLOCK, 0, case.kind[k].hash)
    place = first_attempt(case)
    for ahead in range(ATTEMPTS_AHEAD):
        retry = case.retry_done if ahead == 0 else 0
        for purpose in _ATTEMPT:
            write_block(block, place, LUCK, purpose, retry, case.held_done + ahead)
            place += 1
    for s in range(case.system.shape[0]):
        write_block(block, place, LUCK, START, 0, case.system[s].hash)
        for failure in range(FAILURES_AHEAD):
            write_block(block, place + 1 + failure, LUCK, SYSTEM, failure, case.system[s].hash)
        place += 1 + FAILURES_AHEAD


@inlined
def address(draws, cell, trials):
    """Return (draw, hidden, luck) of a cell: where it reads its parameters, its hidden facts and everything else."""
    if draws.start.shape[0] > 0:
        given = draws.start[cell]
        return given.draw, given.hidden, given.luck
    return cell // trials, cell % trials, cell % trials


@inlined
def look_ahead(case, draws, first, last, trials, scratch):
    """Fill the words and normals of cells ``first .. last - 1``, at most `LANES` of them."""
    for cell in range(first, last):
        d, hidden, luck = address(draws, cell, trials)
        scratch.address[HIDDEN, cell - first] = hidden
        scratch.address[LUCK, cell - first] = luck
        scratch.address[ROW, cell - first] = np.uint64(draws.scalar[d, 0])
    fill(case.key, scratch.block, scratch.address, scratch.words)
    fill_normals(case, scratch.words, scratch.normal)


@inlined
def fill(key, block, address, words):
    """Write the words of all blocks: `words` (blocks, 4, LANES) from `address` (3, LANES) and `block` (blocks, 3)."""
    for b in range(block.shape[0]):
        who, c2, c3 = block[b, 0], block[b, 1], block[b, 2]
        for lane in range(LANES):
            w0, w1, w2, w3 = philox(address[who, lane], address[ROW, lane], c2, c3, key & MASK, key >> WORD)
            words[b, 0, lane] = unit(w0)
            words[b, 1, lane] = unit(w1)
            words[b, 2, lane] = unit(w2)
            words[b, 3, lane] = unit(w3)


@inlined
def fill_normals(case, words, normals):
    """Write what `normal_of` looks up (normals, LANES): hidden facts, then gap and length of the attempts ahead."""
    for n in range(normals.shape[0]):
        b, w = HABIT_BLOCK, n
        if n >= FIRST_NORMAL:
            ahead, which = (n - FIRST_NORMAL) // 2, (n - FIRST_NORMAL) % 2
            b, w = first_attempt(case) + 3 * ahead + 2 * which, 1 + which
        for lane in range(LANES):
            normals[n, lane] = central(words[b, w, lane] - 0.5)


@inlined
def normal_of(normals, n, lane, u):
    """Return ``normal(u)``; `n`: where `fill_normals` has left it for the ranks that are not in the tails."""
    return normals[n, lane] if abs(u - 0.5) <= CENTRAL else normal(u)


@inlined
def of_gap(case, normals, lane, ahead, held, u):
    """Return ``normal(u)`` for the gap before an attempt."""
    return normal_of(normals, FIRST_NORMAL + 2 * (held - case.held_done), lane, u) if ahead else normal(u)


@inlined
def of_length(case, normals, lane, ahead, held, u):
    """Return ``normal(u)`` for the length of an attempt."""
    return normal_of(normals, FIRST_NORMAL + 1 + 2 * (held - case.held_done), lane, u) if ahead else normal(u)


@inlined
def stored(words, b, lane):
    """Return the four uniforms of a block that was filled ahead."""
    return words[b, 0, lane], words[b, 1, lane], words[b, 2, lane], words[b, 3, lane]


@inlined
def is_ahead(case, held, retry):
    """Tell whether the blocks of an attempt were filled ahead: those of rounds that no loss has moved."""
    place = held - case.held_done
    return place < ATTEMPTS_AHEAD and retry == (case.retry_done if place == 0 else 0)


@inlined
def of_attempt(case, words, lane, ahead, purpose, trial, row_id, retry, held):
    """Return the four uniforms of an attempt for a purpose (NEXT, LOSS or END); `ahead`: see `is_ahead`."""
    if ahead:
        return stored(words, first_attempt(case) + 3 * (held - case.held_done) + (purpose - NEXT), lane)
    return uniforms(case.key, trial, row_id, purpose, retry, held)
