"""What a sweep varies: levers that someone can choose, uncertainties that nobody can."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from forecast.errors import Problem, ScenarioError
from forecast.scenario.override import plain
from forecast.scenario.problems import nearest, shown
from forecast.sweep.statistics import NAMES, PARTS
from forecast.sweep.words import shown_setting

#: Names that variables and dims of the result have already.
RESERVED = {"ending", "issue", "system", "by", "by_day", "sample", "scenario", "draw", "trial", "failed", "error",
            "status", *(name + part for name in NAMES for part in PARTS)}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,119}")
_GRID = {"low", "high", "step", "count"}
_MOST_LEVELS = 1_000_000


@dataclass(frozen=True)
class Axis:
    """A dim of a sweep whose levels are all crossed with those of the others.

    Parameters
    ----------
    name : str
        Of the dim.
    role : {"lever", "uncertainty", "scenario"}
    levels : tuple of (label, settings)
        A label is what the coordinate shows; settings are paths and their values.
    """

    name: str
    role: Literal["lever", "uncertainty", "scenario"]
    levels: tuple[tuple[Any, dict[str, Any]], ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths that any of the levels sets."""
        return tuple(dict.fromkeys(path for _, settings in self.levels for path in settings))


@dataclass(frozen=True)
class Uncertain:
    """A field with a distribution, to be sampled.

    Parameters
    ----------
    name : str
        Of the coordinate along ``sample``.
    path : str
        The field; empty when the levels set several.
    quantile : callable
        Shares in (0, 1), shape (n,) -> values, a list of n.
    levels : tuple of (label, settings)
        Where the values are levels of a list; the quantile function then gives their positions.
    """

    name: str
    path: str
    quantile: Callable[[np.ndarray], list[Any]]
    levels: tuple[tuple[Any, dict[str, Any]], ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths it sets."""
        return (self.path,) if self.path else tuple(dict.fromkeys(p for _, s in self.levels for p in s))

    def settings(self, value: Any) -> dict[str, Any]:
        """Return the settings of one sampled value."""
        return self.levels[value][1] if self.levels else {self.path: value}

    def label(self, value: Any) -> Any:
        """Return what the coordinate shows for one sampled value."""
        return self.levels[value][0] if self.levels else value


def read_levers(given: Mapping[str, Any]) -> tuple[list[Axis], list[Problem]]:
    """Read the levers of a sweep.

    Parameters
    ----------
    given : mapping
        Name -> levels. A name that is the path of a field (``parties.iran.present``) takes a list of values, a
        mapping from labels to values, or ``{low, high, count}`` or ``{low, high, step}``. Any other name takes a
        mapping from labels to settings (``{path: value, ...}``), or ``{path: ..., values: [...]}``.

    Returns
    -------
    axes, problems
    """
    axes, problems = [], []
    for name, spec in _items(given, "levers", problems):
        axis = _axis(name, "lever", spec, f"levers.{name}", problems)
        if axis is not None:
            axes.append(axis)
    return axes, problems


def read_uncertainties(given: Mapping[str, Any]) -> tuple[list[Axis | Uncertain], list[Problem]]:
    """Read the uncertainties of a sweep.

    Parameters
    ----------
    given : mapping
        Name -> distribution or levels. A distribution is a belief as in scenario files (``{normal: {mean, sd}}``),
        ``{low, high}`` for a uniform one, an object with ``ppf``, or ``{path: ..., ...}`` with one of those under
        another name. Levels are written as for levers.

    Returns
    -------
    items, problems
        An :class:`Uncertain` for a distribution, an :class:`Axis` for levels.
    """
    out: list[Axis | Uncertain] = []
    problems: list[Problem] = []
    for name, spec in _items(given, "uncertainties", problems):
        where = f"uncertainties.{name}"
        made = _distribution(name, spec, where, problems)
        if made is None:
            axis = _axis(name, "uncertainty", spec, where, problems)
            if axis is not None:
                out.append(axis)
        elif made:
            out.append(made)
    return out, problems


def sampled(axis: Axis) -> Uncertain:
    """Return the levels of an axis as a distribution: each equally likely."""
    count = len(axis.levels)

    def quantile(shares: np.ndarray) -> list[Any]:
        return np.minimum((shares * count).astype(int), count - 1).tolist()

    return Uncertain(axis.name, "", quantile, axis.levels)


def check_apart(items: Sequence[Axis | Uncertain]) -> list[Problem]:
    """Return a problem for every name used twice and every field that two of them set, or set parts of."""
    problems, names, seen = [], set(), {}
    for item in items:
        if item.name in names:
            problems.append(Problem(item.name, "a lever or uncertainty of this name twice", "each name once"))
        names.add(item.name)
        for path in item.paths:
            for other, owner in seen.items():
                one, two = sorted((path, other), key=len)
                if owner != item.name and f"{two}.".startswith(f"{one}."):
                    problems.append(Problem(f"{item.name}: {path}", f"also set by {owner} ({other})",
                                            "each field set by one lever or uncertainty"))
        seen.update(dict.fromkeys(item.paths, item.name))
    return problems


def is_path(name: str) -> bool:
    """Return whether a name is the path of a field: it starts with a key of a scenario.

    Examples
    --------
    >>> is_path("parties.iran.present"), is_path("horizon_days"), is_path("substitute")
    (True, True, False)
    """
    return name.split(".")[0] in _fields()


def _fields() -> set[str]:
    from forecast.scenario import Scenario

    return {info.alias or key for key, info in Scenario.model_fields.items()}


def _near(name: str) -> str:
    return nearest(name.split(".")[0], sorted(_fields()))


def _items(given: Any, where: str, problems: list[Problem]):
    if given is None:
        return
    if not isinstance(given, Mapping):
        problems.append(Problem(where, shown(given), "a mapping from names to levels"))
        return
    for name, spec in given.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            problems.append(Problem(where, f"name {shown(name)}", "letters, digits, '_', '-' and '.', a letter first"))
        elif name in RESERVED:
            problems.append(Problem(f"{where}.{name}", "a name the result uses itself", "another name"))
        elif name in ("name", "title", "schema", "sources", "extends"):
            problems.append(Problem(f"{where}.{name}", "a field that is not part of a what-if",
                                    "a field that the law depends on"))
        else:
            yield name, spec


def _axis(name: str, role: Any, spec: Any, where: str, problems: list[Problem]) -> Axis | None:
    before = len(problems)
    path, labels = name, None
    if isinstance(spec, Mapping) and "path" in spec:
        path = spec["path"]
        rest = {key: value for key, value in spec.items() if key != "path"}
        if not isinstance(path, str) or not is_path(path):
            problems.append(Problem(f"{where}.path", shown(path), "the path of a field, such as parties.iran.present"))
            return None
        if "values" in rest:
            labels = rest.pop("labels", None)
            values = rest.pop("values")
            if rest:
                problems.append(Problem(where, f"keys {', '.join(map(str, rest))}", "path, values and labels"))
            spec = values
        else:
            spec = rest
    levels = _levels(path, spec, labels, where, problems)
    if len(problems) > before:
        return None
    typed = _typed(levels)
    counted = Counter(label for label, _ in typed)
    problems += [Problem(where, f"the level {shown(label)} twice", "each level once", "give the levels labels")
                 for label, count in counted.items() if count > 1]
    if not levels:
        problems.append(Problem(where, "no levels", "at least one"))
    return None if len(problems) > before else Axis(name, role, typed)


def _levels(path: str, spec: Any, labels: Any, where: str, problems: list[Problem]) -> list[tuple[Any, dict[str, Any]]]:
    """Return (label, settings) of every level of a list, a labelled mapping or a grid."""
    if isinstance(spec, Mapping) and "low" in spec and set(spec) <= _GRID:
        if not is_path(path):
            problems.append(Problem(where, "a grid under a name that is no field", "a path, or {path: ..., low: ...}"))
            return []
        spec = _grid(spec, where, problems)
    if isinstance(spec, Mapping):
        if is_path(path):
            return [(str(label), {path: plain(value)}) for label, value in spec.items()]
        levels = []
        for label, settings in spec.items():
            bad = [key for key in settings if not isinstance(key, str)] if isinstance(settings, Mapping) else [settings]
            if bad:
                problems.append(Problem(f"{where}.{label}", shown(bad[0]), "settings, such as {parties.iran.present: "
                                        "true}", f"or name the lever by its path instead of {path}"))
            else:
                levels.append((str(label), {key: plain(value) for key, value in settings.items()}))
        return levels
    if isinstance(spec, np.ndarray):
        spec = spec.tolist()
    if not isinstance(spec, (list, tuple, range)):
        problems.append(Problem(where, shown(spec), "a list of values, a mapping from labels to values, or {low, high, "
                                "count}"))
        return []
    if not is_path(path):
        problems.append(Problem(where, "a list under a name that is no field of a scenario",
                                "the path of a field as the name, or {path: ..., values: [...]}", _near(path)))
        return []
    values = [plain(value) for value in spec]
    if labels is not None:
        if not isinstance(labels, (list, tuple)) or len(labels) != len(values):
            problems.append(Problem(f"{where}.labels", shown(labels), f"{len(values)} labels, one for each value"))
            return []
        return [(str(label), {path: value}) for label, value in zip(labels, values, strict=True)]
    return [(value, {path: value}) for value in values]


def _typed(levels: list[tuple[Any, dict[str, Any]]]) -> tuple[tuple[Any, dict[str, Any]], ...]:
    """Return levels whose labels are all numbers, all true or false, or all text: what a coordinate can hold."""
    labels = [label for label, _ in levels]
    if all(isinstance(label, bool) for label in labels):
        return tuple(levels)
    if all(isinstance(label, (int, float)) and not isinstance(label, bool) for label in labels):
        return tuple(levels)
    return tuple((label if isinstance(label, str) else shown_setting(label), settings) for label, settings in levels)


def _grid(spec: Mapping[str, Any], where: str, problems: list[Problem]) -> list[float | int]:
    """Return the numbers of ``{low, high, count}`` or ``{low, high, step}``, both ends included."""
    low, high, step, count = (spec.get(key) for key in ("low", "high", "step", "count"))
    numbers = [x for x in (low, high, step, count) if x is not None]
    fine = all(isinstance(x, (int, float)) and not isinstance(x, bool) and np.isfinite(x) for x in numbers)
    if not fine or low is None or high is None or not low < high or (step is None) == (count is None):
        problems.append(Problem(where, shown(dict(spec)), "numbers low < high and either count or step"))
        return []
    if count is not None:
        if not isinstance(count, int) or not 2 <= count <= _MOST_LEVELS:
            problems.append(Problem(f"{where}.count", shown(count), f"a whole number from 2 to {_MOST_LEVELS}"))
            return []
        return np.linspace(low, high, count).tolist()
    if not 0 < step or (high - low) / step > _MOST_LEVELS:
        problems.append(Problem(f"{where}.step", shown(step), f"above 0, at most {_MOST_LEVELS} steps"))
        return []
    count = int(np.floor((high - low) / step + 1e-9)) + 1
    return [low + step * i for i in range(count)]


def _distribution(name: str, spec: Any, where: str, problems: list[Problem]) -> Uncertain | Literal[False] | None:
    """Return a field with a distribution; None where the spec lists levels, False after a problem."""
    from forecast.scenario.beliefs import Belief

    path = name
    if isinstance(spec, Mapping) and "path" in spec and "values" not in spec:
        path, spec = spec["path"], {key: value for key, value in spec.items() if key != "path"}
        if len(spec) == 1 and "belief" in spec:
            spec = spec["belief"]
    smooth = hasattr(spec, "ppf") or (isinstance(spec, Mapping) and (
        set(spec) == {"low", "high"} or (len(spec) == 1 and next(iter(spec)) in _families())))
    if not smooth:
        return None
    if not isinstance(path, str) or not is_path(path):
        problems.append(Problem(where, f"a distribution of {shown(path)}", "the path of a field, such as "
                                "parties.us.delegate_authority", "name it by its path, or add path: ..."))
        return False
    if isinstance(spec, Mapping) and set(spec) == {"low", "high"}:
        low, high = spec["low"], spec["high"]
        if not all(isinstance(x, (int, float)) and not isinstance(x, bool) and np.isfinite(x) for x in (low, high)) \
                or not low < high:
            problems.append(Problem(where, shown(dict(spec)), "numbers low < high"))
            return False
        return Uncertain(name, path, lambda shares: (low + shares * (high - low)).tolist())
    if isinstance(spec, Mapping):
        try:
            spec = Belief.parse(dict(spec))
        except ScenarioError as error:
            problems += [Problem(f"{where}.{p.where}".rstrip("."), p.given, p.allowed, p.fix) for p in error.problems]
            return False
    ppf = spec.ppf
    return Uncertain(name, path, lambda shares: np.asarray(ppf(shares), dtype=np.float64).tolist())


def _families() -> set[str]:
    from forecast.scenario.families import FAMILIES

    return set(FAMILIES)
