"""What happened after a landmark, in the terms of the targets; what the record cannot say stays unknown."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np

from forecast.backtest.cases import Case, known_attempts
from forecast.backtest.words import DAYS, END_HORIZON
from forecast.talks.attempts import attempts_of
from forecast.talks.coding import HELD
from forecast.talks.load import Talks
from forecast.talks.read import Talk
from forecast.vocabulary import ENDINGS, MODES

UNKNOWN = -1


@dataclass(frozen=True)
class Truth:
    """What happened.

    Parameters
    ----------
    classes : dict of str to int
        Class of each target of `words.CLASSES`; -1 where the record does not say.
    days : dict of str to float
        Day of each target of `words.DAYS`, from the landmark: infinite for "never", NaN where not known.
    record : float
        Days from the landmark to the end of the record where the talks are still under way, else infinite:
        what is not seen by then is censored.
    """

    classes: dict[str, int]
    days: dict[str, float]
    record: float = field(default=np.inf)


def truth_of(talks: Talks, case: Case) -> Truth:
    """Say what happened to one talk after a landmark.

    Parameters
    ----------
    talks : Talks
        The whole table, not what was known then.
    case : Case

    Returns
    -------
    Truth

    Notes
    -----
    `next_held`: the next attempt was held; no further attempt is a no. `next_day`: first day of the next
    round held, never when the talks ended without one. Talks under way tell only what lies before the end of
    their record.

    Examples
    --------
    >>> from forecast.backtest.cases import cases_of
    >>> from forecast.talks import load_talks
    >>> talks = load_talks().subset(["us_iran_2025"])
    >>> truth = truth_of(talks, cases_of(talks, ["attempt_1"])[0])
    >>> truth.days, truth.classes["deal_90"], truth.classes["next_held"]
    ({'next_day': 7.0, 'end_day': 63.0}, 0, 1)
    """
    talk = talks.talk(case.talk)
    left = float((talk.end - case.date).days)
    running = talk.outcome == "ongoing"
    record = left if running else np.inf
    end = np.inf if running else max(left, 0.0)
    following = _following(talks, talk, case.date)
    classes = {
        "ending": _ending(talk, end, record),
        **{f"deal_{days}": _deal(talk, end, record, days) for days in (90, 180)},
        "next_held": int(following[0]["status"] == HELD) if following else UNKNOWN if running else 0,
        "next_mode": UNKNOWN,
    }
    held = next((item for item in following if item["status"] == HELD), None)
    next_day = np.inf
    if held is not None:
        day = held["start"] or held["planned"] or held["end"]
        next_day = float((day - case.date).days) if day is not None else np.nan
        classes["next_mode"] = MODES.index(held["mode"]) if held["mode"] else UNKNOWN
    return Truth(classes, {"next_day": next_day, "end_day": end}, record)


def _following(talks: Talks, talk: Talk, date: dt.date) -> list[dict]:
    """Return the attempts after a day, in order; those that a deal left behind are none."""
    found = attempts_of(talk, talks.rounds[talk.id])
    if talk.deal:
        last = max(
            (index for index, item in enumerate(found) if item["status"] == HELD), default=len(found) - 1
        )
        found = found[: last + 1]
    # An attempt without a date of its own counts from the day on which it was known.
    days = [
        item["start"] or item["planned"] or item["end"] or known
        for item, (_, known) in zip(found, known_attempts(talks, talk), strict=False)
    ]
    first = next((index for index, day in enumerate(days) if day is not None and day > date), len(found))
    return found[first:]


def _ending(talk: Talk, end: float, record: float) -> int:
    if end > END_HORIZON and record >= END_HORIZON:
        return ENDINGS.index("ongoing")
    return UNKNOWN if not np.isfinite(end) else ENDINGS.index(talk.ending)


def _deal(talk: Talk, end: float, record: float, days: int) -> int:
    if record < days:
        return UNKNOWN
    return int(talk.deal and end <= days)


def seen_until(truth: Truth, target: str) -> int:
    """Return the day up to which a target in days is seen: its horizon, or the end of the record.

    Examples
    --------
    >>> seen_until(Truth({}, {}, 40.0), "next_day"), seen_until(Truth({}, {}), "next_day")
    (40, 180)
    """
    return int(min(DAYS[target], truth.record))
