"""What a fit must pass, and what it learnt: convergence, effective sizes, contraction, roles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from forecast.errors import Problem
from forecast.posterior.layout import ABOVE_ONE, PARAMETERS, POSITIVE, SHARE, UNIT, Parameter

if TYPE_CHECKING:
    import xarray as xr

    from forecast.calibration.compat import Sample

MAX_RHAT = 1.01
MIN_ESS = 400
MAX_RHAT_EFFECT = 1.05
"""For effects of single talks or series: hundreds of them, none of which leaves the block."""
MIN_CONTRACTION = 0.3
"""Below this the prior speaks louder than the table."""
EFFECT_DIMS = ("talk", "series")

BY_JUDGEMENT = frozenset({
    "participation.mode_first_mediated", "outcome.zopa", "outcome.effort_virtual", "outcome.effort_mediated",
    "outcome.effort_absent", "offers.kappa_log_mean", "offers.kappa_log_sd", "disruption.novel_share",
    "disruption.novel_severity_share", "participation.retreat",
})
"""Marked prior-driven whatever their contraction: the table holds association or one clock among several, or the
data alone would push them to a bound, or failures are never recorded (the reasons are with the priors)."""


class Verdict(NamedTuple):
    """Outcome of the gates for one block.

    Parameters
    ----------
    problems : list of Problem
        Empty when all passed.
    rhat, ess_bulk, ess_tail : dict of str to float
        Worst element of each population parameter.
    """

    problems: list[Problem]
    rhat: dict[str, float]
    ess_bulk: dict[str, float]
    ess_tail: dict[str, float]


def judge(block: str, sample: Sample, diagnostics: Mapping[str, xr.Dataset]) -> Verdict:
    """Hold a fit to the gates.

    Parameters
    ----------
    block : str
    sample : Sample
    diagnostics : mapping of str to xr.Dataset
        ``rhat``, ``ess_bulk``, ``ess_tail`` of every variable, from `compat.diagnose`.

    Returns
    -------
    Verdict
        Population parameters and hyperparameters need R-hat <= 1.01 and effective sizes >= 400; effects of
        single talks need R-hat <= 1.05; there may be no divergence.
    """
    problems: list[Problem] = []
    worst: dict[str, dict[str, float]] = {"rhat": {}, "ess_bulk": {}, "ess_tail": {}}
    for name in map(str, sample.posterior.data_vars):
        figures = {key: _worst(diagnostics[key][name].values, key) for key in worst}
        effect = bool(set(EFFECT_DIMS) & set(sample.posterior[name].dims))
        limit = MAX_RHAT_EFFECT if effect else MAX_RHAT
        if not figures["rhat"] <= limit:
            problems.append(Problem(f"{block}.{name}", f"R-hat {figures['rhat']:.3f}", f"at most {limit}"))
        if effect:
            continue
        for key, value in figures.items():
            worst[key][name] = value
        for key in ("ess_bulk", "ess_tail"):
            if not figures[key] >= MIN_ESS:
                text = f"{key.replace('_', ' ')} {figures[key]:.0f}"
                problems.append(Problem(f"{block}.{name}", text, f"at least {MIN_ESS}", "more draws"))
    if sample.divergences:
        problems.append(Problem(block, f"{sample.divergences} divergent transitions", "none"))
    return Verdict(problems, worst["rhat"], worst["ess_bulk"], worst["ess_tail"])


def _worst(values: np.ndarray, key: str) -> float:
    """Return the worst of a figure; constant elements (NaN) say nothing."""
    known = values[np.isfinite(values)]
    if not known.size:
        return float("nan")
    return float(known.max() if key == "rhat" else known.min())


def on_scale(parameter: Parameter, values: np.ndarray) -> np.ndarray:
    """Put values on the scale where variances are compared: logs of positive numbers, log-odds of shares.

    On their own scale wide priors have a variance dominated by their tail, and everything would look learnt.

    Examples
    --------
    >>> on_scale(PARAMETERS["calendar.gap_sd"], np.array([1.0])).tolist()
    [0.0]
    """
    if parameter.support is POSITIVE:
        return np.log(values)
    if parameter.support is ABOVE_ONE:
        return np.log(values - 1.0)
    if parameter.support in (UNIT, SHARE):
        inside = np.clip(values, 1e-9, 1.0 - 1e-9)
        return np.log(inside) - np.log1p(-inside)
    return values


def contraction(parameter: Parameter, posterior: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Return 1 - posterior variance / prior variance, per element.

    Parameters
    ----------
    parameter : Parameter
    posterior, prior : ndarray, (draws, *shape)

    Returns
    -------
    ndarray, `parameter.shape`
        Near 1: the table decides; near 0: the prior does. Can be negative.
    """
    after = np.var(on_scale(parameter, posterior), axis=0)
    before = np.var(on_scale(parameter, prior), axis=0)
    return 1.0 - after / before


def role_of(parameter: Parameter, learnt: np.ndarray) -> str:
    """Return ``calibrated``, or ``prior-driven`` when the median element contracts less than 0.3 or by judgement."""
    if parameter.role == "stated":
        return "stated"
    if parameter.path in BY_JUDGEMENT or float(np.median(learnt)) < MIN_CONTRACTION:
        return "prior-driven"
    return "calibrated"


def count_rows(rows: NamedTuple, column: str) -> float:
    """Return how many observations inform a parameter.

    Parameters
    ----------
    rows : NamedTuple
        Rows of a block.
    column : str
        A table (``gap``), a column of it (``gap_near``: rows where it is not 0), or "" for none.

    Returns
    -------
    float
        Weighted count.
    """
    if not column:
        return 0.0
    if column == "cause_total":
        return float(np.sum(rows.cause_retreats + rows.cause_losses))
    table = re.match(r"[a-z]+", column)[0]
    weight = getattr(rows, f"{table}_weight")
    if column == table:
        return float(weight.sum())
    return float(weight[getattr(rows, column) != 0].sum())


def diagnostics_rows(block: str, rows: NamedTuple, informed_by: Mapping[str, tuple[str, str]], verdict: Verdict,
                     learnt: Mapping[str, np.ndarray]) -> dict[str, dict[str, Any]]:
    """Return the lines of the diagnostics table of one block, by ``group.name``."""
    table = {}
    for parameter in PARAMETERS.values():
        if parameter.group != block or parameter.name not in informed_by:
            continue
        text, column = informed_by[parameter.name]
        table[parameter.path] = {
            "informed_by": text, "n": count_rows(rows, column),
            "contraction": float(np.median(learnt[parameter.path])),
            "rhat": verdict.rhat[parameter.name], "ess_bulk": verdict.ess_bulk[parameter.name],
            "ess_tail": verdict.ess_tail[parameter.name],
        }
    return table
