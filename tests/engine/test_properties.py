"""Property: whatever valid scenario comes, it runs; every number is registered, in range and consistent."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import scenarios

import forecast as fc
from forecast.errors import ScenarioError
from forecast.posterior import expert_prior
from forecast.scenario import Scenario
from forecast.scenario.families import FAMILIES
from forecast.vocabulary import VARIABLES, check_dataset

PRIOR = expert_prior(200)
#: The only reasons for which a valid scenario may not be simulated.
REASONS = ("the talks ended", "hard deadline", "ran out of room", "the same random address",
           "parties with positions")


def simulated(data: dict[str, Any], **options: Any) -> xr.Dataset | None:
    """Simulate; None when the scenario is refused for one of the known reasons."""
    try:
        return fc.simulate(Scenario.from_dict(data), PRIOR, **{"draws": 4, "trials": 6, "seed": 20260619, **options})
    except ScenarioError as error:
        assert any(reason in str(error) for reason in REASONS), error
        return None


def check_numbers(outcome: xr.Dataset, horizon: int) -> None:
    """NaN only where registered, codes and days in range, counts consistent with each other."""
    check_dataset(outcome)
    for name, array in outcome.data_vars.items():
        known = VARIABLES[str(name)]
        if array.dtype.kind == "f" and not (known.absent is not None and np.isnan(known.absent)):
            assert np.isfinite(array.values).all(), name
        assert not np.isinf(array.values).any() if array.dtype.kind == "f" else True, name
    o = {name: outcome[name].values for name in outcome.data_vars}
    deal = o["ending"] <= 1
    assert ((o["end_day"] >= 0) & (o["end_day"] <= horizon)).all()
    assert (o["end_day"][o["ending"] == 5] == horizon).all()
    assert (o["zopa"][deal] == 1).all()
    assert (o["rounds_held"] <= o["attempts"]).all() and (o["attempts"] <= 64).all()
    assert (o["rounds_held"][deal] >= 1).all()
    assert ((o["next_round_day"] == -1) == (o["rounds_held"] == 0)).all()
    assert ((o["next_round_mode"] == -1) == (o["rounds_held"] == 0)).all()
    assert (o["next_round_day"] <= o["end_day"]).all()
    assert ((o["next_round_status"] == 3) == (o["attempts"] == 0)).all()
    assert (o["next_round_status"][o["next_round_on_time"] == 1] == 0).all()
    assert ((o["next_round_cause"] > 0) >= np.isin(o["next_round_status"], (1, 2))).all()
    assert (o["absent"] <= o["attempts"][..., None]).all()
    assert ((o["first_disruption_day"] == -1) == (o["n_disruptions"].sum(axis=-1) == 0)).all()
    assert (np.isnan(o["settlement"]) == (o["issue_closed"] == 0)).all()
    assert (o["issue_closed"][o["zopa"] == 0] == 0).all()
    assert ((o["zopa_p_used"] >= 0) & (o["zopa_p_used"] <= 1)).all()


def check_terms(outcome: xr.Dataset, scenario: Scenario) -> None:
    """Settlements lie between the openings and where both sides accept."""
    for name, issue in scenario.issues.items():
        value = outcome.settlement.sel(issue=name).values.astype(float)
        closed = ~np.isnan(value)
        low, high = min(issue.opening.values()), max(issue.opening.values())
        slack = 1e-6 * max(abs(low), abs(high), 1.0)
        assert (value[closed] >= low - slack).all() and (value[closed] <= high + slack).all()
        if "reservation" in outcome and len(issue.opening) == 2:
            by_party = outcome.reservation.sel(issue=name)
            more, less = (next(p for p, opening in issue.opening.items() if opening == end) for end in (high, low))
            floor, ceiling = (by_party.sel(party=p).values.astype(float) for p in (more, less))
            if scenario.parties[more].veto and scenario.parties[less].veto:
                assert (value[closed] >= floor[closed] - slack).all()
                assert (value[closed] <= ceiling[closed] + slack).all()


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(scenarios(ended=True))
def test_a_valid_scenario_always_runs(data: dict[str, Any]) -> None:
    outcome = simulated(data, paths=True)
    if outcome is not None:
        scenario = Scenario.from_dict(data)
        check_numbers(outcome, scenario.horizon_days)
        check_terms(outcome, scenario)


@settings(max_examples=12)
@given(scenarios(), st.integers(0, 2**63 - 1), st.integers(1, 4))
def test_luck_and_ways_of_running_change_no_law(data: dict[str, Any], seed: int, threads: int) -> None:
    """The same seed gives the same numbers, counted or kept, on any number of threads."""
    kept = simulated(data, seed=seed, threads=threads)
    if kept is None:
        return
    again = simulated(data, seed=seed, threads=1)
    xr.testing.assert_identical(kept, again)
    counts = simulated(data, seed=seed, keep="reduced", threads=threads)
    check_dataset(counts)
    wanted = np.stack([np.bincount(row, minlength=6) for row in kept.ending.values])
    np.testing.assert_array_equal(counts.ending_count, wanted)
    assert counts.settlement_count.sum().item() == int(kept.issue_closed.sum())


@settings(max_examples=12)
@given(scenarios(most_parties=3), st.randoms(use_true_random=False))
def test_other_ids_give_another_luck_and_the_same_law(data: dict[str, Any], random) -> None:
    """Renaming an id never breaks a scenario: nothing depends on what a party or an issue is called."""
    parties = list(data["parties"])
    new = {old: f"zz_{random.randrange(10**6)}_{i}" for i, old in enumerate(parties)}
    data.pop("history", None)  # its luck goes by ids
    outcome, renamed = simulated(data), simulated(rename(data, new))
    assert (outcome is None) == (renamed is None)
    if outcome is not None:
        assert set(renamed.party.values) == set(new.values())
        np.testing.assert_array_equal(outcome.zopa, renamed.zopa)
        assert float(renamed.zopa_p_used.mean()) == float(outcome.zopa_p_used.mean())


def rename(value: Any, new: dict[str, str]) -> Any:
    """Replace ids of parties, as keys and where they are referred to; parameters of a belief keep their names."""
    if isinstance(value, dict):
        return {new.get(key, key) if isinstance(key, str) else key: (
            [new.get(x, x) for x in item] if key == "absent" else new.get(item, item) if key == "party" else
            item if key in FAMILIES else rename(item, new)) for key, item in value.items()}
    if isinstance(value, list):
        return [rename(item, new) for item in value]
    return value
