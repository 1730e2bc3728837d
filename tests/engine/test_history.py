"""History: where the talks stand, and that going on from there is the law given what happened.

What a history says about hidden facts is weighed elsewhere; here the law has none to learn about.
"""

from __future__ import annotations

import numpy as np
import pytest
from engine.chance import assert_frequencies, assert_mean, assert_same_frequencies
from engine.posteriors import CLOSES, day, held, lost, quiet, talks
from scipy.special import ndtr

import forecast as fc
from forecast.engine.state import talks_state
from forecast.errors import ScenarioError
from forecast.scenario import resolve

#: Calendar, habits and disruptions off: what has happened says nothing about hidden facts but the effort needed.
LAW = {"zopa": 0.75, "close_log_scale": np.log(4.0), "close_log_shape": np.log(1.6), "partial_share": 0.25,
       "collapse_intercept": -2.6, "stall_intercept": -3.2, "stall_log_attempt": 0.8, "effort_virtual": -0.6,
       "effort_mediated": 0.3, "close_far": -0.9, "collapse_cancelled": 1.0, "cancelled_logit": 20.0}


def state_of(*history, **fields):
    return talks_state(resolve(talks(history=list(history), **fields)))


def shape_of(outcome, attempts_before: int = 0) -> np.ndarray:
    """Code ending and number of attempts of each trial in one whole number."""
    return (outcome.ending.values.astype(int) * 64 + outcome.attempts.values - attempts_before).ravel()


def test_talks_with_history_go_on_like_talks_that_came_so_far(seed: int) -> None:
    """Two rounds held and neither closed nor broken off: rejection from the whole talks."""
    whole = fc.simulate(talks(horizon_days=3650), quiet(**LAW), draws=1, trials=150_000, seed=seed)
    went_on = whole.attempts.values.ravel() > 2
    scenario = talks(horizon_days=3650, history=[held(-8), held(-4)], next_round={"planned": day(0)})
    rest = fc.simulate(scenario, quiet(**LAW), draws=1, trials=80_000, seed=seed + 1)
    assert_same_frequencies(shape_of(whole, 2)[went_on], shape_of(rest))
    assert_same_frequencies(whole.zopa.values.ravel()[went_on], rest.zopa.values.ravel())


def test_a_lost_attempt_counts_as_one(seed: int) -> None:
    """Held, then cancelled: rejection on the status of the second attempt."""
    law = {**LAW, "loss_logit": 0.0}
    whole = fc.simulate(talks(horizon_days=800), quiet(**law), draws=1, trials=60_000, seed=seed, paths=False)
    # Exactly one of the first two attempts is held, and the talks go on: seen in effort once a third is made.
    paths = fc.simulate(talks(horizon_days=11), quiet(**law), draws=1, trials=30_000, seed=seed, paths=True)
    status = paths.attempt_status.values[0]
    chosen = (status[:, 0] == 0) & (status[:, 1] == 2) & (paths.ending.values[0] == 5)
    chosen = np.concatenate([chosen, np.zeros(30_000, dtype=bool)])  # same luck: the same trials
    scenario = talks(horizon_days=800, history=[held(-8), lost(-4, "cancelled")], next_round={"planned": day(0)})
    rest = fc.simulate(scenario, quiet(**law), draws=1, trials=60_000, seed=seed + 1)
    assert chosen.sum() > 2000
    assert_same_frequencies(shape_of(whole, 2)[chosen], shape_of(rest))


@pytest.mark.parametrize("modes, effort", [
    (["in_person"], 1.0), (["remote", "in_person"], 1 + np.exp(-0.6)),
    (["shuttle", "hybrid"], np.exp(0.3) + np.exp(-0.6)),
    ([None, "correspondence"], 1 + np.exp(-0.6))])
def test_effort_of_the_history(seed: int, modes: list, effort: float) -> None:
    """P(deal at the next round) = p (1 - exp(-(H1 - H0))), p being that of a ZOPA given that H0 was not enough."""
    history = [held(-10 * (len(modes) - i), **({"mode": mode} if mode else {})) for i, mode in enumerate(modes)]
    scenario = talks(history=history, next_round={"planned": day(0), "mode": "in_person"},
                     mediator={"names": ["M"], "type": "igo"})
    outcome = fc.simulate(scenario, quiet(**LAW), draws=1, trials=80_000, seed=seed)
    before, after = (effort / 4) ** 1.6, ((effort + 1) / 4) ** 1.6
    left = 0.75 * np.exp(-before)
    p = left / (0.25 + left)
    deal = int(((outcome.ending < 2) & (outcome.attempts == 1)).sum())
    assert_frequencies([deal, int(outcome.zopa.sum())][:1], [p * (1 - np.exp(before - after))], 80_000)
    assert_frequencies([int(outcome.zopa.sum())], [p], 80_000)
    assert float(outcome.effort.min()) == pytest.approx(effort + 1, rel=1e-6)


def test_rounds_far_from_a_deadline_add_little_hazard(seed: int) -> None:
    """Each past round by the deadline's state on its own day: two far ones, one near."""
    history = [held(-60), held(-50), held(-10)]
    scenario = talks(history=history, next_round={"planned": day(0)}, deadline={"date": day(12)})
    outcome = fc.simulate(scenario, quiet(**LAW), draws=1, trials=80_000, seed=seed)
    h = (np.arange(5) / 4) ** 1.6
    before = np.exp(-0.9) * h[2] + h[3] - h[2]
    left = 0.75 * np.exp(-before)
    p = left / (0.25 + left)
    deal = int(((outcome.ending < 2) & (outcome.attempts == 1)).sum())
    assert_frequencies([deal], [p * (1 - np.exp(h[3] - h[4]))], 80_000)


@pytest.mark.parametrize("ago", [1, 2, 40, 700])
@pytest.mark.parametrize("status", ["held", "postponed", "cancelled"])
def test_what_is_not_planned_yet_comes_after_today(seed: int, ago: int, status: str) -> None:
    """Also where the law would hardly have let it last so long; such talks are likelier over than late."""
    item = held(-ago) if status == "held" else lost(-ago, status)
    posterior = quiet(**CLOSES, gap_sd=0.4, slip_sd=0.4, gap_pace_sd=0.5)
    outcome = fc.simulate(talks(history=[item], horizon_days=3000), posterior, draws=1, trials=20_000, seed=seed)
    held_at_all = outcome.rounds_held.values > 0
    assert (outcome.next_round_day.values[held_at_all] > 0).all()
    assert held_at_all.mean() > 0.9 if ago < 40 else ((outcome.ending == 3) | held_at_all).all()


def test_an_attempt_lost_before_its_day_came(seed: int) -> None:
    """Its new day counts from the old one; that it was lost is felt from today on, not from a day yet to come."""
    law = {**CLOSES, "kind_rate": 0.5, "pulse_days": 5.0, "pulse_share": [0.2, 0.5, 0.3]}
    scenario = talks(history=[held(-4), lost(6, known=0)], horizon_days=400)
    outcome = fc.simulate(scenario, quiet(**law), draws=1, trials=20_000, seed=seed)
    assert (outcome.next_round_day == 8).all()
    events = outcome.n_disruptions.sum("kind").values.ravel()
    assert_mean(events, 4 * 0.5 * (0.2 * 8 / 28 + 0.8 * (1 - np.exp(-8 / 5))))


def test_silence_after_an_attempt_lost_before_its_day_came_says_nothing_yet(seed: int) -> None:
    """Going on, collapse, at once or later, and stall are as likely as after any cancelled attempt."""
    law = {**CLOSES, "collapse_intercept": -1.0, "collapse_cancelled": 0.6, "stall_intercept": -1.5,
           "stall_cancelled": 0.4, "stall_log_attempt": 0.0, "collapse_same_day": 0.65, "collapse_lag_log_mean": 2.0}
    scenario = talks(history=[lost(6, "cancelled", known=0)], horizon_days=3000)
    outcome = fc.simulate(scenario, quiet(**law), draws=1, trials=100_000, seed=seed)
    collapse, stall = np.exp(-0.4), np.exp(-1.1)
    counts = np.bincount(outcome.ending.values.ravel(), minlength=6)
    assert_frequencies(counts[[0, 2, 3]], np.array([1.0, collapse, stall]) / (1 + collapse + stall), 100_000)
    assert (outcome.next_round_day.values[outcome.ending.values == 0] == 10).all()
    assert (outcome.end_day.values[outcome.ending.values == 3] == 6).all()
    assert_frequencies([int(((outcome.ending == 2) & (outcome.end_day == 6)).sum())], [
        0.65 * collapse / (1 + collapse + stall) + 0.35 * collapse / (1 + collapse + stall) * late(0.5, law)], 100_000)


def late(days: float, law: dict) -> float:
    """Return P(a later collapse falls less than `days` after)."""
    sd = float(quiet()["outcome"]["collapse_lag_sd"][0])
    return float(ndtr((np.log(days) - law["collapse_lag_log_mean"]) / sd))


@pytest.mark.parametrize("ago", [0, 30])
def test_talks_of_which_nothing_is_heard_may_be_over(seed: int, ago: int) -> None:
    """Weights: going on with the next round after today; stall; collapse that is dated later than today."""
    law = {**CLOSES, "gap_log_mean": np.log(20.0), "gap_sd": 0.8, "collapse_intercept": -1.0, "stall_intercept": -2.0,
           "stall_log_attempt": 0.0, "collapse_same_day": 0.65, "collapse_lag_log_mean": 3.0}
    scenario = talks(history=[held(-ago)], horizon_days=3000)
    outcome = fc.simulate(scenario, quiet(**law), draws=1, trials=100_000, seed=seed)
    going = 1 - ndtr((np.log(ago + 0.5) - np.log(20.0)) / 0.8)
    collapse, stall = np.exp(-1.0) * 0.35 * (1 - late(ago + 0.5, law)), np.exp(-2.0)
    counts = np.bincount(outcome.ending.values.ravel(), minlength=6)
    assert_frequencies(counts[[0, 2, 3]], np.array([going, collapse, stall]) / (going + collapse + stall), 100_000)


def test_attempts_and_retries_are_counted() -> None:
    state = state_of(held(-60, start=-62, mode="remote"), lost(-40, "postponed", mode="hybrid"), lost(-30, "cancelled"),
                     held(-20, absent=["east"]), lost(-8))
    assert (state.attempts, len(state.held), state.retry) == (5, 2, 1)
    assert (state.last_status, state.last_day, state.last_planned) == ("postponed", -8, -8)
    assert (state.home_mode, state.last_mode) == ("remote", "hybrid")
    assert [(r.planned, r.end, r.mode, r.absent) for r in state.held] == [
        (-62, -60, "remote", ()), (-20, -20, None, ("east",))]


def test_order_of_the_items_does_not_count() -> None:
    items = [held(-60), lost(-40), held(-20), {"date": day(-5), "type": "plan", "planned": day(4)}]
    assert state_of(*items) == state_of(*items[::-1])


def test_the_latest_plan_counts_until_it_is_played_out() -> None:
    plans = [{"date": day(-9), "type": "plan", "planned": day(3), "mode": "remote"},
             {"date": day(-4), "type": "plan", "planned": day(7)}]
    assert (state_of(*plans).planned, state_of(*plans).planned_mode) == (7, None)
    assert state_of(*plans, next_round={"planned": day(1)}).planned == 1
    assert state_of({"date": day(-9), "type": "plan", "planned": day(-2)}, lost(-2)).planned is None
    assert state_of(plans[1], lost(7, known=-1)).planned is None
    assert state_of().planned is None


def test_deadlines_set_and_moved() -> None:
    moved = [{"date": day(-30), "type": "deadline", "deadline": day(10)},
             {"date": day(-3), "type": "deadline", "deadline": day(40)}]
    assert state_of(*moved).deadline == 40
    assert state_of(deadline={"date": day(-5)}).deadline == -5
    assert state_of().deadline is None


def test_tension_and_severe_events() -> None:
    events = [{"date": day(-30), "type": "disruption", "kind": "political", "severity": 3},
              {"date": day(-60), "type": "disruption", "kind": "escalation", "severity": 2}]
    active = {"active_now": [{"kind": "exogenous", "severity": 1, "since": day(0)}]}
    state = state_of(*events, disruptions=active)
    assert state.tension == pytest.approx(2 * 0.5 + 1 * 0.25 + 0.5)
    assert (state.severe_day, state.severe_kind) == (-30, "political")


def test_reports_of_attendance_are_about_the_next_attempt() -> None:
    report = {"type": "attendance", "party": "east", "present": False}
    parties = {"east": {"principal": "E"}, "west": {"principal": "W", "present": True}}
    assert state_of({"date": day(-2), **report}, parties=parties).present == {"east": False, "west": True}
    assert state_of({"date": day(-9), **report}, held(-4), parties=parties).present["east"] is None
    newest = [{"date": day(-3), **report}, {"date": day(-1), **report, "present": True}]
    assert state_of(*newest, parties=parties).present["east"] is True


@pytest.mark.parametrize("fields, words", [
    ({"history": [{"date": day(-3), "type": "end", "ending": "collapse"}]}, "ended"),
    ({"deadline": {"date": day(-3), "binding": "hard"}}, "hard deadline")])
def test_talks_that_are_over_are_refused(fields: dict, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        fc.simulate(talks(**fields), quiet(), draws=1, trials=1, seed=0)
