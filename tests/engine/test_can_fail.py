"""Can it fail: an error planted between scenario and kernels fails the test that is there to catch it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from engine import test_calendar_law as calendar_law
from engine import test_closed_form_endings as endings
from engine import test_disruption_law as disruption_law
from engine import test_history as histories
from engine import test_invariance as invariance
from engine import test_participation_law as participation_law
from engine import test_positions as positions
from engine.posteriors import day, talks

from forecast.engine import run
from forecast.engine.bridge import Column, derive
from forecast.engine.packing import Packed

SEED = 20260619
FAR = {**endings.LAW, "close_far": -1.1, "collapse_far": -0.9, "stall_far": 0.5}


def far_deadline() -> None:
    scenario = talks(horizon_days=1000, deadline={"date": day(1200)})
    endings.check_endings(scenario, FAR, SEED, trials=50_000, far=True)


def column(*names: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Packed], Packed]:
    """Return an error in parameters of every draw."""

    def plant(packed: Packed) -> Packed:
        scalar = packed.draws.scalar.copy()
        for name in names:
            scalar[:, Column[name]] = change(scalar[:, Column[name]])
        derive(scalar)
        return packed._replace(draws=packed.draws._replace(scalar=scalar))

    return plant


def field(**changes: Callable[[Any], Any]) -> Callable[[Packed], Packed]:
    """Return an error in fields of the case."""

    def plant(packed: Packed) -> Packed:
        new = {name: change(getattr(packed.case, name)) for name, change in changes.items()}
        return packed._replace(case=packed.case._replace(**new))

    return plant


def exchanged(rows: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(rows[::-1])


#: What is planted -> the error, the test that must notice.
PLANTED: dict[str, tuple[Callable[[Packed], Packed], Callable[[], None]]] = {
    "wrong sign of a far deadline": (column("CLOSE_FAR", change=np.negative), far_deadline),
    "wrong sign of tension": (
        column("COLLAPSE_TENSION", change=np.negative), lambda: disruption_law.test_tension_weighs_on_collapse(SEED)),
    "planned day off by one": (
        field(plan_day=lambda x: x + 1), lambda: calendar_law.test_the_planned_day_stands(SEED)),
    "attempt number off by one": (
        field(attempts_done=lambda x: x + 1), lambda: endings.test_stall_counts_the_attempts_of_the_history(SEED)),
    "horizon off by one": (
        field(horizon=lambda x: x + 1), lambda: calendar_law.test_the_horizon_ends_the_view(SEED)),
    "parties exchanged": (
        field(party=exchanged), lambda: participation_law.test_reports_of_presence_are_mostly_right(SEED, True)),
    "seed ignored": (
        field(key=lambda x: np.uint64(0)), lambda: invariance.test_the_seed_is_all_there_is_to_luck(SEED)),
    "row of the posterior ignored": (
        column("ROW_ID", change=np.zeros_like), lambda: invariance.test_a_row_of_the_posterior_has_its_own_luck(SEED)),
    "effort of the history forgotten": (
        column("EFFORT_DONE", "HAZARD_DONE", "HAZARD_SEEN", change=np.zeros_like),
        lambda: histories.test_effort_of_the_history(SEED, ["remote", "in_person"], 1 + np.exp(-0.6))),
    "coin not told of the history": (
        column("ZOPA", change=lambda x: np.full_like(x, 0.75)),
        lambda: histories.test_effort_of_the_history(SEED, ["remote", "in_person"], 1 + np.exp(-0.6))),
    "beliefs without weight": (
        column("ZOPA", change=lambda x: np.full_like(x, 0.7)),
        lambda: positions.test_weight_is_on_the_log_odds_scale(SEED)),
    "rank of the core not shared": (
        field(overlap_least=lambda x: 1.0),
        lambda: positions.test_positions_that_say_what_past_talks_say_change_no_ending(SEED, "normal", 0.5)),
    "gap counted from the wrong day": (
        field(anchor_day=lambda x: x - 1), lambda: calendar_law.test_gap_known_to_have_lasted(SEED, 20)),
    "rates of disruption doubled": (
        lambda p: p._replace(draws=p.draws._replace(kind_rate=2 * p.draws.kind_rate)),
        lambda: disruption_law.test_events_before_the_first_attempt_of_the_talks(SEED)),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_error_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, check = PLANTED[name]
    pack = run.pack
    monkeypatch.setattr(run, "pack", lambda *args, **options: plant(pack(*args, **options)))
    with pytest.raises(AssertionError):
        check()


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTED)
def test_without_it_the_same_test_is_silent(name: str) -> None:
    PLANTED[name][1]()
