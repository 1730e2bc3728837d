"""Calibration of the law on historical talks: the only package that imports PyMC.

Five blocks (`calendar`, `participation`, `disruption`, `outcome`, `offers`), each a documented function that
returns a ``pm.Model`` whose likelihood is the law the kernels play; `fit` samples them, holds them to
the gates and assembles the posterior.
"""

from __future__ import annotations

import importlib

_HOMES = {
    "calibrate": "fit",
    "fit_block": "fit",
    "calendar_model": "calendar",
    "participation_model": "participation",
    "disruption_model": "disruption",
    "outcome_model": "outcome",
    "offers_model": "offers",
}

__all__ = [*_HOMES]


def __getattr__(name: str):
    """Import the modules behind the public names only when one is used."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"forecast.calibration.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
