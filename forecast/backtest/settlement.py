"""Terms: issues built from the openings known at a landmark, and what was agreed in the end.

The table holds no beliefs about reservation values, so one broad belief, stated here, stands for all of them.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.backtest.cases import Case
from forecast.backtest.model import play, scenario_of, seed_of
from forecast.talks.load import Talks
from forecast.talks.offers import is_side
from forecast.talks.read import Offer

if TYPE_CHECKING:
    from forecast.engine.arrays import PosteriorArrays

RESERVATION_SHARE, RESERVATION_SD = 0.6, 1.0
"""The belief about each side: its reservation value lies this share of the way from its opening to the other's, with
this standard deviation in shares of that way. The same for all talks, and chosen so that terms without any offer
spread as agreed values do, 5% to 95% at 0.02 to 0.98 of the way (sd 0.31): about Beta(0.8, 0.8). With the 0.35 of a
first version the spread was 0.15 to 0.85 (sd 0.21), and capitulations were missed."""
MEMBERS = 999
"""A forecast is kept as so many evenly spaced quantiles."""
LEAST_TRAINING = 5
"""Baselines need the errors of at least so many training cases."""


@dataclass(frozen=True)
class Terms:
    """One issue at a landmark. Shares count from the opening of the first side (0) to that of the second (1).

    Parameters
    ----------
    issue : str
    sides : tuple of str
        Two names.
    openings : tuple of float
        In the unit of the issue.
    latest : tuple of float
        Latest offers known, as shares.
    agreed : float
        What was agreed later, as a share.
    offers : tuple of (date, int, float)
        Day known, side 0 or 1, value; oldest first.
    """

    issue: str
    sides: tuple[str, str]
    openings: tuple[float, float]
    latest: tuple[float, float]
    agreed: float
    offers: tuple[tuple[dt.date, int, float], ...]


def terms_of(talks: Talks, case: Case) -> Terms | None:
    """Return the issue that can be scored at a landmark, None if there is none.

    Both openings must be known by then, differ, and the agreed value must be dated later; of several issues
    the one with most offers known. A date known to the month or the year counts from its last day.

    Parameters
    ----------
    talks : Talks
    case : Case

    Returns
    -------
    Terms or None
    """
    talk = talks.talk(case.talk)
    by_issue: dict[str, dict[str, list[Offer]]] = {}
    agreed: dict[str, Offer] = {}
    for offer in talks.offers[case.talk]:
        if offer.party == "agreed":
            agreed[offer.issue] = offer
        elif is_side(talk, offer.party) and known_from(offer) <= case.date:
            by_issue.setdefault(offer.issue, {}).setdefault(offer.party, []).append(offer)
    found = []
    for issue, sides in sorted(by_issue.items()):
        if issue not in agreed or agreed[issue].date <= case.date or len(sides) < 2:
            continue
        # Sides in order of their number of offers: a third one that spoke once is not the other pole.
        first, second = sorted(sides, key=lambda name: (-len(sides[name]), name))[:2]
        a, b = sides[first][0].value, sides[second][0].value
        if a != b:
            found.append((-sum(map(len, sides.values())), issue, first, second, a, b))
    if not found:
        return None
    _, issue, first, second, a, b = min(found)
    items = sorted(
        (known_from(offer), side, offer.value)
        for side, name in enumerate((first, second))
        for offer in by_issue[issue][name]
    )
    latest = [next(value for _, one, value in reversed(items) if one == side) for side in (0, 1)]
    way = b - a
    return Terms(
        issue,
        (first, second),
        (a, b),
        ((latest[0] - a) / way, (latest[1] - a) / way),
        (agreed[issue].value - a) / way,
        tuple(items),
    )


def known_from(offer: Offer) -> dt.date:
    """Return the day from which an offer was surely known: the last one that its date can mean."""
    if offer.precision == "year":
        return offer.date.replace(month=12, day=31)
    if offer.precision == "month":
        return offer.date.replace(day=calendar.monthrange(offer.date.year, offer.date.month)[1])
    return offer.date


def predict_terms(
    talks: Talks, case: Case, terms: Terms, arrays: PosteriorArrays, *, trials: int, seed: int
) -> np.ndarray:
    """Forecast the settlement of one issue, given that it closes.

    Parameters
    ----------
    talks : Talks
    case : Case
    terms : Terms
    arrays : PosteriorArrays
    trials, seed : int
        As for `model.predict`.

    Returns
    -------
    ndarray (member,)
        Quantiles of the settlement as shares, sorted; empty if it closes in no trial.
    """
    from forecast.scenario import Scenario

    scenario = Scenario.from_dict(with_issue(scenario_of(talks, case).to_dict(), terms), source=case.talk)
    out = play(scenario, arrays, trials, seed_of(seed, case.talk, case.landmark, terms.issue))
    value = out.settlement[:, 0].astype(float)
    closed = value[np.isfinite(value)]
    a, b = terms.openings
    if not len(closed):
        return closed
    return np.sort(np.quantile((closed - a) / (b - a), (np.arange(MEMBERS) + 0.5) / MEMBERS))


def with_issue(data: dict[str, Any], terms: Terms) -> dict[str, Any]:
    """Return plain data of a scenario with the two sides, the issue and its offers instead of the parties of the table.

    The weight of the beliefs is 0: they shape the terms and not the chance of a deal.
    """
    a, b = terms.openings
    sd = RESERVATION_SD * abs(b - a)
    means = (a + RESERVATION_SHARE * (b - a), b + RESERVATION_SHARE * (a - b))
    issue = {
        "name": terms.issue,
        "unit": "unit of the table",
        "opening": {"side_a": a, "side_b": b},
        "reservation": {
            side: {"normal": {"mean": mean, "sd": sd}}
            for side, mean in zip(("side_a", "side_b"), means, strict=True)
        },
    }
    history = [
        {key: value for key, value in item.items() if key != "absent"} for item in data.get("history") or []
    ]
    history += [
        {
            "date": day.isoformat(),
            "type": "offer",
            "issue": "terms",
            "party": ("side_a", "side_b")[side],
            "value": value,
        }
        for day, side, value in terms.offers
    ]
    return {
        **data,
        "parties": {"side_a": {"name": "Side A"}, "side_b": {"name": "Side B"}},
        "issues": {"terms": issue},
        "beliefs_weight": 0.0,
        "history": history,
    }


def offer_baselines(train: Sequence[Terms], test: Sequence[Terms]) -> dict[str, list[np.ndarray]]:
    """Forecast settlements by the offers on the table, each with the errors it made in training talks.

    Parameters
    ----------
    train, test : sequence of Terms

    Returns
    -------
    dict of str to list of ndarray (member,)
        ``midpoint`` and ``weighted_mean``; empty samples with fewer than `LEAST_TRAINING` training cases.
    """
    if len(train) < LEAST_TRAINING:
        return {name: [np.array([])] * len(test) for name in ("midpoint", "weighted_mean")}
    a, b = (np.array([terms.latest[side] for terms in train]) for side in (0, 1))
    agreed = np.array([terms.agreed for terms in train])
    way = b - a
    # Least squares of the agreed value on the two latest offers, weights summing to 1.
    best = float(way @ (agreed - a) / (way @ way)) if (way @ way) > 0 else 0.5
    out = {}
    for name, weight in (("midpoint", 0.5), ("weighted_mean", best)):
        errors = np.sort(agreed - (a + weight * way))
        out[name] = [errors + one.latest[0] + weight * (one.latest[1] - one.latest[0]) for one in test]
    return out
