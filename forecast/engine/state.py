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
    tension, severe_day, severe_kind = _disruptions(scenario, items)
    return State(**facts, planned=planned, planned_mode=next_round.mode if next_round is not None else None,
                 deadline=deadline, present=present,
                 tension=tension, severe_day=severe_day, severe_kind=severe_kind)


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


def _disruptions(scenario: Scenario, items: list) -> tuple[float, int | None, str | None]:
    """Return tension at the as-of date and the latest severity-3 event, from history and `active_now`."""
    events = [(item.date, item.kind, item.severity) for item in items if item.type == "disruption"]
    events += [(event.since, event.kind, event.severity) for event in scenario.disruptions.active_now]
    tension, severe_day, severe_kind = 0.0, None, None
    for date, kind, severity in sorted(events):
        day = (date - scenario.as_of).days
        tension += TENSION_WEIGHTS[severity - 1] * 2.0 ** (day / TENSION_HALF_LIFE)
        if severity == 3:
            severe_day, severe_kind = day, kind
    return tension, severe_day, severe_kind
