"""The console command ``forecast``: one file per group of commands, nothing heavy imported before it is used."""

from forecast.cli.app import app, main

__all__ = ["app", "main"]
