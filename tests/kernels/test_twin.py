"""Oracle: the compiled kernels equal their plain-Python twin, code by code, on hundreds of random inputs."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from conftest import seed_of
from reference import cases, events, machines, terms, twin
from reference.compare import compare

from kernels.codes import Cause, Column, Ending, Overflow, Plan, Status
from kernels.columns import derive
from kernels.types import KIND

TRIALS = 3
ROWS = 2


@pytest.mark.parametrize("number", range(300))
def test_kernels_equal_the_twin(number: int) -> None:
    rng = np.random.default_rng(seed_of(f"twin {number}"))
    case = cases.random_case(rng)
    compare(case, cases.random_draws(rng, case, ROWS), TRIALS)


def test_random_inputs_reach_every_code() -> None:
    """The oracle is only as good as what its inputs reach: every ending, status, mode, cause and mechanism."""
    names = ("ending", "next_status", "status", "mode", "cause", "parties", "stage", "severity")
    found = {name: set() for name in names}
    counts = Counter()
    for number in range(200):
        rng = np.random.default_rng(seed_of(f"twin {number}"))
        case = cases.random_case(rng)
        draws = cases.random_draws(rng, case, ROWS)
        for cell in range(ROWS * TRIALS):
            told = twin.play_cell(case, draws, cell, TRIALS)
            for name in ("ending", "next_status", "stage"):
                found[name].add(int(told[name]))
            found["parties"].add(len(told["absent"]))
            found["severity"] |= {event.severity for event in told["events"]}
            counts["no attempt"] += not told["path"]
            counts["settled"] += sum(told["issue_closed"])
            counts["yes or no"] += sum(
                closed for closed, issue in zip(told["issue_closed"], case.issue, strict=True) if issue["yes_no"]
            )
            counts["retreats"] += told["retreats"]
            counts["systems"] += sum(told["system_lost"])
            counts["down at last"] += any(days > 0 for days in told["downtime"])
            counts["children"] += len(told["events"]) if case.excite > 0 else 0
            for step in told["path"]:
                for name in ("status", "mode", "cause"):
                    found[name].add(int(step[name]))
                counts["moved"] += step["begins"] > step["day"]
                counts["fallback"] += step["status"] == Status.HELD and step["cause"] != 0
    assert found["ending"] == {int(e) for e in Ending}
    assert found["next_status"] == {int(status) for status in Status}
    assert found["status"] == {0, 1, 2}
    assert found["mode"] == set(range(6))
    assert found["cause"] == {int(cause) for cause in Cause}
    assert found["parties"] == {2, 3, 4, 5}
    assert found["stage"] == {-1, 0, 1, 2, 3}
    assert found["severity"] == {1, 2, 3}
    assert min(counts.values()) > 20, counts


def steady(seed: int, rate: float):
    """Return a case with two kinds of disruption and draws that hardly ever end, so that trials go on for long."""
    rng = np.random.default_rng(seed)
    case = cases.random_case(rng, horizon=3000)
    case = case._replace(
        has_deadline=0,
        deadline_hard=0,
        silent=0,
        system=case.system[:0],
        incident=case.incident[:0],
        stage=case.stage[:0],
        go_table=case.go_table[:0],
        stage_start=-1,
        excite=0.0,
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
    derive(scalar)
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
    assert max(sum(told["n_disruptions"]) for told in stories) <= 256


def test_overflow_begins_beyond_the_room_for_events() -> None:
    """Up to 256 events are no overflow; the 257th is, and with it nothing of its interval is played."""
    fit, overflow = [], 0
    for rate in np.geomspace(0.5, 16.0, 30):
        for told in compare(*steady(1, float(rate)), TRIALS):
            if told["overflow"] == Overflow.EVENTS:
                overflow += 1
                assert told["queued"] == 256
            else:
                fit.append(told["queued"])
                assert len(told["events"]) == told["queued"]
    assert 200 < max(fit) <= 256
    assert overflow > 10


def test_events_set_off_by_others_overflow_too() -> None:
    """Just below a branching ratio of 1 a few escalations fill the room, in the kernel as in the twin."""
    case, draws = steady(1, 3.0)
    stories = compare(case._replace(excite=0.99, excite_days=1.0), draws, 10)
    alone = compare(case, draws, 10)
    assert sum(told["overflow"] == Overflow.EVENTS for told in stories) > 5
    assert not any(told["overflow"] == Overflow.EVENTS for told in alone)


@pytest.mark.parametrize("trials", [10**6, 2**31])
def test_far_trials_are_addressed_alike(trials: int) -> None:
    rng = np.random.default_rng(seed_of(f"far {trials}"))
    case = cases.random_case(rng)
    draws = cases.random_draws(rng, case, 1)
    compare(case, draws, trials=trials, first=trials - 3)


@pytest.mark.parametrize("number", range(20))
def test_cells_that_start_elsewhere(number: int) -> None:
    """Talks with a history: each cell has its own draw, hidden facts and luck."""
    rng = np.random.default_rng(seed_of(f"placed {number}"))
    case = cases.random_case(rng)
    draws = cases.random_draws(rng, case, ROWS)
    compare(case, draws._replace(start=cases.random_starts(rng, draws, TRIALS)), TRIALS)


MUTANTS = {
    "slip forgets the pace": ("slip_pace_loading", 0.0),
    "no after pulse": ("pulse_after", 1e-9),
    "deadline does not matter": ("close_far", 0.0),
    "tension does not matter": ("collapse_tension", 0.0),
    "absence does not matter": ("loss_absent", 0.0),
}


def oracle_fails() -> None:
    """Expect the oracle to tell a changed twin apart within a few random inputs."""
    with pytest.raises(AssertionError, match="compiled"):
        for number in range(60):
            rng = np.random.default_rng(seed_of(f"twin {number}"))
            case = cases.random_case(rng)
            compare(case, cases.random_draws(rng, case, ROWS), TRIALS)


@pytest.mark.parametrize("name", MUTANTS)
def test_the_comparison_sees_a_planted_error(name: str, monkeypatch) -> None:
    """A twin that forgets one term of the law is told apart within a few random inputs."""
    key, value = MUTANTS[name]
    original = twin.Talks.__init__

    def forget(self, *args):
        original(self, *args)
        self.p[key] = value

    monkeypatch.setattr(twin.Talks, "__init__", forget)
    oracle_fails()


#: Changes to the twin's reading of the newer mechanisms: module, name, what it is replaced by.
MISREADINGS = {
    "all systems start up": (machines, "left_at_start", lambda system, luck: 0.0),
    "sanctions take nothing down": (machines, "sanctioned", lambda system, luck, time, place: None),
    "an injected failure ends at once": (machines, "injected", lambda incident, luck, place: (incident.day,) * 2),
    "no go goes unheeded": (twin.Talks, "move_stage", lambda self, held: 0.0),
    "nothing is set off": (events.Disruptions, "_set_off", lambda self, parent, place: None),
    "every tactic is polynomial": (terms, "conceded", lambda s, kappa, x: s.start + (1 - s.start) * x**kappa),
    "yes or no is not rounded": (terms, "answer", lambda issue, luck, value: value),
    "silence means nothing": (twin.Talks, "fallen_silent", lambda self: None),
}


@pytest.mark.parametrize("name", MISREADINGS)
def test_the_comparison_sees_a_misread_mechanism(name: str, monkeypatch) -> None:
    where, what, instead = MISREADINGS[name]
    monkeypatch.setattr(where, what, instead)
    oracle_fails()


def test_events_stop_with_the_talks() -> None:
    """A next planned day far beyond the horizon, or a hard deadline, neither counts events after it nor overflows."""
    case, draws = steady(3, 5.0)
    draws.scalar[:, Column.GAP_LOG_MEAN] = 14.0  # more than a million days
    draws.scalar[:, Column.LOSS_LOGIT] = -30.0
    derive(draws.scalar)
    for changes in ({"horizon": 200.0}, {"has_deadline": 1, "deadline_hard": 1, "deadline_day": 40.0}):
        last = changes.get("deadline_day", changes.get("horizon"))
        for told in compare(case._replace(**changes), draws, 40):
            assert told["overflow"] == Overflow.NONE
            assert told["end_day"] == last
            assert sum(told["n_disruptions"]) == len(told["events"])
            assert all(0.0 < event.time < last + 0.5 for event in told["events"])
