"""Run all measurements, print one table, write one JSON file: ``python -m benchmarks [--quick]``."""

from __future__ import annotations

import argparse
import json
import platform
from pathlib import Path
from typing import Any

from forecast.paths import replacing

HERE = Path(__file__).resolve().parent
#: Name -> (words, unit, aim or None). An aim is what the project promises; nothing here fails by missing it.
ROWS: dict[str, tuple[str, str, str | None]] = {
    "ns_per_attempt": ("per attempt, whole simulation, one thread, CPU", "ns", None),
    "c_kernel_attempt_ns": ("per attempt, kernel alone, CPU", "ns", "<= 300"),
    "systems_c_kernel_attempt_ns": ("per attempt, kernel alone, six systems, CPU", "ns", "<= 400"),
    "everything_c_kernel_attempt_ns": ("per attempt, kernel alone, every mechanism at once, CPU", "ns", None),
    "trials_per_second": ("trials per second, one thread", "1/s", ">= 600000"),
    "reduced_trials_per_second": ("trials per second, counts only", "1/s", None),
    "attempts_per_trial": ("attempts per trial", "", None),
    "cpu_ratio_two_threads": ("CPU time, two threads / one", "", "<= 1.08"),
    "wall_ratio_two_threads": ("wall time, two threads / one", "", None),
    "c_attempt_ns": ("per attempt, C program, CPU", "ns", None),
    "c_ratio": ("kernel / C program", "", "<= 1.3"),
    "systems_c_ratio": ("kernel / C program, six systems", "", "<= 1.3"),
    "everything_c_ratio": ("kernel / C program, every mechanism on", "", "<= 1.3"),
    "c_same_codes": ("C program gives the same codes", "", "True"),
    "systems_c_same_codes": ("C program gives the same codes, six systems", "", "True"),
    "everything_c_same_codes": ("C program gives the same codes, every mechanism on", "", "True"),
    "import_seconds": ("import forecast", "s", "< 0.5"),
    "help_seconds": ("forecast --help", "s", None),
    "cold_run_seconds": ("forecast run, nothing compiled", "s", "< 20"),
    "cold_run_cpu_seconds": ("  the same in CPU time", "s", None),
    "warm_run_seconds": ("forecast run, compiled", "s", "< 2"),
    "warm_run_cpu_seconds": ("  the same in CPU time", "s", None),
    "explorer_open_seconds": ("explorer, opened", "s", None),
    "explorer_median_seconds": ("explorer, from slider to picture", "s", None),
    "explorer_p95_seconds": ("explorer, from slider to picture, 95th percentile", "s", "<= 0.4"),
    "small_run_mib": ("memory of a small run", "MiB", None),
    "trials_1e5_mib": ("peak memory, 10^5 trials", "MiB", None),
    "trials_1e6_mib": ("peak memory, 10^6 trials", "MiB", None),
    "trials_1e7_mib": ("peak memory, 10^7 trials", "MiB", None),
    "reduced_1e5_mib": ("peak memory, 10^5 trials, counts only", "MiB", None),
    "reduced_1e6_mib": ("peak memory, 10^6 trials, counts only", "MiB", None),
    "reduced_1e7_mib": ("peak memory, 10^7 trials, counts only", "MiB", "< 1024 (at 10^8)"),
}


def measure(quick: bool) -> dict[str, Any]:
    """Run everything; `quick` takes a tenth of the trials and one run each."""
    from benchmarks.explorer import measure_explorer
    from benchmarks.memory import measure_memory
    from benchmarks.speed import measure_kernels, measure_speed
    from benchmarks.startup import measure_startup

    cells, repeat = (100_000, 1) if quick else (1_000_000, 5)
    return {**measure_speed(cells, repeat), **measure_kernels(cells, repeat), **measure_startup(1 if quick else 5),
            **measure_explorer(60 if quick else 300),
            **measure_memory((100_000, 1_000_000) if quick else (100_000, 1_000_000, 10_000_000))}


def machine() -> dict[str, Any]:
    """Return what the numbers depend on."""
    import os
    from importlib.metadata import version

    model = ""
    if Path("/proc/cpuinfo").is_file():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    return {"python": platform.python_version(), "system": platform.system(), "cpu": model or platform.processor(),
            "cores": os.cpu_count(), **{name: version(name) for name in ("numpy", "numba", "llvmlite")}}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the trials, one run each")
    parser.add_argument("--out", type=Path, default=HERE / "build" / "bench.json", help="the JSON file")
    options = parser.parse_args()
    found = measure(options.quick)

    from rich.console import Console
    from rich.table import Table

    about = machine()
    table = Table("what", "measured", "unit", "aim", title=", ".join(f"{k} {v}" for k, v in about.items()))
    for name, (words, unit, aim) in ROWS.items():
        if name in found:
            value = found[name]
            shown = f"{value:,.0f}" if isinstance(value, float) and value >= 1000 else \
                f"{value:.3g}" if isinstance(value, float) else str(value)
            table.add_row(words, shown, unit, aim or "")
    Console(width=110).print(table)
    with replacing(options.out) as temporary:
        temporary.write_text(json.dumps({"machine": about, "quick": options.quick, "measured": found}, indent=2) + "\n")
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
