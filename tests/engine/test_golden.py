"""Golden: a dozen small forecasts give the stored numbers, all of them exactly (see ``golden_cases``)."""

from __future__ import annotations

import numpy as np
import pytest
from engine import golden_cases


@pytest.mark.parametrize("name", golden_cases.CASES)
def test_golden_case(name: str) -> None:
    found, wanted = golden_cases.play(golden_cases.CASES[name]), golden_cases.stored(name)
    assert set(found) == set(wanted)
    for variable, values in wanted.items():
        if variable == "settlement":  # one unit in the last of five digits for another machine's exponential
            np.testing.assert_allclose(found[variable], values, rtol=0, atol=1, err_msg=variable)
        else:
            assert found[variable] == values, variable


def test_no_stored_case_is_forgotten() -> None:
    names = {path.stem for path in golden_cases.FOLDER.glob("*.json")} - {"posterior"}
    assert names == set(golden_cases.CASES)


def test_the_cases_reach_what_they_are_for() -> None:
    """Every ending, status, mode and the usual causes occur among the stored numbers."""
    seen = {name: set() for name in ("ending", "next_round_status", "next_round_mode", "next_round_cause")}
    closed = disruptions = 0
    for name in golden_cases.CASES:
        case = golden_cases.stored(name)
        for variable, values in seen.items():
            values |= set(case[variable])
        closed += np.sum([np.sum(row) for row in case["issue_closed"]])
        disruptions += np.sum([np.sum(row) for row in case["n_disruptions"]])
    assert seen["ending"] == {0, 1, 2, 3, 4, 5}
    assert seen["next_round_status"] == {0, 1, 2, 3}
    assert seen["next_round_mode"] >= {-1, 0, 1, 3, 4}
    assert seen["next_round_cause"] >= {0, 1, 2, 9}
    assert closed > 10 and disruptions > 100
