"""``forecast run``: play a scenario and print what to expect."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecast.cli.shared import (
    JsonOption, OutOption, ScenarioArgument, SeedOption, console, parse_date, print_json, say, target, working,
)

if TYPE_CHECKING:
    from datetime import date

    from forecast.scenario import Scenario

PICTURES = (".png", ".svg", ".pdf")


class Keep(StrEnum):
    """What of the trials is kept."""

    trials = "trials"
    reduced = "reduced"


def run(
    scenario: ScenarioArgument,
    draws: Annotated[int, typer.Option(min=2, metavar="N", help="Rows of the posterior: what we do not know.")] = 400,
    trials: Annotated[int, typer.Option(min=2, metavar="N", help="Trials per draw: luck.")] = 250,
    seed: SeedOption = None,
    threads: Annotated[int | None, typer.Option(
        min=1, max=1024, metavar="N", show_default=False,
        help="Threads; the numbers do not depend on it. Without it: all cores.")] = None,
    by: Annotated[list[str] | None, typer.Option(
        "--by", metavar="DATE", show_default=False,
        help="Give the probability of a deal by this day (YYYY-MM-DD). May be repeated.")] = None,
    prior: Annotated[bool, typer.Option(
        "--prior", help="Use the expert prior instead of the posterior fitted to past talks.")] = False,
    keep: Annotated[Keep, typer.Option(
        help="Keep every trial, or only counts (for very many trials).")] = Keep.trials,
    paths: Annotated[bool, typer.Option(
        "--paths", help="Also keep the attempts and disruptions of every trial, for the pictures paths, tension and "
        "trial; needs --out.")] = False,
    out: OutOption = None,
    plot: Annotated[Path | None, typer.Option(
        "--plot", metavar="FILE", show_default=False,
        help="Also draw how the talks end; a .png, .svg or .pdf file, or a folder.")] = None,
    words: Annotated[bool, typer.Option("--words", help="Also say the probabilities in words.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Forecast talks: simulate the scenario and print the probabilities with their 90% intervals."""
    from forecast.scenario import load_scenario

    if paths and not out:
        raise typer.BadParameter("keeps attempts in the outcome file; give --out as well", param_hint="--paths")
    if paths and keep is Keep.reduced:
        raise typer.BadParameter("needs every trial, not counts; leave out --keep reduced", param_hint="--paths")
    loaded = load_scenario(scenario)
    if prior:
        loaded = loaded.replace("posterior", "prior")
    days = [_within(loaded, parse_date(text, "--by")) for text in by or ()]
    stem = f"{loaded.name}-{loaded.as_of}"
    out_file = target(out, f"{stem}.nc", (".nc",)) if out else None
    picture = target(plot, f"{stem}-endings.png", PICTURES, "--plot") if plot else None

    with working(f"playing {draws * trials:,} trials of {loaded.name}") as progress:
        from forecast.engine import simulate
        from forecast.summary import summarize

        outcome = simulate(loaded, draws=draws, trials=trials, seed=seed, keep=keep.value, paths=paths,
                           threads=threads, progress=progress)
        summary = summarize(outcome, by=days or None)
    if out_file:
        from forecast.cli.files import save_outcome

        with working(f"writing {out_file}"):
            save_outcome(outcome, out_file)
    if picture:
        from forecast.cli.plot import save_endings

        with working(f"drawing {picture}"):
            save_endings(summary, picture)
    if as_json:
        print_json(summary.to_dict())
        return
    if words:
        from forecast.summary.show import renderables

        console().print(*renderables(summary, words=True), sep="\n")
    else:
        console().print(summary)
    for path in (out_file, picture):
        if path:
            say(f"wrote {path}")


def _within(scenario: Scenario, day: date) -> date:
    """Return `day`, or refuse it if the simulation says nothing about it."""
    from datetime import timedelta

    last = scenario.as_of + timedelta(days=scenario.horizon_days)
    if not scenario.as_of <= day <= last:
        raise typer.BadParameter(
            f"{day} is outside the scenario, which runs from {scenario.as_of} to {last} (horizon_days)",
            param_hint="--by")
    return day
