"""The shipped scenarios hold what the table of talks holds for that day, and nothing later."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from forecast.paths import data_folder
from forecast.scenario import Scenario, check_scenario, list_scenarios, load_scenario, resolve
from forecast.scenario.history import Attempt, DeadlineSet, Disruption, Offer
from forecast.scenario.parties import slug

TALKS = {"uk_nz_trade_2021": "uk_nz_fta_2020_21", "nba_players_2011": "nba_cba_2011",
         "libya_ceasefire_2020": "libya_jmc_2020", "jcpoa_framework_2015": "jcpoa_2014_15",
         "boeing_machinists_2024": "boeing_iam_2024"}
ONE_SIDED = {"ratification_bonus"}  # figures of one side only: no issue
NAMES = [record.name for record in list_scenarios()]


def rows(table: str, talk: str) -> list[dict[str, str]]:
    with (data_folder() / "talks" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["talk_id"] == talk]


def urls(cell: str) -> list[str]:
    return [part.strip() for part in cell.split("|")]


def before(day: str, scenario: Scenario) -> bool:
    return bool(day) and day <= scenario.as_of.isoformat()


def test_all_are_there_with_sources() -> None:
    assert set(NAMES) == {*TALKS, "us_iran_final_2026"}
    assert max(len(load_scenario(name).parties) for name in NAMES) >= 5
    for name in NAMES:
        scenario = load_scenario(name)
        assert scenario.sources and all(re.match(r"https?://", url) for url in scenario.sources)
        assert all(item.source for item in scenario.history)
        assert not [note for note in check_scenario(name) if note.level == "warning"]
    assert {load_scenario(name).pooled_domain for name in NAMES} == {"nuclear_arms", "trade", "labour", "ceasefire"}


@pytest.mark.parametrize("name", TALKS)
def test_frame_is_that_of_the_table(name: str) -> None:
    scenario, (talk,) = load_scenario(name), rows("talks", TALKS[name])
    assert scenario.domain == talk["domain"]
    assert [party.name for party in scenario.parties.values()] == talk["parties"].split(";")
    moved = [item.deadline for item in scenario.history if isinstance(item, DeadlineSet)]
    first = scenario.deadline.date if scenario.deadline else min(moved, default="")
    assert str(first) == talk["deadline"]
    assert scenario.as_of.isoformat() < talk["end"], "talks that are over are no forecast"
    if scenario.mediator:
        assert list(scenario.mediator.names) == talk["mediator"].split(";")
        assert scenario.mediator.type == talk["mediator_type"]


@pytest.mark.parametrize("name", TALKS)
def test_history_is_complete_and_true(name: str) -> None:
    scenario, talk = resolve(load_scenario(name)), TALKS[name]
    held = {(row["start"], row["end"], row["mode"]): row for row in rows("rounds", talk)
            if row["status"] == "held" and before(row["end"], scenario)}
    items = [item for item in scenario.history if isinstance(item, Attempt) and item.status == "held"]
    found = [(str(item.start), str(item.end), str(item.mode)) for item in items]
    assert found == list(held)
    for item, row in zip(items, held.values(), strict=True):
        assert item.source in urls(row["source"]) and item.date == item.end
        assert bool(item.absent) == bool(row["absent"])
    lost = [item for item in scenario.history if isinstance(item, Attempt) and item.status != "held"]
    table = [row for row in rows("rounds", talk) if row["status"] in ("postponed", "cancelled")]
    assert [(item.status, item.mode) for item in lost] == [(row["status"], row["mode"]) for row in table]


@pytest.mark.parametrize("name", TALKS)
def test_offers_and_disruptions_are_those_of_the_table(name: str) -> None:
    scenario, talk = load_scenario(name), TALKS[name]
    offers = {(row["date"], slug(row["party"]), float(row["value"])): row["source"] for row in rows("offers", talk)
              if before(row["date"], scenario) and slug(row["party"]) in scenario.parties  # no joint offers
              and row["issue"] not in ONE_SIDED}
    stated = {(str(item.date), item.party, item.value): item.source
              for item in scenario.history if isinstance(item, Offer)}
    assert stated.keys() == offers.keys()
    assert all(stated[key] in urls(offers[key]) for key in stated)
    events = {(row["date"], int(row["severity"])): row for row in rows("events", talk) if before(row["date"], scenario)}
    happened = [(str(item.date), item.severity) for item in scenario.history if isinstance(item, Disruption)]
    happened += [(str(active.since), active.severity) for active in scenario.disruptions.active_now]
    assert set(happened) <= set(events) and len(happened) == len(set(happened))
    # Absences, postponements and cancellations are traces of other mechanisms, never disruptions.
    traces = {"absence", "postponement", "cancellation", "deadline_extension", "concession", "other"}
    by_note = {row["date"] for row in rows("other_events", talk) if row["kind"] != "trace"}
    listed = {key for key, row in events.items() if row["type"] not in traces}
    assert listed <= set(happened) <= listed | {key for key in events if key[0] in by_note}


def test_one_deal_needs_votes() -> None:
    voted = {name: load_scenario(name).ratification for name in NAMES}
    assert [name for name, votes in voted.items() if votes] == ["boeing_machinists_2024"]


def test_openings_are_the_first_offers() -> None:
    scenario = load_scenario("nba_players_2011")
    for party, opening in scenario.issues["players_share"].opening.items():
        offers = [item for item in scenario.history if isinstance(item, Offer) and item.party == party]
        assert min(offers, key=lambda item: item.date).value == opening


@pytest.mark.parametrize("name", NAMES)
def test_nothing_later_than_the_day_is_an_input(name: str) -> None:
    path = data_folder() / "scenarios" / f"{name}.yaml"
    scenario = load_scenario(path)
    text = "\n".join(line.split(" #")[0] for line in Path(path).read_text().splitlines() if not line.startswith("#"))
    allowed = {str(scenario.deadline.date)} if scenario.deadline else set()
    allowed |= {str(scenario.next_round.planned)} if scenario.next_round else set()
    allowed |= {str(item.deadline) for item in scenario.history if isinstance(item, DeadlineSet)}
    later = {day for day in re.findall(r"(?<![\d/-])\d{4}-\d\d-\d\d(?![\d-])", re.sub(r"https?://\S+", "", text))
             if day > scenario.as_of.isoformat()}
    assert later <= allowed
