"""What the table of past talks says beside a forecast: the base rate and the nearest talks.

Only talks that had ended before the forecast's as_of count. They are read when somebody looks at them; a
forecast stays printable when the table is missing or damaged, and the note then says so.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from forecast.errors import TalksError

if TYPE_CHECKING:
    from forecast.talks import Talks

NEAREST = 5


@lru_cache(maxsize=1)
def _table() -> Talks:
    """Return the shipped table; read once a process."""
    from forecast.talks import load_talks

    return load_talks()


def base_rate_of(scenario: dict[str, Any]) -> dict[str, Any]:
    """Return how often past talks ended in a deal.

    Parameters
    ----------
    scenario : dict
        Resolved scenario; its domain picks the second line.

    Returns
    -------
    dict
        ``p, low, high, n, deals`` over all talks of the table that had ended before as_of (Wilson's 90%
        interval), again as ``deal``; ``endings``; ``domain`` the same of the pooled domain; ``note``. With a
        table that cannot be read, ``p`` and ``deal`` are None and the note says why.
    """
    return copy.deepcopy(_base_rate(str(scenario.get("domain", "other")), str(scenario["as_of"])))


@lru_cache(maxsize=16)
def _base_rate(domain: str, as_of: str) -> dict[str, Any]:
    from forecast.talks import base_rate

    try:
        rate = base_rate(_table(), domain, before=dt.date.fromisoformat(as_of))
    except (TalksError, FileNotFoundError) as error:
        return {"p": None, "low": None, "high": None, "n": 0, "deals": 0, "deal": None, "domain": None,
                "note": f"not available: {str(error).splitlines()[0]}"}
    return {**rate["deal"], **rate}


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
    from forecast.talks import nearest

    try:
        return list(nearest(_table(), json.loads(text), n=NEAREST).rows)
    except (TalksError, FileNotFoundError):
        return []
