"""Tasks on threads: in order, little in flight, and over at once when something stops them."""

from __future__ import annotations

import itertools
import random
import signal
import threading
import time

import pytest

from forecast.engine.threads import cell_ranges, draw_ranges, in_order


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_results_come_in_the_order_of_the_tasks(threads: int) -> None:
    waits = random.Random("order")
    tasks = [(number, waits.random() / 500) for number in range(60)]

    def play(task: tuple[int, float]) -> int:
        time.sleep(task[1])
        return -task[0]

    with in_order(play, tasks, threads) as played:
        assert list(played) == [(task, -task[0]) for task in tasks]


@pytest.mark.parametrize("threads", [1, 2])
def test_nothing_to_play(threads: int) -> None:
    with in_order(abs, [], threads) as played:
        assert not list(played)


@pytest.mark.parametrize("threads", [1, 3])
def test_tasks_are_read_only_a_little_ahead(threads: int) -> None:
    """A list of all tasks of a long forecast would not fit in memory."""
    read = itertools.count()
    with in_order(abs, read, threads) as played:
        for number in range(1000):
            assert next(played) == (number, number)
        assert next(read) <= 1000 + 4 * threads


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_is_raised_in_its_place(threads: int) -> None:
    played = []

    def play(task: int) -> float:
        played.append(task)
        return 1 / (task - 5)

    seen, before = [], threading.active_count()
    with pytest.raises(ZeroDivisionError), in_order(play, itertools.count(), threads) as made:
        for task, _ in made:
            seen.append(task)
    assert seen == [0, 1, 2, 3, 4] and max(played) <= 5 + 4 * threads
    assert threading.active_count() == before


def test_stopping_early_ends_the_threads() -> None:
    before = threading.active_count()
    with in_order(abs, itertools.count(), 3) as played:
        assert next(played) == (0, 0) and threading.active_count() == before + 3
    assert threading.active_count() == before


@pytest.mark.parametrize(("tasks", "started"), [(1, 0), (2, 2), (3, 3), (90, 5)])
def test_no_more_threads_than_tasks(tasks: int, started: int) -> None:
    before = threading.active_count()
    with in_order(abs, range(tasks), 5) as played:
        assert next(played) == (0, 0) and threading.active_count() == before + started
        assert len(list(played)) == tasks - 1


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="signals of POSIX")
def test_ctrl_c_at_any_moment_stops_all() -> None:
    """Ctrl-C while tasks are handed out and results taken: no lock stays taken, no thread stays behind.

    A pool whose locks are taken in Python fails here within a few dozen interrupts (it hangs, or gives back a lock
    that it does not hold).
    """
    before, moments = threading.active_count(), random.Random("ctrl-c")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    old = signal.signal(signal.SIGALRM, interrupt)
    try:
        for _ in range(400):
            with pytest.raises(KeyboardInterrupt), in_order(abs, itertools.count(), 2) as played:
                next(played)
                signal.setitimer(signal.ITIMER_REAL, moments.uniform(1e-4, 4e-3))
                for _ in played:
                    pass
            assert threading.active_count() == before
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def test_ranges_cover_every_cell_once() -> None:
    for draws, trials, size in itertools.product((1, 3, 10), (1, 7, 40), (1, 6, 100)):
        for ranges in (draw_ranges(draws, trials, size), cell_ranges(draws * trials, size)):
            cells = [cell for first, last in ranges for cell in range(first, last)]
            assert cells == list(range(draws * trials))
