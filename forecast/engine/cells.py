"""Play ranges of trials for callers that count what they need themselves: comparisons and sweeps."""

from __future__ import annotations

import numpy as np

from forecast.engine.bridge import Out, play_batch, tally_batch
from forecast.engine.buffers import new_log, new_out, new_scratch, new_tally
from forecast.engine.packing import Packed

#: Trials played at a time: long enough to hide the call, short enough to stay in the cache.
RANGE = 16_384


def draw_ranges(draws: int, trials: int, size: int = RANGE) -> list[tuple[int, int]]:
    """Cut ``draws * trials`` cells into ranges of whole draws, or within one draw where draws are long.

    Examples
    --------
    >>> draw_ranges(5, 100, 200)
    [(0, 200), (200, 400), (400, 500)]
    >>> draw_ranges(2, 300, 200)
    [(0, 200), (200, 300), (300, 500), (500, 600)]
    """
    if trials > size:
        parts = [(first, min(first + size, trials)) for first in range(0, trials, size)]
        return [(d * trials + first, d * trials + last) for d in range(draws) for first, last in parts]
    step = max(1, size // trials)
    return [(d * trials, min(d + step, draws) * trials) for d in range(0, draws, step)]


def play_range(packed: Packed, first: int, last: int, trials: int) -> Out:
    """Play cells ``first .. last - 1`` (cell = draw * trials + trial) into fresh arrays of ``last - first`` rows."""
    out = new_out(packed.case, last - first)
    play_batch(packed.case, packed.draws, first, last, trials, out, new_log(packed.case, 0), new_scratch(packed.case))
    return out


def count_all(packed: Packed, trials: int, low: np.ndarray, width: np.ndarray, size: int = RANGE):
    """Play every draw on this thread and count, as a reduced forecast does.

    Parameters
    ----------
    packed : Packed
    trials : int
        Per draw.
    low, width : ndarray of float64, shape (issue,)
        Lower edge and width of the settlement classes.
    size : int
        Trials played at a time.

    Returns
    -------
    Tally
        A row per draw.
    """
    total = new_tally(packed.case, len(packed.draws.scalar))
    for first, last in draw_ranges(len(packed.draws.scalar), trials, size):
        start = first // trials
        part = type(total)(*(array if name == "overflow" else array[start : (last - 1) // trials + 1]
                             for name, array in total._asdict().items()))
        tally_batch(play_range(packed, first, last, trials), first, last, trials, low, width, part)
    return total
