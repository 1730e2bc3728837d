"""Rows to show: talks in a list, one talk as a timeline, and the choice of talks by what they are."""

from __future__ import annotations

import datetime as dt
from typing import Any

from forecast.errors import Problem, TalksError
from forecast.talks.attempts import attempts_of
from forecast.talks.coding import HELD, WORDS, name_key
from forecast.talks.load import Talks
from forecast.vocabulary import STATUS, TABLE_DOMAINS


def filter_talks(
    talks: Talks, *, domain: str | None = None, region: str | None = None, outcome: str | None = None,
    conflict: str | None = None, party: str | None = None, mediated: bool | None = None,
    since: dt.date | None = None, until: dt.date | None = None, text: str | None = None,
) -> Talks:
    """Choose talks by what they are; every condition given must hold.

    Parameters
    ----------
    talks : Talks
    domain : str, optional
        Domain of the table, or ``multilat_other`` for all that are pooled in it.
    region, outcome : str, optional
        Words of the table; outcome also ``deal`` and ``no_deal``.
    conflict : str, optional
        Id of a conflict.
    party : str, optional
        A name of a party, or part of it.
    mediated : bool, optional
    since, until : date, optional
        Under way on or after, on or before this day.
    text : str, optional
        Part of the id, name or note, in any case.

    Returns
    -------
    Talks
        Possibly none.

    Raises
    ------
    TalksError
        For a word that is no domain, region, outcome or conflict of the table.

    Examples
    --------
    >>> from forecast.talks import load_talks
    >>> filter_talks(load_talks(), domain="fiscal", party="Greece").ids
    ('greece_2nd_programme_2015', 'greece_3rd_programme_jul_2015')
    """
    outcomes = (*WORDS["outcome"], "deal", "no_deal")
    problems = [Problem(name, repr(value), "one of " + ", ".join(allowed)) for name, value, allowed in (
        ("domain", domain, tuple(TABLE_DOMAINS)), ("region", region, WORDS["region"]), ("outcome", outcome, outcomes),
    ) if value is not None and value not in allowed]
    if conflict is not None and conflict not in talks.conflicts:
        import difflib

        close = difflib.get_close_matches(conflict, talks.conflicts, n=3)
        problems.append(Problem("conflict", repr(conflict), f"one of the {len(talks.conflicts)} conflicts of the table",
                                f"did you mean {' or '.join(close)}?" if close else ""))
    if problems:
        raise TalksError(problems)
    wanted = None if text is None else text.lower()
    key = None if party is None else name_key(party)

    def fits(talk: Any) -> bool:
        return (
            (domain is None or domain in (talk.domain, talk.pooled))
            and (region is None or talk.region == region)
            and (outcome is None or talk.outcome == outcome
                 or (outcome == "deal" and talk.deal)
                 or (outcome == "no_deal" and not talk.deal and talk.outcome != "ongoing"))
            and (conflict is None or talk.conflict == conflict)
            and (key is None or any(key in name_key(name) for name in talk.parties))
            and (mediated is None or talk.mediated == mediated)
            and (since is None or talk.end >= since)
            and (until is None or (talk.start or talk.announced or talk.end) <= until)
            and (wanted is None or wanted in f"{talk.id} {talk.name} {talk.note}".lower()))

    return talks.subset(talk.id for talk in talks if fits(talk))


def list_rows(talks: Talks) -> list[dict[str, Any]]:
    """Return one row per talk for a list, JSON types.

    Parameters
    ----------
    talks : Talks

    Returns
    -------
    list of dict
        ``talk_id, name, domain, region, parties, mediator_type, start, end, outcome, deadline, conflict,
        rounds_held, attempts_lost, events, offers, checked``.

    Examples
    --------
    >>> from forecast.talks import load_talks
    >>> list_rows(load_talks())[0]["talk_id"]
    'aceh_helsinki_2005'
    """
    rows = []
    for talk in talks:
        held = [attempt["status"] == HELD for attempt in attempts_of(talk, talks.rounds[talk.id])]
        rows.append({
            "talk_id": talk.id, "name": talk.name, "domain": talk.domain, "region": talk.region,
            "parties": list(talk.parties), "mediator_type": talk.mediator_type, "start": _iso(talk.start),
            "end": _iso(talk.end), "outcome": talk.outcome, "deadline": _iso(talk.deadline), "conflict": talk.conflict,
            "rounds_held": sum(held), "attempts_lost": len(held) - sum(held), "events": len(talks.events[talk.id]),
            "offers": len(talks.offers[talk.id]), "checked": talk.checked})
    return rows


def timeline(talks: Talks, talk_id: str) -> list[dict[str, Any]]:
    """Return one talk as dated rows, in order: attempts, events, offers, announcement, deadline and end.

    Parameters
    ----------
    talks : Talks
    talk_id : str

    Returns
    -------
    list of dict
        JSON types. Every row has ``date`` (None when unknown), ``until`` (last day of a held round, else None),
        ``what`` (``announced, attempt, event, offer, deadline, end``), ``label`` (status, type, issue, outcome),
        ``text`` for people, ``severity`` (events, else None), ``kind`` (of the law, events), ``mode``, ``absent``,
        ``unlisted`` (a postponement known only from a later row), ``checked`` and ``source``.

    Raises
    ------
    TalksError
        If there is no such talk.

    Examples
    --------
    >>> from forecast.talks import load_talks
    >>> [row["label"] for row in timeline(load_talks(), "camp_david_1978") if row["what"] != "event"]
    ['held', 'partial']
    """
    talk = talks.talk(talk_id)
    rows: list[tuple[tuple, dict[str, Any]]] = []

    def add(day: dt.date | None, rank: int, what: str, label: str, text: str, source: str, checked: bool,
            **more: Any) -> None:
        row = {"date": _iso(day), "until": None, "what": what, "label": label, "text": text, "severity": None,
               "kind": None, "mode": None, "absent": None, "unlisted": False, "checked": checked, "source": source}
        rows.append(((day or last, rank, len(rows)), {**row, **more}))

    last = talk.announced or talk.start or dt.date.min
    if talk.announced is not None:
        add(talk.announced, 0, "announced", "announced", "talks announced", talk.source, talk.checked)
    number = 0
    for attempt in attempts_of(talk, talks.rounds[talk_id]):
        item = attempt["round"]
        day = attempt["start"] or attempt["planned"] or (None if attempt["status"] == HELD else attempt["end"])
        day = day or attempt["end"]
        status = STATUS[attempt["status"]]
        if attempt["status"] == HELD:
            number += 1
            text = f"round {number}" + (f" in {item.venue}" if item.venue else "")
            if item.status == "broken_off":
                text += ", broken off"
        else:
            text = f"round {number + 1} planned" + (f" in {item.venue}" if item.venue else "") + f", {status}"
        add(day, 2, "attempt", status, text, item.source, item.checked,
            until=_iso(attempt["end"]) if attempt["status"] == HELD else None, mode=attempt["mode"] or None,
            absent=attempt["absent"] or None, unlisted=attempt["unlisted"])
        last = day or last
    for event in talks.events[talk_id]:
        add(event.date, 3, "event", event.type, event.note, event.source, event.checked, severity=event.severity,
            kind=event.kind)
    for offer in talks.offers[talk_id]:
        who = "agreed" if offer.party == "agreed" else f"{offer.party} tabled"
        add(offer.date, 4, "offer", offer.issue, f"{who} {offer.value:g} {offer.unit}".strip(), offer.source,
            offer.checked)
    if talk.deadline is not None:
        add(talk.deadline, 1, "deadline", "deadline", "declared deadline", talk.source, talk.checked)
    add(talk.end, 5, "end", talk.outcome, talk.note or talk.outcome, talk.source, talk.checked)
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def _iso(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()
