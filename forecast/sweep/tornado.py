"""A tornado: one field at a time between its low and its high value, in paired differences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.errors import Problem, ScenarioError
from forecast.summary.estimate import Quantity
from forecast.sweep.axes import Axis, check_apart, read_uncertainties
from forecast.sweep.compare import compare_many
from forecast.sweep.comparison import shown_difference
from forecast.sweep.difference import Difference
from forecast.posterior.load import as_posterior
from forecast.sweep.inputs import as_scenario, check_numbers
from forecast.sweep.labels import what_moves
from forecast.sweep.words import shown_setting

if TYPE_CHECKING:
    from forecast.scenario import Scenario

ENDS = (0.05, 0.95)


@dataclass(frozen=True)
class End:
    """One end of a bar.

    Parameters
    ----------
    side : {"low", "high"}
        Of the field for numbers with a distribution; of the measure for levels.
    shown : str
        The value of the field.
    row : Difference
        What it does to the measure, against the scenario as stated.
    """

    side: str
    shown: str
    row: Difference


@dataclass(frozen=True)
class Bar:
    """One field of a tornado.

    Parameters
    ----------
    name : str
    low, high : End or None
        None where that end cannot be played.
    mark : str
        ``*`` when the field acts through prior-driven parameters.
    why : tuple of str
        What those are; or why an end is missing.
    """

    name: str
    low: End | None
    high: End | None
    mark: str
    why: tuple[str, ...] = ()

    @property
    def reach(self) -> float:
        """Distance between the two ends, the scenario as stated included."""
        ends = [0.0, *(end.row.difference.value for end in (self.low, self.high) if end is not None)]
        return max(ends) - min(ends)

    def words(self) -> str:
        """Return the bar in words."""
        said = [f"{end.shown}: {shown_difference(end.row)}" for end in (self.low, self.high) if end is not None]
        return f"{self.name} ({'; '.join(said)})"


@dataclass(frozen=True, eq=False, repr=False)
class Tornado:
    """How far each field moves one number; made by ``forecast.sensitivity(..., method="tornado")``.

    Parameters
    ----------
    scenario : Scenario
        Resolved.
    key, label : str
        The number.
    baseline : Quantity
        Its value with the scenario as stated.
    bars : list of Bar
    seed, draws, trials : int
    """

    scenario: Scenario
    key: str
    label: str
    baseline: Quantity
    bars: list[Bar]
    seed: int
    draws: int
    trials: int

    def __iter__(self) -> Iterator[Bar]:
        return iter(self.bars)

    def __len__(self) -> int:
        return len(self.bars)

    def ranked(self) -> list[Bar]:
        """Return the bars, the longest first."""
        return sorted(self.bars, key=lambda one: -one.reach)

    def table(self) -> list[dict[str, Any]]:
        """Return a row per end of a bar, the longest bar first, as plain data."""
        out = []
        for one in self.ranked():
            for end in (one.low, one.high):
                if end is not None:
                    made = end.row.difference.to_dict()
                    out.append({"field": one.name, "side": end.side, "value": end.shown, "difference": made["value"],
                                "low": made["low"], "high": made["high"], "mc_error": made["mc_error"],
                                "prior_driven": bool(one.mark)})
        return out

    def to_dict(self) -> dict[str, Any]:
        """Return the tornado as JSON types."""
        return {"scenario": self.scenario.name, "measure": self.key, "label": self.label, "seed": self.seed,
                "draws": self.draws, "trials": self.trials, "baseline": self.baseline.to_dict(), "rows": self.table()}

    def to_csv(self, path: str | Path) -> Path:
        """Write the table to a CSV file, whole or not at all."""
        from forecast.summary.table import write_csv

        return write_csv(self.table(), path)

    def __repr__(self) -> str:
        return f"<Tornado of {self.label} in {self.scenario.name}: {len(self.bars)} fields>"

    def __str__(self) -> str:
        lines = [f"{self.label}: {shown_setting(round(self.baseline.value, 4))} as stated"]
        return "\n".join([*lines, *(f"  {one.words()}{one.mark}" for one in self.ranked())])


def make_tornado(scenario: Any, fields: Mapping[str, Any], *, key: str, draws: int, trials: int, seed: int | None,
                 posterior: Any = None, by: Any = None, threads: int | None = None,
                 progress: Callable[[int, int], None] | None = None) -> Tornado:
    """Play every field at its ends, all on the same luck; see :func:`forecast.sensitivity`.

    Raises
    ------
    ScenarioError
        If a field, the key or a number cannot be used, or no end of any field can be played.
    """
    base = as_scenario(scenario)
    seed = check_numbers("sensitivity", draws=draws, trials=trials, seed=seed, threads=threads)
    items, problems = read_uncertainties(fields)
    problems += check_apart(items)
    if problems:
        raise ScenarioError(problems, "sensitivity")
    ends: list[tuple[int, str, str]] = []
    others: list[Scenario] = []
    why: dict[int, list[str]] = {}
    for number, item in enumerate(items):
        if isinstance(item, Axis):
            tried = [("", shown_setting(label), settings) for label, settings in item.levels]
        else:
            values = item.quantile(np.array(ENDS))
            tried = [(side, shown_setting(value), item.settings(value))
                     for side, value in zip(("low", "high"), values, strict=True)]
        for side, shown, settings in tried:
            try:
                others.append(as_scenario(settings, base))
                ends.append((number, side, shown))
            except ScenarioError as error:
                problems += error.problems
                why.setdefault(number, []).append(f"{shown}: {error.problems[0] if error.problems else error}")
    if not others:
        raise ScenarioError(problems, "sensitivity")
    made = compare_many(base, others, as_posterior(posterior, base), by=by, draws=draws, trials=trials, seed=seed,
                        threads=threads, progress=progress)
    if key not in made[0].rows:
        raise ScenarioError([Problem("measure", repr(key), f"one of {', '.join(made[0].rows)}")], "sensitivity")
    by_item: dict[int, list[End]] = {}
    for (number, side, shown), one in zip(ends, made, strict=True):
        by_item.setdefault(number, []).append(End(side, shown, one.rows[key]))
    bars = [_bar(item, by_item[number], why.get(number, [])) for number, item in enumerate(items) if number in by_item]
    first = made[0].rows[key]
    return Tornado(base, key, first.label, first.baseline, bars, seed, draws, trials)


def _bar(item: Any, ends: list[End], missing: list[str]) -> Bar:
    """Make a bar: both quantiles of a distribution, or the levels with the least and the most effect."""
    moved = what_moves(item.paths)
    mark, why = "*" if moved else "", (*(part.reason for part in moved), *missing)
    if isinstance(item, Axis):
        ordered = sorted(ends, key=lambda end: end.row.difference.value)
        low = End("low", ordered[0].shown, ordered[0].row)
        high = End("high", ordered[-1].shown, ordered[-1].row) if len(ordered) > 1 else None
    else:
        low, high = (next((end for end in ends if end.side == side), None) for side in ("low", "high"))
    return Bar(item.name, low, high, mark, why)
