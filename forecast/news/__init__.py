"""Follow the news: append what happened to a scenario, see how the forecast moves, keep a record."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "read_news": "read", "update": "append", "history": "course", "words_of": "course", "Entry": "log",
    "read_log": "log", "add_forecast": "log", "add_outcome": "log", "score_log": "log", "status": "standing",
    "Status": "standing",
}
__all__ = [*sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"forecast.news.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
