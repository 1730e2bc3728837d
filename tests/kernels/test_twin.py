"""Oracle: the compiled kernels equal their plain-Python twin, code by code, on hundreds of random inputs."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import seed_of
from reference import cases, twin
from reference.compare import compare

from kernels.codes import Column, Ending, Overflow, Plan, Status
from kernels.types import KIND

TRIALS = 3
ROWS = 2


@pytest.mark.parametrize("number", range(300))
def test_kernels_equal_the_twin(number: int) -> None:
    rng = np.random.default_rng(seed_of(f"twin {number}"))
    case = cases.random_case(rng)
    compare(case, cases.random_draws(rng, case, ROWS), TRIALS)


def test_random_inputs_reach_every_code() -> None:
    """The oracle is only as good as what its inputs reach: every ending, status, mode and cause is among them."""
    endings, statuses, modes, causes, parties = set(), set(), set(), set(), set()
    settled = blocked = fallback = 0
    for number in range(120):
        rng = np.random.default_rng(seed_of(f"twin {number}"))
        case = cases.random_case(rng)
        draws = cases.random_draws(rng, case, ROWS)
        for cell in range(ROWS * TRIALS):
            told = twin.play(case, draws, cell // TRIALS, cell % TRIALS)
            endings.add(int(told["ending"]))
            parties.add(len(told["absent"]))
            settled += sum(told["issue_closed"])
            for step in told["path"]:
                statuses.add(int(step["status"]))
                modes.add(step["mode"])
                causes.add(step["cause"])
                blocked += step["status"] != Status.HELD
                fallback += step["status"] == Status.HELD and step["cause"] != 0
    assert endings == {int(e) for e in Ending}
    assert statuses == {0, 1, 2}
    assert modes == set(range(6))
    assert causes == {0, 1, 2, 3, 4, 5, 6, 7, 9}
    assert parties == {2, 3, 4, 5}
    assert min(settled, blocked, fallback) > 20


def steady(seed: int, rate: float):
    """Return a case with two kinds of disruption and draws that hardly ever end, so that trials go on for long."""
    rng = np.random.default_rng(seed)
    case = cases.random_case(rng, horizon=3000)._replace(
        has_deadline=0,
        deadline_hard=0,
        plan_kind=int(Plan.GIVEN),
        plan_day=1.0,
        kind=np.array([(7, 3), (8, 4)], dtype=KIND),
    )
    draws = cases.random_draws(rng, case, ROWS)
    draws.kind_rate[:] = rate
    scalar = draws.scalar
    scalar[:, Column.CLOSE_LOG_SCALE] = 9.0
    scalar[:, Column.COLLAPSE_TENSION] = 0.0
    scalar[:, [Column.COLLAPSE_INTERCEPT, Column.STALL_INTERCEPT]] = -25.0
    scalar[:, [Column.GAP_LOG_MEAN, Column.SLIP_LOG_MEAN]] = 0.5
    scalar[:, [Column.GAP_PACE_SD, Column.GAP_SD, Column.SLIP_SD]] = 0.1
    scalar[:, Column.GAP_AFTER_CANCELLED] = 0.0
    scalar[:, Column.LENGTH_ZERO] = 1.0
    return case, draws


@pytest.mark.parametrize("number", range(4))
def test_too_many_attempts_is_a_status(number: int) -> None:
    stories = compare(*steady(number, 0.0), TRIALS)
    assert {told["overflow"] for told in stories} == {Overflow.ATTEMPTS}
    assert {told["attempts"] for told in stories} == {64}


@pytest.mark.parametrize("number", range(4))
def test_too_many_events_is_a_status(number: int) -> None:
    stories = compare(*steady(number, 400.0), TRIALS)
    assert {told["overflow"] for told in stories} == {Overflow.EVENTS}
    assert {len(told["events"]) for told in stories} == {256}


def test_overflow_begins_beyond_the_room_for_events() -> None:
    """Up to 256 events are no overflow; the 257th is."""
    found = set()
    for rate in np.geomspace(0.5, 16.0, 30):
        found |= {(len(told["events"]), int(told["overflow"])) for told in compare(*steady(1, float(rate)), TRIALS)}
    assert {overflow for events, overflow in found if events < 256} == {int(Overflow.ATTEMPTS)}
    assert {events for events, overflow in found if overflow == Overflow.EVENTS} == {256}


@pytest.mark.parametrize("trials", [10**6, 2**31])
def test_far_trials_are_addressed_alike(trials: int) -> None:
    rng = np.random.default_rng(seed_of(f"far {trials}"))
    case = cases.random_case(rng)
    draws = cases.random_draws(rng, case, 1)
    compare(case, draws, trials=trials, first=trials - 3)


MUTANTS = {
    "slip forgets the pace": ("slip_pace_loading", 0.0),
    "no after pulse": ("pulse_after", 1e-9),
    "deadline does not matter": ("close_far", 0.0),
    "tension does not matter": ("collapse_tension", 0.0),
    "absence does not matter": ("loss_absent", 0.0),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_comparison_sees_a_planted_error(name: str, monkeypatch) -> None:
    """A twin that forgets one term of the law is told apart within a few random inputs."""
    key, value = MUTANTS[name]
    original = twin.Talks.__init__

    def forget(self, case, draws, d, trial):
        original(self, case, draws, d, trial)
        self.p[key] = value

    monkeypatch.setattr(twin.Talks, "__init__", forget)
    with pytest.raises(AssertionError, match="compiled"):
        for number in range(60):
            rng = np.random.default_rng(seed_of(f"twin {number}"))
            case = cases.random_case(rng)
            compare(case, cases.random_draws(rng, case, ROWS), TRIALS)


def test_events_stop_with_the_talks() -> None:
    """A next planned day far beyond the horizon, or a hard deadline, neither counts events after it nor overflows."""
    case, draws = steady(3, 5.0)
    draws.scalar[:, Column.GAP_LOG_MEAN] = 14.0  # more than a million days
    draws.scalar[:, Column.LOSS_LOGIT] = -30.0
    for changes in ({"horizon": 200.0}, {"has_deadline": 1, "deadline_hard": 1, "deadline_day": 40.0}):
        last = changes.get("deadline_day", changes.get("horizon"))
        for told in compare(case._replace(**changes), draws, 40):
            assert told["overflow"] == Overflow.NONE
            assert told["end_day"] == last
            assert sum(told["n_disruptions"]) == len(told["events"])
            assert all(0.0 < event.time < last + 0.5 for event in told["events"])
