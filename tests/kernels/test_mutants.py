"""Can it fail: errors planted in the kernels are noticed by the golden cases; without one they are silent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from reference.mutants import MUTANTS

TESTS = Path(__file__).resolve().parents[1]
KERNELS = TESTS.parent / "kernels"


def test_every_error_can_be_planted() -> None:
    """The text it replaces is there, once: else the long test below would plant nothing."""
    for name, (file, text, planted) in MUTANTS.items():
        assert (KERNELS / file).read_text(encoding="utf-8").count(text) == 1, name
        assert planted != text


@pytest.mark.long
def test_every_planted_error_is_noticed() -> None:
    run = subprocess.run([sys.executable, str(TESTS / "reference" / "mutants.py")], capture_output=True, text=True,
                         env={**os.environ, "NUMBA_DISABLE_JIT": "1"})
    assert run.returncode == 0, run.stderr[-2000:]
    noticed = json.loads(run.stdout)
    assert noticed.pop("None") is None  # nothing planted, nothing noticed
    assert len(noticed) > 20
    assert not [name for name, case in noticed.items() if case is None]
