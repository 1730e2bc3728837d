"""Play cells with the compiled kernels and with the plain-Python twin, and tell them apart."""

from __future__ import annotations

import math

from reference import compiled, twin
from reference.plain import read_results

WHOLE = (
    "ending",
    "end_day",
    "attempts",
    "rounds_held",
    "zopa",
    "next_status",
    "next_day",
    "next_mode",
    "next_on_time",
    "next_cause",
    "overflow",
    "stage",
    "retreats",
    "system_trouble",
)
LISTS = ("issue_closed", "absent", "n_disruptions", "first_disruption", "system_lost")
SINGLE = 2.0**-22  # results are stored in single precision; paths are compared in double


def close(found: float, wanted: float, tolerance: float = 1e-12) -> bool:
    """Equal to a relative `tolerance`; NaN equals NaN."""
    if math.isnan(wanted):
        return math.isnan(found)
    return abs(found - wanted) <= tolerance * max(1.0, abs(wanted))


def differences(got: dict, told: dict) -> list[str]:
    """Return where compiled results (`plain.read_results`) differ from what the twin tells."""
    found = []

    def expect(name: str, compiled, wanted, same: bool) -> None:
        if not same:
            found.append(f"{name}: compiled {compiled}, twin {wanted}")

    for name in WHOLE:
        expect(name, got[name], int(told[name]), got[name] == told[name])
    for name in LISTS:
        expect(name, got[name], told[name], got[name] == list(told[name]))
    expect("effort", got["effort"], told["effort"], close(got["effort"], told["effort"], SINGLE))
    for name in ("settlement", "downtime"):
        for j, value in enumerate(told[name]):
            compiled = got[name][j]
            expect(f"{name} {j}", compiled, value, close(compiled, value, SINGLE))

    expect("logged attempts", len(got["path"]), len(told["path"]), len(got["path"]) == len(told["path"]))
    for slot, (compiled, step) in enumerate(zip(got["path"], told["path"], strict=False)):
        for name, wanted in step.items():
            expect(f"attempt {slot} {name}", compiled[name], wanted, close(compiled[name], float(wanted)))
    events = told["events"][: got["room"]]
    expect("logged events", len(got["events"]), len(events), len(got["events"]) == len(events))
    for slot, (compiled, event) in enumerate(zip(got["events"], events, strict=False)):
        for name, wanted in (
            ("day", event.time),
            ("kind", event.kind),
            ("severity", event.severity),
            ("recovery", event.recovery),
        ):
            expect(
                f"event {slot} {name}", getattr(compiled, name), wanted, close(getattr(compiled, name), float(wanted))
            )
    for j, issue in enumerate(told["issues"]):
        for name in ("reservation", "kappa"):
            for party, wanted in enumerate(issue[name]):
                compiled = got[name][j][party]
                expect(f"issue {j} {name} {party}", compiled, wanted, close(compiled, wanted))
        compiled, wanted = got["meeting"][j], issue["meeting"]
        # Where a curve is flat, x is known less well than the positions there, which is what counts.
        same = close(compiled, wanted) or close(issue["short"](compiled), 0.0)
        expect(f"issue {j} meeting", compiled, wanted, same)
    return found


def compare(case, draws, trials: int, first: int = 0) -> list[dict]:
    """Play every cell from `first` on twice and return what the twin told; fail where the two differ."""
    cells = len(draws.scalar) * trials
    out, log = compiled.run(case, draws, trials, first)
    stories = []
    for cell in range(first, cells):
        told = twin.play_cell(case, draws, cell, trials)
        found = differences(read_results(out, log, cell - first), told)
        assert not found, f"cell {cell}:\n" + "\n".join(found)
        stories.append(told)
    return stories
