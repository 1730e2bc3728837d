"""Positions ride on the closing clock: describing talks in more detail must not change how they end."""

from __future__ import annotations

import numpy as np
import pytest
from engine.chance import assert_frequencies
from engine.posteriors import day, fixed_posterior, issue, normal, quiet, talks

import forecast as fc

TRIALS = 8_000
LAW = {"zopa": 0.7, "collapse_intercept": -2.0}  # several endings, everything else at its mean
BELIEFS = {"normal": (normal(12, 3), normal(11, 3)),
           "skewed": ({"lognormal": {"median": 9, "gsd": 1.5}}, normal(10, 2)),
           "bounded": ({"triangular": {"low": 6, "mode": 11, "high": 19}}, {"quantiles": {0.1: 7, 0.5: 11, 0.9: 16}})}
#: Everything that says how talks go, but the coin's own numbers.
COURSE = ("ending", "end_day", "attempts", "rounds_held", "effort", "zopa", "next_round_status", "next_round_day",
          "next_round_mode", "n_disruptions", "absent")


def overlap(beliefs, weight: float = 0.5) -> float:
    """Return q, the probability that beliefs overlap, as the engine computes it."""
    outcome = fc.simulate(talks(issues={"land": issue(*beliefs)}), quiet(), draws=1, trials=1, seed=0)
    return float(outcome.zopa_p_beliefs)


def same_course(a, b) -> None:
    for name in COURSE:
        np.testing.assert_array_equal(a[name].values, b[name].values, err_msg=name)


@pytest.mark.parametrize("name", BELIEFS)
@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_positions_that_say_what_past_talks_say_change_no_ending(seed: int, name: str, weight: float) -> None:
    """q = pi: no trial ends otherwise, whatever the weight of the beliefs."""
    posterior = fixed_posterior(**{**LAW, "zopa": overlap(BELIEFS[name])})
    plain = fc.simulate(talks(), posterior, draws=1, trials=TRIALS, seed=seed)
    scenario = talks(issues={"land": issue(*BELIEFS[name])}, beliefs_weight=weight)
    detailed = fc.simulate(scenario, posterior, draws=1, trials=TRIALS, seed=seed)
    same_course(detailed, plain)
    assert len(np.unique(plain.ending)) >= 4
    np.testing.assert_array_equal(detailed.issue_closed.values[..., 0] == 1, plain.ending.values < 2)


def test_beliefs_without_weight_change_no_ending(seed: int) -> None:
    posterior = fixed_posterior(**LAW)
    plain = fc.simulate(talks(), posterior, draws=1, trials=TRIALS, seed=seed)
    for beliefs in ((normal(16, 1), normal(9, 1)), (normal(8, 1), normal(16, 1)), (12.0, 11.0), (11.0, 12.0)):
        scenario = talks(issues={"land": issue(*beliefs)}, beliefs_weight=0.0)
        same_course(fc.simulate(scenario, posterior, draws=1, trials=TRIALS, seed=seed), plain)


@pytest.mark.parametrize("parts", [2, 5])
@pytest.mark.parametrize("weight", [0.5, 1.0])
def test_splitting_an_issue_changes_no_ending(seed: int, parts: int, weight: float) -> None:
    posterior = fixed_posterior(**LAW)
    land = issue(*BELIEFS["normal"])
    one = talks(issues={"land": land}, beliefs_weight=weight)
    whole = fc.simulate(one, posterior, draws=1, trials=TRIALS, seed=seed)
    split = {f"land_{i}": {**land, "name": f"Land {i}"} for i in range(parts)}
    pieces = fc.simulate(talks(issues=split, beliefs_weight=weight), posterior, draws=1, trials=TRIALS, seed=seed)
    same_course(pieces, whole)
    np.testing.assert_array_equal(pieces.issue_closed.values, np.repeat(whole.issue_closed.values, parts, axis=2))


def test_issues_that_overlap_more_and_are_no_harder_change_no_ending(seed: int) -> None:
    """q is the smallest overlap of a core issue: easier ones add nothing to it."""
    posterior = fixed_posterior(**LAW)
    hard = {"land": issue(*BELIEFS["normal"])}
    easy = {"money": issue(normal(8, 2), normal(13, 2), difficulty=0.3), "prisoners": issue(7, 9, difficulty=0.9)}
    aside = {"maps": issue(normal(17, 1), normal(8, 1), core=False, difficulty=3.0)}
    one = fc.simulate(talks(issues=hard), posterior, draws=1, trials=TRIALS, seed=seed)
    for more in (easy, aside, {**easy, **aside}):
        same_course(fc.simulate(talks(issues={**hard, **more}), posterior, draws=1, trials=TRIALS, seed=seed), one)


def test_concession_curves_change_no_ending(seed: int) -> None:
    posterior = fixed_posterior(**LAW)
    land = issue(*BELIEFS["normal"])
    plain = fc.simulate(talks(issues={"land": land}), posterior, draws=1, trials=TRIALS, seed=seed)
    for kappa in ({"east": 0.2}, {"east": 5.0, "west": {"lognormal": {"median": 2.0, "gsd": 2.0}}}):
        other = talks(issues={"land": {**land, "kappa": kappa}})
        found = fc.simulate(other, posterior, draws=1, trials=TRIALS, seed=seed)
        same_course(found, plain)
        assert not np.array_equal(found.settlement, plain.settlement, equal_nan=True)


def test_units_change_no_ending_and_carry_over_to_terms(seed: int) -> None:
    """Hectares or acres, above or below sea level: v -> 2.5 v - 40."""
    posterior = fixed_posterior(**LAW)
    one = fc.simulate(talks(issues={"land": issue(normal(12, 3), normal(11, 3))}), posterior, draws=1, trials=TRIALS,
                      seed=seed)
    moved = issue(normal(-10, 7.5), normal(-12.5, 7.5), opening=(10.0, -27.5))
    two = fc.simulate(talks(issues={"land": moved}), posterior, draws=1, trials=TRIALS, seed=seed)
    same_course(two, one)
    np.testing.assert_allclose(two.settlement, 2.5 * one.settlement - 40, rtol=1e-5, atol=1e-4)


def test_weight_is_on_the_log_odds_scale(seed: int) -> None:
    """w = 0: talks like these; w = 1: the beliefs; in between by log-odds; the coin is tossed accordingly."""
    q, pi = overlap(BELIEFS["normal"]), 0.7
    for w in (0.0, 0.25, 0.5, 0.75, 1.0):
        scenario = talks(issues={"land": issue(*BELIEFS["normal"])}, beliefs_weight=w)
        outcome = fc.simulate(scenario, fixed_posterior(**LAW), draws=1, trials=TRIALS, seed=seed)
        odds = (pi / (1 - pi)) ** (1 - w) * (q / (1 - q)) ** w
        assert float(outcome.zopa_p_used[0]) == pytest.approx(odds / (1 + odds), rel=1e-12)
        assert float(outcome.zopa_p_talks[0]) == pytest.approx(pi)
        assert_frequencies([int(outcome.zopa.sum())], [odds / (1 + odds)], TRIALS)


def test_beliefs_that_cannot_overlap_rule_out_a_deal_and_certain_ones_do_not_ensure_it(seed: int) -> None:
    for w in (0.01, 0.5, 1.0):
        never = talks(issues={"land": issue(12, 11)}, beliefs_weight=w)
        outcome = fc.simulate(never, fixed_posterior(**LAW), draws=1, trials=2000, seed=seed)
        assert not outcome.zopa.any() and (outcome.ending >= 2).all()
        always = talks(issues={"land": issue(11, 12)}, beliefs_weight=w)
        outcome = fc.simulate(always, fixed_posterior(**LAW), draws=1, trials=2000, seed=seed)
        assert outcome.zopa.all() and 0 < (outcome.ending < 2).mean() < 1


def test_without_a_zopa_nothing_closes(seed: int) -> None:
    scenario = talks(issues={"land": issue(*BELIEFS["normal"]), "money": issue(7, 18, core=False, difficulty=0.01)})
    outcome = fc.simulate(scenario, fixed_posterior(**LAW), draws=1, trials=TRIALS, seed=seed)
    without = outcome.zopa.values == 0
    assert 0.2 < without.mean() < 0.8
    assert (outcome.ending.values[without] >= 2).all()
    assert not outcome.issue_closed.values[without].any()
    assert np.isnan(outcome.settlement.values[without]).all()


@pytest.mark.parametrize("party, sign", [("east", -1), ("west", 1)])
def test_a_deal_is_likelier_the_more_a_party_is_believed_to_give(seed: int, party: str, sign: int) -> None:
    """P(deal) rises with every step, trial by trial under shared luck, and by little for little steps."""
    last, p_last = None, None
    for mean in np.arange(8.0, 16.01, 0.5)[::sign]:
        beliefs = {"east": normal(12, 3), "west": normal(11, 3), party: normal(float(mean), 3)}
        scenario = talks(issues={"land": issue(beliefs["east"], beliefs["west"])})
        outcome = fc.simulate(scenario, fixed_posterior(**LAW), draws=1, trials=4000, seed=seed)
        p, deal = float(outcome.zopa_p_used[0]), outcome.ending.values < 2
        if last is not None:
            assert 0 < p - p_last < 0.05
            assert (deal >= last).all()
        last, p_last = deal, p


@pytest.mark.parametrize("sd", [3.0, 0.5])
def test_the_probability_of_a_zopa_is_continuous(sd: float) -> None:
    """A step of a thousandth moves it by a thousandth of the steepest slope, also where beliefs are cut."""
    def used(mean: float, opening: float = 20.0) -> float:
        scenario = talks(issues={"land": issue(normal(mean, sd), normal(11, sd), opening=(opening, 5.0))})
        return float(fc.simulate(scenario, fixed_posterior(**LAW), draws=1, trials=1, seed=0).zopa_p_used[0])

    for mean in 11.0 + sd * np.array([-3.0, -1.0, 0.0, 0.5, 2.0]):
        assert 0 < used(mean) - used(mean + 0.001) < 0.001 / sd
    high = 11.0 + 2 * sd
    assert abs(used(high, high + sd) - used(high, high + sd + 0.001)) < 0.001 / sd


def test_easier_issues_close_earlier(seed: int) -> None:
    """Issue j closes when the hazard reaches its share of what is needed, in talks that go on or break off too."""
    issues = {"land": issue(*BELIEFS["normal"], difficulty=4.0), "money": issue(8, 14, difficulty=2.0),
              "maps": issue(8, 14, core=False, difficulty=1.0), "ports": issue(8, 14, core=False, difficulty=8.0)}
    outcome = fc.simulate(talks(issues=issues), fixed_posterior(**LAW), draws=1, trials=5000, seed=seed, paths=True)
    seen = (outcome.attempt_day.values[0] >= 0) & (outcome.attempt_end_day.values[0] <= 180)  # within the horizon
    hazard = np.where(seen, outcome.attempt_hazard.values[0], 0.0).max(axis=1)
    coin = outcome.zopa.values[0] == 1
    for name, share in (("maps", 0.25), ("money", 0.5), ("land", 1.0), ("ports", 2.0)):
        closed = outcome.issue_closed.sel(issue=name).values[0] == 1
        np.testing.assert_array_equal(closed, coin & (hazard >= share), err_msg=name)
        assert closed.any()
    assert (outcome.ending.values[0] < 2).sum() == outcome.issue_closed.sel(issue="land").values.sum()


def test_talks_that_have_lasted_are_less_likely_to_have_a_zopa(seed: int) -> None:
    """Four rounds without closing: P exp(-H) / (1 - P + P exp(-H))."""
    law = {"zopa": 0.8, "close_log_scale": np.log(5.0), "close_log_shape": np.log(1.5)}
    history = [{"date": day(-d), "type": "attempt", "status": "held", "start": day(-d)} for d in (40, 30, 20, 10)]
    outcome = fc.simulate(talks(history=history), quiet(**law), draws=1, trials=100_000, seed=seed)
    left = 0.8 * np.exp(-((4 / 5) ** 1.5))
    assert_frequencies([int(outcome.zopa.sum())], [left / (0.2 + left)], 100_000)
    assert float(outcome.zopa_p_used[0]) == pytest.approx(0.8)
