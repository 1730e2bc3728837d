"""From what the validator says to what an analyst can act on: where, what was given, what is allowed."""

from __future__ import annotations

import copy
import datetime as dt
import difflib
import math
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from forecast.errors import Problem, ScenarioError

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

_SHOWN = 80
#: Stand-ins that let the remaining checks run when a required field is unusable.
_STAND_INS: Mapping[str, Any] = {"as_of": dt.date(2000, 1, 1), "domain": "other", "parties": ["a", "b"]}


def shown(value: object) -> str:
    """Return a value as it can be printed in a message: short, without control characters.

    Examples
    --------
    >>> shown("Ja\\x1b[31m"), shown(dt.date(2026, 6, 19)), shown(True), shown([1, 2])
    ("'Ja\\\\x1b[31m'", '2026-06-19', 'true', '[1, 2]')
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    if isinstance(value, Mapping):
        keys = f"{len(value)} key{'s' if len(value) != 1 else ''}"
        return f"a mapping with {keys}: {', '.join(map(shown, list(value)[:4]))}" if value else "an empty mapping"
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return f"a {type(value).__name__} too large to show"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def nearest(word: object, words: Iterable[str]) -> str:
    """Return ``did you mean ...?`` when one of the words is close, else an empty text.

    Examples
    --------
    >>> nearest("partys", ["parties", "pandemic"]), nearest("zz", ["parties"])
    ('did you mean parties?', '')
    """
    if not isinstance(word, str):
        return ""
    close = difflib.get_close_matches(word.lower().replace("-", "_").replace(" ", "_"), list(words), n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else ""


def truth(value: object) -> str:
    """Return a fix for what looks like true or false but is not, in YAML 1.2.

    Examples
    --------
    >>> truth("True"), truth("yes"), truth("NO"), truth("maybe")
    ('remove the quotes', 'write true', 'write false', '')
    """
    word = value.lower() if isinstance(value, str) else ""
    if word in ("true", "false"):
        return "remove the quotes"
    return {"yes": "write true", "on": "write true", "no": "write false", "off": "write false"}.get(word, "")


def problems_of(model: type[BaseModel], data: dict[str, Any], error: ValidationError) -> list[Problem]:
    """Return every problem of the data, those between fields included.

    A validator stops at the fields: relations are checked only when all of them are sound. So what is
    unsound is taken out of a copy, the relations of the rest are checked, and complaints that taking it out
    may itself have caused are dropped.

    Parameters
    ----------
    model : type
        The scenario class.
    data : dict
        The data that failed.
    error : pydantic.ValidationError
        The failure.
    """
    from pydantic import ValidationError

    problems = _translated(data, error)
    rest, removed = copy.deepcopy(data), list[tuple[Any, ...]]()
    for _ in range(8):
        if any(_from_relations(item) for item in error.errors(include_url=False)):
            spoilt = _spoilt(removed)
            problems += [p for p in _translated(rest, error) if p not in problems and not any(
                p.where == place or p.where.startswith(f"{place}.") for place in spoilt)]
            break
        for item in error.errors(include_url=False):
            _take_out(rest, item, removed)
        try:
            model.model_validate(rest)
            break
        except ValidationError as again:
            error = again
    return problems


def _spoilt(removed: list[tuple[Any, ...]]) -> set[str]:
    """Return the places where a complaint may come only from what was taken out."""
    places = {".".join(map(str, path[:2])) for path in removed}
    for path in removed:
        if path == ("as_of",):
            places |= {"history", "next_round", "deadline", "disruptions", "injections"}
        elif path[0] in ("systems", "stages"):
            places |= {"injections", "stage", "stages", "stage_rounds"}
        elif path[0] == "mediator":
            places |= {"next_round.mode", "next_round.fallback"}
        elif path == ("next_round", "fallback"):
            places.add("next_round.sticky")
        elif path[0] == "disruptions" or (path[0] in ("parties", "issues") and len(path) < 3):
            places |= {"history", "disruptions", "issues", "ratification", "implementation"}
        elif path[0] == "implementation":
            places.add("implementation")
    return places


def _from_relations(item: Mapping[str, Any]) -> bool:
    return item["type"] == "value_error" and not item["loc"]


def _take_out(rest: Any, item: Mapping[str, Any], removed: list[tuple[Any, ...]]) -> None:
    """Remove from plain data what one error complains about."""
    path = _path(item, rest)
    if item["type"] == "missing":
        path = path[:-1] if len(path) > 1 else path
    removed.append(path)
    if len(path) == 1 and path[0] in _STAND_INS:
        rest[path[0]] = _STAND_INS[path[0]]
        return
    place = rest
    for key in path[:-1]:
        place = _child(place, key)
    key = path[-1] if path else None
    if isinstance(place, dict):
        for name in [name for name in place if name == key or str(name) == key]:
            del place[name]
    elif isinstance(place, list):
        # Taking out one entry would move the others, and with them the places of what is wrong there.
        place.clear()
        removed[-1] = path[:-1]


def _child(place: Any, key: Any) -> Any:
    if isinstance(place, dict):
        return place.get(key)
    if isinstance(place, (list, tuple)) and isinstance(key, int) and key < len(place):
        return place[key]
    return None


def _path(item: Mapping[str, Any], data: Any) -> tuple[Any, ...]:
    """Return the path of an error in the data: without the tags and marks the validator puts between."""
    path: list[Any] = []
    place = data
    for key in item["loc"]:
        if key == "[key]":
            continue
        if path and path[0] == "history" and len(path) == 2 and isinstance(place, dict) and key == place.get("type") \
                and key in _item_types():
            continue
        path.append(key)
        place = _child(place, key)
    return tuple(path)


def _item_types() -> Mapping[str, Any]:
    from forecast.scenario.history import ITEM_TYPES

    return ITEM_TYPES


def _translated(data: Any, error: ValidationError) -> list[Problem]:
    out: list[Problem] = []
    items = error.errors(include_url=False)
    unsound = {item["loc"][:i] for item in items for i in range(len(item["loc"]))}
    for item in items:
        if item["type"] == "too_short" and item["loc"] in unsound:
            continue  # entries are there: they are unsound, and not counted
        path = _path(item, data)
        where = ".".join(str(key) if isinstance(key, (str, int)) and _plain_key(key) else shown(key) for key in path)
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, ScenarioError):
            out += [Problem(".".join(part for part in (where, p.where) if part), p.given, p.allowed, p.fix)
                    for p in cause.problems]
        else:
            out.append(_one(data, item, path, where))
    return out


def _plain_key(key: object) -> bool:
    return str(key).isprintable() and len(str(key)) <= _SHOWN


def _one(data: Any, item: Mapping[str, Any], path: tuple[Any, ...], where: str) -> Problem:
    """Translate one error of the validator."""
    kind, ctx, value = item["type"], item.get("ctx", {}), item["input"]
    if "[key]" in item["loc"]:
        return Problem(where, f"id {shown(value)}",
                       "an id: a to z, 0 to 9 and _, starting with a letter, at most 60 long", _id_fix(value))
    if kind == "missing":
        return Problem(where, "nothing", f"required: {_meaning(data, path) or 'a value'}")
    if kind == "extra_forbidden":
        shape = _shape(data, path[:-1])
        names = list(_keys(shape)) if shape else []
        fix = nearest(path[-1], names)
        if path == ("extends",):
            fix = "only a file can extend another"
        return Problem(where, f"unknown key {shown(path[-1])}", f"the keys here are {', '.join(names)}", fix)
    if kind == "invalid_key":
        return Problem(where, f"key {shown(value)}", "keys that are text", "put it in quotes")
    if kind == "union_tag_not_found":
        return Problem(f"{where}.type", "nothing", f"required: one of {', '.join(_item_types())}")
    if kind == "union_tag_invalid":
        return Problem(f"{where}.type", shown(ctx.get("tag")), f"one of {', '.join(_item_types())}",
                       nearest(ctx.get("tag"), _item_types()))
    allowed, fix = _allowed(kind, ctx, value)
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", ctx["expected"])
        allowed, fix = f"one of {', '.join(choices)}", nearest(value, choices)
        if path == ("schema",):
            allowed, fix = f"{ctx['expected']}, the version of the format this package reads", ""
    if value is None:
        fix = "remove the line to use the default, or give a value"
    return Problem(where, shown(value), allowed, fix)


def _id_fix(value: object) -> str:
    from forecast.scenario.parties import slug

    made = slug(value) if isinstance(value, str) else ""
    return f"use {made} and put the text under name" if made and made[0].isalpha() and made != value else ""


def _allowed(kind: str, ctx: Mapping[str, Any], value: object) -> tuple[str, str]:
    """Return what is allowed, and a fix, by the kind of error."""
    unquote = "remove the quotes" if isinstance(value, str) and _is_number(value) else ""
    bounds = {"greater_than_equal": "at least {ge}", "less_than_equal": "at most {le}", "greater_than": "above {gt}",
              "less_than": "below {lt}"}
    if kind in bounds:
        ends = {k: f"{v:g}" if isinstance(v, (int, float)) else str(v) for k, v in ctx.items()}
        return bounds[kind].format(**ends), ""
    if kind in ("float_type", "float_parsing", "finite_number"):
        return "a finite number", unquote
    if kind.startswith("int_"):
        return "a whole number", unquote
    if kind.startswith("bool_"):
        return "true or false", truth(value)
    if kind.startswith("date_") or kind.startswith("datetime_"):
        if isinstance(value, dt.datetime):
            return "a date, YYYY-MM-DD", f"write {value.date().isoformat()}, without a time"
        return "a date that exists, YYYY-MM-DD", ""
    if kind in ("string_type", "string_unicode"):
        return "text", "put it in quotes" if isinstance(value, (int, float, dt.date)) else ""
    if kind == "string_pattern_mismatch":
        return "an id: a to z, 0 to 9 and _, starting with a letter", _id_fix(value)
    if kind == "string_too_short":
        return "text that is not empty", ""
    if kind == "string_too_long":
        return f"at most {ctx['max_length']} characters", ""
    if kind == "too_short":
        return f"at least {ctx['min_length']} entries", ""
    if kind == "too_long":
        return f"at most {ctx['max_length']} entries", ""
    if kind in ("model_type", "dict_type", "model_attributes_type", "mapping_type"):
        return "a mapping of keys to values", ""
    if kind in ("tuple_type", "list_type"):
        return "a list", "put it in square brackets" if isinstance(value, str) else ""
    if kind == "recursion_loop":
        return "data that do not contain themselves", ""
    return str(ctx.get("error", kind.replace("_", " "))), ""


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _shape(data: Any, path: tuple[Any, ...]) -> type[BaseModel] | None:
    """Return the class that describes the mapping at a path, or None where keys are free."""
    from forecast.scenario import aftermath, disruptions, history, issues, model, parties, stages, systems

    if path[:1] == ("history",) and len(path) == 2:
        item = _child(_child(data, "history"), path[1])
        return history.ITEM_TYPES.get(item.get("type")) if isinstance(item, dict) else None
    shapes: dict[tuple[str, ...], type[BaseModel]] = {
        (): model.Scenario, ("mediator",): parties.Mediator, ("deadline",): model.Deadline,
        ("next_round",): model.NextRound, ("adjust",): model.Adjust, ("parties", "*"): parties.Party,
        ("issues", "*"): issues.Issue, ("disruptions",): disruptions.Disruptions,
        ("disruptions", "kinds", "*"): disruptions.Kind,
        ("disruptions", "kinds", "*", "recovery"): disruptions.Recovery,
        ("disruptions", "active_now", "*"): disruptions.ActiveNow,
        ("disruptions", "excitation"): disruptions.Excitation, ("issues", "*", "tactic", "*"): issues.Tactic,
        ("systems", "*"): systems.System, ("injections", "*"): systems.Injection, ("stages", "*"): stages.Stage,
        ("ratification", "*"): aftermath.Vote, ("implementation",): aftermath.Implementation,
        ("implementation", "tranches", "*"): aftermath.Tranche, ("implementation", "verifier"): aftermath.Verifier,
    }
    for pattern, shape in shapes.items():
        if len(pattern) == len(path) and all(p in ("*", key) for p, key in zip(pattern, path, strict=True)):
            return shape
    return None


def _keys(shape: type[BaseModel]) -> dict[str, str]:
    """Return the keys of a class as files write them, with what each means."""
    return {field.alias or name: field.description or "" for name, field in shape.model_fields.items()}


def _meaning(data: Any, path: tuple[Any, ...]) -> str:
    shape = _shape(data, path[:-1])
    return _keys(shape).get(path[-1], "").rstrip(".") if shape else ""
