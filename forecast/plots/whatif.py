"""Pictures of what-ifs: paired differences of a comparison, a stress test, a tornado."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.plots import frame
from forecast.sweep.comparison import is_probability, points, shown_difference

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from forecast.sweep.comparison import Comparison
    from forecast.sweep.tornado import Tornado
    from forecast.sweep.stress import Stress
    from forecast.summary.estimate import Quantity

UP, DOWN, FLAT = "#0b3c78", "#b3321a", "#8a8a8a"
ROW_MM = 8.0
_UNDER = "Change in percentage points; dot: mean, line: 90% interval over draws"


def points_axis(ax: Axes) -> None:
    """Write the x axis in signed percentage points."""
    from matplotlib.ticker import FuncFormatter

    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: points(x).removesuffix(".0")))


def dots(ax: Axes, rows: Sequence[tuple[str, Quantity, str]]) -> None:
    """Draw a difference a line: interval, dot, and the numbers at the right edge.

    Parameters
    ----------
    ax : Axes
    rows : sequence of (label, Quantity, text)
    """
    ax.axvline(0, color=frame.FAINT, linewidth=0.9, zorder=1)
    for y, (_, made, text) in enumerate(rows):
        clear = made.low > 0 or made.high < 0
        colour = (UP if made.value > 0 else DOWN) if clear else FLAT
        if np.isfinite(made.low):
            ax.plot([made.low, made.high], [y, y], color=colour, linewidth=2.4, solid_capstyle="butt", zorder=3)
        ax.plot([made.value], [y], marker="o", markersize=5.5, color=colour, markeredgecolor="white",
                markeredgewidth=0.8, linestyle="none", zorder=4)
        ax.annotate(frame.literal(text), (1, y), (4, 0), xycoords=("axes fraction", "data"),
                    textcoords="offset points", va="center", ha="left", fontsize=frame.SMALL, color=frame.INK,
                    annotation_clip=False)
    ax.set_yticks(range(len(rows)), [frame.literal(frame.shortened(label, 46)) for label, _, _ in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ends = [x for _, made, _ in rows for x in (made.low, made.high, made.value) if np.isfinite(x)] or [0.0]
    low, high = min(0.0, *ends), max(0.0, *ends)
    room = 0.06 * max(high - low, 0.01)
    ax.set_xlim(low - room, high + room)


def plot_compare(comparison: Comparison, *, keys: Sequence[str] | None = None, ax: Axes | None = None,
                 title: str | None = "What would change") -> Axes:
    """Draw the paired differences of the probabilities of a comparison, each with its interval.

    Parameters
    ----------
    comparison : Comparison
        From :func:`forecast.compare`.
    keys : sequence of str, optional
        Rows to draw, such as ``deal`` or ``ends.collapse``; every probability without it.
    ax : matplotlib Axes, optional
    title : str or None, optional

    Returns
    -------
    Axes
    """
    rows = [row for row in comparison if is_probability(row) and (keys is None or row.key in keys)]
    ax = frame.axes_for(ax, height_of(rows))
    dots(ax, [(row.label, row.difference, shown_difference(row)) for row in rows])
    points_axis(ax)
    what = "; ".join(_setting_words(comparison.changes)) or "no change"
    frame.dress(ax, title and title + comparison.mark, frame.shortened(what, 90))
    frame.note(ax, _UNDER + _marked(comparison.mark))
    said = "; ".join(f"{row.label} {shown_difference(row)}" for row in rows)
    frame.set_caption(ax, title or "", f"Differences between two forecasts ({what}), in percentage points: {said}.",
                      [{"picture": "compare", **line} for line in comparison.table()
                       if line["key"] in {row.key for row in rows}])
    return ax


def _setting_words(changes: dict[str, tuple[Any, Any]]) -> list[str]:
    from forecast.sweep.words import change_lines

    return change_lines(changes)[:4]


def _marked(mark: str) -> str:
    return "\n* acts through parameters that past talks hardly inform" if mark else ""


def plot_stress(stress: Stress, *, key: str | None = None, ax: Axes | None = None,
                title: str | None = None) -> Axes:
    """Draw what each removal does, the worst first.

    Parameters
    ----------
    stress : Stress
        From :func:`forecast.stress`.
    key : str, optional
        The probability drawn, such as ``deal``; the one the table is ranked by without it.
    ax : matplotlib Axes, optional
    title : str or None, optional
        Names the probability without it.

    Returns
    -------
    Axes
    """
    key = key or stress.key
    rows = [(row.label + row.comparison.mark, row.comparison[key].difference, shown_difference(row.comparison[key]))
            for row in stress.ranked()]
    ax = frame.axes_for(ax, height_of(stress))
    dots(ax, rows)
    points_axis(ax)
    what = stress.rows[0].comparison[key]
    frame.dress(ax, title if title is not None else f"Without it: {what.label.lower()}",
                f"{frame.shortened(stress.scenario.title or '', 60)}; {100 * what.baseline.value:.0f}% as stated")
    frame.note(ax, _UNDER + _marked("*" if any(row.comparison.mark for row in stress) else ""))
    said = "; ".join(f"without {label.removesuffix('*')} {text}" for label, _, text in rows)
    frame.set_caption(ax, title or "Single points of failure",
                      f"Change of the probability '{what.label}' when one thing is removed, in percentage points: "
                      f"{said}.", [{"picture": "stress", **line} for line in stress.table()])
    return ax


def plot_tornado(tornado: Tornado, *, ax: Axes | None = None, title: str | None = None, most: int = 15) -> Axes:
    """Draw how far each field moves a probability between its low and its high value, the largest first.

    Parameters
    ----------
    tornado : Tornado
        From ``forecast.sensitivity(..., method="tornado")``.
    ax : matplotlib Axes, optional
    title : str or None, optional
        Names the probability without it.
    most : int, optional
        Bars drawn.

    Returns
    -------
    Axes
        Every end of a bar has its interval over draws.
    """
    bars = tornado.ranked()[:most]
    ax = frame.axes_for(ax, height_of(tornado))
    ax.axvline(0, color=frame.FAINT, linewidth=0.9, zorder=5)
    for y, one in enumerate(bars):
        for end, colour in ((one.low, "#6fb1e0"), (one.high, "#0b3c78")):
            if end is None:
                continue
            made = end.row.difference
            ax.barh(y, made.value, height=0.56, color=colour, zorder=2)
            if np.isfinite(made.low):
                offset = -0.14 if end is one.low else 0.14
                frame.whisker(ax, made.low, made.high, y + offset, 0.08)
            right = made.value >= 0
            ax.annotate(frame.literal(frame.shortened(end.shown, 24)),
                        (max(made.value, made.high, 0) if right else min(made.value, made.low, 0), y),
                        (3 if right else -3, 5 if end is one.low else -5), textcoords="offset points", va="center",
                        ha="left" if right else "right", fontsize=frame.SMALL, color=frame.INK, zorder=6,
                        bbox={"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.75})
    ax.set_yticks(range(len(bars)), [frame.literal(frame.shortened(one.name, 40) + one.mark) for one in bars])
    ax.set_ylim(len(bars) - 0.4, -0.6)
    ax.margins(x=0.22)
    points_axis(ax)
    frame.dress(ax, title if title is not None else f"What moves it: {tornado.label.lower()}",
                f"{frame.shortened(tornado.scenario.title or '', 60)}; {100 * tornado.baseline.value:.0f}% as stated")
    frame.note(ax, "Change in percentage points, one field at a time; light: low end, dark: high end; "
               "line: 90% interval over draws" + _marked("*" if any(one.mark for one in bars) else ""))
    said = "; ".join(one.words() for one in bars)
    frame.set_caption(ax, title or "Tornado", f"Tornado chart of {tornado.label}: {said}.",
                      [{"picture": "tornado", **line} for line in tornado.table()])
    return ax


def height_of(made: Any) -> float:
    """Return the height in millimetres that a what-if needs."""
    return 34.0 + ROW_MM * max(len(list(made)), 1)


def save_whatif(plot: Callable[..., Axes], made: Any, path: str | Path, **options: Any) -> list[Path]:
    """Draw a what-if on a figure of its own and write it with its alt text and numbers.

    Parameters
    ----------
    plot : callable
        A ``plot_*`` function of a what-if.
    made : object
        What it draws.
    path : str or Path
        A ``.png``, ``.svg`` or ``.pdf`` file.
    **options
        Passed to `plot`.

    Returns
    -------
    list of Path
        The files written.
    """
    from forecast.plots.save import save_figure

    return save_figure(figure_of(plot, made, **options), path, beside=False)


def figure_of(plot: Callable[..., Axes], made: Any, *, height_mm: float | None = None,
              width_mm: float = frame.WIDTH_MM, **options: Any) -> Figure:
    """Draw on a figure of its own, outside pyplot and untouched by a user's style."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        height = height_mm if height_mm is not None else height_of(made)
        figure = Figure(figsize=(width_mm / 25.4, height / 25.4), layout="constrained")
        FigureCanvasAgg(figure)
        plot(made, ax=figure.add_subplot(), **options)
        figure.draw_without_rendering()
        frame.fit(figure)
    return figure
