"""``forecast update | history | status | log``: follow the news and keep a record."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from forecast.cli.compare import DrawsOption, PlotOption, ThreadsOption, TrialsOption
from forecast.cli.report import SUFFIXES as REPORTS
from forecast.cli.shared import (
    JsonOption, OutOption, ScenarioArgument, SeedOption, console, parse_date, print_json, say, target, working,
)

NewsArgument = Annotated[Path, typer.Argument(
    metavar="NEWS", show_default=False, help="Dated items in the schema of history: YAML, JSON, JSON lines or CSV.")]
AsOfOption = Annotated[str | None, typer.Option(
    "--as-of", metavar="DATE", show_default=False, help="New as-of date (YYYY-MM-DD); else that of the latest item.")]
ReportOption = Annotated[Path | None, typer.Option(
    "--report", metavar="FILE", show_default=False, help="Also write a report: a .html, .md or .docx file.")]
LogArgument = Annotated[Path, typer.Argument(metavar="LOG", show_default=False, help="The log, a .jsonl file.")]

log = typer.Typer(no_args_is_help=True, help="Keep an append-only record of published forecasts, and score it.")


def update(
    scenario: ScenarioArgument,
    news: NewsArgument,
    as_of: AsOfOption = None,
    out: OutOption = None,
    draws: DrawsOption = 400,
    trials: TrialsOption = 250,
    seed: SeedOption = None,
    threads: ThreadsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Append news to a scenario, check it, and forecast again given all that has happened."""
    from forecast.engine import simulate
    from forecast.news import update as bring_up_to_date
    from forecast.paths import replacing
    from forecast.summary import summarize

    later = bring_up_to_date(scenario, news, as_of=parse_date(as_of, "--as-of") if as_of else None)
    if out:
        path = target(out, f"{later.name}-{later.as_of}.yaml", (".yaml", ".yml"))
        with replacing(path) as temporary:
            temporary.write_text(later.to_yaml(), encoding="utf-8")
        say(f"wrote {path}")
    if any(item.type == "end" for item in later.history):
        say("the talks have ended: there is nothing left to forecast")
        return
    with working(f"weighing the history and playing {draws * trials:,} trials") as progress:
        outcome = simulate(later, draws=draws, trials=trials, seed=seed, threads=threads, progress=progress)
    made = summarize(outcome)
    if as_json:
        print_json({**made.to_dict(), "ess": {"draws": outcome.attrs["ess_draws"],
                                              "trials": outcome.attrs["ess_trials"]}})
    else:
        console().print(made)


def history(
    scenario: ScenarioArgument,
    news: Annotated[Path | None, typer.Argument(
        metavar="NEWS", show_default=False, help="Dated items in the schema of history: YAML, JSON, JSON lines or CSV. "
        "Without them: the history of the scenario itself.")] = None,
    last: Annotated[int | None, typer.Option(
        "--last", min=1, metavar="N", show_default=False, help="Follow the last N items only.")] = None,
    draws: DrawsOption = 400,
    trials: TrialsOption = 250,
    seed: SeedOption = None,
    threads: ThreadsOption = None,
    out: Annotated[Path | None, typer.Option(
        "--out", "-o", metavar="FILE", show_default=False, help="Also write the path to a .nc or .csv file.")] = None,
    plot: PlotOption = None,
    report: ReportOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how the forecast moved with every item of the news, or of the scenario's own history."""
    from forecast.news import history as run

    written = target(report, "history.html", REPORTS, "--report") if report else None
    table = target(out, "history.csv", (".csv", ".nc")) if out else None
    picture = target(plot, "history.png", (".png", ".svg", ".pdf"), "--plot") if plot else None
    with working("forecasting after every item") as progress:
        path = run(scenario, news, draws=draws, trials=trials, seed=seed, threads=threads, last=last,
                   progress=progress)
    _report(path, written)
    if table:
        _write(path, table)
    if picture:
        from forecast.plots.news import plot_history, save_picture

        save_picture(plot_history, path, picture)
    if as_json:
        print_json(_rows(path))
    else:
        console().print(_table(path))
    for file in (table, picture, written):
        if file:
            say(f"wrote {file}")


def status(
    scenario: ScenarioArgument,
    news: Annotated[Path | None, typer.Option(
        "--news", metavar="FILE", show_default=False, help="News to append first.")] = None,
    as_of: AsOfOption = None,
    watch: Annotated[bool, typer.Option(
        "--watch", help="Refresh whenever the news file changes; Ctrl-C ends.")] = False,
    openmetrics: Annotated[Path | None, typer.Option(
        "--openmetrics", metavar="FILE", show_default=False,
        help="Also write the numbers as OpenMetrics text (- prints it), for alerts and autoscaling.")] = None,
    draws: DrawsOption = 400,
    trials: TrialsOption = 250,
    seed: SeedOption = None,
    threads: ThreadsOption = None,
    plot: PlotOption = None,
    report: ReportOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the state of the talks: what is up, degraded or down, for how long, and what comes next."""
    if watch and news is None:
        raise typer.BadParameter("give the file to watch with --news", param_hint="--watch")
    written = target(report, "status.html", REPORTS, "--report") if report else None

    def once() -> None:
        from forecast.news import status as assess
        from forecast.news import update as bring_up_to_date

        talks: Any = scenario
        if news is not None or as_of:
            talks = bring_up_to_date(scenario, news if news is not None else [],
                                     as_of=parse_date(as_of, "--as-of") if as_of else None)
        with working("assessing the talks"):
            state = assess(talks, draws=draws, trials=trials, seed=seed, threads=threads)
        _report(state, written)
        if written:
            say(f"wrote {written}")
        _give_status(state, openmetrics, plot, as_json)

    once()
    stamp = _stamp(news)
    while watch:
        time.sleep(0.5)
        if _stamp(news) != stamp:
            stamp = _stamp(news)
            console().rule(time.strftime("%H:%M:%S"))
            try:
                once()
            except ValueError as error:  # a file that is being edited: say what is wrong and go on watching
                say(f"error: {error}")


@log.command("add")
def log_add(
    path: LogArgument,
    scenario: ScenarioArgument,
    analyst: Annotated[float | None, typer.Option(
        "--analyst", min=0.0, max=1.0, metavar="P", show_default=False,
        help="Your own probability of a deal by the horizon, scored beside the forecast.")] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Anything a later reader should know.")] = "",
    draws: DrawsOption = 400,
    trials: TrialsOption = 250,
    seed: SeedOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forecast a scenario and append what was forecast to the log."""
    from forecast.engine import simulate
    from forecast.news.log import add_forecast, read_log
    from forecast.summary import summarize

    read_log(path)  # a damaged log is refused before the work
    with working(f"playing {draws * trials:,} trials") as progress:
        made = summarize(simulate(scenario, draws=draws, trials=trials, seed=seed, progress=progress))
    entry = add_forecast(path, made, analyst=analyst, note=note)
    if as_json:
        print_json({"number": entry.number, "hash": entry.hash})
    else:
        say(f"forecast {entry.number} appended to {path}: P(deal) {made.deal.p:.0%} "
            f"({made.deal.low:.0%} to {made.deal.high:.0%}), hash {entry.hash[:12]}")


@log.command("outcome")
def log_outcome(
    path: LogArgument,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Of the forecast.", show_default=False)],
    ending: Annotated[str, typer.Argument(
        metavar="ENDING", show_default=False,
        help="How the talks stood at its horizon: agreement, partial, collapse, stall, lapse or ongoing.")],
    date: Annotated[str | None, typer.Option("--date", metavar="DATE", show_default=False,
                                             help="Day of it (YYYY-MM-DD).")] = None,
    source: Annotated[str, typer.Option("--source", metavar="URL", help="Where it was read.")] = "",
) -> None:
    """Enter how the talks of a forecast ended."""
    from forecast.news.log import add_outcome

    add_outcome(path, number, ending, parse_date(date, "--date") if date else None, source=source)
    say(f"forecast {number}: {ending}")


@log.command("verify")
def log_verify(path: LogArgument, as_json: JsonOption = False) -> None:
    """Check that no line of the log was changed, removed, inserted or moved."""
    from forecast.news.log import read_log

    if not path.exists():
        raise FileNotFoundError(2, "no such file", str(path))
    entries = read_log(path)
    if as_json:
        print_json({"entries": len(entries), "hash": entries[-1].hash if entries else None})
    else:
        say(f"{path}: {len(entries)} entries, chain unbroken"
            + (f", ends with hash {entries[-1].hash[:12]}" if entries else ""))


@log.command("score")
def log_score(path: LogArgument, as_json: JsonOption = False) -> None:
    """Score the forecasts whose outcome has been entered."""
    from rich.markup import escape
    from rich.table import Table

    from forecast.news.log import score_log

    if not path.exists():
        raise FileNotFoundError(2, "no such file", str(path))
    rows = score_log(path)
    if as_json:
        print_json({"forecasts": rows})
        return
    table = Table("No.", "scenario", "as of", "ended", "given", "log score", "Brier", "Brier, deal", "yours")
    for row in rows:
        own = row["brier_deal_analyst"]
        table.add_row(str(row["number"]), escape(row["scenario"]), row["as_of"], row["ending"], f"{row['p']:.0%}",
                      f"{row['log_score']:.3f}", f"{row['brier']:.3f}", f"{row['brier_deal']:.3f}",
                      "" if own is None else f"{own:.3f}")
    console().print(table)


def _report(made: Any, path: Path | None) -> None:
    """Write the report of a path or a state, where one is asked for."""
    if path is None:
        return
    from forecast.report import report as write

    with working(f"writing {path}"):
        write(made, path)


def _stamp(path: Path | None) -> tuple[int, int] | None:
    """Return what tells that a file has changed; None while it is missing."""
    try:
        return None if path is None else (path.stat().st_mtime_ns, path.stat().st_size)
    except FileNotFoundError:
        return None


def _rows(path: Any) -> dict[str, Any]:
    """Return a path as plain data."""
    names = [str(name) for name in path["quantity"].values]
    steps = []
    for i in range(path.sizes["step"]):
        one = path.isel(step=i)
        steps.append({"date": str(one["date"].item()), "item": str(one["item"].item()),
                      "ess": {"draws": one["ess_draws"].item(), "trials": one["ess_trials"].item()},
                      **{name: {key: one[key].sel(quantity=name).item() for key in
                                ("p", "low", "high", "mc_error", "moved", "moved_mc_error")} for name in names}})
    return {"scenario": path.attrs["scenario"], "seed": path.attrs["seed"], "steps": steps}


def _table(path: Any) -> Any:
    """Return a path as a table for the terminal."""
    from rich.markup import escape
    from rich.table import Table

    table = Table("date", "news", "deal", "90% interval", "moved by", "collapse", "next round held")
    for step in _rows(path)["steps"]:
        deal = step["deal"]
        moved = "" if deal["moved"] != deal["moved"] else f"{100 * deal['moved']:+.1f} points"
        table.add_row(step["date"], escape(step["item"]), f"{deal['p']:.0%}",
                      f"{deal['low']:.0%} to {deal['high']:.0%}",
                      moved, f"{step['collapse']['p']:.0%}", f"{step['next_held']['p']:.0%}")
    return table


def _write(path: Any, file: Path) -> None:
    """Write a path to .nc or .csv."""
    import csv

    from forecast.paths import replacing

    with replacing(file) as temporary:
        if file.suffix == ".nc":
            path.to_netcdf(temporary, engine="h5netcdf")
            return
        with open(temporary, "w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            keys = ("p", "low", "high", "mc_error", "moved", "moved_mc_error")
            writer.writerow(["date", "item", "quantity", *keys])
            for step in _rows(path)["steps"]:
                for name in path["quantity"].values:
                    writer.writerow([step["date"], step["item"], name, *(step[name][key] for key in keys)])


def _give_status(state: Any, openmetrics: Path | None, plot: Path | None, as_json: bool) -> None:
    """Print a status, and write what was asked for."""
    from rich.markup import escape
    from rich.table import Table

    from forecast.paths import replacing

    if openmetrics is not None:
        if str(openmetrics) == "-":
            typer.echo(state.to_openmetrics(), nl=False)
            return
        with replacing(openmetrics) as temporary:
            temporary.write_text(state.to_openmetrics(), encoding="utf-8")
        say(f"wrote {openmetrics}")
    if plot is not None:
        from forecast.plots.news import plot_status, save_picture

        picture = target(plot, f"{state.scenario}-status.png", (".png", ".svg", ".pdf"), "--plot")
        save_picture(plot_status, state, picture)
        say(f"wrote {picture}")
    if as_json:
        print_json(state.to_dict())
        return
    out = console()
    out.print(f"[bold]{escape(state.title)}[/bold], {state.as_of}: [bold]{state.level}[/bold]")
    table = Table("", "state", "why", "back in (80% interval)")
    for line in state.lines:
        table.add_row(escape(line.name), line.level, escape(line.why), _back(line.recovery))
    for one in state.active:
        table.add_row(escape(f"{one.name} since {one.since}"), f"severity {one.severity}", escape(one.note),
                      _back(one.recovery))
    out.print(table)
    planned = f"planned {state.planned}, held on the day" if state.planned else "not announced; held within 14 days"
    out.print(f"Next round {planned}: {_with_interval(state.held)}")
    for mode, made in state.modes.items():
        if made.p >= 0.005:
            out.print(f"  if held, {mode.replace('_', ' ')}: {_with_interval(made)}")
    if state.deadline_days is not None:
        out.print(f"Days to the deadline: {state.deadline_days}")
    out.print(f"Break-off within 30 days: {_with_interval(state.breaks)}")
    out.print(f"Risk score: {state.risk.p:.2f} ({state.risk.low:.2f} to {state.risk.high:.2f})")


def _with_interval(made: Any) -> str:
    return f"{made.p:.0%} ({made.low:.0%} to {made.high:.0%})"


def _back(recovery: tuple[float, float, float] | None) -> str:
    from forecast.plots.news import days_text

    if recovery is None:
        return ""
    median, low, high = map(days_text, recovery)
    return f"{median} ({low} to {high})"
