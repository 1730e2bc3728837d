"""The explorer: from a moved control to the new picture, all but the browser: ``python -m benchmarks.explorer``."""

from __future__ import annotations

import argparse
import itertools
import time

import numpy as np

AIM = 0.4
#: Control -> positions it is moved through, again and again.
MOVES = {
    "adjust.closing": tuple(np.round(np.linspace(-1.0, 1.0, 21), 1).tolist()),
    "parties.iran.present": (True, "none", False),
    "parties.us.delegate_authority": tuple(np.round(np.linspace(0.0, 1.0, 21), 2).tolist()),
    "next_round.planned": tuple(range(0, 60, 3)),
    "next_round.mode": ("remote", "hybrid", "shuttle", "in_person"),
    "deadline.date": (30, 40, 90, "none", 58),
    "disruptions.kinds.escalation.rate_multiplier": (0.0, 1.0, 4.0, 2.0),
    "horizon_days": (60, 90, 180, 365, 120),
    "beliefs_weight": tuple(np.round(np.linspace(0.0, 1.0, 21), 2).tolist()),
    "issues.enrichment_moratorium.reservation.us": tuple(np.round(np.linspace(-4.0, 4.0, 17), 1).tolist()),
}


def measure_explorer(moves: int = 200, scenario: str = "us_iran_final_2026", posterior: str | None = None) -> dict:
    """Time moves of controls of one panel of 20,000 trials, one control after another.

    Parameters
    ----------
    moves : int
    scenario : str
    posterior : str, optional

    Returns
    -------
    dict
        Seconds: median, 95th percentile and longest of a move, and of opening the panel.
    """
    import forecast as fc

    fc.simulate(scenario, posterior, draws=2, trials=2, seed=1)  # the compiler is measured elsewhere
    start = time.perf_counter()
    panel = fc.explore(scenario, posterior, draws=400, trials=50, seed=1)
    opened = time.perf_counter() - start
    steps = itertools.cycle([(key, values) for key, values in MOVES.items() if key in panel.controls])
    at = dict.fromkeys(MOVES, 0)
    taken = []
    while len(taken) < moves:
        key, values = next(steps)
        value = values[at[key] % len(values)]
        at[key] += 1
        if panel.controls[key].value == value:
            continue
        start = time.perf_counter()
        panel.set(key, value)
        taken.append(time.perf_counter() - start)
    median, high = np.quantile(taken, [0.5, 0.95])
    return {"explorer_open_seconds": opened, "explorer_median_seconds": float(median),
            "explorer_p95_seconds": float(high), "explorer_longest_seconds": float(max(taken))}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explorer", description=__doc__)
    parser.add_argument("--moves", type=int, default=200)
    parser.add_argument("--scenario", default="us_iran_final_2026")
    options = parser.parse_args()
    for name, value in measure_explorer(options.moves, options.scenario).items():
        print(f"{name:28} {1000 * value:8.0f} ms")
    print(f"{'aim (95th percentile)':28} {1000 * AIM:8.0f} ms")


if __name__ == "__main__":
    main()
