"""Planned stages of talks, with a go or no-go between them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from forecast.scenario.beliefs import Belief
from forecast.scenario.parts import Id, Many, Part, Text

MOST_STAGES = 20


class Stage(Part):
    """One stage, such as experts, envoys, ministers or leaders. Everything here is an analyst's judgement.

    Examples
    --------
    >>> Stage(name="experts", rounds=2, go=0.7).delay_days
    0
    """

    name: Id
    """Short name."""
    title: Text | None = None
    """Name shown; made from the short one when left out."""
    rounds: Annotated[int, Field(ge=1, le=64)] = 1
    """Rounds held in it before the go or no-go."""
    can_close: bool | None = None
    """Can the talks close in it? Only in the last stage when left out."""
    go: Belief | None = None
    """Probability of a go: a number, or a belief about it that is drawn once for the talks. Not for the last stage."""
    back: Id | None = None
    """Stage that the talks fall back to on a no-go: this one (default) or an earlier one."""
    delay_days: Annotated[int, Field(ge=0, le=3650)] = 0
    """Days that a no-go adds to the time until the next round."""
    effort: Annotated[float, Field(gt=0.0, le=100.0)] = 1.0
    """Effort of a round, times the usual: how much it brings the talks nearer to closing."""
    break_off: Annotated[float, Field(ge=-5.0, le=5.0)] = 0.0
    """Added to the log-odds of collapse and stall."""
    loss: Annotated[float, Field(ge=-5.0, le=5.0)] = 0.0
    """Added to the log-odds that an attempt is lost."""


Stages = Annotated[tuple[Stage, ...], Field(max_length=MOST_STAGES), Many]


def with_defaults(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """Return stages with titles, where they fall back to and whether talks can close in them.

    Examples
    --------
    >>> [stage.can_close for stage in with_defaults((Stage(name="experts", go=0.5), Stage(name="leaders")))]
    [False, True]
    """
    from forecast.vocabulary import label_of

    last = len(stages) - 1
    return tuple(stage.model_copy(update={
        "title": stage.title or label_of(stage.name), "back": stage.back or stage.name,
        "can_close": i == last if stage.can_close is None else stage.can_close}) for i, stage in enumerate(stages))
