"""What the talks are about: issues, where parties stand and how far they are believed to go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema, model_validator

from forecast.scenario.beliefs import Belief
from forecast.scenario.parts import Id, Part, Position, Text

MOST_ISSUES = 40
#: At 1 one side's reservation value would be known from the other's.
MOST_CORRELATION = 0.99
Opening = Annotated[Position, WithJsonSchema({"anyOf": [{"type": "number"}, {"enum": ["yes", "no"]}]})]
ANSWERS = {"yes": 1.0, "no": 0.0, True: 1.0, False: 0.0}


class Tactic(Part):
    """How a party concedes on the way from its opening to its reservation value (Faratin, Sierra & Jennings 1998).

    `polynomial`: share of the way = k + (1 - k) x^kappa; `exponential`: exp((1 - x)^(1 / kappa) ln k). Their beta is
    1 / kappa: kappa above 1 concedes late (Boulware), below 1 early (Conceder).

    Examples
    --------
    >>> Tactic(family="exponential", k=0.1).k
    0.1
    """

    family: Literal["polynomial", "exponential"] = "polynomial"
    """Family of the curve."""
    k: Annotated[float, Field(ge=0.0, lt=1.0)]
    """Share of the way conceded at once; above 0 for `exponential`."""


class Issue(Part):
    """One issue measured by a number, a share, or a yes or no.

    Examples
    --------
    >>> Issue.model_validate({"opening": {"us": 20, "iran": 5}, "reservation": {"us": 12, "iran": 11}}).core
    True
    >>> Issue.model_validate({"kind": "yes_no", "opening": {"us": "yes", "iran": "no"},
    ...                       "reservation": {"us": 0.2, "iran": 0.6}}).opening
    {'us': 1.0, 'iran': 0.0}
    """

    name: Text | None = None
    """Name shown; made from the id when left out."""
    kind: Literal["numeric", "yes_no", "share"] = "numeric"
    """`numeric`; `share`: between 0 and 1; `yes_no`: openings are yes or no, the settlement 1 or 0."""
    unit: Text | None = None
    """Unit of its numbers."""
    core: bool = True
    """Do the talks close only when this issue can?"""
    difficulty: Annotated[float, Field(gt=0.0, le=1000.0)] = 1.0
    """Share of the effort the issue takes, relative to the hardest core issue."""
    opening: Annotated[dict[Id, Opening], Field(min_length=2)]
    """First position tabled, by party; parties left out have no position. `yes` or `no` where the kind says so."""
    reservation: Annotated[dict[Id, Belief], Field(min_length=2)]
    """Belief about the last position acceptable, by party; cut at the opening. For `yes_no`: the probability that the
    party would accept the other answer in the end."""
    wants: dict[Id, Literal["more", "less"]] = {}
    """Does the party want more or less of it? Of two parties, the higher opening wants more."""
    kappa: dict[Id, Belief] = {}
    """Exponent of concession by party, above 0; from the posterior for parties left out."""
    tactic: dict[Id, Tactic] = {}
    """Tactic by party; polynomial with k = 0 for parties left out."""
    correlation: Annotated[float, Field(ge=-MOST_CORRELATION, le=MOST_CORRELATION)] = 0.0
    """Correlation of the beliefs about the two sides (Gaussian copula): above 0, both tend to be high together."""

    @model_validator(mode="before")
    @classmethod
    def _answers(cls, data: Any) -> Any:
        """Read yes and no where the issue is one."""
        if isinstance(data, Mapping) and data.get("kind") == "yes_no" and isinstance(data.get("opening"), Mapping):
            opening = {party: ANSWERS.get(value, value) if isinstance(value, (str, bool)) else value
                       for party, value in data["opening"].items()}
            return {**data, "opening": opening}
        return data


Issues = Annotated[dict[Id, Issue], Field(max_length=MOST_ISSUES)]
