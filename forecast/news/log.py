"""A log of published forecasts that shows when it was tampered with, and is scored when talks have ended.

One JSON object a line. Every entry holds the SHA-256 of the entry before it and of itself, so that a line changed,
removed, inserted or moved breaks the chain. The file is only ever appended to, under a lock.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from forecast.errors import Problem, StoreError
from forecast.vocabulary import DEALS, ENDINGS

if TYPE_CHECKING:
    from forecast.summary import Summary

FORMAT = "negotiation-forecast log 1"
FIRST = "0" * 64
KINDS = ("forecast", "outcome")
#: A probability of 0 would make the log score infinite; scores take what is stated as at least this.
LEAST = 1e-4


@dataclass(frozen=True)
class Entry:
    """One line of a log.

    Parameters
    ----------
    number : int
        From 0.
    kind : str
        ``forecast`` or ``outcome``.
    content : dict
        What was published, or how the talks ended.
    previous, hash : str
        SHA-256 of the entry before (64 zeros for the first) and of this one.
    """

    number: int
    kind: str
    content: dict[str, Any]
    previous: str
    hash: str

    @classmethod
    def after(cls, last: Entry | None, kind: str, content: dict[str, Any]) -> Entry:
        """Make the entry that follows `last`."""
        number, previous = (0, FIRST) if last is None else (last.number + 1, last.hash)
        return cls(number, kind, content, previous, _digest(number, kind, content, previous))

    def line(self) -> str:
        """Return the entry as a line of the file."""
        return json.dumps({"format": FORMAT, "number": self.number, "kind": self.kind, "content": self.content,
                           "previous": self.previous, "hash": self.hash}, ensure_ascii=False, allow_nan=False)


def _digest(number: int, kind: str, content: dict[str, Any], previous: str) -> str:
    """Hash what an entry says and what came before it."""
    text = json.dumps([FORMAT, number, kind, content, previous], sort_keys=True, separators=(",", ":"),
                      allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read_log(path: str | os.PathLike) -> list[Entry]:
    """Read a log and verify its chain.

    Parameters
    ----------
    path : path
        A missing file is an empty log.

    Returns
    -------
    list of Entry

    Raises
    ------
    StoreError
        If a line is no entry of a log, or the chain is broken, with every line at fault.
    """
    file = Path(path)
    if not file.exists():
        return []
    try:
        text = file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError([Problem("the file", str(error), "a readable log in UTF-8")], str(path)) from None
    entries: list[Entry] = []
    problems: list[Problem] = []
    if text and not text.endswith("\n"):
        problems.append(Problem(f"line {text.count(chr(10)) + 1}", "no end of line", "complete lines",
                                "an interrupted writer leaves this; compare with a copy"))
    for number, line in enumerate(text.splitlines(), 1):
        try:
            data = json.loads(line)
            entry = Entry(data["number"], data["kind"], data["content"], data["previous"], data["hash"])
            known = data["format"] == FORMAT and entry.kind in KINDS and isinstance(entry.content, dict)
            digest = _digest(entry.number, entry.kind, entry.content, entry.previous)
        except (ValueError, KeyError, TypeError):
            problems.append(Problem(f"line {number}", "not an entry", f"an entry of a {FORMAT}"))
            continue
        before = entries[-1].hash if entries else FIRST
        if not known:
            problems.append(Problem(f"line {number}", f"format {data.get('format')!r}, kind {entry.kind!r}", FORMAT))
        if entry.hash != digest:
            problems.append(Problem(f"line {number}", "content that does not fit its hash", "an entry as published",
                                    "the line was changed after it was written"))
        elif entry.previous != before or entry.number != len(entries):
            problems.append(Problem(f"line {number}", f"entry {entry.number} after "
                                    f"{entries[-1].number if entries else 'none'}", "an unbroken chain",
                                    "a line was removed, inserted or moved"))
        entries.append(entry)
    if problems:
        raise StoreError(problems, str(path))
    return entries


def add_forecast(path: str | os.PathLike, summary: Summary, *, analyst: float | None = None, note: str = "",
                 published: dt.datetime | None = None) -> Entry:
    """Append a published forecast to a log.

    Parameters
    ----------
    path : path
        The log; made when missing.
    summary : Summary
        What was published; scenario, posterior, seed and result are kept.
    analyst : float, optional
        The analyst's own probability of a deal by the horizon, in [0, 1], scored beside it.
    note : str, optional
    published : datetime, optional
        Default now, in UTC.

    Returns
    -------
    Entry

    Raises
    ------
    StoreError
        If the log is damaged or foreign, or the analyst's probability is none.
    """
    if analyst is not None and not (isinstance(analyst, (int, float)) and 0.0 <= analyst <= 1.0):
        raise StoreError([Problem("analyst", repr(analyst), "a probability from 0 to 1")], str(path))
    result = summary.to_dict()
    when = (published or dt.datetime.now(dt.UTC)).isoformat(timespec="seconds")
    content = {"published": when, "analyst_deal": analyst, "note": note, "result": result}
    return _append(path, "forecast", content)


def add_outcome(path: str | os.PathLike, number: int, ending: str, date: dt.date | None = None, *,
                source: str = "") -> Entry:
    """Append how the talks of a published forecast stood at its horizon.

    Parameters
    ----------
    path : path
    number : int
        Of the forecast's entry.
    ending : str
        One of agreement, partial, collapse, stall, lapse, ongoing.
    date : date, optional
        Day of the ending.
    source : str, optional
        Where it was read.

    Returns
    -------
    Entry

    Raises
    ------
    StoreError
        If there is no such forecast, it has an outcome already, or the ending is none.
    """
    entries = read_log(path)
    problems = []
    if ending not in ENDINGS:
        problems.append(Problem("ending", repr(ending), f"one of {', '.join(ENDINGS)}"))
    forecasts = {entry.number for entry in entries if entry.kind == "forecast"}
    if number not in forecasts:
        problems.append(Problem("number", str(number), f"a forecast of the log: {_listed(forecasts)}"))
    elif any(entry.kind == "outcome" and entry.content["forecast"] == number for entry in entries):
        problems.append(Problem("number", str(number), "a forecast without an outcome", "the log is append-only"))
    if problems:
        raise StoreError(problems, str(path))
    return _append(path, "outcome", {"forecast": number, "ending": ending, "source": source,
                                     "date": date.isoformat() if date is not None else None})


def score_log(path: str | os.PathLike) -> list[dict[str, Any]]:
    """Score every forecast of a log whose outcome has been entered.

    Parameters
    ----------
    path : path

    Returns
    -------
    list of dict
        Per forecast: `number, scenario, as_of, ending`, the probability it gave to what happened, its log score
        (nats, higher is better; probabilities below 1e-4 count as 1e-4), its Brier score over all endings and on the
        deal (lower is better), and the same on the deal for the analyst's own probability, when there is one.

    Raises
    ------
    StoreError
        If the log is damaged.
    """
    entries = read_log(path)
    outcomes = {entry.content["forecast"]: entry.content for entry in entries if entry.kind == "outcome"}
    rows = []
    for entry in entries:
        if entry.kind != "forecast" or entry.number not in outcomes:
            continue
        result, happened = entry.content["result"], outcomes[entry.number]["ending"]
        ends = {name: result["ends"][name]["p"] for name in ENDINGS}
        dealt = float(happened in DEALS)
        analyst = entry.content.get("analyst_deal")
        rows.append({
            "number": entry.number, "scenario": result["scenario"], "as_of": result["as_of"], "ending": happened,
            "p": ends[happened], "log_score": math.log(max(ends[happened], LEAST)),
            "brier": sum((p - (name == happened)) ** 2 for name, p in ends.items()),
            "brier_deal": (result["deal"]["p"] - dealt) ** 2,
            "brier_deal_analyst": None if analyst is None else (analyst - dealt) ** 2,
        })
    return rows


def _append(path: str | os.PathLike, kind: str, content: dict[str, Any]) -> Entry:
    """Append one entry: verify, write and sync under a lock, so that two writers cannot fork the chain."""
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "ab") as out:
        _lock(out)
        entries = read_log(file)
        entry = Entry.after(entries[-1] if entries else None, kind, json.loads(json.dumps(content, allow_nan=False)))
        out.write((entry.line() + "\n").encode("utf-8"))
        out.flush()
        os.fsync(out.fileno())
    return entry


def _lock(handle: IO[bytes]) -> None:
    """Wait for the lock of an open log, which closing it releases; systems without file locks go without."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(handle, fcntl.LOCK_EX)


def _listed(numbers: set[int]) -> str:
    return ", ".join(map(str, sorted(numbers))) or "there is none"
