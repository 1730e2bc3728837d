"""Build, run, compare, time: ``python -m benchmarks.c_twin [--scenario NAME] [--draws D] [--trials T]``."""

from __future__ import annotations

import argparse
import sys

from benchmarks.c_twin.bench import measure


def main() -> int:
    """Print what was found; 1 when the two programs differ, 0 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.c_twin", description=__doc__)
    parser.add_argument("--scenario", default="us_iran_final_2026")
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--trials", type=int, default=250)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    found = measure(options.scenario, options.draws, options.trials, options.seed, options.repeat)
    if not found:
        print("no C compiler on this machine: nothing compared")
        return 0
    cells = options.draws * options.trials
    print(f"{options.scenario}: {cells:,} trials, one thread")
    for name, seconds, per_attempt in (("C, -O2", found["c_seconds"], found["c_attempt_ns"]),
                                       ("kernels", found["c_kernel_seconds"], found["c_kernel_attempt_ns"])):
        print(f"  {name:8} {seconds:.3f} s, {cells / seconds:,.0f} trials/s, {per_attempt:.0f} ns per attempt")
    print(f"  kernels / C: {found['c_ratio']:.2f}")
    if found["c_same_codes"]:
        print("  same codes, days and counts in every trial")
        return 0
    print("  DIFFERENT: " + ", ".join(f"{name} in {count} places" for name, count in found["c_differences"].items()))
    return 1


if __name__ == "__main__":
    sys.exit(main())
