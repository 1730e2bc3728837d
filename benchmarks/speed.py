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


def measure_kernel(cells: int, repeat: int, *, seed: int = 1) -> dict[str, float]:
    """Time the kernel alone: packed arrays in, arrays out, one thread.

    Parameters
    ----------
    cells, repeat, seed
        As for `measure_speed`.

    Returns
    -------
    dict
        Seconds, rates by name.
    """
    from forecast.engine.packing import pack
    from forecast.engine.run import _run_trials
    from forecast.posterior import posterior_for
    from forecast.scenario import resolve

    scenario, trials = resolve(fc.load_scenario(SCENARIO)), max(1, cells // DRAWS)
    packed = pack(scenario, posterior_for(scenario), draws=DRAWS, seed=seed)
    attempts = int(fc.simulate(scenario, draws=DRAWS, trials=trials, seed=seed)["attempts"].sum())
    _, cpu = best_of(repeat, lambda: _run_trials(packed, DRAWS, trials, 1, False, None))
    return {"kernel_seconds": cpu, "kernel_trials_per_second": DRAWS * trials / cpu,
            "kernel_ns_per_attempt": cpu / attempts * 1e9}


def measure_c_program(cells: int, repeat: int, *, seed: int = 1) -> dict[str, Any]:
    """Time the plain C program on the same packed arrays, where it is part of the checkout.

    ``benchmarks/c_twin/bench.py`` offers ``measure(scenario, draws, trials, seed, repeat)`` and returns a dict
    with at least ``c_seconds`` (fastest run, without reading its input) and ``c_same_codes``.
    """
    import importlib.util

    if importlib.util.find_spec("benchmarks.c_twin") is None or \
            importlib.util.find_spec("benchmarks.c_twin.bench") is None:
        return {}
    from benchmarks.c_twin.bench import measure

    return measure(SCENARIO, DRAWS, max(1, cells // DRAWS), seed, repeat)
