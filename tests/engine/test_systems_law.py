"""Closed form of technical systems.

Availability, spares, common cause, losses, delays, sanctions, injected failures.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from engine.chance import assert_mean
from engine.posteriors import CLOSES, STAYS_OPEN, day, fixed_posterior, quiet, talks

import forecast as fc
from forecast.engine.packing_systems import availability, base_losses, spare_probability
from forecast.scenario import load_scenario, resolve
from forecast.scenario.defaults import SYSTEMS

TRIALS = 100_000
OWN = {"mtbf_days": 4.0, "repair_hours": 30.0, "modes": ["in_person"]}
DEFAULTS: dict[str, Any] = {key: {} for key in SYSTEMS}


def run(scenario, seed: int, *, trials: int = TRIALS, paths: bool = False, **law: Any):
    return fc.simulate(scenario, quiet(**{**STAYS_OPEN, **law}), draws=1, trials=trials, seed=seed, paths=paths)


def with_own(**fields: Any) -> dict[str, Any]:
    return {"line": {**OWN, **fields}}


def share_lost(outcome) -> float:
    return float((outcome.next_round_status.values > 0).mean())


CASES = {
    "alone": {}, "spare": {"spares": 1, "failover_hours": 3.0}, "slow spare": {"spares": 1, "failover_hours": 60.0},
    "common cause": {"spares": 2, "failover_hours": 1.0, "common_cause": 0.4},
    "load": {"load": 2.5, "spares": 1}, "always common": {"spares": 5, "common_cause": 1.0},
}


@pytest.mark.parametrize("name", CASES)
def test_availability_is_its_closed_form(seed: int, name: str) -> None:
    """Downtime over 300 days, from equilibrium: exactly the unavailable share of them, on average."""
    scenario = talks(systems=with_own(**CASES[name]), horizon_days=300)
    system = resolve(scenario).systems["line"]
    rate, m = (system.load or 1) / 4.0, 30.0 / 24.0
    u = rate * m / (1 + rate * m)
    spare = (1 - system.common_cause) * (1 - u**system.spares)
    closed = 1 / (1 + rate * (spare * system.failover_hours / 24 + (1 - spare) * m))
    assert availability(system) == pytest.approx(closed, rel=1e-12)
    outcome = run(scenario, seed, trials=4000, gap_log_mean=np.log(20.0))
    assert (outcome.ending == 5).all()
    assert_mean(outcome.downtime_days.values.ravel(), 300 * (1 - closed))


def test_a_system_is_in_equilibrium_from_the_first_day(seed: int) -> None:
    """On any day, the first included, a round is lost with the unavailable share, and with nothing else."""
    for when in (0, 1, 30):
        scenario = talks(systems=with_own(spares=1, failover_hours=20.0), next_round={"planned": day(when)})
        lost = run(scenario, seed).next_round_status.values.ravel() > 0
        assert_mean(lost.astype(float), 1 - availability(resolve(scenario).systems["line"]))


@pytest.mark.parametrize("mode", ["in_person", "proximity", "hybrid", "remote", "correspondence"])
@pytest.mark.parametrize("fallback", [[], ["correspondence"], ["shuttle", "in_person", "hybrid"]])
def test_default_systems_open_no_further_door(seed: int, mode: str, fallback: list[str]) -> None:
    """The calibrated probability of a loss contains failures at the usual rates: it stays what it is."""
    plan = {"planned": day(12), "mode": mode, "fallback": [rung for rung in fallback if rung != mode]}
    scenario = talks(systems=DEFAULTS, next_round=plan, mediator={"names": ["M"], "type": "igo"})
    law = {"loss_logit": np.log(0.1 / 0.9), "retreat": 0.6}
    outcome = run(scenario, seed, **law)
    assert_mean((outcome.next_round_status.values.ravel() > 0).astype(float), 0.1)
    down, _ = base_losses(resolve(scenario))
    by_system = outcome.next_round_cause.values.ravel() == 8
    assert_mean(by_system.astype(float), down[fc.vocabulary.MODES.index(mode)] if down.any() else 0.0)


def test_a_higher_rate_loses_more_and_blames_the_system(seed: int) -> None:
    law = {"loss_logit": np.log(0.1 / 0.9)}
    plan = {"planned": day(12), "mode": "remote"}
    calm = run(talks(systems=DEFAULTS, next_round=plan), seed, **law)
    worse = run(talks(systems={**DEFAULTS, "satellite_link": {"mtbf_days": 2.0}}, next_round=plan), seed, **law)
    lost = [outcome.next_round_status.values.ravel() > 0 for outcome in (calm, worse)]
    usual = availability(resolve(talks(systems=DEFAULTS)).systems["satellite_link"])
    bad = (4 / 24) / (2 + 4 / 24)
    rest = base_losses(resolve(talks(systems=DEFAULTS)))[0][4]
    others = 1 - (1 - rest) / usual
    expected = 1 - (1 - bad) * (1 - others) * (1 - (0.1 - rest) / (1 - rest))
    assert_mean(lost[1].astype(float), expected)
    # whoever lost for another reason
    assert not (lost[0] & ~lost[1] & (calm.next_round_cause.values.ravel() != 8)).any()
    blamed = worse.next_round_cause.values.ravel() == 8
    assert_mean(blamed.astype(float), 1 - (1 - bad) * (1 - others))
    assert worse.system_trouble.sel(system="satellite_link").sum() > 10 * calm.system_trouble.sel(
        system="satellite_link").sum()


def test_what_is_not_needed_changes_no_bit(seed: int) -> None:
    """A system left out, by the scenario or because no mode of the talks needs it, leaves every trial as it was."""
    law = fixed_posterior(zopa=0.7)
    plain = fc.simulate(talks(), law, draws=1, trials=5000, seed=seed)
    left_out = talks(systems={"line": {**OWN, "needed": False}, **{key: {"needed": False} for key in SYSTEMS}})
    unused = talks(systems={"line": {**OWN, "modes": ["shuttle"]}})
    for scenario in (left_out, unused):
        found = fc.simulate(scenario, law, draws=1, trials=5000, seed=seed)
        for name in plain.data_vars:
            np.testing.assert_array_equal(found[name].values, plain[name].values, err_msg=str(name))


@pytest.mark.parametrize("name", ["us_iran_final_2026", "libya_ceasefire_2020"])
def test_shipped_scenarios_do_not_feel_what_they_do_not_use(seed: int, name: str) -> None:
    """Stages of one with nothing in it, a delay nobody takes and a switched-off excitation change no bit."""
    scenario = load_scenario(name).replace("posterior", "prior")
    plain = fc.simulate(scenario, draws=20, trials=50, seed=seed)
    same = scenario.replace_all({"stages": [{"name": "all"}], "disruptions.excitation":
                                 {"branching": 0.0, "decay_days": 3.0}})
    found = fc.simulate(same, draws=20, trials=50, seed=seed)
    for variable in plain.data_vars:
        np.testing.assert_array_equal(found[variable].values, plain[variable].values, err_msg=str(variable))


def test_a_change_of_mode_saves_the_round_and_costs_its_delay(seed: int) -> None:
    """A broken video link: with probability r by letter instead, a day later; else lost."""
    plan = {"planned": day(5), "mode": "remote", "fallback": ["correspondence"]}
    retreat = np.full(9, 0.0)
    retreat[7] = 0.7  # system
    scenario = talks(systems={"bridge": {**OWN, "modes": ["remote"]}}, next_round=plan, mode_switch_delay_days=3,
                     injections=[{"system": "bridge", "date": day(5), "hours": 24}])
    outcome = run(scenario, seed, retreat=retreat)
    held = outcome.next_round_status.values.ravel() == 0
    assert_mean(held.astype(float), 0.7)
    assert (outcome.next_round_cause.values.ravel() == 8).all()
    assert (outcome.next_round_day.values.ravel()[held] == 8).all()
    assert (outcome.next_round_mode.values.ravel()[held] == 5).all()
    assert not outcome.next_round_on_time.values.any()
    assert (outcome.retreats.values.ravel()[held] >= 1).all()


def test_a_rung_whose_systems_are_down_is_passed_over(seed: int) -> None:
    plan = {"planned": day(5), "mode": "remote", "fallback": ["hybrid", "correspondence"]}
    both = {"system": "bridge", "date": day(5), "hours": 24}
    scenario = talks(systems={"bridge": {**OWN, "mtbf_days": 1e6, "modes": ["remote", "hybrid"]}}, next_round=plan,
                     injections=[both])
    held = run(scenario, seed, trials=2000, retreat=0.9)
    modes = held.next_round_mode.values.ravel()[held.next_round_status.values.ravel() == 0]
    assert set(modes.tolist()) == {5}


def test_sanctions_take_a_system_down(seed: int) -> None:
    """Political events of severity 2 and 3, each with the stated probability, for a repair's time."""
    law = {"kind_rate": np.array([1e-12, 1e-12, 0.8, 1e-12])[:, None] * np.ones(8), "pulse_share": [0.0, 0.0, 1.0],
           "pulse_days": 1e-3, "severity_share": [[0.25, 0.5, 0.25]] * 4}
    scenario = talks(systems={"bank": {"mtbf_days": 1e6, "repair_hours": 12.0, "modes": ["in_person"],
                                       "sanctions_coupling": 0.6}}, next_round={"planned": day(20)}, horizon_days=40)
    outcome = run(scenario, seed, **law, **CLOSES)
    lost = outcome.next_round_status.values.ravel() > 0
    # All events fall just before the planned day: the round meets the system down as soon as one of them took it.
    assert_mean(lost.astype(float), 1 - np.exp(-0.8 * 0.75 * 0.6) + 12 / 24 / 1e6)
    without = talks(systems={"bank": {"mtbf_days": 1e6, "repair_hours": 12.0, "modes": ["in_person"]}},
                    next_round={"planned": day(20)}, horizon_days=40)
    assert share_lost(run(without, seed, **law, **CLOSES)) < 1e-3


def test_outages_imposed_one_after_another_count_one_by_one(seed: int) -> None:
    """Three failures between two rounds, not in order: downtime is their union, not the time they span."""
    failures = [
        {"system": "line", "date": day(30), "hours": 48}, {"system": "line", "date": day(5), "hours": 24},
        {"system": "line", "date": day(31), "hours": 48}, {"system": "line", "date": day(55), "hours": 24 * 30}]
    scenario = talks(systems={"line": {**OWN, "mtbf_days": 1e6}}, next_round={"planned": day(50)}, horizon_days=60,
                     injections=failures)
    outcome = run(scenario, seed, trials=500, stall_intercept=-25.0)
    np.testing.assert_allclose(outcome.downtime_days.values.ravel(), 1 + 3 + 5, atol=1e-3)


def test_an_outage_of_unknown_length_is_exponential(seed: int) -> None:
    scenario = talks(systems={"line": {**OWN, "mtbf_days": 1e6}}, horizon_days=400, next_round={"planned": day(399)},
                     injections=[{"system": "line", "date": day(1), "mean_hours": 36.0}])
    days = run(scenario, seed, trials=20_000).downtime_days.values.ravel()
    assert_mean(days, 1.5)
    assert_mean((days > 1.5).astype(float), np.exp(-1.0))


def test_an_intrusion_costs_trust(seed: int) -> None:
    """It moves the next round by its delay, and its severity is tension from the next day on."""
    scenario = talks(systems={"secure_channel": {}}, next_round={"planned": day(10), "mode": "in_person"},
                     injections=[{"preset": "intrusion", "date": day(4)}], horizon_days=60)
    outcome = run(scenario, seed, trials=300, paths=True)
    assert (outcome.next_round_day == 17).all() and not outcome.next_round_on_time.any()
    assert (outcome.next_round_cause == 8).all()
    assert (outcome.system_trouble.sel(system="secure_channel") >= 1).all()
    assert (outcome.attempt_day[..., 0] == 10).all() and (outcome.attempt_begin_day[..., 0] == 17).all()
    np.testing.assert_allclose(outcome.attempt_tension[..., 0], 2.0 ** (-(17 - 4) / 30), rtol=1e-6)
    on_the_day = scenario.replace("injections", [{"preset": "intrusion", "date": day(10), "delay_days": 0}])
    paths = run(on_the_day, seed, trials=300, paths=True)
    assert (paths.attempt_tension[..., 0] == 0).all()
    faded = 2.0 ** (-(paths.attempt_day[..., 1] - 10) / 30)
    np.testing.assert_allclose(paths.attempt_tension[..., 1], faded, rtol=1e-6)


def test_a_severe_failure_blocks_like_a_severe_event(seed: int) -> None:
    scenario = talks(next_round={"planned": day(10)}, injections=[{"date": day(3), "severity": 3}])
    outcome = run(scenario, seed, loss_logit=-1.0, loss_severe=1.5)
    assert_mean((outcome.next_round_status.values.ravel() > 0).astype(float), 1 / (1 + np.exp(-0.5)))
    late = run(scenario.replace("next_round.planned", day(18)), seed, loss_logit=-1.0, loss_severe=1.5)
    assert_mean((late.next_round_status.values.ravel() > 0).astype(float), 1 / (1 + np.exp(1.0)))


def test_order_of_the_file_does_not_count(seed: int) -> None:
    failures = [{"system": "line", "date": day(3), "mean_hours": 30.0},
                {"system": "line", "date": day(9), "delay_days": 2},
                {"system": "line", "date": day(9), "mean_hours": 10.0}]
    one = run(talks(systems={**with_own(), "video_bridge": {}}, injections=failures), seed, trials=500)
    other = run(talks(systems={"video_bridge": {}, **with_own()}, injections=failures[::-1]), seed, trials=500)
    for name in one.data_vars:
        np.testing.assert_array_equal(one[name].values, other[name].values, err_msg=str(name))


def test_counts_agree_with_trials(seed: int) -> None:
    """keep='reduced' sums what keep='trials' holds."""
    scenario = talks(systems={**with_own(spares=1), "video_bridge": {}},
                     stages=[{"name": "a", "go": 0.4}, {"name": "b"}])
    trials = fc.simulate(scenario, "prior", draws=10, trials=40, seed=seed)
    counts = fc.simulate(scenario, "prior", draws=10, trials=40, seed=seed, keep="reduced")
    np.testing.assert_array_equal(counts.trouble_sum, trials.system_trouble.sum("trial"))
    np.testing.assert_array_equal(counts.down_count, (trials.downtime_days > 0).sum("trial"))
    np.testing.assert_allclose(counts.downtime_sum, trials.downtime_days.astype(float).sum("trial"), rtol=1e-12)
    np.testing.assert_array_equal(counts.retreats_sum, trials.retreats.sum("trial"))
    for i in range(2):
        np.testing.assert_array_equal(counts.stage_count[:, i], (trials.stage_reached == i).sum("trial"))


def test_spares_can_only_help() -> None:
    scenario = resolve(talks(systems={f"s{r}": {**OWN, "spares": r, "failover_hours": 0.5} for r in range(4)}))
    up = [availability(scenario.systems[f"s{r}"]) for r in range(4)]
    assert up == sorted(up) and up[0] < up[3]
    assert spare_probability(scenario.systems["s0"]) == 0.0
