"""From scenario and posterior to a labelled outcome."""

from __future__ import annotations

from forecast.engine.run import replay, simulate

__all__ = ["replay", "simulate"]
