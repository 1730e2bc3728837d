"""Where the talks stand at the as-of date: the history of a scenario as numbers.

Resolving a scenario has already written what the history says about plan, deadline and attendance into
``next_round``, ``deadline`` and ``parties``; here the attempts and disruptions follow. All of it is deterministic.
What the history says about hidden facts (pace, habits) is the business of conditioning, not of this file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forecast.errors import Problem, ScenarioError

if TYPE_CHECKING:
    import datetime

    from forecast.scenario import Scenario

TENSION_WEIGHTS = (0.5, 1.0, 2.0)
TENSION_HALF_LIFE = 30.0
SEVERE_DAYS, FAR_DAYS, HERE_DAYS = 14, 30, 3


@dataclass(frozen=True)
class PastRound:
    """A held round of the history.

    Parameters
    ----------
    planned, end : int
        Days from the as-of date (negative: before it).
    mode : str or None
        Session mode, None when not known.
    absent : tuple of str
        Ids of the parties whose principal stayed away.
    """

    planned: int
    end: int
    mode: str | None
    absent: tuple[str, ...]


@dataclass(frozen=True)
class PastAttempt:
    """An attempt of the history, as its likelihood needs it. Days count from the as-of date.

    Parameters
    ----------
    planned, end : int
        Planned (else first) day, and last day of the round (its planned day when lost).
    status : str
        ``held``, ``postponed`` or ``cancelled``.
    mode : str or None
        Session mode, None when not known.
    absent : tuple of str
        Parties whose principal stayed away, as far as reported.
    tension : float
        At the planned day, from events strictly before it.
    severe : bool
        A severity-3 event in the 14 days before the planned day.
    far, here : bool
        A declared deadline more than 30 days ahead of, or within 3 days of, the planned day.
    near : bool
        A declared deadline 0 to 30 days ahead of `end`.
    """

    planned: int
    end: int
    status: str
    mode: str | None
    absent: tuple[str, ...]
    tension: float
    severe: bool
    far: bool
    here: bool
    near: bool


@dataclass(frozen=True)
class PastEvent:
    """A disruption of the history: day, kind, severity."""

    day: int
    kind: str
    severity: int


@dataclass(frozen=True)
class PastOffer:
    """An offer of the history, after so many attempts."""

    issue: str
    party: str
    value: float
    after: int


@dataclass(frozen=True)
class State:
    """The talks at the as-of date. Days count from it.

    Parameters
    ----------
    attempts : int
        Attempts so far, held or lost.
    retry : int
        Attempts lost since the last held round.
    held : tuple of PastRound
        Rounds held, oldest first.
    last_status : str or None
        ``held``, ``postponed`` or ``cancelled``; None without attempts.
    last_day : int or None
        Last day of the last attempt (its planned day when lost).
    last_planned : int or None
        Its planned day.
    home_mode, last_mode : str or None
        Mode of the first and of the last round or attempt whose mode is known.
    planned : int or None
        Day of the next attempt, when announced.
    planned_mode : str or None
        Its mode, when announced.
    deadline : int or None
        The deadline now in force.
    present : dict
        Party id -> True, False or None (unknown) for the next attempt.
    tension : float
        Decayed sum of severity weights, not capped.
    severe_day : int or None
        Day of the latest severity-3 event.
    severe_kind : str or None
        Its kind.
    past : tuple of PastAttempt
        All attempts, oldest first.
    events : tuple of PastEvent
        All disruptions up to the as-of date.
    offers : tuple of PastOffer
        All offers.
    """

    attempts: int = 0
    retry: int = 0
    held: tuple[PastRound, ...] = ()
    last_status: str | None = None
    last_day: int | None = None
    last_planned: int | None = None
    home_mode: str | None = None
    last_mode: str | None = None
    planned: int | None = None
    planned_mode: str | None = None
    deadline: int | None = None
    present: dict[str, bool | None] = field(default_factory=dict)
    tension: float = 0.0
    severe_day: int | None = None
    severe_kind: str | None = None
    past: tuple[PastAttempt, ...] = ()
    events: tuple[PastEvent, ...] = ()
    offers: tuple[PastOffer, ...] = ()


def talks_state(scenario: Scenario) -> State:
    """Return the state of the talks at the as-of date of a resolved scenario.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    State

    Raises
    ------
    ScenarioError
        If the history says that the talks have ended, or dates a hard deadline before the as-of date.
    """
    items = sorted(scenario.history, key=lambda item: item.date)
    ended = [item for item in items if item.type == "end"]
    if ended:
        raise ScenarioError([Problem("history", f"the talks ended on {ended[0].date} ({ended[0].ending})",
                                     "talks that are still open", "there is nothing left to forecast")],
                            scenario.name)
    attempts = sorted((item for item in items if item.type == "attempt"), key=_attempt_days)
    facts = _attempt_facts(attempts, scenario.as_of)
    next_round, deadline = scenario.next_round, _deadline(scenario)
    planned = (next_round.planned - scenario.as_of).days if next_round is not None else None
    present = {party_id: party.present for party_id, party in scenario.parties.items()}
    events = _events(scenario, items)
    tension, severe_day, severe_kind = _disruptions(events)
    past = tuple(_past_attempt(item, scenario, items, events) for item in attempts)
    return State(**facts, planned=planned, planned_mode=next_round.mode if next_round is not None else None,
                 deadline=deadline, present=present,
                 tension=tension, severe_day=severe_day, severe_kind=severe_kind, past=past, events=events,
                 offers=_offers(items, past, scenario))


def _attempt_days(item) -> tuple[datetime.date, datetime.date]:
    """Return (planned day, day known): the order in which attempts were planned."""
    return item.planned or item.start or item.date, item.date


def _attempt_facts(attempts: list, as_of: datetime.date) -> dict:
    """Count attempts, list the held rounds, find the last one."""
    held, retry, home, last_mode = [], 0, None, None
    facts: dict = {"attempts": len(attempts)}
    for item in attempts:
        planned = (_attempt_days(item)[0] - as_of).days
        end = planned
        if item.mode is not None:
            home = home or item.mode
            last_mode = item.mode
        if item.status == "held":
            start = item.start or item.planned or item.date
            end = ((item.end or start) - as_of).days
            held.append(PastRound((start - as_of).days, end, item.mode, tuple(item.absent)))
            retry = 0
        else:
            retry += 1
        facts.update(last_status=item.status, last_day=end, last_planned=planned)
    return {**facts, "held": tuple(held), "retry": retry, "home_mode": home, "last_mode": last_mode}


def _deadline(scenario: Scenario) -> int | None:
    """Return the day of the deadline; a hard one that is past has ended the talks already."""
    if scenario.deadline is None:
        return None
    day = (scenario.deadline.date - scenario.as_of).days
    if day < 0 and scenario.deadline.binding == "hard":
        raise ScenarioError([Problem("deadline.date", str(scenario.deadline.date),
                                     f"a hard deadline on or after {scenario.as_of}",
                                     "make it soft if the talks ran on past it")], scenario.name)
    return day


def _events(scenario: Scenario, items: list) -> tuple[PastEvent, ...]:
    """List disruptions from history and `active_now`, oldest first."""
    events = [(item.date, item.kind, item.severity) for item in items if item.type == "disruption"]
    events += [(event.since, event.kind, event.severity) for event in scenario.disruptions.active_now]
    return tuple(PastEvent((date - scenario.as_of).days, kind, severity) for date, kind, severity in sorted(events))


def _tension(events: tuple[PastEvent, ...], day: int) -> float:
    """Return the decayed sum of severity weights at `day` of the events given."""
    return sum(TENSION_WEIGHTS[event.severity - 1] * 2.0 ** ((event.day - day) / TENSION_HALF_LIFE)
               for event in events)


def _disruptions(events: tuple[PastEvent, ...]) -> tuple[float, int | None, str | None]:
    """Return tension at the as-of date and the latest severity-3 event."""
    severe = [event for event in events if event.severity == 3]
    return (_tension(events, 0), severe[-1].day, severe[-1].kind) if severe else (_tension(events, 0), None, None)


def _past_attempt(item, scenario: Scenario, items: list, events: tuple[PastEvent, ...]) -> PastAttempt:
    """Describe one attempt with what was known on its planned day."""
    planned = (_attempt_days(item)[0] - scenario.as_of).days
    end = planned
    if item.status == "held":
        planned = ((item.start or item.planned or item.date) - scenario.as_of).days
        end = ((item.end or item.start or item.planned or item.date) - scenario.as_of).days
    before = tuple(event for event in events if event.day < planned)
    deadline, later = _deadline_on(scenario, items, planned), _deadline_on(scenario, items, end)
    return PastAttempt(
        planned, end, item.status, item.mode, tuple(item.absent), _tension(before, planned),
        severe=any(event.severity == 3 and planned - event.day <= SEVERE_DAYS for event in before),
        far=deadline is not None and deadline - planned > FAR_DAYS,
        here=deadline is not None and abs(deadline - planned) <= HERE_DAYS,
        near=later is not None and 0 <= later - end <= FAR_DAYS)


def _deadline_on(scenario: Scenario, items: list, day: int) -> int | None:
    """Return the deadline in force on a past day: the latest one set on it or before, else that of the beginning.

    Where the history does not say how the deadline moved, the one in force at the as-of date is taken to be old.
    """
    moves = [item for item in items if item.type == "deadline"]
    known = [item.deadline for item in moves if (item.date - scenario.as_of).days <= day]
    if known:
        return (known[-1] - scenario.as_of).days
    return None if moves else _deadline(scenario)


def _offers(items: list, past: tuple[PastAttempt, ...], scenario: Scenario) -> tuple[PastOffer, ...]:
    """List offers with the number of attempts that were over by then.

    A party's first offer on an issue is its opening by definition and no evidence, as in calibration; an opening that
    the scenario states otherwise makes every offer a later one.
    """
    offers, seen = [], set()
    for item in sorted((item for item in items if item.type == "offer"), key=lambda item: item.date):
        key = (item.issue, item.party)
        opens = key not in seen and scenario.issues[item.issue].opening.get(item.party) == item.value
        seen.add(key)
        if not opens:
            after = sum(attempt.end <= (item.date - scenario.as_of).days for attempt in past)
            offers.append(PastOffer(item.issue, item.party, float(item.value), after))
    return tuple(offers)
