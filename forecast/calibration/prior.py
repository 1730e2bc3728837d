"""Draws from the priors of the five models, in the layout of a posterior."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecast.calibration import compat
from forecast.calibration.fit import BLOCKS, REPORT_RIGHT, build_model
from forecast.calibration.tables import all_rows
from forecast.posterior.layout import PARAMETERS
from forecast.posterior.tree import build_tree
from forecast.talks.load import Talks

if TYPE_CHECKING:
    import xarray as xr


def prior_tree(talks: Talks, *, draws: int = 400, seed: int = 1) -> xr.DataTree:
    """Draw from the priors of the models.

    Parameters
    ----------
    talks : Talks
        Only their number matters.
    draws : int, default 400
    seed : int, default 1

    Returns
    -------
    xr.DataTree
        ``attrs["kind"]`` is ``prior``. Not the expert prior: these are the wide priors that the table then narrows.
        Draws outside the layout's bounds (a log mean beyond 30) are left out and replaced; one in thousands.
    """
    rows = all_rows(talks)
    wanted = draws + 20 + draws // 50
    values = {}
    for number, block in enumerate(BLOCKS):
        model = build_model(block, rows[block])
        names = [p.name for p in PARAMETERS.values() if p.group == block and p.name in model.named_vars]
        drawn = compat.sample_prior(model, names, wanted, seed + number)
        values.update({f"{block}.{name}": np.asarray(drawn[name], dtype=float) for name in names})
    inside = np.ones(wanted, dtype=bool)
    for path, array in values.items():
        inside &= PARAMETERS[path].support.contains(array).reshape(wanted, -1).all(axis=1)
    kept = np.flatnonzero(inside)[:draws]
    values = {path: array[kept] for path, array in values.items()}
    values["participation.report_right"] = np.full(len(kept), REPORT_RIGHT)
    return build_tree(values, kind="prior", data_hash="", created="drawn from the priors of calibration")
