"""The families a belief can be written in, and how they are read from a file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from forecast.errors import Problem, ScenarioError
from forecast.scenario.problems import nearest, shown

#: Family -> its parameters, in the order they are shown.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "normal": ("mean", "sd"),
    "lognormal": ("median", "gsd"),
    "beta": ("a", "b"),
    "triangular": ("low", "mode", "high"),
    "quantiles": (),
}
#: Largest size of any number in a belief or position: beyond it float32 outcomes lose their meaning.
LARGEST = 1e12
#: Smallest distance of two stated probabilities: the outermost pieces are extended, and must not run away.
CLOSEST = 1e-6
ALLOWED = "a number or one of " + ", ".join(
    f"{{{family}: {{{', '.join(names) or '0.1: .., 0.5: .., 0.9: ..'}}}}}" for family, names in FAMILIES.items())


def read_belief(value: object) -> tuple[str, dict[Any, float]]:
    """Read kind and parameters of a belief from what a file holds.

    Parameters
    ----------
    value : number or mapping

    Raises
    ------
    ScenarioError
        With every problem; the places are relative to the belief.

    Examples
    --------
    >>> read_belief(3), read_belief({"beta": {"a": 4, "b": 3}})
    (('point', {'value': 3.0}), ('beta', {'a': 4.0, 'b': 3.0}))
    """
    if isinstance(value, Mapping):
        return _read_family(value)
    problems: list[Problem] = []
    number = _number(value, "", problems, ALLOWED)
    if problems:
        raise ScenarioError(problems)
    return "point", {"value": number}


def belief_schema() -> dict[str, Any]:
    """Return the JSON Schema of a belief."""
    def family(name: str, names: tuple[str, ...]) -> dict[str, Any]:
        inner: dict[str, Any] = {"type": "object", "additionalProperties": False, "required": list(names),
                                 "properties": {key: {"type": "number"} for key in names}}
        if name == "quantiles":
            inner = {"type": "object", "minProperties": 2, "additionalProperties": {"type": "number"}}
        return {"type": "object", "additionalProperties": False, "required": [name], "properties": {name: inner}}

    return {"description": "A belief: a number, or one distribution with named parameters.",
            "anyOf": [{"type": "number"}, *(family(name, names) for name, names in FAMILIES.items())]}


def _number(value: object, where: str, problems: list[Problem], allowed: str = "a finite number") -> float:
    """Return a finite float, or note a problem and return NaN."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        # Comparing first keeps integers too large for a float away from float().
        if -LARGEST <= value <= LARGEST:
            return float(value)
        problems.append(Problem(where, shown(value), f"a finite number between -{LARGEST:g} and {LARGEST:g}"))
        return math.nan
    fix = "remove the quotes" if isinstance(value, str) and _numeric(value) else ""
    problems.append(Problem(where, shown(value), allowed, fix))
    return math.nan


def _read_family(value: Mapping[Any, Any]) -> tuple[str, dict[Any, float]]:
    """Read ``{family: {parameters}}``."""
    if len(value) != 1:
        raise ScenarioError([Problem("", f"{len(value)} keys ({', '.join(map(shown, value)) or 'empty'})", ALLOWED,
                                     "a belief has exactly one family")])
    kind, params = next(iter(value.items()))
    if kind not in FAMILIES:
        raise ScenarioError([Problem("", f"unknown belief {shown(kind)}", ALLOWED, nearest(kind, FAMILIES))])
    if not isinstance(params, Mapping):
        raise ScenarioError([Problem(kind, shown(params), f"a mapping: {ALLOWED}")])
    problems: list[Problem] = []
    if kind == "quantiles":
        read = _quantiles(params, problems)
    else:
        names = FAMILIES[kind]
        for key in params:
            if key not in names:
                problems.append(Problem(f"{kind}.{key}" if isinstance(key, str) else kind,
                                        f"unknown parameter {shown(key)}", f"{kind} has {', '.join(names)}",
                                        nearest(key, names)))
        for key in names:
            if key not in params:
                problems.append(Problem(f"{kind}.{key}", "nothing", f"required: {kind} has {', '.join(names)}"))
        read = {key: _number(params[key], f"{kind}.{key}", problems) for key in names if key in params}
        if not problems:
            problems += _family_problems(kind, read)
    if problems:
        raise ScenarioError(problems)
    return kind, read


def _family_problems(kind: str, p: Mapping[str, float]) -> list[Problem]:
    """Check the ranges of named parameters."""
    out = []
    above = {"normal": {"sd": 0.0}, "lognormal": {"median": 0.0, "gsd": 1.0}, "beta": {"a": 0.0, "b": 0.0}}
    for key, bound in above.get(kind, {}).items():
        if not p[key] > bound:
            out.append(Problem(f"{kind}.{key}", f"{p[key]:g}", f"a number above {bound:g}",
                               "write a plain number to state it exactly" if p[key] == bound else ""))
    if kind == "beta" and not out and max(p["a"], p["b"]) > 1e6:
        out.append(Problem("beta", f"a {p['a']:g}, b {p['b']:g}", "at most 1e+06 each", "write a plain number"))
    if kind == "lognormal" and p["gsd"] > 1e3:
        out.append(Problem("lognormal.gsd", f"{p['gsd']:g}", "at most 1000",
                           "gsd is a ratio: 2 means within a factor 2 about two times in three"))
    if kind == "triangular" and not (p["low"] <= p["mode"] <= p["high"] and p["low"] < p["high"]):
        out.append(Problem("triangular", f"low {p['low']:g}, mode {p['mode']:g}, high {p['high']:g}",
                           "low <= mode <= high with low < high"))
    return out


def _quantiles(params: Mapping[Any, Any], problems: list[Problem]) -> dict[float, float]:
    """Read probability -> value; the order of the keys does not matter, that of the values does."""
    out: dict[float, float] = {}
    for key, value in params.items():
        p = float(key) if isinstance(key, str) and _numeric(key) else key
        if isinstance(p, bool) or not isinstance(p, (int, float)) or not 0.0 <= p <= 1.0:
            problems.append(Problem("quantiles", f"probability {shown(key)}", "a probability between 0 and 1",
                                    "write 0.9, not 90" if isinstance(p, (int, float)) and 1 < p <= 100 else ""))
            continue
        if float(p) in out:
            problems.append(Problem("quantiles", f"probability {float(p):g} twice", "each probability once"))
        out[float(p)] = _number(value, f"quantiles.{key}", problems)
    if len(params) < 2:
        problems.append(Problem("quantiles", f"{len(params)} given", "at least 2 quantiles"))
    out = dict(sorted(out.items()))
    if any(b - a < CLOSEST for a, b in zip(list(out), list(out)[1:], strict=False)):
        problems.append(Problem("quantiles", ", ".join(f"{p:g}" for p in out),
                                f"probabilities at least {CLOSEST:g} apart"))
    values = list(out.values())
    if not problems and any(b <= a for a, b in zip(values, values[1:], strict=False)):
        problems.append(Problem("quantiles", ", ".join(f"{p:g}: {v:g}" for p, v in out.items()),
                                "values that rise strictly with the probability"))
    return out


def _numeric(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
