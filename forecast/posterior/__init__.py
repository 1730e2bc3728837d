"""Posteriors: their layout, the expert prior, and loading from files."""

from __future__ import annotations

import importlib

MODEL_VERSION = 1
"""Version of the law; moves whenever the meaning of a parameter does."""

_HOMES = {
    "check_posterior": "tree",
    "build_tree": "tree",
    "hash_tree": "tree",
    "expert_prior": "expert",
    "as_posterior": "load",
    "load_posterior": "load",
    "posterior_for": "load",
    "save_posterior": "load",
}

__all__ = ["MODEL_VERSION"] + list(_HOMES)  # noqa: RUF005


def __getattr__(name: str):
    """Import the modules behind the public names only when one is used."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"forecast.posterior.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
