"""Game days: inject failures on stated days and compare with the calm run, trial by trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forecast.gameday.injections import read_injections
    from forecast.gameday.play import gameday
    from forecast.gameday.result import FailureEffect, GameDay

_HOMES = {"FailureEffect": "result", "GameDay": "result", "gameday": "play", "read_injections": "injections"}
__all__ = ["FailureEffect", "GameDay", "gameday", "read_injections"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        value = getattr(import_module(f"forecast.gameday.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
