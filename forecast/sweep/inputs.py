"""What comparisons and sweeps are given: scenarios, overrides, posteriors, numbers; checked and resolved."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from forecast.errors import Problem, ScenarioError
from forecast.scenario.problems import nearest

if TYPE_CHECKING:
    from forecast.scenario import Scenario

LARGEST_SEED = 2**63 - 1
_ABSENT = object()


def as_scenario(value: Scenario | Mapping[str, Any] | str | os.PathLike[str], base: Scenario | None = None) -> Scenario:
    """Return a resolved scenario: one given, loaded by name or path, or the base with fields overridden.

    Parameters
    ----------
    value : Scenario, str, path or mapping
        A mapping holds paths of fields and their values and needs a `base`.
    base : Scenario, optional

    Raises
    ------
    ScenarioError
        If there is no such scenario, a path leads nowhere, or the result is not valid.
    """
    from forecast.scenario import Scenario, load_scenario, resolve

    if isinstance(value, Mapping):
        if base is None:
            raise ScenarioError([Problem("scenario", "a mapping of overrides", "a scenario, its name or its path")])
        check_ids(base, value)
        return resolve(base.replace_all(value)) if value else base
    if isinstance(value, (str, os.PathLike)):
        return resolve(load_scenario(value))
    if not isinstance(value, Scenario):
        raise ScenarioError([Problem("scenario", f"a {type(value).__name__}", "a scenario, its name or its path")])
    return resolve(value)


def check_ids(scenario: Scenario, settings: Mapping[str, Any]) -> None:
    """Refuse paths into a party or issue that the scenario does not have: a misspelt id would make a new one.

    Raises
    ------
    ScenarioError
        With every such path.
    """
    problems = []
    for path in settings:
        keys = path.split(".") if isinstance(path, str) else []
        if len(keys) > 2 and keys[0] in ("parties", "issues"):
            known = getattr(scenario, keys[0])
            if keys[1] not in known:
                problems.append(Problem(path, f"no {keys[0][:-3] + 'y' if keys[0] == 'parties' else 'issue'} {keys[1]}",
                                        f"one of {', '.join(known)}" if known else f"a scenario with {keys[0]}",
                                        nearest(keys[1], known)))
    if problems:
        raise ScenarioError(problems, scenario.name)


def check_numbers(source: str, *, draws: int, trials: int, seed: int | None, threads: int | None = None) -> int:
    """Check the numbers of a request and return the seed, fresh when none is given.

    Raises
    ------
    ScenarioError
        With every number that cannot be used.
    """
    import numpy as np

    def whole(value: Any, least: int, most: int) -> bool:
        return not isinstance(value, bool) and isinstance(value, (int, np.integer)) and least <= value <= most

    problems = []
    for name, value, most in (("draws", draws, 10**6), ("trials", trials, 2**31 - 1)):
        if not whole(value, 1, most):
            problems.append(Problem(name, repr(value), f"a whole number from 1 to {most}"))
    if seed is not None and not whole(seed, 0, LARGEST_SEED):
        problems.append(Problem("seed", repr(seed), "a whole number from 0 to 2^63 - 1, or None"))
    if threads is not None and not whole(threads, 1, 1024):
        problems.append(Problem("threads", repr(threads), "a whole number from 1 to 1024, or None"))
    if problems:
        raise ScenarioError(problems, source)
    return secrets.randbits(63) if seed is None else int(seed)


def flat(data: Any, path: str = "") -> dict[str, Any]:
    """Return plain data as a mapping from paths to values; lists and empty mappings are values.

    Examples
    --------
    >>> flat({"parties": {"us": {"present": True}}, "sources": []})
    {'parties.us.present': True, 'sources': []}
    """
    if not isinstance(data, Mapping) or not data:
        return {path: data}
    out: dict[str, Any] = {}
    for key, value in data.items():
        out.update(flat(value, f"{path}.{key}" if path else str(key)))
    return out


def changes_between(one: Scenario, other: Scenario) -> dict[str, tuple[Any, Any]]:
    """Return the fields in which two resolved scenarios differ: path -> (in the one, in the other).

    Names, titles and sources are left out: they change no number. A field that only one of them has is None in
    the other.
    """
    first, second = (flat(scenario.to_dict(full=True)) for scenario in (one, other))
    out = {}
    for path in dict.fromkeys([*first, *second]):
        a, b = first.get(path, _ABSENT), second.get(path, _ABSENT)
        words = path in ("name", "title", "sources") or path.endswith((".name", ".note", ".source", ".id"))
        if a != b and not words:
            out[path] = (None if a is _ABSENT else a, None if b is _ABSENT else b)
    return out
