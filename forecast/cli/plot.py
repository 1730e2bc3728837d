"""``forecast plot``: one picture of a stored run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecast.cli.shared import say, target, working

if TYPE_CHECKING:
    from forecast.summary import Summary

SUFFIXES = (".png", ".svg", ".pdf")
_MILLIMETRES = {"": 1.0, "mm": 1.0, "cm": 10.0, "in": 25.4}


def plot(
    run: Annotated[Path, typer.Argument(
        metavar="RUN", help="Outcome file written by `forecast run --out`.", show_default=False)],
    picture: Annotated[str, typer.Argument(
        metavar="PICTURE", help="What to draw: endings, incidence, next_round, modes, settlement, disruptions, "
        "downtime or uncertainty; of a run with --paths also paths, tension or trial.")] = "endings",
    out: Annotated[Path | None, typer.Option(
        "--out", "-o", metavar="FILE", show_default=False,
        help="A .png, .svg or .pdf file, or a folder. Without it: a PNG beside the run.")] = None,
    width: Annotated[str | None, typer.Option(
        metavar="WIDTH", show_default=False, help="Width on paper, such as 160mm, 16cm or 6.3in.")] = None,
) -> None:
    """Draw one picture of a stored run; its alt text and its numbers (CSV) are written beside it."""
    from forecast.plots import PICTURES

    if picture not in PICTURES and str(run) in PICTURES:
        run, picture = Path(picture), str(run)  # `plot endings RUN` reads as well as `plot RUN endings`
    if picture not in PICTURES:
        raise typer.BadParameter(f"{picture!r} is not one of {', '.join(PICTURES)}", param_hint="PICTURE")
    width_mm = _millimetres(width) if width else None
    path = target(out or run.parent, f"{run.stem}-{picture}.png", SUFFIXES)
    with working(f"drawing {path}"):
        from forecast.cli.files import open_outcome
        from forecast.plots.save import figure_for, save_figure

        outcome = open_outcome(run)
        written = save_figure(figure_for(picture, outcome, **({"width_mm": width_mm} if width_mm else {})), path)
    for file in written:
        say(f"wrote {file}")


def save_endings(summary: Summary, path: Path) -> None:
    """Draw how the talks end into a file that appears only when it is whole."""
    from forecast.plots.save import figure_for, save_figure

    save_figure(figure_for("endings", summary), path, beside=False)


def _millimetres(text: str) -> float:
    """Return a width in millimetres.

    >>> _millimetres("16cm")
    160.0
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(mm|cm|in|)", text.strip().lower())
    if not match:
        raise typer.BadParameter(f"{text!r} is not a width; write 160mm, 16cm or 6.3in", param_hint="--width")
    return float(match[1]) * _MILLIMETRES[match[2]]
