"""Pictures of sweeps: a measure over levers, regret, Sobol indices, the value of knowing more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.plots import frame

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

COLOURS = ("#0b3c78", "#d08b3c", "#3d7fb5", "#b3321a", "#6b5b73", "#9bb8a5", "#7a4a12", "#8a8a8a")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
ROW_MM = 9.0
_MARKED = "\n* acts through parameters that past talks hardly inform"


def _title(made: xr.Dataset) -> str:
    return frame.shortened("; ".join(json.loads(made.attrs["titles"])), 70)


def _marks(made: xr.Dataset) -> dict[str, str]:
    return dict.fromkeys(json.loads(made.attrs.get("prior_driven", "{}")), "*")


def _is_share(array: Any) -> bool:
    return array.attrs.get("units") == "1" and not str(array.name).startswith("rounds")


def _unit(ax_axis: Any, units: str, share: bool) -> str:
    if share:
        frame.percent_axis(ax_axis)
        return ""
    return f" ({units})" if units not in ("1", "") else ""


def plot_sweep(swept: xr.Dataset, measure: str = "deal", *, x: str | None = None, by: str | None = None,
               ax: Axes | None = None, title: str | None = None) -> Axes:
    """Draw a measure of a sweep along one lever, a line for each level of another.

    Parameters
    ----------
    swept : xr.Dataset
        From :func:`forecast.sweep`.
    measure : str, default "deal"
        See :func:`forecast.sweep.explain.measured`.
    x : str, optional
        Dim or sampled uncertainty along the x axis; the longest dim without it.
    by : str, optional
        Dim with a line each; the first other lever without it. Further dims are averaged.
    ax : matplotlib Axes, optional
    title : str or None, optional
        Names the measure without it.

    Returns
    -------
    Axes
        Each point has its 90% interval over draws.
    """
    from forecast.sweep.explain import measured

    name, dot, label = measure.partition(".")
    array = measured(swept, measure)
    ends = [measured(swept, f"{name}_{end}{dot}{label}") for end in ("low", "high")]
    dims = [str(dim) for dim in array.dims]
    x = x or max(dims, key=lambda dim: swept.sizes[dim]) if dims else None
    if x is None:
        raise ValueError("the sweep has a single cell: nothing to draw along an axis")
    if x not in swept.coords:
        if x != "sample":
            raise ValueError(f"x = {x!r}: one of {', '.join(map(str, swept.coords))}")
        x = next(str(key) for key, coord in swept.coords.items() if coord.dims == ("sample",))
    along = str(swept[x].dims[0])
    others = [dim for dim in dims if dim != along]
    by = by if by is not None else (others[0] if others else None)
    rest = [dim for dim in others if dim != by]
    array, low, high = (one.mean(rest) if rest else one for one in (array, *ends))
    ax = frame.axes_for(ax, 92)
    values = swept[x].values
    numbers = values.dtype.kind in "if"
    order = np.argsort(values, kind="stable") if numbers else np.arange(values.size)
    levels = range(swept.sizes[by]) if by else [None]
    rows = []
    for i, level in enumerate(levels):
        y, a, b = (one.isel({by: level}).values if by else one.values for one in (array, low, high))
        at = values.astype(float)[order] if numbers else np.arange(values.size) + 0.12 * (i - (len(levels) - 1) / 2)
        colour = COLOURS[i % len(COLOURS)]
        words = f"{by.rsplit('.', 1)[-1]} {swept[by].values[level]}" if by else ""
        style = {"color": colour, "marker": MARKERS[i % len(MARKERS)], "markersize": 4.5,
                 "linewidth": 1.4 if numbers and along != "sample" else 0.0, "label": frame.literal(words) or "_"}
        ax.plot(at, y[order], zorder=3, **style)
        if along == "sample" or values.size > 40:
            ax.fill_between(at, a[order], b[order], color=colour, alpha=0.15, linewidth=0, zorder=2)
        else:
            ax.vlines(at, a[order], b[order], color=colour, linewidth=1.2, zorder=2)
        rows += [{"picture": "sweep", "measure": measure, x: _plain(values[k]), **({by: _plain(swept[by].values[level])}
                  if by else {}), "value": float(y[k]), "low": float(a[k]), "high": float(b[k])} for k in order]
    if not numbers:
        ax.set_xticks(range(values.size), [frame.literal(frame.shortened(str(v), 24)) for v in values])
    unit = _unit(ax.yaxis, str(swept[name].attrs.get("units", "1")), _is_share(swept[name]))
    words = f"{swept[name].attrs['long_name']}{' ' + label if label else ''}{unit}"
    frame.dress(ax, title if title is not None else words, _title(swept), grid="y")
    mark = _marks(swept).get(x, "")
    averaged = f"; mean over {', '.join(rest)}" if rest else ""
    frame.note(ax, f"{x}{mark}; lines or bands: 90% interval over draws{averaged}" + (_MARKED if mark else ""))
    if by:
        frame.legend_below(ax, 44, min(len(levels), 4))
    alt = f"{words} along {x}" + (f", a line for each {by}" if by else "") + \
        f": from {float(np.nanmin(array.values)):.3g} to {float(np.nanmax(array.values)):.3g}."
    frame.set_caption(ax, title or words, alt, rows)
    return ax


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _interval_rows(ax: Axes, labels: list[str], rows: list[tuple[float, float, float]],
                   colour: str = COLOURS[0]) -> None:
    """Draw a value and an interval a line."""
    for y, (value, low, high) in enumerate(rows):
        if np.isfinite(low):
            ax.plot([low, high], [y, y], color=colour, linewidth=2.2, solid_capstyle="butt", zorder=3)
        ax.plot([value], [y], "o", color=colour, markersize=5.5, markeredgecolor="white", markeredgewidth=0.8, zorder=4)
    ax.set_yticks(range(len(rows)), [frame.literal(frame.shortened(label, 48)) for label in labels])
    ax.set_ylim(len(rows) - 0.4, -0.6)


def plot_regret(regret: xr.Dataset, *, ax: Axes | None = None, most: int = 20, title: str | None = None) -> Axes:
    """Draw how far each option falls short of the best, over the states of the world, the best option first.

    Parameters
    ----------
    regret : xr.Dataset
        From :func:`forecast.regret`.
    ax : matplotlib Axes, optional
    most : int, optional
        Options drawn.
    title : str or None, optional

    Returns
    -------
    Axes
    """
    shown = regret.isel(option=slice(0, most))
    ax = frame.axes_for(ax, 34 + ROW_MM * shown.sizes["option"])
    rows = list(zip(*(shown[name].values.tolist() for name in ("regret", "regret_low", "regret_high")), strict=True))
    _interval_rows(ax, [str(option) for option in shown["option"].values], rows)
    share = shown["regret"].attrs.get("units") == "1"
    unit = _unit(ax.xaxis, str(shown["regret"].attrs.get("units", "1")), share)
    for y, best in enumerate(shown["best"].values):
        ax.annotate(f"best in {100 * best:.0f}%", (1, y), (4, 0), xycoords=("axes fraction", "data"),
                    textcoords="offset points", va="center", fontsize=frame.SMALL, annotation_clip=False)
    ax.set_xlim(left=-0.02 * max(float(shown["regret_high"].max()), 1e-6))
    measure = regret.attrs["measure"]
    marks = _marks(regret)
    frame.dress(ax, (title if title is not None else f"Regret: {measure}{unit}") + "*" * bool(marks), _title(regret))
    frame.note(ax, f"Shortfall from the best option of each state; dot: mean, line: 5% to 95% of "
               f"{regret.attrs['states']} states" + (_MARKED if marks else ""))
    said = "; ".join(f"{option} {value:.3g} ({low:.3g} to {high:.3g})" for option, (value, low, high) in zip(
        shown["option"].values, rows, strict=True))
    frame.set_caption(ax, title or "Regret", f"Regret of each option in {measure}, mean and 90% of states: {said}.",
                      [{"picture": "regret",
                        **{name: _plain(one[name].values) for name in ("option", *regret.data_vars)}}
                       for one in (shown.isel(option=i) for i in range(shown.sizes["option"]))])
    return ax


def plot_sobol(indices: xr.Dataset, measure: str | None = None, *, ax: Axes | None = None,
               title: str | None = None) -> Axes:
    """Draw first-order and total indices of every uncertainty for one measure, the largest first.

    Parameters
    ----------
    indices : xr.Dataset
        From :func:`forecast.sensitivity`.
    measure : str, optional
        The first one without it. Indices by lever are averaged.
    ax : matplotlib Axes, optional
    title : str or None, optional

    Returns
    -------
    Axes
    """
    from forecast.sweep.sensitivity import ranked

    measure = measure or str(indices["measure"].values[0])
    names = [name for name, _ in ranked(indices, measure)]
    ax = frame.axes_for(ax, 40 + ROW_MM * len(names))
    marks, rows = _marks(indices), []
    for j, (key, words) in enumerate((("first", "alone"), ("total", "with all it acts together with"))):
        if key not in indices:
            continue
        chosen = indices.sel(measure=measure)
        chosen = chosen.mean([dim for dim in chosen[key].dims if dim != "uncertainty"])
        offset = -0.14 + 0.28 * j if "total" in indices else 0.0
        for y, name in enumerate(names):
            value, low, high = (float(chosen[k].sel(uncertainty=name)) for k in (key, f"{key}_low", f"{key}_high"))
            ax.plot([low, high], [y + offset] * 2, color=COLOURS[j], linewidth=2.0, solid_capstyle="butt", zorder=3)
            ax.plot([value], [y + offset], MARKERS[j], color=COLOURS[j], markersize=5, zorder=4,
                    label=words if y == 0 else "_")
            rows.append({"picture": "sobol", "measure": measure, "uncertainty": name, "index": key, "value": value,
                         "low": low, "high": high, "prior_driven": bool(marks.get(name))})
    ax.set_yticks(range(len(names)), [frame.literal(frame.shortened(name, 46) + marks.get(name, "")) for name in names])
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.axvline(0, color=frame.FAINT, linewidth=0.9, zorder=1)
    frame.percent_axis(ax.xaxis)
    frame.dress(ax, title if title is not None else f"What the spread of {measure} comes from", _title(indices))
    frame.note(ax, "Share of the variance over all uncertainties; lines: 90% over resampled cells"
               + (_MARKED if any(marks.get(name) for name in names) else ""))
    if "total" in indices:
        frame.legend_below(ax, 48, 2)
    said = "; ".join(f"{row['uncertainty']} {row['index']} {row['value']:.2f}" for row in rows)
    frame.set_caption(ax, title or "Sobol indices", f"Sensitivity indices of {measure}: {said}.", rows)
    return ax


def plot_information(value: xr.Dataset, *, ax: Axes | None = None, title: str | None = None) -> Axes:
    """Draw what it is worth to know each uncertainty before choosing, the most valuable first.

    Parameters
    ----------
    value : xr.Dataset
        From :func:`forecast.value_of_information`.
    ax : matplotlib Axes, optional
    title : str or None, optional

    Returns
    -------
    Axes
    """
    names = [str(name) for name in value["uncertainty"].values]
    ax = frame.axes_for(ax, 36 + ROW_MM * len(names))
    marks = _marks(value)
    rows = list(zip(*(value[key].values.tolist() for key in ("value", "low", "high")), strict=True))
    _interval_rows(ax, [name + marks.get(name, "") for name in names], rows)
    share = value["value"].attrs.get("units") == "1"
    unit = _unit(ax.xaxis, str(value["value"].attrs.get("units", "1")), share)
    perfect = float(value.attrs["perfect"])
    ax.axvline(perfect, color=frame.FAINT, linewidth=0.9, linestyle=(0, (2, 2)), zorder=1)
    ax.annotate("knowing everything", (perfect, 1), (3, -2), xycoords=("data", "axes fraction"),
                textcoords="offset points", fontsize=frame.SMALL, color=frame.FAINT, va="top")
    ax.set_xlim(0, 1.3 * max(perfect, *(high for _, _, high in rows), 1e-6))
    measure = value.attrs["measure"]
    frame.dress(ax, title if title is not None else f"What it is worth to know: {measure}{unit}", _title(value))
    frame.note(ax, "Expected gain from knowing it before choosing; lines: 90% over resampled states"
               + (_MARKED if any(marks.get(name) for name in names) else ""))
    said = "; ".join(f"{name} {row[0]:.3g} ({row[1]:.3g} to {row[2]:.3g})"
                     for name, row in zip(names, rows, strict=True))
    frame.set_caption(ax, title or "Value of information",
                      f"Expected gain in {measure} from knowing each uncertainty: {said}; all of them {perfect:.3g}.",
                      [{"picture": "information", "uncertainty": name, "value": row[0], "low": row[1], "high": row[2],
                        "prior_driven": bool(marks.get(name))} for name, row in zip(names, rows, strict=True)])
    return ax
