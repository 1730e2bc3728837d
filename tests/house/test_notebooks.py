"""The notebooks: one question each, outputs stripped, the public API only, each under a minute."""

from __future__ import annotations

import ast
import importlib.util
import json
import sys
import time
from pathlib import Path

import pytest

import forecast

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
#: Seconds that a reader is promised, and what a machine that is busy with other work is allowed here.
PROMISED, ALLOWED = 60, 180


def name(path: Path) -> str:
    return path.stem


def cells(path: Path, kind: str) -> list[dict]:
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind]


def source(cell: dict) -> str:
    return "".join(cell["source"])


def test_questions_are_numbered_one_by_one() -> None:
    numbers = sorted(int(path.stem.split("_")[0]) for path in NOTEBOOKS)
    assert numbers == list(range(1, 11))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_outputs_are_stripped(path: Path) -> None:
    for cell in cells(path, "code"):
        assert cell["outputs"] == [] and cell["execution_count"] is None
    assert not {"widgets", "signature"} & set(json.loads(path.read_text(encoding="utf-8"))["metadata"])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_it_asks_one_question_and_says_what_it_does(path: Path) -> None:
    first = source(cells(path, "markdown")[0])
    assert first.startswith("# ") and len(cells(path, "markdown")) >= 3
    assert sum(source(cell).count("\n# ") for cell in cells(path, "markdown")) == 0


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_only_the_public_api_is_used(path: Path) -> None:
    used = 0
    for cell in cells(path, "code"):
        tree = ast.parse(source(cell).removesuffix(";"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names = {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names = {node.module or "."}
            else:
                names = set()
            assert all(one == "forecast" or one.split(".")[0] in sys.stdlib_module_names for one in names), names
            if isinstance(node, ast.Attribute):
                assert not node.attr.startswith("_")
                if isinstance(node.value, ast.Name) and node.value.id == "fc":
                    assert node.attr in forecast.__all__
                    used += 1
        assert len(max(source(cell).splitlines(), key=len)) <= 120
    assert used >= 3


@pytest.mark.slow
@pytest.mark.skipif(not all(importlib.util.find_spec(one) for one in ("nbclient", "ipykernel", "ipywidgets", "pandas")),
                    reason="nbclient and a kernel are not installed; the extra 'lab' brings them")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_it_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    forecast.simulate("us_iran_final_2026", draws=2, trials=2, seed=1, paths=True)  # the compiler is not its business
    start = time.monotonic()
    made = NotebookClient(nbformat.read(path, 4), timeout=ALLOWED, kernel_name="python3",
                          resources={"metadata": {"path": str(tmp_path)}}).execute()
    took = time.monotonic() - start
    print(f"{path.stem}: {took:.0f} s (promised {PROMISED})")
    outputs = [output for cell in made.cells if cell.cell_type == "code" for output in cell.outputs]
    assert outputs and not [output for output in outputs if output.get("name") == "stderr"]
    assert took < ALLOWED
