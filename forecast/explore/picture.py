"""The picture of the panel: SVG written directly, so that a moved slider is seen at once.

The pictures of reports are matplotlib's and take some 150 ms each; this one is text, takes one or two, stays sharp
on any screen and can be selected and read aloud. Labels, colours and words for numbers are those of the house.
"""

from __future__ import annotations

import datetime as dt
from html import escape

import numpy as np

from forecast.explore.session import Curve, Moved
from forecast.looks import DEAL_LOOK, ENDING_LOOKS, Look
from forecast.summary.estimate import Quantity
from forecast.summary.text import date_words, percent
from forecast.sweep.comparison import points
from forecast.sweep.difference import Difference

WIDTH, ROW = 800, 31
LEFT, RIGHT = 160, 385
COLUMNS = (402, 524, 646)
INK, FAINT, RULE, BASE = "#1a1a1a", "#5c5c5c", "#dddddd", "#8a8a8a"
UP = "#0b3c78"
_NEXT = Look("Next round", "the next round", "#1f5f8b")
_LATER = Look("After a deal", "after a deal", "#4d7d64")
_AFTER = {"after.ratified": "Deal ratified", "after.in_force": "Deal in force"}
_FONT = "font-family:'Helvetica Neue',Arial,'Liberation Sans',sans-serif"


def picture(made: Moved, *, draws: int, trials: int, seed: int) -> str:
    """Draw the scenario and its change: endings, next round, both by date.

    Parameters
    ----------
    made : Moved
    draws, trials, seed : int
        Of the session.

    Returns
    -------
    str
        An ``<svg>`` element; names in it are escaped.
    """
    rows = _rows(made)
    bars, height = _bars(rows, moved=bool(made.changes))
    top = height + 34
    charts = (_chart(made, "deal", "A deal by date", 0, top, DEAL_LOOK.colour)
              + _chart(made, "next_round", "The next round held by date", 410, top, _NEXT.colour))
    bottom = top + 196
    foot = (f"{draws * trials:,} trials each ({draws} draws x {trials}), seed {seed}, on the same luck. "
            "Lines and bands: 90% interval over draws.")
    if made.quick:
        foot = "A quick look, its intervals too wide; the history is being weighed in full."
    return (f'<svg viewBox="0 0 {WIDTH} {bottom + 22}" role="img" aria-label="{escape(alt_text(made), quote=True)}" '
            f'xmlns="http://www.w3.org/2000/svg" class="nf-picture" style="width:100%;max-width:{WIDTH + 120}px;'
            f'height:auto;background:#fff;{_FONT}">'
            + _patterns() + bars + charts + _text(0, bottom + 10, foot, size=11, fill=FAINT) + "</svg>")


def headline(made: Moved) -> str:
    """Return one sentence on what the change does to a deal and to the next round.

    Returns
    -------
    str
        Plain text.
    """
    deal, held = made.rows["deal"], made.rows["next_round.held"]
    if not made.changes:
        return (f"As the scenario is: a deal {percent(deal.baseline.value)}, "
                f"the next round held {percent(held.baseline.value)}. Move a control to change it.")
    return (f"A deal: {_change(deal)}. The next round held: {_change(held)}.")


def _change(row: Difference) -> str:
    made = row.difference
    if not np.isfinite(made.value):
        return "n/a"
    around = "" if points(made.low) == points(made.high) else f" ({points(made.low)} to {points(made.high)})"
    clear = made.low > 0 or made.high < 0
    word = "" if clear else ", not told apart from none"
    sides = f"{percent(row.baseline.value)} to {percent(row.alternative.value)}"
    return f"{sides}, {points(made.value)} points{around}{word}"


def alt_text(made: Moved) -> str:
    """Return what the picture says to those who cannot see it."""
    lines = [f"{label} {percent(row.baseline.value)}"
             + (f" to {percent(row.alternative.value)}" if made.changes else "")
             for label, _, row, _ in _rows(made) if row is not None]
    return f"{made.baseline.scenario.title}. {headline(made)} {'; '.join(lines)}."


def _rows(made: Moved) -> list[tuple[str, Look, Difference, bool]]:
    """Return (label, look, row, first of a group)."""
    out = [(DEAL_LOOK.label, DEAL_LOOK, made.rows["deal"], False)]
    out += [(look.label, look, made.rows[f"ends.{name}"], False) for name, look in ENDING_LOOKS.items()]
    out += [(label, _LATER, made.rows[key], False) for key, label in _AFTER.items() if key in made.rows]
    out.append(("Next round held", _NEXT, made.rows["next_round.held"], True))
    planned = made.baseline.scenario.next_round is not None or made.changed.scenario.next_round is not None
    if planned:
        out.append(("   as planned", _NEXT, made.rows["next_round.on_time"], False))
    out += [(f"   within {key.rsplit('.', 1)[1]} days", _NEXT, row, False)
            for key, row in made.rows.items() if key.startswith("next_round.within_days.")]
    return out


def _patterns() -> str:
    """Return the hatches that tell endings apart on a bad copy in grey."""
    lines = {"///": "M0,6 L6,0", "---": "M0,3 L6,3", "\\\\\\": "M0,0 L6,6"}
    out = []
    for name, look in ENDING_LOOKS.items():
        stroke = f'<path d="{lines[look.hatch]}" stroke="#4a4a4a" stroke-width="0.7"/>' if look.hatch in lines else ""
        out.append(f'<pattern id="nf-{name}" width="6" height="6" patternUnits="userSpaceOnUse">'
                   f'<rect width="6" height="6" fill="{look.colour}"/>{stroke}</pattern>')
    return f"<defs>{''.join(out)}</defs>"


def _fill(look: Look) -> str:
    name = next((name for name, other in ENDING_LOOKS.items() if other is look), "")
    return f"url(#nf-{name})" if name and look.hatch else look.colour


def _text(x: float, y: float, text: str, *, size: float = 12.5, fill: str = INK, anchor: str = "start",
          bold: bool = False) -> str:
    weight = ' font-weight="700"' if bold else ""
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" text-anchor="{anchor}"{weight} '
            f'xml:space="preserve">{escape(text)}</text>')


def _reach(rows: list[tuple[str, Look, Difference, bool]]) -> float:
    """Return the end of the axis: one of a few, so that it does not move with every touch."""
    most = max(x for _, _, row, _ in rows for made in (row.baseline, row.alternative)
               for x in (made.value, made.high) if np.isfinite(x))
    return next((end for end in (0.25, 0.5, 0.75, 1.0) if most <= end), 1.0)


def _bars(rows: list[tuple[str, Look, Difference, bool]], *, moved: bool) -> tuple[str, float]:
    """Draw a line for each probability: the scenario in outline, the change in colour, the numbers beside it."""
    reach = _reach(rows)
    scale = (RIGHT - LEFT) / reach
    head = ("as it is", "changed", "difference, points") if moved else ("as it is", "", "")
    out = [_text(x, 12, words, size=11, fill=FAINT) for x, words in zip(COLUMNS, head, strict=True) if words]
    y = 24.0
    tops = [y]
    for label, look, row, new_group in rows:
        if new_group:
            y += 8
            out.append(f'<path d="M0,{y - 3:.1f} H{WIDTH}" stroke="{RULE}"/>')
        middle = y + ROW / 2
        out.append(_text(0, middle + 4, label, bold=look is DEAL_LOOK or label == "Next round held"))
        if moved:
            out.append(_bar(row.baseline, middle - 10, 8, scale, "#ffffff", BASE, BASE))
            out.append(_bar(row.alternative, middle, 10, scale, _fill(look), "none", INK))
            out.append(_text(COLUMNS[0], middle + 4, _numbers(row.baseline), fill=FAINT))
            out.append(_text(COLUMNS[1], middle + 4, _numbers(row.alternative)))
            made = row.difference
            words = _difference(made)
            clear = np.isfinite(made.low) and (made.low > 0 or made.high < 0) and words != "0"
            out.append(_text(COLUMNS[2], middle + 4, words, fill=INK if clear else FAINT, bold=bool(clear)))
        else:
            out.append(_bar(row.baseline, middle - 6, 12, scale, _fill(look), "none", INK))
            out.append(_text(COLUMNS[0], middle + 4, _numbers(row.baseline)))
        y += ROW
    grid = []
    for tick in np.linspace(0, reach, 6 if reach in (0.25, 0.5, 1.0) else 4):
        x = LEFT + tick * scale
        grid.append(f'<path d="M{x:.1f},{tops[0]} V{y:.1f}" stroke="{RULE}" stroke-width="0.8"/>')
        grid.append(_text(x, y + 14, f"{100 * tick:.0f}%", size=11, fill=FAINT, anchor="middle"))
    return "".join(grid + out), y + 18


def _bar(made: Quantity, y: float, height: float, scale: float, fill: str, stroke: str, ink: str) -> str:
    if not np.isfinite(made.value):
        return ""
    out = (f'<rect x="{LEFT}" y="{y:.1f}" width="{max(made.value * scale, 0.5):.1f}" height="{height}" '
           f'fill="{fill}" stroke="{stroke}"/>')
    if np.isfinite(made.low):
        a, b, middle = LEFT + made.low * scale, LEFT + made.high * scale, y + height / 2
        path = f"M{a:.1f},{middle:.1f} H{b:.1f} M{a:.1f},{middle - 3:.1f} v6 M{b:.1f},{middle - 3:.1f} v6"
        out += (f'<path d="{path}" stroke="#ffffff" stroke-width="3" fill="none"/>'
                f'<path d="{path}" stroke="{ink}" stroke-width="1.3" fill="none"/>')
    return out


def _numbers(made: Quantity) -> str:
    from forecast.summary.estimate import Estimate
    from forecast.summary.text import with_interval

    return with_interval(Estimate(made.value, made.low, made.high, made.mc_error))


def _difference(made: Quantity) -> str:
    if not np.isfinite(made.value):
        return "n/a"
    low, high = points(made.low), points(made.high)
    return points(made.value) + ("" if low == high else f" ({low} to {high})")


def _chart(made: Moved, name: str, title: str, left: float, top: float, colour: str) -> str:
    """Draw a curve by date: the scenario dashed in grey, the change in colour."""
    width, height, foot = 368.0, 132.0, top + 24 + 132.0
    curves: list[tuple[Curve, str, str]] = [(getattr(made.baseline, name), BASE, ' stroke-dasharray="5 3"')]
    if made.changes:
        curves.append((getattr(made.changed, name), colour, ""))
    else:
        curves = [(curves[0][0], colour, "")]
    end = max(int(curve.days[-1]) for curve, _, _ in curves)
    most = max(float(np.nanmax([curve.p.max(), np.nanmax(curve.high)])) for curve, _, _ in curves)
    reach = next((limit for limit in (0.02, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if most <= limit), 1.0)

    def x(day: float) -> float:
        return left + 34 + (width - 40) * day / max(end, 1)

    def y(p: float) -> float:
        return foot - height * p / reach

    out = [_text(left, top + 10, title, bold=True)]
    for tick in (0.0, reach / 2, reach):
        out.append(f'<path d="M{x(0):.1f},{y(tick):.1f} H{x(end):.1f}" stroke="{RULE}" stroke-width="0.8"/>')
        out.append(_text(left + 29, y(tick) + 4, f"{100 * tick:g}%", size=11, fill=FAINT, anchor="end"))
    as_of = made.baseline.scenario.as_of
    for i, day in enumerate(np.linspace(0, end, 4).round().astype(int)):
        date = as_of + dt.timedelta(days=int(day))
        words = date_words(date).rsplit(" ", 1)[0]
        short = f"{words.split()[0]} {words.split()[1][:3]}" + (f" {date.year}" if i in (0, 3) else "")
        anchor = ("start", "middle", "middle", "end")[i]
        out.append(_text(x(day), foot + 16, short, size=11, fill=FAINT, anchor=anchor))
    for curve, ink, dashes in curves:
        if np.isfinite(curve.low).all():
            edge = [f"{x(d):.1f},{y(p):.1f}" for d, p in zip(curve.days, curve.high, strict=True)]
            edge += [f"{x(d):.1f},{y(p):.1f}" for d, p in zip(curve.days[::-1], curve.low[::-1], strict=True)]
            out.append(f'<polygon points="{" ".join(edge)}" fill="{ink}" opacity="0.18"/>')
        line = " ".join(f"{x(d):.1f},{y(p):.1f}" for d, p in zip(curve.days, curve.p, strict=True))
        out.append(f'<polyline points="{line}" fill="none" stroke="{ink}" stroke-width="2"{dashes}/>')
    deadline = made.changed.scenario.deadline
    if deadline is not None and 0 < (day := made.changed.scenario.day_of(deadline.date)) < end:
        out.append(f'<path d="M{x(day):.1f},{top + 24} V{foot}" stroke="{FAINT}" stroke-dasharray="2 2"/>')
        out.append(_text(x(day) + 3, top + 34, "deadline", size=10.5, fill=FAINT))
    return "".join(out)
