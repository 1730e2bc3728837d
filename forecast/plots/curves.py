"""Pictures made of curves over days: when the talks end, when the next round is held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecast.looks import DEAL_LOOK, ENDING_LOOKS, STATUS_LOOKS
from forecast.plots import frame
from forecast.summary.text import date_words, number, percent, span, with_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forecast.summary import Summary

Band = tuple[NDArray, NDArray, NDArray]
_LINES = {"deal": "-", "agreement": "-", "partial": (0, (5, 1.5)), "collapse": (0, (6, 1.5, 1, 1.5)),
          "stall": (0, (1.5, 1.2)), "lapse": (0, (3, 1, 1, 1, 1, 1))}
# On white the light fills of the bars are too faint for a line; the same hue, darker.
_INKS = {"stall": "#b07d00", "partial": "#3f8fc8"}


def plot_incidence(summary: Summary, *, ax: Axes | None = None, split: bool = False,
                   title: str | None = "Probability that the talks have ended so by the date") -> Axes:
    """Draw the probability of each ending by date, with 90% bands.

    Parameters
    ----------
    summary : Summary
    ax : matplotlib Axes, optional
    split : bool, optional
        Draw agreement and partial deal apart instead of their sum.
    title : str or None, optional

    Returns
    -------
    Axes
    """
    ax = frame.axes_for(ax, 88)
    curves = summary.curves
    days = curves.days
    shown: dict[str, Band] = {} if split else {"deal": curves.deal}
    for name, band in curves.endings.items():
        # An ending that never comes to 1% is a line on the axis: it is in the table, not in the picture.
        if band[0][-1] >= 0.01 and (split or name not in ("agreement", "partial")):
            shown[name] = band
    for name, (p, low, high) in shown.items():
        look = DEAL_LOOK if name == "deal" else ENDING_LOOKS[name]
        colour = _INKS.get(name, look.colour)
        ax.fill_between(days, low, high, color=colour, alpha=0.16, linewidth=0, zorder=2)
        ax.plot(days, p, color=colour, linestyle=_LINES[name], linewidth=1.8, zorder=3)
    frame.date_axis(ax, summary.as_of, summary.horizon_days)
    top = max([0.05, *(float(np.nanmax(np.maximum(band[0], np.nan_to_num(band[2])))) for band in shown.values())])
    ax.set_ylim(0, min(1.0, top * 1.08))
    frame.percent_axis(ax.yaxis)
    frame.dress(ax, title, frame.subtitle_of(summary), grid="y")
    if summary.deadline is not None and 0 < summary.deadline < summary.horizon_days:
        frame.mark_day(ax, summary.deadline, f"deadline {summary.date_of(summary.deadline)}")
    _end_labels(ax, summary.horizon_days, {
        name: (float(band[0][-1]), (DEAL_LOOK if name == "deal" else ENDING_LOOKS[name]).label.split(" (")[0],
               _INKS.get(name, (DEAL_LOOK if name == "deal" else ENDING_LOOKS[name]).colour))
        for name, band in shown.items()})
    frame.note(ax, "Bands: 90% interval over draws")
    listed = [f"by {date_words(made.date)} {with_interval(made.deal)}" for made in summary.by]
    alt = (f"Curves of the probability that {summary.title} has ended in each way by a date. "
           f"A deal: {'; '.join(listed)}.")
    frame.set_caption(ax, title or "", alt, _rows("incidence", summary, days, shown))
    return ax


def _rows(picture: str, summary: Summary, days: NDArray, bands: dict[str, Band]) -> list[dict[str, Any]]:
    return [{"picture": picture, "key": name, "day": int(day), "date": str(summary.date_of(day)),
             "p": float(band[0][i]), "low": float(band[1][i]), "high": float(band[2][i])}
            for name, band in bands.items() for i, day in enumerate(days)]


def _end_labels(ax: Axes, day: float, labels: dict[str, tuple[float, str, str]]) -> None:
    """Write the name of each curve beside its end, pushed apart where they would overlap."""
    low, high = ax.get_ylim()
    gap = 0.062 * (high - low)
    at = sorted(labels.items(), key=lambda item: item[1][0])
    places: list[float] = []
    for _, (value, _, _) in at:
        places.append(max(value, places[-1] + gap) if places else max(value, low + gap / 3))
    # If the pile grew over the top, push it down again from there.
    for i in range(len(places) - 1, -1, -1):
        ceiling = high if i == len(places) - 1 else places[i + 1] - gap
        places[i] = min(places[i], ceiling)
    for (_, (value, label, colour)), place in zip(at, places, strict=True):
        ax.annotate(f"{frame.literal(label)} {percent(value)}", (day, place), (5, 0), textcoords="offset points",
                    fontsize=frame.SIZE, color=colour, va="center", ha="left", annotation_clip=False,
                    fontweight="bold")


def plot_next_round(summary: Summary, *, ax: Axes | None = None, days: int | None = None,
                    title: str | None = "Probability that the next round has been held by the date") -> Axes:
    """Draw when the next round is held: a curve with its 90% band, and intervals at 1, 3, 7, 14, 30 and 60 days.

    Parameters
    ----------
    summary : Summary
    ax : matplotlib Axes, optional
    days : int, optional
        Days shown; without it up to where 99% of those that are held have been, at least 14.
    title : str or None, optional

    Returns
    -------
    Axes
    """
    ax = frame.axes_for(ax, 80)
    curves, made = summary.curves, summary.next_round
    p, low, high = curves.next_round
    if days is None:
        late = curves.days[np.searchsorted(p, 0.99 * p[-1])] if p[-1] > 0 else 0
        days = int(min(summary.horizon_days, max(14, late)))
    ink = STATUS_LOOKS["held"].colour
    ax.fill_between(curves.days, low, high, step="post", color=ink, alpha=0.18, linewidth=0, zorder=2)
    ax.step(curves.days, p, where="post", color=ink, linewidth=1.8, zorder=3)
    frame.date_axis(ax, summary.as_of, days)
    last = -np.inf
    for at, within in made.within_days.items():
        # Where the scale is too coarse for all of them, some are left to the table.
        if at <= days and at - last >= 0.06 * days and np.isfinite(within.p):
            last = at
            ax.errorbar(at, within.p, [[within.p - within.low], [within.high - within.p]], fmt="o", color=frame.INK,
                        markersize=3.5, linewidth=1.1, capsize=2.5, zorder=5)
            low_down = within.p < 0.12
            ax.annotate(percent(within.p), (at, within.p), (4, 4 if low_down else -4), textcoords="offset points",
                        fontsize=frame.SIZE, color=frame.INK, ha="left", va="bottom" if low_down else "top", zorder=6)
    ax.set_xlim(-0.02 * days, days)
    ax.set_ylim(0, 1)
    frame.percent_axis(ax.yaxis)
    frame.dress(ax, title, frame.subtitle_of(summary), grid="y")
    if made.planned is not None and 0 <= (made.planned - summary.as_of).days <= days:
        frame.mark_day(ax, (made.planned - summary.as_of).days, f"planned {made.planned}")
    text = f"held within {summary.horizon_days} days: {with_interval(made.held)}"
    if made.on_time is not None:
        text += f"\non the planned day: {with_interval(made.on_time)}"
    ax.annotate(text, (1, 0), (-4, 6), xycoords="axes fraction", textcoords="offset points", fontsize=frame.SIZE,
                color=frame.INK, ha="right", va="bottom")
    frame.note(ax, "Band and bars: 90% interval over draws")
    listed = [f"within {at} days {with_interval(within)}" for at, within in made.within_days.items()
              if np.isfinite(within.p)]
    alt = (f"Curve of the probability that the next round of {summary.title} has been held by a date: "
           f"{'; '.join(listed)}; within the horizon {with_interval(made.held)}.")
    rows = _rows("next_round", summary, curves.days, {"next_round": curves.next_round})
    frame.set_caption(ax, title or "", alt, rows)
    return ax


def plot_settlement(summary: Summary, issue: str | None = None, *, ax: Axes | None = None,
                    title: str | None = "") -> Axes:
    """Draw the distribution of the settlement of one issue, given that it closes.

    Parameters
    ----------
    summary : Summary
    issue : str, optional
        Its id; the first one without it.
    ax : matplotlib Axes, optional
    title : str or None, optional
        The name of the issue if empty; None leaves title and subtitle out.

    Returns
    -------
    Axes
        Steps with the 90% interval of each class over draws; below them the range of 90% of the cases with the
        median; triangles at the opening positions.

    Raises
    ------
    ValueError
        If the scenario has no issue of that id, or none at all.
    """
    if not summary.settlement:
        raise ValueError("this forecast has no issues: the scenario states no positions, so there are no terms to draw")
    key = next(iter(summary.settlement)) if issue is None else issue
    if key not in summary.settlement:
        raise ValueError(f"no issue {key!r}; there are {', '.join(summary.settlement)}")
    made = summary.settlement[key]
    ax = frame.axes_for(ax, 78)
    edges = np.array(made.edges)
    share, low, high = (np.array(x) for x in (made.share, made.low, made.high))
    top = max(float(high.max()), float(share.max()), 1e-6)
    if made.n:
        ax.fill_between(edges, np.append(low, low[-1]), np.append(high, high[-1]), step="post", color=DEAL_LOOK.colour,
                        alpha=0.25, linewidth=0, zorder=2)
        ax.stairs(share, edges, color=DEAL_LOOK.colour, linewidth=1.5, zorder=3)
        under = -0.07 * top
        q = made.quantiles
        ax.plot([q["p5"], q["p95"]], [under, under], color=frame.INK, linewidth=1.2, solid_capstyle="butt")
        ax.plot([q["p25"], q["p75"]], [under, under], color=frame.INK, linewidth=4, solid_capstyle="butt")
        ax.plot([q["p50"]], [under], "o", color="white", markeredgecolor=frame.INK, markersize=5, zorder=5)
        words = f"median {number(made.median.value)}, mean {number(made.mean.value)} {made.unit}".rstrip()
        words += f" (mean: 90% interval {span(made.mean)})" if np.isfinite(made.mean.low) else ""
        ax.annotate(frame.literal(words), (q["p50"], under), (0, -8), textcoords="offset points", ha="center", va="top",
                    fontsize=frame.SIZE, color=frame.INK)
    ax.set_ylim(-0.24 * top, 1.18 * top)
    _openings(ax, made.openings, summary, top)
    frame.dress(ax, f"{made.name}: terms, if it closes" if title == "" else title,
                frame.subtitle_of(summary), grid="y")
    frame.percent_axis(ax.yaxis, most=1.1 * top)
    ax.spines["left"].set_visible(False)
    ax.set_ylabel("share of the cases that close", fontsize=frame.SMALL, color=frame.FAINT)
    frame.note(ax, f"{made.unit or 'value'}; closes with {with_interval(made.closed)}; "
               "band: 90% interval over draws" + (".  Prior-driven" if summary.mark("settlement") else ""))
    alt = (f"Histogram of the settlement of {made.name} ({made.unit}) in {summary.title}, given that it closes "
           f"({percent(made.closed.p)}): 5% below {number(made.quantiles['p5'])}, half below "
           f"{number(made.quantiles['p50'])}, 95% below {number(made.quantiles['p95'])}. Openings: "
           + "; ".join(f"{party} {value:g}" for party, value in made.openings.items()) + ".")
    frame.set_caption(ax, made.name if not title else title, alt, [
        {"picture": "settlement", "key": key, "from": float(edges[i]), "to": float(edges[i + 1]), "p": float(share[i]),
         "low": float(low[i]), "high": float(high[i]), "unit": made.unit} for i in range(len(share))])
    return ax


def _openings(ax: Axes, openings: dict[str, float], summary: Summary, top: float) -> None:
    """Mark the opening positions at the top of the axes, with the names of the parties."""
    values = list(openings.values())
    if not values:
        return
    low, high = min(*values, ax.get_xlim()[0]), max(*values, ax.get_xlim()[1])
    pad = 0.03 * (high - low or 1)
    ax.set_xlim(low - pad, high + pad)
    for party, value in openings.items():
        name = ((summary.scenario.get("parties") or {}).get(party) or {}).get("name") or party
        left = value < (low + high) / 2
        ax.plot([value], [1.04 * top], marker="v", color=frame.FAINT, markersize=6, clip_on=False)
        ax.annotate(frame.literal(frame.shortened(f"{name} opened at {value:g}", 44)), (value, 1.04 * top),
                    (6 if left else -6, 0), textcoords="offset points", fontsize=frame.SMALL, color=frame.FAINT,
                    ha="left" if left else "right", va="center")
