"""Fill in what a scenario leaves to be inferred, so that everything downstream reads one complete form."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any

from forecast.scenario.checks import wants_of
from forecast.scenario.history import Attempt, Attendance, DeadlineSet, HistoryItem, Plan
from forecast.scenario.model import Deadline, NextRound, Scenario
from forecast.scenario.stages import with_defaults as with_stage_defaults
from forecast.scenario.systems import injected, switch_delay, with_defaults
from forecast.vocabulary import label_of


def resolve(scenario: Scenario) -> Scenario:
    """Return the scenario with everything inferable filled in.

    Names are made from ids, the title from the names, wants from the openings; the history is put in order
    and rounds without a first or last day get the planned or the first one. What the top level leaves open
    is read from the history: the next round from the latest plan not yet acted on, the deadline from the
    latest one set, attendance from the latest report since the last attempt. What the top level states wins.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    Scenario
        Resolving it again changes nothing.

    Examples
    --------
    >>> talks = Scenario.from_dict({"parties": ["Chile", "Peru"], "as_of": "2026-06-19", "domain": "trade",
    ...     "history": [{"date": "2026-06-01", "type": "plan", "planned": "2026-07-01"}]})
    >>> done = resolve(talks)
    >>> done.title, done.next_round.planned.isoformat()
    ('Chile - Peru', '2026-07-01')
    """
    history = tuple(sorted((_dated(item) for item in scenario.history), key=order_of))
    reports = open_reports(history)
    parties = {}
    for key, party in scenario.parties.items():
        changes: dict[str, Any] = {"name": party.name or label_of(key)}
        if party.present is None and key in reports:
            changes["present"] = reports[key].present
        parties[key] = party.model_copy(update=changes)
    issues = {key: issue.model_copy(update={"name": issue.name or label_of(key), "wants": wants_of(issue)})
              for key, issue in scenario.issues.items()}
    systems = {key: with_defaults(key, system, label_of(key)) for key, system in scenario.systems.items()}
    title = scenario.title or " - ".join(party.name for party in parties.values())
    return scenario.model_copy(update={
        "title": title, "parties": parties, "issues": issues, "history": history,
        "next_round": scenario.next_round or _planned(history, scenario.as_of),
        "deadline": scenario.deadline or _deadline(history),
        "systems": systems, "injections": tuple(injected(one, systems) for one in scenario.injections),
        "mode_switch_delay_days": switch_delay(scenario.mode_switch_delay_days, systems) if systems
        else scenario.mode_switch_delay_days,
        "stages": with_stage_defaults(scenario.stages),
        "stage": scenario.stage or (scenario.stages[0].name if scenario.stages else None),
    })


def attempt_days(item: Attempt) -> tuple[dt.date | None, dt.date | None]:
    """Return first and last day of a held round, as far as they can be told; two ``None`` for a lost one.

    Examples
    --------
    >>> item = Attempt.model_validate({"date": "2026-04-12", "type": "attempt", "status": "held",
    ...                                "start": "2026-04-11"})
    >>> [day.isoformat() for day in attempt_days(item)]
    ['2026-04-11', '2026-04-11']
    """
    if item.status != "held":
        return None, None
    start = item.start or item.planned
    # A plan later than the end means the round was moved forward: then the end is all that is known.
    if item.end is not None and (start is None or start > item.end):
        start = item.end
    return start, item.end or start


def _dated(item: HistoryItem) -> HistoryItem:
    if isinstance(item, Attempt) and item.status == "held":
        start, end = attempt_days(item)
        return item.model_copy(update={"start": start, "end": end})
    return item


def order_of(item: HistoryItem) -> tuple[dt.date, str]:
    """Order by day, then by content, so that the order in the file cannot matter."""
    return item.date, json.dumps(item.model_dump(mode="json", exclude_defaults=True), sort_keys=True)


def open_plan(history: Iterable[HistoryItem], as_of: dt.date) -> Plan | None:
    """Return the latest plan of a history if its day has not passed and no attempt has acted on it.

    A plan for the as-of date itself is open. An attempt acts on a plan if it became known on the day of the plan or
    later and was held on the planned day or later, or was lost on it (one lost without a planned day: on or after it).
    """
    plans = sorted((item for item in history if isinstance(item, Plan)), key=order_of)
    if not plans or plans[-1].planned < as_of:
        return None
    plan = plans[-1]
    for item in history:
        if isinstance(item, Attempt) and item.date >= plan.date:
            if item.status == "held":
                done = (attempt_days(item)[0] or item.date) >= plan.planned
            else:
                done = item.planned == plan.planned if item.planned is not None else item.date >= plan.planned
            if done:
                return None
    return plan


def latest_deadline(history: Iterable[HistoryItem]) -> DeadlineSet | None:
    """Return the deadline set last; of two set on one day, the later deadline."""
    return max((item for item in history if isinstance(item, DeadlineSet)), key=order_of, default=None)


def open_reports(history: Iterable[HistoryItem]) -> dict[str, Attendance]:
    """Return the latest report about each principal at the next attempt.

    A report dated on the day on which the last attempt became known is about that attempt, not about the next.
    """
    history = list(history)
    last = max((item.date for item in history if isinstance(item, Attempt)), default=dt.date.min)
    return {item.party: item for item in sorted(history, key=order_of)
            if isinstance(item, Attendance) and item.date > last}


def _planned(history: tuple[HistoryItem, ...], as_of: dt.date) -> NextRound | None:
    plan = open_plan(history, as_of)
    return None if plan is None else NextRound(planned=plan.planned, mode=plan.mode, venue=plan.venue)


def _deadline(history: tuple[HistoryItem, ...]) -> Deadline | None:
    item = latest_deadline(history)
    return None if item is None else Deadline(date=item.deadline)
