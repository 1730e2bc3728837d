"""Turn mechanisms of the law off, one at a time and without refitting, to see what each is worth in a forecast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.posterior.layout import COORDS, PARAMETERS

if TYPE_CHECKING:
    from forecast.engine.arrays import PosteriorArrays

NOTHING = 1e-9
"""Stands for 0 where the law needs a positive number."""
Values = dict[str, np.ndarray]


@dataclass(frozen=True)
class Ablation:
    """One mechanism turned off.

    Parameters
    ----------
    sentence : str
        What is off.
    change : callable or None
        Takes and returns the values of a posterior, by path.
    alter : callable or None
        Takes and returns the plain data of a scenario.
    refit : tuple of str
        Columns of the table of the outcome block that are zeroed before it is fitted again: what is left may then
        take over what the mechanism explained. Empty: nothing is refitted.
    """

    sentence: str
    change: Callable[[Values], Values] | None = None
    alter: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    refit: tuple[str, ...] = ()


def _set(value: float, *paths: str) -> Callable[[Values], Values]:
    return lambda values: {**values, **{path: np.full_like(values[path], value) for path in paths}}


def _without_history(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != "history"}


def _without_events(data: dict[str, Any]) -> dict[str, Any]:
    history = [item for item in data.get("history") or [] if item["type"] != "disruption"]
    return {**data, "history": history}


def without_kind(kind: str, novel: bool) -> Ablation:
    """Leave one kind of disruption out of rates and history, with or without room for a novel one.

    Parameters
    ----------
    kind : str
        A calibrated kind.
    novel : bool
        Whether the stated share of novel events stays.

    Returns
    -------
    Ablation
    """
    place = COORDS["kind"].index(kind)

    def change(values: Values) -> Values:
        rates = values["disruption.kind_rate"].copy()
        rates[:, place] = NOTHING
        out = {**values, "disruption.kind_rate": rates}
        return (
            out
            if novel
            else {**out, "disruption.novel_share": np.full_like(values["disruption.novel_share"], NOTHING)}
        )

    def alter(data: dict[str, Any]) -> dict[str, Any]:
        history = [
            item for item in data.get("history") or [] if item["type"] != "disruption" or item["kind"] != kind
        ]
        return {**data, "history": history}

    return Ablation(f"no {kind} events, {'with' if novel else 'without'} the novel kind", change, alter)


#: Name -> mechanism. Technical systems are not among them: past talks are forecast without any.
ABLATIONS: dict[str, Ablation] = {
    "tension": Ablation("tension does not raise collapses", _set(0.0, "outcome.collapse_tension")),
    "deadline": Ablation(
        "deadlines move neither gaps nor closing nor break-off",
        _set(
            0.0,
            "outcome.close_far",
            "outcome.collapse_far",
            "outcome.collapse_here",
            "outcome.stall_far",
            "calendar.gap_near_deadline",
        ),
    ),
    "rounds": Ablation("gaps do not change with the rounds held", _set(0.0, "calendar.gap_log_round")),
    "pause": Ablation("the pause before a round does not change its effort", _set(0.0, "outcome.effort_pause")),
    "pace": Ablation("all talks of a domain share one pace", _set(NOTHING, "calendar.gap_pace_sd")),
    "absence": Ablation(
        "absent principals change nothing",
        _set(0.0, "calendar.loss_absent", "calendar.cancelled_absent", "outcome.effort_absent"),
    ),
    "losses": Ablation(
        "lost attempts do not raise break-off",
        _set(
            0.0,
            "outcome.collapse_postponed",
            "outcome.collapse_cancelled",
            "outcome.stall_postponed",
            "outcome.stall_cancelled",
        ),
    ),
    "disruptions": Ablation(
        "no disruptions, past or to come",
        _set(NOTHING, "disruption.kind_rate", "disruption.novel_share"),
        _without_events,
    ),
    "deadline_refitted": Ablation(
        "deadlines move neither closing nor break-off; both refitted",
        _set(0.0, "outcome.close_far", "outcome.collapse_far", "outcome.collapse_here", "outcome.stall_far"),
        refit=("held_far", "try_far", "try_here"),
    ),
    "history": Ablation("the history of the talks is not told", None, _without_history),
    **{
        f"without_{kind}{'' if novel else '_nor_novel'}": without_kind(kind, novel)
        for kind in COORDS["kind"]
        for novel in (True, False)
    },
}

# The same off, and closing and break-off fitted without it; deadlines have other terms than their ablation above.
for _name, _columns in {
    "tension": ("try_tension",), "losses": ("try_postponed", "try_cancelled"), "pause": ("held_pause",),
}.items():
    ABLATIONS[f"{_name}_refitted"] = replace(
        ABLATIONS[_name], sentence=f"{ABLATIONS[_name].sentence}; closing and break-off refitted", refit=_columns)


def ablated(arrays: PosteriorArrays, ablation: Ablation) -> PosteriorArrays:
    """Return draws with a mechanism turned off.

    Parameters
    ----------
    arrays : PosteriorArrays
    ablation : Ablation

    Returns
    -------
    PosteriorArrays
        `arrays` itself if the ablation only alters scenarios.
    """
    from forecast.engine.arrays import PosteriorArrays

    if ablation.change is None:
        return arrays
    by_path = {path: arrays.values[one.name] for path, one in PARAMETERS.items()}
    changed = ablation.change(by_path)
    return PosteriorArrays(
        arrays.rows, {one.name: changed[path] for path, one in PARAMETERS.items()}, arrays.attrs
    )


def with_outcome(arrays: PosteriorArrays, outcome: Values) -> PosteriorArrays:
    """Return draws whose outcome block is that of another fit.

    Parameters
    ----------
    arrays : PosteriorArrays
    outcome : dict of str to ndarray, shape (1000, ...)
        By path, as `refit.refit_outcome` returns them.

    Returns
    -------
    PosteriorArrays
        The same rows of both.
    """
    from forecast.engine.arrays import PosteriorArrays

    values = dict(arrays.values)
    for path, drawn in outcome.items():
        values[PARAMETERS[path].name] = drawn[arrays.rows % len(drawn)]
    return PosteriorArrays(arrays.rows, values, arrays.attrs)
