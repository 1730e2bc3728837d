"""Where the talks of a scenario stood before each item of its own history: the way back to the beginning."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

from forecast.scenario.resolving import order_of, resolve

if TYPE_CHECKING:
    from forecast.scenario import Scenario

#: The longest horizon a scenario may have: earlier states of talks that took longer cannot be forecast to its end.
MOST_DAYS = 3650


class Step(NamedTuple):
    """One state of the talks on the way: what was known, and on which day."""

    date: dt.date
    words: str
    scenario: Scenario


class _Entry(NamedTuple):
    """An item of the history, or a disruption that is still going on."""

    date: dt.date
    words: str
    item: dict[str, Any] | None
    active: dict[str, Any] | None
    first: dt.date


def retraced(scenario: Scenario, last: int | None = None) -> list[Step]:
    """Return the talks of a scenario before its history, after every item of it, and on the as-of date.

    Parameters
    ----------
    scenario : Scenario
        With a history.
    last : int, optional
        Retrace this many items only; what came before them is known from the first step on. None: all.

    Returns
    -------
    list of Step
        The first is the state before the items (without a history: the day before the first of them), the last one
        the scenario as given. All look as far ahead as the scenario does. Earlier states know neither the next round,
        unless a plan in the history announced it, nor who is reported to come to it; the deadline is the latest one
        that the history had set by then, or that of the scenario if the history sets none; everything else
        (parties, issues, beliefs) is as stated now.

    Examples
    --------
    >>> from forecast.scenario import Scenario
    >>> talks = Scenario.from_dict({"parties": ["a", "b"], "as_of": "2026-06-19", "domain": "trade", "history": [
    ...     {"date": "2026-06-10", "type": "attempt", "status": "held", "start": "2026-06-09", "end": "2026-06-10"}]})
    >>> [(str(step.date), step.words, step.scenario.horizon_days) for step in retraced(talks)]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('2026-06-08', 'before the news', 191), ('2026-06-10', 'round held', 189), ('2026-06-19', 'today', 180)]
    """
    done = resolve(scenario)
    entries = _entries(done)
    begin = 0 if last is None else max(0, len(entries) - last)
    while begin < len(entries) and (done.horizon - _begins(entries, begin)).days > MOST_DAYS:
        begin += 1
    steps = []
    for count in range(begin, len(entries) + 1):
        day = _begins(entries, count) if count == begin else entries[count - 1].date
        words = entries[count - 1].words if count > begin else before_words(count)
        steps.append(Step(day, words, _then(done, entries[:count], day)))
    now = Step(done.as_of, _today(done), scenario)
    if len(steps) > 1 and resolve(steps[-1].scenario).digest() == done.digest():
        return [*steps[:-1], now._replace(words=steps[-1].words)]
    return [*steps, now]


def _entries(done: Scenario) -> list[_Entry]:
    """List the items of the history and the disruptions still active, in the order in which they were known."""
    from forecast.news.course import words_of

    entries = []
    for item in sorted(done.history, key=order_of):
        days = [day for day in (item.date, getattr(item, "start", None)) if day is not None]
        if item.type == "attempt" and item.planned is not None:
            days.append(item.planned)
        entries.append(_Entry(item.date, words_of(item, done), {**item.model_dump(mode="json", exclude_defaults=True),
                                                          "type": item.type}, None, min(days)))
    for event in done.disruptions.active_now:
        words = f"{event.kind.replace('_', ' ')}, severity {event.severity}, still going on"
        entries.append(_Entry(event.since, words, None, event.model_dump(mode="json", exclude_defaults=True),
                              event.since))
    return sorted(entries, key=lambda entry: entry.date)


def _begins(entries: list[_Entry], count: int) -> dt.date:
    """Return the day of the state after so many entries; before all of them, the day before the first one's."""
    return entries[count - 1].date if count else min(entry.first for entry in entries) - dt.timedelta(days=1)


def before_words(count: int) -> str:
    """Say what is known before the items that are retraced: the first so many, or nothing."""
    if count == 0:
        return "before the news"
    return "after the first item" if count == 1 else f"after the first {count} items"


def _then(done: Scenario, known: list[_Entry], day: dt.date) -> Scenario:
    """Return the scenario as it was on a past day."""
    data = done.to_dict()
    data["as_of"] = day.isoformat()
    data["horizon_days"] = (done.horizon - day).days
    data["history"] = [entry.item for entry in known if entry.item is not None]
    data.pop("next_round", None)
    for party in data["parties"].values():
        party.pop("present", None)
    moves = [entry.item["deadline"] for entry in known if entry.item and entry.item["type"] == "deadline"]
    if moves:
        data["deadline"] = {**(data.get("deadline") or {}), "date": moves[-1]}
    elif any(item.type == "deadline" for item in done.history):
        data.pop("deadline", None)
    active = [entry.active for entry in known if entry.active is not None]
    if data.get("disruptions"):
        data["disruptions"] = {**data["disruptions"], "active_now": active}
    return type(done).from_dict(data, source=f"{done.name} on {day}")


def _today(done: Scenario) -> str:
    """Say what the scenario knows on its as-of date beyond the items."""
    return f"today, with the round planned for {done.next_round.planned}" if done.next_round is not None else "today"
