"""Numeric offers as arrays: what each side tabled, how far the talks were, how much of the way it had gone."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from forecast.talks.coding import NOT_A_PARTY, domain_code
from forecast.talks.load import Talks
from forecast.talks.read import Offer, Talk

_FLAGS = ("exact_day", "interior", "checked")
_FLOATS = ("value", "opening", "agreed", "x", "alpha")


@dataclass(frozen=True)
class Offers:
    """One row per offer of a side, in order of date within a series; equal-length one-dimensional arrays.

    A *series* is what one side tabled on one issue of one talk. Values named ``agreed`` or ``mediator``, joint names
    and the names of mediators make no series.

    Parameters
    ----------
    talk, domain, conflict : int
        As in `Attempts`.
    series : int
        Position in `series_ids`.
    order : int
        0 for the opening, then 1, 2, ...
    day : int
        Ordinal day; `exact_day` is False when the table knows only the month or year.
    exact_day : bool
    value, opening : float
        The number tabled now and first, in the unit of the issue.
    agreed : float
        The agreed value, NaN when none is recorded.
    rounds_before, rounds_total : int
        Held rounds begun up to and including `day`, and in the whole talk.
    x : float
        (rounds_before + 0.5) / (rounds_total + 1): share of the way, in rounds.
    alpha : float
        (value - opening) / (agreed - opening), NaN without an agreed value or when it equals the opening.
    interior : bool
        Dated after the opening, with a known `alpha`: the points the concession law is fitted on.
    checked : bool
    series_ids : tuple of (str, str, str)
        Talk id, issue, side.
    talk_ids, conflict_ids : tuple of str

    Examples
    --------
    >>> from forecast.talks import load_talks
    >>> offers = build_offers(load_talks())
    >>> bool((offers.alpha[offers.order == 0] != 0).any() and not (offers.x >= 1).any())
    True
    """

    talk: np.ndarray
    domain: np.ndarray
    conflict: np.ndarray
    series: np.ndarray
    order: np.ndarray
    day: np.ndarray
    exact_day: np.ndarray
    value: np.ndarray
    opening: np.ndarray
    agreed: np.ndarray
    rounds_before: np.ndarray
    rounds_total: np.ndarray
    x: np.ndarray
    alpha: np.ndarray
    interior: np.ndarray
    checked: np.ndarray
    series_ids: tuple[tuple[str, str, str], ...]
    talk_ids: tuple[str, ...]
    conflict_ids: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.talk)


def is_side(talk: Talk, name: str) -> bool:
    """Tell whether an offer's `party` names one side of a talk.

    Parameters
    ----------
    talk : Talk
    name : str
        The `party` cell of ``offers.csv``.

    Returns
    -------
    bool
        True for a party of the talk. False for ``agreed``, ``mediator``, joint names (with ``;``) and names that a
        mediator's contains or that contain one. Other names stand for a side (``P5+1``, ``creditors``).
    """
    if name in talk.parties:
        return True
    if name in NOT_A_PARTY or ";" in name:
        return False
    return not any(name in mediator or mediator in name for mediator in talk.mediators)


def build_offers(talks: Talks) -> Offers:
    """Turn ``offers.csv`` into series of positions.

    Parameters
    ----------
    talks : Talks

    Returns
    -------
    Offers

    Examples
    --------
    >>> from forecast.talks import load_talks
    >>> len(build_offers(load_talks()).series_ids)
    156
    """
    conflict_ids = talks.conflicts
    rows: list[dict] = []
    series_ids: list[tuple[str, str, str]] = []
    for position, talk in enumerate(talks):
        begun = sorted((item.start or item.end or item.planned_start).toordinal()
                       for item in talks.rounds[talk.id] if item.held)
        agreed: dict[str, float] = {}
        groups: dict[tuple[str, str], list[Offer]] = {}
        for offer in talks.offers[talk.id]:
            if offer.party == "agreed":
                agreed[offer.issue] = offer.value
            elif is_side(talk, offer.party):
                groups.setdefault((offer.issue, offer.party), []).append(offer)
        base = {"talk": position, "domain": domain_code(talk.domain),
                "conflict": conflict_ids.index(talk.conflict), "rounds_total": len(begun)}
        for (issue, side), items in groups.items():
            rows += _series({**base, "series": len(series_ids)}, items, begun, agreed.get(issue, np.nan))
            series_ids.append((talk.id, issue, side))
    names = [f.name for f in fields(Offers) if f.name not in ("series_ids", "talk_ids", "conflict_ids")]
    columns = {name: np.array([row[name] for row in rows], dtype=np.bool_ if name in _FLAGS else
                              np.float64 if name in _FLOATS else np.int64) for name in names}
    return Offers(**columns, series_ids=tuple(series_ids), talk_ids=talks.ids, conflict_ids=conflict_ids)


def _series(base: dict, items: list[Offer], begun: list[int], agreed: float) -> list[dict]:
    """Code the offers of one series, already in order of date."""
    opening, first = items[0].value, items[0].date
    way = agreed - opening
    rows = []
    for order, offer in enumerate(items):
        day = offer.date.toordinal()
        before = sum(start <= day for start in begun)
        alpha = (offer.value - opening) / way if np.isfinite(way) and way != 0 else np.nan
        rows.append({
            **base, "order": order, "day": day, "exact_day": offer.precision == "day", "value": offer.value,
            "opening": opening, "agreed": agreed, "rounds_before": before,
            "x": (before + 0.5) / (len(begun) + 1), "alpha": alpha,
            "interior": offer.date > first and bool(np.isfinite(alpha)), "checked": offer.checked})
    return rows
