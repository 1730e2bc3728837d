"""What comes after a deal: the votes it needs, and the phase in which it is put into practice."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from forecast.scenario.beliefs import Belief
from forecast.scenario.parts import Id, Many, Part, Text

MOST_VOTES = 20
MOST_TRANCHES = 100
LONGEST_WATCH = 3650
#: Rates are per year of this many days.
DAYS_A_YEAR = 365.25
CERTAIN_TO_PASS = Belief("point", {"value": 0.0})


class Vote(Part):
    """A vote that can stop the deal.

    Examples
    --------
    >>> Vote.model_validate({"party": "union", "veto": {"beta": {"a": 6, "b": 4}}, "days": 4}).then
    'end'
    """

    party: Id
    """Whose vote it is; a party may have several, one after another."""
    veto: Belief
    """Probability that this vote fails, in [0, 1]: a number or a belief, drawn once per trial."""
    then: Literal["resume", "end"] = "end"
    """When it fails: `end`, the deal is off; `resume`, the talks go on and a new deal is put to all votes again."""
    days: Belief
    """Days from the deal, or from the vote before, to this one: a number or a belief, 0 or more."""


class Tranche(Part):
    """A part of what is promised, released when the verifier finds the terms kept.

    Examples
    --------
    >>> Tranche(name="first", share=0.5, days=30.0).share
    0.5
    """

    name: Text
    """Name shown, one for each."""
    share: Annotated[float, Field(gt=0.0, le=1.0)]
    """Share of all that is promised."""
    days: Annotated[float, Field(ge=0.0, le=LONGEST_WATCH)]
    """Days from entry into force to the check that releases it."""


class Verifier(Part):
    """How often a check is wrong.

    Examples
    --------
    >>> str(Verifier().false_positive)
    '0'
    """

    false_positive: Belief = CERTAIN_TO_PASS
    """Probability of an alarm at a check although the terms are kept: a number or a belief."""
    false_negative: Belief = CERTAIN_TO_PASS
    """Probability of no alarm although they are broken: a number or a belief."""


class Implementation(Part):
    """The phase after entry into force: breach, checks, and tranches that depend on them.

    Examples
    --------
    >>> Implementation.model_validate({"horizon_days": 365, "tranches": [{"name": "all", "share": 1, "days": 90}]}
    ...                               ).on_alarm
    'suspend'
    """

    horizon_days: Annotated[int, Field(ge=1, le=LONGEST_WATCH)] = 365
    """Days from entry into force over which the deal is watched."""
    tranches: Annotated[tuple[Tranche, ...], Field(min_length=1, max_length=MOST_TRANCHES), Many]
    """What is released and when; the shares sum to at most 1."""
    verifier: Verifier = Verifier()
    """Who says whether the terms are kept; never wrong when left out."""
    breach: dict[Id, Belief] = {}
    """Rate of breaking the terms per year, by party: a number or a belief; parties left out keep them."""
    on_alarm: Literal["suspend", "end", "continue"] = "suspend"
    """`suspend`: the tranche waits for the next check without an alarm; `end`: the deal is off; `continue`: the
    tranche is lost and the later ones go on."""


Ratification = Annotated[tuple[Vote, ...], Field(max_length=MOST_VOTES), Many]
