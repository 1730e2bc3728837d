"""Pictures made of bars: how the talks end, in which mode, what disturbs them, what is uncertain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.looks import DEAL_LOOK, ENDING_LOOKS, MODE_LOOKS, Look
from forecast.plots import frame
from forecast.summary.estimate import Estimate
from forecast.summary.text import date_words, interval, number, percent, span, with_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from forecast.summary import Summary

Line = tuple[str, Look, Estimate]


def _bars(ax: Axes, lines: list[Line], *, gap_after: int | None = None, notes: list[str] | None = None) -> None:
    """Draw labelled horizontal bars with intervals and their numbers at the right."""
    ys, y = [], 0.0
    for i in range(len(lines)):
        ys.append(y)
        y += 1.0 + (0.45 if gap_after is not None and i == gap_after else 0.0)
    reach = max([0.05, *(max(made.p, made.high if np.isfinite(made.high) else 0) for _, _, made in lines)])
    for i, (_, look, made) in enumerate(lines):
        frame.bar(ax, ys[i], made.p, look)
        if np.isfinite(made.low):
            frame.whisker(ax, made.low, made.high, ys[i])
        edge = max(made.p, made.high if np.isfinite(made.high) else made.p)
        text = f"{percent(made.p)}  ({interval(made)})" if interval(made) != percent(made.p) else percent(made.p)
        ax.annotate(text + (f"   {notes[i]}" if notes else ""), (edge, ys[i]), (5, 0), textcoords="offset points",
                    fontsize=frame.SIZE, color=frame.INK, va="center", ha="left", annotation_clip=False)
    ax.set_yticks(ys, [frame.literal(label) for label, _, _ in lines])
    ax.set_ylim(ys[-1] + 0.6, -0.6)
    # Room at the right for the longest of the numbers.
    ax.set_xlim(0, min(reach * (2.3 if notes else 1.35), 2.0))
    frame.percent_axis(ax.xaxis, most=min(1.0, reach * 1.05))


def _rows(picture: str, lines: list[tuple[str, str, Estimate]]) -> list[dict[str, Any]]:
    return [{"picture": picture, "key": key, "label": label, "p": made.p, "low": made.low, "high": made.high,
             "mc_error": made.mc_error} for key, label, made in lines]


def plot_endings(summary: Summary, *, ax: Axes | None = None, title: str | None = "") -> Axes:
    """Draw the probability of each ending with its 90% interval.

    Parameters
    ----------
    summary : Summary
    ax : matplotlib Axes, optional
        Drawn on; a new figure without it.
    title : str or None, optional
        Made from the horizon if empty; None leaves title and subtitle out.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import forecast as fc
    >>> outcome = fc.simulate(fc.load_scenario("us_iran_final_2026"), draws=20, trials=20, seed=1)
    >>> axes = fc.plot_endings(fc.summarize(outcome))
    >>> axes.get_title(loc="left")
    'How the talks stand on 17 October 2026'
    """
    ax = frame.axes_for(ax, 78)
    lines: list[Line] = [(DEAL_LOOK.label, DEAL_LOOK, summary.deal)]
    for name, made in summary.ends.items():
        label = ENDING_LOOKS[name].label
        lines.append((("   " if name in ("agreement", "partial") else "") + label + summary.mark(f"ends.{name}"),
                      ENDING_LOOKS[name], made))
    _bars(ax, lines, gap_after=2)
    title = f"How the talks stand on {date_words(summary.horizon)}" if title == "" else title
    frame.dress(ax, title, frame.subtitle_of(summary))
    frame.note(ax, _under(summary, [f"ends.{name}" for name in summary.ends]))
    best = sorted(summary.ends.items(), key=lambda item: -item[1].p)
    alt = (f"Bar chart of how {summary.title} stands on {summary.horizon}. A deal, full or partial: "
           f"{percent(summary.deal.p)} (90% interval {interval(summary.deal)}). "
           + "; ".join(f"{ENDING_LOOKS[n].label} {with_interval(m)}" for n, m in best) + ".")
    rows = [("deal", DEAL_LOOK.label, summary.deal),
            *((f"ends.{name}", ENDING_LOOKS[name].label, made) for name, made in summary.ends.items())]
    frame.set_caption(ax, title or "", alt, _rows("endings", rows))
    return ax


def _under(summary: Summary, keys: list[str]) -> str:
    text = "Probability; lines and brackets: 90% interval over draws"
    return text + (".  * prior-driven" if any(summary.mark(key) for key in keys) else "")


def plot_modes(summary: Summary, *, ax: Axes | None = None,
               title: str | None = "Mode of the next round, if it is held") -> Axes:
    """Draw the probability of each mode of the next round, given that it is held.

    Parameters
    ----------
    summary : Summary
    ax : matplotlib Axes, optional
    title : str or None, optional

    Returns
    -------
    Axes
    """
    ax = frame.axes_for(ax, 68)
    mark = summary.mark("next_round.mode")
    lines: list[Line] = [(MODE_LOOKS[name].label + mark, MODE_LOOKS[name], made)
                         for name, made in summary.next_round.mode.items()]
    if not np.isfinite(lines[0][2].p):
        nothing = Estimate(0.0, np.nan, np.nan, np.nan)
        lines = [(label, look, nothing) for label, look, _ in lines]
    _bars(ax, lines)
    frame.dress(ax, title, frame.subtitle_of(summary))
    frame.note(ax, _under(summary, ["next_round.mode"]))
    held = summary.next_round.held
    shown = [f"{MODE_LOOKS[name].label} {with_interval(m)}" for name, m in summary.next_round.mode.items()
             if m.p >= 0.005]
    alt = (f"Bar chart of the mode of the next round of {summary.title}, given that it is held "
           f"({percent(held.p)}): {'; '.join(shown) or 'never held'}.")
    frame.set_caption(ax, title or "", alt, _rows("modes", [
        (f"next_round.mode.{name}", MODE_LOOKS[name].label, made) for name, made in summary.next_round.mode.items()]))
    return ax


def _expected(x: float) -> str:
    return number(x) if x >= 10 else f"{x:.2f}" if x >= 0.005 else "<0.01"


KIND_LOOKS = {
    "escalation": Look("", "", "#8c2d1c"), "walkout_leak": Look("", "", "#d08b3c", "///"),
    "political": Look("", "", "#3d6f99"), "exogenous": Look("", "", "#9bb8a5", "---"),
    "novel": Look("", "", "#6b5b73", "xxx"),
}
_OWN = Look("", "", "#a9a9a9", "\\\\\\")


def plot_disruptions(summary: Summary, *, ax: Axes | None = None,
                     title: str | None = "Disruptions before the talks end") -> Axes:
    """Draw the probability of at least one disruption of each kind, and the expected number.

    Parameters
    ----------
    summary : Summary
    ax : matplotlib Axes, optional
    title : str or None, optional

    Returns
    -------
    Axes
    """
    ax = frame.axes_for(ax, 36 + 8.0 * max(len(summary.disruptions), 1))
    lines: list[Line] = [(kind.name + summary.mark(f"disruptions.{key}"), KIND_LOOKS.get(key, _OWN), kind.any)
                         for key, kind in summary.disruptions.items()]
    notes = [f"{_expected(kind.mean.value)} expected" for kind in summary.disruptions.values()]
    if lines:
        _bars(ax, lines, notes=notes)
    frame.dress(ax, title, frame.subtitle_of(summary))
    keys = [f"disruptions.{key}" for key in summary.disruptions]
    frame.note(ax, _under(summary, keys).replace("Probability", "Probability of at least one"))
    shown = [f"{kind.name} {with_interval(kind.any)}, {_expected(kind.mean.value)} expected"
             for kind in summary.disruptions.values()]
    alt = (f"Bar chart of the probability of at least one disruption of each kind in {summary.title}: "
           f"{'; '.join(shown)}.")
    frame.set_caption(ax, title or "", alt, _rows("disruptions", [
        (f"disruptions.{key}.any", kind.name, kind.any) for key, kind in summary.disruptions.items()]))
    return ax


def plot_downtime(summary: Summary, *, ax: Axes | None = None,
                  title: str | None = "Expected downtime before the talks end") -> Axes:
    """Draw the expected days of downtime of each technical system.

    Parameters
    ----------
    summary : Summary
    ax : matplotlib Axes, optional
    title : str or None, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the scenario has no systems.
    """
    if not summary.downtime:
        raise ValueError("this forecast has no technical systems: the scenario states none")
    ax = frame.axes_for(ax, 38 + 11.0 * len(summary.downtime))
    reach = max(1e-3, *(made.days.high if np.isfinite(made.days.high) else made.days.value
                        for made in summary.downtime.values()))
    for i, made in enumerate(summary.downtime.values()):
        frame.bar(ax, i, made.days.value, _OWN)
        edge = made.days.value
        if np.isfinite(made.days.low):
            frame.whisker(ax, made.days.low, made.days.high, i)
            edge = max(edge, made.days.high)
        ax.annotate(f"{number(made.days.value)} days ({span(made.days)})",
                    (edge, i), (5, 0), textcoords="offset points", fontsize=frame.SIZE, color=frame.INK, va="center",
                    ha="left", annotation_clip=False)
    mark = summary.mark("downtime")
    labels = [f"{frame.literal(made.name)}{mark}\ndown at all {with_interval(made.any)}"
              for made in summary.downtime.values()]
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(summary.downtime) - 0.4, -0.6)
    ax.set_xlim(0, 1.6 * reach)
    frame.dress(ax, title, frame.subtitle_of(summary))
    frame.note(ax, "Days; lines and brackets: 90% interval over draws" + (".  * prior-driven" if mark else ""))
    listed = [f"{made.name} {number(made.days.value)} days ({span(made.days)}), down at all {with_interval(made.any)}"
              for made in summary.downtime.values()]
    frame.set_caption(ax, title or "", f"Bar chart of expected downtime in {summary.title}: {'; '.join(listed)}.", [
        {"picture": "downtime", "key": f"downtime.{key}.days", "label": made.name, "days": made.days.value,
         "low": made.days.low, "high": made.days.high, "any": made.any.p, "any_low": made.any.low,
         "any_high": made.any.high} for key, made in summary.downtime.items()])
    return ax


_SHARES = (("parameters", "parameters: what past talks leave open", Look("", "", "#0b3c78")),
           ("beliefs", "beliefs: what is hidden about these talks", Look("", "", "#6fb1e0", "///")),
           ("luck", "luck", Look("", "", "#e4e4e4")))
_EVENT_NAMES = {"deal": "Deal", "next_round": "Next round held"}


def plot_uncertainty(summary: Summary, *, ax: Axes | None = None,
                     title: str | None = "Where the uncertainty comes from") -> Axes:
    """Draw the shares of parameters, beliefs and luck in what is not known about an event.

    Parameters
    ----------
    summary : Summary
    ax : matplotlib Axes, optional
    title : str or None, optional

    Returns
    -------
    Axes
        The interval of each event is written under its name.
    """
    ax = frame.axes_for(ax, 68)
    rows, said, bound = [], [], False
    estimates = {"deal": summary.deal, "next_round": summary.next_round.held}
    drawn = [(key, split) for key, split in summary.variance.items() if np.isfinite(split.parameters)]
    errors = [error for _, split in drawn for error in (split.parameters_error, split.beliefs_error, split.luck_error)
              if np.isfinite(error)]
    for i, (key, split) in enumerate(drawn):
        left = 0.0
        for share, words, look in _SHARES:
            value = getattr(split, share)
            if not np.isfinite(value):
                continue
            if share == "luck" and split.method == "draws":
                words, look = "beliefs and luck together", Look("", "", "#aac6da", "---")
            label = words if not any(row["label"] == words for row in rows) else None
            value = max(value, 0.0)  # an unbiased share near none may be a little below: no bar
            frame.bar(ax, i, value, look, left=left, height=0.5)
            ax.patches[-1].set_label(label or "_")
            if value >= 0.06:
                sign = {"beliefs": "≥", "luck": "≤"}.get(share, "") if split.method == "zopa" else ""
                bound |= bool(sign)
                ax.annotate(f"{sign}{percent(value)}", (left + value / 2, i), ha="center", va="center",
                            fontsize=frame.SIZE, color="white" if look.colour == "#0b3c78" else frame.INK,
                            bbox={"boxstyle": "round,pad=0.15", "fc": look.colour, "ec": "none"}, zorder=5)
            rows.append({
                "picture": "uncertainty", "key": f"variance.{key}.{share}", "label": words,
                "share": getattr(split, share), "error": getattr(split, f"{share}_error"), "method": split.method,
                "p": estimates[key].p, "low": estimates[key].low, "high": estimates[key].high})
            said.append(f"{_EVENT_NAMES[key]}, {words}: {percent(value)}")
            left += value
    ax.set_yticks(range(len(drawn)), [f"{_EVENT_NAMES[key]}\n{with_interval(estimates[key])}"
                                      for key, _ in drawn])
    ax.set_ylim(max(len(drawn), 1) - 0.4, -0.6)
    ax.set_xlim(0, 1)
    frame.percent_axis(ax.xaxis)
    frame.dress(ax, title, frame.subtitle_of(summary))
    frame.note(ax, "Share of the variance (under each name: probability, 90% interval over draws)"
               + ("\n≥, ≤: bounds, from the ZOPA coin alone" if bound else "")
               + (f"\nMonte Carlo error of a share: at most {max(errors):.1%}" if errors else ""))
    if drawn:
        frame.legend_below(ax, 48, 2)
    alt = f"Stacked bars of where the uncertainty about {summary.title} comes from. {'; '.join(said)}."
    frame.set_caption(ax, title or "", alt, rows)
    return ax
