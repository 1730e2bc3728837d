"""Set one field of a scenario's plain data by its path."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from forecast.errors import Problem, ScenarioError
from forecast.scenario.beliefs import Belief
from forecast.scenario.problems import nearest, shown

#: Sections whose keys are ids of the scenario's own: a field of an id that is not there is a misspelling.
_OWN_IDS = ("parties", "issues")


def put(data: dict[str, Any], path: str, value: Any) -> None:
    """Set `path` in plain data, in place, making mappings on the way where there are none.

    Whether the path means anything is left to the validation that follows: it knows every key. Ids it cannot know:
    a field of a party or issue that is not there is refused here, since it would make a new one. A whole new party or
    issue can be set (``parties.norway``), its fields afterwards.

    Parameters
    ----------
    data : dict
        As from ``Scenario.to_dict``.
    path : str
        Keys and list positions joined by dots.
    value : object
        Plain data, a belief or a part of a scenario.

    Raises
    ------
    ScenarioError
        If the path leads through something that has no fields, or to a field of an unknown party or issue.

    Examples
    --------
    >>> data = {"parties": {"us": {}}}
    >>> put(data, "parties.us.present", True)
    >>> data
    {'parties': {'us': {'present': True}}}
    """
    keys = path.split(".") if isinstance(path, str) else []
    if not keys or not all(keys):
        raise ScenarioError([Problem("path", shown(path), "keys joined by dots, such as parties.iran.present")])
    place: Any = data
    for depth, key in enumerate(keys):
        where, last = ".".join(keys[: depth + 1]), depth == len(keys) - 1
        if isinstance(place, list):
            position = _position(place, key, where)
            if last:
                place[position] = plain(value)
            place = place[position]
        elif isinstance(place, dict):
            if last:
                place[key] = plain(value)
                return
            if depth == 1 and keys[0] in _OWN_IDS and key not in place:
                raise ScenarioError([Problem(where, f"unknown id {shown(key)}", f"one of {', '.join(place)}",
                                             nearest(key, place))])
            # A mapping already there may only hold defaults, which plain data leave out.
            if place.get(key) is None:
                place[key] = {}
            place = place[key]
        else:
            above = ".".join(keys[:depth])
            raise ScenarioError([Problem(where, f"{above} is {shown(place)}, which has no fields",
                                         f"a path that ends at {above}")])


def plain(value: Any) -> Any:
    """Return beliefs and parts of scenarios as plain data, anything else as it is."""
    if isinstance(value, Belief):
        return value.plain()
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return _unboxed(value)


def _unboxed(value: Any) -> Any:
    """Turn a numpy scalar into the number it holds: levers of sweeps come as arrays."""
    if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0:
        return value.item()
    return value


def _position(place: list[Any], key: str, where: str) -> int:
    if key.isdecimal() and int(key) < len(place):
        return int(key)
    raise ScenarioError([Problem(where, f"position {shown(key)}",
                                 f"a position from 0 to {len(place) - 1}" if place else "nothing: the list is empty")])
