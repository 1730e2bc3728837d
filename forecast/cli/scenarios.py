"""``forecast check | new | scenarios | schema``: everything about scenario files."""

from __future__ import annotations

from typing import Annotated

import typer

from forecast.cli.shared import JsonOption, OutOption, ScenarioArgument, console, print_json, target


def check(
    scenario: ScenarioArgument,
    resolve: Annotated[bool, typer.Option(
        "--resolve", help="Also print the scenario with everything inferred filled in.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check a scenario file: every problem at once, then what the model will take from it.

    Exit code 0 when the file can be run, 2 when it cannot.
    """
    from forecast.scenario import check_scenario, load_scenario

    loaded = load_scenario(scenario)
    report = check_scenario(loaded)
    if as_json:
        print_json({"scenario": loaded.name, "valid": True, "report": report,
                    **({"resolved": loaded.to_dict()} if resolve else {})})
        return
    console().print(report, markup=False)
    if resolve:
        typer.echo(loaded.to_yaml())


def new(
    name: Annotated[str, typer.Argument(help="Name of the scenario: lower-case letters, digits, underscores.",
                                        show_default=False)],
    domain: Annotated[str, typer.Option(help="Domain of the talks, as in `forecast schema`.")] = "interstate",
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
    console(err=True).print(f"wrote {path}; next: forecast check {path}", markup=False)


def scenarios(as_json: JsonOption = False) -> None:
    """List the scenarios that come with the package."""
    from forecast.scenario import list_scenarios, load_scenario

    rows = []
    for name in list_scenarios():
        loaded = load_scenario(name)
        rows.append({"name": loaded.name, "as_of": loaded.as_of, "domain": loaded.domain,
                     "title": loaded.title, "parties": list(loaded.parties)})
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
