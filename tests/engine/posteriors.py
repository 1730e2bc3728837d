"""Posteriors and scenarios made for one question: everything at the expert prior's mean but what a test sets."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

import numpy as np
import xarray as xr

from forecast.posterior import expert_prior
from forecast.posterior.layout import PARAMETERS
from forecast.posterior.tree import build_tree
from forecast.scenario import Scenario

AS_OF = dt.date(2026, 6, 19)
#: Log-odds of what should not happen (once in 10^11).
NEVER = -25.0
#: An sd too small to see.
NONE = 1e-9

#: Attempts are held, attended, in person and undisturbed, and follow each other within days; nothing breaks off.
QUIET = {
    "gap_log_mean": np.log(4.0), "gap_pace_sd": NONE, "gap_sd": NONE, "gap_wide_share": 0.0, "gap_near_deadline": 0.0,
    "gap_after_cancelled": 0.0, "slip_log_mean": np.log(2.0), "slip_sd": NONE, "slip_unlisted_share": 0.0,
    "length_zero": 1.0, "loss_logit": NEVER, "loss_sd": NONE, "loss_severe": 0.0, "loss_absent": 0.0,
    "loss_virtual": 0.0, "cancelled_logit": 0.0, "cancelled_absent": 0.0, "cancelled_severe": 0.0,
    "absent_logit": NEVER, "absent_sd": NONE, "mode_first_logit": [20.0, -20.0, -20.0, -20.0, -20.0, -20.0],
    "mode_stay": 1.0, "kind_rate": 1e-12, "novel_share": 1e-12, "effort_virtual": 0.0, "effort_mediated": 0.0,
    "effort_absent": 0.0, "effort_pause": 0.0, "gap_log_round": 0.0, "close_far": 0.0,
    "collapse_intercept": NEVER, "collapse_postponed": 0.0,
    "collapse_cancelled": 0.0, "collapse_tension": 0.0, "collapse_far": 0.0, "collapse_here": 0.0,
    "stall_intercept": NEVER, "stall_postponed": 0.0, "stall_cancelled": 0.0, "stall_far": 0.0,
    "stall_log_attempt": 0.0, "collapse_same_day": 1.0, "zopa": 1.0, "partial_share": 0.0,
}
#: Talks that close at the first round held.
CLOSES = {"close_log_scale": -20.0}
#: Talks that do not close.
STAYS_OPEN = {"close_log_scale": 25.0}


@cache
def _means() -> dict[str, np.ndarray]:
    """Return the mean of every parameter over the expert prior, by ``group.name``."""
    tree = expert_prior(1000)
    return {path: tree[p.group][p.name].mean("draw").values for path, p in PARAMETERS.items()}


def fixed_posterior(*, rows: int = 1, **overrides: Any) -> xr.DataTree:
    """Build a valid posterior of `rows` equal rows: means of the expert prior, and what is overridden.

    Parameters
    ----------
    rows : int
        Number of draws.
    **overrides
        By name of the parameter (without its group): a number, or an array that broadcasts to its shape, or to
        (rows, *shape) to differ between rows.
    """
    names = {p.name: path for path, p in PARAMETERS.items()}
    unknown = set(overrides) - set(names)
    assert not unknown, f"no such parameters: {unknown}"
    values = {}
    for path, parameter in PARAMETERS.items():
        shape = (rows, *parameter.shape)
        value = np.asarray(overrides.get(parameter.name, _means()[path]), dtype=np.float64)
        if value.ndim == 1 and value.shape != parameter.shape and value.shape == (rows,):
            value = value.reshape(rows, *(1 for _ in parameter.shape))
        values[path] = np.broadcast_to(value, shape).copy()
    return build_tree(values, kind="prior", data_hash="made for a test")


def quiet(*, rows: int = 1, **overrides: Any) -> xr.DataTree:
    """Return the posterior of quiet talks (`QUIET`), with overrides."""
    return fixed_posterior(rows=rows, **{**QUIET, **overrides})


def day(days: int) -> str:
    """Return the date `days` after the as-of date, as files write it."""
    return (AS_OF + dt.timedelta(days=days)).isoformat()


def talks(**fields: Any) -> Scenario:
    """Return a scenario of two parties without anything else, and the given top-level fields."""
    data: dict[str, Any] = {"as_of": AS_OF.isoformat(), "domain": "interstate", "parties": {"east": {}, "west": {}}}
    return Scenario.from_dict({**data, **fields})


def held(end: int, *, start: int | None = None, **fields: Any) -> dict[str, Any]:
    """Return the item of a round held until `end` days from the as-of date (0 or negative)."""
    start = end if start is None else start
    return {"date": day(end), "type": "attempt", "status": "held", "start": day(start), "end": day(end), **fields}


def lost(planned: int, status: str = "postponed", *, known: int | None = None, **fields: Any) -> dict[str, Any]:
    """Return the item of an attempt lost."""
    return {"date": day(planned if known is None else known), "type": "attempt", "status": status,
            "planned": day(planned), **fields}


def issue(east: Any, west: Any, *, opening: tuple[float, float] = (20.0, 5.0), **fields: Any) -> dict[str, Any]:
    """Return an issue of which east (opening high) wants more and west less."""
    return {"opening": {"east": opening[0], "west": opening[1]}, "reservation": {"east": east, "west": west}, **fields}


def normal(mean: float, sd: float) -> dict[str, Any]:
    """Return a normal belief."""
    return {"normal": {"mean": mean, "sd": sd}}
