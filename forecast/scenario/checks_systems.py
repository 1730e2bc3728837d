"""What must hold between systems, injected failures and stages, and the rest of a scenario."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from forecast.errors import Problem
from forecast.scenario.checks_issues import unknown_id
from forecast.scenario.defaults import SYSTEMS, injection_defaults
from forecast.scenario.problems import nearest
from forecast.scenario.systems import REQUIRED

if TYPE_CHECKING:
    from forecast.scenario.model import Scenario
    from forecast.scenario.systems import Injection


def system_problems(scenario: Scenario) -> Iterator[Problem]:
    """Yield what is wrong with systems: those of the scenario's own state everything that has no default."""
    names: dict[str, str] = {}
    for key, system in scenario.systems.items():
        where = f"systems.{key}"
        if system.name is not None and names.setdefault(system.name, key) != key:
            yield Problem(f"{where}.name", f"{system.name!r}, the name of {names[system.name]} too",
                          "a name of its own for each system")
        if key not in SYSTEMS:
            for field in REQUIRED:
                if getattr(system, field) is None:
                    yield Problem(f"{where}.{field}", "nothing",
                                  f"required for a system of your own ({', '.join(SYSTEMS)} have defaults)",
                                  nearest(key, SYSTEMS))
        for i, mode in enumerate(system.modes or ()):
            if mode in (system.modes or ())[:i]:
                yield Problem(f"{where}.modes.{i}", f"{mode} again", "each mode once")


def injection_problems(scenario: Scenario) -> Iterator[Problem]:
    """Yield what is wrong with injected failures: their days, and the systems they take down."""
    for i, injection in enumerate(scenario.injections):
        where = f"injections.{i}"
        if not scenario.as_of <= injection.date <= scenario.horizon:
            yield Problem(f"{where}.date", str(injection.date),
                          f"from as_of {scenario.as_of} to the horizon {scenario.horizon}")
        yield from _injection(where, injection, scenario)


def _injection(where: str, injection: Injection, scenario: Scenario) -> Iterator[Problem]:
    system = injection.system
    if system is None and injection.preset is not None:
        system = injection_defaults(injection.preset)["system"]
    if system is not None and (system not in scenario.systems or not scenario.systems[system].needed):
        needed = [key for key, one in scenario.systems.items() if one.needed]
        if injection.system is None:
            yield Problem(where, f"{injection.preset}, which takes {system} down",
                          f"a system of the scenario ({', '.join(needed) or 'it has none'})",
                          f"add {system} under systems, or name the system it takes down")
        else:
            yield Problem(f"{where}.system", **unknown_id("systems", system, needed))
    if injection.hours is not None and injection.mean_hours is not None:
        yield Problem(f"{where}.mean_hours", "stated beside hours",
                      "hours for an outage of that length, mean_hours for one of unknown length")
    if system is None and (injection.hours is not None or injection.mean_hours is not None):
        yield Problem(f"{where}.system", "nothing", "required for an outage: the system that is down")
    if system is None and not injection.delay_days and injection.severity is None:
        yield Problem(where, "a failure without consequences",
                      "a preset, a system, delay_days or severity")


def stage_problems(scenario: Scenario) -> Iterator[Problem]:
    """Yield what is wrong with stages: names, go and no-go, where the talks are."""
    names = [stage.name for stage in scenario.stages]
    last = len(names) - 1
    for i, stage in enumerate(scenario.stages):
        where = f"stages.{i}"
        if stage.name in names[:i]:
            yield Problem(f"{where}.name", f"{stage.name} again", "a name of its own for each stage")
        if i < last and stage.go is None:
            yield Problem(f"{where}.go", "nothing", "required but for the last stage: the probability of going on")
        if i == last and stage.go is not None:
            yield Problem(f"{where}.go", str(stage.go), "nothing: there is no stage after the last")
        if i == last and stage.delay_days:
            yield Problem(f"{where}.delay_days", str(stage.delay_days), "0: the last stage has no go or no-go")
        if stage.go is not None and (stage.go.support()[0] < 0.0 or stage.go.support()[1] > 1.0):
            yield Problem(f"{where}.go", f"{stage.go}, from {stage.go.support()[0]:g} to {stage.go.support()[1]:g}",
                          "a probability, or a belief between 0 and 1")
        if stage.back is not None and stage.back not in names[: i + 1]:
            yield Problem(f"{where}.back", **unknown_id("stages", stage.back, names[: i + 1]))
    if scenario.stages and not any(stage.can_close or (stage.can_close is None and i == last)
                                   for i, stage in enumerate(scenario.stages)):
        yield Problem("stages", "no stage in which the talks can close", "can_close: true in one at least")
    if scenario.stage is not None and scenario.stage not in names:
        yield Problem("stage", **unknown_id("stages", scenario.stage, names))
        return
    now = names.index(scenario.stage) if scenario.stage is not None else 0
    if scenario.stage_rounds and not names:
        yield Problem("stage_rounds", str(scenario.stage_rounds), "0 without stages")
    elif names and now < last and scenario.stage_rounds >= scenario.stages[now].rounds:
        yield Problem("stage_rounds", str(scenario.stage_rounds),
                      f"below the {scenario.stages[now].rounds} rounds that {names[now]} takes",
                      "name the stage that the talks are in after the go or no-go")
