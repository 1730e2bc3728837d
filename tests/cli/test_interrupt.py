"""Ctrl-C in the middle of a long forecast: soon, quietly, with nothing left behind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def heard():
    """Let processes hear Ctrl-C even where the tests run in the background of a shell, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupted(run: subprocess.Popen, wait: float) -> tuple[str, str]:
    """Send Ctrl-C and return what was printed; a process that goes on is killed."""
    run.send_signal(signal.SIGINT)
    try:
        return run.communicate(timeout=wait)
    except subprocess.TimeoutExpired:
        run.kill()
        raise


def long_run(threads: str, folder: Path) -> list[str]:
    """Return a command that would take hours."""
    return [sys.executable, "-m", "forecast", "run", "us_iran_final_2026", "--trials", "50000000",
            "--keep", "reduced", "--threads", threads, "--out", str(folder)]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("threads", ["1", "2"])
def test_interrupt(threads: str, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "forecast", "warm"], cwd=ROOT, check=True, capture_output=True)
    with subprocess.Popen(long_run(threads, tmp_path), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as run:
        time.sleep(8)
        assert run.poll() is None, "over before it could be interrupted"
        out, err = interrupted(run, 20)
    assert run.returncode == 130
    assert "interrupted" in err and "Traceback" not in err and not out
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_interrupt_at_any_moment(tmp_path: Path) -> None:
    """While Python starts, packages are imported, kernels compiled, trials played: over at once, and no word more."""
    moments = random.Random("any moment")
    environment = {**os.environ, "FORECAST_CACHE_DIR": str(tmp_path / "cache")}  # nothing compiled
    (tmp_path / "out").mkdir()
    for _ in range(12):
        with subprocess.Popen(long_run("2", tmp_path / "out"), cwd=ROOT, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as run:
            time.sleep(0.2 + 9 * moments.random() ** 2)
            assert run.poll() is None, "over before it could be interrupted"
            out, err = interrupted(run, 20)
        assert run.returncode in (130, -signal.SIGINT)  # 130 to a shell, both of them
        assert err in ("", "error: interrupted; nothing was left half-written\n") and not out
        assert not list((tmp_path / "out").iterdir())


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupt_that_was_swallowed_is_sent_again() -> None:
    code = """
import signal, time
from forecast.cli import interrupt

class Deaf:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

interrupt.listen()
assert not interrupt.heard()
Deaf()
try:
    time.sleep(60)
except KeyboardInterrupt:
    print("heard", interrupt.heard())
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.stdout == "heard True\n" and not done.stderr


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_interrupt_of_a_calibration(tmp_path: Path) -> None:
    """The posterior that was there stays as it was, and nothing lies beside it."""
    pytest.importorskip("pymc")
    file = tmp_path / "mine.nc"
    file.write_bytes(b"as it was")
    command = [sys.executable, "-m", "forecast", "calibrate", "--out", str(file), "--seed", "1"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        for line in run.stderr:
            if "fitting" in line:
                break
        time.sleep(6)
        assert run.poll() is None, "over before it could be interrupted"
        out, err = interrupted(run, 90)  # code that is being compiled ends first
    assert run.returncode == 130
    assert "interrupted" in err and "Traceback" not in err and not out
    assert [path.name for path in tmp_path.iterdir()] == ["mine.nc"] and file.read_bytes() == b"as it was"
