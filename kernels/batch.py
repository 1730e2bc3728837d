"""Play many trials: the one entry point that the engine calls."""

from __future__ import annotations

from kernels.jit import entry
from kernels.trial import play


@entry
def play_batch(case, draws, first, last, trials, out, log, scratch):
    """Play cells ``first .. last - 1`` (cell = draw * trials + trial) into rows 0 .. of `out` and `log`.

    Serial and free of the interpreter lock: threads, processes and clusters each take a range of cells.
    A cell writes only its own row, so results do not depend on how the range is cut.
    """
    placed = draws.start.shape[0] > 0
    for cell in range(first, last):
        d, hidden, luck = cell // trials, cell % trials, cell % trials
        if placed:
            start = draws.start[cell]
            d, hidden, luck = start.draw, start.hidden, start.luck
        play(case, draws, d, hidden, luck, cell - first, out, log, scratch)
