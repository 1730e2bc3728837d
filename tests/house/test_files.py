"""Files: their sizes, what tracked text must not name, and what a fresh machine needs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted(p for folder in ("forecast", "kernels", "tests", "benchmarks") for p in (ROOT / folder).rglob("*.py"))
LIMIT = 400


def tracked() -> list[Path]:
    """Return the files git knows; in an unpacked archive without git, everything that is code or text."""
    run = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if run.returncode or not run.stdout:
        pytest.skip("not a git checkout")
    return [ROOT / line for line in run.stdout.splitlines() if (ROOT / line).is_file()]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", CODE, ids=name)
def test_file_has_one_job_and_fits_a_reader(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LIMIT


# This file is left out of the search, as it must name what it looks for; the table quotes the world.
LEAKS = {
    "a machine's folder": r"(?<![\w.$}])/(?:work|tmp|root|home)/[\w.]",
    "a package index": r"pypi\.org/simple|files\.pythonhosted|index-url|find-links|file:///",
    "unfinished work": r"\b(?:TODO|FIXME|XXX)\b",
}


@pytest.mark.parametrize("what", LEAKS)
def test_tracked_text_names_nothing_it_should_not(what: str) -> None:
    pattern = re.compile(LEAKS[what])
    found = []
    for path in tracked():
        if name(path) == "tests/house/test_files.py" or name(path).startswith("data/talks/"):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{name(path)}:{number}: {line.strip()[:100]}"
                  for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("what, text", [
    ("a machine's folder", "cache in /tmp/x"), ("a package index", "https://pypi.org/simple"),
    ("unfinished work", "# TODO later"),
])
def test_the_patterns_find_what_they_are_for(what: str, text: str) -> None:
    assert re.search(LEAKS[what], text)


def test_no_pickles_among_the_data() -> None:
    assert not [name(p) for p in tracked() if p.suffix in {".pkl", ".pickle", ".joblib", ".npy"}]


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_pins_name_versions_and_nothing_else(python: str) -> None:
    lines = (ROOT / "constraints" / f"python{python}.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert len(pins) > 50
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.!+-]+", pin) for pin in pins)
    named = {pin.split("==")[0].lower().replace("_", "-") for pin in pins}
    assert {"numpy", "numba", "scipy", "xarray", "pymc", "nutpie", "jupyterlab", "pytest", "dask", "zarr"} <= named
