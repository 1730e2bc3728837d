"""One trial as a storyboard: attempts, disruptions, tension and the way to closing on one time line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.looks import CAUSE_LABELS, ENDING_LOOKS, KIND_LABELS, MODE_LOOKS, STATUS_LOOKS
from forecast.plots import frame
from forecast.summary.paths import Story, story_of
from forecast.summary.text import date_words, number, percent, with_interval
from forecast.vocabulary import label_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

_MARKS = {"held": "o", "postponed": ">", "cancelled": "X"}
_SHORT = {"in_person": "P", "proximity": "X", "shuttle": "S", "hybrid": "H", "remote": "R", "correspondence": "C"}
# Lanes from the top: attempts, disruptions, tension, way to closing.
_ATTEMPTS, _EVENTS, _TENSION, _WAY = 3.55, 2.75, 1.35, 0.0


def plot_trial(outcome: xr.Dataset | Story, *, draw: int = 0, trial: int = 0, ax: Axes | None = None,
               title: str | None = "") -> Axes:
    """Replay one trial as a storyboard.

    Parameters
    ----------
    outcome : xr.Dataset or Story
        Outcome with ``paths=True``, or what :func:`forecast.summary.paths.story_of` made of it.
    draw, trial : int, optional
        Which trial; not used with a Story.
    ax : matplotlib Axes, optional
    title : str or None, optional
        Made from the trial if empty; None leaves title and subtitle out.

    Returns
    -------
    Axes
        A single trial has no interval; the subtitle gives that of its ending over all trials.
    """
    story = outcome if isinstance(outcome, Story) else story_of(outcome, draw, trial)
    ax = frame.axes_for(ax, 96)
    end = max(story.end_day, 1)
    span = min(story.horizon_days, max(14, round(end * 1.12)))
    for y in (_ATTEMPTS, _EVENTS):
        ax.axhline(y, color=frame.RULE, linewidth=0.8, zorder=1)
    _attempts(ax, story)
    _events(ax, story)
    _tension(ax, story)
    _way(ax, story)
    look = ENDING_LOOKS[story.ending]
    colour = look.colour if story.ending != "ongoing" else frame.FAINT
    ax.axvline(story.end_day, ymax=0.985, color=colour, linewidth=1.0, zorder=1)
    ax.plot([story.end_day], [4.13], marker="s", markersize=6, color=colour, zorder=4, clip_on=False)
    ax.annotate(look.label, (story.end_day, 4.13), (-7, 0), textcoords="offset points", fontsize=frame.SMALL,
                fontweight="bold", color=frame.INK, ha="right", va="center")
    frame.date_axis(ax, story.as_of, span)
    ax.set_xlim(-0.015 * span, span)
    ax.set_ylim(-0.12, 4.25)
    ax.set_yticks([_ATTEMPTS, _EVENTS, _TENSION + 0.45, _WAY + 0.5],
                  ["Attempts", "Disruptions", "Tension\n(0 to 3)", "Way to\nclosing"])
    import datetime as dt

    ended = story.as_of + dt.timedelta(days=story.end_day)
    made = story.ending_estimate
    head = f"One trial: {look.label.lower()} on day {story.end_day}, {date_words(ended)}"
    below = (f"{frame.shortened(story.title, 44)}; {with_interval(made)} of all trials end so; "
             f"draw {story.draw}, trial {story.trial}")
    frame.dress(ax, head if title == "" else title, below)
    frame.note(ax, _key(story))
    alt = (f"Time line of one trial of {story.title}: {len(story.attempts)} attempts, "
           f"{sum(a['status'] == 'held' for a in story.attempts)} held, {len(story.events)} disruptions, "
           f"{look.label.lower()} on day {story.end_day}"
           + "".join(f", {label_of(key)} at {number(value)}" for key, value in story.settlement.items()) + ".")
    rows = [{"picture": "trial", "what": "attempt", "kind": "", "severity": "", "recovery_days": "", **one}
            for one in story.attempts]
    rows += [{"picture": "trial", "what": "disruption", "kind": one["kind"], "severity": one["severity"],
              "recovery_days": one["recovery_days"], "day": one["day"], "end_day": "", "status": "", "mode": "",
              "tension": "", "effort": "", "hazard": "", "cause": ""} for one in story.events]
    rows.append({**dict.fromkeys(rows[0] if rows else ("picture", "what", "day", "status")), "picture": "trial",
                 "what": "ending", "day": story.end_day, "status": story.ending})
    frame.set_caption(ax, head if not title else title, alt, rows)
    return ax


def _attempts(ax: Axes, story: Story) -> None:
    said = -1e9
    for one in story.attempts:
        look = STATUS_LOOKS[one["status"]]
        if one["end_day"] > one["day"]:
            ax.plot([one["day"], one["end_day"]], [_ATTEMPTS] * 2, color=look.colour, linewidth=5,
                    solid_capstyle="round", zorder=3)
        held = one["status"] == "held"
        ax.plot([one["day"]], [_ATTEMPTS], marker=_MARKS[one["status"]], markersize=8 if held else 6.5,
                color=look.colour, markeredgecolor="white", markeredgewidth=0.6, zorder=4, linestyle="none")
        if held:
            ax.annotate(_SHORT[one["mode"]], (one["day"], _ATTEMPTS), (0, 7), textcoords="offset points",
                        fontsize=frame.SMALL, color=frame.INK, ha="center", va="bottom")
        elif one["cause"] not in ("none", "other") and one["day"] - said > 0.12 * max(story.end_day, 14):
            ax.annotate(CAUSE_LABELS[one["cause"]].lower(), (one["day"], _ATTEMPTS), (0, 7), textcoords="offset points",
                        fontsize=6.5, color=frame.FAINT, ha="center", va="bottom")
            said = one["day"]


def _events(ax: Axes, story: Story) -> None:
    last = -1e9
    span = max(story.end_day, 14)
    row = 0
    for one in story.events:
        size = (4, 6.5, 9)[one["severity"] - 1]
        ax.plot([one["day"]], [_EVENTS], marker="^", markersize=size, linestyle="none", zorder=4,
                color=ENDING_LOOKS["collapse"].colour, markeredgecolor="white", markeredgewidth=0.5)
        # Names of events close to each other go to two rows; a third one in a row is left to the table.
        row = 0 if one["day"] - last > 0.16 * span else row + 1
        if row < 2:
            name = KIND_LABELS.get(one["kind"], label_of(one["kind"]))
            ax.annotate(frame.literal(f"{name} {one['severity']}"), (one["day"], _EVENTS), (0, -6 - 9 * row),
                        textcoords="offset points", fontsize=6.5, color=frame.FAINT, ha="center", va="top")
        last = one["day"] if row == 0 else last


def _tension(ax: Axes, story: Story) -> None:
    days = [one["day"] for one in story.attempts]
    values = [_TENSION + 0.3 * min(one["tension"], 3.0) for one in story.attempts]
    ax.axhline(_TENSION, color=frame.RULE, linewidth=0.8, zorder=1)
    if days:
        ax.vlines(days, _TENSION, values, color="#8c2d1c", linewidth=3.5, zorder=3)
        for day, one, y in zip(days, story.attempts, values, strict=True):
            if one["tension"] >= 0.5:
                ax.annotate(f"{one['tension']:.1f}", (day, y), (0, 2), textcoords="offset points", fontsize=6.5,
                            color=frame.FAINT, ha="center", va="bottom")


def _way(ax: Axes, story: Story) -> None:
    days = [0.0, *(one["end_day"] for one in story.attempts), story.end_day]
    values = [0.0, *(min(one["hazard"], 1.0) for one in story.attempts)]
    values.append(values[-1])
    ax.axhline(_WAY, color=frame.RULE, linewidth=0.8, zorder=1)
    ax.axhline(_WAY + 1, color=frame.FAINT, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
    ax.fill_between(days, _WAY, [_WAY + value for value in values], step="post", color="#6fb1e0", alpha=0.6, zorder=2,
                    linewidth=0)
    ax.step(days, [_WAY + value for value in values], where="post", color="#0b3c78", linewidth=1.4, zorder=3)
    ax.annotate(f"{percent(values[-1])} of the way", (story.end_day, _WAY + values[-1]), (-5, 4),
                textcoords="offset points", fontsize=frame.SMALL, color=frame.INK,
                ha="right" if story.end_day > 0.2 * story.horizon_days else "left", va="bottom")


def _key(story: Story) -> str:
    used = dict.fromkeys(one["mode"] for one in story.attempts if one["status"] == "held")
    modes = ", ".join(f"{_SHORT[mode]} {MODE_LOOKS[mode].label.lower()}" for mode in used)
    key = "● held  ▶ postponed  ✖ cancelled  ▲ disruption, with severity 1 to 3"
    return key + (f"\nModes: {modes}" if modes else "")
