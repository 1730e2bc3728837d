"""Options and small services that several commands share."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

ScenarioArgument = Annotated[str, typer.Argument(
    metavar="SCENARIO", help="Name of a shipped scenario, or a YAML file.", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
SeedOption = Annotated[int | None, typer.Option(
    min=0, max=2**63 - 1, metavar="N", show_default=False,
    help="The same seed gives the same numbers; without one a fresh seed is drawn and recorded.")]
OutOption = Annotated[Path | None, typer.Option(
    "--out", "-o", metavar="FILE", show_default=False,
    help="Where to write; in a folder, a file named after the scenario.")]


def console(*, err: bool = False) -> Console:
    """Return a rich console; into a file or a pipe it writes plain text, 100 columns wide."""
    from rich.console import Console

    plain = not (sys.stderr if err else sys.stdout).isatty()
    return Console(stderr=err, width=100 if plain else None, highlight=False)


@contextlib.contextmanager
def working(message: str) -> Iterator[Callable[[int, int], None]]:
    """Show on a terminal's stderr how far long work has come; elsewhere show nothing.

    Parameters
    ----------
    message : str
        What is going on.

    Yields
    ------
    callable
        To be called with (done, of all); until then only the time is shown.
    """
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn(),
                  console=console(err=True), transient=True) as progress:
        task = progress.add_task(escape(message), total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def say(message: str) -> None:
    """Print a line about what was done to stderr, so that stdout holds nothing but the result."""
    typer.echo(message, err=True)


def printable(text: str) -> str:
    """Show control characters instead of sending them to the terminal; keep line breaks.

    >>> printable("a\\x1b[31mb")
    'a\\\\x1b[31mb'
    """
    return "".join(c if c == "\n" or c.isprintable() else repr(c)[1:-1] for c in text)


def print_json(content: Any) -> None:
    """Print one JSON object; a number that JSON has no word for (NaN, infinity) becomes null."""
    typer.echo(json.dumps(_jsonable(content), indent=2, ensure_ascii=False, allow_nan=False))


def _jsonable(value: Any) -> Any:
    """Return `value` in JSON's own types."""
    if isinstance(value, dict):
        return {str(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return _jsonable(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def target(path: Path, default_name: str, suffixes: tuple[str, ...], option: str = "--out") -> Path:
    """Return the file to write, or refuse it before any work is done.

    Parameters
    ----------
    path : Path
        What the user gave: a file, or an existing folder.
    default_name : str
        File name used inside a folder.
    suffixes : tuple of str
        Endings that the writer knows, with their dot.
    option : str
        Name of the option, for the message.

    Returns
    -------
    Path
        A file in an existing, writable folder.

    Raises
    ------
    typer.BadParameter
        If the folder does not exist, the path is something else, or the ending is not one of `suffixes`.
    """
    if path.is_dir():
        path = path / default_name
    if path.suffix.lower() not in suffixes:
        raise typer.BadParameter(f"{str(path)!r} must end in {' or '.join(suffixes)}", param_hint=option)
    if not path.parent.is_dir():
        raise typer.BadParameter(f"the folder {str(path.parent)!r} does not exist; make it first",
                                 param_hint=option)
    if path.exists() and not path.is_file():
        raise typer.BadParameter(f"{str(path)!r} is not a regular file", param_hint=option)
    if not os.access(path.parent, os.W_OK):
        raise typer.BadParameter(f"the folder {str(path.parent)!r} is not writable", param_hint=option)
    return path


def parse_date(text: str, option: str) -> date:
    """Return a date written YYYY-MM-DD, the only form accepted."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise typer.BadParameter(f"{text!r} is not a date; write it as YYYY-MM-DD", param_hint=option)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day of the calendar", param_hint=option) from None
