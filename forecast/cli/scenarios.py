"""``forecast check | new | scenarios | schema``: everything about scenario files."""

from __future__ import annotations

from typing import Annotated

import typer

from forecast.cli.shared import JsonOption, OutOption, ScenarioArgument, console, print_json, printable, say, target


def check(
    scenario: ScenarioArgument,
    resolved_too: Annotated[bool, typer.Option(
        "--resolve", help="Print the scenario with everything inferred filled in, as YAML.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check a scenario file: every problem at once, then what the model will take from it.

    Exit code 0 when the file can be run, 2 when it cannot.
    """
    from forecast.scenario import check_scenario, load_scenario, resolve

    notes = check_scenario(scenario)
    loaded = load_scenario(scenario)
    resolved = resolve(loaded) if resolved_too else None
    if as_json:
        print_json({"scenario": loaded.name, "valid": True,
                    "notes": [{"level": note.level, "where": note.where, "text": note.text} for note in notes],
                    **({"resolved": resolved.to_dict()} if resolved else {})})
        return
    if resolved:
        typer.echo(resolved.to_yaml(), nl=False)
        return
    typer.echo(f"{loaded.name}: valid; {printable(loaded.title or 'no title')}, as of {loaded.as_of}")
    for note in notes:
        typer.echo(printable(f"  {note}"))


def new(
    name: Annotated[str, typer.Argument(help="Name of the scenario: lower-case letters, digits, underscores.",
                                        show_default=False)],
    domain: Annotated[str, typer.Option(help="Domain of the talks, as in `forecast schema`.")] = "other",
    out: OutOption = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Write an annotated scenario file to fill in; only parties, as_of and domain are required."""
    from forecast.paths import replacing
    from forecast.scenario import new_scenario_text

    text = new_scenario_text(name, domain=domain)
    if out is None:
        typer.echo(text, nl=False)
        return
    path = target(out, f"{name}.yaml", (".yaml", ".yml"))
    if path.exists() and not force:
        raise typer.BadParameter(f"{str(path)!r} exists; --force overwrites it", param_hint="--out")
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    say(f"wrote {path}; next: forecast check {path}")


def scenarios(as_json: JsonOption = False) -> None:
    """List the scenarios that come with the package."""
    from forecast.scenario import list_scenarios

    rows = [{"name": record.name, "as_of": record.as_of, "domain": record.domain, "title": record.title,
             "path": str(record.path)} for record in list_scenarios()]
    if as_json:
        print_json(rows)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("name", "as of", "domain", "title", box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(Text(str(row[key])) for key in ("name", "as_of", "domain", "title")))
    console().print(table)


def schema(out: OutOption = None) -> None:
    """Print the JSON Schema of scenario files, for editors that complete and check while you type."""
    from forecast.paths import replacing
    from forecast.scenario import json_schema

    if out is None:
        print_json(json_schema())
        return
    import json

    path = target(out, "scenario.schema.json", (".json",))
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(json_schema(), indent=2) + "\n", encoding="utf-8")
