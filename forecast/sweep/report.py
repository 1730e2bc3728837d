"""A sweep in a terminal: the options, what one would regret, what drives the spread, what failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.summary.text import number
from forecast.sweep.explain import measured, roles
from forecast.sweep.failures import failures
from forecast.sweep.words import rich_table, shown_setting

if TYPE_CHECKING:
    import xarray as xr

MARK = "*"


def _cell(value: float, share: bool) -> str:
    if not np.isfinite(value):
        return "n/a"
    return f"{100 * value:.1f}%" if share else number(value)


def _range(low: float, high: float, share: bool) -> str:
    return f"{_cell(low, share)} to {_cell(high, share)}" if np.isfinite(low) else ""


def sweep_parts(made: xr.Dataset, measure: str, explained: dict[str, xr.Dataset], *, most: int = 30) -> Iterator[Any]:
    """Yield the parts of a sweep for a rich console.

    Parameters
    ----------
    made : xr.Dataset
        From :func:`forecast.sweep`.
    measure : str
    explained : dict
        ``regret``, ``indices``, ``information``, those that there are.
    most : int
        Options shown.
    """
    from rich.text import Text

    titles = json.loads(made.attrs["titles"])
    sizes = " x ".join(f"{made.sizes[dim]} {dim}" for dim in made["status"].dims) or "one cell"
    yield Text("; ".join(map(str, titles)), style="bold")
    yield Text(f"{made['status'].size:,} cells ({sizes}), {made.attrs['draws']} draws x {made.attrs['trials']} trials "
               f"each, seed {made.attrs['seed']}")
    yield Text("")
    array = measured(made, measure)
    share = array.attrs.get("units") == "1" and not measure.startswith("rounds")
    marks = json.loads(made.attrs["prior_driven"])
    if "regret" in explained:
        yield rich_table(_options(explained["regret"], measure, share, most))
        if explained["regret"].sizes["option"] > most:
            yield Text(f"and {explained['regret'].sizes['option'] - most} more options")
    else:
        yield rich_table(_by_cell(made, measure, share, most))
    if "indices" in explained:
        yield rich_table(_indices(explained["indices"], marks))
    if "information" in explained:
        yield rich_table(_information(explained["information"], share, marks))
    yield Text("")
    for line in sweep_notes(made, explained):
        yield Text(line, style="dim")


def _options(found: xr.Dataset, measure: str, share: bool, most: int) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("option", measure, "regret", "5-95% of states", "largest", "best in")]
    for i in range(min(most, found.sizes["option"])):
        one = {name: float(found[name].values[i]) for name in found.data_vars}
        rows.append((str(found["option"].values[i]), _cell(one["value"], share), _cell(one["regret"], share),
                     _range(one["regret_low"], one["regret_high"], share), _cell(one["regret_max"], share),
                     f"{100 * one['best']:.0f}%"))
    return rows


def _by_cell(made: xr.Dataset, measure: str, share: bool, most: int) -> list[tuple[str, ...]]:
    """Return a line a cell, or the range over the states where there are too many."""
    name, dot, label = measure.partition(".")
    array = measured(made, measure)
    four = [array, *(measured(made, f"{name}_{part}{dot}{label}") if f"{name}_{part}" in made else array * np.nan
                     for part in ("low", "high"))]
    _, states = roles(made)
    rows: list[tuple[str, ...]] = [("cell", measure, "90% interval")]
    if array.size > most and states:
        flat = array.values[np.isfinite(array.values)]
        mean, low, high = (flat.mean(), *np.quantile(flat, [0.05, 0.95])) if flat.size else (np.nan,) * 3
        return [("", measure, "5-95% of cells"),
                (f"{flat.size} cells", _cell(float(mean), share), _range(low, high, share))]
    for place in list(np.ndindex(*array.shape))[:most]:
        names = ", ".join(f"{dim} {shown_setting(made[dim].values[at].item()) if dim in made.coords else at}"
                          for dim, at in zip(array.dims, place, strict=True)) or "as stated"
        value, low, high = (float(one.values[place]) for one in four)
        rows.append((names, _cell(value, share), _range(low, high, share)))
    return rows


def _indices(found: xr.Dataset, marks: dict[str, Any]) -> list[tuple[str, ...]]:
    total = "total" in found
    more = ("in all", "90%") if total else ()
    rows: list[tuple[str, ...]] = [("what the spread comes from", "alone", "90%", *more)]
    mean = found.isel(measure=0).mean([dim for dim in found["first"].dims if dim not in ("measure", "uncertainty")])
    order = np.argsort(-np.nan_to_num(mean["total" if total else "first"].values, nan=-1.0), kind="stable")
    for i in order:
        name = str(found["uncertainty"].values[i])
        cells = []
        for key in ("first", "total")[: 1 + total]:
            value, low, high = (float(mean[k].values[i]) for k in (key, f"{key}_low", f"{key}_high"))
            cells += [_cell(value, True), _range(low, high, True)]
        rows.append((name + (MARK if name in marks else ""), *cells))
    return rows


def _information(found: xr.Dataset, share: bool, marks: dict[str, Any]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("worth knowing before choosing", "gain", "90%")]
    for i, name in enumerate(map(str, found["uncertainty"].values)):
        value, low, high = (float(found[key].values[i]) for key in ("value", "low", "high"))
        rows.append((name + (MARK if name in marks else ""), _cell(value, share), _range(low, high, share)))
    rows.append(("everything", _cell(float(found.attrs["perfect"]), share), ""))
    return rows


def sweep_notes(made: xr.Dataset, explained: dict[str, Any]) -> list[str]:
    """Return the lines that say what the numbers rest on, and which cells failed."""
    lines = ["All cells share their draws and their luck. Regret: shortfall from the best option of the same state of "
             "the world."]
    if "indices" in explained:
        worst = float(np.nanmax(explained["indices"]["noise"].values, initial=0.0))
        lines.append(f"Of the variance over the samples at most {100 * worst:.0f}% is Monte Carlo error (cells share "
                     "their luck, so it is less).")
    if made.attrs["posterior_kind"] == "prior":
        lines.append(f"{MARK} prior-driven: every parameter comes from the expert prior.")
    lines += [f"{MARK} prior-driven: {name} {'; '.join(reasons)}."
              for name, reasons in json.loads(made.attrs["prior_driven"]).items()]
    failed = failures(made)
    if failed:
        first = failed[0]
        setting = ", ".join(f"{path} = {shown_setting(value)}" for path, value in first["set"].items())
        lines.append(f"{len(failed)} of {made['status'].size} cells failed and are left out; the first: {setting}: "
                     f"{first.get('message', '')}")
    return lines
