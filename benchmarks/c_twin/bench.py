"""Build the C program, run it on a dump of the packed arrays, compare its results with the kernels', time both."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.c_twin.dump import read_results, write_dump

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build"
#: Plain optimisation: no -ffast-math, no contraction to fused multiply-add, no code for this machine alone.
FLAGS = ("-std=c99", "-O2", "-Wall", "-Wextra")


def find_compiler() -> str | None:
    """Return a C compiler, or None when the machine has none."""
    return next((found for name in ("gcc", "cc", "clang") if (found := shutil.which(name))), None)


def build(compiler: str) -> Path:
    """Compile the program into ``benchmarks/build`` and return its path.

    Raises
    ------
    RuntimeError
        With the compiler's words, if it fails.
    """
    BUILD.mkdir(parents=True, exist_ok=True)
    program = BUILD / "talks"
    run = subprocess.run(
        [compiler, *FLAGS, str(HERE / "talks.c"), "-o", str(program), "-lm"], capture_output=True, text=True
    )
    if run.returncode:
        raise RuntimeError(f"the C program does not compile:\n{run.stderr}")
    return program


def run_program(program: Path, case, draws, trials: int, repeat: int = 1):
    """Run the C program on packed arrays.

    Parameters
    ----------
    program : Path
        What `build` returned.
    case, draws : Case, Draws
        Packed scenario and parameters.
    trials : int
        Trials per draw.
    repeat : int, default 1
        Times to play them; the fastest counts.

    Returns
    -------
    (Out, float)
        Results in the kernels' arrays, and the processor seconds of the fastest loop.

    Raises
    ------
    RuntimeError
        With the program's words, if it refuses the dump.
    """
    with tempfile.TemporaryDirectory() as folder:
        dump, results = Path(folder) / "dump.bin", Path(folder) / "results.bin"
        write_dump(dump, case, draws)
        run = subprocess.run(
            [str(program), str(dump), str(results), str(trials), str(repeat)], capture_output=True, text=True
        )
        if run.returncode:
            raise RuntimeError(run.stderr.strip())
        return read_results(results, case, len(draws.scalar) * trials), float(run.stdout)


def run_kernels(case, draws, trials: int, repeat: int = 1):
    """Do the same with the compiled kernels, one thread: results and the processor seconds of the fastest loop."""
    from forecast.engine.bridge import play_batch
    from forecast.engine.buffers import new_log, new_out, new_memory

    cells = len(draws.scalar) * trials
    out, log, scratch = new_out(case, cells), new_log(case, 0), new_memory(case)
    play_batch(case, draws, 0, 1, trials, out, log, scratch)  # compiles
    seconds = []
    for _ in range(repeat):
        begun = time.process_time()  # of this process alone: other work on the machine does not lengthen it
        play_batch(case, draws, 0, cells, trials, out, log, scratch)
        seconds.append(time.process_time() - begun)
    return out, min(seconds)


def compare(ours, theirs) -> dict[str, int]:
    """Count the cells in which two results differ, by variable; variables that agree everywhere are left out.

    Codes, days and counts must be equal; effort and settlement, kept in single precision, may differ in the last
    place, because the two programs may be linked to different mathematical libraries.
    """
    found = {}
    for name in ours.trial.dtype.names:
        found[name] = _unequal(ours.trial[name], theirs.trial[name])
    for name in ours._fields[1:]:
        found[name] = _unequal(getattr(ours, name), getattr(theirs, name))
    return {name: count for name, count in found.items() if count}


def _unequal(a: np.ndarray, b: np.ndarray) -> int:
    """Count unequal elements; floats are equal within two units in the last place, and NaN equals NaN."""
    if a.dtype.kind == "f":
        return int((~np.isclose(a, b, rtol=2.4e-7, atol=0.0, equal_nan=True)).sum())
    return int((a != b).sum())


def measure(scenario: str, draws: int, trials: int, seed: int, repeat: int) -> dict[str, Any]:
    """Compare and time C program and kernels on a shipped scenario.

    Parameters
    ----------
    scenario : str
        Name or path.
    draws, trials, seed : int
        As for ``fc.simulate``.
    repeat : int
        Runs of each, taking turns; the fastest of each counts.

    Returns
    -------
    dict
        ``c_seconds``, ``c_kernel_seconds`` (the kernels in the same turns), ``c_ratio`` (kernels / C),
        ``c_attempt_ns``, ``c_kernel_attempt_ns`` (nanoseconds per attempt), ``c_same_codes``, ``c_differences`` by
        variable. Empty when the machine has no C compiler.
    """
    if find_compiler() is None:
        return {}
    from forecast.engine.packing import pack
    from forecast.posterior import posterior_for
    from forecast.scenario import load_scenario, resolve

    talks = resolve(load_scenario(scenario))
    packed = pack(talks, posterior_for(talks), draws=draws, seed=seed)
    return measure_packed(packed.case, packed.draws, trials, repeat)


def measure_packed(case, draws, trials: int, repeat: int) -> dict[str, Any]:
    """Compare and time both on packed arrays: what `measure` returns."""
    program = build(find_compiler())
    ours_best = theirs_best = float("inf")
    for _ in range(repeat):
        ours, seconds = run_kernels(case, draws, trials)
        ours_best = min(ours_best, seconds)
        theirs, seconds = run_program(program, case, draws, trials)
        theirs_best = min(theirs_best, seconds)
    differences = compare(ours, theirs)
    attempts = max(1, int(ours.trial["attempts"].sum()))
    return {
        "c_seconds": theirs_best,
        "c_kernel_seconds": ours_best,
        "c_ratio": ours_best / theirs_best,
        "c_attempt_ns": 1e9 * theirs_best / attempts,
        "c_kernel_attempt_ns": 1e9 * ours_best / attempts,
        "c_same_codes": not differences,
        "c_differences": differences,
    }
