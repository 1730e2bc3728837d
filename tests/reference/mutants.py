"""Kernels with a planted error each, played without the compiler against the golden cases.

Run by ``test_mutants.py`` as a program of its own, with ``NUMBA_DISABLE_JIT=1``: it prints which case noticed which
error. A mutant that no longer applies (its text is gone, or there twice) is an error too.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Name -> file, text, what it becomes.
MUTANTS = {
    "ignored seed": ("random.py", "        key & MASK,\n", "        np.uint64(0),\n"),
    "ignored trial": ("random.py", "np.uint64(trial) & MASK", "np.uint64(0)"),
    "ignored index": ("random.py", "np.uint64(index) & MASK", "np.uint64(0)"),
    "ignored seed, ahead": ("lanes.py", "c2, c3, key & MASK,", "c2, c3, np.uint64(0),"),
    "ignored trial, ahead": ("lanes.py", "philox(addresses[who, lane],", "philox(addresses[who, 0],"),
    "hidden facts of another trial": (
        "lanes.py", "given.draw, given.hidden, given.luck", "given.draw, given.luck, given.luck"),
    "rounds ahead all alike": ("lanes.py", "int(case.held_done) + ahead)", "int(case.held_done))"),
    "nine rounds of the generator": ("random.py", "in range(10):", "in range(9):"),
    "days rounded down": ("calendar.py", "np.floor(time + 0.5)", "np.floor(time)"),
    "pace with the wrong sign": (
        "calendar.py", "row[GAP_LOG_MEAN] + row[GAP_PACE_SD] * pace", "row[GAP_LOG_MEAN] - row[GAP_PACE_SD] * pace"),
    "gaps by the round with the wrong sign": (
        "calendar.py", "+ row[GAP_LOG_ROUND] *", "- row[GAP_LOG_ROUND] *"),
    "far and near exchanged": ("ending.py", "deadline_day - day > FAR_DAYS", "deadline_day - day < FAR_DAYS"),
    "tension with the wrong sign": ("ending.py", "exp(row[COLLAPSE_TENSION]", "exp(-row[COLLAPSE_TENSION]"),
    "attempt number off by one": ("ending.py", "log_whole(attempt)", "log_whole(attempt + 1)"),
    "collapse taken for stall": (
        "ending.py", "v < odds_collapse:\n        return COLLAPSE", "v < odds_collapse:\n        return STALL"),
    "a cancelled attempt is like a held one": ("ending.py", "collapse *= row[ODDS_COLLAPSE_CANCELLED]", "pass"),
    "effort of an absence with the wrong sign": (
        "ending.py", "row[EFFORT_ABSENT] * lack", "row[EFFORT_ABSENT] * -lack"),
    "effort of a pause with the wrong sign": ("ending.py", "x += row[EFFORT_PAUSE]", "x -= row[EFFORT_PAUSE]"),
    "odds turned over": ("columns.py", "np.exp(scalar[:, source])", "np.exp(-scalar[:, source])"),
    "absence makes rounds safer": (
        "participation.py", "odds *= row[ODDS_LOSS_ABSENT]", "odds /= row[ODDS_LOSS_ABSENT]"),
    "severe events make rounds safer": (
        "participation.py", "odds *= row[ODDS_LOSS_SEVERE]", "odds /= row[ODDS_LOSS_SEVERE]"),
    "stay and leave exchanged": ("participation.py", "if u_stay < stay[mode]:", "if u_stay >= stay[mode]:"),
    "home forgotten": ("participation.py", "        return home\n", "        return mode\n"),
    "reports taken for their opposite": (
        "attendance.py", "(report == REPORT_ABSENT) == right", "(report == REPORT_ABSENT) != right"),
    "no pulse before an attempt": ("disruption.py", "row[PULSE_BEFORE] * (top - foot)", "row[PULSE_BEFORE] * 0.0"),
    "severity off by one": ("disruption.py", "        severity = 1\n", "        severity = 2\n"),
    "events of the day itself count": ("disruption.py", "if day < plan:", "if day <= plan:"),
    "coin ignored": ("trial.py", "can_close and coin == 1 and", "can_close and"),
    "held rounds not counted": ("trial.py", "AFTER_HELD, held + 1, 0", "AFTER_HELD, held, 0"),
    "retries not counted": ("trial.py", "            retry += 1\n", "            retry += 0\n"),
    "partial and full exchanged": (
        "trial.py", "PARTIAL if u_partial < row[PARTIAL_SHARE] else AGREEMENT",
        "AGREEMENT if u_partial < row[PARTIAL_SHARE] else PARTIAL"),
    "silence forgotten": ("trial.py", "if case.silent == 1:", "if case.silent == 2:"),
    "parties exchanged": (
        "concession.py", "one.opening - reserve[a], reserve[b] - two.opening",
        "one.opening - reserve[b], reserve[a] - two.opening"),
    "nobody concedes": ("concession.py", "value = one.opening + (", "value = one.opening + 0.0 * ("),
}


def kernels_with(name: str | None, folder: Path) -> None:
    """Put a copy of the kernels into `folder`, with one error or, for None, without."""
    shutil.copytree(ROOT / "kernels", folder / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
    if name is None:
        return
    file, text, planted = MUTANTS[name]
    path = folder / "kernels" / file
    source = path.read_text(encoding="utf-8")
    assert source.count(text) == 1, f"{name}: {text!r} is {source.count(text)} times in {file}"
    path.write_text(source.replace(text, planted), encoding="utf-8")


def first_to_notice(name: str | None) -> str | None:
    """Return the first golden case that a mutant changes; None when all are as stored."""
    for module in [m for m in sys.modules if m.split(".")[0] in ("kernels", "forecast", "engine")]:
        del sys.modules[module]
    with tempfile.TemporaryDirectory() as folder:
        kernels_with(name, Path(folder))
        sys.path.insert(0, folder)
        try:
            from engine import golden_cases

            for case, fields in golden_cases.CASES.items():
                if golden_cases.play(fields) != golden_cases.stored(case):
                    return case
            return None
        except ArithmeticError as error:  # noticed too: an error that does not even give numbers
            return type(error).__name__
        finally:
            sys.path.remove(folder)


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    chosen = [None, *MUTANTS] if len(sys.argv) == 1 else sys.argv[1:]
    print(json.dumps({str(name): first_to_notice(name) for name in chosen}))
