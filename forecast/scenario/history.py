"""What has happened so far: dated items, one schema for the history of a scenario and for news."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from forecast.scenario.parties import Presence
from forecast.scenario.parts import Day, Id, Many, Mode, Part, Position, Prose, Severity, Text, Url
from forecast.vocabulary import ENDINGS

MOST_ITEMS = 2000


class Item(Part):
    """What all items share."""

    date: Day
    """Day on which it was known, `as_of` or earlier."""
    id: Id | None = None
    """Own id, to tell apart items that look the same."""
    note: Prose = ""
    """Anything a reader should know."""
    source: Url | None = None
    """Where it was read."""


class Attempt(Item):
    """An attempt to hold a round, held or lost.

    Examples
    --------
    >>> Attempt.model_validate({"date": "2026-04-12", "type": "attempt", "status": "held",
    ...                         "start": "2026-04-11", "end": "2026-04-12"}).status
    'held'
    """

    type: Literal["attempt"]
    status: Literal["held", "postponed", "cancelled"]
    """What became of it."""
    planned: Day | None = None
    """First day planned, if known."""
    start: Day | None = None
    """First day held."""
    end: Day | None = None
    """Last day held; the first one when left out."""
    mode: Mode | None = None
    """Mode of the round, or the wished one of a lost attempt."""
    absent: Annotated[tuple[Id, ...], Many] = ()
    """Parties whose principal stayed away."""


class Disruption(Item):
    """A disruption of the talks."""

    type: Literal["disruption"]
    kind: Id
    """Known kind, or one of the scenario's own."""
    severity: Severity
    """1 noted, 2 delayed the talks, 3 stopped or nearly stopped them."""


class Offer(Item):
    """A position tabled on an issue."""

    type: Literal["offer"]
    issue: Id
    party: Id
    value: Position
    """In the unit of the issue."""


class Plan(Item):
    """An announcement of the next round."""

    type: Literal["plan"]
    planned: Day
    """First day planned."""
    mode: Mode | None = None
    venue: Text | None = None


class DeadlineSet(Item):
    """A deadline set or moved."""

    type: Literal["deadline"]
    deadline: Day
    """The new deadline."""


class Attendance(Item):
    """A report that a principal will or will not attend the next attempt.

    One dated on the day on which an attempt became known is about that attempt.
    """

    type: Literal["attendance"]
    party: Id
    present: Presence


class End(Item):
    """The end of the talks."""

    type: Literal["end"]
    ending: Literal[ENDINGS[:5]]
    """How they ended."""


ITEM_TYPES: dict[str, type[Item]] = {
    "attempt": Attempt, "disruption": Disruption, "offer": Offer, "plan": Plan, "deadline": DeadlineSet,
    "attendance": Attendance, "end": End,
}
HistoryItem = Annotated[
    Attempt | Disruption | Offer | Plan | DeadlineSet | Attendance | End,
    Field(discriminator="type"),
]
History = Annotated[tuple[HistoryItem, ...], Field(max_length=MOST_ITEMS), Many]
