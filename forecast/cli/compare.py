"""``forecast compare`` and ``forecast stress``: what if, one change or one loss at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from forecast.cli.shared import (
    JsonOption, ScenarioArgument, SeedOption, console, parse_date, print_json, printable, say, target, working,
)

DrawsOption = Annotated[int, typer.Option(min=2, metavar="N", help="Rows of the posterior: what we do not know.")]
TrialsOption = Annotated[int, typer.Option(min=2, metavar="N", help="Trials per draw: luck.")]
ThreadsOption = Annotated[int | None, typer.Option(
    min=1, max=1024, metavar="N", show_default=False,
    help="Threads; the numbers do not depend on it. Without it: all cores.")]
PlotOption = Annotated[Path | None, typer.Option(
    "--plot", metavar="FILE", show_default=False, help="Also draw it; a .png, .svg or .pdf file, or a folder.")]
CsvOption = Annotated[Path | None, typer.Option(
    "--out", "-o", metavar="FILE", show_default=False, help="Also write the table to a .csv file, or into a folder.")]


def compare(
    baseline: ScenarioArgument,
    alternative: Annotated[str | None, typer.Argument(
        metavar="[ALTERNATIVE]", show_default=False,
        help="Another scenario; without it the first one with what --set says.")] = None,
    settings: Annotated[list[str] | None, typer.Option(
        "--set", "-s", metavar="PATH=VALUE", show_default=False,
        help="Give a field of the alternative another value, such as parties.iran.present=true or "
             "'next_round.fallback=[remote]'. May be repeated.")] = None,
    by: Annotated[list[str] | None, typer.Option(
        "--by", metavar="DATE", show_default=False,
        help="Give the probability of a deal by this day (YYYY-MM-DD). May be repeated.")] = None,
    draws: DrawsOption = 400,
    trials: TrialsOption = 250,
    seed: SeedOption = None,
    threads: ThreadsOption = None,
    out: CsvOption = None,
    plot: PlotOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two scenarios on the same luck, or one with itself after a change (--set)."""
    from forecast.scenario import load_scenario
    from forecast.sweep.compare import compare as run

    if alternative is None and not settings:
        raise typer.BadParameter("give a second scenario, or what to change with --set", param_hint="ALTERNATIVE")
    one = load_scenario(baseline)
    other = load_scenario(alternative) if alternative is not None else one
    changed = parse_settings(settings or [])
    if changed:
        from forecast.sweep.inputs import as_scenario

        other = as_scenario(changed, other)
    days = [parse_date(text, "--by") for text in by or ()]
    stem = f"{one.name}-compared"
    table, picture = _targets(out, plot, stem)
    with working(f"playing {2 * draws * trials:,} trials") as progress:
        made = run(one, other, by=days or None, draws=draws, trials=trials, seed=seed, threads=threads,
                   progress=progress)
    _give(made, "compare", table, picture, as_json)


def stress(
    scenario: ScenarioArgument,
    draws: DrawsOption = 400,
    trials: TrialsOption = 250,
    seed: SeedOption = None,
    threads: ThreadsOption = None,
    out: CsvOption = None,
    plot: PlotOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove each principal, substitute, mediator, mode and system in turn: the single points of failure."""
    from forecast.scenario import load_scenario
    from forecast.sweep.stress import stress as run

    loaded = load_scenario(scenario)
    table, picture = _targets(out, plot, f"{loaded.name}-stress")
    with working(f"removing one thing at a time from {loaded.name}") as progress:
        made = run(loaded, draws=draws, trials=trials, seed=seed, threads=threads, progress=progress)
    _give(made, "stress", table, picture, as_json)


def parse_settings(settings: list[str]) -> dict[str, Any]:
    """Read ``path=value`` options; a value is YAML 1.2, as in a scenario file.

    Raises
    ------
    typer.BadParameter
        If one has no ``=``, or names a path twice.

    >>> parse_settings(["parties.iran.present=true", "next_round.fallback=[remote, hybrid]", "mediator="])
    {'parties.iran.present': True, 'next_round.fallback': ['remote', 'hybrid'], 'mediator': None}
    """
    from forecast.scenario.text import parse_text

    out: dict[str, Any] = {}
    for text in settings:
        path, equals, value = text.partition("=")
        path = path.strip()
        if not equals or not path:
            raise typer.BadParameter(f"{printable(text)!r} is not PATH=VALUE, such as parties.iran.present=true",
                                     param_hint="--set")
        if path in out:
            raise typer.BadParameter(f"{path} is set twice", param_hint="--set")
        out[path] = parse_text(f"value: {value}\n", "--set").data["value"] if value.strip() else None
    return out


def _targets(out: Path | None, plot: Path | None, stem: str) -> tuple[Path | None, Path | None]:
    table = target(out, f"{stem}.csv", (".csv",)) if out else None
    return table, target(plot, f"{stem}.png", (".png", ".svg", ".pdf"), "--plot") if plot else None


def _give(made: Any, picture_name: str, table: Path | None, picture: Path | None, as_json: bool) -> None:
    """Write what was asked for and print the result."""
    if table:
        made.to_csv(table)
    if picture:
        from forecast.plots import whatif

        with working(f"drawing {picture}"):
            whatif.save_whatif(getattr(whatif, f"plot_{picture_name}"), made, picture)
    if as_json:
        print_json(made.to_dict())
    else:
        console().print(made)
    for path in (table, picture):
        if path:
            say(f"wrote {path}")
