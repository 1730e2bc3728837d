"""Where tasks run: in this process, or on any executor with ``submit`` (threads, processes, MPI, Dask)."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from typing import Any

from forecast.errors import Problem, ScenarioError
from forecast.engine.threads import in_order
from forecast.sweep.cell import NEEDED, Context, Played, forget, register, run_task

#: Tasks under way on an executor that does not say how many workers it has.
_BLIND = 32
#: How often a task that its executor lost (not one whose cells failed) is handed out again.
_RETRIES = 3
Task = tuple[Any, list[tuple[int, dict[str, Any]]]]


def run_all(context: Context, tasks: Iterator[Task], executor: Any, threads: int) -> Iterator[tuple[Any, Played]]:
    """Play tasks and yield (name of the task, results) as they are done, in any order.

    Parameters
    ----------
    context : Context
    tasks : iterator of (name, cells)
        Read no further ahead than the executor can use, so that memory stays bounded.
    executor : object with ``submit``, or None
        None: this process, on `threads` threads.
    threads : int

    Raises
    ------
    ScenarioError
        If `executor` has no ``submit``.
    """
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise ScenarioError([Problem("executor", f"a {type(executor).__name__}", "anything with submit(function, ...)",
                                     "such as concurrent.futures.ProcessPoolExecutor or dask.distributed.Client")])
    register(context)
    try:
        if executor is not None:
            yield from _submitted(context, tasks, executor)
        else:
            with in_order(lambda task: run_task(context.digest, None, task[1]), tasks, threads) as played:
                for (name, _), made in played:
                    yield name, made
    finally:
        forget(context.digest)


def _submitted(context: Context, tasks: Iterator[Task], executor: Any) -> Iterator[tuple[Any, Played]]:
    """Keep a window of tasks under way.

    The context goes with a task only when a worker asks for it: then it is sent once to each worker, whatever the
    executor is and however its workers come and go.
    """
    finished: queue.SimpleQueue[int] = queue.SimpleQueue()
    pending: dict[int, tuple[Any, Task, int]] = {}
    options = {"pure": False} if _is_dask(executor) else {}
    workers = workers_of(executor)
    window = 2 * workers if workers else _BLIND  # two for each worker, so that none waits for the next
    numbers = iter(range(2**62))

    def hand_out(task: Task, with_context: bool, tries: int = 0) -> None:
        number = next(numbers)
        future = executor.submit(run_task, context.digest, context if with_context else None, task[1], **options)
        pending[number] = (future, task, tries)
        _when_done(future, lambda _: finished.put(number))

    try:
        more = True
        while more or pending:
            while more and len(pending) < window:
                task = next(tasks, None)
                if task is None:
                    more = False
                else:
                    hand_out(task, with_context=False)
            if not pending:
                break
            future, task, tries = pending.pop(finished.get())
            try:
                made = future.result()
            except (RuntimeError, OSError, CancelledError, EOFError) as error:
                # The cells' own failures come back as results: this is a lost worker, or a worker that refuses.
                if tries >= _RETRIES or _is_hopeless(error):
                    error.add_note("The sweep stopped here. What was done is kept in its store, when it has one: the "
                                   "same call goes on from there.")
                    raise
                hand_out(task, with_context=True, tries=tries + 1)
                continue
            if isinstance(made, str) and made == NEEDED:
                hand_out(task, with_context=True, tries=tries)
            else:
                yield task[0], made
    finally:
        for future, _, _ in pending.values():
            with contextlib.suppress(Exception):
                future.cancel()


def _is_hopeless(error: BaseException) -> bool:
    """Return whether handing a task out again cannot help: the pool is broken or the worker has other versions."""
    return type(error).__name__ in ("BrokenProcessPool", "BrokenThreadPool", "BrokenExecutor") \
        or "other versions" in str(error) or "shutdown" in str(error)


def _is_dask(executor: Any) -> bool:
    return type(executor).__module__.split(".")[0] == "distributed" and hasattr(executor, "scheduler_info")


def workers_of(executor: Any) -> int:
    """Return how many tasks an executor plays at a time; 0 where it does not say."""
    workers = getattr(executor, "_max_workers", None)
    if workers is None and _is_dask(executor):
        workers = sum(executor.nthreads().values())
    return int(workers or 0)


def _when_done(future: Any, call: Callable[[Any], None]) -> None:
    """Call when a future is done; one without callbacks is waited for on a thread of its own."""
    if hasattr(future, "add_done_callback"):
        future.add_done_callback(call)
        return

    def wait() -> None:
        with contextlib.suppress(BaseException):
            future.result()
        call(future)

    threading.Thread(target=wait, daemon=True).start()


@contextlib.contextmanager
def dask_client(where: str) -> Iterator[Any]:
    """Connect to the users' own Dask cluster, or start one on this machine.

    Parameters
    ----------
    where : str
        Address of a scheduler (``tcp://host:8786``), path of a scheduler file (``.json``), or ``local``: one
        single-threaded worker for each core, since kernels are serial and cells are many.

    Yields
    ------
    distributed.Client

    Raises
    ------
    ScenarioError
        If nothing answers at the address.
    """
    import distributed

    if where == "local":
        from forecast.engine.threads import available_threads

        with (
            distributed.LocalCluster(n_workers=available_threads(), threads_per_worker=1, processes=True,
                                     dashboard_address=None) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client
        return
    place = {"scheduler_file": where} if where.endswith(".json") else {"address": where}
    try:
        client = distributed.Client(timeout="10s", **place)
    except (OSError, TimeoutError, ValueError) as error:
        raise ScenarioError([Problem("--dask", where, "the address of a running Dask scheduler, or local",
                                     str(error).splitlines()[0] if str(error) else "")]) from None
    with client:
        if not client.nthreads():
            raise ScenarioError([Problem("--dask", f"{where} has no workers", "a cluster with at least one worker")])
        yield client


@contextlib.contextmanager
def process_pool(processes: int) -> Iterator[Any]:
    """Start so many processes of this machine, each playing one cell at a time on one thread.

    Yields
    ------
    concurrent.futures.ProcessPoolExecutor
        Fresh processes: a fork of one that has threads can hang.
    """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
