"""Read a folder of historical talks into validated, typed, frozen tables.

The format is the one of ``data/talks/README.md``: ``talks.csv``, ``rounds.csv``, ``events.csv``,
``offers.csv``, and optionally ``other_events.csv`` and ``absent_sides.csv``. Every problem of every file is
reported at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from forecast.errors import Problem, TalksError
from forecast.paths import data_folder
from forecast.talks.coding import KIND_OF_TYPE, TRACE
from forecast.talks.read import COLUMNS, OPTIONAL, Event, Offer, Round, Talk, read_table, text_of

#: Files whose bytes make the hash of the data, in this order.
HASHED = tuple(f"{name}.csv" for name in (*COLUMNS, *OPTIONAL))


@dataclass(frozen=True)
class Talks:
    """Historical talks, round by round.

    Parameters
    ----------
    talks : tuple of Talk
        In the order of the file.
    rounds, events, offers : dict of str to tuple
        By talk id, rounds by number and the others by date; every talk has an entry.
    absent_sides : dict of (str, str) to tuple of int
        (talk id, `absent` cell) -> positions of the sides in the parties of the talk; empty when it names none.
    folder : str
        Where they were read.
    data_hash : str
        SHA-256 of the files read, hex.

    Examples
    --------
    >>> talks = load_talks()
    >>> talks.talk("camp_david_1978").parties
    ('Egypt', 'Israel')
    >>> len(talks.rounds["camp_david_1978"]) > 0
    True
    """

    talks: tuple[Talk, ...]
    rounds: dict[str, tuple[Round, ...]]
    events: dict[str, tuple[Event, ...]]
    offers: dict[str, tuple[Offer, ...]]
    absent_sides: dict[tuple[str, str], tuple[int, ...]] = field(repr=False)
    folder: str
    data_hash: str

    def __len__(self) -> int:
        return len(self.talks)

    def __iter__(self) -> Iterator[Talk]:
        return iter(self.talks)

    def __repr__(self) -> str:
        # All of it would be a megabyte in a notebook.
        return f"<{len(self.talks)} talks of {len(self.conflicts)} conflicts, data {self.data_hash[:12]}>"

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the talks, in order."""
        return tuple(talk.id for talk in self.talks)

    @property
    def conflicts(self) -> tuple[str, ...]:
        """Ids of the conflicts, sorted: the position of one is its code in the arrays."""
        return tuple(sorted({talk.conflict for talk in self.talks}))

    def talk(self, talk_id: str) -> Talk:
        """Return one talk by its id.

        Parameters
        ----------
        talk_id : str

        Returns
        -------
        Talk

        Raises
        ------
        TalksError
            If there is none, with the nearest ids.
        """
        for talk in self.talks:
            if talk.id == talk_id:
                return talk
        import difflib

        close = difflib.get_close_matches(str(talk_id), self.ids, n=3, cutoff=0.5)
        raise TalksError([Problem("talk", repr(talk_id), f"an id of {len(self)} talks",
                                  f"did you mean {' or '.join(close)}?" if close else "")], self.folder)

    def subset(self, ids: Iterable[str]) -> Talks:
        """Return the talks with the given ids, in the order of the table.

        Parameters
        ----------
        ids : iterable of str

        Returns
        -------
        Talks
            With the hash of the kept ids folded into `data_hash`, so that a fit on part of the
            table never passes for one on all of it.

        Raises
        ------
        TalksError
            If an id is unknown.
        """
        wanted = {self.talk(talk_id).id for talk_id in ids}
        kept = tuple(talk for talk in self.talks if talk.id in wanted)
        names = "\n".join(talk.id for talk in kept)
        digest = self.data_hash
        if len(kept) < len(self.talks):
            digest = hashlib.sha256(f"{self.data_hash}\n{names}".encode()).hexdigest()
        return replace(
            self, talks=kept, data_hash=digest,
            rounds={talk.id: self.rounds[talk.id] for talk in kept},
            events={talk.id: self.events[talk.id] for talk in kept},
            offers={talk.id: self.offers[talk.id] for talk in kept},
        )

    def without_conflicts(self, conflicts: Iterable[str]) -> Talks:
        """Leave out every talk of the given conflicts: what a held-out fit must use.

        Parameters
        ----------
        conflicts : iterable of str
            Conflict ids.

        Returns
        -------
        Talks

        Raises
        ------
        TalksError
            If a conflict is unknown.

        Examples
        --------
        >>> talks = load_talks()
        >>> "us_iran_2025" in talks.without_conflicts(["iran_us"]).ids
        False
        """
        out = set(conflicts)
        unknown = sorted(out - set(self.conflicts))
        if unknown:
            raise TalksError([Problem("conflicts", ", ".join(unknown),
                                      f"ids among the {len(self.conflicts)} conflicts of the table")], self.folder)
        return self.subset(talk.id for talk in self.talks if talk.conflict not in out)


def load_talks(folder: str | Path | None = None) -> Talks:
    """Load and validate a folder of historical talks.

    Parameters
    ----------
    folder : str or Path, optional
        Folder with ``talks.csv``, ``rounds.csv``, ``events.csv`` and ``offers.csv``. The shipped table when
        left out. In a folder of your own the column ``conflict`` of ``talks.csv`` and the files
        ``other_events.csv`` and ``absent_sides.csv`` may be missing: then talks between identical parties
        share a conflict, events of type ``other`` are no disruptions, and absences have no side.

    Returns
    -------
    Talks

    Raises
    ------
    TalksError
        With every problem of every file: missing or unreadable files, columns, words outside the lists,
        dates, order of rounds, duplicates, unknown talks, sources.

    Examples
    --------
    >>> talks = load_talks()
    >>> len(talks), sum(len(rounds) for rounds in talks.rounds.values())
    (258, 1357)
    """
    root = Path(folder) if folder is not None else data_folder() / "talks"
    if not root.is_dir():
        raise TalksError([Problem("folder", str(root), "a folder with " + ", ".join(f"{n}.csv" for n in COLUMNS))])
    problems: list[Problem] = []
    texts = {name: text_of(root / f"{name}.csv", problems) for name in COLUMNS}
    for name in OPTIONAL:
        if (root / f"{name}.csv").exists():
            texts[name] = text_of(root / f"{name}.csv", problems)
    rows = {name: read_table(name, text, problems) for name, text in texts.items() if text is not None}
    talks = _talks(rows.get("talks", []), problems)
    by_talk = {name: _by_talk(name, rows.get(name, []), talks, problems) for name in ("rounds", "events", "offers")}
    _check_rounds(talks, by_talk["rounds"], problems)
    kinds, sides = _hand_made(rows, talks, by_talk, problems)
    if problems:
        raise TalksError(problems, str(root))
    events = {
        talk_id: tuple(sorted(
            (replace(event, kind=kinds.get((talk_id, event.date), KIND_OF_TYPE.get(event.type, TRACE))
                     if event.type == "other" else KIND_OF_TYPE[event.type]) for event in items),
            key=lambda event: (event.date, event.line)))
        for talk_id, items in by_talk["events"].items()
    }
    offers = {talk_id: tuple(sorted(items, key=lambda offer: (offer.date, offer.line)))
              for talk_id, items in by_talk["offers"].items()}
    digest = hashlib.sha256()
    for name in HASHED:
        if (root / name).exists():
            digest.update(name.encode() + b"\0" + (root / name).read_bytes())
    return Talks(tuple(_with_conflicts(talks)), {k: tuple(v) for k, v in by_talk["rounds"].items()}, events, offers,
                 sides, str(root), digest.hexdigest())


def _talks(rows: list, problems: list[Problem]) -> list[Talk]:
    """Keep the first talk of an id, report the others and an empty table."""
    seen: dict[str, Talk] = {}
    for talk in rows:
        if talk.id in seen:
            problems.append(Problem(f"talks.csv line {talk.line}, talk_id", repr(talk.id),
                                    f"an id used once; it is already on line {seen[talk.id].line}"))
        seen.setdefault(talk.id, talk)
    if not seen and not problems:
        problems.append(Problem("talks.csv", "no rows", "at least one talk"))
    return list(seen.values())


def _by_talk(name: str, rows: list, talks: list[Talk], problems: list[Problem]) -> dict[str, list]:
    """Group rows by talk, reporting talks that are not in ``talks.csv``."""
    import difflib

    groups: dict[str, list] = {talk.id: [] for talk in talks}
    for row in rows:
        if row.talk_id in groups:
            groups[row.talk_id].append(row)
        else:
            close = difflib.get_close_matches(row.talk_id, groups, n=1)
            problems.append(Problem(f"{name}.csv line {row.line}, talk_id", repr(row.talk_id),
                                    "an id of talks.csv", f"did you mean {close[0]}?" if close else ""))
    return groups


def _check_rounds(talks: list[Talk], rounds: dict[str, list[Round]], problems: list[Problem]) -> None:
    """Check the numbers and the order of the rounds of each talk, and that held ones have a date."""
    for talk in talks:
        items = rounds[talk.id]
        last = None
        for expected, item in enumerate(items, 1):
            where = f"rounds.csv line {item.line}"
            if item.number != expected:
                problems.append(Problem(f"{where}, round", str(item.number),
                                        f"{expected}: rounds of a talk count 1, 2, 3 ... in order of date"))
                break
            if item.status == "held" and item.start is None and item.end is None and item.planned_start is None:
                problems.append(Problem(f"{where}, start", "empty", "a date: a held round took place some day"))
            day = item.start or item.planned_start
            if day is not None and last is not None and day < last:
                problems.append(Problem(f"{where}, {'start' if item.start else 'planned_start'}", day.isoformat(),
                                        f"not before {last.isoformat()}, the day of the row above"))
            last = day or last


def _hand_made(rows: dict[str, list], talks: list[Talk], by_talk: dict[str, dict[str, list]],
               problems: list[Problem]) -> tuple[dict, dict]:
    """Turn the two optional files into look-ups, reporting rows that match nothing."""
    parties = {talk.id: talk.parties for talk in talks}
    others = {(talk_id, event.date) for talk_id, items in by_talk["events"].items() for event in items
              if event.type == "other"}
    kinds, sides = {}, {}
    for line, cells in rows.get("other_events", []):
        key = (cells["talk_id"], cells["date"])
        if key not in others:
            problems.append(Problem(f"other_events.csv line {line}", f"{key[0]} {key[1]}",
                                    "talk_id and date of an event of type other"))
        elif key in kinds:
            problems.append(Problem(f"other_events.csv line {line}", f"{key[0]} {key[1]}", "one row an event"))
        kinds[key] = cells["kind"]
    if "other_events" in rows:
        for talk_id, day in sorted(others - set(kinds)):
            problems.append(Problem("other_events.csv", f"nothing for {talk_id} {day}",
                                    "a row for every event of type other"))
    absent = {(talk_id, item.absent) for talk_id, items in by_talk["rounds"].items() for item in items if item.absent}
    for line, cells in rows.get("absent_sides", []):
        key = (cells["talk_id"], cells["absent"])
        if key not in absent:
            problems.append(Problem(f"absent_sides.csv line {line}", f"{key[0]} {key[1]!r}",
                                    "talk_id and an `absent` cell of rounds.csv"))
            continue
        strangers = [side for side in cells["sides"] if side not in parties[key[0]]]
        if strangers:
            problems.append(Problem(f"absent_sides.csv line {line}, sides", ", ".join(map(repr, strangers)),
                                    "nothing, or names among " + ", ".join(parties[key[0]])))
        sides[key] = tuple(parties[key[0]].index(side) for side in cells["sides"] if side in parties[key[0]])
    if "absent_sides" in rows:
        for talk_id, who in sorted(absent - set(sides)):
            problems.append(Problem("absent_sides.csv", f"nothing for {talk_id} {who!r}",
                                    "a row for every `absent` cell of rounds.csv"))
    return kinds, sides


def _with_conflicts(talks: list[Talk]) -> Iterator[Talk]:
    """Fill an empty conflict: talks between the same set of parties share the id of the first of them."""
    first: dict[frozenset[str], str] = {}
    for talk in talks:
        key = frozenset(talk.parties)
        first.setdefault(key, talk.conflict or talk.id)
        yield talk if talk.conflict else replace(talk, conflict=first[key])
