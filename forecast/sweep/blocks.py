"""Cut the cells of a sweep into blocks: a block is one chunk of every stored variable and a run of cells in C order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

#: Cells of a block, at most; fewer where the dims do not divide well. A block is a file for each variable, and files
#: cost more than cells; what is lost when a process is killed does not depend on it, as parts are written too.
BLOCK_CELLS = 1024
#: Cells of a task, at most.
TASK_CELLS = 256
#: Trials of a task, about: a second, long enough to hide its journey.
TASK_TRIALS = 1_200_000
#: Tasks for each worker, at least, where there are cells enough: so that all of them end at about the same time.
TASKS_A_WORKER = 4


@dataclass(frozen=True)
class Blocks:
    """How cells lie in blocks.

    Parameters
    ----------
    shape : tuple of int
        Lengths of the dims.
    chunk : tuple of int
        Of a block: 1 in the leading dims, a part of one, the whole of the trailing ones. So every block is both a
        box of the array and a run of consecutive cells.

    Examples
    --------
    >>> blocks = Blocks.of((3, 40), most=16)
    >>> blocks.chunk, [blocks.range(i) for i in range(4)]
    ((1, 16), [(0, 16), (16, 32), (32, 40), (40, 56)])
    >>> Blocks.of((100, 7), most=16).chunk
    (2, 7)
    """

    shape: tuple[int, ...]
    chunk: tuple[int, ...]

    @classmethod
    def of(cls, shape: tuple[int, ...], most: int | None = None) -> Blocks:
        """Choose the largest blocks of at most `most` cells, :data:`BLOCK_CELLS` without it."""
        chunk = [1] * len(shape)
        room = BLOCK_CELLS if most is None else most
        for axis in reversed(range(len(shape))):
            chunk[axis] = min(shape[axis], room)
            room //= max(shape[axis], 1)
            if room < 1 or chunk[axis] < shape[axis]:
                break
        return cls(shape, tuple(chunk))

    @property
    def grid(self) -> tuple[int, ...]:
        """Blocks along each dim."""
        return tuple(-(-size // step) for size, step in zip(self.shape, self.chunk, strict=True))

    def __len__(self) -> int:
        return int(np.prod(self.grid, dtype=np.int64)) if self.grid else 1

    def place(self, number: int) -> tuple[int, ...]:
        """Return the position of a block in the grid."""
        return tuple(int(x) for x in np.unravel_index(number, self.grid)) if self.grid else ()

    def region(self, number: int) -> tuple[slice, ...]:
        """Return the box of a block in the arrays."""
        return tuple(slice(at * step, min((at + 1) * step, size))
                     for at, step, size in zip(self.place(number), self.chunk, self.shape, strict=True))

    def range(self, number: int) -> tuple[int, int]:
        """Return the first cell of a block and the one after its last."""
        region = self.region(number)
        if not region:
            return 0, 1
        first = int(np.ravel_multi_index([part.start for part in region], self.shape))
        return first, first + int(np.prod([part.stop - part.start for part in region]))


def cells_per_task(draws: int, trials: int, cells: int, workers: int) -> int:
    """Return how many cells one task plays; results do not depend on it.

    Examples
    --------
    >>> cells_per_task(400, 250, 1000, 2), cells_per_task(20, 10, 100_000, 2), cells_per_task(1000, 10_000, 1000, 2)
    (12, 256, 1)
    >>> cells_per_task(400, 250, 20, 8)
    1
    """
    long_enough = TASK_TRIALS // max(draws * trials, 1)
    return int(np.clip(min(long_enough, cells // (TASKS_A_WORKER * workers)), 1, TASK_CELLS))


def tasks_of(blocks: Blocks, done: np.ndarray, size: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Yield each block that is not done with the ranges of its open cells, at most `size` long.

    Parameters
    ----------
    blocks : Blocks
    done : ndarray of bool, shape (cell,)
    size : int
        Cells of a task.

    Examples
    --------
    >>> import numpy as np
    >>> done = np.array([True, True, False, False, True, False])
    >>> list(tasks_of(Blocks.of((6,), 4), done, 8))
    [(0, [(2, 4)]), (1, [(5, 6)])]
    """
    for number in range(len(blocks)):
        first, last = blocks.range(number)
        open_cells = np.flatnonzero(~done[first:last]) + first
        if open_cells.size:
            runs = np.split(open_cells, np.flatnonzero(np.diff(open_cells) > 1) + 1)
            yield number, [(int(at), int(min(at + size, run[-1] + 1)))
                           for run in runs for at in range(int(run[0]), int(run[-1]) + 1, size)]
