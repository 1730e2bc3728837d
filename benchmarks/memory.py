"""Peak memory of a simulation, each size in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DRAWS = 400
CODE = """
import json, resource, sys
import forecast as fc
keep, trials = sys.argv[1], int(sys.argv[2])
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
scenario = fc.load_scenario("us_iran_final_2026")
fc.simulate(scenario, draws=400, trials=2, seed=1, keep=keep, threads=1)
before = peak()
fc.simulate(scenario, draws=400, trials=trials, seed=1, keep=keep, threads=1)
print(json.dumps({"before": before, "peak": peak()}))
"""


def measure_memory(sizes: tuple[int, ...]) -> dict[str, float]:
    """Return peak resident memory (MiB) by size, trials kept and reduced, and what a small run needs.

    Parameters
    ----------
    sizes : tuple of int
        Trials in all, over 400 draws.

    Returns
    -------
    dict
        ``<keep>_<cells>_mib`` and ``small_run_mib``.
    """
    found: dict[str, float] = {}
    for keep in ("trials", "reduced"):
        for cells in sizes:
            run = subprocess.run([sys.executable, "-c", CODE, keep, str(cells // DRAWS)], cwd=ROOT, check=True,
                                 capture_output=True, text=True)
            result = json.loads(run.stdout)
            found.setdefault("small_run_mib", result["before"])
            found[f"{keep}_{cells:.0e}_mib".replace("e+0", "e")] = result["peak"]
    return found
