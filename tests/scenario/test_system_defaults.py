"""Defaults of systems and failures: every number has its source, and every one is shown and marked as judgement."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import forecast as fc
from forecast.scenario import Scenario, check_scenario, resolve
from forecast.scenario.defaults import (
    JUDGEMENT, PRESETS, SYSTEMS, Default, injection_defaults, switch_delay_default, system_defaults,
)
from forecast.scenario.systems import Injection, System

BASE = {"as_of": "2026-06-19", "domain": "trade", "parties": ["a", "b"]}
NUMBERS = {"mtbf_days", "repair_hours", "spares", "failover_hours", "common_cause", "sanctions_coupling"}


def has_source(made: Default) -> bool:
    return made.source == JUDGEMENT or bool(re.match(r"https://\S+", made.source))


@pytest.mark.parametrize("key", SYSTEMS)
def test_every_default_of_a_system_says_where_it_comes_from(key: str) -> None:
    made = system_defaults(key)
    assert set(made) == NUMBERS | {"name", "modes"}
    assert all(has_source(made[name]) for name in NUMBERS)
    System(**{name: type(getattr(resolve(Scenario.from_dict({**BASE, "systems": {key: {}}})).systems[key], name))(
        made[name].value) for name in NUMBERS})  # each within its bounds
    assert made["sanctions_coupling"].value == 0  # else the defaults would open a door of their own


@pytest.mark.parametrize("preset", PRESETS)
def test_every_failure_says_where_its_numbers_come_from(preset: str) -> None:
    made = injection_defaults(preset)
    assert made["system"] in SYSTEMS
    assert all(has_source(made[name]) for name in ("mean_hours", "delay_days", "severity"))
    Injection(date=fc.load_scenario("us_iran_final_2026").as_of, mean_hours=made["mean_hours"].value,
              delay_days=int(made["delay_days"].value))
    assert has_source(switch_delay_default())


def test_check_shows_them_and_the_summary_marks_them(tmp_path: Path) -> None:
    file = tmp_path / "talks.yaml"
    file.write_text("parties: [a, b]\nas_of: 2026-06-19\ndomain: trade\nposterior: prior\n"
                    "systems: {credentials: {spares: 1}, satellite_link: {needed: false}}\n")
    notes = {note.where: note.text for note in check_scenario(file)}
    assert "systems.satellite_link" not in notes
    text = notes["systems.credentials"]
    assert "prior-driven" in text and "mtbf_days 289 (https://" in text and JUDGEMENT in text and "spares" not in text
    made = fc.summarize(fc.simulate(file, draws=10, trials=10, seed=1))
    assert made.is_prior_driven("service.credentials.on_time") and made.is_prior_driven("downtime.credentials.days")


def test_what_stands_in_the_scenario_wins() -> None:
    data = {**BASE, "systems": {"video_bridge": {"repair_hours": 9.0, "name": "Bridge"}, "credentials": {}},
            "injections": [{"preset": "denial_of_service", "date": "2026-07-01", "delay_days": 3, "hours": 2}]}
    made = resolve(Scenario.from_dict(data))
    bridge, (failure,) = made.systems["video_bridge"], made.injections
    assert (bridge.name, bridge.repair_hours, bridge.spares, bridge.modes) == ("Bridge", 9.0, 1, ("hybrid", "remote"))
    assert (failure.system, failure.hours, failure.mean_hours, failure.delay_days) == ("video_bridge", 2.0, None, 3)
    assert made.mode_switch_delay_days == 1
    assert resolve(Scenario.from_dict({**data, "mode_switch_delay_days": 0})).mode_switch_delay_days == 0
    assert resolve(made) == made and Scenario.from_dict(made.to_dict()) == made
    assert resolve(Scenario.from_dict(BASE)).mode_switch_delay_days is None


def test_stress_takes_a_system_down_for_good() -> None:
    talks = Scenario.from_dict({**BASE, "posterior": "prior",
                                "systems": {"satellite_link": {}, "credentials": {"needed": False}},
                                "next_round": {"planned": "2026-07-01", "mode": "remote"}})
    made = fc.stress(talks, kinds=["system"], draws=20, trials=100, seed=1)
    assert [row.removal.key for row in made] == ["system.satellite_link"]
    assert made["system.satellite_link"]["next_round.on_time"].alternative.value == 0.0
