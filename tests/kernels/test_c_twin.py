"""The same loop as a plain C program gives the same codes, days and counts as the kernels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import seed_of
from reference import cases

from benchmarks.c_twin import bench, dump
from forecast.scenario import list_scenarios

COMPILER = bench.find_compiler()
pytestmark = pytest.mark.skipif(COMPILER is None, reason="no C compiler on this machine")


@pytest.fixture(scope="module")
def program() -> Path:
    return bench.build(COMPILER)


def random_input(name: str, rows: int):
    rng = np.random.default_rng(seed_of(name))
    case = cases.random_case(rng)
    return case, cases.random_draws(rng, case, rows)


@pytest.mark.parametrize("number", range(30))
def test_same_codes_on_random_inputs(program: Path, number: int) -> None:
    case, draws = random_input(f"c {number}", 5)
    theirs, _ = bench.run_program(program, case, draws, 40)
    ours, _ = bench.run_kernels(case, draws, 40)
    assert bench.compare(ours, theirs) == {}


@pytest.mark.parametrize("name", [*(record.name for record in list_scenarios()), "everything"])
def test_same_codes_on_a_hundred_thousand_trials(name: str) -> None:
    """Of the shipped scenarios, and of one that has systems, stages, excitation and a third party."""
    scenario = str(bench.HERE / "everything.yaml") if name == "everything" else name
    found = bench.measure(scenario, draws=400, trials=250, seed=20260619, repeat=1)
    assert found["c_differences"] == {}
    assert found["c_same_codes"]
    assert found["c_seconds"] > 0.0


def test_cells_that_start_elsewhere(program: Path) -> None:
    case, draws = random_input("placed", 5)
    placed = draws._replace(start=cases.random_starts(np.random.default_rng(seed_of("starts")), draws, 40))
    theirs, _ = bench.run_program(program, case, placed, 40)
    ours, _ = bench.run_kernels(case, placed, 40)
    plain, _ = bench.run_kernels(case, draws, 40)
    assert bench.compare(ours, theirs) == {}
    assert bench.compare(ours, plain)


def test_a_kernel_whose_purposes_moved_is_refused(program: Path, monkeypatch) -> None:
    case, draws = random_input("purposes", 1)
    moved = dump.purposes().replace(" SYSTEM=14 ", " SYSTEM=15 ")
    monkeypatch.setattr(dump, "purposes", lambda: moved)
    with pytest.raises(RuntimeError, match="purposes have changed"):
        bench.run_program(program, case, draws, 1)


def test_the_comparison_sees_one_changed_code(program: Path) -> None:
    case, draws = random_input("changed", 2)
    ours, _ = bench.run_kernels(case, draws, 10)
    theirs, _ = bench.run_program(program, case, draws, 10)
    theirs.trial["end_day"][7] += 1
    assert bench.compare(ours, theirs) == {"end_day": 1}
    theirs.trial["effort"][np.argmax(ours.trial["effort"])] *= 1.001
    theirs.absent[2, 0] += 1
    assert bench.compare(ours, theirs) == {"end_day": 1, "effort": 1, "absent": 1}


def test_another_seed_is_told_apart(program: Path) -> None:
    case, draws = random_input("seed", 2)
    ours, _ = bench.run_kernels(case, draws, 50)
    theirs, _ = bench.run_program(program, case._replace(key=np.uint64(int(case.key) ^ 1)), draws, 50)
    assert bench.compare(ours, theirs)


def test_a_dump_of_other_types_is_refused(program: Path, monkeypatch) -> None:
    case, draws = random_input("refused", 1)
    monkeypatch.setattr(dump, "layout", lambda case, draws: "scalars key horizon")
    with pytest.raises(RuntimeError, match="the kernels' types have changed"):
        bench.run_program(program, case, draws, 1)


def test_a_dump_that_does_not_fit_is_refused(program: Path) -> None:
    case, draws = random_input("misfit", 2)
    with pytest.raises(RuntimeError, match="do not fit each other"):
        bench.run_program(program, case, draws._replace(retreat=draws.retreat[:1]), 1)


def test_results_of_another_size_are_refused(tmp_path: Path) -> None:
    case, _ = random_input("size", 1)
    (tmp_path / "results.bin").write_bytes(b"\0" * 7)
    with pytest.raises(ValueError, match="7 bytes"):
        dump.read_results(tmp_path / "results.bin", case, 5)
