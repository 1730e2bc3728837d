"""Which cells of a sweep failed, with the exact inputs of each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.errors import Problem, ScenarioError
from forecast.sweep.labelled import FAILED, OPEN

if TYPE_CHECKING:
    import xarray as xr


def failures(made: xr.Dataset) -> list[dict[str, Any]]:
    """List the cells of a sweep that failed, with the exact inputs of each.

    Parameters
    ----------
    made : xr.Dataset
        From :func:`sweep`.

    Returns
    -------
    list of dict
        ``cell`` (dim -> label or position), ``scenario`` (name), ``set`` (path -> value), ``seed, draws, trials``,
        ``type`` and ``message``.

    Examples
    --------
    >>> import forecast as fc
    >>> swept = fc.sweep("us_iran_final_2026", {"horizon_days": [30, 0]}, draws=5, trials=5, seed=1)
    >>> failures(swept)[0]["set"]
    {'horizon_days': 0}
    """
    status = made["status"]
    plan = json.loads(made.attrs["plan"])
    names = json.loads(made.attrs["scenarios"])
    out = []
    for place in zip(*np.nonzero(status.values == FAILED), strict=True):
        at = dict(zip(status.dims, (int(i) for i in place), strict=True))
        settings, number = {}, 0
        for axis in plan["axes"]:
            if axis["role"] == "scenario":
                number = at["scenario"]
            else:
                settings.update(axis["levels"][at[axis["name"]]]["set"])
        for one in plan["sampled"]:
            settings.update(_sampled_setting(made, one, at["sample"]))
        cell = {str(dim): made[dim].values[i].item() if dim in made.coords else i for dim, i in at.items()}
        told = json.loads(str(made["error"].values[place]) or "{}")
        out.append({"cell": cell, "scenario": names[number], "set": settings, "seed": made.attrs["seed"],
                    "draws": made.attrs["draws"], "trials": made.attrs["trials"], **told})
    return out


def _sampled_setting(made: xr.Dataset, one: dict[str, Any], sample: int) -> dict[str, Any]:
    value = made[one["name"]].values[sample].item()
    if "levels" in one:
        return next(level["set"] for level in one["levels"] if level["label"] == value)
    return {one["paths"][0]: value}


def cells_of(made: xr.Dataset) -> int:
    """Return the number of cells of a sweep."""
    return int(made["status"].size)


def refuse_incomplete(made: xr.Dataset, source: str) -> None:
    """Refuse a sweep with cells that have not been played.

    Raises
    ------
    ScenarioError
    """
    missing = int((made["status"].values == OPEN).sum())
    if missing:
        raise ScenarioError([Problem("sweep", f"{missing} of {cells_of(made)} cells are not played yet",
                                     "a finished sweep", "run it again with its store")], source)
