"""``forecast report``: a report of a stored run that can be sent on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.shared import say, target, working

SUFFIXES = (".html", ".md", ".docx")


def report(
    run: Annotated[Path, typer.Argument(
        metavar="RUN", help="File written by `forecast run --out` or `forecast backtest --out`.", show_default=False)],
    out: Annotated[Path | None, typer.Option(
        "--out", "-o", metavar="FILE", show_default=False,
        help="A .html (one file, no network), .md or .docx file, or a folder. "
             "Without it: HTML beside the run.")] = None,
    title: Annotated[str | None, typer.Option(
        metavar="TEXT", show_default=False, help="Title; without it that of the scenario.")] = None,
) -> None:
    """Write a report of a stored run or backtest: numbers with intervals, pictures, method, limits, provenance."""
    path = target(out or run.parent, f"{run.stem}.html", SUFFIXES)
    with working(f"writing {path}"):
        from forecast.backtest.files import holds_backtest, open_backtest
        from forecast.cli.files import open_outcome
        from forecast.report import report as write

        write(open_backtest(run) if holds_backtest(run) else open_outcome(run), path, title=title)
    say(f"wrote {path}")
