"""``forecast plot``: one picture of a stored run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecast.cli.shared import say, target, working

if TYPE_CHECKING:
    from forecast.summary import Summary

#: Name on the command line -> function of forecast.plots that draws a summary.
PICTURES = {"endings": "plot_endings"}
SUFFIXES = (".png", ".svg", ".pdf")


def plot(
    run: Annotated[Path, typer.Argument(
        metavar="RUN", help="Outcome file written by `forecast run --out`.", show_default=False)],
    picture: Annotated[str, typer.Argument(metavar="PICTURE", help=f"One of: {', '.join(PICTURES)}.")] = "endings",
    out: Annotated[Path | None, typer.Option(
        "--out", "-o", metavar="FILE", show_default=False,
        help="A .png, .svg or .pdf file, or a folder. Without it: a PNG beside the run.")] = None,
) -> None:
    """Draw one picture of a stored run."""
    if picture not in PICTURES and str(run) in PICTURES:
        run, picture = Path(picture), str(run)  # `plot endings RUN` reads as well as `plot RUN endings`
    if picture not in PICTURES:
        raise typer.BadParameter(f"{picture!r} is not one of {', '.join(PICTURES)}", param_hint="PICTURE")
    path = target(out or run.parent, f"{run.stem}-{picture}.png", SUFFIXES)
    with working(f"drawing {path}"):
        from forecast.cli.files import open_outcome
        from forecast.summary import summarize

        save_picture(summarize(open_outcome(run)), picture, path)
    say(f"wrote {path}")


def save_picture(summary: Summary, picture: str, path: Path) -> None:
    """Draw `picture` into a file that appears only when it is whole."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    from forecast import plots
    from forecast.paths import replacing

    axes = getattr(plots, PICTURES[picture])(summary)
    with replacing(path) as temporary:
        axes.figure.savefig(temporary, dpi=300 if path.suffix == ".png" else None, bbox_inches="tight")
    plt.close(axes.figure)
