"""The coding rules of the table of talks, in one place: vocabularies, types to kinds, pandemic window.

Everything that turns a cell of the table into a number of the law is stated here or in the two small files
made by hand beside the table (``other_events.csv``, ``absent_sides.csv``).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping

from forecast.vocabulary import CALIBRATED_KINDS, DOMAINS, MODES, STATUS, TABLE_DOMAINS, VIRTUAL_MODES

#: Integer of "not known" or "does not apply" in every column of days, modes and sides.
MISSING = -1

#: Words a table may use, by column.
WORDS: Mapping[str, tuple[str, ...]] = {
    "domain": tuple(TABLE_DOMAINS),
    "region": ("middle_east", "europe", "post_soviet", "africa", "asia", "americas", "global"),
    "mediator_type": ("none", "state", "igo", "ngo", "individual", "mixed"),
    "outcome": ("agreement", "partial", "collapse", "stall", "ongoing"),
    "status": ("held", "postponed", "cancelled", "broken_off"),
    "mode": MODES,
    "level": ("leader", "minister", "envoy", "technical"),
    "result": ("none", "progress", "setback", "partial", "agreement", "breakdown", "unknown"),
    "type": ("violence", "assassination", "military_strike", "walkout", "absence", "postponement",
             "cancellation", "leadership_change", "election", "domestic_veto", "leak", "cyber",
             "technical_failure", "sanctions", "deadline_extension", "pandemic", "mediator_change",
             "incident", "concession", "other"),
    "severity": ("1", "2", "3"),
    "precision": ("day", "month", "year"),
    "checked": ("yes", "no"),
}
#: Columns whose cell may be empty although they have a closed list of words.
MAY_BE_EMPTY = ("mode", "level", "precision")

#: What an event that is no disruption is coded as: the trace of another mechanism of the law.
TRACE = "trace"
#: What `technical_failure` and `cyber` are coded as: never fitted (two rows each).
SYSTEM = "system"
#: Type of an event in the table -> kind of the law, TRACE or SYSTEM. `other` goes by its note, by hand.
KIND_OF_TYPE: Mapping[str, str] = {
    "violence": "escalation", "assassination": "escalation", "military_strike": "escalation",
    "incident": "escalation",
    "walkout": "walkout_leak", "leak": "walkout_leak",
    "election": "political", "leadership_change": "political", "domestic_veto": "political",
    "sanctions": "political", "mediator_change": "political",
    "pandemic": "exogenous",
    "technical_failure": SYSTEM, "cyber": SYSTEM,
    "absence": TRACE, "postponement": TRACE, "cancellation": TRACE, "deadline_extension": TRACE,
    "concession": TRACE,
}
#: What `other_events.csv` may say of an event of type `other`.
OTHER_KINDS = (*CALIBRATED_KINDS, TRACE)

#: Tension: weight by severity, half-life in days, cap (DESIGN section 1).
TENSION_WEIGHTS = (0.5, 1.0, 2.0)
TENSION_HALF_LIFE = 30.0
TENSION_CAP = 3.0
#: A severity-3 event weighs on the loss of an attempt for this many days.
SEVERE_DAYS = 14
#: A deadline is far above this many days ahead, and here within `HERE_DAYS` of either side.
FAR_DAYS = 30
HERE_DAYS = 3
#: Rounds held at which a log gap has the mean of its domain.
GAP_ROUNDS = 3.0
#: The pause between two rounds that effort is measured against.
PAUSE_DAYS = 28.0
#: A collapse or stall that falls on the deadline or this many days after it is a lapse.
LAPSE_DAYS = 1
#: Attempts planned in this window were planned in the pandemic: from the declaration of the World Health
#: Organization (11 March 2020) to the end of the year in which video rounds were still common (2022).
PANDEMIC = (dt.date(2020, 3, 11), dt.date(2022, 12, 31))

#: In offers, these `party` values name no party.
NOT_A_PARTY = ("agreed", "mediator")

#: What became of the talks after an attempt.
CONTINUE, AGREEMENT, PARTIAL, COLLAPSE, STALL, CENSORED = range(6)
AFTER = ("continue", "agreement", "partial", "collapse", "stall", "censored")
AFTER_OF_OUTCOME: Mapping[str, int] = {
    "agreement": AGREEMENT, "partial": PARTIAL, "collapse": COLLAPSE, "stall": STALL, "ongoing": CENSORED,
}
DEAL_OUTCOMES = ("agreement", "partial")

HELD, POSTPONED, CANCELLED = (STATUS.index(name) for name in ("held", "postponed", "cancelled"))


def pooled_domain(domain: str) -> str:
    """Return the pooled domain of a domain of the table.

    Parameters
    ----------
    domain : str
        One of the eleven domains of the table, or a pooled one.

    Returns
    -------
    str
        One of the eight domains of the law: domains with a handful of talks are pooled, because
        they could not carry an effect of their own.

    Examples
    --------
    >>> pooled_domain("climate"), pooled_domain("trade")
    ('multilat_other', 'trade')
    """
    return TABLE_DOMAINS[domain]


def domain_code(domain: str) -> int:
    """Return the integer code of a domain of the table, 0 to 7.

    Examples
    --------
    >>> domain_code("nuclear_arms"), domain_code("sanctions")
    (0, 7)
    """
    return DOMAINS.index(TABLE_DOMAINS[domain])


def mode_code(mode: str) -> int:
    """Return the integer code of a mode, or `MISSING` when it is empty.

    Examples
    --------
    >>> mode_code("proximity"), mode_code("")
    (1, -1)
    """
    return MODES.index(mode) if mode else MISSING


def is_held(status: str, start: dt.date | None) -> bool:
    """Tell whether a row is a held round: `held`, or `broken_off` with a start.

    A round that was broken off was held until then. Without a start it never began.

    Examples
    --------
    >>> is_held("broken_off", dt.date(2014, 2, 1)), is_held("broken_off", None), is_held("postponed", None)
    (True, False, False)
    """
    return status == "held" or (status == "broken_off" and start is not None)


def status_code(status: str, start: dt.date | None) -> int:
    """Return 0 held, 1 postponed or 2 cancelled; a round broken off before it began was cancelled.

    Examples
    --------
    >>> status_code("held", None), status_code("postponed", None), status_code("broken_off", None)
    (0, 1, 2)
    """
    if is_held(status, start):
        return HELD
    return POSTPONED if status == "postponed" else CANCELLED


#: Other names of a party -> the one the table uses most, as keys.
SAME_NAME: Mapping[str, str] = {
    "us": "unitedstates", "usa": "unitedstates", "unitedstatesofamerica": "unitedstates", "america": "unitedstates",
    "uk": "unitedkingdom", "ukgovernment": "unitedkingdom", "britain": "unitedkingdom", "eu": "europeanunion",
    "dprk": "northkorea", "rok": "southkorea", "sovietunion": "russia", "ussr": "russia",
    "russianfederation": "russia", "prc": "china", "palestinianauthority": "plo", "drcongo": "drc",
    "democraticrepublicofthecongo": "drc",
}


def name_key(name: str) -> str:
    """Return what two spellings of a party's name have in common: letters and digits, without `Government of`.

    Examples
    --------
    >>> name_key("Government of DR Congo") == name_key("DRC"), name_key("U.S.") == name_key("United States")
    (True, True)
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().replace("_", " ")
    plain = re.sub(r"\(.*?\)", " ", plain)
    plain = re.sub(r"^\s*(the\s+)?(government of\s+)?(the\s+)?", "", plain)
    key = re.sub(r"[^a-z0-9]", "", plain) or name.strip().lower()
    return SAME_NAME.get(key, key)


def in_pandemic(day: dt.date) -> bool:
    """Tell whether a day lies in the pandemic window, both ends included.

    Examples
    --------
    >>> in_pandemic(dt.date(2020, 3, 11)), in_pandemic(dt.date(2019, 12, 31))
    (True, False)
    """
    return PANDEMIC[0] <= day <= PANDEMIC[1]


__all__ = [
    "AFTER", "AFTER_OF_OUTCOME", "CANCELLED", "CENSORED", "COLLAPSE", "CONTINUE", "DEAL_OUTCOMES", "FAR_DAYS",
    "GAP_ROUNDS", "HELD", "HERE_DAYS", "KIND_OF_TYPE", "LAPSE_DAYS", "MAY_BE_EMPTY", "MISSING", "NOT_A_PARTY",
    "OTHER_KINDS", "PANDEMIC", "PAUSE_DAYS", "POSTPONED", "SAME_NAME", "SEVERE_DAYS", "SYSTEM", "TENSION_CAP",
    "TENSION_HALF_LIFE",
    "TENSION_WEIGHTS", "TRACE", "VIRTUAL_MODES", "WORDS", "domain_code", "in_pandemic", "is_held",
    "mode_code", "name_key", "pooled_domain", "status_code",
]
