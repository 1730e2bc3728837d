"""Game days: what is injected, what it does on shared luck, and how it is told."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine.posteriors import STAYS_OPEN, day, quiet, talks

import forecast as fc
from forecast.gameday import read_injections
from forecast.gameday.injections import with_systems
from forecast.gameday.result import GameDay
from forecast.scenario.defaults import SYSTEMS

OWN = {"mtbf_days": 1e6, "repair_hours": 10.0, "modes": ["remote"]}


def played(scenario, injections: Any = None, *, draws: int = 4, trials: int = 2000, seed: int = 3,
           **law: Any) -> GameDay:
    posterior = quiet(rows=draws, **{**STAYS_OPEN, **law})
    return fc.gameday(scenario, injections, posterior, draws=draws, trials=trials, seed=seed)


def remote(fallback: list[str], **fields: Any):
    plan = {"planned": day(5), "mode": "remote", "fallback": fallback}
    return talks(systems={"bridge": OWN}, next_round=plan, horizon_days=60, **fields)


def test_a_round_without_fallback_is_lost(seed: int) -> None:
    made = played(remote([]), f"bridge@{day(5)},hours=6", seed=seed)
    effect = made.failures[0]
    assert (effect.met.p, effect.attempt, effect.due) == (1.0, 1, 5)
    assert effect.on_time.calm.p == 1.0 and effect.on_time.hit.p == 0.0 and effect.on_time_change.value == -1.0
    assert effect.broken.p == effect.lost.p == 1.0 and not effect.saved and effect.moved.p == 0.0
    assert effect.down_days.value == pytest.approx(0.25, abs=1e-3)
    assert effect.recovery[0].p50 == 0 and effect.recovery[1].p5 >= 1


def test_a_rung_saves_the_round_with_the_probability_of_a_retreat(seed: int) -> None:
    retreat = np.zeros(9)
    retreat[7] = 0.7
    made = played(remote(["in_person", "correspondence"]), f"bridge@{day(5)},hours=6", seed=seed, retreat=retreat)
    effect = made.failures[0]
    assert set(effect.saved) == {"in_person"}
    error = np.sqrt(0.7 * 0.3 / 8000)
    assert abs(effect.saved["in_person"].p - 0.7) < 4 * error and abs(effect.lost.p - 0.3) < 4 * error
    assert abs(effect.on_time.hit.p - 0.7) < 4 * error
    assert effect.on_time_change.value == pytest.approx(made.comparison["next_round.on_time"].difference.value)
    assert effect.on_time_change.mc_error < 0.02


def test_a_failure_nobody_meets_changes_nothing_but_downtime(seed: int) -> None:
    """It is over before the round: the same trials to the last bit, and its own length of downtime."""
    made = played(remote([]), f"bridge@{day(1)},hours=12", seed=seed)
    effect = made.failures[0]
    assert effect.on_time_change.value == effect.on_time_change.low == effect.on_time_change.high == 0.0
    assert effect.down_days.value == pytest.approx(0.5, abs=1e-3)
    for key, row in made.comparison.rows.items():
        assert key.startswith("downtime") or not row.difference.value or np.isnan(row.difference.value), key
    assert "does not change the probability" in made.to_text()


def test_a_delay_moves_the_round(seed: int) -> None:
    made = played(remote([]), {"date": day(3), "delay_days": 4, "note": "hall flooded"}, seed=seed)
    effect = made.failures[0]
    assert effect.failure.label == "hall flooded" and effect.down_days is None
    assert effect.moved.p == 1.0 and effect.lost.p == 0.0 and effect.on_time.hit.p == 0.0
    assert (effect.recovery[0].p50, effect.recovery[1].p50) == (2, 6)


def test_several_failures_and_those_of_the_scenario(seed: int) -> None:
    own = remote([], injections=[{"system": "bridge", "date": day(5), "hours": 6}])
    made = played(own, [f"bridge@{day(30)},hours=48"], seed=seed)
    assert [effect.failure.day for effect in made.failures] == [5, 30]
    assert not made.comparison.baseline.injections and len(made.comparison.alternative.injections) == 2
    assert made.failures[1].down_days.value == pytest.approx(2.25, abs=1e-3)
    alone = played(own, seed=seed)
    assert alone.failures[0].to_dict()["lost"] == made.failures[0].to_dict()["lost"]


def test_error_budgets(seed: int) -> None:
    """One attempt of n lost to the bridge: 1 / n of them, against an objective of 95%."""
    scenario = remote([]).replace("systems.bridge.slo", 0.95)
    made = played(scenario, f"bridge@{day(5)},hours=6", seed=seed)
    calm, hit = made.service["bridge"]
    assert calm.on_time.p == 1.0 and calm.met and calm.budget_used.value == pytest.approx(0.0, abs=1e-6)
    assert 0.9 < hit.on_time.p < 0.95 and not hit.met
    assert hit.budget_used.value == pytest.approx((1 - hit.on_time.p) / 0.05)
    assert "misses its objective of 95%" in made.to_text() and "(met in the calm run)" in made.to_text()
    outcome = fc.simulate(made.scenario, quiet(rows=4, **STAYS_OPEN), draws=4, trials=2000, seed=seed)
    summary = fc.summarize(outcome)
    assert summary.service["bridge"].to_dict() == hit.to_dict()
    assert "error budget used" in str(summary) and summary.to_dict()["service"]["bridge"]["met"] is False


def test_calm_numbers_are_those_of_a_forecast_and_a_comparison(seed: int) -> None:
    posterior = quiet(rows=4, loss_logit=-1.5, **STAYS_OPEN)
    scenario, failure = remote(["in_person"]), {"system": "bridge", "date": day(5), "hours": 6.0}
    made = fc.gameday(scenario, failure, posterior, draws=4, trials=500, seed=seed)
    plain = fc.summarize(fc.simulate(scenario, posterior, draws=4, trials=500, seed=seed))
    assert made.comparison["deal"].baseline.value == pytest.approx(plain.deal.p)
    assert made.failures[0].on_time.calm.p == pytest.approx(plain.next_round.on_time.p)
    both = fc.compare(scenario, {"injections": [failure]}, posterior, draws=4, trials=500, seed=seed)
    assert both["deal"].to_dict() == made.comparison["deal"].to_dict()


def test_share_of_planned_rounds_on_time(seed: int) -> None:
    """Against the paths of two forecasts, and its Monte Carlo error against that of repetitions."""
    posterior = quiet(loss_logit=-1.0, **STAYS_OPEN)
    scenario, failure = remote([]), f"bridge@{day(5)},hours=6"
    made = fc.gameday(scenario, failure, posterior, draws=1, trials=1000, seed=seed)
    shares = []
    for one in (made.comparison.baseline, made.comparison.alternative):
        paths = fc.simulate(one, posterior, draws=1, trials=1000, seed=seed, paths=True)
        there = paths.attempt_status.values >= 0
        on_time = (paths.attempt_status.values == 0) & (paths.attempt_begin_day.values == paths.attempt_day.values)
        shares.append(on_time.sum() / there.sum())
    assert (made.on_time.calm.p, made.on_time.hit.p) == pytest.approx(tuple(shares))
    assert made.on_time.change.value == pytest.approx(shares[1] - shares[0])
    again = [fc.gameday(scenario, failure, posterior, draws=1, trials=1000, seed=i).on_time.change.value
             for i in range(40)]
    assert 0.6 < np.std(again) / made.on_time.change.mc_error < 1.5
    assert abs(np.mean(again) - made.on_time.change.value) < 4 * made.on_time.change.mc_error


def test_talks_without_systems_get_the_known_ones_in_both_runs(seed: int) -> None:
    scenario = talks(next_round={"planned": day(5), "mode": "remote"})
    made = fc.gameday(scenario, f"certificate_expiry@{day(5)}", "prior", draws=20, trials=200, seed=seed)
    assert set(made.added) == set(SYSTEMS)
    assert set(made.comparison.baseline.systems) == set(SYSTEMS)
    assert made.failures[0].failure.system == "credentials" and made.failures[0].lost.p > 0.9
    assert "known defaults were used in both runs" in str(made)
    # At their defaults they open no further door: the calm run has the law of the plain forecast.
    plain = fc.summarize(fc.simulate(scenario, "prior", draws=20, trials=200, seed=seed))
    assert made.comparison["next_round.on_time"].baseline.value == pytest.approx(plain.next_round.on_time.p, abs=0.03)
    own = talks(systems={"bridge": OWN}, next_round={"planned": day(5)})
    assert with_systems(own, [{"preset": "link_drop", "date": day(3)}])[1] == ["satellite_link"]


def test_threads_and_repetition_change_nothing(seed: int) -> None:
    scenario = talks(next_round={"planned": day(5), "mode": "remote", "fallback": ["in_person"]})
    failures = [f"link_drop@{day(5)}", f"intrusion@{day(9)}"]
    one, two = (fc.gameday(scenario, failures, "prior", draws=30, trials=300, seed=seed, threads=n).to_dict()
                for n in (1, 3))
    assert one == two


# ------------------------------------------------------------------ forms
def test_forms(seed: int, tmp_path: Path) -> None:
    failures = [f"bridge@{day(5)},hours=6", f"bridge@{day(59)},hours=6"]
    made = played(remote(["in_person"]), failures, seed=seed, retreat=0.5)
    data = json.loads(json.dumps(made.to_dict(), allow_nan=False))
    assert {"failures", "planned_rounds_on_time", "changes", "service", "systems_added", "prior_driven"} <= set(data)
    assert data["failures"][0]["saved"]["in_person"]["p"] == made.failures[0].saved["in_person"].p
    assert any("failures stated in the scenario" in part["reason"] for part in data["prior_driven"])
    rows = list(csv.DictReader(made.to_csv(tmp_path / "gameday.csv").read_text().splitlines()))
    assert {row["key"] for row in rows} >= {"on_time", "lost", "saved.in_person", "planned_rounds_on_time", "deal",
                                            "service.bridge.on_time"}
    assert len(made.to_dataframe()) == len(rows)
    html = made._repr_html_()
    assert "<table>" in html and "<script" not in html
    assert repr(made).startswith("<GameDay of") and len(list(made)) == 2


def test_names_are_escaped(seed: int) -> None:
    scenario = remote([]).replace_all({"systems.bridge.name": "<b>bridge</b>", "title": "[red]T[/red] <i>"})
    made = played(scenario, f"bridge@{day(5)},hours=6", trials=50, seed=seed)
    assert "<b>" not in made._repr_html_() and "&lt;b&gt;" in made._repr_html_() and "<i>" not in made._repr_html_()
    assert "[red]T[/red]" in str(made)


def test_no_round_after_a_failure(seed: int) -> None:
    scenario = remote([])
    made = played(scenario, f"bridge@{day(60)},hours=1", trials=50, seed=seed, gap_log_mean=np.log(500.0))
    assert made.failures[0].attempt is None and np.isnan(made.failures[0].on_time.calm.p)
    assert "no round is planned on or after that day" in made.to_text()
    assert "No round planned" in str(made) and made.to_dict()["failures"][0]["attempt"]["number"] is None
    json.dumps(made.to_dict(), allow_nan=False)


# ------------------------------------------------------------------ input
def test_what_can_be_injected(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("injections:\n  - {preset: intrusion, date: 2026-07-01}\n  - link_drop@2026-07-02\n")
    wanted = {"date": "2026-07-01", "preset": "intrusion"}
    assert read_injections("intrusion@2026-07-01") == [wanted]
    assert len(read_injections([script, "own_line@2026-07-03,hours=2.5,severity=3"])) == 3
    assert read_injections("own_line@2026-07-03,hours=2.5,severity=3")[0] == {
        "date": "2026-07-03", "system": "own_line", "hours": 2.5, "severity": 3}
    assert read_injections(None) == [] and read_injections([]) == []


BAD = {
    "certificate_expirey": r"did you mean certificate_expiry\?", "intrusion@": "NAME@YYYY-MM-DD",
    "intrusion@2026-07-01,hours": "field=value", "intrusion@2026-07-01,hours=2,hours=3": "each field once",
    "intrusion@yesterday": "a date", "nothing@2026-07-01": "unknown id 'nothing'",
    "intrusion@2020-07-01": "from as_of 2026-06-19 to the horizon",
    "intrusion@2026-07-01,colour=3": "unknown key 'colour'",
    "intrusion@2026-07-01,hours=-3": "at least 0",
}


@pytest.mark.parametrize("given", BAD)
def test_bad_failures_say_what_is_wrong(given: str) -> None:
    with pytest.raises(fc.ScenarioError, match=BAD[given]):
        fc.gameday("us_iran_final_2026", given, draws=2, trials=2)


@pytest.mark.parametrize("content", ["", "[]", "{a: 1}", "injections: 3", "- [1, 2]", "\tx", "&a [*a]"])
def test_bad_scripts(tmp_path: Path, content: str) -> None:
    script = tmp_path / "script.yaml"
    script.write_text(content)
    with pytest.raises(fc.ScenarioError):
        read_injections(script)
    with pytest.raises(fc.ScenarioError, match="no such file"):
        read_injections(tmp_path / "none.yaml")


def test_nothing_to_inject() -> None:
    with pytest.raises(fc.ScenarioError, match="no failure to inject"):
        fc.gameday("us_iran_final_2026", draws=2, trials=2)
    with pytest.raises(fc.ScenarioError, match="a whole number"):
        fc.gameday("us_iran_final_2026", "intrusion@2026-07-01", draws=0)
