"""Pathwise: under shared luck, raising one lever moves each trial the way the law implies, or not at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from engine.posteriors import day, fixed_posterior, issue, normal, quiet, talks

import forecast as fc

TRIALS = 8000
LAW = {"zopa": 0.8, "collapse_intercept": -2.2, "report_right": 1.0}
HELD, POSTPONED, CANCELLED, NO_ATTEMPT = range(4)
DEAL, COLLAPSE, STALL, LAPSE, ONGOING = 1, 2, 3, 4, 5


def both(low: dict[str, Any], high: dict[str, Any], seed: int, **law: Any):
    """Simulate two scenarios under one luck."""
    posterior = fixed_posterior(**{**LAW, **law})
    return tuple(fc.simulate(talks(**fields), posterior, draws=1, trials=TRIALS, seed=seed) for fields in (low, high))


def values(outcome, name: str) -> np.ndarray:
    return outcome[name].values.ravel()


def adjusted(**changes: float) -> dict[str, Any]:
    return {"adjust": {**changes, "rationale": "lever"}, "horizon_days": 3000}


def moved(a: np.ndarray, b: np.ndarray) -> bool:
    """Say whether the lever does anything, so that a comparison cannot pass because nothing happens."""
    return bool((a != b).mean() > 0.005)


def test_closing_sooner_ends_sooner_and_never_undoes_a_deal(seed: int) -> None:
    base, more = both(adjusted(), adjusted(closing=0.8), seed)
    deal, deal_more = values(base, "ending") <= DEAL, values(more, "ending") <= DEAL
    assert (deal_more >= deal).all() and moved(deal, deal_more)
    assert (values(more, "attempts") <= values(base, "attempts")).all()
    assert (values(more, "rounds_held") <= values(base, "rounds_held")).all()
    np.testing.assert_array_equal(values(more, "next_round_day"), values(base, "next_round_day"))
    # A trial without a ZOPA cannot be moved by it.
    without = values(base, "zopa") == 0
    np.testing.assert_array_equal(values(more, "end_day")[without], values(base, "end_day")[without])


def test_terms_do_not_depend_on_how_fast_talks_close(seed: int) -> None:
    land = {"issues": {"land": issue(normal(12, 3), normal(13, 3))}}
    base, more = both({**adjusted(), **land}, {**adjusted(closing=0.8), **land}, seed)
    closed = values(base, "issue_closed") == 1
    assert closed.sum() > 500
    np.testing.assert_array_equal(values(more, "settlement")[closed], values(base, "settlement")[closed])


def test_breaking_off_more_never_makes_a_deal(seed: int) -> None:
    base, more = both(adjusted(), adjusted(break_off=0.7), seed)
    broken, broken_more = (np.isin(values(x, "ending"), (COLLAPSE, STALL, LAPSE)) for x in (base, more))
    assert (broken_more >= broken).all() and moved(broken, broken_more)
    assert (values(more, "attempts") <= values(base, "attempts")).all()
    # Deals that are left are the same deals.
    left = values(more, "ending") <= DEAL
    np.testing.assert_array_equal(values(more, "end_day")[left], values(base, "end_day")[left])


def test_losing_more_holds_no_next_round_that_was_lost(seed: int) -> None:
    base, more = both(adjusted(), adjusted(loss=1.0), seed)
    status, status_more = values(base, "next_round_status"), values(more, "next_round_status")
    assert ((status == HELD) >= (status_more == HELD)).all() and moved(status, status_more)
    # Lost in both: lost in the same way.
    lost = (status != HELD) & (status_more != HELD)
    np.testing.assert_array_equal(status[lost], status_more[lost])
    day_base, day_more = values(base, "next_round_day"), values(more, "next_round_day")
    both_held = (day_base >= 0) & (day_more >= 0)
    assert (day_more[both_held] >= day_base[both_held]).all()


@pytest.mark.parametrize("without", ["delegate", "remote", "stay_away"])
def test_a_principal_who_comes_saves_rounds_and_costs_none(seed: int, without: str) -> None:
    """`present: true` against `false`, whatever the party does without its principal."""
    fields = {present: {"parties": {"east": {"principal": "E", "present": present, "without_principal": without},
                                    "west": {"principal": "W", "present": True}},
                        "mediator": {"names": ["M"], "type": "igo"},
                        "next_round": {"planned": day(2), "mode": "in_person", "fallback": ["proximity"]}}
              for present in (False, True)}
    law = {"loss_virtual": 0.5} if without == "remote" else {}
    away, here = both(fields[False], fields[True], seed, **law)
    held, held_here = (values(x, "next_round_status") == HELD for x in (away, here))
    assert (held_here >= held).all() and moved(held, held_here)
    assert not here.absent.sel(party="east").values.any() or (here.attempts.values > 1).any()
    assert (away.absent.sel(party="east").values >= 1).all()
    on_time, on_time_here = values(away, "next_round_on_time"), values(here, "next_round_on_time")
    assert (on_time_here >= on_time).all()


def authority(value: float) -> dict[str, Any]:
    parties = {"east": {"principal": "E", "delegate_authority": value}, "west": {}}
    return {"parties": parties, "horizon_days": 3000}


def test_a_delegate_with_more_authority_brings_the_deal_nearer(seed: int) -> None:
    """Every round without its principal; effort is exp(effort_absent (1 - A))."""
    posterior = fixed_posterior(**LAW, absent_logit=20.0, loss_logit=-25.0, mode_first_logit=[20.0, *[-20.0] * 5],
                                mode_stay=1.0, effort_absent=-0.8, effort_pause=0.0)
    runs = [fc.simulate(talks(**authority(a)), posterior, draws=1, trials=TRIALS, seed=seed) for a in (0.0, 0.5, 1.0)]
    for a, run in zip((0.0, 0.5, 1.0), runs, strict=True):
        rounds = values(run, "rounds_held")
        np.testing.assert_allclose(values(run, "effort"), rounds * np.exp(-0.8 * (1 - a)), rtol=1e-5)
    for less, more in zip(runs, runs[1:], strict=False):
        deal, deal_more = values(less, "ending") <= DEAL, values(more, "ending") <= DEAL
        assert (deal_more >= deal).all() and moved(deal, deal_more)
        assert (values(more, "rounds_held") <= values(less, "rounds_held")).all()


def test_uncertain_authority_lies_between_its_ends(seed: int) -> None:
    posterior = quiet(absent_logit=20.0, effort_absent=-0.8, close_log_scale=np.log(4.0))
    spread = authority(0.5)
    spread["parties"]["east"]["delegate_authority"] = {"beta": {"a": 4, "b": 3}}
    runs = [fc.simulate(talks(**x), posterior, draws=1, trials=TRIALS, seed=seed)
            for x in (authority(0.0), spread, authority(1.0))]
    none, some, full = (values(run, "rounds_held") for run in runs)
    assert (full <= some).all() and (some <= none).all() and moved(full, some) and moved(some, none)


def test_disruptions_at_a_higher_rate_include_the_others(seed: int) -> None:
    """Clocks of unit exponentials: raising a kind's rate adds events of that kind, and none of another."""
    plan = {"next_round": {"planned": day(20)}, "horizon_days": 20}
    posterior = fixed_posterior(**LAW, close_log_scale=-20.0)
    runs = [fc.simulate(talks(**plan, disruptions={"kinds": {"escalation": {"rate_multiplier": m}}}), posterior,
                        draws=1, trials=TRIALS, seed=seed) for m in (1.0, 3.0)]
    one, three = (run.n_disruptions.sel(kind="escalation").values.ravel() for run in runs)
    assert (three >= one).all() and moved(three, one)
    for kind in ("walkout_leak", "political", "exogenous", "novel"):
        np.testing.assert_array_equal(*(run.n_disruptions.sel(kind=kind).values for run in runs))


def test_a_later_plan_moves_the_next_round_by_as_much(seed: int) -> None:
    """Without disruptions the days before the next round are only days: all of the course shifts with it."""
    early, late = both({"next_round": {"planned": day(1)}, "horizon_days": 3000},
                       {"next_round": {"planned": day(8)}, "horizon_days": 3007}, seed, kind_rate=1e-12,
                       novel_share=1e-12)
    np.testing.assert_array_equal(values(early, "ending"), values(late, "ending"))
    there = values(early, "next_round_day") >= 0
    np.testing.assert_array_equal(values(late, "next_round_day")[there], values(early, "next_round_day")[there] + 7)
    np.testing.assert_array_equal(values(late, "end_day"), values(early, "end_day") + 7)


def test_a_hard_deadline_only_cuts(seed: int) -> None:
    """Deals before a hard deadline are those of the soft one; nothing but a round under way ends after it."""
    soft, hard = both({"deadline": {"date": day(40)}}, {"deadline": {"date": day(40), "binding": "hard"}}, seed)
    before = (values(soft, "end_day") < 40) & (values(soft, "ending") != ONGOING)
    np.testing.assert_array_equal(values(hard, "ending")[before], values(soft, "ending")[before])
    np.testing.assert_array_equal(values(hard, "end_day")[before], values(soft, "end_day")[before])
    # A round under way on the day of the deadline ends first, after the horizon at the longest.
    rest = ~before & (values(hard, "ending") > DEAL)
    under_way = values(hard, "end_day") == 180
    assert (values(hard, "ending")[rest] == np.where(under_way, ONGOING, LAPSE)[rest]).all() and rest.sum() > 1000
    assert under_way.sum() < 20
    assert (values(hard, "end_day")[rest] >= 40).all()


def test_lapse_is_a_break_off_within_a_day_after_the_deadline(seed: int) -> None:
    """A soft deadline renames endings, and only those."""
    law = {"collapse_far": 0.0, "collapse_here": 0.0, "stall_far": 0.0, "close_far": 0.0, "gap_near_deadline": 0.0}
    plain, soft = both({}, {"deadline": {"date": day(25)}}, seed, **law)
    when = values(plain, "end_day")
    lapse = np.isin(values(plain, "ending"), (COLLAPSE, STALL)) & (when >= 25) & (when <= 26)
    assert lapse.sum() > 20
    np.testing.assert_array_equal(values(soft, "ending"), np.where(lapse, LAPSE, values(plain, "ending")))
    np.testing.assert_array_equal(values(soft, "end_day"), when)
