"""Sweeps: overhead of a cell, memory, what shared luck saves, what Dask adds: ``python -m benchmarks.sweeps``."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import forecast as fc

ROOT = Path(__file__).resolve().parents[1]
SCENARIO = "us_iran_final_2026"
#: Five levers that someone at the table could pull, and the number each is meant to move.
LEVERS: dict[str, dict[str, Any]] = {
    "principal comes": {"parties.iran.present": True},
    "principal by video": {"parties.iran.without_principal": "remote"},
    "no fallback": {"next_round.fallback": []},
    "no mediator": {"mediator": None, "next_round.fallback": ["remote", "correspondence"]},
    "hard deadline": {"deadline.binding": "hard"},
}
MEMORY = """
import json, resource, sys
import forecast as fc
draws, trials, cells, store = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] or None
scenario = fc.load_scenario("us_iran_final_2026").replace("adjust.rationale", "a benchmark")
fc.sweep(scenario, {"adjust.closing": {"low": 0.0, "high": 1.0, "count": cells}}, draws=draws, trials=trials, seed=1,
         store=store, threads=1)
print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)))
"""


def grid(cells: int) -> dict[str, Any]:
    """Return a lever with so many levels."""
    return {"adjust.closing": {"low": 0.0, "high": 1.0, "count": cells}}


def talks() -> Any:
    """Return the scenario, with the reason that its adjustment needs."""
    return fc.load_scenario(SCENARIO).replace("adjust.rationale", "a benchmark")


def overhead(few: int, many: int, store: bool) -> dict[str, float]:
    """Return milliseconds a cell from the slope between two sweeps of small cells, the kernels' share apart.

    Parameters
    ----------
    few, many : int
        Cells of the two sweeps.
    store : bool
        Whether results are streamed to a store.
    """
    from forecast.engine.arrays import PosteriorArrays
    from forecast.engine.cells import count_all, prepare
    from forecast.engine.run import _settlement_classes
    from forecast.posterior import posterior_for
    from forecast.scenario import resolve

    draws, trials, scenario = 100, 10, talks()
    wall, cpu = {}, {}
    for cells in (few, many):
        with tempfile.TemporaryDirectory() as folder:
            begin, spent = time.perf_counter(), time.process_time()
            fc.sweep(scenario, grid(cells), draws=draws, trials=trials, seed=1, threads=1,
                     store=Path(folder) / "s" if store else None)
            wall[cells], cpu[cells] = time.perf_counter() - begin, time.process_time() - spent
    resolved = resolve(scenario)
    ready = prepare(resolved, PosteriorArrays.of(posterior_for(resolved), draws), trials=trials, seed=1)
    classes = _settlement_classes(ready.packed)
    spent = time.process_time()
    for _ in range(200):
        count_all(ready, trials, *classes)
    kernel = (time.process_time() - spent) / 200
    step = many - few
    return {"wall_ms": (wall[many] - wall[few]) / step * 1e3, "cpu_ms": (cpu[many] - cpu[few]) / step * 1e3,
            "kernel_ms": kernel * 1e3, "overhead_cpu_ms": ((cpu[many] - cpu[few]) / step - kernel) * 1e3}


def memory(draws: int, trials: int, cells: int, store: bool) -> float:
    """Return the peak resident memory (MiB) of a sweep in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run([sys.executable, "-c", MEMORY, str(draws), str(trials), str(cells),
                              str(Path(folder) / "s") if store else ""], cwd=ROOT, check=True, stdout=subprocess.PIPE,
                             text=True)
    return json.loads(run.stdout)


def common_luck(draws: int, trials: int) -> dict[str, dict[str, float]]:
    """Return, for each of the five levers, the variance saved, its ceiling and the share reached."""
    out = {}
    for name, changes in LEVERS.items():
        made = fc.compare(SCENARIO, changes, draws=draws, trials=trials, seed=1, threads=1)
        for key in ("deal", "next_round.held", "next_round.on_time"):
            row = made[key]
            out[f"{name}: {key}"] = {"difference": row.difference.value, "saved": row.saved, "ceiling": row.ceiling,
                                     "reach": row.reach}
    return out


def dask_overhead(cells: int) -> dict[str, float]:
    """Return what a local Dask cluster of one worker adds to a cell (ms): one that travels alone, and one of 0.2 s.

    Played with cells of a millisecond, each a task of its own: the journey is the same, and on a machine that does
    other work the time of long cells scatters more than the journey takes. Of cells of 0.2 s, as many share a journey
    as a sweep of 200 gives to a task. Wall time and the processor time of client (which runs the
    scheduler) and worker together, both against the plain loop.
    """
    import distributed

    from forecast.sweep import run

    together = run.cells_per_task(400, 550, 200, 1)  # 220,000 trials are 0.2 s
    run.cells_per_task = lambda *_: 1
    scenario = talks()

    def play(executor: Any = None) -> tuple[float, float]:
        wall, cpu = time.perf_counter(), time.process_time()
        fc.sweep(scenario, grid(cells), draws=50, trials=10, seed=1, threads=1, executor=executor)
        return time.perf_counter() - wall, time.process_time() - cpu

    play()
    wall, cpu = play()
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster, \
            distributed.Client(cluster) as client:
        play(client)
        before = sum(client.run(time.process_time).values())
        there, mine = play(client)
        theirs = sum(client.run(time.process_time).values()) - before
    added = (mine + theirs - cpu) / cells * 1e3
    return {"cell_cpu_ms": cpu / cells * 1e3, "added_cpu_ms": added, "added_wall_ms": (there - wall) / cells * 1e3,
            "cells_of_0.2_s_together": together, "added_cpu_ms_to_a_cell_of_0.2_s": added / together}


def main() -> None:
    """Measure what is asked for and print it as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweeps", description=__doc__)
    parser.add_argument("what", nargs="*", default=["overhead", "store", "luck", "memory", "dask"],
                        help="overhead, store, luck, memory, many, dask")
    options = parser.parse_args()
    jobs = {"overhead": lambda: overhead(100, 1000, store=False), "store": lambda: overhead(100, 1000, store=True),
            "luck": lambda: common_luck(200, 250), "memory": lambda: memory(100, 100, 1000, store=False),
            "many": lambda: memory(10, 2, 100_000, store=True), "dask": lambda: dask_overhead(300)}
    for name in options.what:
        print(json.dumps({name: jobs[name]()}, indent=1), flush=True)


if __name__ == "__main__":
    main()
