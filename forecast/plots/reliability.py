"""Pictures of a backtest: do stated probabilities come true, and what is gained over baselines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.backtest.reliability import PitHistogram, Reliability, pit_histogram, reliability
from forecast.backtest.show import CALLED, skill_of, skill_text
from forecast.backtest.words import ALL, BASELINES_OF, NUMBERS, SETTLEMENT, SHORT, TARGETS
from forecast.plots import frame

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MODEL_COLOUR, BAND_COLOUR, FAR_COLOUR = "#1f5f8b", "#d9e4ee", "#b3321a"
RELIABILITY_MM, SKILL_ROW_MM = 96.0, 5.4


def plot_reliability(
    result: xr.Dataset, target: str = "deal_90", *, ax: Axes | None = None, title: str | None = ""
) -> Axes:
    """Draw whether forecasts of one target were reliable, with a band of what luck alone would show.

    Parameters
    ----------
    result : xr.Dataset
        From :func:`forecast.backtest`.
    target : str, default "deal_90"
        ``deal_90, deal_180, next_held`` or ``deal`` (before the horizon): share that came true by stated
        probability. ``next_day, end_day, settlement``: histogram of the probability integral transform, flat
        when forecasts are calibrated; too high at the edges when they are too sure.
    ax : matplotlib Axes, optional
    title : str or None, optional
        A title of its own without it; None for no title.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there is no such target, or nothing was scored.
    """
    if target in NUMBERS:
        return _pit(pit_histogram(result, target), frame.axes_for(ax, RELIABILITY_MM), title)
    return _diagram(reliability(result, target), frame.axes_for(ax, RELIABILITY_MM), title)


def _diagram(made: Reliability, ax: Axes, title: str | None) -> Axes:
    title = f"Did it come true: {SHORT[made.event]}" if title == "" else title
    top = min(1.0, 1.06 * float(max(made.p.max(), made.happened.max(), made.high.max())))
    ax.plot([0, top], [0, top], color=frame.FAINT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    ax.fill_between(
        made.forecast,
        made.low,
        made.high,
        color=BAND_COLOUR,
        linewidth=0,
        zorder=0,
        label="90% of dots, if forecasts are right",
    )
    ax.plot(
        made.curve_x,
        made.curve_y,
        color=MODEL_COLOUR,
        linewidth=1.0,
        alpha=0.7,
        zorder=2,
        label="calibration curve",
    )
    outside = (made.happened < made.low) | (made.happened > made.high)
    ax.vlines(
        made.forecast,
        np.minimum(made.forecast, made.happened),
        np.maximum(made.forecast, made.happened),
        color=np.where(outside, FAR_COLOUR, MODEL_COLOUR),
        linewidth=0.8,
        zorder=2,
    )
    ax.scatter(
        made.forecast,
        made.happened,
        s=30,
        color=np.where(outside, FAR_COLOUR, MODEL_COLOUR),
        edgecolor="white",
        linewidth=0.8,
        zorder=3,
        label="an eighth of the forecasts",
    )
    # Where the forecasts lie: how much they say.
    ax.plot(
        made.p,
        np.full(len(made.p), -0.02 * top),
        linestyle="none",
        marker="|",
        markersize=5,
        color=frame.INK,
        alpha=0.12,
        zorder=1,
        clip_on=False,
    )
    ax.set_xlim(0, top)
    ax.set_ylim(-0.04 * top, top)
    frame.percent_axis(ax.xaxis)
    frame.percent_axis(ax.yaxis)
    ax.set_ylabel("came true", fontsize=frame.SIZE, color=frame.INK)
    frame.dress(
        ax,
        title,
        f"{len(made.p)} forecasts; {made.inside} of {len(made.n)} dots inside the band; "
        f"strokes below: the forecasts",
        grid="y",
    )
    ax.set_xlabel("stated probability", fontsize=frame.SIZE, color=frame.INK)
    frame.legend_below(ax, 34, 3)
    rows = [
        {"forecast": float(f), "came_true": float(h), "low": float(a), "high": float(b), "n": int(n)}
        for f, h, a, b, n in zip(made.forecast, made.happened, made.low, made.high, made.n, strict=True)
    ]
    alt = (
        f"Reliability of forecasts of {SHORT[made.event]}: "
        + "; ".join(f"{row['forecast']:.0%} stated, {row['came_true']:.0%} came true" for row in rows)
        + f". {made.inside} of {len(rows)} shares lie inside the band of luck."
    )
    frame.set_caption(ax, title or f"Reliability, {made.event}", alt, rows)
    return ax


def _pit(made: PitHistogram, ax: Axes, title: str | None) -> Axes:
    title = f"Where it fell: {SHORT[made.target]}" if title == "" else title
    bins = len(made.height)
    outside = (made.height < made.low) | (made.height > made.high)
    ax.axhspan(made.low, made.high, color=BAND_COLOUR, linewidth=0, zorder=0)
    ax.axhline(1 / bins, color=frame.FAINT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=3)
    ax.bar(
        made.edge[:-1] + 0.5 / bins,
        made.height,
        width=0.9 / bins,
        zorder=2,
        color=np.where(outside, FAR_COLOUR, MODEL_COLOUR),
        alpha=0.85,
    )
    ax.set_xlim(0, 1)
    ax.set_ylim(0, max(float(made.height.max()), made.high) * 1.15)
    frame.percent_axis(ax.xaxis)
    frame.percent_axis(ax.yaxis)
    ax.set_ylabel("share of talks", fontsize=frame.SIZE, color=frame.INK)
    frame.dress(
        ax, title, f"{made.n} talks; flat when calibrated, high at both edges when too sure", grid="y"
    )
    frame.note(ax, "Share of the forecast that lies below the observation; band: 90% of bars, if calibrated")
    rows = [
        {"from": float(a), "to": float(b), "share": float(h), "low": made.low, "high": made.high}
        for a, b, h in zip(made.edge[:-1], made.edge[1:], made.height, strict=True)
    ]
    alt = (
        f"Histogram of the probability integral transform of {made.target}: "
        + ", ".join(f"{row['share']:.0%}" for row in rows)
        + f" in {bins} equal classes; {1 / bins:.0%} each if calibrated."
    )
    frame.set_caption(ax, title or f"PIT, {made.target}", alt, rows)
    return ax


def plot_skill(
    result: xr.Dataset, *, ax: Axes | None = None, title: str | None = "What is gained over baselines"
) -> Axes:
    """Draw the gain over every baseline with its interval, all landmarks together, as a share of the baseline's score.

    Parameters
    ----------
    result : xr.Dataset
        From :func:`forecast.backtest`.
    ax : matplotlib Axes, optional
    title : str or None, optional

    Returns
    -------
    Axes
    """
    rows: list[dict[str, Any]] = []
    for target in TARGETS:
        for name in BASELINES_OF[target]:
            skill = skill_of(result, target, name)
            score = _baseline_score(result, target, name)
            if np.isfinite(skill[0]) and score > 0:
                rows.append(
                    {
                        "target": target,
                        "baseline": name,
                        **dict(zip(("value", "low", "high"), skill, strict=True)),
                        "share": skill[0] / score,
                        "share_low": skill[1] / score,
                        "share_high": skill[2] / score,
                    }
                )
    ax = frame.axes_for(ax, skill_height(result))
    ax.axvline(0, color=frame.FAINT, linewidth=0.9, zorder=1)
    places, labels, y = [], [], -1
    for number, row in enumerate(rows):
        y += 1
        if not number or rows[number - 1]["target"] != row["target"]:
            # A line of its own for the name of the target.
            ax.annotate(
                SHORT[row["target"]],
                (0, y),
                (3, 0),
                xycoords=("axes fraction", "data"),
                va="center",
                textcoords="offset points",
                fontsize=frame.SIZE,
                fontweight="bold",
                color=frame.INK,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
            )
            y += 1
        clear = row["low"] > 0 or row["high"] < 0
        colour = ("#0b3c78" if row["value"] > 0 else FAR_COLOUR) if clear else "#8a8a8a"
        ax.plot(
            [row["share_low"], row["share_high"]],
            [y, y],
            color=colour,
            linewidth=2.2,
            solid_capstyle="butt",
            zorder=2,
        )
        ax.plot(
            [row["share"]], [y], marker="o", markersize=5, color=colour, markeredgecolor="white", zorder=3
        )
        ax.annotate(
            skill_text(row["target"], (row["value"], row["low"], row["high"])),
            (1, y),
            (4, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            fontsize=frame.SMALL,
            color=frame.INK,
            annotation_clip=False,
        )
        places.append(y)
        labels.append(CALLED[row["baseline"]].removeprefix("the "))
    ax.set_yticks(places, labels)
    ax.set_ylim(y + 0.6, -0.6)
    frame.dress(ax, title, "As a share of the baseline's score; at the right in nats or days")
    _signed_percent(ax)
    frame.note(ax, "Dot: mean; line: 95% interval, paired bootstrap over conflicts; grey: it may be nothing")
    alt = (
        "Gain of the model over baselines: "
        + "; ".join(f"{row['target']} over {CALLED[row['baseline']]} {row['share']:+.0%}" for row in rows)
        + "."
    )
    frame.set_caption(ax, title or "Gain over baselines", alt, rows)
    return ax


def _signed_percent(ax: Axes) -> None:
    from matplotlib.ticker import FuncFormatter

    ax.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _: f"{round(100 * x):+d}%" if round(100 * x) else "0")
    )


def _baseline_score(result: xr.Dataset, target: str, name: str) -> float:
    metric = "crps" if target in NUMBERS else "log_score"
    return float(result["score"].sel(landmark=ALL, target=target, metric=metric).sel({"forecaster": name}))


def skill_height(result: xr.Dataset) -> float:
    """Return the height in millimetres that `plot_skill` needs."""
    rows = [
        [name for name in BASELINES_OF[target] if np.isfinite(skill_of(result, target, name)[0])]
        for target in TARGETS
    ]
    return 30.0 + SKILL_ROW_MM * sum(len(one) + 1 for one in rows if one)


def diagrams_of(result: xr.Dataset) -> list[str]:
    """Return the targets whose reliability can be drawn: those with enough cases for a diagram to say something."""
    found = ["deal_90", "deal_180", "deal", "next_held", "next_day", "end_day"]
    if int(result["coverage_n"].sel(number_target=SETTLEMENT)) >= 10:
        found.append(SETTLEMENT)
    return found


def figure_of_backtest(
    name: str, result: xr.Dataset, *, width_mm: float = frame.WIDTH_MM, **options: Any
) -> Figure:
    """Draw ``reliability`` or ``skill`` on a figure of its own, outside pyplot."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    plot, height = {
        "reliability": (plot_reliability, RELIABILITY_MM),
        "skill": (plot_skill, skill_height(result)),
    }[name]
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        figure = Figure(figsize=(width_mm / 25.4, height / 25.4), layout="constrained")
        FigureCanvasAgg(figure)
        plot(result, ax=figure.add_subplot(), **options)
        figure.draw_without_rendering()
        frame.fit(figure)
    return figure


def save_pictures(result: xr.Dataset, folder: str | Path) -> list[Path]:
    """Write every picture of a backtest as PNG, with alt texts and numbers beside them.

    Parameters
    ----------
    result : xr.Dataset
    folder : str or Path

    Returns
    -------
    list of Path
    """
    from forecast.plots.save import save_figure

    written = save_figure(figure_of_backtest("skill", result), Path(folder) / "skill.png")
    for target in diagrams_of(result):
        written += save_figure(
            figure_of_backtest("reliability", result, target=target),
            Path(folder) / f"reliability_{target}.png",
        )
    return written
