"""The scenario an analyst could have written on a past day: nothing that the table dates later enters."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from forecast.errors import Problem, TalksError
from forecast.talks.attempts import attempts_of, disruptions
from forecast.talks.coding import HELD, in_pandemic
from forecast.talks.load import Talks
from forecast.talks.read import Event, Round, Talk
from forecast.vocabulary import STATUS

if TYPE_CHECKING:
    from forecast.scenario.model import Scenario

LONGEST_TEXT = 200
MOST_SOURCES = 500


def scenario_at(talks: Talks, talk_id: str, date: dt.date | str) -> Scenario:
    """Build the scenario of one past talk as it was known at the end of a day.

    Parameters
    ----------
    talks : Talks
    talk_id : str
    date : date or ISO text
        The day of the forecast; what happened on it counts as known.

    Returns
    -------
    Scenario
        With parties, mediator, domain, deadline and history.

    Raises
    ------
    TalksError
        If there is no such talk, or it had ended by then.

    Notes
    -----
    What is known on a day, by rule:

    - a held round from its first day, its last day once that has come; before, its end is left open;
    - a lost attempt on the day it was planned for, and not before, even if it was called off earlier; one without
      any date when a later row is known;
    - no plan: the table does not say when the next round was announced, so ``next_round`` is never filled;
    - an earlier plan of a held round only once that round has begun;
    - lost attempts as the table calls them: one never planned anew tends to be called cancelled, which is hindsight;
    - a disruption on its day, as coded (its severity is partly hindsight: "nearly stopped the talks");
    - the deadline from the start of the talks or their announcement, whichever came first, as it was declared then;
      extensions are not dated finely enough to be used;
    - parties and mediators as listed, the pandemic flag by the day.

    Titles, notes, rank, result and outcome are never read. Numeric offers are left out: an issue needs beliefs about
    reservation values, and the table holds none.

    Examples
    --------
    >>> from forecast.talks import load_talks
    >>> scenario = scenario_at(load_talks(), "us_iran_2025", "2025-05-01")
    >>> sorted(scenario.parties), len([item for item in scenario.history if item.type == "attempt"])
    (['iran', 'united_states'], 3)
    """
    from forecast.scenario.model import Scenario

    return Scenario.from_dict(scenario_data(talks, talk_id, date), source=f"{talk_id} on {date}")


def scenario_data(talks: Talks, talk_id: str, date: dt.date | str) -> dict[str, Any]:
    """Return the plain data that `scenario_at` makes its scenario of.

    Parameters and errors are those of `scenario_at`.

    Examples
    --------
    >>> from forecast.talks import load_talks
    >>> scenario_data(load_talks(), "agra_summit_2001", "2001-07-14")["domain"]
    'interstate'
    """
    day = _day(date)
    talk = talks.talk(talk_id)
    if day >= talk.end and talk.outcome != "ongoing":
        raise TalksError([Problem("date", day.isoformat(), f"before {talk.end.isoformat()}, when {talk.id} ended")])
    known = known_by(talks, talk_id, day)
    ids = _party_ids(talk)
    events = [event for event in disruptions(known, talk_id)]
    rounds = known.rounds[talk_id]
    data: dict[str, Any] = {
        "schema": 1, "name": talk.id, "as_of": day.isoformat(), "domain": talk.domain,
        "parties": {key: {"name": name[:LONGEST_TEXT]} for name, key in ids.items()},
        "history": [*_attempt_items(known, talk, list(ids.values())), *_disruption_items(events)],
    }
    if in_pandemic(day):
        data["pandemic"] = True
    if talk.mediated:
        names = [name[:LONGEST_TEXT] for name in talk.mediators] or ["mediator"]
        data["mediator"] = {"names": names, "type": talk.mediator_type}
    limit = known.talk(talk_id).declared_deadline
    if limit is not None:
        data["deadline"] = {"date": limit.isoformat(), "binding": "soft"}
    sources = {address.strip(): None for row in (*rounds, *events) for address in row.source.split(" | ")}
    if sources:
        data["sources"] = list(sources)[:MOST_SOURCES]
    return data


def known_by(talks: Talks, talk_id: str, date: dt.date) -> Talks:
    """Return one talk as the table would have shown it at the end of a day.

    Parameters
    ----------
    talks : Talks
    talk_id : str
    date : date

    Returns
    -------
    Talks
        Holding this talk alone: `end` is `date`, `outcome` is ``ongoing``, `note`, `level` and `result` are empty,
        and rows, cells and the deadline that were not known yet are gone.

    Raises
    ------
    TalksError
        If there is no such talk.

    Examples
    --------
    >>> from forecast.talks import load_talks
    >>> known = known_by(load_talks(), "us_iran_2025", dt.date(2025, 5, 1))
    >>> len(known.rounds["us_iran_2025"]), known.talk("us_iran_2025").outcome
    (3, 'ongoing')
    """
    talk = talks.talk(talk_id)
    start = talk.start if talk.start is not None and talk.start <= date else None
    announced = talk.announced if talk.announced is not None and talk.announced <= date else None
    declared = start is not None or announced is not None
    seen = replace(talk, start=start, announced=announced, end=date, outcome="ongoing",
                   deadline=talk.deadline if declared else None, note="", source="", name=talk.id)
    rounds = tuple(_known_rounds(talks.rounds[talk_id], date))
    return replace(
        talks, talks=(seen,), rounds={talk_id: rounds},
        events={talk_id: tuple(event for event in talks.events[talk_id] if event.date <= date)},
        offers={talk_id: tuple(offer for offer in talks.offers[talk_id] if offer.date <= date)})


def _known_rounds(rounds: tuple[Round, ...], date: dt.date) -> list[Round]:
    """Keep the rows known on a day; drop last days still to come, rank and result."""
    days = [_known_from(item) for item in rounds]
    last = max((index for index, day in enumerate(days) if day is not None and day <= date), default=-1)
    kept = []
    for index, item in enumerate(rounds[:last + 1]):
        if days[index] is not None and days[index] > date:
            continue
        end = item.end if item.end is not None and item.end <= date else None
        kept.append(replace(item, end=end, level="", result="unknown"))
    return kept


def _known_from(item: Round) -> dt.date | None:
    """Day from which a row was known: the first day of a held round, the planned day of a lost one."""
    if item.held:
        return item.start or item.end or item.planned_start
    return item.end or item.planned_start


def _attempt_items(known: Talks, talk: Talk, ids: list[str]) -> list[dict[str, Any]]:
    """Write the known attempts as items of a history, dated in their order."""
    items: list[dict[str, Any]] = []
    found = attempts_of(known.talk(talk.id), known.rounds[talk.id])
    days = [attempt["end"] or attempt["start"] or attempt["planned"] for attempt in found]
    for index, attempt in enumerate(found):
        day = days[index]
        if day is None:
            # No date at all: just before the next one that has a date, and not before the last one.
            following = next(other for other in days[index + 1:] if other is not None)
            before = [other for other in days[:index] if other is not None]
            day = max([following - dt.timedelta(days=1), *before[-1:]])
            days[index] = day
        item: dict[str, Any] = {"date": day.isoformat(), "type": "attempt", "status": STATUS[attempt["status"]]}
        if attempt["status"] == HELD:
            for field in ("start", "end"):
                if attempt[field] is not None:
                    item[field] = attempt[field].isoformat()
            if "start" not in item:
                item["start"] = (attempt["planned"] or day).isoformat()
        elif attempt["planned"] is not None:
            item["planned"] = attempt["planned"].isoformat()
        if attempt["mode"]:
            item["mode"] = attempt["mode"]
        sides = known.absent_sides.get((talk.id, attempt["absent"]), ())
        if sides:
            item["absent"] = [ids[side] for side in sides]
        items.append(item)
    return items


def _disruption_items(events: list[Event]) -> list[dict[str, Any]]:
    return [{"date": event.date.isoformat(), "type": "disruption", "kind": event.kind, "severity": event.severity}
            for event in events]


def _party_ids(talk: Talk) -> dict[str, str]:
    """Return name -> id of the parties, numbering those that would share an id."""
    from forecast.scenario.parties import slug

    ids: dict[str, str] = {}
    for number, name in enumerate(talk.parties, 1):
        key = slug(name)[:50].strip("_")
        if not key or not key[0].isalpha():
            key = f"party_{key}" if key else f"party_{number}"
        ids[name] = key if key not in ids.values() else f"{key}_{number}"
    return ids


def _day(date: dt.date | str) -> dt.date:
    if isinstance(date, dt.datetime):
        return date.date()
    if isinstance(date, dt.date):
        return date
    try:
        return dt.date.fromisoformat(str(date))
    except ValueError:
        raise TalksError([Problem("date", repr(date), "a date YYYY-MM-DD")]) from None
