"""Oracle: what the kernels play after a deal equals the plain-Python twin, on hundreds of random deals."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import seed_of
from reference import aftermath as twin
from reference import cases

from forecast.engine.buffers import new_out
from kernels.aftermath import play_aftermath
from kernels.aftermath_types import AFTERMATH, TRANCHE, VOTE, After
from kernels.codes import Alarm, Ending, Purpose, Ratified
from kernels.types import START

ROWS, TRIALS = 2, 6
NODES = cases.NODES


def tables(rng: np.random.Generator, rows: int, low: float, high: float) -> np.ndarray:
    """Draw quantile tables, a third of them certain."""
    made = np.sort(rng.uniform(low, high, (rows, NODES)), axis=1)
    certain = rng.random(rows) < 0.3
    made[certain] = made[certain, :1]
    return np.ascontiguousarray(made)


def random_after(rng: np.random.Generator) -> After:
    """Draw votes, tranches, breach and verifier."""
    votes, tranches, parties = int(rng.integers(0, 4)), int(rng.integers(0, 6)), int(rng.integers(0, 4))
    voter = rng.integers(0, 2, votes)
    vote = np.zeros(votes, VOTE)
    vote["hash"] = np.array([7, 2**32 - 1])[voter]
    vote["turn"] = [int((voter[:i] == voter[i]).sum()) for i in range(votes)]
    vote["resume"] = rng.random(votes) < 0.7
    tranche = np.zeros(tranches, TRANCHE)
    tranche["hash"] = rng.choice(2**32, tranches, replace=False)
    tranche["day"] = np.sort(rng.choice([0.0, 30.0, *rng.uniform(0.0, 400.0, 6)], tranches))
    tranche["share"] = rng.dirichlet(np.ones(tranches)) if tranches else []
    return After(
        vote=vote, veto_table=tables(rng, votes, 0.0, float(rng.choice([0.3, 0.9, 1.0]))),
        wait_table=tables(rng, votes, 0.0, float(rng.choice([1.0, 20.0, 120.0]))), tranche=tranche,
        breach_hash=rng.choice(2**32, parties, replace=False).astype(np.int64),
        breach_table=tables(rng, parties, 0.0, 0.02) * (rng.random((parties, 1)) < 0.8),
        sensor_table=tables(rng, 2, 0.0, 0.6), on_alarm=int(rng.choice([int(a) for a in Alarm])),
        watch=float(rng.integers(1, 500)))


def random_deals(rng: np.random.Generator, case, cells: int):
    """Draw how talks ended: mostly in deals."""
    out = new_out(case, cells)
    out.trial["ending"] = rng.choice([Ending.AGREEMENT, Ending.PARTIAL, Ending.COLLAPSE, Ending.ONGOING], cells,
                                     p=[0.6, 0.3, 0.05, 0.05])
    out.trial["end_day"] = rng.integers(0, int(case.horizon) + 1, cells) * rng.uniform(0.0, 1.0, cells) ** 2
    out.trial["rounds_held"] = rng.integers(1, 9, cells)
    out.trial["attempts"] = out.trial["rounds_held"] + rng.integers(0, 4, cells)
    out.trial["stage"] = rng.integers(0, len(case.stage), cells) if len(case.stage) else -1
    return out


def played(number: int):
    """Return the input of an example, what the kernels make of it, and what the twin does."""
    rng = np.random.default_rng(seed_of(f"aftermath {number}"))
    case = cases.random_case(rng)
    draws = cases.random_draws(rng, case, ROWS)
    after, cells = random_after(rng), ROWS * TRIALS
    if number % 3 == 0:  # talks with a history: draws, hidden facts and luck under addresses of their own
        start = np.zeros(cells, START)
        for name, most in (("draw", ROWS), ("hidden", 50), ("luck", 50)):
            start[name] = rng.integers(0, most, cells)
        draws = draws._replace(start=start)
    out, result = random_deals(rng, case, cells), np.full(cells, 77, np.int8).astype(AFTERMATH)
    play_aftermath(case, draws, after, 0, cells, TRIALS, out, result)
    told = [twin.play(case, draws, after, cell, TRIALS, out.trial[cell]) for cell in range(cells)]
    return case, draws, after, out, result, told


@pytest.mark.parametrize("number", range(300))
def test_kernel_equals_the_twin(number: int) -> None:
    _, _, _, _, result, told = played(number)
    for cell, wanted in enumerate(told):
        found = twin.differences(result[cell], wanted)
        assert not found, f"cell {cell}:\n" + "\n".join(found)


def test_random_deals_reach_every_code() -> None:
    states, votes, breaches, stands = set(), set(), 0, set()
    wrong = withheld = forced = 0
    for number in range(100):
        for told in played(number)[-1]:
            states.add(int(told["ratified"]))
            votes.add(told["votes"])
            stands.add(told["in_force"])
            breaches += told["breach_day"] >= 0
            wrong += told["wrongly_released"] > 0
            withheld += told["wrongly_withheld"] > 0
            forced += told["in_force_day"] >= 0
    assert states == {int(state) for state in Ratified}
    assert stands == {-1, 0, 1} and max(votes) >= 8 and 0 in votes
    assert min(breaches, wrong, withheld, forced) > 20


def test_cells_do_not_depend_on_the_range() -> None:
    case, draws, after, out, result, _ = played(1)
    for first, last in ((0, 1), (3, 8), (11, 12)):
        part = np.zeros(last - first, AFTERMATH)
        rows = type(out)(*(array[first:last] for array in out))
        play_aftermath(case, draws, after, first, last, TRIALS, rows, part)
        np.testing.assert_array_equal(part, result[first:last])


def test_one_compiled_signature() -> None:
    played(2)
    assert len(play_aftermath.signatures) == 1


def test_purposes_are_their_own() -> None:
    assert [int(p) for p in (Purpose.VOTE, Purpose.BALLOT, Purpose.BREACH, Purpose.VERIFY)] == [40, 41, 42, 43]
    assert len({int(p) for p in Purpose}) == len(Purpose.__members__)


@pytest.mark.parametrize("name", ["collapse_tension", "gap_log_mean", "collapse_lag_sd", "stall_log_attempt"])
def test_a_forgotten_parameter_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    original = twin.Deal.__init__

    def forget(self, *given):
        original(self, *given)
        self.p[name] = 0.0

    monkeypatch.setattr(twin.Deal, "__init__", forget)
    found = [line for number in range(60) for record, told in zip(*played(number)[-2:], strict=True)
             for line in twin.differences(record, told)]
    assert found


@pytest.mark.parametrize("field", ["veto_table", "wait_table", "breach_table", "sensor_table", "on_alarm", "watch"])
def test_a_planted_error_in_the_inputs_is_noticed(field: str) -> None:
    found = []
    for number in range(40):
        case, draws, after, out, result, _ = played(number)
        value = (after.on_alarm + 1) % 3 if field == "on_alarm" else 0.5 * getattr(after, field)
        other = after._replace(**{field: value})
        for cell in range(len(result)):
            told = twin.play(case, draws, other, cell, TRIALS, out.trial[cell])
            found += twin.differences(result[cell], told)
    assert found
