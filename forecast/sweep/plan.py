"""The plan of a sweep: which cells there are, and what each of them sets."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.errors import Problem, ScenarioError
from forecast.sweep.axes import Axis, Uncertain, check_apart, read_levers, read_uncertainties, sampled
from forecast.sweep.compare import days_of
from forecast.sweep.design import DESIGNS, shares_of
from forecast.sweep.inputs import as_scenario, check_ids
from forecast.sweep.statistics import Layout

if TYPE_CHECKING:
    from forecast.scenario import Scenario

MOST_CELLS = 100_000_000
DEFAULT_SAMPLES = 128


@dataclass(frozen=True, eq=False)
class Plan:
    """The cells of a sweep.

    Parameters
    ----------
    scenarios : tuple of Scenario
        Resolved; more than one gives the dim ``scenario``.
    axes : tuple of Axis
        Crossed with each other: the scenarios, levers, and uncertainties given as levels.
    uncertain : tuple of Uncertain
        Sampled together along the dim ``sample``.
    values : tuple of list
        For each of them, its value in every sample.
    design : str
    samples : int
        As asked for (with "saltelli", groups of rows).
    days : tuple of int
        Days from as_of by which a deal is asked for.
    draws, trials, seed : int
    """

    scenarios: tuple[Scenario, ...]
    axes: tuple[Axis, ...]
    uncertain: tuple[Uncertain, ...]
    values: tuple[list[Any], ...]
    design: str
    samples: int
    days: tuple[int, ...]
    draws: int
    trials: int
    seed: int

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the dims, in order."""
        return (*(axis.name for axis in self.axes), *(("sample",) if self.uncertain else ()))

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the dims."""
        return (*(len(axis.levels) for axis in self.axes), *((len(self.values[0]),) if self.uncertain else ()))

    @property
    def cells(self) -> int:
        """Number of cells."""
        return int(np.prod(self.shape, dtype=np.int64)) if self.shape else 1

    @property
    def layout(self) -> Layout:
        """Where the numbers of a cell stand."""
        # What a lever or an uncertainty adds to scenarios that end with the deal counts as well.
        set_here = {path.partition(".")[0] for item in self.items for path in item.paths}
        votes = "ratification" in set_here or any(scenario.ratification for scenario in self.scenarios)
        tranches = "implementation" in set_here or any(
            scenario.implementation is not None for scenario in self.scenarios)
        return Layout(self.days, tuple(sorted({key for scenario in self.scenarios for key in scenario.issues})),
                      tuple(sorted({key for scenario in self.scenarios for key in scenario.systems})),
                      later=votes or tranches, tranches=tranches)

    @property
    def items(self) -> tuple[Axis | Uncertain, ...]:
        """Levers and uncertainties, without the scenarios."""
        return (*(axis for axis in self.axes if axis.role != "scenario"), *self.uncertain)

    def cell(self, index: int) -> tuple[int, dict[str, Any]]:
        """Return the number of the scenario and the settings of a cell (its position in C order)."""
        number, settings = 0, {}
        places = np.unravel_index(index, self.shape) if self.shape else ()
        for axis, place in zip(self.axes, places, strict=False):
            if axis.role == "scenario":
                number = int(place)
            else:
                settings.update(axis.levels[place][1])
        for item, column in zip(self.uncertain, self.values, strict=True):
            settings.update(item.settings(column[places[-1]]))
        return number, settings

    def cells_at(self, first: int, last: int) -> list[tuple[int, dict[str, Any]]]:
        """Return what :meth:`cell` gives for a range of cells."""
        return [self.cell(index) for index in range(first, last)]

    def coords(self) -> dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, Any]]]:
        """Return the coordinates: name -> (dims, values, attributes)."""
        out = {}
        for axis in self.axes:
            labels = [label for label, _ in axis.levels]
            out[axis.name] = ((axis.name,), _array(labels), {"role": axis.role, "paths": json.dumps(axis.paths)})
        for item, column in zip(self.uncertain, self.values, strict=True):
            labels = [item.label(value) for value in column]
            out[item.name] = (("sample",), _array(labels), {"role": "uncertainty", "paths": json.dumps(item.paths)})
        return out

    def to_dict(self) -> dict[str, Any]:
        """Return everything the cells follow from, as JSON types."""
        return {
            "scenarios": [{"name": scenario.name, "digest": scenario.digest()} for scenario in self.scenarios],
            "axes": [{"name": axis.name, "role": axis.role, "levels": [
                {"label": label, "set": settings} for label, settings in axis.levels]} for axis in self.axes],
            "sampled": [{"name": item.name, "paths": list(item.paths), **({"levels": [
                {"label": label, "set": settings} for label, settings in item.levels]} if item.levels else {})}
                for item in self.uncertain],
            "values_hash": hashlib.sha256(_json([list(map(item.label, column)) for item, column in zip(
                self.uncertain, self.values, strict=True)]).encode()).hexdigest(),
            "design": self.design, "samples": self.samples, "by": list(self.days), "draws": self.draws,
            "trials": self.trials, "seed": self.seed,
        }


def _json(data: Any) -> str:
    return json.dumps(data, sort_keys=True, default=_plain)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _array(labels: list[Any]) -> np.ndarray:
    """Return labels as numbers, truth values or text."""
    if all(isinstance(label, bool) for label in labels):
        return np.array(labels, dtype=bool)
    if all(isinstance(label, int) and not isinstance(label, bool) for label in labels):
        return np.array(labels, dtype=np.int64)
    if all(isinstance(label, (int, float)) and not isinstance(label, bool) for label in labels):
        return np.array(labels, dtype=np.float64)
    return np.array([str(label) for label in labels], dtype=str)


def make_plan(
    scenario: Any,
    levers: Mapping[str, Any] | None,
    uncertainties: Mapping[str, Any] | None,
    *,
    draws: int,
    trials: int,
    seed: int,
    by: Any = None,
    design: str | None = None,
    samples: int | None = None,
) -> Plan:
    """Check everything about a sweep and lay out its cells.

    Parameters
    ----------
    scenario : Scenario, name, path, or a list of them
    levers, uncertainties : mapping, optional
        See :func:`forecast.sweep.axes.read_levers` and :func:`~forecast.sweep.axes.read_uncertainties`.
    draws, trials, seed : int
        Checked already.
    by : date, str, int or a list of them, optional
    design : str, optional
        None: "grid" when no uncertainty has a distribution, else "lhs".
    samples : int, optional

    Returns
    -------
    Plan

    Raises
    ------
    ScenarioError
        With every problem: names, levels, paths that lead nowhere, fields set twice, too many cells.
    """
    scenarios = _scenarios(scenario)
    axes, problems = read_levers(levers or {})
    items, more = read_uncertainties(uncertainties or {})
    problems += more
    problems += check_apart([*axes, *items])
    smooth = any(isinstance(item, Uncertain) for item in items)
    if design is None:
        design = "lhs" if smooth else "grid"
    if design not in DESIGNS:
        problems.append(Problem("design", repr(design), f"one of {', '.join(DESIGNS)}"))
    elif design == "grid" and smooth:
        names = ", ".join(item.name for item in items if isinstance(item, Uncertain))
        problems.append(Problem("design", f"'grid', with distributions ({names})",
                                f"one of {', '.join(DESIGNS[1:])}", "or give the levels, such as {low, high, count}"))
    elif design == "grid" and samples is not None:
        problems.append(Problem("samples", str(samples), "only with uncertainties that are sampled"))
    elif design != "grid" and not items:
        problems.append(Problem("design", repr(design), "'grid' without uncertainties"))
    if problems:
        raise ScenarioError(problems, "sweep")
    uncertain: tuple[Uncertain, ...] = ()
    values: tuple[list[Any], ...] = ()
    if design == "grid":
        axes += [item for item in items if isinstance(item, Axis)]
        samples = 0
    else:
        uncertain = tuple(item if isinstance(item, Uncertain) else sampled(item) for item in items)
        samples = DEFAULT_SAMPLES if samples is None else samples
        shares = shares_of(design, samples, len(uncertain), seed)
        values = tuple(item.quantile(shares[:, i]) for i, item in enumerate(uncertain))
    if len(scenarios) > 1:
        axes.insert(0, Axis("scenario", "scenario", tuple((one.name, {}) for one in scenarios)))
    horizon = min(one.horizon_days for one in scenarios)
    plan = Plan(scenarios, tuple(axes), uncertain, values, design, int(samples), days_of(scenarios[0], by, horizon),
                draws, trials, seed)
    if plan.cells > MOST_CELLS:
        sizes = " x ".join(f"{name} {size}" for name, size in zip(plan.dims, plan.shape, strict=True))
        raise ScenarioError([Problem("sweep", f"{plan.cells:,} cells ({sizes})", f"at most {MOST_CELLS:,}",
                                     "take fewer levels, or sample instead of crossing")], "sweep")
    problems = list(_dead_ends(plan))
    if problems:
        raise ScenarioError(problems, "sweep")
    return plan


def _scenarios(given: Any) -> tuple[Scenario, ...]:
    many = list(given) if isinstance(given, (list, tuple)) else [given]
    if not many:
        raise ScenarioError([Problem("scenario", "an empty list", "at least one scenario")], "sweep")
    scenarios = tuple(as_scenario(one if not isinstance(one, os.PathLike) else os.fspath(one)) for one in many)
    names = [one.name for one in scenarios]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ScenarioError([Problem("scenario", f"two scenarios named {', '.join(twice)}", "scenarios with different "
                                     "names")], "sweep")
    return scenarios


def _dead_ends(plan: Plan) -> Iterator[Problem]:
    """Yield the levers and uncertainties none of whose levels can be set on its own.

    A level that only fails with others, or only in some cells, is left to be recorded as a failing cell.
    """
    for item in plan.items:
        if isinstance(item, Axis):
            tried = [settings for _, settings in item.levels[:50]]
        else:
            tried = [item.settings(value) for value in item.quantile(np.array([0.05, 0.5, 0.95]))]
        found: list[Problem] = []
        for settings in tried:
            try:
                check_ids(plan.scenarios[0], settings)
                plan.scenarios[0].replace_all(settings)
                break
            except ScenarioError as error:
                found = error.problems or [Problem(", ".join(settings), str(error), "settings that can be made")]
        else:
            for problem in found:
                where = problem.where if problem.where.startswith(item.name) else f"{item.name}: {problem.where}"
                yield Problem(where, problem.given, problem.allowed, problem.fix)
