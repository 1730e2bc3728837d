"""Can it fail: errors planted in the kernels are noticed by the golden cases; without one they are silent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


@pytest.mark.long
def test_every_planted_error_is_noticed() -> None:
    run = subprocess.run([sys.executable, str(HERE / "mutants.py")], capture_output=True, text=True,
                         env={**os.environ, "NUMBA_DISABLE_JIT": "1"})
    assert run.returncode == 0, run.stderr[-2000:]
    noticed = json.loads(run.stdout)
    assert noticed.pop("None") is None  # nothing planted, nothing noticed
    assert len(noticed) > 20
    assert not [name for name, case in noticed.items() if case is None]
