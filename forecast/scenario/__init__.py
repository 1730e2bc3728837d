"""Scenarios: what an analyst states about talks, validated, resolved, loaded and written.

Names are imported when first used, so that a program that only lists its commands does not wait for the
validator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forecast.scenario.beliefs import Belief, Truncated
    from forecast.scenario.check import Note, check_scenario, remarks
    from forecast.scenario.load import ScenarioRecord, list_scenarios, load_scenario
    from forecast.scenario.model import Scenario
    from forecast.scenario.resolving import resolve
    from forecast.scenario.schema import json_schema
    from forecast.scenario.template import new_scenario_text

_HOMES = {
    "Belief": "beliefs", "Truncated": "beliefs", "Note": "check", "Scenario": "model", "ScenarioRecord": "load",
    "check_scenario": "check", "json_schema": "schema", "list_scenarios": "load", "load_scenario": "load",
    "new_scenario_text": "template", "remarks": "check", "resolve": "resolving",
}
__all__ = ["Belief", "Note", "Scenario", "ScenarioRecord", "Truncated", "check_scenario", "json_schema",
           "list_scenarios", "load_scenario", "new_scenario_text", "remarks", "resolve"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        value = getattr(import_module(f"forecast.scenario.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
