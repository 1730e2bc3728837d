"""``forecast talks``: look into the table of historical talks."""
from __future__ import annotations

import typer

from forecast.cli.shared import JsonOption, print_json

app = typer.Typer(no_args_is_help=True, help="Look into the table of historical talks.")


@app.command("list")
def list_talks(as_json: JsonOption = False) -> None:
    """List the talks of the table."""
    from forecast.talks import load_talks

    print_json(load_talks())
