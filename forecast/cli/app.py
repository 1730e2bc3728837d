"""The command tree, and the one place where an exception becomes a message and an exit code."""

from __future__ import annotations

import atexit
import gc
import os
import traceback
from typing import Annotated

import typer
from typer.core import TyperGroup

import forecast
from forecast.cli import backtest, calibrate, compare, gameday, interrupt, news, plot, report, run, scenarios
from forecast.cli import sweep, talks, warm
from forecast.cli.shared import printable
from forecast.errors import CalibrationError

BAD_INPUT = 2
FAILED = 1
INTERRUPTED = 130


def explain(error: BaseException) -> tuple[int, str]:
    """Turn an exception into an exit code and a message without a traceback.

    Parameters
    ----------
    error : BaseException
        What a command raised.

    Returns
    -------
    code : int
        2 for bad input, 130 when interrupted, 1 for a failed fit or a fault of this package.
    message : str
        One or more lines; control characters are shown, not sent to the terminal.

    Examples
    --------
    >>> explain(FileNotFoundError(2, "No such file or directory", "talks.nc"))
    (2, "'talks.nc': no such file or directory")
    """
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED, "interrupted; nothing was left half-written"
    if isinstance(error, CalibrationError):
        return FAILED, printable(str(error))
    if isinstance(error, MemoryError):
        return BAD_INPUT, printable(str(error) or "not enough memory; ask for fewer --draws or --trials")
    if isinstance(error, OSError):
        what = (error.strerror or str(error)).lower()
        return BAD_INPUT, printable(f"{str(error.filename)!r}: {what}" if error.filename else what)
    if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] not in ("forecast", "kernels"):
        return BAD_INPUT, (f"this needs the Python package {error.name!r}, which is not installed; "
                           "the extra 'all' brings it: pip install 'negotiation-forecast[all]'")
    if isinstance(error, ValueError):
        return BAD_INPUT, printable(str(error))
    return FAILED, (f"a fault of the package, not of your input: {type(error).__name__}: "
                    f"{printable(str(error))}\nFORECAST_DEBUG=1 prints where it happened; please report it")


class Group(TyperGroup):
    """A command group that never shows a traceback."""

    def invoke(self, ctx):  # type: ignore[no-untyped-def]
        """Run a command; turn what it raises into a message and an exit code."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # a closed pager or `head`: typer leaves quietly
        except (Exception, KeyboardInterrupt) as error:
            if type(error).__module__.split(".")[0] in ("click", "typer"):
                raise  # wrong options and asked-for exits, which typer prints
            if os.environ.get("FORECAST_DEBUG"):
                traceback.print_exc()
            code, message = explain(KeyboardInterrupt() if interrupt.heard() else error)
            typer.echo(f"error: {message}", err=True)
            raise typer.Exit(code) from None


app = typer.Typer(
    cls=Group,
    name="forecast",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Forecast negotiations: is the next round held, when and how do the talks end, on what terms.\n\n"
         "Start with [bold]forecast run us_iran_final_2026[/bold], then "
         "[bold]forecast new my_talks --domain trade --out my_talks.yaml[/bold].",
    epilog="Exit codes: 0 done, 1 failed, 2 bad input or options, 130 interrupted.",
)


def _version(wanted: bool) -> None:
    """Print the version and leave."""
    if wanted:
        typer.echo(f"forecast {forecast.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True,
                                          help="Print the version and leave.")] = False,
) -> None:
    pass


app.command("run", rich_help_panel="Forecast")(run.run)
app.command("plot", rich_help_panel="Forecast")(plot.plot)
app.command("report", rich_help_panel="Forecast")(report.report)
app.command("compare", rich_help_panel="What if")(compare.compare)
app.command("stress", rich_help_panel="What if")(compare.stress)
app.command("gameday", rich_help_panel="What if")(gameday.gameday)
app.command("sweep", rich_help_panel="What if")(sweep.sweep)
app.command("update", rich_help_panel="News")(news.update)
app.command("history", rich_help_panel="News")(news.history)
app.command("status", rich_help_panel="News")(news.status)
app.add_typer(news.log, name="log", rich_help_panel="News")
app.command("new", rich_help_panel="Scenarios")(scenarios.new)
app.command("check", rich_help_panel="Scenarios")(scenarios.check)
app.command("scenarios", rich_help_panel="Scenarios")(scenarios.scenarios)
app.command("schema", rich_help_panel="Scenarios")(scenarios.schema)
app.command("talks", rich_help_panel="Other")(talks.talks)
app.command("calibrate", rich_help_panel="Other")(calibrate.calibrate)
app.command("backtest", rich_help_panel="Other")(backtest.backtest)
app.command("warm", rich_help_panel="Other")(warm.warm)


def main() -> None:
    """Read the command line and run its command."""
    # A quarter of a warm start was the collector, which finds nothing in what imports allocate: it comes by
    # more rarely, and leaves what lives at the end to the exit of the process.
    gc.set_threshold(1_000_000, 50, 100)
    atexit.register(gc.freeze)
    interrupt.listen()
    app(prog_name="forecast")
