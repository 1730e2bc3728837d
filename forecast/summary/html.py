"""A summary in a notebook: one small table, every name escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from forecast.summary.estimate import Estimate
from forecast.summary.show import notes
from forecast.summary.text import date_words, interval, number, paragraph, percent, span
from forecast.vocabulary import ENDING_LOOKS, MODE_LOOKS

if TYPE_CHECKING:
    from forecast.summary.summary import Summary

_CELL = 'style="text-align:right;white-space:nowrap"'
_HEAD = 'style="text-align:left"'


def html_of(summary: Summary) -> str:
    """Return a summary as an HTML fragment.

    Parameters
    ----------
    summary : Summary

    Returns
    -------
    str
        A ``div`` without scripts, styles of its own or links; names are escaped.
    """
    out = ['<div class="negotiation-forecast">', f"<h3>{escape(summary.title)}</h3>",
           f"<p>As known on {date_words(summary.as_of)}, to {date_words(summary.horizon)} "
           f"({summary.horizon_days} days).</p>"]
    ends = [("Ending", "probability", "90% interval", "median date")]
    for name, made in summary.ends.items():
        times = summary.time_to_end[name]
        flag = summary.mark(f"ends.{name}")
        date = str(summary.date_of(times.p50)) if times.n and name != "ongoing" else ""
        ends.append((ENDING_LOOKS[name].label + flag, *_two(made), date))
    ends.append(("Deal (full or partial)", *_two(summary.deal), ""))
    ends += [(f"Deal by {made.date} ({summary.day_words(made.day)})", *_two(made.deal), "") for made in summary.by]
    out.append(_table(ends))
    made = summary.next_round
    rows = [("Next round", "probability", "90% interval"), ("Held within the horizon", *_two(made.held))]
    if made.on_time is not None:
        rows.append((f"On the planned day, {made.planned}", *_two(made.on_time)))
    rows += [(f"Within {days} day{'s' * (days > 1)}", *_two(within)) for days, within in made.within_days.items()
             if np.isfinite(within.p)]
    rows += [(f"{MODE_LOOKS[name].label}, if held", *_two(mode)) for name, mode in made.mode.items() if mode.p >= 0.005]
    out.append(_table(rows))
    if summary.settlement:
        terms = [("Terms, if the issue closes" + summary.mark("settlement"), "closes", "mean", "90% interval",
                  "5-95% of cases")]
        for issue in summary.settlement.values():
            terms.append((f"{issue.name} ({issue.unit})" if issue.unit else issue.name, percent(issue.closed.p),
                          number(issue.mean.value), span(issue.mean),
                          f"{number(issue.quantiles['p5'])} to {number(issue.quantiles['p95'])}"))
        out.append(_table(terms))
    out.append(f"<p>{escape(paragraph(summary))}</p>")
    out.append("<ul>" + "".join(f"<li>{escape(line)}</li>" for line in notes(summary)) + "</ul></div>")
    return "\n".join(out)


def _two(made: Estimate) -> tuple[str, str]:
    return percent(made.p), interval(made)


def _table(rows: list[tuple[str, ...]]) -> str:
    """Return a table; the first row is the head, the first column names the row."""
    head = "".join(f'<th scope="col" {_HEAD if i == 0 else _CELL}>{escape(x)}</th>' for i, x in enumerate(rows[0]))
    body = "".join(f'<tr><th scope="row" style="text-align:left;font-weight:normal">{escape(row[0])}</th>'
                   + "".join(f"<td {_CELL}>{escape(x)}</td>" for x in row[1:]) + "</tr>" for row in rows[1:])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
