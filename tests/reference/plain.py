"""Read packed inputs into plain Python: lists, dicts and numbers. The one place of the twin that knows the packing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from kernels.codes import Column


def _rows(records: np.ndarray) -> list[SimpleNamespace]:
    """Turn a structured array into objects with its fields as attributes."""
    return [SimpleNamespace(**dict(zip(records.dtype.names, row, strict=True))) for row in records.tolist()]


def read_case(case) -> SimpleNamespace:
    """Return the scenario: numbers by name; ``parties``, ``kinds``, ``issues`` with all that belongs to each."""
    scene = SimpleNamespace(
        **{
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in case._asdict().items()
            if not isinstance(value, np.ndarray)
        }
    )
    scene.ladder = case.ladder.tolist()
    scene.parties, scene.kinds, scene.issues = _rows(case.party), _rows(case.kind), _rows(case.issue)
    scene.systems, scene.incidents, scene.stages = _rows(case.system), _rows(case.incident), _rows(case.stage)
    scene.base_down, scene.base_saved = case.base_down.tolist(), case.base_saved.tolist()
    for stage, table in zip(scene.stages, case.go_table.tolist(), strict=True):
        stage.go = table
    for party, table in zip(scene.parties, case.party_authority.tolist(), strict=True):
        party.authority = table
    for j, issue in enumerate(scene.issues):
        issue.positions = _rows(case.position[j])
        issue.edge, issue.distance = case.edge_table[j].tolist(), case.gap_table[j].tolist()
        issue.belief, issue.kappa = case.belief_table[j].tolist(), case.kappa_table[j].tolist()
    return scene


def read_draw(draws, d: int) -> tuple[dict[str, float], dict[str, Any]]:
    """Return scalar parameters by lower-case name of `Column`, and the others as lists, of one draw."""
    scalars = {column.name.lower(): float(draws.scalar[d, column]) for column in Column}
    others = set(draws._fields) - {"scalar", "start"}
    return scalars, {name: getattr(draws, name)[d].tolist() for name in others}


def read_results(out, log, cell: int) -> dict[str, Any]:
    """Return what the kernels wrote for a cell, by the names the twin uses."""
    told = dict(zip(out.trial.dtype.names, out.trial[cell].tolist(), strict=True))
    told |= {
        name: getattr(out, name)[cell].tolist()
        for name in out._fields[1:]
    }
    if len(log.meeting):
        told["path"] = [vars(step) for step in _rows(log.attempt[cell]) if step.status >= 0]
        told["events"] = [event for event in _rows(log.event[cell]) if event.kind >= 0]
        told["room"] = log.event.shape[1]
        told |= {name: getattr(log, name)[cell].tolist() for name in ("reservation", "kappa", "meeting")}
    return told
