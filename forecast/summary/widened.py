"""Monte Carlo errors of a summary whose draws are not all independent."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from forecast.summary.estimate import Estimate, Quantity
from forecast.summary.variance import VarianceSplit

Part = TypeVar("Part")


def widened(part: Part, factor: float) -> Part:
    """Multiply every Monte Carlo error in a part of a summary; all other numbers stay.

    Parameters
    ----------
    part : Summary or any part of it
        Dataclasses, dicts, lists and tuples are gone through.
    factor : float
        At least 1: the root of all draws over those that a history leaves effective.

    Returns
    -------
    Same type as `part`

    Examples
    --------
    >>> widened({"deal": Estimate(0.4, 0.3, 0.5, 0.01)}, 2.0)["deal"]
    Estimate(p=0.4, low=0.3, high=0.5, mc_error=0.02)
    """
    if isinstance(part, (Estimate, Quantity)):
        return replace(part, mc_error=part.mc_error * factor)
    if isinstance(part, dict):
        return type(part)((key, widened(value, factor)) for key, value in part.items())
    if isinstance(part, list):
        return [widened(value, factor) for value in part]
    if isinstance(part, tuple) and type(part) is tuple:
        return tuple(widened(value, factor) for value in part)
    if is_dataclass(part) and not isinstance(part, (type, VarianceSplit)):
        return _widened_fields(part, factor)
    return part


def _widened_fields(part: Any, factor: float) -> Any:
    changed = {one.name: widened(getattr(part, one.name), factor) for one in fields(part)
               if one.init and one.name != "tally"}
    return replace(part, **changed)
