"""Which past talks are most like a scenario, what became of them, and how often past talks ended in a deal."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecast.errors import Problem, TalksError
from forecast.talks.coding import in_pandemic, name_key
from forecast.talks.load import Talks
from forecast.talks.read import Talk
from forecast.vocabulary import DOMAINS, ENDINGS, TABLE_DOMAINS

if TYPE_CHECKING:
    from forecast.scenario.model import Scenario

#: Weights of the parts of the distance; the distance is their weighted mean, 0 (same) to 1.
WEIGHTS: Mapping[str, float] = {"domain": 3.0, "parties": 5.0, "mediation": 1.0, "size": 1.0, "deadline": 1.0,
                                "pandemic": 0.5, "years": 0.5}
#: Domains whose talks have much in common: they are half as far apart as others.
FAMILIES = (("nuclear_arms", "interstate", "sanctions"), ("intrastate", "ceasefire", "hostage_prisoner"),
            ("labour",), ("trade", "fiscal"), ("climate", "other", "multilat_other"))
#: Talks this many years apart are as far apart in time as can be.
FAR_YEARS = 30.0
SAMPLE_NOTE = "the table was collected to hold about half deals; its rate is not the world's"
_Z90 = 1.6448536269514722


@dataclass(frozen=True)
class Nearest:
    """Past talks most like a scenario, nearest first.

    Parameters
    ----------
    rows : tuple of dict
        One per talk, JSON types: ``talk_id, name, domain, conflict, parties, same_parties, start, end, outcome,
        deal, rounds_held, attempts_lost, days, mediator_type, deadline, distance, parts, source``.
    deal : dict
        Share of deals among them: ``{p, low, high, n, deals}``, Wilson's 90% interval.
    base_rate : dict
        Of all past talks and of the domain, as `base_rate` gives it.
    considered : int
        Past talks that were compared.
    """

    rows: tuple[dict[str, Any], ...]
    deal: dict[str, Any]
    base_rate: dict[str, Any]
    considered: int

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain data for JSON."""
        return {"talks": [dict(row) for row in self.rows], "deal": dict(self.deal), "base_rate": self.base_rate,
                "considered": self.considered}


def nearest(talks: Talks, scenario: Scenario | Mapping[str, Any], n: int = 10) -> Nearest:
    """Find the past talks most like a scenario, with what became of them.

    Only talks that had ended before the scenario's ``as_of`` are compared: the outcome of others was not known.

    Parameters
    ----------
    talks : Talks
    scenario : Scenario or mapping
        A scenario, or its plain data as ``to_dict`` returns it.
    n : int
        How many, at least 1.

    Returns
    -------
    Nearest

    Raises
    ------
    ValueError
        If `n` is below 1.

    Notes
    -----
    The distance is the weighted mean of parts between 0 and 1 (weights in `WEIGHTS`): *domain* 0 when equal, 0.5 in
    the same family (`FAMILIES`), else 1; *parties* 1 minus the number of shared names over the smaller
    number of names, so that nested sets of parties are the same; *mediation* 0 when of the same type, 0.5 when
    both are mediated, else 1; *size* the absolute log2 ratio of the numbers of parties over 2, at most 1;
    *deadline* 0 when both declare one or neither does, else 1; *pandemic* likewise; *years* between the starts
    over 30, at most 1. The later talks come first among equals.

    Examples
    --------
    >>> from forecast.talks import load_talks
    >>> parties = {"us": {"name": "United States"}, "iran": {}}
    >>> data = {"as_of": "2026-06-19", "domain": "nuclear_arms", "parties": parties}
    >>> found = nearest(load_talks(), data, n=3)
    >>> [row["talk_id"] for row in found], found.base_rate["domain"]["name"]
    (['us_iran_2026_oman', 'us_iran_2025', 'jpoa_implementation_2013_14'], 'nuclear_arms')
    """
    if n < 1:
        raise ValueError(f"n is {n}; it is at least 1")
    wanted = _wanted(scenario)
    past = [talk for talk in talks if talk.outcome != "ongoing" and talk.end < wanted["as_of"]]
    scored = []
    for talk in past:
        parts = _parts(wanted, talk)
        distance = sum(WEIGHTS[name] * value for name, value in parts.items()) / sum(WEIGHTS.values())
        scored.append((round(distance, 6), -talk.end.toordinal(), talk.id, talk, parts))
    scored.sort(key=lambda item: item[:3])
    rows = tuple(_row(talks, talk, distance, parts, wanted) for distance, _, _, talk, parts in scored[:n])
    return Nearest(rows, share([row["deal"] for row in rows]),
                   base_rate(talks, wanted["domain"], before=wanted["as_of"]), len(past))


def base_rate(talks: Talks, domain: str | None = None, *, before: dt.date | None = None) -> dict[str, Any]:
    """Return how often past talks ended in a deal, and how they ended.

    Parameters
    ----------
    talks : Talks
    domain : str, optional
        Domain of the table or pooled one; adds the line of its pooled domain.
    before : date, optional
        Count only talks that had ended before this day.

    Returns
    -------
    dict
        ``deal`` {p, low, high, n, deals} over all ended talks, with Wilson's 90% interval; ``endings`` {ending:
        number}; ``conflicts`` number of conflicts they belong to; ``domain`` the same of the pooled domain with
        its ``name``, or None; ``note``.

    Raises
    ------
    TalksError
        For an unknown domain.

    Examples
    --------
    >>> from forecast.talks import load_talks
    >>> rate = base_rate(load_talks(), "climate")
    >>> rate["deal"]["n"], rate["deal"]["deals"], rate["domain"]["name"]
    (255, 121, 'multilat_other')
    """
    ended = [talk for talk in talks if talk.outcome != "ongoing" and (before is None or talk.end < before)]
    out = {**_rates(ended), "domain": None, "note": SAMPLE_NOTE}
    if domain is not None:
        if domain not in TABLE_DOMAINS:
            raise TalksError([Problem("domain", repr(domain), "one of " + ", ".join(TABLE_DOMAINS))])
        pooled = TABLE_DOMAINS[domain]
        out["domain"] = {"name": pooled, **_rates([talk for talk in ended if talk.pooled == pooled])}
    return out


def share(hits: list[bool]) -> dict[str, Any]:
    """Return a share of hits with Wilson's 90% interval.

    Parameters
    ----------
    hits : list of bool

    Returns
    -------
    dict
        ``{p, low, high, n, deals}``; the first three None when there is nothing to count.

    Examples
    --------
    >>> share([True, False])["p"], share([])["p"]
    (0.5, None)
    """
    n, deals = len(hits), sum(hits)
    if not n:
        return {"p": None, "low": None, "high": None, "n": 0, "deals": 0}
    p = deals / n
    middle = p + _Z90**2 / (2 * n)
    half = _Z90 * math.sqrt(p * (1 - p) / n + _Z90**2 / (4 * n * n))
    scale = 1 + _Z90**2 / n
    return {"p": p, "low": max(0.0, (middle - half) / scale), "high": min(1.0, (middle + half) / scale), "n": n,
            "deals": deals}


def _rates(ended: list[Talk]) -> dict[str, Any]:
    """Count deals, endings and conflicts of ended talks."""
    deal = share([talk.deal for talk in ended])
    return {"deal": deal, "endings": {name: sum(talk.ending == name for talk in ended) for name in ENDINGS[:5]},
            "conflicts": len({talk.conflict for talk in ended})}


def _wanted(scenario: Scenario | Mapping[str, Any]) -> dict[str, Any]:
    """Take from a scenario what the distance needs."""
    data = scenario if isinstance(scenario, Mapping) else scenario.to_dict()
    as_of = data["as_of"]
    as_of = as_of if isinstance(as_of, dt.date) else dt.date.fromisoformat(str(as_of))
    parties = data["parties"]
    named = parties.items() if isinstance(parties, Mapping) else ((name, None) for name in parties)
    names = [str((value or {}).get("name") or key) for key, value in named]
    mediator = data.get("mediator") or {}
    past = [item for item in data.get("history") or () if item.get("type") == "attempt"]
    days = [str(item.get("start") or item.get("planned") or item["date"]) for item in past]
    start = dt.date.fromisoformat(min(days)) if days else as_of
    return {"as_of": as_of, "domain": data["domain"], "names": {name_key(name): name for name in names},
            "size": len(names), "mediator_type": mediator.get("type", "none"),
            "deadline": data.get("deadline") is not None, "pandemic": bool(data.get("pandemic", False)), "start": start}


def _parts(wanted: dict[str, Any], talk: Talk) -> dict[str, float]:
    """Return the parts of the distance between a scenario and a talk, each from 0 to 1."""
    names = {name_key(name) for name in talk.parties}
    shared = names & set(wanted["names"])
    start = talk.start or talk.announced or talk.end
    family = any(wanted["domain"] in group and talk.domain in group for group in FAMILIES)
    same = talk.domain == wanted["domain"] or (wanted["domain"] not in _TABLE_ONLY and talk.pooled == wanted["domain"])
    if talk.mediator_type == wanted["mediator_type"]:
        mediation = 0.0
    else:
        mediation = 1.0 if "none" in (talk.mediator_type, wanted["mediator_type"]) else 0.5
    return {
        "domain": 0.0 if same else 0.5 if family else 1.0,
        "parties": 1.0 - len(shared) / min(len(names), len(wanted["names"])),
        "mediation": mediation,
        "size": min(1.0, abs(math.log2(len(talk.parties) / wanted["size"])) / 2.0),
        "deadline": float((talk.declared_deadline is not None) != wanted["deadline"]),
        "pandemic": float(in_pandemic(start) != wanted["pandemic"]),
        "years": min(1.0, abs((start - wanted["start"]).days) / (365.25 * FAR_YEARS)),
    }


#: Domains of the table that are pooled: a scenario that names one of them means it.
_TABLE_ONLY = tuple(name for name in TABLE_DOMAINS if name not in DOMAINS)


def _row(talks: Talks, talk: Talk, distance: float, parts: dict[str, float], wanted: dict[str, Any]) -> dict[str, Any]:
    """Say of a talk how near it is and what became of it."""
    rounds = talks.rounds[talk.id]
    held = sum(item.held for item in rounds)
    names = {name_key(name): name for name in talk.parties}
    return {
        "talk_id": talk.id, "name": talk.name, "domain": talk.domain, "conflict": talk.conflict,
        "parties": list(talk.parties), "same_parties": [names[key] for key in names if key in wanted["names"]],
        "start": talk.start.isoformat() if talk.start else None, "end": talk.end.isoformat(),
        "outcome": talk.outcome, "ending": talk.ending, "deal": talk.deal, "rounds_held": held,
        "attempts_lost": len(rounds) - held, "days": (talk.end - talk.start).days if talk.start else None,
        "mediator_type": talk.mediator_type,
        "deadline": talk.declared_deadline.isoformat() if talk.declared_deadline else None,
        "distance": round(distance, 3), "parts": {name: round(value, 3) for name, value in parts.items()},
        "note": talk.note, "source": talk.source,
    }
