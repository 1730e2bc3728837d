"""Plans of sweeps as files: what ``forecast sweep plan.yaml`` reads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forecast.errors import Problem, ScenarioError
from forecast.scenario.problems import nearest, shown

_NUMBERS = ("draws", "trials", "seed", "samples")
KEYS = {
    "scenario": "name or path of a scenario, or a list of them; paths count from the plan",
    "levers": "what someone can choose",
    "uncertainties": "what nobody can",
    "design": "grid, lhs, sobol, saltelli or random",
    "samples": "how often the uncertainties are sampled",
    "draws": "rows of the posterior",
    "trials": "trials of each",
    "seed": "of all cells",
    "by": "dates or days by which a deal is asked for",
    "posterior": "prior, full, held_out, or a file",
    "measure": "what is wanted, for regret and the value of information",
    "lowest": "true when the lowest value of the measure is the best",
    "store": "folder that results are streamed to, counted from the plan",
}


@dataclass(frozen=True)
class PlanFile:
    """A plan as read from a file.

    Parameters
    ----------
    path : Path
    arguments : dict
        Of :func:`forecast.sweep`, the scenario included.
    measure : str
    lowest : bool
    store : Path or None
    """

    path: Path
    arguments: dict[str, Any] = field(default_factory=dict)
    measure: str = "deal"
    lowest: bool = False
    store: Path | None = None


def read_plan(path: str | os.PathLike[str]) -> PlanFile:
    """Read the plan of a sweep (YAML 1.2 or JSON).

    Parameters
    ----------
    path : path

    Returns
    -------
    PlanFile

    Raises
    ------
    ScenarioError
        If the file is missing or anything at its top level is wrong; every problem is listed, with its line. What is
        wrong with levers and uncertainties is found when the plan is laid out.
    """
    from forecast.scenario.load import read_text
    from forecast.scenario.text import parse_text

    path = Path(path)
    if not path.is_file():
        raise ScenarioError([Problem("the plan", "no such file", "a YAML file with scenario and levers")], str(path))
    parsed = parse_text(read_text(path), str(path))
    data, problems = parsed.data, list(parsed.problems)
    if not isinstance(data, Mapping):
        raise ScenarioError([Problem("the plan", shown(data), f"a mapping with {', '.join(KEYS)}")], str(path))

    def where(key: str) -> str:
        return f"{key} (line {parsed.lines[key]})" if key in parsed.lines else key

    for key in data:
        if key not in KEYS:
            problems.append(Problem(where(str(key)), f"unknown key {shown(key)}",
                                    f"the keys here are {', '.join(KEYS)}", nearest(key, KEYS)))
    if "scenario" not in data:
        problems.append(Problem("scenario", "nothing", f"required: {KEYS['scenario']}"))
    for key in _NUMBERS:
        if key in data and (isinstance(data[key], bool) or not isinstance(data[key], int)):
            problems.append(Problem(where(key), shown(data[key]), "a whole number"))
    for key in ("measure", "store", "design", "posterior"):
        if key in data and not isinstance(data[key], str):
            problems.append(Problem(where(key), shown(data[key]), "text"))
    if not isinstance(data.get("lowest", False), bool):
        problems.append(Problem(where("lowest"), shown(data["lowest"]), "true or false"))
    if problems:
        raise ScenarioError(problems, str(path))
    arguments = {key: data[key] for key in ("levers", "uncertainties", "design", "by", "posterior", *_NUMBERS)
                 if key in data}
    given = data["scenario"]
    many = list(given) if isinstance(given, (list, tuple)) else [given]
    found = [_beside(path, one) if isinstance(one, str) else one for one in many]
    arguments["scenario"] = found if isinstance(given, (list, tuple)) else found[0]
    store = path.parent / data["store"] if "store" in data else None
    return PlanFile(path, arguments, data.get("measure", "deal"), data.get("lowest", False), store)


def _beside(path: Path, name: str) -> str:
    """Return the path of a scenario beside the plan, or the name of a shipped one as it is."""
    beside = path.parent / name
    return str(beside) if beside.is_file() else name
