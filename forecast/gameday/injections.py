"""Which failures a game day injects: from texts, mappings or a script, and the systems that these need."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.errors import Problem, ScenarioError
from forecast.scenario.defaults import PRESETS, SYSTEMS, injection_defaults
from forecast.scenario.problems import nearest, shown

if TYPE_CHECKING:
    from forecast.scenario import Scenario
    from forecast.scenario.systems import Injection

_LARGEST_SCRIPT = 1_000_000
_HELP = "NAME@YYYY-MM-DD, such as certificate_expiry@2026-07-01 or video_bridge@2026-07-01,hours=6"


def read_injections(given: Any) -> list[dict[str, Any]]:
    """Read failures to inject.

    Parameters
    ----------
    given : str, mapping, Injection, path, or a list of them
        ``"certificate_expiry@2026-07-01"``, with fields behind it (``"video_bridge@2026-07-01,hours=6"``): the name
        of a preset or the id of a system; a mapping as under ``injections`` of a scenario; the path of a YAML file
        with a list of these, or with the key ``injections``.

    Returns
    -------
    list of dict
        As a scenario file holds them.

    Raises
    ------
    ScenarioError
        With everything that cannot be read.

    Examples
    --------
    >>> read_injections("intrusion@2026-07-01,delay_days=3")
    [{'date': '2026-07-01', 'preset': 'intrusion', 'delay_days': 3}]
    """
    if given is None:
        return []
    items = [given] if isinstance(given, (str, Mapping, os.PathLike)) or hasattr(given, "model_dump") else list(given)
    out: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for item in items:
        try:
            out += _one(item)
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems, "game day")
    return out


def _one(item: Any) -> list[dict[str, Any]]:
    if isinstance(item, Mapping):
        return [dict(item)]
    if hasattr(item, "model_dump"):
        return [item.model_dump(mode="json", exclude_defaults=True)]
    if isinstance(item, os.PathLike):
        return read_script(item)
    if isinstance(item, str):
        return [_from_text(item)]
    raise ScenarioError([Problem("injection", shown(item), _HELP)])


def _from_text(text: str) -> dict[str, Any]:
    """Read ``NAME@DATE[,field=value...]``."""
    from forecast.scenario.text import parse_text

    head, *fields = text.split(",")
    name, at, date = head.partition("@")
    name, date = name.strip(), date.strip()
    if not at or not name or not date:
        raise ScenarioError([Problem("injection", shown(text), _HELP, nearest(name, PRESETS))])
    out: dict[str, Any] = {"date": date, "preset" if name in PRESETS else "system": name}
    for field in fields:
        key, equals, value = field.partition("=")
        if not equals or not key.strip() or key.strip() in out:
            raise ScenarioError([Problem("injection", shown(field), "field=value, each field once, such as hours=6")])
        out[key.strip()] = parse_text(f"value: {value}\n", "injection").data["value"]
    return out


def read_script(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Read a script: a YAML list of injections, or a mapping with the key ``injections``.

    Raises
    ------
    ScenarioError
        If there is no such file, or it holds something else.
    """
    from forecast.scenario.text import parse_text

    file = Path(path)
    if not file.is_file():
        raise ScenarioError([Problem(str(file), "no such file", "a YAML file with a list of injections")], "game day")
    if file.stat().st_size > _LARGEST_SCRIPT:
        raise ScenarioError([Problem(str(file), f"{file.stat().st_size} bytes", f"at most {_LARGEST_SCRIPT} bytes")],
                            "game day")
    try:
        parsed = parse_text(file.read_text(encoding="utf-8"), str(file))
    except UnicodeDecodeError:
        raise ScenarioError([Problem(str(file), "bytes that are not UTF-8", "YAML text")], "game day") from None
    if parsed.problems:
        raise ScenarioError(parsed.problems, str(file))
    data = parsed.data
    if isinstance(data, Mapping) and set(data) == {"injections"}:
        data = data["injections"]
    if not isinstance(data, list) or not data:
        raise ScenarioError([Problem("the file", shown(data), "a list of injections, or `injections:` with one")],
                            str(file))
    return [item for entry in data for item in _one(entry)]


def with_systems(scenario: Scenario, injections: Iterable[Mapping[str, Any]]) -> tuple[Scenario, list[str]]:
    """Return the scenario with the default systems that the injections need, and what was added.

    A scenario without systems gets all of the known ones, at their defaults: these open no further door, so the calm
    run is as likely to lose a round as past talks were. One with some of its own gets those that are hit.

    Parameters
    ----------
    scenario : Scenario
    injections : iterable of mapping
    """
    hit = []
    for one in injections:
        key = one.get("system") or (injection_defaults(one["preset"])["system"] if one.get("preset") in PRESETS
                                    else None)
        if key in SYSTEMS and key not in scenario.systems and key not in hit:
            hit.append(key)
    added = [] if not hit else list(SYSTEMS) if not scenario.systems else hit
    if not added:
        return scenario, []
    # With no delay for a change of mode, unless stated, the calm run keeps the law of the scenario's own forecast.
    delay = {} if scenario.systems else {"mode_switch_delay_days": scenario.mode_switch_delay_days or 0}
    return scenario.replace_all({**{f"systems.{key}": {} for key in added}, **delay}), added


def label_of_injection(one: Injection, scenario: Scenario) -> str:
    """Return what a failure is called in a table."""
    words = (one.preset or "").replace("_", " ")
    system = scenario.systems[one.system].name if one.system is not None else None
    if words and system:
        return f"{words} ({str(system).lower()})"
    return words or (f"outage of {str(system).lower()}" if system else one.note.splitlines()[0][:60] if one.note
                     else "a disruption")
