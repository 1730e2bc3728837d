"""Oracle on what the engine really packs: shipped scenarios and random valid ones, with rows of the expert prior."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, reject, settings
from reference.compare import compare
from strategies import scenarios

from forecast.engine.packing import pack
from forecast.errors import ScenarioError
from forecast.posterior import expert_prior
from forecast.scenario import Scenario, list_scenarios, load_scenario, resolve
from kernels.codes import Ending

PRIOR = expert_prior(400)


def check(stories: list[dict], horizon: int) -> None:
    """What must hold in every trial, whatever the law says in detail."""
    for told in stories:
        assert 0 <= told["end_day"] <= horizon
        assert told["ending"] != Ending.ONGOING or told["end_day"] == horizon
        assert told["rounds_held"] <= told["attempts"]
        assert -1 <= told["next_day"] <= horizon
        if told["ending"] in (Ending.AGREEMENT, Ending.PARTIAL):
            assert told["zopa"] == 1


@pytest.mark.parametrize("record", list_scenarios(), ids=lambda record: record.name)
def test_kernels_equal_the_twin_on_shipped_scenarios(record, seed: int) -> None:
    scenario = resolve(load_scenario(record.name))
    packed = pack(scenario, PRIOR, draws=40, seed=seed)
    check(compare(packed.case, packed.draws, trials=5), scenario.horizon_days)


@settings(max_examples=60)
@given(scenarios())
def test_kernels_equal_the_twin_on_random_scenarios(data: dict[str, Any]) -> None:
    scenario = resolve(Scenario.from_dict(data))
    try:
        packed = pack(scenario, PRIOR, draws=3, seed=20260619)
    except ScenarioError:  # whether it should have been refused is not for the oracle to say
        reject()
    check(compare(packed.case, packed.draws, trials=2), scenario.horizon_days)
