"""What a finished sweep says: which lever to pull, how much one would regret it, what it is worth to know more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecast.errors import Problem, ScenarioError
from forecast.sweep.failures import refuse_incomplete
from forecast.sweep.statistics import NAMES

if TYPE_CHECKING:
    import xarray as xr

#: Resamples of the states for the interval of a value of information.
_RESAMPLES = 200
_LEVELS = (0.05, 0.95)


def measured(made: xr.Dataset, measure: str) -> xr.DataArray:
    """Return one number of every cell of a sweep.

    Parameters
    ----------
    made : xr.Dataset
        From :func:`forecast.sweep`.
    measure : str
        A variable, with a dot and a label where it has a further dim: ``deal``, ``next_round_held``,
        ``ends.collapse``, ``deal_by.58``, ``settlement_mean.wage``.

    Returns
    -------
    xr.DataArray
        Dims of the sweep; failed cells are NaN.

    Raises
    ------
    ScenarioError
        If there is no such number.
    """
    name, _, label = str(measure).partition(".")
    stem = name.removesuffix("_mc_error").removesuffix("_low").removesuffix("_high")
    further = {"ends": "ending", "deal_by": "by", "issue_closed": "issue", "downtime": "system",
               "system_trouble": "system"}.get(stem)
    if stem.startswith("settlement"):
        further = "issue"
    allowed = ", ".join(one + (".<label>" if one == "ends" else "") for one in NAMES if one in made)
    if name not in made.data_vars or name in ("error", "status") or bool(further) != bool(label):
        raise ScenarioError([Problem("measure", repr(measure), f"a variable of the sweep ({allowed}), with its label "
                                     "where it has one, such as ends.collapse")])
    if not further:
        return made[name]
    labels = [str(value) for value in made[further].values]
    if label not in labels:
        raise ScenarioError([Problem("measure", repr(measure), f"{name}. and one of {', '.join(labels)}")])
    return made[name].isel({further: labels.index(label)}, drop=True)


def roles(made: xr.Dataset) -> tuple[list[str], list[str]]:
    """Return the dims of a sweep that are levers (scenarios included), and those that are states of the world."""
    dims = [str(dim) for dim in made["status"].dims]
    levers = [dim for dim in dims if dim in made.coords and made[dim].attrs.get("role") in ("lever", "scenario")]
    return levers, [dim for dim in dims if dim not in levers]


def options_by_state(made: xr.Dataset, measure: str) -> tuple[NDArray, list[str], list[str], list[str]]:
    """Return a measure as a table of options by states.

    Returns
    -------
    values : ndarray, shape (option, state)
        States in which any option failed are left out.
    labels : list of str
        Of the options.
    levers, states : list of str
        Dims.

    Raises
    ------
    ScenarioError
        If cells are missing, or no state is left.
    """
    refuse_incomplete(made, "explain")
    levers, states = roles(made)
    array = measured(made, measure).transpose(*levers, *states)
    shape = array.shape
    count = int(np.prod(shape[:len(levers)], dtype=int))
    values = array.values.reshape(count, -1)
    labels = []
    for place in np.ndindex(*shape[:len(levers)]):
        labels.append(", ".join(_label(made, dim, at, len(levers) > 1) for dim, at in zip(levers, place, strict=True))
                      or "as stated")
    if not np.isfinite(values).all(axis=0).any():
        raise ScenarioError([Problem("sweep", f"no state in which every option has {measure}",
                                     "at least one cell of each option that did not fail")], "explain")
    return values, labels, levers, states


def _label(made: xr.Dataset, dim: str, at: int, with_name: bool) -> str:
    text = str(made[dim].values[at])
    return f"{dim.rsplit('.', 1)[-1]} {text}" if with_name else text


def regret(made: xr.Dataset, measure: str = "deal", *, lowest: bool = False) -> xr.Dataset:
    """Say, for every option, how far it falls short of the best one in each state of the world.

    Parameters
    ----------
    made : xr.Dataset
        From :func:`forecast.sweep`: the options are the combinations of its levers, the states those of its
        uncertainties. All of them were played on the same luck, so small differences count.
    measure : str, default "deal"
        What is wanted; see :func:`measured`.
    lowest : bool, default False
        The lowest value is the best (``ends.collapse``).

    Returns
    -------
    xr.Dataset
        Dim ``option``, best first by mean regret: ``value`` (mean over states), ``regret`` (mean), ``regret_low``,
        ``regret_high`` (5% and 95% of states), ``regret_max``, ``best`` (share of states in which it is the best) and
        ``mc_error`` of the value.

    Raises
    ------
    ScenarioError
        If there is no such measure, or cells are missing.

    Examples
    --------
    >>> import forecast as fc
    >>> swept = fc.sweep("us_iran_final_2026", {"parties.iran.present": [True, False]}, draws=20, trials=20, seed=1)
    >>> regret(swept, "next_round_on_time")["option"].values.tolist()
    ['True', 'False']
    """
    import xarray as xr

    values, labels, levers, states = options_by_state(made, measure)
    fine = np.isfinite(values).all(axis=0)
    sign = -1.0 if lowest else 1.0
    kept = sign * values[:, fine]
    best = kept.max(axis=0)
    short = best - kept
    low, high = np.quantile(short, _LEVELS, axis=1)
    error = np.full(kept.shape, np.nan)
    if measure.partition(".")[0] + "_mc_error" in made:
        error = measured(made, _error_of(measure)).transpose(*levers, *states).values.reshape(values.shape)[:, fine]
    order = np.argsort(short.mean(axis=1), kind="stable")
    unit = {"units": measured(made, measure).attrs.get("units", "1")}
    columns = {
        "value": (sign * kept.mean(axis=1), "mean over the states of the world"),
        "regret": (short.mean(axis=1), "mean shortfall from the best option of each state"),
        "regret_low": (low, "5% of states"), "regret_high": (high, "95% of states"),
        "regret_max": (short.max(axis=1), "largest shortfall of any state"),
        "best": ((short <= 1e-12).mean(axis=1), "share of states in which it is the best (ties count for all)"),
        "mc_error": (np.sqrt((error**2).mean(axis=1)), "Monte Carlo error of the value of a cell; differences between "
                     "options are surer, as they share their luck"),
    }
    return xr.Dataset(
        {name: ("option", array[order], {**unit, "long_name": words}) for name, (array, words) in columns.items()},
        {"option": ("option", np.array(labels, dtype=str)[order])},
        {**_about(made, measure), "lowest": int(lowest), "levers": json.dumps(levers), "states": int(fine.sum()),
         "states_left_out": int((~fine).sum())})


def _error_of(measure: str) -> str:
    name, dot, label = measure.partition(".")
    return f"{name}_mc_error{dot}{label}"


def _about(made: xr.Dataset, measure: str) -> dict[str, Any]:
    attrs = {key: made.attrs[key] for key in ("seed", "draws", "trials", "scenarios", "titles", "prior_driven",
                                              "posterior_kind") if key in made.attrs}
    return {"measure": measure, **attrs}


def value_of_information(made: xr.Dataset, measure: str = "deal", *, lowest: bool = False) -> xr.Dataset:
    """Say how much better one could choose if an uncertainty were known before choosing.

    Parameters
    ----------
    made : xr.Dataset
        From :func:`forecast.sweep`, with levers and uncertainties.
    measure : str, default "deal"
        What is wanted; see :func:`measured`.
    lowest : bool, default False
        The lowest value is the best.

    Returns
    -------
    xr.Dataset
        Dim ``uncertainty``: ``value`` (expected gain of the measure from knowing it, at least 0), ``low`` and
        ``high`` (5% and 95% over resampled states). Attribute ``perfect``: the gain from knowing all of them.

    Raises
    ------
    ScenarioError
        If the sweep has no levers to choose from or no uncertainties to know, or cells are missing.

    Notes
    -----
    ``E_u[max_a E(v_a | u)] - max_a E(v_a)``. Levels are averaged; for a sampled uncertainty the inner expectation is
    a regression of the measure on it (a cubic spline in its ranks), as in the reference.

    References
    ----------
    Strong, Oakley & Brennan (2014), Estimating multiparameter partial expected value of perfect information from a
    probabilistic sensitivity analysis sample, Medical Decision Making 34.

    Examples
    --------
    >>> import forecast as fc
    >>> swept = fc.sweep("us_iran_final_2026", {"parties.us.present": [True, False]},
    ...                  {"parties.us.delegate_authority": {"low": 0.1, "high": 0.9}}, samples=16, draws=10, trials=10,
    ...                  seed=1)
    >>> value_of_information(swept)["value"].values.shape
    (1,)
    """
    import xarray as xr

    values, _, levers, states = options_by_state(made, measure)
    names = uncertainty_names(made)
    problems = []
    if values.shape[0] < 2:
        problems.append(Problem("levers", "one option", "at least two to choose from"))
    if not names:
        problems.append(Problem("uncertainties", "none", "at least one whose value is not known"))
    if problems:
        raise ScenarioError(problems, "value_of_information")
    fine = np.isfinite(values).all(axis=0)
    kept = (-1.0 if lowest else 1.0) * values[:, fine]
    columns = state_columns(made, states)
    rng = np.random.default_rng(0)  # resampling only: the same sweep always gives the same interval
    rows = []
    for name in names:
        column = columns[name][fine]
        gain = _gain(kept, column)
        again = []
        for _ in range(_RESAMPLES):
            pick = rng.integers(0, kept.shape[1], kept.shape[1])
            again.append(_gain(kept[:, pick], column[pick]))
        rows.append((gain, *np.quantile(again, _LEVELS)))
    table = np.array(rows)
    order = np.argsort(-table[:, 0], kind="stable")
    perfect = float(kept.max(axis=0).mean() - kept.mean(axis=1).max())
    unit = {"units": measured(made, measure).attrs.get("units", "1")}
    return xr.Dataset(
        {name: ("uncertainty", table[order, i], {**unit, "long_name": words}) for i, (name, words) in enumerate((
            ("value", "expected gain from knowing it before choosing"), ("low", "5% over resampled states"),
            ("high", "95% over resampled states")))},
        {"uncertainty": ("uncertainty", np.array(names, dtype=str)[order])},
        {**_about(made, measure), "perfect": max(perfect, 0.0), "lowest": int(lowest), "levers": json.dumps(levers)})


def uncertainty_names(made: xr.Dataset) -> list[str]:
    """Return the names of the uncertainties of a sweep, those with a single value left out."""
    return [str(name) for name, coord in made.coords.items()
            if coord.attrs.get("role") == "uncertainty" and len(set(coord.values.tolist())) > 1]


def state_columns(made: xr.Dataset, states: list[str]) -> dict[str, NDArray]:
    """Return the value of every uncertainty in every state, in the order of the flattened state dims."""
    sizes = [made.sizes[dim] for dim in states]
    out = {}
    for name in uncertainty_names(made):
        coord = made[name]
        axis = states.index(str(coord.dims[0]))
        shape = [size if i == axis else 1 for i, size in enumerate(sizes)]
        out[name] = np.broadcast_to(coord.values.reshape(shape), sizes).reshape(-1)
    return out


def _gain(values: NDArray, column: NDArray) -> float:
    """Return the expected gain from knowing one uncertainty, values of shape (option, state)."""
    fitted = expected_given(values, column)
    gain = float(fitted.max(axis=0).mean() - fitted.mean(axis=1).max())
    return gain if gain > 1e-12 else 0.0


def expected_given(values: NDArray, column: NDArray) -> NDArray:
    """Return the expectation of every row of values given a column: means of levels, or a smooth curve.

    Parameters
    ----------
    values : ndarray, shape (option, state)
    column : ndarray, shape (state,)
        Text, truth values, or numbers.

    Returns
    -------
    ndarray, shape (option, state)

    Examples
    --------
    >>> expected_given(np.array([[1.0, 3.0, 10.0, 20.0]]), np.array(["a", "a", "b", "b"])).tolist()
    [[2.0, 2.0, 15.0, 15.0]]
    """
    levels, place = np.unique(column, return_inverse=True)
    if column.dtype.kind not in "if" or levels.size <= max(8, column.size // 10):
        count = np.bincount(place, minlength=levels.size)
        return np.stack([np.bincount(place, row, levels.size) / count for row in values])[:, place]
    ranks = (np.argsort(np.argsort(column, kind="stable"), kind="stable") + 0.5) / column.size
    basis = _spline(ranks, knots=3 if column.size >= 60 else 1 if column.size >= 25 else 0)
    weights, *_ = np.linalg.lstsq(basis, values.T, rcond=None)
    return (basis @ weights).T


def _spline(x: NDArray, knots: int) -> NDArray:
    """Return the basis of a natural cubic spline on [0, 1] with inner knots at even distances."""
    places = np.linspace(0.0, 1.0, knots + 2)

    def bend(k: float) -> NDArray:
        return (np.maximum(x - k, 0.0) ** 3 - np.maximum(x - places[-1], 0.0) ** 3) / max(places[-1] - k, 1e-12)

    last = bend(places[-2])
    return np.column_stack([np.ones_like(x), x, *(bend(k) - last for k in places[:-2])])
