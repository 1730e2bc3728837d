"""Cut cells into ranges and play them on threads: results in order, little in flight, soon over when interrupted."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

#: Cells played at a time: long enough to hide the call, short enough to balance threads and show progress.
RANGE = 16_384
#: Tasks a thread may be ahead of the oldest result that is still out: results hold arrays.
_AHEAD = 4
Task = TypeVar("Task")
Made = TypeVar("Made")


def available_threads() -> int:
    """Return how many threads this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cell_ranges(cells: int, size: int = RANGE) -> Iterator[tuple[int, int]]:
    """Cut the cells into ranges of `size`, whatever draw they belong to.

    Examples
    --------
    >>> list(cell_ranges(5, 2))
    [(0, 2), (2, 4), (4, 5)]
    """
    return ((first, min(first + size, cells)) for first in range(0, cells, size))


def draw_ranges(draws: int, trials: int, size: int = RANGE) -> Iterator[tuple[int, int]]:
    """Cut ``draws * trials`` cells into ranges of whole draws, or within one draw where draws are long.

    Examples
    --------
    >>> list(draw_ranges(5, 100, 200))
    [(0, 200), (200, 400), (400, 500)]
    >>> list(draw_ranges(2, 300, 200))
    [(0, 200), (200, 300), (300, 500), (500, 600)]
    """
    if trials > size:
        return ((d * trials + first, d * trials + last) for d in range(draws)
                for first, last in cell_ranges(trials, size))
    step = max(1, size // trials)
    return ((d * trials, min(d + step, draws) * trials) for d in range(0, draws, step))


def draws_of(cells: tuple[int, int], trials: int) -> slice:
    """Return the draws that a range of cells belongs to.

    Examples
    --------
    >>> draws_of((200, 400), 100), draws_of((300, 500), 300)
    (slice(2, 4, None), slice(1, 2, None))
    """
    first, last = cells
    return slice(first // trials, (last - 1) // trials + 1)


@contextlib.contextmanager
def in_order(play: Callable[[Task], Made], tasks: Iterable[Task], threads: int,
             empty: Task | None = None) -> Iterator[Iterator[tuple[Task, Made]]]:
    """Play tasks on threads; the iterator inside gives each with its result, in the order of the tasks.

    Parameters
    ----------
    play : callable
        Called with one task; releases the interpreter where it works.
    tasks : iterable
        Read only a few tasks ahead of the results, so that millions of them cost no memory.
    threads : int
        At most, and never more than tasks; one: this thread plays, and none is started.
    empty : task, optional
        One that does nothing, such as a range of no cells. It is played on this thread before others start: what has to
        be compiled is compiled here, where Ctrl-C is heard.

    Yields
    ------
    iterator of (task, result)
        Raises what `play` raised, at its place in the order.

    Notes
    -----
    However the block is left, no further task is begun, and every thread has ended.

    Not a ``ThreadPoolExecutor``: its locks are taken in Python, and Ctrl-C between taking one and the block that
    gives it back leaves it taken for good; workers, and then the end of the process, wait for it. A `SimpleQueue`
    takes its lock within one call.

    Examples
    --------
    >>> with in_order(abs, [-2, 3], threads=2) as played:
    ...     list(played)
    [(-2, 2), (3, 3)]
    """
    rest = iter(tasks)
    first = list(itertools.islice(rest, threads))
    threads, tasks = len(first), itertools.chain(first, rest)
    if threads <= 1:
        yield ((task, play(task)) for task in tasks)
        return
    if empty is not None:
        play(empty)
    todo: SimpleQueue = SimpleQueue()
    done: SimpleQueue = SimpleQueue()
    stopped: list[bool] = []

    def work() -> None:
        while (item := todo.get()) is not None:
            number, task = item
            if stopped:
                continue
            try:
                done.put((number, task, play(task), None))
            except BaseException as error:  # raised where the results are read
                done.put((number, task, None, error))

    workers = [Thread(target=work, daemon=True) for _ in range(threads)]
    try:
        for worker in workers:
            worker.start()
        yield _collect(enumerate(tasks), todo, done, _AHEAD * threads)
    finally:
        stopped.append(True)
        for _ in workers:
            todo.put(None)
        for worker in workers:
            if worker.ident is not None:  # it was started
                worker.join()


def _collect(tasks: Iterator[tuple[int, Task]], todo: SimpleQueue, done: SimpleQueue,
             ahead: int) -> Iterator[tuple[Task, Made]]:
    """Hand tasks out, `ahead` of them under way, and yield what comes back in their order."""
    waiting: dict[int, tuple] = {}
    given = 0
    for oldest in itertools.count():
        for item in itertools.islice(tasks, oldest + ahead - given):
            todo.put(item)
            given += 1
        if oldest == given:
            return
        while oldest not in waiting:
            number, *result = done.get()
            waiting[number] = result
        task, made, error = waiting.pop(oldest)
        if error is not None:
            raise error
        yield task, made
