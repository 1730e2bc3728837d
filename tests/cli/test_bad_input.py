"""Whatever is wrong with the input: exit code 2, a message that names it, no traceback, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from forecast.cli.app import app, explain
from forecast.errors import CalibrationError, Problem, ScenarioError

IRAN = "us_iran_final_2026"
SMALL = ["--draws", "10", "--trials", "10", "--seed", "1"]


def call(*arguments: str):
    """Run a command line in this process."""
    return CliRunner().invoke(app, list(arguments), prog_name="forecast", env={"COLUMNS": "300", "TERM": "dumb"})


BAD = {
    "no such scenario": (["run", "no_such_talks"], "no such scenario"),
    "close name": (["run", "us_iran_final_2025"], "us_iran_final_2026"),
    "no such file": (["check", "missing.yaml"], "missing.yaml"),
    "a folder": (["run", "."], "folder"),
    "no command": (["runn"], "No such command"),
    "no option": (["run", IRAN, "--colour"], "No such option"),
    "no scenario": (["run"], "Missing argument"),
    "draws zero": (["run", IRAN, "--draws", "0"], "--draws"),
    "draws words": (["run", IRAN, "--draws", "many"], "--draws"),
    "draws beyond the posterior": (["run", IRAN, "--draws", "900000", "--trials", "2"], "draws"),
    "trials negative": (["run", IRAN, "--trials", "-5"], "--trials"),
    "seed negative": (["run", IRAN, "--seed", "-1"], "--seed"),
    "seed too large": (["run", IRAN, "--seed", str(2**63)], "--seed"),
    "threads zero": (["run", IRAN, "--threads", "0"], "--threads"),
    "no memory": (["run", IRAN, "--draws", "400", "--trials", "2000000000"], "GB"),
    "keep word": (["run", IRAN, "--keep", "some"], "--keep"),
    "by no date": (["run", IRAN, "--by", "tomorrow"], "YYYY-MM-DD"),
    "by no day": (["run", IRAN, "--by", "2026-02-30"], "not a day of the calendar"),
    "by before": (["run", IRAN, "--by", "2026-06-18"], "runs from 2026-06-19"),
    "by beyond": (["run", IRAN, "--by", "2031-01-01"], "horizon_days"),
    "out folder missing": (["run", IRAN, *SMALL, "--out", "nowhere/run.nc"], "does not exist"),
    "out of another kind": (["run", IRAN, *SMALL, "--out", "run.xlsx"], "must end in .nc"),
    "plot of another kind": (["run", IRAN, *SMALL, "--plot", "run.gif"], "must end in .png"),
    "plot folder missing": (["run", IRAN, *SMALL, "--plot", "nowhere/run.png"], "does not exist"),
    "new with a bad name": (["new", "My Talks!"], "My Talks!"),
    "new with a bad domain": (["new", "mine", "--domain", "poetry"], "poetry"),
    "new into no folder": (["new", "mine", "--out", "nowhere/mine.yaml"], "does not exist"),
    "plot of nothing": (["plot", "missing.nc"], "missing.nc"),
    "plot of no picture": (["plot", "missing.nc", "unicorns"], "endings"),
    "plot with no width": (["plot", "missing.nc", "endings", "--width", "wide"], "160mm"),
    "talks of no id": (["talks", "no_such_talk"], "no_such_talk"),
    "talks of no domain": (["talks", "--domain", "poetry"], "poetry"),
    "talks two ways": (["talks", "us_iran_2025", "--domain", "trade"], "stands alone"),
    "talks since no date": (["talks", "--since", "1.1.2020"], "YYYY-MM-DD"),
}


@pytest.mark.parametrize("arguments, message", BAD.values(), ids=BAD)
def test_bad_input(arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = call(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not result.stdout
    assert not list(tmp_path.iterdir())


FILES = {
    "empty": ("", "mapping"),
    "no yaml": ("parties: [a, b\n", "line"),
    "binary": ("\x00\x01", "binary"),
    "unknown key": ("parties: [A, B]\nas_of: 2026-01-01\ndomain: trade\nhorizont: 3\n", "horizont"),
    "duplicate key": ("parties: [A, B]\nas_of: 2026-01-01\nas_of: 2026-01-02\ndomain: trade\n", "as_of"),
}


@pytest.mark.parametrize("text, message", FILES.values(), ids=FILES)
@pytest.mark.parametrize("command", ["check", "run"])
def test_bad_file(command: str, text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    result = call(command, str(path))
    assert result.exit_code == 2
    assert message in result.stderr and "bad.yaml" in result.stderr
    assert "Traceback" not in result.stderr and not result.stdout


def test_all_problems_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("parties: [A, B]\nas_of: never\ndomain: poetry\nhorizon_days: 0\n")
    lines = call("check", str(path)).stderr
    assert all(word in lines for word in ("as_of", "domain", "horizon_days"))


@pytest.mark.parametrize("content", [b"", b"not netCDF", b"\x89HDF\r\n\x1a\n" + bytes(200)])
def test_damaged_run(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.nc"
    path.write_bytes(content)
    result = call("plot", str(path))
    assert result.exit_code == 2 and "run.nc" in result.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["run.nc"]


def test_foreign_netcdf(tmp_path: Path) -> None:
    import xarray as xr

    path = tmp_path / "weather.nc"
    xr.Dataset({"rain": ("day", [1.0, 2.0])}).to_netcdf(path, engine="h5netcdf")
    result = call("plot", str(path))
    assert result.exit_code == 2 and "not one that" in result.stderr


@pytest.mark.parametrize("error, code, words", [
    (ScenarioError([Problem("a.b", "1", "2 or 3")]), 2, "a.b: 1; 2 or 3"),
    (CalibrationError("did not converge"), 1, "did not converge"),
    (KeyboardInterrupt(), 130, "interrupted"),
    (MemoryError(), 2, "--draws"),
    (PermissionError(13, "Permission denied", "x.nc"), 2, "'x.nc': permission denied"),
    (OSError(28, "No space left on device"), 2, "no space left on device"),
    (ModuleNotFoundError("no", name="pymc"), 2, "pip install"),
    (ModuleNotFoundError("no", name="forecast.gone"), 1, "fault of the package"),
    (ZeroDivisionError("division by zero"), 1, "ZeroDivisionError"),
    (ScenarioError("bell\x07 and \x1b[31mred"), 2, "bell\\x07 and \\x1b[31mred"),
])
def test_every_exception_has_a_code_and_words(error: BaseException, code: int, words: str) -> None:
    got, message = explain(error)
    assert got == code and words in message


@pytest.mark.parametrize("error, code", [(KeyboardInterrupt(), 130), (RuntimeError("oops"), 1),
                                         (OSError(28, "No space left on device"), 2)])
def test_what_fails_inside_leaves_nothing(error: BaseException, code: int, tmp_path: Path,
                                          monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise error

    kept = tmp_path / "run.nc"
    kept.write_text("an older run")
    monkeypatch.setattr("xarray.Dataset.to_netcdf", fail)
    result = call("run", IRAN, *SMALL, "--out", str(kept))
    assert result.exit_code == code
    assert "Traceback" not in result.stderr and not result.stdout
    assert [p.name for p in tmp_path.iterdir()] == ["run.nc"] and kept.read_text() == "an older run"
