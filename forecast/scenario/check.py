"""What is worth saying about a valid scenario before it is run."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from forecast.scenario.checks import CUT_WARNING, cut_mass, wants_of
from forecast.scenario.defaults import SYSTEMS, Default, system_defaults
from forecast.scenario.checks_aftermath import aftermath_remarks
from forecast.scenario.history import Attempt, Attendance, DeadlineSet, Disruption, End, Plan
from forecast.scenario.load import read_source, validated
from forecast.scenario.model import Scenario
from forecast.scenario.resolving import resolve


@dataclass(frozen=True)
class Note:
    """A remark on a scenario that is valid.

    Parameters
    ----------
    level : str
        ``warning`` for what is probably a mistake, ``note`` for what a reader should know.
    where : str
        Path of the field, or ``file``.
    text : str
    """

    level: Literal["warning", "note"]
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.level}: {self.where}: {self.text}"


def check_scenario(name_or_path: str | os.PathLike[str]) -> list[Note]:
    """Validate a scenario file and remark on it.

    Parameters
    ----------
    name_or_path : str or path

    Returns
    -------
    list of Note
        Warnings first.

    Raises
    ------
    ScenarioError
        With every problem, if it is not valid.

    Examples
    --------
    >>> [note.where for note in check_scenario("us_iran_final_2026") if note.level == "warning"]
    []
    """
    source = read_source(name_or_path)
    scenario = validated(source)
    notes = remarks(scenario)
    for path in source.files:
        notes.append(Note("note", "file", f"{path.name}, sha256 {_file_hash(path)}"))
    notes.append(Note("note", "content", f"sha256 {scenario.digest()} once resolved"))
    return notes


def remarks(scenario: Scenario) -> list[Note]:
    """Remark on a scenario that is not, or no longer, a file.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    list of Note
        Warnings first.
    """
    notes = [*_dates(scenario), *_parties(scenario), *_beliefs(scenario), *_systems(scenario), *_twice(scenario),
             *_overruled(scenario),
             *(Note(*remark) for remark in aftermath_remarks(scenario)), *_adjusted(scenario)]
    return sorted(notes, key=lambda note: note.level != "warning")


def _file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _dates(scenario: Scenario) -> Iterator[Note]:
    done = resolve(scenario)
    if done.next_round is None:
        yield Note("note", "next_round", "no round is planned: its day and mode are drawn")
    elif done.next_round.planned > done.horizon:
        yield Note("warning", "next_round.planned",
                   f"{done.next_round.planned} is beyond the horizon, {done.horizon}: nothing can happen before it")
    if done.deadline is not None and done.deadline.date < done.as_of:
        yield Note("note", "deadline.date", f"{done.deadline.date} has passed")
    for i, item in enumerate(scenario.history):
        if isinstance(item, End):
            yield Note("warning", f"history.{i}", f"the talks ended on {item.date}: there is nothing left to forecast")


def _parties(scenario: Scenario) -> Iterator[Note]:
    if len(scenario.parties) > 2 and scenario.issues:
        yield Note("note", "parties", f"{len(scenario.parties)} parties: every party with veto binds the terms")
    for key, party in scenario.parties.items():
        where = f"parties.{key}"
        if party.present is not None and party.principal is None:
            yield Note("note", f"{where}.principal", "attendance is reported, but nobody is named as principal")
        if party.delegate_authority is not None and party.without_principal != "delegate":
            yield Note("warning", f"{where}.delegate_authority",
                       f"not used: without its principal the party is to {party.without_principal.replace('_', ' ')}")
    if all(party.principal is None for party in scenario.parties.values()):
        yield Note("note", "parties", "no party names a principal: absences are counted, but no party is named")


def _beliefs(scenario: Scenario) -> Iterator[Note]:
    for key, issue in scenario.issues.items():
        wants = wants_of(issue)
        for party, belief in issue.reservation.items():
            if issue.kind == "yes_no":
                continue
            cut = cut_mass(belief, issue.opening[party], wants[party], issue.kind)
            where = f"issues.{key}.reservation.{party}"
            text = f"{cut:.1%} of {belief} lies beyond the opening {issue.opening[party]:g} and is cut off"
            if cut > CUT_WARNING:
                yield Note("warning", where, text)
            elif cut >= 0.0005:
                yield Note("note", where, text)


def _systems(scenario: Scenario) -> Iterator[Note]:
    """Say which numbers of a system were filled in, and where they come from."""
    for key, system in scenario.systems.items():
        if key not in SYSTEMS or not system.needed:
            continue
        known = {name: made for name, made in system_defaults(key).items()
                 if isinstance(made, Default) and getattr(system, name) is None}
        if known:
            told = "; ".join(f"{name} {made.value:g} ({made.source})" for name, made in known.items())
            yield Note("note", f"systems.{key}", f"defaults, prior-driven: {told}")


def _twice(scenario: Scenario) -> Iterator[Note]:
    """Remark on items that say the same, and on disruptions counted in two places."""
    seen: dict[str, int] = {}
    for i, item in enumerate(scenario.history):
        data = item.model_dump(mode="json", exclude_defaults=True, exclude={"id", "note", "source"})
        if isinstance(item, Attempt) and item.start is not None:
            # The same round may have become known twice.
            data = {"type": "attempt", "status": item.status, "start": item.start.isoformat()}
        key = json.dumps(data, sort_keys=True)
        if key in seen:
            yield Note("warning", f"history.{i}", f"says the same as item {seen[key]}: both count")
        seen.setdefault(key, i)
    for i, active in enumerate(scenario.disruptions.active_now):
        for j, item in enumerate(scenario.history):
            if isinstance(item, Disruption) and item.kind == active.kind and item.date == active.since:
                yield Note("warning", f"disruptions.active_now.{i}", f"also under history, item {j}: both count")


def _overruled(scenario: Scenario) -> Iterator[Note]:
    """Remark where the history holds what the top level states differently."""
    plans = sorted((item for item in scenario.history if isinstance(item, Plan)), key=lambda item: item.date)
    if scenario.next_round and plans and scenario.next_round.planned != plans[-1].planned >= scenario.as_of:
        yield Note("note", "next_round.planned", f"{scenario.next_round.planned} is used, not {plans[-1].planned} "
                   "as planned in the history")
    moved = sorted((item for item in scenario.history if isinstance(item, DeadlineSet)), key=lambda item: item.date)
    if scenario.deadline and moved and moved[-1].deadline != scenario.deadline.date:
        yield Note("note", "deadline.date",
                   f"{scenario.deadline.date} is used, not {moved[-1].deadline} as in the history")
    for item in scenario.history:
        if isinstance(item, Attendance):
            stated = scenario.parties[item.party].present
            if stated is not None and item.present is not None and stated != item.present:
                yield Note("note", f"parties.{item.party}.present", f"{str(stated).lower()} is used, not the report of "
                           f"{item.date}")


def _adjusted(scenario: Scenario) -> Iterator[Note]:
    adjust = scenario.adjust
    changed = ", ".join(f"{name} {getattr(adjust, name):+g}" for name in ("closing", "break_off", "loss")
                        if getattr(adjust, name) != 0.0)
    if changed:
        yield Note("note", "adjust", f"{changed} (log-odds): {adjust.rationale}")
