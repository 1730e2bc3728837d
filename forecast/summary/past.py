"""What the table of past talks says beside a forecast: the base rate and the nearest talks.

Both come from :mod:`forecast.talks` and are read only when somebody looks at them. A forecast stays
printable when the table is missing or damaged: the note then says so.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
from functools import lru_cache
from typing import Any

from forecast.errors import TalksError

SAMPLE_NOTE = "the table was collected to hold about half deals; its rate is not the world's"


def base_rate_of(scenario: dict[str, Any]) -> dict[str, Any]:
    """Return how often past talks ended in a deal.

    Parameters
    ----------
    scenario : dict
        Resolved scenario; its domain picks the second line.

    Returns
    -------
    dict
        ``deal`` {p, low, high, n, deals} over all ended talks of the table, with Wilson's 90% interval;
        ``domain`` the same within the pooled domain, with its name; ``note``.
    """
    return copy.deepcopy(_base_rate(str(scenario.get("domain", "other"))))


@lru_cache(maxsize=16)
def _base_rate(domain: str) -> dict[str, Any]:
    from forecast.vocabulary import TABLE_DOMAINS

    pooled = TABLE_DOMAINS.get(domain, "multilat_other")
    try:
        from forecast.talks import load_talks

        table = load_talks()
    except (TalksError, FileNotFoundError) as error:
        return {"deal": None, "domain": None, "note": f"not available: {str(error).splitlines()[0]}"}
    ended = [(talk.outcome in ("agreement", "partial"), TABLE_DOMAINS.get(talk.domain, "multilat_other"))
             for talk in table.talks if talk.outcome != "ongoing"]
    here = [deal for deal, where in ended if where == pooled]
    return {"deal": _share([deal for deal, _ in ended]), "domain": {"name": pooled, **_share(here)},
            "note": SAMPLE_NOTE}


def _share(hits: list[bool]) -> dict[str, Any]:
    """Return a share with Wilson's 90% interval."""
    n, deals = len(hits), sum(hits)
    if not n:
        return {"p": None, "low": None, "high": None, "n": 0, "deals": 0}
    z, p = 1.6448536269514722, deals / n
    middle, half = p + z * z / (2 * n), z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    scale = 1 + z * z / n
    return {"p": p, "low": (middle - half) / scale, "high": (middle + half) / scale, "n": n, "deals": deals}


def nearest_to(scenario: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the past talks most like these, nearest first.

    Parameters
    ----------
    scenario : dict
        Resolved scenario.

    Returns
    -------
    list of dict
        JSON types; empty when the table cannot be read.
    """
    return copy.deepcopy(_nearest(json.dumps(scenario, sort_keys=True, default=str)))


@lru_cache(maxsize=16)
def _nearest(text: str) -> list[dict[str, Any]]:
    try:
        from forecast.talks import load_talks, nearest
    except ImportError:
        return []
    try:
        found = nearest(load_talks(), json.loads(text))
    except (TalksError, FileNotFoundError):
        return []
    return [{key: value.isoformat() if isinstance(value, dt.date) else value for key, value in one.items()}
            for one in found]
