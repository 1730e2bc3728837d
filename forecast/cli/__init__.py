"""The console command ``forecast``: one file per group of commands, nothing heavy imported before it is used."""

__all__ = ["main"]


def main() -> None:
    """Run the console command ``forecast``."""
    try:
        from forecast.cli.app import main as run

        run()
    except KeyboardInterrupt:  # before there is a command that could hear it
        raise SystemExit(130) from None
