"""What an analyst has at a landmark, as numbers: the information of the fitted baselines."""

from __future__ import annotations

import math

import numpy as np

from forecast.backtest.cases import Case
from forecast.backtest.words import LANDMARKS
from forecast.talks.at import known_by
from forecast.talks.attempts import attempts_of, disruptions, severe_at, tension_at
from forecast.talks.coding import CANCELLED, FAR_DAYS, HELD, HERE_DAYS, in_pandemic
from forecast.talks.load import Talks
from forecast.vocabulary import DOMAINS, VIRTUAL_MODES

_NUMBERS = (
    "attempts",
    "rounds_held",
    "lost_share",
    "last_postponed",
    "last_cancelled",
    "absences",
    "last_absent",
    "virtual",
    "not_in_person",
    "days_running",
    "days_silent",
    "pace",
    "tension",
    "severe",
    "disruptions",
    "deadline",
    "deadline_far",
    "deadline_near",
    "deadline_here",
    "deadline_past",
    "deadline_days",
    "mediated",
    "parties",
    "pandemic",
    "year",
)
FEATURES = (*_NUMBERS, *(f"domain_{name}" for name in DOMAINS), *(f"at_{name}" for name in LANDMARKS))
"""Names of the columns, in order."""


def features_of(talks: Talks, case: Case) -> np.ndarray:
    """Return the features of one case, from a copy of the table that ends at the landmark.

    Parameters
    ----------
    talks : Talks
    case : Case

    Returns
    -------
    ndarray (feature,)
        In the order of `FEATURES`; counts and days as log(1 + x).

    Examples
    --------
    >>> from forecast.backtest.cases import cases_of
    >>> from forecast.talks import load_talks
    >>> talks = load_talks().subset(["us_iran_2025"])
    >>> row = features_of(talks, cases_of(talks, ["attempt_3"])[0])
    >>> round(float(np.expm1(row[FEATURES.index("rounds_held")])))
    3
    """
    known = known_by(talks, case.talk, case.date)
    talk = known.talk(case.talk)
    found = attempts_of(talk, known.rounds[case.talk])
    events = disruptions(known, case.talk)
    today = case.date.toordinal()
    days = [day.toordinal() for item in found if (day := item["planned"] or item["start"] or item["end"])]
    held = [item for item in found if item["status"] == HELD]
    last = found[-1] if found else None
    over = [day.toordinal() for item in found if (day := item["end"] or item["start"] or item["planned"])]
    gaps = np.diff(sorted(days)) if len(days) > 1 else np.array([])
    limit = talk.declared_deadline
    ahead = limit.toordinal() - today if limit is not None else 0
    modes = [item["mode"] for item in held if item["mode"]]
    numbers = {
        "attempts": math.log1p(len(found)),
        "rounds_held": math.log1p(len(held)),
        "lost_share": (len(found) - len(held)) / len(found) if found else 0.0,
        "last_postponed": bool(last and last["status"] not in (HELD, CANCELLED)),
        "last_cancelled": bool(last and last["status"] == CANCELLED),
        "absences": sum(bool(item["absent"]) for item in found),
        "last_absent": bool(last and last["absent"]),
        "virtual": bool(modes and modes[-1] in VIRTUAL_MODES),
        "not_in_person": bool(modes and modes[-1] != "in_person"),
        "days_running": math.log1p(today - min(days)) if days else 0.0,
        "days_silent": math.log1p(max(0, today - max(over))) if over else 0.0,
        "pace": float(np.log1p(gaps).mean()) if len(gaps) else math.log1p(28),
        "tension": tension_at(today + 1, events),
        "severe": severe_at(today + 1, events),
        "disruptions": len(events),
        "deadline": limit is not None,
        "deadline_far": limit is not None and ahead > FAR_DAYS,
        "deadline_near": limit is not None and 0 <= ahead <= FAR_DAYS,
        "deadline_here": limit is not None and abs(ahead) <= HERE_DAYS,
        "deadline_past": limit is not None and ahead < 0,
        "deadline_days": math.copysign(math.log1p(abs(ahead)), ahead),
        "mediated": talk.mediated,
        "parties": math.log(len(talk.parties)),
        "pandemic": in_pandemic(case.date),
        "year": (case.date.year - 2000) / 20,
    }
    row = [float(numbers[name]) for name in _NUMBERS]
    row += [float(case.domain == name) for name in DOMAINS]
    return np.array(row + [float(case.landmark == name) for name in LANDMARKS])
