"""``forecast backtest``: were past forecasts honest?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecast.cli.shared import JsonOption, SeedOption, console, print_json, say, target, working

if TYPE_CHECKING:
    import xarray as xr


def backtest(
    talks: Annotated[
        Path | None,
        typer.Option(
            "--talks",
            metavar="DIR",
            show_default=False,
            help="A folder of talks in the format of the shipped table; without it the shipped one.",
        ),
    ] = None,
    posterior: Annotated[
        str | None,
        typer.Option(
            "--posterior",
            metavar="FILE",
            show_default=False,
            help="Score this posterior (a file, or full, held_out, prior) without refitting, on talks it never saw.",
        ),
    ] = None,
    folds: Annotated[int, typer.Option(min=1, metavar="N", help="Folds, or origins of a rolling split.")] = 5,
    split: Annotated[
        str,
        typer.Option(
            metavar="SPLIT",
            help="kfold: folds of conflicts. rolling: train on talks that had ended, test on later ones.",
        ),
    ] = "kfold",
    landmark: Annotated[
        list[str] | None,
        typer.Option(
            "--landmark",
            metavar="NAME",
            show_default=False,
            help="Only this day of forecast (announced, attempt_1, ..., day_180). May be repeated.",
        ),
    ] = None,
    ablation: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="MECHANISM",
            show_default=False,
            help="Also forecast with this mechanism turned off (tension, deadline, pace, ...). May be repeated.",
        ),
    ] = None,
    draws: Annotated[int, typer.Option(min=1, metavar="N", help="Draws of each forecast.")] = 200,
    trials: Annotated[int, typer.Option(min=1, metavar="N", help="Trials under each draw.")] = 100,
    fit_draws: Annotated[
        int, typer.Option(min=100, metavar="N", help="Draws per chain of each refit.")
    ] = 1000,
    cache: Annotated[
        Path | None,
        typer.Option(
            "--cache",
            metavar="DIR",
            show_default=False,
            help="Where fitted folds are kept, so that an interrupted run goes on.",
        ),
    ] = None,
    seed: SeedOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            show_default=False,
            help="Keep the result: a .nc file, or a folder.",
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report", metavar="FILE", show_default=False, help="Also write a report: .html, .md or .docx."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Forecast past talks as it could have been done then, and score the forecasts.

    Without --posterior the law is refitted for every fold, which takes tens of minutes. Scores are losses; a
    skill is the score of a baseline minus that of the model, with a 95% interval over conflicts.
    """
    from forecast.report import WRITERS

    file = target(out, "backtest.nc", (".nc",)) if out is not None else None
    page = target(report, "backtest.html", tuple(WRITERS), "--report") if report is not None else None
    with working("backtest") as progress:
        from forecast.backtest.run import backtest as run
        from forecast.backtest.files import save_backtest

        told = ""

        def tell(text: str, done: int, total: int) -> None:
            nonlocal told
            progress(done, total)
            if text != told and not text.startswith("forecasting"):
                say(text)
            told = text

        result = run(
            talks,
            posterior=posterior,
            folds=folds,
            split=split,
            landmarks=landmark or None,
            draws=draws,
            trials=trials,
            seed=seed,
            fit={"draws": fit_draws},
            cache=cache,
            ablations=ablation or (),
            progress=tell,
        )
        if file is not None:
            save_backtest(result, file)
        if page is not None:
            from forecast.report import report as write

            write(result, page)
    if as_json:
        from forecast.backtest.show import to_dict

        print_json(to_dict(result))
    else:
        show(result)
    for written in (file, page):
        if written is not None:
            say(f"wrote {written}")


def show(result: xr.Dataset) -> None:
    """Print tables and verdicts."""
    from rich.table import Table

    from forecast.backtest.show import about, coverage_rows, skill_rows, verdicts

    typer.echo(about(result) + "\n")
    for rows in (skill_rows(result), coverage_rows(result)):
        table = Table(*rows[0], box=None, pad_edge=False, header_style="bold")
        for row in rows[1:]:
            table.add_row(*row)
        console().print(table)
        typer.echo("")
    for sentence in verdicts(result):
        typer.echo(sentence)
