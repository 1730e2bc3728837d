"""The parts a summary is made of: small frozen records, each able to turn into JSON types."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from forecast.summary.estimate import Estimate, Quantity

PERCENTILES = (5, 25, 50, 75, 95)
WITHIN_DAYS = (1, 3, 7, 14, 30, 60)


@dataclass(frozen=True, slots=True)
class Times:
    """Days from as_of to an ending, over all trials with that ending.

    Parameters
    ----------
    p5, p25, p50, p75, p95 : float
        The smallest whole day by which that share of them has ended; NaN when `n` is 0.
    n : int
        Trials with the ending.
    median : Quantity
        The median day with its interval over draws.
    """

    p5: float
    p25: float
    p50: float
    p75: float
    p95: float
    n: int
    median: Quantity

    def to_dict(self) -> dict[str, float | int | None]:
        """Return ``{p5, p25, p50, p75, p95, n}``, None where nothing ended so."""
        out: dict[str, float | int | None] = {
            f"p{q}": (int(getattr(self, f"p{q}")) if self.n else None) for q in PERCENTILES}
        return {**out, "n": self.n}


@dataclass(frozen=True, slots=True)
class NextRound:
    """The first round held after as_of.

    Parameters
    ----------
    planned : date or None
        Its planned date, if the scenario has one.
    held : Estimate
        It is held before the talks end and within the horizon.
    on_time : Estimate or None
        The first attempt is held on its planned day; None without a plan.
    within_days : dict of int to Estimate
        It is held within so many days of as_of; NaN beyond the horizon.
    mode : dict of str to Estimate
        Its mode, given that it is held.
    status : dict of str to Estimate
        Fate of the first attempt (which may be lost and followed by another).
    cause : dict of str to Estimate
        What trouble at the first attempt is attributed to; `none` is no trouble. Empty if not recorded.
    day : Times
        The day it is held.
    """

    planned: dt.date | None
    held: Estimate
    on_time: Estimate | None
    within_days: dict[int, Estimate]
    mode: dict[str, Estimate]
    status: dict[str, Estimate]
    cause: dict[str, Estimate]
    day: Times

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return {
            "planned": self.planned.isoformat() if self.planned else None,
            "held": self.held.to_dict(),
            "on_time": self.on_time.to_dict() if self.on_time else None,
            "within_days": {str(days): made.to_dict() for days, made in self.within_days.items()},
            "mode": {name: made.to_dict() for name, made in self.mode.items()},
            "attempt": {name: made.to_dict() for name, made in self.status.items()},
            "cause": {name: made.to_dict() for name, made in self.cause.items()},
            "day": self.day.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class ByDate:
    """What has happened by a date: a deal, any ending.

    Parameters
    ----------
    date : date
    day : int
        Days from as_of.
    deal, ended : Estimate
    """

    date: dt.date
    day: int
    deal: Estimate
    ended: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return {"day": self.day, "deal": self.deal.to_dict(), "ended": self.ended.to_dict()}


@dataclass(frozen=True, slots=True)
class Settlement:
    """Terms on which one issue closes, given that it does.

    Parameters
    ----------
    name, unit : str
    closed : Estimate
        Probability that the issue closes within the horizon.
    mean, median : Quantity
        In the unit of the issue, with intervals over draws.
    quantiles : dict of str to float
        ``p5`` to ``p95`` over all trials in which it closes: beliefs, luck and parameters together.
    n : int
        Trials in which it closes.
    edges, share, low, high : list of float
        Histogram: edges of the classes, share of the closed trials in each and its interval over draws.
    openings : dict of str to float
        Opening positions by party id.
    """

    name: str
    unit: str
    closed: Estimate
    mean: Quantity
    median: Quantity
    quantiles: dict[str, float]
    n: int
    edges: list[float] = field(repr=False)
    share: list[float] = field(repr=False)
    low: list[float] = field(repr=False)
    high: list[float] = field(repr=False)
    openings: dict[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON types (the histogram is left to the data frame and the plots)."""
        return {
            "name": self.name, "unit": self.unit, "closed": self.closed.to_dict(), "mean": self.mean.to_dict(),
            "median": self.median.to_dict(),
            **{key: (value if self.n else None) for key, value in self.quantiles.items()}, "n": self.n,
        }


@dataclass(frozen=True, slots=True)
class Zopa:
    """The three probabilities that a zone of possible agreement exists.

    Parameters
    ----------
    talks : Estimate
        Of talks like these, from past talks.
    beliefs : Estimate or None
        By the stated reservation values; None when the scenario states none. It has no interval: it is
        a number the analyst implies.
    used : Estimate
        The two combined on the log-odds scale.
    weight : float
        Weight of the beliefs, in [0, 1].
    """

    talks: Estimate
    beliefs: Estimate | None
    used: Estimate
    weight: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return {"talks": self.talks.to_dict(), "beliefs": self.beliefs.to_dict() if self.beliefs else None,
                "used": self.used.to_dict(), "beliefs_weight": self.weight}


@dataclass(frozen=True, slots=True)
class Downtime:
    """Downtime of one technical system between as_of and the end of the talks.

    Parameters
    ----------
    name : str
    any : Estimate
        It is down at some time.
    days : Quantity
        Expected days of downtime.
    """

    name: str
    any: Estimate
    days: Quantity

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return {"name": self.name, "any": self.any.to_dict(), "days": self.days.to_dict()}


@dataclass(frozen=True, slots=True)
class Disruption:
    """Disruptions of one kind between as_of and the end of the talks.

    Parameters
    ----------
    name : str
    any : Estimate
        At least one.
    mean : Quantity
        Expected number.
    """

    name: str
    any: Estimate
    mean: Quantity

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return {"name": self.name, "any": self.any.to_dict(), "mean": self.mean.to_dict()}
