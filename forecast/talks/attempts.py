"""The table as arrays: one row per attempt to hold a round, coded by the rules of the law.

Rank (`level`) and `result` of a round are never read here: they leak how the talks end.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields

import numpy as np

from forecast.talks.coding import (
    AFTER_OF_OUTCOME,
    CANCELLED,
    COLLAPSE,
    CONTINUE,
    FAR_DAYS,
    HELD,
    HERE_DAYS,
    MISSING,
    POSTPONED,
    SEVERE_DAYS,
    TENSION_CAP,
    TENSION_HALF_LIFE,
    TENSION_WEIGHTS,
    domain_code,
    in_pandemic,
    mode_code,
    status_code,
)
from forecast.talks.load import Talks
from forecast.talks.read import Event, Round, Talk
from forecast.vocabulary import CALIBRATED_KINDS

_FLAGS = ("unlisted", "absent", "severe14", "deadline", "far", "here", "near", "gap_near", "slip_unlisted",
          "pandemic", "mediated", "checked", "row_checked", "last", "kept", "lapse")
_FLOATS = ("tension",)


@dataclass(frozen=True)
class Attempts:
    """One row per attempt, in order within a talk; equal-length one-dimensional arrays.

    Days are proleptic Gregorian ordinals (``date.toordinal``). -1 means not known or not applicable in every
    integer column.

    Parameters
    ----------
    talk : int
        Position of the talk in `talk_ids`.
    domain : int
        Pooled domain, 0 to 7.
    conflict : int
        Position in `conflict_ids`.
    k : int
        Number of the attempt in its talk, from 1, unlisted postponements counted.
    held_before : int
        Rounds held before it.
    status : int
        0 held, 1 postponed, 2 cancelled.
    unlisted : bool
        A postponement with no row of its own, known from the ``planned_start`` of the held round after it.
    day : int
        Best known day: planned, else start, else end, else the day of the attempt before. Only this column is
        never missing (except before the first known day of a talk); tension and deadline states go by it.
    planned_day, start_day, end_day : int
        Planned day of this attempt (a held round is planned for the day it began, since an earlier plan is an
        attempt of its own), and first and last day held.
    length_days : int
        `end_day` - `start_day`.
    mode, home_mode : int
        Mode of the (planned) session; mode of the first held round of the talk with a known one.
    absent : bool
    absent_side : int
        Position in the parties of the talk of the (first named) side whose principal stayed away; -1 also when
        the absent one is a mediator or nobody in particular.
    severe14 : bool
        A severity-3 disruption 1 to 14 days before `day`.
    tension : float
        Sum of severity weights times 2^(-age/30 days) over disruptions strictly before `day`, capped at 3.
    deadline : bool
        Whether a deadline was declared at the start and not over by then.
    deadline_days : int
        Deadline minus `day`; 0 where `deadline` is False, and negative when the deadline is past.
    far, here, near : bool
        More than 30 days ahead; within 3 days of either side; 0 to 30 days ahead of `day`.
    gap_near : bool
        The deadline was 0 to 30 days ahead at the end of the attempt before: the state that moves `gap_days`.
    gap_days, slip_days, fresh_days : int
        Days to this planned day from the end of the attempt before if that was held, from its planned day if it
        was postponed, or if it was cancelled. At most one of the three is known.
    slip_unlisted : bool
        `slip_days` belongs to an unlisted postponement.
    pandemic, mediated : bool
    checked : bool
        The row of the talk was checked against its source; `row_checked`: the row of the round.
    row_checked : bool
    last : bool
        Last kept attempt of its talk.
    kept : bool
        False for lost rows after the last held round of a deal: they are no part of the way to the ending.
    ending : int
        What followed: 0 continue, 1 agreement, 2 partial, 3 collapse, 4 stall, 5 censored (talks under way);
        -1 where not kept.
    lapse : bool
        `ending` is a collapse or stall on the deadline or the day after.
    end_lag_days : int
        For a collapse: days from the day of the attempt (end if held) to the end of the talks, 0 when the
        end was announced before a planned day.
    talk_ids, conflict_ids : tuple of str
    domain_of_talk : int
        Pooled domain of every talk of `talk_ids`, also of those without attempts.

    Examples
    --------
    >>> from forecast.talks import build_attempts, load_talks
    >>> a = build_attempts(load_talks())
    >>> len(a), int((a.status == 0).sum()), int((a.status > 0).sum())
    (1395, 1203, 192)
    """

    talk: np.ndarray
    domain: np.ndarray
    conflict: np.ndarray
    k: np.ndarray
    held_before: np.ndarray
    status: np.ndarray
    unlisted: np.ndarray
    day: np.ndarray
    planned_day: np.ndarray
    start_day: np.ndarray
    end_day: np.ndarray
    length_days: np.ndarray
    mode: np.ndarray
    home_mode: np.ndarray
    absent: np.ndarray
    absent_side: np.ndarray
    severe14: np.ndarray
    tension: np.ndarray
    deadline: np.ndarray
    deadline_days: np.ndarray
    far: np.ndarray
    here: np.ndarray
    near: np.ndarray
    gap_near: np.ndarray
    gap_days: np.ndarray
    slip_days: np.ndarray
    fresh_days: np.ndarray
    slip_unlisted: np.ndarray
    pandemic: np.ndarray
    mediated: np.ndarray
    checked: np.ndarray
    row_checked: np.ndarray
    last: np.ndarray
    kept: np.ndarray
    ending: np.ndarray
    lapse: np.ndarray
    end_lag_days: np.ndarray
    talk_ids: tuple[str, ...]
    conflict_ids: tuple[str, ...]
    domain_of_talk: np.ndarray

    def __len__(self) -> int:
        return len(self.talk)

    def columns(self) -> dict[str, np.ndarray]:
        """Return the per-attempt columns by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)
                if f.name not in ("talk_ids", "conflict_ids", "domain_of_talk")}


def disruptions(talks: Talks, talk_id: str) -> list[Event]:
    """Return the events of one talk that are disruptions of a calibrated kind, by date."""
    return [event for event in talks.events[talk_id] if event.kind in CALIBRATED_KINDS]


def tension_at(day: int, events: list[Event], *, severity: str = "coded") -> float:
    """Return the tension on a day: decayed severity weights of the events strictly before it.

    Parameters
    ----------
    day : int
        Ordinal day.
    events : list of Event
        Disruptions of one talk.
    severity : {"coded", "flat"}
        `flat` gives every event the weight of severity 2: severity 3 is coded partly by hindsight ("nearly stopped
        the talks"), so results are to be shown both ways.

    Returns
    -------
    float
        0 to 3, sum of w_s 2^(-(day - event day)/30).

    Raises
    ------
    ValueError
        For another `severity`.

    Examples
    --------
    >>> event = Event("t", dt.date(2020, 1, 1), "violence", 3, "", None, "", "", "", True, 2, "escalation")
    >>> tension_at(dt.date(2020, 1, 31).toordinal(), [event])
    1.0
    >>> tension_at(dt.date(2020, 1, 1).toordinal(), [event])
    0.0
    """
    if severity not in ("coded", "flat"):
        raise ValueError(f"severity is {severity!r}; it is 'coded' or 'flat'")
    total = 0.0
    for event in events:
        age = day - event.date.toordinal()
        if age > 0:
            weight = TENSION_WEIGHTS[event.severity - 1] if severity == "coded" else TENSION_WEIGHTS[1]
            total += weight * 2.0 ** (-age / TENSION_HALF_LIFE)
    return min(total, TENSION_CAP)


def severe_at(day: int, events: list[Event]) -> bool:
    """Tell whether a severity-3 disruption happened 1 to 14 days before an ordinal day."""
    return any(e.severity == 3 and 0 < day - e.date.toordinal() <= SEVERE_DAYS for e in events)


def attempts_of(talk: Talk, rounds: tuple[Round, ...]) -> list[dict]:
    """List the attempts of one talk as dictionaries of what happened, in order.

    An earlier ``planned_start`` of a held round is a postponement of its own, unless the row before it is the lost
    attempt already (with the same planned day, or with none, which then gets this day).

    Parameters
    ----------
    talk : Talk
    rounds : tuple of Round

    Returns
    -------
    list of dict
        Keys `status, unlisted, planned, start, end, mode, absent, round` (days are dates or None; `absent` is the
        cell; `round` the row, shared by an unlisted postponement and its round).
    """
    found: list[dict] = []
    for item in rounds:
        status = status_code(item.status, item.start)
        planned = item.start or item.planned_start if status == HELD else item.planned_start
        if status == HELD and item.start is not None and item.planned_start is not None and (
                item.planned_start < item.start):
            before = found[-1] if found else None
            if before is not None and before["status"] != HELD and before["planned"] in (None, item.planned_start):
                before["planned"] = item.planned_start
            else:
                found.append({"status": POSTPONED, "unlisted": True, "planned": item.planned_start, "start": None,
                              "end": None, "mode": item.mode, "absent": "", "round": item})
        found.append({"status": status, "unlisted": False, "planned": planned,
                      "start": item.start if status == HELD else None, "end": item.end, "mode": item.mode,
                      "absent": item.absent, "round": item})
    return found


def build_attempts(talks: Talks, *, severity: str = "coded") -> Attempts:
    """Turn the table of talks into one row per attempt.

    Parameters
    ----------
    talks : Talks
    severity : {"coded", "flat"}
        How events weigh in `tension`; see `tension_at`.

    Returns
    -------
    Attempts

    Raises
    ------
    ValueError
        For another `severity`.

    Notes
    -----
    Of the shipped table: 1,395 attempts = 1,203 held + 192 lost, 38 of them unlisted postponements; a 39th earlier
    plan (``myanmar_nca_2013_15`` round 7) has a lost row of its own, which it dates.

    Examples
    --------
    >>> from forecast.talks import load_talks
    >>> a = build_attempts(load_talks())
    >>> int(a.unlisted.sum()), sorted(set(a.ending[a.last].tolist()))
    (38, [1, 2, 3, 4, 5])
    """
    conflict_ids = talks.conflicts
    code_of_conflict = {name: code for code, name in enumerate(conflict_ids)}
    rows: list[dict] = []
    for position, talk in enumerate(talks):
        base = {"talk": position, "domain": domain_code(talk.domain), "conflict": code_of_conflict[talk.conflict],
                "mediated": talk.mediated, "checked": talk.checked}
        rows += _rows_of_talk(talks, talk, base, severity)
    names = [f.name for f in fields(Attempts) if f.name not in ("talk_ids", "conflict_ids", "domain_of_talk")]
    columns = {}
    for name in names:
        kind = np.bool_ if name in _FLAGS else np.float64 if name in _FLOATS else np.int64
        columns[name] = np.array([row[name] for row in rows], dtype=kind)
    return Attempts(**columns, talk_ids=talks.ids, conflict_ids=conflict_ids,
                    domain_of_talk=np.array([domain_code(talk.domain) for talk in talks], dtype=np.int64))


def _rows_of_talk(talks: Talks, talk: Talk, base: dict, severity: str) -> list[dict]:
    """Code the attempts of one talk, each with what was known when it was due."""
    found = attempts_of(talk, talks.rounds[talk.id])
    events = disruptions(talks, talk.id)
    limit = talk.declared_deadline
    modes = [mode_code(item["mode"]) for item in found]
    home = next((mode for item, mode in zip(found, modes, strict=True)
                 if item["status"] == HELD and mode != MISSING), MISSING)
    rows: list[dict] = []
    held = 0
    for k, item in enumerate(found, 1):
        before = rows[-1] if rows else None
        planned, start, end = (_ordinal(item[name]) for name in ("planned", "start", "end"))
        day = next((d for d in (planned, start, end) if d != MISSING), before["day"] if before else MISSING)
        if day == MISSING:
            day = talk.end.toordinal()
        ahead = limit.toordinal() - day if limit is not None else 0
        row = {
            **base, "k": k, "held_before": held, "status": item["status"], "unlisted": item["unlisted"],
            "day": day, "planned_day": planned, "start_day": start,
            "end_day": end if item["status"] == HELD else MISSING,
            "length_days": end - start if item["status"] == HELD and MISSING not in (start, end) else MISSING,
            "mode": modes[k - 1], "home_mode": home, "absent": bool(item["absent"]),
            "absent_side": next(iter(talks.absent_sides.get((talk.id, item["absent"]), ())), MISSING),
            "severe14": severe_at(day, events), "tension": tension_at(day, events, severity=severity),
            "deadline": limit is not None, "deadline_days": ahead,
            "far": limit is not None and ahead > FAR_DAYS, "here": limit is not None and abs(ahead) <= HERE_DAYS,
            "near": limit is not None and 0 <= ahead <= FAR_DAYS,
            "pandemic": in_pandemic(dt.date.fromordinal(day)), "row_checked": item["round"].checked,
            "last": False, "kept": True, "ending": CONTINUE, "lapse": False, "end_lag_days": MISSING,
            **_since(before, planned, limit),
        }
        held += item["status"] == HELD
        rows.append(row)
    _mark_ending(talk, rows)
    return rows


def _since(before: dict | None, planned: int, limit: dt.date | None) -> dict:
    """Days from the attempt before to a planned day, under the name its status gives them."""
    out = {"gap_days": MISSING, "slip_days": MISSING, "fresh_days": MISSING, "slip_unlisted": False,
           "gap_near": False}
    if before is None:
        return out
    held = before["status"] == HELD
    origin = before["end_day"] if held else before["planned_day"]
    if origin == MISSING:
        return out
    out["gap_near"] = limit is not None and 0 <= limit.toordinal() - origin <= FAR_DAYS
    if planned == MISSING or planned < origin:
        return out
    name = "gap_days" if held else "slip_days" if before["status"] == POSTPONED else "fresh_days"
    out[name] = planned - origin
    out["slip_unlisted"] = name == "slip_days" and before["unlisted"]
    return out


def _mark_ending(talk: Talk, rows: list[dict]) -> None:
    """Write on the last kept attempt what became of the talks."""
    if not rows:
        return
    last = len(rows) - 1
    if talk.deal:
        held = [index for index, row in enumerate(rows) if row["status"] == HELD]
        last = held[-1] if held else last
        for row in rows[last + 1:]:
            row.update(kept=False, ending=MISSING)
    row = rows[last]
    row.update(last=True, ending=AFTER_OF_OUTCOME[talk.outcome], lapse=talk.ending == "lapse")
    if row["ending"] == COLLAPSE:
        own = row["end_day"] if row["end_day"] != MISSING else row["day"]
        row["end_lag_days"] = max(0, talk.end.toordinal() - own)


def _ordinal(day: dt.date | None) -> int:
    return MISSING if day is None else day.toordinal()


__all__ = ["CANCELLED", "Attempts", "attempts_of", "build_attempts", "disruptions", "severe_at", "tension_at"]
