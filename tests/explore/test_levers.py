"""Controls made from a scenario, and what their positions mean."""

from __future__ import annotations

import pytest

import forecast as fc
from forecast.explore.levers import GROUPS, NONE, levers_of, settings_of, shifted
from forecast.scenario import resolve
from forecast.scenario.beliefs import Belief


@pytest.fixture(scope="module")
def talks():
    return resolve(fc.load_scenario("us_iran_final_2026"))


def moved(talks, **values):
    return settings_of(talks, levers_of(talks), {key.replace("__", "."): value for key, value in values.items()})


@pytest.mark.parametrize("name", [found if isinstance(found, str) else found.name for found in fc.list_scenarios()])
def test_untouched_controls_are_the_scenario(name):
    talks = resolve(fc.load_scenario(name))
    levers = levers_of(talks)
    assert settings_of(talks, levers, {lever.key: lever.start for lever in levers}) == {}
    assert len({lever.key for lever in levers}) == len(levers)
    for lever in levers:
        assert lever.group in GROUPS
        if lever.kind in ("choice", "steps"):
            assert [value for _, value in lever.options].count(lever.start) == 1, lever.key
        if lever.kind == "number":
            assert lever.low <= lever.start <= lever.high, lever.key


def test_every_position_of_every_control_is_a_valid_scenario(talks):
    levers = levers_of(talks)
    tried = 0
    for lever in levers:
        values = {"choice": [v for _, v in lever.options], "steps": [v for _, v in lever.options[:: 7]],
                  "number": [lever.low, lever.high], "flag": [True, False],
                  "ladder": [(), ("remote",), ("correspondence", "hybrid")]}[lever.kind]
        for value in values:
            settings = settings_of(talks, levers, {lever.key: value})
            changed = talks.replace_all(settings) if settings else talks
            tried += changed.digest() != talks.digest()
    assert tried > 60


def test_days_become_dates_and_none_takes_the_block_away(talks):
    assert moved(talks, next_round__planned=3) == {"next_round.planned": "2026-06-22"}
    assert moved(talks, next_round__planned=NONE, next_round__mode="remote") == {"next_round": None}
    assert moved(talks, deadline__date=NONE) == {"deadline": None}
    assert moved(talks, mediator=False) == {
        "mediator": None, "next_round.fallback": ["remote", "correspondence"]}
    assert moved(talks, parties__iran__present=NONE) == {"parties.iran.present": "unknown"}


def test_the_planned_mode_leaves_the_ladder(talks):
    assert moved(talks, next_round__mode="remote") == {
        "next_round.mode": "remote", "next_round.fallback": ["proximity", "correspondence"]}


def test_judgement_brings_a_reason_and_beliefs_move(talks):
    assert moved(talks, adjust__closing=0.5) == {"adjust.closing": 0.5, "adjust.rationale": "tried in the explorer"}
    key = "issues.enrichment_moratorium.reservation.us"
    assert settings_of(talks, levers_of(talks), {key: -2.0}) == {key: {"normal": {"mean": 10.0, "sd": 3.0}}}


def test_what_goes_on_now_can_be_over(talks):
    assert settings_of(talks, levers_of(talks), {"disruptions.active_now.0": False}) == {"disruptions.active_now": []}


def test_what_the_history_says_cannot_be_left_out():
    talks = resolve(fc.Scenario.from_dict({
        "parties": ["Chile", "Peru"], "as_of": "2026-06-19", "domain": "trade",
        "history": [{"date": "2026-06-01", "type": "plan", "planned": "2026-07-01"},
                    {"date": "2026-06-02", "type": "deadline", "deadline": "2026-09-01"}]}))
    options = {lever.key: [value for _, value in lever.options] for lever in levers_of(talks)}
    assert NONE not in options["next_round.planned"] and NONE not in options["deadline.date"]


@pytest.mark.parametrize("stated, expected", [
    ({"normal": {"mean": 1, "sd": 2}}, 3.0), ({"triangular": {"low": 0, "mode": 1, "high": 2}}, 3.0),
    ({"quantiles": {0.25: 0, 0.5: 1, 0.75: 2}}, 3.0), (1, 3.0)])
def test_a_shift_moves_the_median(stated, expected):
    after = Belief.parse(shifted(Belief.parse(stated), 2.0))
    assert float(after.ppf(0.5)) == pytest.approx(expected)
