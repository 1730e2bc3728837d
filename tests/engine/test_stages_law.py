"""Closed form of staged talks: the chain of go and no-go, where talks can close, delay, effort; and of excitation."""

from __future__ import annotations

from typing import Any

import numpy as np
from engine.chance import assert_frequencies, assert_mean
from engine.posteriors import CLOSES, STAYS_OPEN, day, held, quiet, talks

import forecast as fc

TRIALS = 40_000


def run(scenario, seed: int, *, trials: int = TRIALS, paths: bool = False, **law: Any):
    return fc.simulate(scenario, quiet(**law), draws=1, trials=trials, seed=seed, paths=paths)


def test_the_chain_of_go_and_no_go(seed: int) -> None:
    """Rounds every four days; two in the first stage, go 0.6 or back to it; one in the second, go 0.3 or back."""
    scenario = talks(next_round={"planned": day(4)}, horizon_days=43, stages=[
        {"name": "experts", "rounds": 2, "go": 0.6}, {"name": "envoys", "go": 0.3, "back": "experts"},
        {"name": "leaders"}])
    outcome = run(scenario, seed, **STAYS_OPEN)
    assert (outcome.rounds_held == 10).all()
    # Exact distribution by stepping the chain: state (stage, rounds held in it).
    state = {(0, 0): 1.0}
    for _ in range(10):
        after: dict[tuple[int, int], float] = {}

        def to(place: tuple[int, int], p: float, after=after) -> None:
            after[place] = after.get(place, 0.0) + p

        for (stage, rounds), p in state.items():
            if stage == 2:
                to((2, 0), p)
            elif stage == 0 and rounds == 0:
                to((0, 1), p)
            elif stage == 0:
                to((1, 0), 0.6 * p)
                to((0, 0), 0.4 * p)
            else:
                to((2, 0), 0.3 * p)
                to((0, 0), 0.7 * p)
        state = after
    wanted = [sum(p for (stage, _), p in state.items() if stage == i) for i in range(3)]
    assert_frequencies(np.bincount(outcome.stage_reached.values.ravel(), minlength=3), wanted, TRIALS)


def test_talks_close_only_where_they_can(seed: int) -> None:
    """Talks that would close at once do so at the first round of the stage that allows it: geometric in the go."""
    scenario = talks(next_round={"planned": day(4)}, horizon_days=400,
                     stages=[{"name": "experts", "go": 0.35}, {"name": "leaders"}])
    outcome = run(scenario, seed, **CLOSES)
    assert (outcome.ending == 0).all() and (outcome.stage_reached == 1).all()
    rounds = outcome.rounds_held.values.ravel()
    n = np.arange(2, 20)
    assert_frequencies(np.bincount(rounds, minlength=64)[2:20], 0.35 * 0.65 ** (n - 2), TRIALS, labels=n)
    straight = run(talks(next_round={"planned": day(4)}, horizon_days=400), seed, **CLOSES)
    assert (straight.rounds_held == 1).all()


def test_a_belief_about_the_go_is_drawn_once(seed: int) -> None:
    """Beta(1, 1): the number of no-gos is uniform-mixed geometric, P(n) = 1 / ((n + 1)(n + 2)), not geometric."""
    scenario = talks(next_round={"planned": day(1)}, horizon_days=400, stages=[
        {"name": "experts", "go": {"beta": {"a": 1, "b": 1}}}, {"name": "leaders"}])
    outcome = fc.simulate(scenario, quiet(**CLOSES, gap_log_mean=np.log(9.0)), draws=1, trials=TRIALS, seed=seed)
    no_gos = outcome.rounds_held.values.ravel() - 2
    n = np.arange(0, 6)
    done = outcome.ending.values.ravel() == 0
    assert_frequencies(np.bincount(no_gos[done], minlength=64)[:6], 1 / ((n + 1) * (n + 2)), TRIALS, labels=n, sigmas=6)


def test_a_no_go_costs_its_delay(seed: int) -> None:
    scenario = talks(next_round={"planned": day(4)}, horizon_days=60, stages=[
        {"name": "experts", "go": 0.5, "delay_days": 17}, {"name": "leaders"}])
    outcome = run(scenario, seed, trials=5000, paths=True, **STAYS_OPEN)
    second = outcome.attempt_day.values[..., 1].ravel()
    assert set(second.tolist()) == {8, 25}
    assert_mean((second == 8).astype(float), 0.5)


def test_effort_loss_and_break_off_of_a_stage(seed: int) -> None:
    stage = {"name": "only", "effort": 2.5, "loss": 1.3, "break_off": 0.7}
    law = {"loss_logit": -1.5, "collapse_intercept": -2.0, "stall_intercept": -3.0}
    scenario = talks(next_round={"planned": day(4)}, horizon_days=4, stages=[stage])
    outcome = run(scenario, seed, **STAYS_OPEN, **law)
    status = outcome.next_round_status.values.ravel()
    assert_mean((status > 0).astype(float), 1 / (1 + np.exp(0.2)))
    assert np.allclose(outcome.effort.values.ravel()[status == 0], 2.5)
    collapse, stall = np.exp(-2.0 + 0.7), np.exp(-3.0 + 0.7)
    ended = np.bincount(outcome.ending.values.ravel(), minlength=6)
    assert_frequencies(ended[[2, 3]], np.array([collapse, stall]) / (1 + collapse + stall), TRIALS)


def test_a_cautious_sequence_against_straight_to_the_top(seed: int) -> None:
    """More effort a round at the top brings the deal sooner, more risk there breaks talks off; both show."""
    law = {"close_log_scale": np.log(4.0), "close_log_shape": 0.0, "collapse_intercept": -4.0}
    leaders = {"name": "leaders", "effort": 2.0, "break_off": 3.0}
    top = talks(next_round={"planned": day(4)}, horizon_days=365, stages=[leaders])
    cautious = talks(next_round={"planned": day(4)}, horizon_days=365, stages=[
        {"name": "experts", "rounds": 3, "go": 0.8, "delay_days": 10}, leaders])
    one, other = (run(scenario, seed, **law) for scenario in (top, cautious))
    deals = [(outcome.ending.values < 2).mean() for outcome in (one, other)]
    days = [outcome.end_day.values[outcome.ending.values < 2].mean() for outcome in (one, other)]
    assert deals[1] > deals[0] + 0.05 and days[1] > days[0]


def test_history_in_a_stage_that_cannot_close_says_nothing_about_closing(seed: int) -> None:
    """Ten rounds of experts: had they been able to close, the talks would look hopeless; so they do not."""
    past = [held(-4 * i) for i in range(1, 11)]
    law = {"close_log_scale": np.log(3.0), "close_log_shape": 0.0, "zopa": 0.6}
    stages = [{"name": "experts", "rounds": 12, "go": 0.5}, {"name": "leaders"}]
    base: dict[str, Any] = {"next_round": {"planned": day(1)}, "history": past, "horizon_days": 200}
    free = run(talks(**base), seed, **law)
    staged = run(talks(**base, stages=stages, stage="experts", stage_rounds=10), seed, **law)
    assert_mean(staged.zopa.values.ravel().astype(float), 0.6)
    left = 0.6 * np.exp(-10 / 3)
    assert_mean(free.zopa.values.ravel().astype(float), left / (0.4 + left))
    now = run(talks(**base, stages=[{**stages[0], "go": 1.0, "rounds": 11}, stages[1]], stage="experts",
                    stage_rounds=10), seed, **law)
    deal = (now.ending.values < 2).ravel()
    # The 11th round ends the experts' stage; the 12th, of the leaders, closes with all the hazard there has been.
    twelfth = deal & (now.rounds_held.values.ravel() == 2)
    assert_mean(twelfth.astype(float), 0.6 * (1 - np.exp(-12 / 3)))


# ---------------------------------------------------------------- excitation
HAWKES = {"kind_rate": np.array([0.5, 1e-12, 1e-12, 1e-12])[:, None] * np.ones(8), "novel_share": 1e-12,
          "gap_log_mean": np.log(20.0), "pulse_share": [1.0, 0.0, 0.0]}


def test_excited_escalations_have_the_mean_of_a_hawkes_process(seed: int) -> None:
    """Over 600 days with delays of one day: the events by themselves over 1 - branching ratio."""
    for branching in (0.25, 0.6):
        scenario = talks(horizon_days=600, disruptions={"excitation": {"branching": branching, "decay_days": 1.0}})
        outcome = run(scenario, seed, trials=4000, **STAYS_OPEN, **HAWKES)
        counts = outcome.n_disruptions.sel(kind="escalation").values.ravel()
        immigrants = 0.5 / 28 * 600.5
        # Those set off in the last days come after the end: one delay of every generation.
        lost = 0.5 / 28 * branching / (1 - branching) ** 2
        assert_mean(counts, immigrants / (1 - branching) - lost, sigmas=4.5)
        assert counts.var() / counts.mean() > 1.2 / (1 - branching)  # clustered: 1 / (1 - branching)^2 in the limit


def test_only_escalations_excite(seed: int) -> None:
    law = {**HAWKES, "kind_rate": np.array([1e-12, 1e-12, 0.5, 1e-12])[:, None] * np.ones(8)}
    calm = run(talks(horizon_days=300), seed, trials=2000, **STAYS_OPEN, **law)
    excited = run(talks(horizon_days=300, disruptions={"excitation": {"branching": 0.9, "decay_days": 1.0}}), seed,
                  trials=2000, **STAYS_OPEN, **law)
    np.testing.assert_array_equal(calm.n_disruptions, excited.n_disruptions)


def test_further_events_come_after_an_exponential_delay(seed: int) -> None:
    law = {**HAWKES, "kind_rate": np.array([0.2, 1e-12, 1e-12, 1e-12])[:, None] * np.ones(8)}
    scenario = talks(horizon_days=40, next_round={"planned": day(40)},
                     disruptions={"excitation": {"branching": 0.9, "decay_days": 5.0}})
    outcome = run(scenario, seed, paths=True, **STAYS_OPEN, **law)
    calm = run(talks(horizon_days=40, next_round={"planned": day(40)}), seed, paths=True, **STAYS_OPEN, **law)
    one = calm.n_disruptions.sel(kind="escalation").values.ravel() == 1
    first = calm.event_day.values[..., 0].ravel()
    early = one & (first < 10)
    more = outcome.n_disruptions.sel(kind="escalation").values.ravel()[early] > 1
    # A Poisson number with mean 0.9, nearly all of it within the 30 days left, and what those set off.
    assert_mean(more.astype(float), 1 - np.exp(-0.9 * (1 - np.exp(-33 / 5))), sigmas=5)
