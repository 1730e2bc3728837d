"""The cache of compiled code: an edit of any kernel leaves it behind, and it can be turned off."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def jit_of(folder: Path) -> ModuleType:
    """Load the `jit` module of a copy of the kernels."""
    spec = importlib.util.spec_from_file_location("copied_jit", folder / "jit.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORECAST_CACHE_DIR", str(tmp_path / "cache"))
    return Path(shutil.copytree(ROOT / "kernels", tmp_path / "kernels"))


def test_an_edit_of_any_kernel_means_another_cache(copy: Path) -> None:
    jit = jit_of(copy)
    folders = [jit.cache_folder()]
    assert jit.cache_folder() == folders[0] and folders[0].is_dir()
    for path in sorted(copy.glob("*.py")):
        path.write_text(path.read_text() + "\n# edited\n")
        folders.append(jit.cache_folder())
    assert len(set(folders)) == len(folders) > 5


def test_the_cache_can_be_turned_off_or_be_impossible(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jit = jit_of(copy)
    monkeypatch.setenv("FORECAST_CACHE_DIR", "off")
    assert jit.cache_folder() is None
    (copy / "a_file").write_text("")
    monkeypatch.setenv("FORECAST_CACHE_DIR", str(copy / "a_file"))
    assert jit.cache_folder() is None
