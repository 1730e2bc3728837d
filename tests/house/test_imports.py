"""Who may import what: the walls of the house."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FORECAST = sorted((ROOT / "forecast").rglob("*.py"))
KERNELS = sorted((ROOT / "kernels").glob("*.py"))
HEAVY = ("pymc", "arviz", "matplotlib", "dask", "distributed", "pandas", "numba", "xarray", "scipy.stats",
         "nutpie", "jupyterlab", "ipywidgets", "typer", "pydantic")
COMPILER_FILE = {"jit.py": {"functools", "hashlib", "os", "platform", "sys", "collections", "pathlib"}}


def imported(path: Path) -> set[str]:
    """Top-level names of every absolute import of a file, wherever in the file it stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_there_is_something_to_check() -> None:
    assert len(FORECAST) > 10 and len(KERNELS) > 3


@pytest.mark.parametrize("path", FORECAST, ids=name)
def test_only_the_bridge_imports_kernels(path: Path) -> None:
    if name(path) != "forecast/engine/bridge.py":
        assert "kernels" not in imported(path)


@pytest.mark.parametrize("path", KERNELS, ids=name)
def test_kernels_import_arrays_and_compiler_only(path: Path) -> None:
    allowed = {"__future__", "numpy", "numba", "math", "typing", "enum", "kernels"}
    assert imported(path) <= allowed | COMPILER_FILE.get(path.name, set())


@pytest.mark.parametrize("path", KERNELS, ids=name)
def test_kernels_draw_no_numbers_of_their_own(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            assert node.attr != "random", f"line {node.lineno}: kernels take luck from addresses, not from a generator"


@pytest.mark.parametrize("path", FORECAST, ids=name)
def test_pymc_stays_in_calibration(path: Path) -> None:
    if not name(path).startswith("forecast/calibration/"):
        assert not imported(path) & {"pymc", "pytensor", "nutpie"}


@pytest.mark.parametrize("path", [*FORECAST, *KERNELS], ids=name)
def test_no_pickles(path: Path) -> None:
    assert not imported(path) & {"pickle", "dill", "joblib", "shelve", "cloudpickle"}


def loaded_after(code: str) -> set[str]:
    """Run `code` in a fresh interpreter and return the modules it has loaded."""
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"],
        cwd=ROOT, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not loaded_after("import forecast") & set(HEAVY)


def test_help_loads_nothing_heavy() -> None:
    code = ("import sys; sys.argv = ['forecast', '--help']\n"
            "try:\n from forecast.cli import main; main()\nexcept SystemExit: pass")
    assert not loaded_after(code) & (set(HEAVY) - {"typer"})


def test_a_forecast_loads_no_calibration_plots_or_cluster() -> None:
    code = ("import forecast as fc\n"
            "o = fc.simulate(fc.load_scenario('us_iran_final_2026'), draws=2, trials=2, seed=1)\n"
            "fc.summarize(o).to_dict()")
    # dask itself is imported by xarray wherever it is installed.
    assert not loaded_after(code) & {"pymc", "arviz", "matplotlib", "distributed", "jupyterlab", "scipy.stats"}
