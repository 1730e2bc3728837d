"""What moves a forecast: Sobol indices of the uncertainties, and a tornado of one field at a time."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from forecast.errors import Problem, ScenarioError
from forecast.sweep.explain import expected_given, measured, roles, state_columns, uncertainty_names
from forecast.sweep.failures import refuse_incomplete
from forecast.sweep.run import sweep
from forecast.sweep.tornado import Tornado, make_tornado

if TYPE_CHECKING:
    import xarray as xr

DEFAULT_MEASURES = ("deal", "next_round_held", "ends.collapse", "end_day")
CONFIDENCE = 0.9


def sensitivity(
    scenario: Any,
    uncertainties: Mapping[str, Any] | None = None,
    *,
    levers: Mapping[str, Any] | None = None,
    method: Literal["sobol", "tornado"] = "sobol",
    measure: str | Sequence[str] | None = None,
    samples: int = 64,
    draws: int = 200,
    trials: int = 100,
    seed: int | None = None,
    posterior: xr.DataTree | str | os.PathLike[str] | None = None,
    by: Any = None,
    executor: Any = None,
    store: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> xr.Dataset | Tornado:
    """Say which uncertainties move a forecast, and how much.

    Parameters
    ----------
    scenario : Scenario, name, path, or a finished sweep
        A sweep with ``design="saltelli"`` gives Sobol indices; any other sampled or crossed sweep gives first-order
        indices from the cells it has.
    uncertainties : mapping, optional
        As for :func:`forecast.sweep`; required unless a sweep is given. A tornado also takes levers here or there.
    levers : mapping, optional
        With "sobol": indices are given for every combination of them.
    method : {"sobol", "tornado"}
        Shares of the variance of the measure over all uncertainties together; or one field at a time, between its 5%
        and 95% (or its worst and best level), in paired differences.
    measure : str or sequence of str, optional
        See :func:`forecast.sweep.explain.measured`; several with "sobol". A tornado takes one key of a comparison,
        such as ``deal`` or ``next_round.on_time``; ``deal`` by default.
    samples : int
        Groups of ``uncertainties + 2`` cells, a power of 2 ("sobol").
    draws, trials, seed, posterior, by, executor, store, threads, progress
        As for :func:`forecast.sweep`; a tornado needs neither executor nor store.

    Returns
    -------
    xr.Dataset or Tornado
        Dataset with dims ``measure, uncertainty`` (and the levers): ``first``, ``total`` with ``_low`` and ``_high``
        (90% over resampled cells), ``spread`` (standard deviation of the measure over the samples) and ``noise`` (the
        most that Monte Carlo error can make of its variance, as a share; cells share their luck, so it is less).

    Raises
    ------
    ScenarioError
        If something asked for cannot be used.

    Examples
    --------
    >>> made = sensitivity("us_iran_final_2026", {"parties.us.delegate_authority": {"low": 0.1, "high": 0.9},
    ...                    "beliefs_weight": {"low": 0.0, "high": 1.0}}, measure="deal", samples=8, draws=20,
    ...                    trials=20, seed=1)
    >>> made["total"].dims
    ('measure', 'uncertainty')
    """
    if hasattr(scenario, "data_vars"):
        return indices(scenario, _measures(measure, scenario))
    if not uncertainties and not (method == "tornado" and levers):
        raise ScenarioError([Problem("uncertainties", "none", "at least one field with a distribution or levels")],
                            "sensitivity")
    if method == "tornado":
        if measure is not None and not isinstance(measure, str):
            raise ScenarioError([Problem("measure", repr(measure), "one measure with method='tornado'")], "sensitivity")
        return make_tornado(scenario, {**(levers or {}), **(uncertainties or {})}, key=measure or "deal", draws=draws,
                            trials=trials, seed=seed, posterior=posterior, by=by, threads=threads, progress=progress)
    if method != "sobol":
        raise ScenarioError([Problem("method", repr(method), "'sobol' or 'tornado'")], "sensitivity")
    swept = sweep(scenario, levers, uncertainties, design="saltelli", samples=samples, draws=draws, trials=trials,
                  seed=seed, posterior=posterior, by=by, executor=executor, store=store, threads=threads,
                  progress=progress)
    return indices(swept, _measures(measure, swept))


def _measures(measure: str | Sequence[str] | None, made: xr.Dataset) -> list[str]:
    if measure is None:
        return list(DEFAULT_MEASURES)
    names = [measure] if isinstance(measure, str) else list(measure)
    for name in names:
        measured(made, name)
    return names


def indices(made: xr.Dataset, measures: list[str]) -> xr.Dataset:
    """Return the indices of a finished sweep; see :func:`sensitivity`."""
    import xarray as xr

    refuse_incomplete(made, "sensitivity")
    levers, states = roles(made)
    names = uncertainty_names(made)
    if not names:
        raise ScenarioError([Problem("sweep", "no uncertainties", "a sweep over at least one")], "sensitivity")
    sizes = [made.sizes[dim] for dim in levers]
    saltelli = made.attrs["design"] == "saltelli"
    if saltelli:
        names = [str(name) for name, coord in made.coords.items() if coord.attrs.get("role") == "uncertainty"]
        order = [one["name"] for one in json.loads(made.attrs["plan"])["sampled"]]
        names = sorted(names, key=order.index)
    columns = state_columns(made, states) if not saltelli else {}
    shape = (len(measures), len(names), *sizes)
    kept = {name: np.full(shape, np.nan) for name in ("first", "first_low", "first_high", "total", "total_low",
                                                      "total_high")}
    spread, noise = np.full((len(measures), *sizes), np.nan), np.full((len(measures), *sizes), np.nan)
    left_out = 0
    for m, name in enumerate(measures):
        values = measured(made, name).transpose(*levers, *states).values.reshape(*sizes, -1)
        error = _error(made, name, levers, states, values.shape)
        for place in np.ndindex(*sizes):
            y = values[place]
            found, used = (_sobol(y, len(names), int(made.attrs["seed"])) if saltelli
                           else _from_cells(y, [columns[one] for one in names]))
            left_out = max(left_out, int((~used).sum()))
            for key, array in found.items():
                kept[key][(m, slice(None), *place)] = array
            if used.any():
                spread[(m, *place)] = y[used].std()
                variance, luck = y[used].var(), (error[place][used] ** 2).mean()
                noise[(m, *place)] = min(1.0, float(luck / variance)) if variance > 0 else np.nan
    words = {"first": "share of the variance that it explains alone", "total": "share with all it acts together with"}
    variables: dict[str, Any] = {}
    for key, array in kept.items():
        if np.isfinite(array).any() or saltelli:
            stem, _, end = key.partition("_")
            more = {"": "", "low": ", 5% over resampled cells", "high": ", 95% over resampled cells"}[end]
            about = {"units": "1", "long_name": words[stem] + more}
            variables[key] = (("measure", "uncertainty", *levers), array, about)
    variables["spread"] = (("measure", *levers), spread, {"long_name": "standard deviation over the samples"})
    variables["noise"] = (("measure", *levers), noise, {
        "units": "1", "long_name": "at most this share of the variance is Monte Carlo error"})
    coords = {"measure": ("measure", np.array(measures, dtype=str)),
              "uncertainty": ("uncertainty", np.array(names, dtype=str)),
              **{dim: (dim, made[dim].values) for dim in levers}}
    attrs = {key: made.attrs[key] for key in ("seed", "draws", "trials", "design", "samples", "scenarios", "titles",
                                              "prior_driven", "posterior_kind")}
    return xr.Dataset(variables, coords, {**attrs, "cells_left_out": left_out,
                                          "method": "sobol" if saltelli else "given cells"})


def _error(made: xr.Dataset, name: str, levers: list[str], states: list[str], shape: tuple[int, ...]) -> NDArray:
    stem, dot, label = name.partition(".")
    error = f"{stem}_mc_error"
    if error not in made:
        return np.full(shape, np.nan)
    return measured(made, f"{error}{dot}{label}").transpose(*levers, *states).values.reshape(shape)


def _sobol(y: NDArray, dims: int, seed: int) -> tuple[dict[str, NDArray], NDArray]:
    """Return first and total indices of a Saltelli design, and which cells were used (whole groups only)."""
    from SALib.analyze import sobol

    groups = y.reshape(-1, dims + 2)
    fine = np.isfinite(groups).all(axis=1)
    used = np.repeat(fine, dims + 2)
    blank = {name: np.full(dims, np.nan) for name in ("first", "first_low", "first_high", "total", "total_low",
                                                      "total_high")}
    kept = groups[fine].reshape(-1)
    if fine.sum() < 2 or np.ptp(kept) == 0:
        return blank, used
    problem = {"num_vars": dims, "names": [str(i) for i in range(dims)], "bounds": [[0.0, 1.0]] * dims}
    found = sobol.analyze(problem, kept, calc_second_order=False, num_resamples=200, conf_level=CONFIDENCE,
                          seed=seed % 2**32)
    first, total = np.asarray(found["S1"]), np.asarray(found["ST"])
    wide_first, wide_total = np.asarray(found["S1_conf"]), np.asarray(found["ST_conf"])
    return {"first": first, "first_low": first - wide_first, "first_high": first + wide_first, "total": total,
            "total_low": total - wide_total, "total_high": total + wide_total}, used


def _from_cells(y: NDArray, columns: list[NDArray]) -> tuple[dict[str, NDArray], NDArray]:
    """Return first-order indices from any cells: the variance of the expectation given each uncertainty."""
    used = np.isfinite(y)
    kept = y[used]
    if kept.size < 4 or np.ptp(kept) == 0:
        return {"first": np.full(len(columns), np.nan)}, used
    rng = np.random.default_rng(0)  # resampling only
    rows = []
    for column in columns:
        values = column[used]
        again = []
        for _ in range(200):
            pick = rng.integers(0, kept.size, kept.size)
            again.append(_share(kept[pick], values[pick]))
        rows.append((_share(kept, values), *np.quantile(again, [0.05, 0.95])))
    table = np.array(rows)
    return {"first": table[:, 0], "first_low": table[:, 1], "first_high": table[:, 2]}, used


def _share(y: NDArray, column: NDArray) -> float:
    variance = y.var()
    return float(expected_given(y[None], column)[0].var() / variance) if variance > 0 else float("nan")


def ranked(made: xr.Dataset, measure: str) -> Iterator[tuple[str, float]]:
    """Yield (uncertainty, index) of one measure, the largest first: total indices where there are any."""
    name = "total" if "total" in made else "first"
    column = made[name].sel(measure=measure)
    column = column.mean([dim for dim in column.dims if dim != "uncertainty"])
    for i in np.argsort(-np.nan_to_num(column.values, nan=-np.inf), kind="stable"):
        yield str(made["uncertainty"].values[i]), float(column.values[i])
