"""Pictures of what goes on along the talks: the way to closing, and tension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.looks import ENDING_LOOKS
from forecast.plots import frame
from forecast.plots.curves import _INKS, _LINES
from forecast.summary.paths import Paths, paths_of
from forecast.summary.text import percent

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


def _rows(picture: str, paths: Paths) -> list[dict[str, Any]]:
    import datetime as dt

    return [{"picture": picture, "day": int(day), "date": str(paths.as_of + dt.timedelta(days=int(day))),
             "mean": paths.mean[i], "mean_low": paths.mean_low[i], "mean_high": paths.mean_high[i],
             "p5": paths.low[i], "p50": paths.middle[i], "p95": paths.high[i], "under_way": paths.under_way[i]}
            for i, day in enumerate(paths.days)]


def _spread(ax: Axes, paths: Paths, colour: str) -> None:
    """Draw 5-95% over trials, the median, and the mean with its interval over draws."""
    days = paths.days
    ax.fill_between(days, paths.low, paths.high, step="post", color="#d3d9de", alpha=0.7, linewidth=0, zorder=1,
                    label="5-95% of trials still under way")
    ax.fill_between(days, paths.mean_low, paths.mean_high, color=colour, alpha=0.35, linewidth=0, zorder=4,
                    label="mean: 90% interval over draws")
    ax.plot(days, paths.mean, color=colour, linewidth=2.0, zorder=5, label="mean of trials still under way")


def plot_paths(outcome: xr.Dataset | Paths, *, ax: Axes | None = None,
               title: str | None = "How far the talks are on the way to closing") -> Axes:
    """Draw how far trials are on the way to closing, by date, with some trials as examples.

    Parameters
    ----------
    outcome : xr.Dataset or Paths
        Outcome with ``paths=True``, or what :func:`forecast.summary.paths.paths_of` made of it.
    ax : matplotlib Axes, optional
    title : str or None, optional

    Returns
    -------
    Axes
    """
    paths = outcome if isinstance(outcome, Paths) else paths_of(outcome, "attempt_hazard")
    ax = frame.axes_for(ax, 88)
    seen = set()
    for ending, x, y in paths.examples:
        look = ENDING_LOOKS[ending]
        colour = _INKS.get(ending, look.colour if ending != "ongoing" else "#8c8c8c")
        ax.step(x, np.minimum(y, 1.0), where="post", color=colour, linewidth=0.8, alpha=0.75, zorder=2,
                linestyle=_LINES.get(ending, "-"), label=look.label if ending not in seen else "_")
        ax.plot(x[-1:], np.minimum(y[-1:], 1.0), marker="o", markersize=3, color=colour, zorder=3)
        seen.add(ending)
    _spread(ax, paths, frame.INK)
    frame.date_axis(ax, paths.as_of, paths.horizon_days)
    ax.set_ylim(0, 1.04)
    frame.percent_axis(ax.yaxis)
    frame.dress(ax, title, frame.subtitle_of(paths), grid="y")
    ax.set_ylabel("share of the way (closes at 100%)", fontsize=frame.SMALL, color=frame.FAINT)
    frame.legend_below(ax, 30, 3)
    last = int(np.flatnonzero(np.isfinite(paths.mean))[-1]) if np.isfinite(paths.mean).any() else 0
    alt = (f"Steps of single trials of {paths.title} on their way to closing, coloured by ending, with the mean of "
           f"those still under way: {percent(float(paths.mean[last]))} of the way on day {int(paths.days[last])}, when "
           f"{percent(float(paths.under_way[last]))} of the trials are still under way.")
    frame.set_caption(ax, title or "", alt, _rows("paths", paths))
    return ax


def plot_tension(outcome: xr.Dataset | Paths, *, ax: Axes | None = None,
                 title: str | None = "Tension at the last attempt") -> Axes:
    """Draw tension by date: its spread over trials and its mean with the interval over draws.

    Parameters
    ----------
    outcome : xr.Dataset or Paths
        Outcome with ``paths=True``, or what :func:`forecast.summary.paths.paths_of` made of it.
    ax : matplotlib Axes, optional
    title : str or None, optional

    Returns
    -------
    Axes
    """
    paths = outcome if isinstance(outcome, Paths) else paths_of(outcome, "attempt_tension", examples=0)
    ax = frame.axes_for(ax, 80)
    _spread(ax, paths, ENDING_LOOKS["collapse"].colour)
    ax.step(paths.days, paths.middle, where="post", color=frame.INK, linewidth=1.2, linestyle=(0, (4, 2)), zorder=5,
            label="median of trials still under way")
    frame.date_axis(ax, paths.as_of, paths.horizon_days)
    top = float(np.nanmax(paths.high)) if np.isfinite(paths.high).any() else 1.0
    ax.set_ylim(0, max(0.5, min(3.05, 1.08 * top)))
    frame.dress(ax, title, frame.subtitle_of(paths), grid="y")
    ax.set_ylabel("tension (0 calm, 3 at most)", fontsize=frame.SMALL, color=frame.FAINT)
    frame.legend_below(ax, 30, 2)
    known = np.flatnonzero(np.isfinite(paths.mean))
    shown = [int(known[0]), int(known[len(known) // 2]), int(known[-1])] if known.size else []
    alt = (f"Tension of {paths.title} by date, mean of the trials still under way: "
           + "; ".join(f"day {int(paths.days[i])} {paths.mean[i]:.2f}" for i in dict.fromkeys(shown)) + ".")
    frame.set_caption(ax, title or "", alt, _rows("tension", paths))
    return ax
