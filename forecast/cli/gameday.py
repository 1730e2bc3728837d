"""``forecast gameday``: inject failures on stated days and see what breaks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.shared import (
    JsonOption, ScenarioArgument, SeedOption, console, parse_date, print_json, say, target, working,
)


def gameday(
    scenario: ScenarioArgument,
    inject: Annotated[list[str] | None, typer.Option(
        "--inject", "-i", metavar="NAME@DATE", show_default=False,
        help="A failure: certificate_expiry, denial_of_service, intrusion, rate_limit, link_drop, or the id of a "
             "system, on a day (YYYY-MM-DD), with fields behind it if need be: video_bridge@2026-07-01,hours=6. "
             "May be repeated.")] = None,
    script: Annotated[Path | None, typer.Option(
        "--script", metavar="FILE", show_default=False, help="A YAML file with a list of failures.")] = None,
    by: Annotated[list[str] | None, typer.Option(
        "--by", metavar="DATE", show_default=False,
        help="Give the probability of a deal by this day (YYYY-MM-DD). May be repeated.")] = None,
    draws: Annotated[int, typer.Option(min=2, metavar="N", help="Rows of the posterior: what we do not know.")] = 400,
    trials: Annotated[int, typer.Option(min=2, metavar="N", help="Trials per draw: luck.")] = 250,
    seed: SeedOption = None,
    threads: Annotated[int | None, typer.Option(
        min=1, max=1024, metavar="N", show_default=False,
        help="Threads; the numbers do not depend on it. Without it: all cores.")] = None,
    out: Annotated[Path | None, typer.Option(
        "--out", "-o", metavar="FILE", show_default=False,
        help="Also write the table to a .csv file, or into a folder.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Inject failures and compare with the calm run on the same luck: what breaks, what saves it, what it costs."""
    from forecast.gameday.injections import read_injections
    from forecast.gameday.play import gameday as run
    from forecast.scenario import load_scenario

    loaded = load_scenario(scenario)
    failures = read_injections([*(inject or ()), *([script] if script is not None else ())])
    days = [parse_date(text, "--by") for text in by or ()]
    table = target(out, f"{loaded.name}-gameday.csv", (".csv",)) if out else None
    with working(f"playing {4 * draws * trials:,} trials of {loaded.name}") as progress:
        made = run(loaded, failures, by=days or None, draws=draws, trials=trials, seed=seed, threads=threads,
                   progress=progress)
    if table:
        made.to_csv(table)
    if as_json:
        print_json(made.to_dict())
    else:
        console().print(made)
    if table:
        say(f"wrote {table}")
