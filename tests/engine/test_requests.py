"""Requests: numbers out of range are refused, all at once, before anything is done; the edges of range work."""

from __future__ import annotations

import numpy as np
import pytest
from engine.posteriors import day, quiet, talks

import forecast as fc
from forecast.engine import run
from forecast.errors import PosteriorError, ScenarioError
from forecast.vocabulary import check_dataset

WRONG = {
    "draws": [0, -1, 1.5, "5", True, None, 10**7],
    "trials": [0, -3, 2.0, False, None, 2**31],
    "seed": [-1, 2**63, 1.0, "1", True],
    "threads": [0, -2, 1.5, 1025, False],
    "keep": ["all", None, 1],
}


@pytest.mark.parametrize("name, value", [(name, value) for name, values in WRONG.items() for value in values])
def test_a_number_out_of_range_is_refused(name: str, value: object) -> None:
    with pytest.raises(ScenarioError) as caught:
        fc.simulate(talks(), quiet(), **{"draws": 1, "trials": 1, "seed": 0, name: value})
    assert [problem.where for problem in caught.value.problems] == [name]
    assert repr(value) in caught.value.problems[0].given


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ScenarioError) as caught:
        fc.simulate(talks(), quiet(), draws=0, trials=-1, seed=-5, threads=0, keep="some")
    assert {problem.where for problem in caught.value.problems} == {"draws", "trials", "seed", "threads", "keep"}
    assert all(str(problem) in str(caught.value) for problem in caught.value.problems)


def test_paths_of_counts_are_refused() -> None:
    with pytest.raises(ScenarioError, match="paths"):
        fc.simulate(talks(), quiet(), draws=1, trials=1, keep="reduced", paths=True)


def test_more_draws_than_the_posterior_has_are_refused() -> None:
    with pytest.raises(ScenarioError, match="from 1 to 3"):
        fc.simulate(talks(), quiet(rows=3), draws=4, trials=1)
    assert fc.simulate(talks(), quiet(rows=3), draws=3, trials=1, seed=0).sizes["draw"] == 3


@pytest.mark.parametrize("keep", ["trials", "reduced"])
def test_what_does_not_fit_in_memory_is_refused_before_it_is_allocated(monkeypatch, keep: str) -> None:
    monkeypatch.setattr(run, "available_bytes", lambda: 10_000)
    with pytest.raises(ScenarioError, match="GB of free memory"):
        fc.simulate(talks(), quiet(rows=50), draws=50, trials=1000, keep=keep)


def test_a_posterior_that_was_altered_is_refused() -> None:
    tree = quiet()
    tree["outcome"]["zopa"][:] = 0.5
    with pytest.raises(PosteriorError, match="altered"):
        fc.simulate(talks(), tree, draws=1, trials=1)


@pytest.mark.parametrize("options", [
    {"seed": 0}, {"seed": 2**63 - 1}, {"seed": np.int64(7)}, {"draws": np.int32(1)}, {"threads": 1024}])
def test_the_edges_of_range_work(options: dict) -> None:
    check_dataset(fc.simulate(talks(), quiet(), **{"draws": 1, "trials": 3, "seed": 1, **options}))


@pytest.mark.parametrize("horizon", [1, 3650])
def test_the_shortest_and_the_longest_horizon_work(horizon: int) -> None:
    outcome = fc.simulate(talks(horizon_days=horizon), quiet(), draws=1, trials=50, seed=1)
    assert 0 <= int(outcome.end_day.min()) <= int(outcome.end_day.max()) <= horizon
    counts = fc.simulate(talks(horizon_days=horizon), quiet(), draws=1, trials=50, seed=1, keep="reduced")
    assert counts.sizes["day"] == horizon + 1


def test_progress_is_told_to_the_end(monkeypatch) -> None:
    monkeypatch.setattr(run, "RANGE", 30)
    for keep in ("trials", "reduced"):
        told: list[tuple[int, int]] = []
        fc.simulate(talks(), quiet(rows=4), draws=4, trials=25, seed=0, keep=keep,
                    progress=lambda done, whole, told=told: told.append((done, whole)))
        assert told == sorted(told) and len(told) > 1
        assert told[-1] == (100, 100)


@pytest.mark.parametrize(("count", "cells", "fits"), [
    (1, 1000, True), (2, 1000, False), (1, 10, False), (100, 10**6, True), (130, 10**6, True), (131, 10**6, False)])
def test_chance_refuses_no_forecast(count: int, cells: int, fits: bool) -> None:
    if fits:
        run.check_overflow(count, cells)
    else:
        with pytest.raises(ScenarioError, match=f"{count} of {cells} trials ran out of room"):
            run.check_overflow(count, cells)


def test_too_many_trials_out_of_room_are_an_error(seed: int) -> None:
    """64 attempts a trial: talks that meet every day for a year and never end do not fit."""
    scenario = talks(horizon_days=365, next_round={"planned": day(0)})
    with pytest.raises(ScenarioError, match="ran out of room"):
        fc.simulate(scenario, quiet(close_log_scale=25.0, gap_log_mean=0.0), draws=1, trials=10, seed=seed)
