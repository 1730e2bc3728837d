"""Comparisons and stress tests in words: terminal, sentences, notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.summary.text import date_words, percent
from forecast.sweep.comparison import Comparison, is_probability, points, shown_difference, shown_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from forecast.sweep.difference import Difference
    from forecast.sweep.stress import Stress

MARK = "*"
_MOST_CHANGES = 12


def shown_setting(value: Any) -> str:
    """Return the value of a field as people write it.

    Examples
    --------
    >>> shown_setting(None), shown_setting(True), shown_setting(["remote", "hybrid"]), shown_setting([])
    ('none', 'true', 'remote, hybrid', 'none')
    """
    if value is None or value == [] or value == {}:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ", ".join(shown_setting(item) for item in value)
    if isinstance(value, dict):
        return "; ".join(f"{key} {shown_setting(item)}" for key, item in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def change_lines(changes: dict[str, tuple[Any, Any]]) -> list[str]:
    """Return one line for each changed field."""
    lines = [f"{path}: {shown_setting(a)} -> {shown_setting(b)}" for path, (a, b) in changes.items()]
    more = len(lines) - _MOST_CHANGES
    return lines[:_MOST_CHANGES] + ([f"and {more} more"] if more > 0 else []) or ["the two are the same"]


def comparison_notes(made: Comparison) -> list[str]:
    """Return the lines that say what the numbers rest on."""
    lines = ["Differences are paired: both scenarios meet the same draws and the same luck. Intervals are 5% to 95% "
             "over draws, the Monte Carlo noise of the difference removed; probabilities differ in percentage points.",
             "Saved: share of the variance of luck that the pairing cancels against two separate runs; ceiling: the "
             "most any pairing could cancel (both monotone in one number)."]
    lines += made.notes
    if made.posterior_kind == "prior":
        lines.append(f"{MARK} prior-driven: every parameter comes from the expert prior; nothing was fitted to past "
                     "talks.")
    lines += [f"{MARK} prior-driven: {part.part} {part.reason}." for part in made.prior_driven[:_MOST_CHANGES]]
    lines.append(f"{made.draws} draws x {made.trials} trials of each, seed {made.seed}, posterior "
                 f"{made.posterior_hash[:12]}.")
    return lines


def comparison_table(made: Comparison) -> list[tuple[str, ...]]:
    """Return header and lines of the table."""
    head = ("", "baseline", "alternative", f"difference{made.mark} (90%)", "MC error", "saved", "ceiling")
    return [head, *(_line(row) for row in made)]


def _line(row: Difference) -> tuple[str, ...]:
    label = f"{row.label} ({row.unit})" if row.unit not in ("1", "day") else row.label
    error = row.difference.mc_error
    size = 100 * error if is_probability(row) else error
    return (label, shown_value(row, row.baseline), shown_value(row, row.alternative), shown_difference(row),
            f"{size:.2g}" if np.isfinite(size) else "n/a", percent(row.saved) if np.isfinite(row.saved) else "",
            percent(row.ceiling) if np.isfinite(row.ceiling) else "")


def comparison_parts(made: Comparison) -> Iterator[Any]:
    """Yield the parts of a comparison for a rich console; names are passed as text, never as markup."""
    from rich.text import Text

    yield Text(f"{made.alternative.title} compared with {made.baseline.title}"
               if made.alternative.title != made.baseline.title else f"{made.baseline.title}: what if", style="bold")
    yield Text(f"as known on {date_words(made.baseline.as_of)}, over {made.baseline.horizon_days} days")
    for line in change_lines(made.changes):
        yield Text(f"  {line}")
    yield Text("")
    yield rich_table(comparison_table(made))
    yield Text("")
    yield Text(comparison_text(made))
    yield Text("")
    for line in comparison_notes(made):
        yield Text(line, style="dim")


def rich_table(rows: list[tuple[str, ...]]) -> Table:
    """Return header and lines as a rich table of plain text."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    widest = min(max(len(row[0]) for row in rows), 40)
    for i, column in enumerate(rows[0]):
        table.add_column(column, justify="left" if i == 0 else "right", overflow="fold", min_width=widest * (i == 0))
    for row in rows[1:]:
        table.add_row(*(Text(cell) for cell in row))
    return table


def comparison_text(made: Comparison) -> str:
    """Return what a comparison says in a few sentences, made from its numbers."""
    said = [_sentence(made["deal"], "a deal")]
    if "next_round.on_time" in made.rows:
        said.append(_sentence(made["next_round.on_time"], "the next round being held as planned"))
    if "after.in_force" in made.rows:
        said.append(_sentence(made["after.in_force"], "a deal in force at the horizon"))
    days = made["end_day"].difference
    if np.isfinite(days.low) and (days.low > 0 or days.high < 0):
        said.append(f"The talks take {abs(days.value):.2g} days {'longer' if days.value > 0 else 'less'} on average "
                    f"within the horizon.")
    return " ".join(said)


def _sentence(row: Difference, what: str) -> str:
    made = row.difference
    a, b = percent(row.baseline.value), percent(row.alternative.value)
    if not np.isfinite(made.low):
        return f"The probability of {what} goes from {a} to {b}."
    size = f"{points(made.value)} points, 90% interval {points(made.low)} to {points(made.high)}"
    if made.value == 0 and made.low == 0 == made.high:
        return f"The probability of {what} does not change ({a})."
    if made.low <= 0 <= made.high:
        return f"Whether the probability of {what} changes is not clear: from {a} to {b} ({size})."
    return f"The probability of {what} {'rises' if made.value > 0 else 'falls'} from {a} to {b} ({size})."


def stress_table(made: Stress) -> list[tuple[str, ...]]:
    """Return header and lines of a stress table, the worst first."""
    head = ("without", "held as planned", "held at all", "deal", "what it does")
    lines = []
    for row in made.ranked():
        cells = tuple(shown_difference(row.comparison[key]) if key in row.comparison.rows else "n/a"
                      for key in ("next_round.on_time", "next_round.held", "deal"))
        lines.append((row.label + row.comparison.mark, *cells, row.what))
    return [head, *lines]


def stress_parts(made: Stress) -> Iterator[Any]:
    """Yield the parts of a stress test for a rich console."""
    from rich.text import Text

    yield Text(f"{made.scenario.title}: single points of failure", style="bold")
    yield Text(f"as known on {date_words(made.scenario.as_of)}; change in percentage points when one thing is removed")
    yield Text("")
    yield rich_table(stress_table(made))
    yield Text("")
    yield Text(stress_text(made))
    yield Text("")
    for line in stress_notes(made):
        yield Text(line, style="dim")


def stress_text(made: Stress) -> str:
    """Return which removals hurt, from the numbers of the table."""
    key = made.key
    worst = [row for row in made.ranked() if row.comparison[key].difference.high < 0]
    what = "the next round being held as planned" if key == "next_round.on_time" else "the next round being held"
    if not worst:
        return f"No single removal lowers the probability of {what} beyond its 90% interval."
    first = worst[0]
    row = first.comparison[key]
    text = (f"The worst single loss is {first.label}: the probability of {what} falls from "
            f"{percent(row.baseline.value)} to {percent(row.alternative.value)} "
            f"({points(row.difference.low)} to {points(row.difference.high)} points).")
    if len(worst) > 1:
        text += f" {len(worst)} of {len(made.rows)} removals lower it beyond their 90% interval."
    return text


def stress_notes(made: Stress) -> list[str]:
    """Return the lines that say what the numbers rest on."""
    lines = ["Each line is one removal with everything else as stated, played on the same luck as the baseline; "
             "intervals are 5% to 95% over draws. A removed principal is reported absent at the next attempt only."]
    if made.left_out:
        lines.append("Not removed: " + "; ".join(f"{label} ({why})" for label, why in made.left_out.items()) + ".")
    if any(row.comparison.mark for row in made.rows):
        lines.append(f"{MARK} prior-driven: the removal acts through parameters that past talks hardly inform.")
    lines.append(f"{made.draws} draws x {made.trials} trials, seed {made.seed}.")
    return lines


def plain(made: Any, width: int = 120) -> str:
    """Return anything that rich can print as plain text."""
    import io

    from rich.console import Console

    file = io.StringIO()
    Console(file=file, width=width, color_system=None, highlight=False, force_terminal=False).print(made)
    return file.getvalue()


def html(made: Any) -> str:
    """Return a comparison or a stress test as an HTML fragment without scripts or styles; names are escaped."""
    if isinstance(made, Comparison):
        title, rows, text = made.alternative.title or "", comparison_table(made), comparison_text(made)
        notes = [*change_lines(made.changes), *comparison_notes(made)]
    else:
        title, rows, text = made.scenario.title or "", stress_table(made), stress_text(made)
        notes = stress_notes(made)
    head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:])
    return (f'<div class="negotiation-forecast"><h3>{escape(title)}</h3><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table><p>{escape(text)}</p>"
            + "".join(f"<p><small>{escape(line)}</small></p>" for line in notes) + "</div>")
