"""The compiler: one signature whatever comes, the same numbers without it, no index out of bounds, no stale code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from engine.golden_cases import CASES, posterior
from engine.posteriors import quiet, talks
from hypothesis import HealthCheck, given, settings
from strategies import scenarios

import forecast as fc
from forecast.engine import bridge
from forecast.errors import ScenarioError
from forecast.posterior import expert_prior
from forecast.scenario import Scenario

ROOT = Path(__file__).resolve().parents[2]
PRIOR = expert_prior(3)
#: Play every golden case and print which of them are not as stored.
GOLDEN = """
import json, sys
sys.path[:0] = sys.argv[1:3]
from engine import golden_cases as golden
print(json.dumps([name for name, fields in golden.CASES.items() if golden.play(fields) != golden.stored(name)]))
"""
#: An entry point of its own, in a copy of the kernels, that calls another file.
ENTRY = """
from kernels.calendar import whole_day
from kernels.jit import entry

@entry
def probe(x):
    return whole_day(x)
"""
PROBE = "import sys; sys.path.insert(0, sys.argv[1]); from kernels.probe import probe; print(probe(3.7), probe.stats)"


def program(text: str, *arguments: Path, **environment: str) -> str:
    """Run a program in an interpreter of its own; return what it prints."""
    run = subprocess.run([sys.executable, "-c", text, *map(str, arguments)], capture_output=True, text=True,
                         env={**os.environ, **environment})
    assert run.returncode == 0, run.stderr[-3000:]
    return run.stdout


def signatures() -> dict[str, int]:
    """Count the compiled signatures of every entry point (functions that are inlined have one a caller)."""
    return {name: len(kernel.signatures) for name, kernel in vars(bridge).items()
            if hasattr(kernel, "signatures") and not kernel.targetoptions.get("forceinline")}


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(scenarios())
def test_no_scenario_makes_a_kernel_compile_again(data: dict) -> None:
    """Parties, issues, kinds, systems, stages, paths, history, few or many: the types are the same."""
    try:
        for options in ({}, {"paths": True}, {"keep": "reduced"}):
            fc.simulate(Scenario.from_dict(data), PRIOR, draws=2, trials=3, seed=1, **options)
    except ScenarioError:
        pass  # whether it should be refused is asked elsewhere
    counts = signatures()
    assert {"play_batch", "tally_batch", "tactic_values"} <= set(counts)
    assert max(counts.values()) <= 1, counts


def test_an_inner_kernel_can_be_called_alone() -> None:
    """Numba has no way in for Python where kernels have none: compiled before or not, a call makes one."""
    found = program("from kernels.calendar import whole_day\nfrom kernels.jit import entry\n"
                    "print(whole_day(3.7), entry(lambda x: whole_day(x))(2.2), whole_day(1.2), whole_day(5))",
                    FORECAST_CACHE_DIR="off")
    assert found.split() == ["4.0", "2.0", "1.0", "5.0"]


@pytest.mark.parametrize("kind", [np.int32, np.int64, np.uint16])
def test_numpy_numbers_compile_nothing(kind: type) -> None:
    fc.simulate(talks(), quiet(rows=2), draws=kind(2), trials=kind(3), seed=kind(1), threads=kind(1))
    fc.simulate(talks(**CASES["silence"]), posterior(), draws=kind(2), trials=kind(3), seed=kind(1))
    assert max(signatures().values()) <= 1


def test_the_same_numbers_without_the_compiler() -> None:
    assert json.loads(program(GOLDEN, ROOT, ROOT / "tests", NUMBA_DISABLE_JIT="1")) == []


@pytest.mark.slow
def test_no_index_is_out_of_bounds() -> None:
    """With bounds checking on, and no compiled code from before, an index out of bounds is an error."""
    found = program(GOLDEN, ROOT, ROOT / "tests", NUMBA_BOUNDSCHECK="1", FORECAST_CACHE_DIR="off")
    assert json.loads(found) == []


@pytest.mark.slow
def test_an_edit_of_another_file_is_never_run_stale(tmp_path: Path) -> None:
    """A cached entry point sees an edit of what it merely calls."""
    shutil.copytree(ROOT / "kernels", tmp_path / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "kernels" / "probe.py").write_text(ENTRY, encoding="utf-8")
    cache = {"FORECAST_CACHE_DIR": str(tmp_path / "cache")}
    first, second = (program(PROBE, tmp_path, **cache) for _ in range(2))
    assert first.startswith("4.0") and second.startswith("4.0")
    assert "cache_hits=Counter()" in first and "cache_hits=Counter()" not in second  # it is a cache
    path = tmp_path / "kernels" / "calendar.py"
    source = path.read_text(encoding="utf-8")
    assert source.count("np.floor(time + 0.5)") == 1
    path.write_text(source.replace("np.floor(time + 0.5)", "np.floor(time)"), encoding="utf-8")
    assert program(PROBE, tmp_path, **cache).startswith("3.0")
