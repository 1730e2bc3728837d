"""Bring a scenario up to date: append what happened, check it, move the as-of date."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from forecast.errors import NewsError, Problem, ScenarioError
from forecast.news.read import Line, read_news

if TYPE_CHECKING:
    import os

    from forecast.scenario import Scenario
    from forecast.scenario.history import HistoryItem


def update(scenario: Scenario | str, news: str | os.PathLike | Iterable[Any], *,
           as_of: dt.date | str | None = None) -> Scenario:
    """Append news to the history of a scenario.

    Nothing is computed here: `forecast.simulate` conditions on the history of the scenario it is given.

    Parameters
    ----------
    scenario : Scenario or str
        A scenario, or the name or path of one.
    news : path or iterable
        A YAML, JSON, JSON-lines or CSV file of items in the schema of ``history:``, or such items.
    as_of : date or str, optional
        New as-of date, not before the old one; default the day of the latest item, if that is later. Attempts,
        deadline changes, plans, the end of the talks and disruptions of severity 2 and 3 count as complete up to it.
        A round under way is told when it has ended; told before, it counts as ended on the day it began.

    Returns
    -------
    Scenario
        With the items appended in order of date. Items equal in every field, or with the `id` of one that is there,
        are left out as duplicates. What is over and done with is taken off the top level: a next round that was
        attempted, or whose day has passed; reports about attendance at it; disruptions active at the old date become
        part of the history. Plans, deadlines and attendance in the news replace what the top level said. The last day
        of the horizon stays the same.

    Raises
    ------
    NewsError
        If the news cannot be read, an item is not valid, dated after `as_of`, or against the scenario; with every
        problem and its place.
    ScenarioError
        If the scenario itself cannot be used.

    Examples
    --------
    >>> from forecast.scenario import Scenario
    >>> talks = Scenario.from_dict({"parties": ["a", "b"], "as_of": "2026-06-19", "domain": "trade",
    ...                             "next_round": {"planned": "2026-06-22"}})
    >>> news = [{"date": "2026-06-22", "type": "attempt", "status": "held", "start": "2026-06-22", "mode": "remote"}]
    >>> later = update(talks, news)
    >>> later.as_of.isoformat(), len(later.history), later.next_round, later.horizon_days
    ('2026-06-22', 1, None, 177)
    """
    from forecast.scenario import load_scenario

    if not hasattr(scenario, "history"):
        scenario = load_scenario(scenario)
    lines, source = read_news(news)
    items = _validate(lines, source)
    day = _as_of(scenario, items, as_of, source)
    _check_dates(items, day, source)
    fresh = _fresh(scenario, items, source)
    data = scenario.to_dict()
    data["history"] = [*data.get("history", []), *(_plain(item) for _, item in fresh)]
    _move(data, scenario, [item for _, item in fresh], day)
    try:
        return type(scenario).from_dict(data, source=source)
    except ScenarioError as error:
        raise NewsError(_placed(error.problems, len(scenario.history), fresh), source) from None


def _validate(lines: list[Line], source: str) -> list[tuple[str, HistoryItem]]:
    """Validate each item by the schema of its type; report all problems with their places."""
    from pydantic import ValidationError

    from forecast.scenario.history import ITEM_TYPES
    from forecast.scenario.problems import nearest, shown

    items, problems = [], []
    for where, data in lines:
        kind = data.get("type")
        if kind not in ITEM_TYPES:
            given = "no type" if kind is None else f"type {shown(kind)}"
            problems.append(Problem(where, given, f"one of {', '.join(ITEM_TYPES)}",
                                    nearest(kind, ITEM_TYPES) if isinstance(kind, str) else ""))
            continue
        try:
            items.append((where, ITEM_TYPES[kind].model_validate(dict(data))))
        except ValidationError as error:
            for one in error.errors():
                place = ".".join(str(part) for part in one["loc"])
                problems.append(Problem(f"{where}: {place}" if place else where, _given(one), one["msg"]))
    if problems:
        raise NewsError(problems, source)
    return items


def _given(error: Mapping[str, Any]) -> str:
    """Show what a field held."""
    from forecast.scenario.problems import shown

    if error["type"] == "missing":
        return "nothing"
    if error["type"] == "extra_forbidden":
        return "an unknown key"
    return shown(error.get("input"))


def _as_of(scenario: Scenario, items: list[tuple[str, HistoryItem]], as_of: dt.date | str | None,
           source: str) -> dt.date:
    """Return the new as-of date."""
    latest = max([scenario.as_of, *(item.date for _, item in items)])
    if as_of is None:
        return latest
    if isinstance(as_of, str):
        try:
            as_of = dt.date.fromisoformat(as_of)
        except ValueError:
            raise NewsError([Problem("as_of", repr(as_of), "a date YYYY-MM-DD")], source) from None
    if as_of < scenario.as_of:
        raise NewsError([Problem("as_of", str(as_of), f"{scenario.as_of} or later",
                                 "news cannot move a scenario back in time")], source)
    return as_of


def _check_dates(items: list[tuple[str, HistoryItem]], day: dt.date, source: str) -> None:
    """Refuse what is known only after the as-of date."""
    problems = [Problem(f"{where}: date", str(item.date), f"{day} (as_of) or earlier",
                        "leave it out, or move as_of") for where, item in items if item.date > day]
    if problems:
        raise NewsError(problems, source)


def _fresh(scenario: Scenario, items: list[tuple[str, HistoryItem]], source: str) -> list[tuple[str, HistoryItem]]:
    """Leave out what is in the history already: equal in every field, or the same `id` and content."""
    known = {_content(item): "" for item in scenario.history}
    ids = {item.id: item for item in scenario.history if item.id is not None}
    fresh, problems = [], []
    for where, item in items:
        if item.id is not None and item.id in ids:
            if _content(ids[item.id]) != _content(item):
                problems.append(Problem(where, f"id {item.id} again, with another content",
                                        "an id names one item", "give the correction an id of its own, or mend the "
                                        "history"))
            continue
        if _content(item) in known:
            continue
        known[_content(item)] = where
        if item.id is not None:
            ids[item.id] = item
        fresh.append((where, item))
    if problems:
        raise NewsError(problems, source)
    return sorted(fresh, key=lambda pair: (pair[1].date, _content(pair[1])))


def _content(item: HistoryItem) -> str:
    return json.dumps(item.model_dump(mode="json", exclude_defaults=True), sort_keys=True)


def _plain(item: HistoryItem) -> dict[str, Any]:
    """Return an item as a file would hold it; its type is a default and must be written."""
    return {**item.model_dump(mode="json", exclude_defaults=True), "type": item.type}


def _move(data: dict[str, Any], scenario: Scenario, fresh: list[HistoryItem], day: dt.date) -> None:
    """Move the as-of date, and let the news replace what the top level said about plan, deadline and attendance.

    What the top level says dates from the old as-of date: an attempt that became known on it or later is over, one that
    became known before (late news) is not the one it speaks of. Which plan, deadline and report hold is decided as in
    resolving a scenario, over the whole history, and counts here if it is among the news.
    """
    from forecast.scenario.history import Attempt
    from forecast.scenario.resolving import latest_deadline, open_plan, open_reports

    moved = (day - scenario.as_of).days
    data["as_of"] = day.isoformat()
    data["horizon_days"] = max(1, scenario.horizon_days - moved)
    everything = [*scenario.history, *fresh]
    attempted = any(isinstance(item, Attempt) and item.date >= scenario.as_of for item in fresh)
    if scenario.next_round is not None:
        plan = open_plan(everything, day)
        if plan is not None and plan in fresh:
            data["next_round"] = {**data["next_round"], "planned": plan.planned.isoformat()}
            for key in ("mode", "venue"):
                if getattr(plan, key) is not None:
                    data["next_round"][key] = getattr(plan, key)
            ladder = [mode for mode in data["next_round"].get("fallback", []) if mode != plan.mode]
            data["next_round"].update({"fallback": ladder} if "fallback" in data["next_round"] else {})
        elif attempted or scenario.next_round.planned < day:
            data.pop("next_round")
    deadline = latest_deadline(everything)
    if deadline is not None and deadline in fresh and scenario.deadline is not None:
        data["deadline"] = {**data["deadline"], "date": deadline.deadline.isoformat()}
    reports = open_reports(everything)
    for key, party in data["parties"].items():
        if attempted:
            party.pop("present", None)  # it was a report about an attempt that is over
        if key in reports and reports[key] in fresh:
            present = reports[key].present
            party["present"] = "unknown" if present is None else present
    if moved > 0 and scenario.disruptions.active_now:
        # What was active at the old date has become an event of the history, dated from its beginning.
        data["history"] += [{"date": event.since.isoformat(), "type": "disruption", "kind": event.kind,
                             "severity": event.severity, **({"note": event.note} if event.note else {})}
                            for event in scenario.disruptions.active_now]
        data["disruptions"].pop("active_now")


def _placed(problems: list[Problem], before: int, fresh: list[tuple[str, HistoryItem]]) -> list[Problem]:
    """Name the item of the news where a problem of the appended history lies."""
    out = []
    for problem in problems:
        parts = problem.where.split(" ")[0].split(".")
        if len(parts) > 1 and parts[0] == "history" and parts[1].isdigit() and 0 <= int(parts[1]) - before < len(fresh):
            where = ": ".join([fresh[int(parts[1]) - before][0], ".".join(parts[2:])]).rstrip(": ")
            problem = Problem(where, problem.given, problem.allowed, problem.fix)
        out.append(problem)
    return out
