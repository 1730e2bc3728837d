"""Speed of the simulation: trials per second, nanoseconds per attempt, what a second thread costs and brings."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import forecast as fc

SCENARIO = "us_iran_final_2026"
DRAWS = 400


def best_of(repeat: int, job: Callable[[], Any]) -> tuple[float, float]:
    """Return the shortest wall time and the shortest CPU time of `repeat` runs, in seconds.

    On a machine that does other work the wall time of one thread is too long; its CPU time is not.
    """
    walls, cpus = [], []
    for _ in range(repeat):
        wall, cpu = time.perf_counter(), time.process_time()
        job()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return min(walls), min(cpus)


def measure_speed(cells: int, repeat: int, *, seed: int = 1) -> dict[str, float]:
    """Time the whole of ``fc.simulate`` on the Iran scenario, everything on.

    Parameters
    ----------
    cells : int
        Trials in all, over 400 draws.
    repeat : int
        Runs of which the fastest counts.
    seed : int, optional
        The same for every run: they all play the same trials.

    Returns
    -------
    dict
        Seconds, rates and ratios by name.
    """
    scenario, trials = fc.load_scenario(SCENARIO), max(1, cells // DRAWS)
    cells = trials * DRAWS

    def play(threads: int, keep: str = "trials"):
        return fc.simulate(scenario, draws=DRAWS, trials=trials, seed=seed, threads=threads, keep=keep)

    attempts = int(play(1)["attempts"].sum())  # also compiles
    play(1, "reduced")
    wall_1, cpu_1 = best_of(repeat, lambda: play(1))
    wall_2, cpu_2 = best_of(repeat, lambda: play(2))
    _, cpu_r = best_of(repeat, lambda: play(1, "reduced"))
    return {
        "trials": cells, "attempts_per_trial": attempts / cells,
        "one_thread_seconds": cpu_1, "trials_per_second": cells / cpu_1, "ns_per_attempt": cpu_1 / attempts * 1e9,
        "reduced_trials_per_second": cells / cpu_r,
        "two_threads_seconds": wall_2, "wall_ratio_two_threads": wall_2 / wall_1,
        "cpu_ratio_two_threads": cpu_2 / cpu_1,
    }


def measure_kernels(cells: int, repeat: int, *, seed: int = 1) -> dict[str, Any]:
    """Time the kernels alone and the plain C program, in turns, on the same packed arrays.

    Parameters
    ----------
    cells, repeat, seed
        As for `measure_speed`.

    Returns
    -------
    dict
        What `benchmarks.c_twin.bench.measure` returns for the Iran scenario, and, with names that begin with
        ``systems_`` and ``everything_``, for the same with six systems and for a made-up one that turns on every
        mechanism. Empty on a machine without a C compiler.
    """
    from benchmarks.c_twin import bench

    trials = max(1, cells // DRAWS)
    found = bench.measure(SCENARIO, DRAWS, trials, seed, repeat)
    for path in sorted(bench.HERE.glob("*.yaml")):
        more = bench.measure(str(path), DRAWS, trials, seed, repeat)
        found |= {f"{path.stem}_{name}": value for name, value in more.items()}
    return found
