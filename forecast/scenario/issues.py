"""What the talks are about: issues, where parties stand and how far they are believed to go."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from forecast.scenario.beliefs import Belief
from forecast.scenario.parts import Id, Part, Position, Text

MOST_ISSUES = 40


class Issue(Part):
    """One issue measured by a number.

    Examples
    --------
    >>> Issue.model_validate({"opening": {"us": 20, "iran": 5}, "reservation": {"us": 12, "iran": 11}}).core
    True
    """

    name: Text | None = None
    """Name shown; made from the id when left out."""
    unit: Text | None = None
    """Unit of its numbers."""
    core: bool = True
    """Do the talks close only when this issue can?"""
    difficulty: Annotated[float, Field(gt=0.0, le=1000.0)] = 1.0
    """Share of the effort the issue takes, relative to the hardest core issue."""
    opening: Annotated[dict[Id, Position], Field(min_length=2)]
    """First position tabled, by party."""
    reservation: Annotated[dict[Id, Belief], Field(min_length=2)]
    """Belief about the last position acceptable, by party; cut at the opening."""
    wants: dict[Id, Literal["more", "less"]] = {}
    """Does the party want more or less of it? Of two parties, the higher opening wants more."""
    kappa: dict[Id, Belief] = {}
    """Exponent of concession by party, above 0; from the posterior for parties left out."""


Issues = Annotated[dict[Id, Issue], Field(max_length=MOST_ISSUES)]
