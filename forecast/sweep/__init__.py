"""What-if at scale: compare two scenarios, remove one thing at a time, sweep levers and uncertainties, explain.

Names are imported when first used: a comparison needs neither Zarr nor Dask nor SALib.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forecast.sweep.compare import compare
    from forecast.sweep.comparison import Comparison
    from forecast.sweep.stress import Stress, stress

_HOMES = {"Comparison": "comparison", "Stress": "stress", "compare": "compare", "stress": "stress"}
__all__ = ["Comparison", "Stress", "compare", "stress"]


def __getattr__(name: str) -> Any:
    """Import a public name at its first use."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"forecast.sweep.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
