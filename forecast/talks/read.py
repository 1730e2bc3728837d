"""Rows of the table of talks: columns, typed rows, and the check of every single cell."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecast.errors import Problem
from forecast.talks.coding import DEAL_OUTCOMES, LAPSE_DAYS, MAY_BE_EMPTY, OTHER_KINDS, WORDS, is_held
from forecast.vocabulary import TABLE_DOMAINS

#: Columns of each file. `conflict` of talks.csv may be missing.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "talks": tuple("talk_id name domain region parties mediator mediator_type announced start end outcome "
                   "deadline source checked note conflict".split()),
    "rounds": tuple("talk_id round status planned_start start end venue mode level absent result source "
                    "checked".split()),
    "events": tuple("talk_id date type severity party delay_days mode_change note source checked".split()),
    "offers": tuple("talk_id issue unit party date precision value source checked".split()),
}
#: Files made by hand beside the table, which a folder may lack.
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "other_events": ("talk_id", "date", "kind", "reason"),
    "absent_sides": ("talk_id", "absent", "sides"),
}
_MAY_LACK = {"talks": ("conflict",)}
_SLUG = re.compile(r"[a-z][a-z0-9_]*\Z")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
NOTE_LENGTH = 120


@dataclass(frozen=True)
class Talk:
    """One bounded attempt at a negotiated outcome between named parties.

    Parameters
    ----------
    id, name, domain, region : str
        `domain` as the table writes it; `pooled` gives the one of the law.
    parties, mediators : tuple of str
    mediator_type : str
    announced, start, deadline : date or None
    end : date
        Day of the outcome.
    outcome : str
    source, note, conflict : str
        `conflict`: id shared by all talks of the same or nested parties.
    checked : bool
    line : int
        Line of the file.
    """

    id: str
    name: str
    domain: str
    region: str
    parties: tuple[str, ...]
    mediators: tuple[str, ...]
    mediator_type: str
    announced: dt.date | None
    start: dt.date | None
    end: dt.date
    outcome: str
    deadline: dt.date | None
    source: str
    checked: bool
    note: str
    conflict: str
    line: int

    @property
    def pooled(self) -> str:
        """Domain of the law, one of eight."""
        return TABLE_DOMAINS[self.domain]

    @property
    def mediated(self) -> bool:
        """Whether there was a mediator."""
        return self.mediator_type != "none"

    @property
    def deal(self) -> bool:
        """Whether they ended in a deal, full or partial."""
        return self.outcome in DEAL_OUTCOMES

    @property
    def declared_deadline(self) -> dt.date | None:
        """The deadline, unless it was over before the first round: such a one binds nobody."""
        if self.deadline is None or (self.start is not None and self.deadline < self.start):
            return None
        return self.deadline

    @property
    def ending(self) -> str:
        """Ending in the words of an outcome: a collapse or stall at the deadline is a lapse."""
        limit = self.declared_deadline
        if self.outcome in ("collapse", "stall") and limit is not None and (
                0 <= (self.end - limit).days <= LAPSE_DAYS):
            return "lapse"
        return self.outcome


@dataclass(frozen=True)
class Round:
    """One row of ``rounds.csv``: a round that was held, put off, cancelled or broken off.

    `level` and `result` are for display: no part of the law may read them (they leak the ending).
    """

    talk_id: str
    number: int
    status: str
    planned_start: dt.date | None
    start: dt.date | None
    end: dt.date | None
    venue: str
    mode: str
    level: str
    absent: str
    result: str
    source: str
    checked: bool
    line: int

    @property
    def held(self) -> bool:
        """Whether it took place, if only until it was broken off."""
        return is_held(self.status, self.start)


@dataclass(frozen=True)
class Event:
    """One row of ``events.csv``, with the `kind` of the law that its type maps to."""

    talk_id: str
    date: dt.date
    type: str
    severity: int
    party: str
    delay_days: int | None
    mode_change: str
    note: str
    source: str
    checked: bool
    line: int
    kind: str = ""


@dataclass(frozen=True)
class Offer:
    """One row of ``offers.csv``: a number tabled by a party, or agreed."""

    talk_id: str
    issue: str
    unit: str
    party: str
    date: dt.date
    precision: str
    value: float
    source: str
    checked: bool
    line: int


def text_of(path: Path, problems: list[Problem]) -> str | None:
    """Read a UTF-8 file, or report why it cannot be read and return None."""
    if not path.is_file():
        problems.append(Problem(path.name, "not there", "a file of that name in the folder"))
        return None
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.append(Problem(path.name, f"byte {error.start} is not UTF-8", "a CSV file in UTF-8",
                                "save it again as CSV UTF-8"))
    except OSError as error:
        problems.append(Problem(path.name, f"cannot be read: {error.strerror}", "a readable file"))
    return None


class _Cells:
    """One row: hands out typed cells and reports each that is not what its column allows."""

    def __init__(self, name: str, line: int, cells: dict[str, str], problems: list[Problem]) -> None:
        self.name, self.line, self.cells, self.problems = name, line, cells, problems

    def bad(self, column: str, given: str, allowed: str, fix: str = "") -> None:
        self.problems.append(Problem(f"{self.name}.csv line {self.line}, {column}", given, allowed, fix))

    def text(self, column: str, *, required: bool = False) -> str:
        value = self.cells.get(column, "")
        if required and not value.strip():
            self.bad(column, "empty", "some text")
        return value

    def slug(self, column: str, *, required: bool = True) -> str:
        value = self.cells.get(column, "")
        if (value or required) and not _SLUG.match(value):
            self.bad(column, repr(value), "lower-case letters, digits and _, beginning with a letter")
        return value

    def word(self, column: str, words: tuple[str, ...] | None = None) -> str:
        import difflib

        value, allowed = self.cells.get(column, ""), words or WORDS[column]
        if value in allowed or (value == "" and column in MAY_BE_EMPTY):
            return value
        close = difflib.get_close_matches(value, allowed, n=1)
        self.bad(column, repr(value), "one of " + ", ".join(allowed), f"did you mean {close[0]}?" if close else "")
        return allowed[0]

    def date(self, column: str, *, required: bool = False) -> dt.date | None:
        value = self.cells.get(column, "")
        if not value and not required:
            return None
        if _DATE.match(value):
            try:
                return dt.date.fromisoformat(value)
            except ValueError:
                pass
        self.bad(column, repr(value), "a date YYYY-MM-DD" + ("" if required else " or nothing"))
        return dt.date.min if required else None

    def whole(self, column: str, low: int, *, required: bool = True) -> int | None:
        value = self.cells.get(column, "")
        if not value and not required:
            return None
        if re.fullmatch(r"-?\d{1,6}", value) and int(value) >= low:
            return int(value)
        self.bad(column, repr(value), f"a whole number >= {low}" + ("" if required else " or nothing"))
        return low

    def number(self, column: str) -> float:
        value = self.cells.get(column, "")
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self.bad(column, repr(value), "a finite number")
            return 0.0
        return number

    def names(self, column: str, *, at_least: int) -> tuple[str, ...]:
        value = self.cells.get(column, "")
        names = tuple(part.strip() for part in value.split(";")) if value else ()
        if "" in names or len(set(names)) < len(names) or len(names) < at_least:
            self.bad(column, repr(value), f"{at_least} or more different names, separated by ';'" if at_least
                     else "different names separated by ';', or nothing")
        return names

    def source(self) -> str:
        value = self.cells.get("source", "")
        if not value.startswith(("http://", "https://")):
            self.bad("source", repr(value), "one or more addresses http... separated by ' | '")
        return value

    def note(self) -> str:
        value = self.cells.get("note", "")
        if len(value) > NOTE_LENGTH:
            self.bad("note", f"{len(value)} characters", f"at most {NOTE_LENGTH}")
        return value

    def ordered(self, first: dt.date | None, last: dt.date | None, column: str, what: str) -> None:
        if first is not None and last is not None and dt.date.min < last < first:
            self.bad(column, last.isoformat(), f"not before {what}, {first.isoformat()}")


def _talk(row: _Cells) -> Talk:
    talk = Talk(
        row.slug("talk_id"), row.text("name", required=True), row.word("domain"), row.word("region"),
        row.names("parties", at_least=2), row.names("mediator", at_least=0), row.word("mediator_type"),
        row.date("announced"), row.date("start"), row.date("end", required=True), row.word("outcome"),
        row.date("deadline"), row.source(), row.word("checked") == "yes", row.note(),
        row.slug("conflict", required=False), row.line)
    row.ordered(talk.start, talk.end, "end", "the start")
    if talk.mediators and talk.mediator_type == "none":
        row.bad("mediator_type", "'none'", "another type, as there is a mediator")
    return talk


def _round(row: _Cells) -> Round:
    item = Round(
        row.slug("talk_id"), row.whole("round", 1), row.word("status"), row.date("planned_start"), row.date("start"),
        row.date("end"), row.text("venue"), row.word("mode"), row.word("level"), row.text("absent"),
        row.word("result"), row.source(), row.word("checked") == "yes", row.line)
    row.ordered(item.start, item.end, "end", "the start")
    if item.status in ("postponed", "cancelled") and (item.start or item.end):
        row.bad("start", (item.start or item.end).isoformat(), f"nothing: a {item.status} round was not held",
                "put the day it was planned for under planned_start")
    return item


def _event(row: _Cells) -> Event:
    return Event(
        row.slug("talk_id"), row.date("date", required=True), row.word("type"), int(row.word("severity")),
        row.text("party"), row.whole("delay_days", 0, required=False), row.text("mode_change"), row.note(),
        row.source(), row.word("checked") == "yes", row.line)


def _offer(row: _Cells) -> Offer:
    return Offer(
        row.slug("talk_id"), row.slug("issue"), row.text("unit"), row.text("party", required=True),
        row.date("date", required=True), row.word("precision"), row.number("value"), row.source(),
        row.word("checked") == "yes", row.line)


def _other_event(row: _Cells) -> tuple[int, dict[str, Any]]:
    return row.line, {"talk_id": row.slug("talk_id"), "date": row.date("date", required=True),
                      "kind": row.word("kind", OTHER_KINDS), "reason": row.text("reason", required=True)}


def _absent_side(row: _Cells) -> tuple[int, dict[str, Any]]:
    return row.line, {"talk_id": row.slug("talk_id"), "absent": row.text("absent", required=True),
                      "sides": row.names("sides", at_least=0)}


_ROWS: Mapping[str, Callable[[_Cells], Any]] = {
    "talks": _talk, "rounds": _round, "events": _event, "offers": _offer, "other_events": _other_event,
    "absent_sides": _absent_side,
}


def read_table(name: str, text: str, problems: list[Problem]) -> list[Any]:
    """Parse one file into typed rows.

    Parameters
    ----------
    name : str
        Name of the file without ``.csv``.
    text : str
        Its content.
    problems : list of Problem
        Filled in place with everything that is wrong.

    Returns
    -------
    list
        Rows (with stand-ins for wrong cells, so that the check goes on), empty when the header is wrong.
    """
    columns = COLUMNS.get(name) or OPTIONAL[name]
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        lines = [(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        problems.append(Problem(f"{name}.csv", f"cannot be parsed: {error}", "comma-separated values"))
        return []
    header = lines[0][1] if lines else []
    missing = [column for column in columns if column not in header and column not in _MAY_LACK.get(name, ())]
    unknown = [column for column in header if column not in columns]
    double = sorted({column for column in header if header.count(column) > 1})
    if missing or unknown or double:
        said = [f"{word} {', '.join(map(repr, found))}" for word, found in
                (("lacks", missing), ("has unknown", unknown), ("repeats", double)) if found]
        problems.append(Problem(f"{name}.csv line 1", "the header " + " and ".join(said),
                                "the columns " + ", ".join(columns)))
        return []
    rows = []
    for line, cells in lines[1:]:
        if not any(cells):
            continue
        if len(cells) != len(header):
            problems.append(Problem(f"{name}.csv line {line}", f"{len(cells)} cells",
                                    f"{len(header)}, as in the header", "put cells with commas in quotes"))
            continue
        rows.append(_ROWS[name](_Cells(name, line, dict(zip(header, cells, strict=True)), problems)))
    return rows
