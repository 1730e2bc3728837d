"""The public names: all there, all documented, none hidden by a subpackage, none taken from a stranger."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import forecast

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*(ROOT / "forecast").rglob("*.py"), *(ROOT / "kernels").glob("*.py")])


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("public", forecast.__all__)
def test_public_name_is_there_and_documented(public: str) -> None:
    value = getattr(forecast, public)
    if public != "__version__":
        assert inspect.getdoc(value)
        assert public in dir(forecast)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_thing"):
        forecast.no_such_thing  # noqa: B018


def test_a_subpackage_does_not_hide_a_function() -> None:
    for public, module in forecast._WHERE.items():
        importlib.import_module(f"forecast.{module}")
        assert not inspect.ismodule(getattr(forecast, public))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_public_definitions_have_docstrings(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    missing = [] if ast.get_docstring(tree) else ["the module"]
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            if not ast.get_docstring(node):
                missing.append(node.name)
            if isinstance(node, ast.ClassDef):
                missing += [f"{node.name}.{item.name}" for item in node.body
                            if isinstance(item, ast.FunctionDef) and not item.name.startswith("_")
                            and not ast.get_docstring(item)]
    assert not missing


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run `code` with `folder` ahead of this checkout on the path."""
    setup = f"import sys; sys.path[:0] = [{str(folder)!r}, {str(ROOT)!r}]\n"
    return subprocess.run([sys.executable, "-c", setup + code], capture_output=True, text=True, cwd=folder)


def test_the_other_kernels_package_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels" / "__init__.py").write_text("raise RuntimeError('must not be imported')\n")
    result = run("import forecast", tmp_path)
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: another distribution owns the package 'kernels'")
    assert "fresh environment" in last


def test_the_right_kernels_package_is_accepted(tmp_path: Path) -> None:
    assert run("import forecast", tmp_path).returncode == 0


def test_version_is_that_of_the_distribution() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert forecast.__version__ == project["version"]
