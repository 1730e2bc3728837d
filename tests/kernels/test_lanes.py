"""Words filled ahead for many trials are those that each would have asked for."""

from __future__ import annotations

import numpy as np
import pytest
from reference import cases
from scipy.stats import poisson

from forecast.engine.buffers import new_memory
from kernels import lanes, systems
from kernels.codes import ATTEMPTS_AHEAD, FAILURES_AHEAD, LANES, WORTH_FAILURES_AHEAD, Purpose
from kernels.jit import entry
from kernels.random import normal, uniforms


@entry
def filled(case, memory):
    """Fill the memory as `play_batch` does."""
    first, ahead = lanes.FIRST_KIND + case.kind.shape[0], memory.ahead
    lanes.fill(case.key, ahead.block, ahead.address, ahead.words)
    lanes.fill_normals(first, ahead.words, ahead.normal)
    systems.fill_systems(case.system, memory.trial.wear, ahead.words, ahead.days)


def wanted_blocks(case) -> list[tuple[int, Purpose, int, int]]:
    """Return (row of the address, purpose, sub, index) of every block, from the text of `lanes`."""
    found = [(0, Purpose.HABIT, 0, 0), (0, Purpose.CLOSE, 0, 0)]
    found += [(1, Purpose.CLOCK, 0, kind["hash"]) for kind in case.kind]
    for ahead in range(ATTEMPTS_AHEAD):
        retry = case.retry_done if ahead == 0 else 0
        found += [(1, purpose, retry, case.held_done + ahead) for purpose in (Purpose.NEXT, Purpose.LOSS, Purpose.END)]
    for system, ahead in zip(case.system, failures_ahead(case), strict=True):
        found.append((1, Purpose.START, 0, system["hash"]))
        found += [(1, Purpose.SYSTEM, count, system["hash"]) for count in range(ahead)]
    return found


def failures_ahead(case) -> list[int]:
    """Return how many failures of each system one trial in eight meets in half the horizon, twelve at most."""
    return [sum(poisson.sf(count, mean) > WORTH_FAILURES_AHEAD for count in range(FAILURES_AHEAD))
            for mean in 0.5 * case.horizon * case.system["rate"]]


@pytest.fixture(params=range(6))
def played(request):
    """A random case, and what was worked out ahead for it."""
    rng = np.random.default_rng(request.param)
    case = cases.random_case(rng)
    memory = new_memory(case)
    ahead = memory.ahead
    ahead.address[:] = rng.integers(0, 2**32, ahead.address.shape)
    ahead.address[lanes.ROW] = rng.integers(0, 1000, LANES)
    filled(case, memory)
    return case, ahead


def test_words_are_those_of_their_addresses(played) -> None:
    case, ahead_of = played
    blocks = wanted_blocks(case)
    assert len(blocks) == len(ahead_of.words)
    for b, (who, purpose, sub, index) in enumerate(blocks):
        for lane in (0, 1, LANES - 1):
            trial, row = (int(ahead_of.address[place, lane]) for place in (who, lanes.ROW))
            wanted = uniforms(case.key, np.int64(trial), np.float64(row), np.int64(purpose), np.int64(sub),
                              np.int64(index))
            assert tuple(ahead_of.words[b, :, lane]) == wanted


def test_normals_outside_the_tails_are_those_of_their_ranks(played) -> None:
    case, ahead_of = played
    first = lanes.FIRST_KIND + len(case.kind)
    places = [(0, 0), (0, 1), (0, 2)]
    for ahead in range(ATTEMPTS_AHEAD):
        places += [(first + 3 * ahead, 1), (first + 3 * ahead + 2, 2)]
    assert len(places) == len(ahead_of.normal)
    for n, (b, word) in enumerate(places):
        ranks = ahead_of.words[b, word]
        middle = np.abs(ranks - 0.5) <= 0.425
        assert middle.any()
        wanted = [normal(u) for u in ranks[middle]]
        np.testing.assert_array_equal(ahead_of.normal[n, middle], wanted)


def test_days_of_systems_are_those_of_their_words(played) -> None:
    """Up-times are exponential with the rate, outages a failover or an exponential repair."""
    case, ahead_of = played
    start = lanes.FIRST_KIND + len(case.kind) + 3 * ATTEMPTS_AHEAD
    for s, (system, failures) in enumerate(zip(case.system, failures_ahead(case), strict=True)):
        words, days = ahead_of.words[start:start + 1 + failures], ahead_of.days[s]
        start += 1 + failures
        np.testing.assert_allclose(days[0], up_times(system, words[0, 3]), rtol=1e-15)
        for ahead in range(failures):
            u_up, u_spare, u_repair, _ = words[1 + ahead]
            outage = np.where(u_spare < system["spare"], system["failover"], -np.log(u_repair) * system["repair"])
            np.testing.assert_allclose(days[1 + 2 * ahead], outage, rtol=1e-15)
            np.testing.assert_allclose(days[2 + 2 * ahead], up_times(system, u_up), rtol=1e-15)


def up_times(system, u: np.ndarray) -> np.ndarray:
    """Return days until a failure; infinite for a system that never fails."""
    return -np.log(u) / system["rate"] if system["rate"] > 0 else np.full(len(u), np.inf)
