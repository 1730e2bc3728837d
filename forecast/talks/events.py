"""Disruptions as arrays: which events, in which interval between attempts, and how long recovery took."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from forecast.talks.attempts import Attempts, build_attempts, disruptions
from forecast.talks.coding import HELD, MISSING
from forecast.talks.load import Talks
from forecast.vocabulary import CALIBRATED_KINDS


@dataclass(frozen=True)
class Intervals:
    """Intervals between planned days, one row each; equal-length one-dimensional arrays.

    The interval of attempt k runs from the planned day of the attempt before (excluded) to its own (included). A
    talk closes with an `open` one from its last planned day to the end of the talks, where no attempt follows.
    The time before the first planned day is no interval: the table says nothing of it.

    Parameters
    ----------
    talk, domain, conflict : int
        As in `Attempts`.
    k : int
        Number of the attempt that ends the interval; 0 for an open one.
    start_day, end_day : int
        Ordinal days.
    length_days : int
        `end_day` - `start_day`, >= 0.
    open : bool
    """

    talk: np.ndarray
    domain: np.ndarray
    conflict: np.ndarray
    k: np.ndarray
    start_day: np.ndarray
    end_day: np.ndarray
    length_days: np.ndarray
    open: np.ndarray

    def __len__(self) -> int:
        return len(self.talk)


@dataclass(frozen=True)
class Disruptions:
    """One row per disruption event of a calibrated kind; equal-length one-dimensional arrays, -1 = missing.

    Parameters
    ----------
    talk, domain, conflict : int
        As in `Attempts`.
    kind : int
        0 escalation, 1 walkout_leak, 2 political, 3 exogenous.
    severity : int
        1 to 3.
    day : int
        Ordinal day.
    interval : int
        Row of `intervals` with start_day < day <= end_day.
    interval_after : int
        Row of `intervals` that starts on this very day. An event on a planned day may belong to the pulse before it or
        to the one after it; the table cannot say which, so both are named. On the first planned day of a talk only
        this one is known.
    since_days, until_days : int
        Days from the start of `interval` (of `interval_after` where `interval` is missing), and to its end; the
        latter is missing in an open interval.
    inside : bool
        From the first planned day to the end of the talks.
    after_last : bool
        After the planned day of the last kept attempt.
    used : bool
        Enters the rates: `inside`, in an interval, and not a severity-3 event after the last attempt, which is
        part of the ending and would count the collapse twice.
    delay_days : int
        As recorded (least trusted column).
    next_held_days : int
        Days to the first day of the next held round; -1 when there was none.
    checked : bool
        The row was checked against its source.
    from_other : bool
        Its type is `other` and its kind was given by hand.
    intervals : Intervals
    """

    talk: np.ndarray
    domain: np.ndarray
    conflict: np.ndarray
    kind: np.ndarray
    severity: np.ndarray
    day: np.ndarray
    interval: np.ndarray
    interval_after: np.ndarray
    since_days: np.ndarray
    until_days: np.ndarray
    inside: np.ndarray
    after_last: np.ndarray
    used: np.ndarray
    delay_days: np.ndarray
    next_held_days: np.ndarray
    checked: np.ndarray
    from_other: np.ndarray
    intervals: Intervals

    def __len__(self) -> int:
        return len(self.talk)


def build_events(talks: Talks, attempts: Attempts | None = None) -> Disruptions:
    """Turn the events of the table into disruptions placed in the intervals between attempts.

    Parameters
    ----------
    talks : Talks
    attempts : Attempts, optional
        Of the same talks, if they were built before.

    Returns
    -------
    Disruptions

    Examples
    --------
    >>> from forecast.talks import load_talks
    >>> events = build_events(load_talks())
    >>> int(events.inside[~events.from_other].sum()), bool(events.used[events.after_last].any())
    (289, True)
    """
    attempts = build_attempts(talks) if attempts is None else attempts
    intervals: list[dict] = []
    events: list[dict] = []
    for position, talk in enumerate(talks):
        mine = np.flatnonzero((attempts.talk == position) & (attempts.planned_day != MISSING) & attempts.kept)
        base = {"talk": position, "domain": int(attempts.domain_of_talk[position]),
                "conflict": attempts.conflict_ids.index(talk.conflict)}
        first = len(intervals)
        intervals += _intervals(base, attempts, mine, talk.end.toordinal())
        starts = np.sort(attempts.start_day[(attempts.talk == position) & (attempts.status == HELD)
                                            & (attempts.start_day != MISSING)])
        for event in disruptions(talks, talk.id):
            day = event.date.toordinal()
            place = _place(day, intervals, first)
            following = starts[starts > day]
            inside = bool(len(mine)) and int(attempts.planned_day[mine[0]]) <= day <= talk.end.toordinal()
            after_last = bool(len(mine)) and day > int(attempts.planned_day[mine[-1]])
            placed = place["interval"] != MISSING or place["interval_after"] != MISSING
            events.append({
                **base, **place, "kind": CALIBRATED_KINDS.index(event.kind), "severity": event.severity, "day": day,
                "inside": inside, "after_last": after_last,
                "used": inside and placed and not (event.severity == 3 and after_last),
                "delay_days": MISSING if event.delay_days is None else event.delay_days,
                "next_held_days": int(following[0]) - day if len(following) else MISSING,
                "checked": event.checked, "from_other": event.type == "other"})
    return Disruptions(**_columns(Disruptions, events, ("intervals",)),
                       intervals=Intervals(**_columns(Intervals, intervals, ())))


def _intervals(base: dict, attempts: Attempts, mine: np.ndarray, end: int) -> list[dict]:
    """List the intervals of one talk, the open one last."""
    days = [int(day) for day in attempts.planned_day[mine]]
    rows = [{**base, "k": int(attempts.k[index]), "start_day": start, "end_day": stop, "length_days": stop - start,
             "open": False}
            for index, start, stop in zip(mine[1:], days[:-1], days[1:], strict=True) if stop >= start]
    if days:
        stop = max(days[-1], end)
        rows.append({**base, "k": 0, "start_day": days[-1], "end_day": stop, "length_days": stop - days[-1],
                     "open": True})
    return rows


def _place(day: int, intervals: list[dict], first: int) -> dict:
    """Find the intervals of one talk (rows from `first` on) that hold a day."""
    out = {"interval": MISSING, "interval_after": MISSING, "since_days": MISSING, "until_days": MISSING}
    for row in range(first, len(intervals)):
        if intervals[row]["start_day"] < day <= intervals[row]["end_day"]:
            out["interval"] = row
        if intervals[row]["start_day"] == day and out["interval_after"] == MISSING:
            out["interval_after"] = row
    home = out["interval"] if out["interval"] != MISSING else out["interval_after"]
    if home != MISSING:
        out["since_days"] = day - intervals[home]["start_day"]
        if not intervals[home]["open"]:
            out["until_days"] = intervals[home]["end_day"] - day
    return out


def _columns(kind: type, rows: list[dict], skip: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Turn rows into the array columns of a dataclass: flags as bool, all else as int64."""
    flags = ("open", "inside", "after_last", "used", "checked", "from_other")
    return {f.name: np.array([row[f.name] for row in rows], dtype=np.bool_ if f.name in flags else np.int64)
            for f in fields(kind) if f.name not in skip}
