"""Start-up: what a user waits for before the first number, with nothing compiled and with everything compiled."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUN = [sys.executable, "-m", "forecast", "run", "us_iran_final_2026", "--seed", "1", "--json"]


def seconds(command: list[str], **environment: str) -> tuple[float, float]:
    """Return wall and CPU seconds of a command in a process of its own."""
    wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure_startup(repeat: int) -> dict[str, float]:
    """Time ``forecast run`` cold (empty cache) and warm, the import and the help.

    Parameters
    ----------
    repeat : int
        Runs of which the fastest counts (the cold one is run once).

    Returns
    -------
    dict
        Seconds by name.
    """
    code = "import time; t = time.perf_counter(); import forecast; print(time.perf_counter() - t)"
    imports = [float(subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True,
                                    text=True).stdout) for _ in range(repeat)]
    with tempfile.TemporaryDirectory() as folder:
        cold = seconds(RUN, FORECAST_CACHE_DIR=folder)
        warm = [seconds(RUN, FORECAST_CACHE_DIR=folder) for _ in range(repeat)]
    shown = [seconds([sys.executable, "-m", "forecast", "--help"]) for _ in range(repeat)]
    return {"import_seconds": min(imports), "help_seconds": min(shown)[0],
            "cold_run_seconds": cold[0], "cold_run_cpu_seconds": cold[1],
            "warm_run_seconds": min(warm)[0], "warm_run_cpu_seconds": min(cpu for _, cpu in warm)}
