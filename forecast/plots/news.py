"""Pictures of the news: how the forecast moved, and the state of the talks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.looks import DEAL_LOOK, ENDING_LOOKS, Look
from forecast.plots import frame

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from forecast.news.standing import Status

LEVEL_LOOKS = {
    "up": Look("Up", "up", "#9cc8e4", ""),
    "degraded": Look("Degraded", "degraded", "#f2b62e", "///"),
    "down": Look("Down", "down", "#a03a20", "xxx"),
}
ROW_MM = 8.5
#: Below this width the words beside the bars need two lines.
NARROW_MM = 140.0
#: A row of the numbers beside the picture of a status.
_EMPTY = dict.fromkeys(("line", "level", "why", "recovery_median_days", "recovery_low_days", "recovery_high_days", "p",
                        "low", "high"))


def height_of(made: Any) -> float:
    """Return the height in millimetres that a path or a state needs."""
    if hasattr(made, "lines"):
        return 34.0 + ROW_MM * (len(made.lines) + len(made.active) + 2)
    return 36.0 + ROW_MM * made.sizes["step"]


def save_picture(plot: Callable[..., Axes], made: Any, path: str | Path) -> list[Path]:
    """Draw `made` on a figure of its own and write it with its alt text and numbers beside it."""
    from forecast.plots.save import save_figure
    from forecast.plots.whatif import figure_of

    return save_figure(figure_of(plot, made, height_mm=height_of(made)), path)


def _look(quantity: str) -> Look:
    if quantity in ENDING_LOOKS:
        return ENDING_LOOKS[quantity]
    return DEAL_LOOK if quantity == "deal" else Look("Next round held", "the next round held", "#1f5f8b", "")


def plot_history(path: xr.Dataset, *, quantities: Sequence[str] = ("deal", "collapse"), ax: Axes | None = None,
                 title: str | None = "How the forecast moved") -> Axes:
    """Draw probabilities after every item of the news, with their 90% intervals.

    Parameters
    ----------
    path : xr.Dataset
        From :func:`forecast.history`.
    quantities : sequence of str, default ("deal", "collapse")
        Values of the coordinate ``quantity``; more than three are hard to read.
    ax : matplotlib Axes, optional
    title : str or None, optional

    Returns
    -------
    Axes
        A line of text an item, in order of date, from top to bottom; probability to the right.
    """
    steps = path.sizes["step"]
    ax = frame.axes_for(ax, height_of(path))
    y = np.arange(steps)
    offsets = np.linspace(-0.18, 0.18, len(quantities)) if len(quantities) > 1 else [0.0]
    rows: list[dict[str, Any]] = []
    for quantity, offset in zip(quantities, offsets, strict=True):
        made = path.sel(quantity=quantity)
        look = _look(quantity)
        p, low, high = (made[name].values for name in ("p", "low", "high"))
        ax.plot(p, y + offset, color=look.colour, linewidth=1.2, zorder=2)
        ax.hlines(y + offset, low, high, color=look.colour, linewidth=2.6, alpha=0.55, zorder=2)
        ax.plot(p, y + offset, linestyle="none", marker="o", markersize=5, color=look.colour, markeredgecolor="white",
                markeredgewidth=0.8, zorder=3, label=look.label)
        rows += [{"step": int(i), "date": str(made["date"].values[i]), "item": str(made["item"].values[i]),
                  "quantity": quantity, "p": float(p[i]), "low": float(low[i]), "high": float(high[i])}
                 for i in range(steps)]
    labels = [f"{date}  {item}" for date, item in zip(path["date"].values, path["item"].values, strict=True)]
    ax.set_yticks(y, [frame.literal(_two_lines(label, 40)) for label in labels])
    ax.set_ylim(steps - 0.4, -0.6)
    top = max(float(np.nanmax(path.sel(quantity=list(quantities))["high"].values)), 0.05)
    ax.set_xlim(0.0, min(1.0, top * 1.05))
    frame.percent_axis(ax.xaxis, 0.0, min(1.0, top * 1.05))
    frame.dress(ax, title, "Probability by the horizon, with 90% intervals")
    frame.legend_below(ax, 22, len(quantities))
    first, last = rows[0], rows[steps - 1]
    alt = (f"Probability of {_look(quantities[0]).phrase} over {steps} steps of the news: {first['p']:.0%} before "
           f"them, {last['p']:.0%} after the last ({last['low']:.0%} to {last['high']:.0%}).")
    frame.set_caption(ax, title or "How the forecast moved", alt, rows)
    return ax


def plot_status(state: Status, *, ax: Axes | None = None, title: str | None = "State of the talks") -> Axes:
    """Draw what is up, degraded or down, what is going on and for how long, and the risk score.

    Parameters
    ----------
    state : Status
        From :func:`forecast.status`.
    ax : matplotlib Axes, optional
    title : str or None, optional

    Returns
    -------
    Axes
    """
    lines = [(line.name, line.level, line.why, "back in", line.recovery) for line in state.lines]
    lines += [(f"{one.name} since {one.since}", "down" if one.severity == 3 else "degraded",
               f"severity {one.severity}", "over in", one.recovery) for one in state.active]
    ax = frame.axes_for(ax, height_of(state))
    narrow = ax.figure.get_size_inches()[0] * 25.4 < NARROW_MM
    rows: list[dict[str, Any]] = []
    for i, (name, level, why, until, recovery) in enumerate(lines):
        frame.bar(ax, i, 0.16, LEVEL_LOOKS[level], height=0.7)
        text = f"{LEVEL_LOOKS[level].label}: {why}"
        if recovery is not None:
            text += f"; {until} {days_text(recovery[0])} (80%: {days_text(recovery[1])} to {days_text(recovery[2])})"
        ax.text(0.18, i, frame.literal(_two_lines(text, 34 if narrow else 68)), va="center",
                fontsize=frame.SMALL, color=frame.INK)
        median, low, high = recovery or (None, None, None)
        rows.append({**_EMPTY, "line": name, "level": level, "why": why, "recovery_median_days": median,
                     "recovery_low_days": low, "recovery_high_days": high})
    names = [name for name, *_ in lines]
    planned = f"Next attempt held ({state.planned})" if state.planned else "Round held within 14 days"
    for name, made in ((planned, state.held), ("Risk score", state.risk)):
        i = len(names)
        names.append(name)
        ax.barh(i, 0.5, left=0.18, height=0.34, color="#ececec", zorder=1)
        ax.barh(i, 0.5 * made.p, left=0.18, height=0.34, color="#3d7fb5", zorder=2)
        if np.isfinite(made.low):
            ax.plot([0.18 + 0.5 * made.low, 0.18 + 0.5 * made.high], [i, i], color=frame.INK, linewidth=1.4, zorder=3)
        digits = ".2f" if made is state.risk else ".0%"  # a score is no probability of one event
        ax.text(0.70, i, f"{made.p:{digits}}  ({made.low:{digits}} to {made.high:{digits}})", va="center",
                fontsize=frame.SMALL)
        rows.append({**_EMPTY, "line": name, "p": made.p, "low": made.low, "high": made.high})
    ax.set_yticks(range(len(names)), [frame.literal(_two_lines(name, 22 if narrow else 34)) for name in names])
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlim(0.0, 1.0)
    ax.set_xticks([])
    deadline = "" if state.deadline_days is None else f"; deadline in {state.deadline_days} days"
    frame.dress(ax, title, f"{state.title}, {state.as_of}{deadline}", grid=None)
    alt = (f"State of the talks on {state.as_of}: {state.level}. " + " ".join(
        f"{name}: {level}." for name, level, *_ in lines) + f" Risk score {state.risk.p:.2f}.")
    frame.set_caption(ax, title or "State of the talks", alt, rows)
    return ax


def _two_lines(label: str, most: int) -> str:
    """Break a label that is too long for one line at a word, and cut what does not fit on two."""
    import textwrap

    first, *rest = textwrap.wrap(label, most) or [""]
    return "\n".join([first, frame.shortened(" ".join(rest), most)]) if rest else first


def days_text(days: float) -> str:
    """Write a duration in the unit that suits it."""
    if days < 1.0:
        return f"{days * 24:.0f} h"
    return f"{days:.0f} d" if days < 1000 else ">1000 d"
