"""Small talks with everything a sweep can vary, and a way to read a folder byte for byte."""

from __future__ import annotations

from pathlib import Path

TALKS = {
    "name": "harbour", "title": "Union - Port", "as_of": "2026-03-02", "horizon_days": 60, "domain": "labour",
    "posterior": "prior",
    "mediator": {"names": ["Board"], "type": "state"},
    "deadline": {"date": "2026-04-15"},
    "next_round": {"planned": "2026-03-05", "mode": "in_person", "fallback": ["proximity", "remote"]},
    "parties": {"union": {"principal": "A", "present": True},
                "port": {"principal": "B", "without_principal": "remote"}},
    "issues": {"wage": {"unit": "%", "opening": {"union": 12, "port": 2},
                        "reservation": {"union": {"normal": {"mean": 6, "sd": 1}},
                                        "port": {"normal": {"mean": 7, "sd": 1}}}}},
    "adjust": {"closing": 0.5, "rationale": "a test"},
}


def tree_bytes(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its content."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file()}
