"""What every picture shares: the axes, the title, the marks of an interval, the caption.

Nothing here touches ``rcParams``: sizes and colours are given to each artist, so that a picture drawn on
somebody else's axes changes nothing else in their figure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forecast.looks import Look

WIDTH_MM = 160.0
_FITTED = "nf-fitted"
INK, FAINT, RULE = "#1a1a1a", "#5c5c5c", "#c9c9c9"
SIZE, SMALL, HEAD = 8.5, 7.5, 10.0
_MM = 1 / 25.4


@dataclass
class Caption:
    """What a picture says, for those who cannot see it and those who want its numbers.

    Parameters
    ----------
    title : str
    alt : str
        One or two sentences with the main numbers.
    rows : list of dict
        The numbers drawn, a row each.
    """

    title: str
    alt: str
    rows: list[dict[str, Any]] = field(default_factory=list)


# Keyed by the axes, which live as long as the figure: no attribute is hung on foreign objects.
_CAPTIONS: WeakKeyDictionary[Any, Caption] = WeakKeyDictionary()


def caption_of(figure: Figure) -> Caption:
    """Return the caption of a figure: those of its axes, joined.

    Parameters
    ----------
    figure : matplotlib Figure
        With at least one picture of this package on it.

    Returns
    -------
    Caption

    Raises
    ------
    ValueError
        If no picture of this package is on it.
    """
    found = [_CAPTIONS[ax] for ax in figure.axes if ax in _CAPTIONS]
    if not found:
        raise ValueError("the figure holds no picture of forecast.plots: draw one with a plot_* function first")
    return Caption(found[0].title, " ".join(dict.fromkeys(one.alt for one in found)),
                   [row for one in found for row in one.rows])


def set_caption(ax: Axes, title: str, alt: str, rows: Iterable[dict[str, Any]]) -> None:
    """Keep the caption of a picture with its axes."""
    _CAPTIONS[ax] = Caption(title, alt, list(rows))


def axes_for(ax: Axes | None, height_mm: float, width_mm: float = WIDTH_MM) -> Axes:
    """Return the given axes, or those of a new figure of the house's width.

    Parameters
    ----------
    ax : Axes or None
    height_mm : float
        Height of the new figure.
    width_mm : float, optional
        Its width.
    """
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    figure, made = plt.subplots(figsize=(width_mm * _MM, height_mm * _MM), layout="constrained")
    return made


def literal(text: str) -> str:
    """Return a text that matplotlib shows as written: a dollar sign starts no formula, control characters go.

    Examples
    --------
    >>> literal("5 $ to 7 $")
    '5 \\\\$ to 7 \\\\$'
    """
    shown = "".join(ch if ch.isprintable() or ch == "\n" else " " for ch in str(text))
    return shown.replace("$", r"\$")


def dress(ax: Axes, title: str | None, subtitle: str = "", *, grid: str | None = "x") -> None:
    """Give axes the look of the house: title at the left, no frame, a faint grid along one axis."""
    for side in ("top", "right", "left") if grid == "x" else ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("bottom", "left"):
        ax.spines[side].set_color(RULE)
    ax.tick_params(labelsize=SIZE, color=RULE, labelcolor=INK, length=3)
    if grid == "x":
        ax.tick_params(axis="y", length=0)
    ax.set_axisbelow(True)
    ax.grid(visible=False)
    if grid:
        ax.grid(visible=True, axis=grid, color="#e6e6e6", linewidth=0.6)
    if title is None:
        return
    below = bool(subtitle)
    ax.set_title(literal(title), loc="left", fontsize=HEAD, fontweight="bold", color=INK, pad=20 if below else 8,
                 gid=_FITTED)
    if below:
        ax.annotate(literal(shortened(subtitle)), (0, 1), (0, 6), xycoords="axes fraction", textcoords="offset points",
                    fontsize=SMALL, color=FAINT, ha="left", va="bottom", annotation_clip=False, gid=_FITTED)


def note(ax: Axes, text: str) -> None:
    """Write the small line under the x axis; it wraps at the edge of the paper."""
    ax.set_xlabel(literal(text), fontsize=SMALL, color=FAINT, wrap=True)


def legend_below(ax: Axes, points: float, ncols: int) -> None:
    """Put the legend under the axes, so many points below them whatever their height."""
    from matplotlib.transforms import ScaledTranslation

    move = ScaledTranslation(0, -points / 72, ax.figure.dpi_scale_trans)
    ax.legend(loc="upper center", bbox_to_anchor=(0.45, 0.0), bbox_transform=ax.transAxes + move, ncols=ncols,
              fontsize=SMALL, frameon=False, handlelength=1.8, columnspacing=1.2, borderaxespad=0.0)


def fit(figure: Figure) -> None:
    """Cut titles and subtitles that reach beyond the paper, at a word.

    The layout of the figure must have been made; it is not changed, as these texts hang over free paper.
    """
    renderer = figure.canvas.get_renderer()
    edge = figure.bbox.x1 - 2
    for ax in figure.axes:
        for text in ax.get_children():
            if getattr(text, "get_gid", lambda: None)() != _FITTED or not text.get_text():
                continue
            for _ in range(40):
                if text.get_window_extent(renderer).x1 <= edge:
                    break
                whole = text.get_text().removesuffix("…")
                text.set_text(shortened(whole, len(whole) - 1))


def shortened(text: str, most: int = 100) -> str:
    """Cut a text at a word, with an ellipsis, so that it fits the width of the house.

    Examples
    --------
    >>> shortened("one two three", 9)
    'one two…'
    """
    if len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0] + "…"


def subtitle_of(summary: Any) -> str:
    """Return the second line of a picture: which talks, as known when."""
    from forecast.summary.text import date_words

    return f"{shortened(summary.title, 56)}; as known on {date_words(summary.as_of)}"


def percent_axis(axis: Any, least: float = 0.0, most: float = 1.0) -> None:
    """Write an axis of probabilities as percentages, at round ones from `least` to `most`."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

    low, high = axis.get_view_interval()
    ticks = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(max(low, least), min(high, most))
    axis.set_major_locator(FixedLocator([x for x in ticks if least - 1e-9 <= x <= min(high, most) + 1e-9]))
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{round(100 * x, 6):g}%"))


def whisker(ax: Axes, low: float, high: float, y: float, size: float = 0.18) -> None:
    """Draw an interval across a bar, dark on a light edge so that it shows on every colour and in grey."""
    from matplotlib import patheffects

    halo = [patheffects.Stroke(linewidth=3.0, foreground="white"), patheffects.Normal()]
    ax.plot([low, high], [y, y], color=INK, linewidth=1.2, solid_capstyle="butt", zorder=4, path_effects=halo)
    for x in (low, high):
        ax.plot([x, x], [y - size, y + size], color=INK, linewidth=1.2, solid_capstyle="butt", zorder=4,
                path_effects=halo)


def bar(ax: Axes, y: float, value: float, look: Look, height: float = 0.62, left: float = 0.0) -> None:
    """Draw one horizontal bar in the look of its code."""
    made = ax.barh(y, value, height=height, left=left, color=look.colour, edgecolor="none", zorder=2)
    hatched(made[0], look)


def hatched(patch: Any, look: Look) -> None:
    """Give a patch the hatch of its code, in a line thin enough not to darken it."""
    if not look.hatch:
        return
    patch.set_hatch(look.hatch)
    patch.set_edgecolor("#ffffff" if _dark(look.colour) else "#4a4a4a")
    patch.set_linewidth(0.0)
    if hasattr(patch, "set_hatch_linewidth"):
        patch.set_hatch_linewidth(0.6)


def _dark(colour: str) -> bool:
    red, green, blue = (int(colour[i:i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 140


def date_axis(ax: Axes, as_of: dt.date, days: float) -> None:
    """Write an x axis that counts days from as_of as dates, few enough to be read."""
    span = max(int(days), 1)
    step = next(step for step in (1, 2, 7, 14, 30, 61, 91, 182, 365, 730, 1460, 3650) if span / step <= 7)
    ticks: list[int] = []
    if step < 30:
        ticks = list(range(0, span + 1, step))
    else:
        months = round(step / 30.4)
        date = as_of.replace(day=1)
        while (date - as_of).days <= span:
            if (date - as_of).days >= 0 and (date.month - 1) % months == 0 or months >= 12 and date.month == 1:
                ticks.append((date - as_of).days)
            date = (date + dt.timedelta(days=32)).replace(day=1)
        ticks = [tick for tick in ticks if tick >= 0]
        if months >= 24:
            ticks = ticks[:: months // 12]
    ax.set_xticks(ticks)
    names = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    labels, year = [], None
    for tick in ticks:
        date = as_of + dt.timedelta(days=tick)
        text = f"{date.day} {names[date.month - 1]}"
        labels.append(text + (f"\n{date.year}" if date.year != year else ""))
        year = date.year
    ax.set_xticklabels(labels)
    ax.set_xlim(0, span)


def mark_day(ax: Axes, day: float, text: str) -> None:
    """Draw a dotted vertical line with a word at its top."""
    ax.axvline(day, color=FAINT, linewidth=0.9, linestyle=(0, (2, 2)), zorder=1)
    low, high = ax.get_xlim()
    right = day < low + 0.8 * (high - low)
    ax.annotate(literal(text), (day, 1), (3 if right else -3, -2), xycoords=("data", "axes fraction"),
                textcoords="offset points", fontsize=SMALL, color=FAINT, ha="left" if right else "right", va="top")
