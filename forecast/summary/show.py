"""A summary in a terminal: rich tables, which become plain text in a pipe or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.summary.aftermath import as_estimate
from forecast.summary.estimate import Estimate
from forecast.summary.text import date_words, interval, number, paragraph, percent, span, word, word_table
from forecast.vocabulary import ENDING_LOOKS, MODE_LOOKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from forecast.summary.summary import Summary

MARK = "*"


def renderables(summary: Summary, *, words: bool = False) -> Iterator[Any]:
    """Yield the parts of a summary for a rich console.

    Parameters
    ----------
    summary : Summary
    words : bool, optional
        Also say probabilities in words, by the table :data:`forecast.summary.text.WORDS`, which is then printed.

    Yields
    ------
    rich renderables
        Names from the scenario are passed as text, never as markup.
    """
    from rich.padding import Padding
    from rich.text import Text

    yield Text(summary.title, style="bold")
    yield Text(f"as known on {date_words(summary.as_of)}; to {date_words(summary.horizon)} "
               f"({summary.horizon_days} days); {summary.draws} draws x {summary.trials} trials, seed {summary.seed}")
    yield Text("")
    yield _endings(summary, words)
    yield Text("")
    yield _next_round(summary, words)
    if summary.settlement:
        yield Text("")
        yield _terms(summary)
    if summary.service:
        yield Text("")
        yield _systems(summary)
    if summary.stages:
        yield Text("")
        yield _stages(summary)
    if summary.after is not None:
        yield Text("")
        yield _after(summary)
    yield Text("")
    yield Text(paragraph(summary, words=words))
    yield Text("")
    if words:
        yield Text(word_table(), style="dim")
    for line in notes(summary):
        yield Padding(Text(line, style="dim"), (0, 0, 0, 0))


#: Effective sample sizes below this share are warned of.
LEAST_ESS = 0.1


def notes(summary: Summary) -> list[str]:
    """Return the lines that say what the numbers rest on.

    Parameters
    ----------
    summary : Summary

    Returns
    -------
    list of str
    """
    lines = [f"Intervals are 5% to 95% over draws, Monte Carlo noise removed; largest Monte Carlo error of an ending "
             f"{100 * max(made.mc_error for made in summary.ends.values()):.1f} points."]
    lines += [f"{MARK} prior-driven: {part.part} ({part.reason})." for part in summary.prior_driven]
    kind = "expert prior" if summary.provenance["posterior_kind"] == "prior" else "posterior fitted to past talks"
    left_out = summary.provenance.get("excluded_conflicts", "")
    without = f", without the conflicts {left_out.replace(',', ', ')}" if left_out else ""
    lines.append(f"Parameters: {kind}{without}, {summary.provenance['posterior_hash'][:12]}.")
    ess = summary.provenance.get("ess", {})
    thin = [f"{share:.0%} of the {what}" for what, share in ess.items() if share < LEAST_ESS]
    if thin:
        lines.append(f"Warning: the history leaves an effective sample of only {' and '.join(thin)}; ask for more "
                     "draws or trials, and take small differences for noise.")
    return lines


def _table(title: str, *columns: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for i, column in enumerate(columns):
        # The number of the median date would wrap in the middle on a narrow terminal.
        table.add_column(column, justify="left" if i == 0 else "right", no_wrap=i > 0, overflow="fold")
    return table


def _line(table: Table, label: str, made: Estimate, *more: str, words: bool = False) -> None:
    from rich.text import Text

    table.add_row(Text(label), percent(made.p), interval(made), *more, *([_word(made)] if words else []))


def _word(made: Estimate) -> str:
    return word(made.p) if np.isfinite(made.p) else ""


def _endings(summary: Summary, words: bool) -> Table:
    # Words take the place of the days, which the paragraph below has as well.
    days = ("in words",) if words else ("median day", "5-95% of days")
    table = _table("How it ends", "", "probability", "90% interval", *days)
    for name, made in summary.ends.items():
        times = summary.time_to_end[name]
        shown = times.n and name != "ongoing"
        flag = summary.mark(f"ends.{name}")
        cells = (str(summary.date_of(times.p50)), f"{number(times.p5)}-{number(times.p95)}") if shown else ("", "")
        _line(table, f"{ENDING_LOOKS[name].label}{flag}", made, *(() if words else cells), words=words)
    table.add_section()
    blank = () if words else ("", "")
    _line(table, "Deal (full or partial)", summary.deal, *blank, words=words)
    for made in summary.by:
        _line(table, f"  by {made.date} ({summary.day_words(made.day)})", made.deal, *blank, words=words)
    return table


def _next_round(summary: Summary, words: bool) -> Table:
    made = summary.next_round
    planned = f" (planned {made.planned})" if made.planned else ""
    table = _table(f"Next round{planned}", "", "probability", "90% interval", *(["in words"] if words else []))
    _line(table, "Held within the horizon", made.held, words=words)
    if made.on_time is not None:
        _line(table, "On the planned day", made.on_time, words=words)
    for days, within in made.within_days.items():
        if np.isfinite(within.p):
            _line(table, f"Within {days} day{'s' * (days > 1)}", within, words=words)
    flag = summary.mark("next_round.mode")
    for name, mode in made.mode.items():
        if mode.p >= 0.005:
            _line(table, f"{MODE_LOOKS[name].label}, if held{flag}", mode, words=words)
    return table


def _terms(summary: Summary) -> Table:
    from rich.text import Text

    flag = summary.mark("settlement")
    table = _table(f"Terms, if the issue closes{flag}", "", "unit", "closes", "mean", "90% interval",
                   "5-95% of cases")
    for issue in summary.settlement.values():
        table.add_row(Text(issue.name), Text(issue.unit), percent(issue.closed.p), number(issue.mean.value),
                      span(issue.mean), f"{number(issue.quantiles['p5'])} to {number(issue.quantiles['p95'])}")
    return table


def _systems(summary: Summary) -> Table:
    from rich.text import Text

    table = _table(f"Technical systems{summary.mark('downtime')}", "", "days down", "rounds it spares", "90% interval",
                   "objective", "error budget used")
    for key, made in summary.service.items():
        days = summary.downtime[key].days
        used = "" if made.budget_used is None else percent(made.budget_used.value)
        table.add_row(Text(made.name), number(days.value), _fine(made.on_time.p),
                      f"{_fine(made.on_time.low)} to {_fine(made.on_time.high)}",
                      "" if made.objective is None else f"{100 * made.objective:g}%", used)
    return table


def _fine(p: float) -> str:
    """Return a share near 1 with two decimals of a percent."""
    return f"{100 * p:.2f}%"


def _stages(summary: Summary) -> Table:
    titles = {stage["name"]: stage.get("title") for stage in summary.scenario.get("stages") or ()}
    table = _table(f"Stage the talks end in{summary.mark('stages')}", "", "probability", "90% interval")
    for key, made in summary.stages.items():
        _line(table, str(titles.get(key) or key), made)
    return table


def _after(summary: Summary) -> Table:
    after, flag = summary.after, summary.mark("after")
    table = _table(f"After the deal{flag}", "", "probability", "90% interval")
    labels = {"ratified": "Reached and ratified", "rejected": "Reached, not ratified", "pending": "Reached, undecided"}
    for name, made in after.decided.items():
        _line(table, labels[name], made)
    for date, made in after.in_force_by.items():
        _line(table, f"In force by {date} ({summary.day_words((date - summary.as_of).days)})", made)
    if after.breach_if_in_force is None:
        return table
    _line(table, "Broken while watched, if in force", after.breach_if_in_force)
    table.add_section()
    shares = {"tranche_released": "Share released, if in force", "tranche_due": "  by a perfect verifier",
              "wrongly_released": "  released after a breach", "wrongly_withheld": "  withheld for false alarms"}
    for name, label in shares.items():
        _line(table, label, as_estimate(after.if_in_force[name]))
    return table


def plain(summary: Summary, width: int = 100) -> str:
    """Return a summary as plain text.

    Parameters
    ----------
    summary : Summary
    width : int, optional
        Characters a line.
    """
    import io

    from rich.console import Console

    file = io.StringIO()
    Console(file=file, width=width, color_system=None, highlight=False, force_terminal=False).print(summary)
    return file.getvalue()
