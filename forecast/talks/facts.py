"""Counts of a table of talks, as its README prints them.

``python -m forecast.talks.facts [FOLDER]`` prints the block that the README of the shipped table holds between its
markers; a test compares the two, so that they cannot disagree.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from forecast.talks.attempts import build_attempts
from forecast.talks.coding import CANCELLED, CENSORED, HELD, POSTPONED
from forecast.talks.events import build_events
from forecast.talks.load import Talks
from forecast.talks.offers import build_offers
from forecast.vocabulary import CALIBRATED_KINDS, DOMAINS


def counts(talks: Talks) -> dict[str, str]:
    """Return what there is in a table, label -> number as printed.

    Parameters
    ----------
    talks : Talks
        With at least one attempt.

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> from forecast.talks import load_talks
    >>> counts(load_talks())["attempts"]
    '1,395 = 1,203 held + 192 lost'
    """
    a = build_attempts(talks)
    events, offers = build_events(talks, a), build_offers(talks)
    outcomes = Counter(talk.outcome for talk in talks)
    groups = Counter(frozenset(talk.parties) for talk in talks)
    same = [size for size in groups.values() if size > 1]
    conflicts = Counter(talk.conflict for talk in talks)
    held, lost = a.status == HELD, a.status != HELD
    first = min(talk.start or talk.announced or talk.end for talk in talks)
    last = max(talk.end for talk in talks)
    lags = a.end_lag_days[a.last & (a.ending == 3)]
    size = np.bincount(offers.series, minlength=len(offers.series_ids))
    kinds = ", ".join(f"{name} {int((events.kind == code).sum())}" for code, name in enumerate(CALIBRATED_KINDS))
    others = Counter(event.kind for items in talks.events.values() for event in items if event.type == "other")
    return {
        "talks": f"{len(talks):,}, {first.year} to {last.year}",
        "rows of rounds, events, offers": ", ".join(
            f"{sum(map(len, table.values())):,}" for table in (talks.rounds, talks.events, talks.offers)),
        "outcomes": ", ".join(f"{name} {outcomes[name]}" for name in
                              ("agreement", "partial", "collapse", "stall", "ongoing")),
        "lapses among them": str(sum(talk.ending == "lapse" for talk in talks)),
        "talks checked in full": str(sum(talk.checked for talk in talks)),
        "groups of identical parties": f"{len(same)}, holding {sum(same)} talks",
        "conflicts": f"{len(conflicts)}, the largest with {max(conflicts.values())} talks",
        "talks without any listed attempt": str(len(talks) - len(set(a.talk.tolist()))),
        "attempts": f"{len(a):,} = {held.sum():,} held + {lost.sum():,} lost",
        "unlisted postponements among them": str(int(a.unlisted.sum())),
        "lost rows after the deal, not kept": str(int((~a.kept).sum())),
        "attempts without a planned day": str(int((a.planned_day < 0).sum())),
        "held rounds without a last day": str(int((held & (a.end_day < 0)).sum())),
        "gaps": f"{(a.gap_days >= 0).sum()} in {len(set(a.talk[a.gap_days >= 0].tolist()))} talks",
        "slips of postponements, fresh gaps of cancellations":
            f"{(a.slip_days >= 0).sum()}, {(a.fresh_days >= 0).sum()}",
        "attempts with an absent principal": str(int(a.absent.sum())),
        "talks that end after a held, postponed, cancelled attempt": ", ".join(
            f"{100 * (a.last & (a.status == code) & (a.ending != CENSORED)).sum() / _at_risk(a, code):.1f}%"
            for code in (HELD, POSTPONED, CANCELLED)),
        "collapses on the day of an attempt or the next": f"{int((lags <= 1).sum())} of {len(lags)}",
        "talks with a deadline, not over before the start": ", ".join(
            str(sum(getattr(talk, name) is not None for talk in talks)) for name in ("deadline", "declared_deadline")),
        "disruptions by kind": kinds,
        "events of type other by hand": ", ".join(f"{name} {number}" for name, number in sorted(others.items())),
        "disruptions inside the talks, used for rates": f"{int(events.inside.sum())}, {int(events.used.sum())}",
        "series of offers; with 2 or more, 3 or more":
            f"{len(offers.series_ids)}; {(size >= 2).sum()}, {(size >= 3).sum()}",
        "points of concession": f"{int(offers.interior.sum())} in "
                                f"{len(set(offers.series[offers.interior].tolist()))} series of "
                                f"{len(set(offers.talk[offers.interior].tolist()))} talks",
    }


def _at_risk(a: object, code: int) -> int:
    """Kept attempts of a status whose sequel is known."""
    return int((a.kept & (a.status == code) & (a.ending != CENSORED)).sum())


def block(talks: Talks) -> str:
    """Return the Markdown block of a README: the counts, then talks and attempts by domain.

    Parameters
    ----------
    talks : Talks

    Returns
    -------
    str
        Two tables, ending in a line break.
    """
    a = build_attempts(talks)
    lines = ["| what | number |", "|---|---|"]
    lines += [f"| {label} | {number} |" for label, number in counts(talks).items()]
    lines += ["", "| domain of the law | talks | deals | attempts | lost |", "|---|---|---|---|---|"]
    for code, name in enumerate(DOMAINS):
        mine = [talk for talk in talks if talk.pooled == name]
        here = a.domain == code
        lost = int((here & (a.status != HELD)).sum())
        part = f" ({100 * lost / here.sum():.0f}%)" if here.any() else ""
        lines.append(f"| {name} | {len(mine)} | {sum(talk.deal for talk in mine)} | {int(here.sum())} | {lost}{part} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys

    from forecast.talks.load import load_talks

    print(block(load_talks(sys.argv[1] if len(sys.argv) > 1 else None)), end="")
