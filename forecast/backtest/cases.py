"""When a past talk is forecast: landmarks, and who is still at the table then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from forecast.backtest.words import LANDMARKS
from forecast.talks.attempts import attempts_of
from forecast.talks.coding import HELD
from forecast.talks.load import Talks
from forecast.talks.read import Talk


@dataclass(frozen=True)
class Case:
    """One forecast to be made.

    Parameters
    ----------
    talk, conflict : str
    domain : str
        Pooled domain, one of eight.
    landmark : str
        One of `forecast.backtest.words.LANDMARKS`.
    date : date
        Everything known at the end of this day may be used.
    """

    talk: str
    conflict: str
    domain: str
    landmark: str
    date: dt.date


def cases_of(talks: Talks, landmarks: Iterable[str] | None = None) -> list[Case]:
    """List the forecasts of a table: each talk at each landmark at which it was not visibly over.

    Parameters
    ----------
    talks : Talks
    landmarks : iterable of str, optional
        Default: all.

    Returns
    -------
    list of Case
        By talk, then in the order of the landmarks.

    Raises
    ------
    ValueError
        If a landmark is unknown.

    Notes
    -----
    A deal is over on the last day of its last round, a collapse on the day of the outcome. **A stall is not
    visible**: it is coded at the last row by hindsight, so stalled talks stay among those at risk, as they
    would have for an analyst, who cannot tell a stall from a long gap. Leaving them out would tell every
    forecast that there is a next round. Talks still under way are at risk until the last day of their record.

    Examples
    --------
    >>> from forecast.talks import load_talks
    >>> talks = load_talks().subset(["us_iran_2025"])
    >>> [(case.landmark, str(case.date)) for case in cases_of(talks, ["attempt_1", "day_30"])]
    [('attempt_1', '2025-04-12'), ('day_30', '2025-05-12')]
    """
    wanted = tuple(landmarks) if landmarks is not None else tuple(LANDMARKS)
    unknown = [name for name in wanted if name not in LANDMARKS]
    if unknown or not wanted:
        raise ValueError(f"landmarks {', '.join(unknown) or '(none)'}: some of {', '.join(LANDMARKS)}")
    found = []
    for talk in talks:
        days = landmark_days(talks, talk)
        over = visible_end(talks, talk)
        for name in LANDMARKS:
            day = days.get(name)
            if name in wanted and day is not None and (over is None or day < over):
                found.append(Case(talk.id, talk.conflict, talk.pooled, name, day))
    return found


def visible_end(talks: Talks, talk: Talk) -> dt.date | None:
    """Return the day from which anybody could see that the talks were over, None for a stall.

    For talks under way it is the day after the last of their record.
    """
    if talk.outcome == "stall":
        return None
    if talk.outcome == "ongoing":
        return talk.end + dt.timedelta(days=1)
    if talk.deal:
        held = [
            item.end or item.start for item in talks.rounds[talk.id] if item.held and (item.end or item.start)
        ]
        return min(talk.end, max(held)) if held else talk.end
    return talk.end


def landmark_days(talks: Talks, talk: Talk) -> dict[str, dt.date]:
    """Return the day of each landmark that a talk reached, whether or not it was over by then.

    Parameters
    ----------
    talks : Talks
    talk : Talk

    Returns
    -------
    dict of str to date
    """
    attempts = known_attempts(talks, talk)
    found: dict[str, dt.date] = {}
    begun = [day for day, _ in attempts if day is not None]
    first = min(begun) if begun else None
    if talk.announced is not None and (first is None or talk.announced < first):
        found["announced"] = talk.announced
    over: dt.date | None = None
    for number, (_, known) in enumerate(attempts, 1):
        if known is None:
            break  # undated, and nothing after it: nobody could say when it was over
        over = known if over is None else max(over, known)
        if f"attempt_{number}" in LANDMARKS:
            found[f"attempt_{number}"] = over
    if first is not None:
        found |= {f"day_{days}": first + dt.timedelta(days=days) for days in (30, 90, 180)}
    return found


def known_attempts(talks: Talks, talk: Talk) -> list[tuple[dt.date | None, dt.date | None]]:
    """Return (first day, day from which it was known to be over) of every attempt, in order.

    An unlisted postponement is known when the round that replaced it is over; a lost attempt without a date
    when the next dated one is.
    """
    found = attempts_of(talk, talks.rounds[talk.id])
    known: list[dt.date | None] = [None] * len(found)
    following: dt.date | None = None
    for index in range(len(found) - 1, -1, -1):
        item = found[index]
        if item["status"] == HELD:
            own = item["end"] or item["start"] or item["planned"]
        else:
            own = None if item["unlisted"] else item["end"] or item["planned"]
        known[index] = own or following
        following = known[index]
    return [
        (item["planned"] or item["start"] or item["end"], day) for item, day in zip(found, known, strict=True)
    ]
