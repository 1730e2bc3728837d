"""Run the compiled kernels on packed inputs: the one place of the tests that knows how they are called."""

from __future__ import annotations

from forecast.engine.buffers import new_log, new_out, new_memory
from kernels.trial import play_batch


def run(case, draws, trials: int, first: int = 0, last: int | None = None, *, log: bool = True):
    """Return (out, log) of cells ``first .. last - 1``; all of them by default."""
    last = len(draws.scalar) * trials if last is None else last
    out, paths = new_out(case, last - first), new_log(case, last - first if log else 0)
    play_batch(case, draws, first, last, trials, out, paths, new_memory(case))
    return out, paths
