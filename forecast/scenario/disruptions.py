"""What may disrupt the talks: kinds, how often, how badly, and what is going on now."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from forecast.scenario.parts import Day, Id, Many, Part, Probability, Prose, Severity, Text

MOST_KINDS = 20
#: At 1 the events that one sets off, with those that these set off, would have no end.
MOST_BRANCHING = 0.95


class Recovery(Part):
    """Time until the talks have recovered from a disruption: none at all, or lognormal.

    Examples
    --------
    >>> Recovery(zero=0.4, median_days=10, gsd=2.5).median_days
    10.0
    """

    zero: Probability
    """Probability that the talks do not stop at all."""
    median_days: Annotated[float, Field(gt=0.0, le=3650.0)]
    """Median of the time otherwise, in days."""
    gsd: Annotated[float, Field(gt=1.0, le=100.0)]
    """Geometric standard deviation of the time otherwise."""


class Kind(Part):
    """One kind of disruption: a multiplier for a known one, the whole law for the scenario's own.

    Examples
    --------
    >>> Kind(rate_multiplier=2.0).rate_multiplier
    2.0
    """

    rate_multiplier: Annotated[float, Field(ge=0.0, le=100.0)] = 1.0
    """Known kinds only: times the calibrated rate; 0 switches the kind off."""
    name: Text | None = None
    """Own kinds: name shown."""
    rate_per_attempt: Annotated[float, Field(ge=0.0, le=20.0)] | None = None
    """Own kinds: expected number between two attempts."""
    severity: Annotated[tuple[Probability, Probability, Probability], Many] | None = None
    """Own kinds: probabilities of severity 1 (noted), 2 (delays the talks), 3 (stops or nearly stops them)."""
    recovery: Recovery | None = None
    """Own kinds: time until the talks have recovered."""


class ActiveNow(Part):
    """A disruption that is going on at `as_of`."""

    kind: Id
    """Kind of it."""
    severity: Severity
    """1 noted, 2 delays the talks, 3 stops or nearly stops them."""
    since: Day
    """First day of it, `as_of` or earlier."""
    note: Prose = ""
    """What it is."""


class Excitation(Part):
    """Escalations that set off further ones. Past talks do not support it: off unless stated, prior-driven when on.

    Examples
    --------
    >>> Excitation(branching=0.3, decay_days=7).branching
    0.3
    """

    branching: Annotated[float, Field(ge=0.0, le=MOST_BRANCHING)]
    """Mean number of events that one sets off directly, below 1."""
    decay_days: Annotated[float, Field(gt=0.0, le=365.0)]
    """Mean delay of those events, in days."""


class Disruptions(Part):
    """What may disrupt the talks."""

    kinds: Annotated[dict[Id, Kind], Field(max_length=MOST_KINDS)] = {}
    """Kinds that differ from the calibrated ones, by id, and the scenario's own."""
    active_now: Annotated[tuple[ActiveNow, ...], Field(max_length=100), Many] = ()
    """Disruptions going on at `as_of`; do not repeat them under `history`."""
    excitation: Excitation | None = None
    """Do escalations set off further ones? Off when left out."""
