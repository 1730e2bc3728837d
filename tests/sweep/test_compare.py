"""Comparisons: the numbers of two forecasts, their differences trial by trial, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

import forecast as fc

SMALL = {"draws": 30, "trials": 40}


@pytest.fixture
def made(talks, seed):
    return fc.compare(talks, {"parties.port.present": False, "next_round.fallback": ["remote"]}, seed=seed, **SMALL)


def test_each_side_is_the_forecast_of_that_side(made, talks, seed) -> None:
    for side, scenario in (("baseline", talks), ("alternative", made.alternative)):
        summary = fc.summarize(fc.simulate(scenario, seed=seed, **SMALL))
        for name, four in summary.ends.items():
            assert getattr(made[f"ends.{name}"], side).value == pytest.approx(four.p, abs=1e-12)
        deal = getattr(made["deal"], side)
        assert (deal.low, deal.high, deal.mc_error) == pytest.approx(
            (summary.deal.low, summary.deal.high, summary.deal.mc_error))
        assert getattr(made["next_round.on_time"], side).value == pytest.approx(summary.next_round.on_time.p)
        assert getattr(made["by.44"], side).value == pytest.approx(summary.by[-2].deal.p, abs=1e-12)
        assert getattr(made["settlement.wage.mean"], side).value == pytest.approx(
            summary.settlement["wage"].mean.value, rel=0.01)


def test_differences_are_those_of_the_trials(made, talks, seed) -> None:
    one, other = (fc.simulate(s, seed=seed, **SMALL) for s in (talks, made.alternative))
    deal = [(o["ending"].values <= 1).astype(float) for o in (one, other)]
    row = made["deal"]
    assert row.difference.value == pytest.approx((deal[1] - deal[0]).mean())
    luck = (deal[1] - deal[0]).var(axis=1).sum()
    assert row.saved == pytest.approx(1 - luck / (deal[0].var(axis=1) + deal[1].var(axis=1)).sum())
    assert made["end_day"].difference.value == pytest.approx(
        (other["end_day"].values.astype(float) - one["end_day"].values).mean())


def test_two_outcomes_give_the_same_comparison(made, talks, seed) -> None:
    one, other = (fc.simulate(s, seed=seed, **SMALL) for s in (talks, made.alternative))
    again = fc.compare(one, other)
    for row in made:
        assert again[row.key].difference.value == pytest.approx(row.difference.value, abs=1e-9), row.key
        assert again[row.key].difference.low == pytest.approx(row.difference.low, abs=1e-9, nan_ok=True)
    assert again.changes == made.changes


@pytest.mark.parametrize("change", [{"seed": 5}, {"trials": 30}])
def test_outcomes_that_do_not_share_their_luck_are_refused(change, talks) -> None:
    one = fc.simulate(talks, seed=4, **SMALL)
    other = fc.simulate(talks, **{"seed": 4, **SMALL, **change})
    with pytest.raises(fc.StoreError, match="the same in both outcomes"):
        fc.compare(one, other)


def test_counts_cannot_be_paired_afterwards(talks) -> None:
    one = fc.simulate(talks, seed=4, keep="reduced", **SMALL)
    with pytest.raises(fc.StoreError, match="keep='trials'"):
        fc.compare(one, one)
    with pytest.raises(fc.StoreError, match="two outcomes, or two scenarios"):
        fc.compare(one, talks)


def test_threads_change_nothing(talks) -> None:
    one, two = (fc.compare(talks, {"parties.port.present": False}, seed=3, threads=n, draws=100, trials=60)
                for n in (1, 3))
    assert one.to_dict() == two.to_dict()


def test_shared_luck_saves_variance(talks) -> None:
    made = fc.compare(talks, {"adjust.closing": 0.6}, seed=1, draws=60, trials=100)
    assert made["deal"].saved > 0.8 and made["deal"].reach > 0.8


def test_nothing_changed_nothing_differs(talks, seed) -> None:
    made = fc.compare(talks, talks, seed=seed, **SMALL)
    assert made.changes == {} and not made.prior_driven
    assert all(row.difference.value == 0 for row in made if np.isfinite(row.difference.value))
    assert "does not change" in made.to_text()


def test_what_rests_on_judgement_is_said(talks) -> None:
    absent = fc.compare(talks, {"parties.port.present": False}, seed=1, **SMALL)
    assert [part.part for part in absent.prior_driven] == ["parties.port.present"] and absent.mark == "*"
    assert "effort" in absent.prior_driven[0].reason
    assert fc.compare(talks, {"horizon_days": 50}, seed=1, **SMALL).prior_driven == []


def test_both_sides_use_the_posterior_of_the_first(talks) -> None:
    made = fc.compare(talks, talks.replace("posterior", "auto"), seed=1, **SMALL)
    assert any("posterior of the baseline" in note for note in made.notes)


def test_the_forms_of_a_comparison(made, tmp_path) -> None:
    content = json.loads(json.dumps(made.to_dict(), allow_nan=False))
    assert set(content["deal"]) == {"baseline", "alternative", "difference", "variance_saved", "ceiling"}
    assert set(content["deal"]["baseline"]) == {"p", "low", "high", "mc_error"}
    assert sum(end["difference"]["value"] for end in content["ends"].values()) == pytest.approx(0, abs=1e-12)
    assert content["by"]["2026-04-15"]["baseline"]["p"] <= content["deal"]["baseline"]["p"]
    assert content["changes"]["parties.port.present"] == {"baseline": "unknown", "alternative": False}
    text = str(made)
    assert "Union - Port" in text and "percentage points" in text and "ceiling" in text
    assert "<table>" in made._repr_html_() and "script" not in made._repr_html_()
    lines = made.to_csv(tmp_path / "made.csv").read_text().splitlines()
    assert len(lines) == 1 + len(made.rows) and lines[0].startswith("key,label,unit,baseline")
    frame = made.to_dataframe()
    assert frame.loc["deal", "difference"] == made["deal"].difference.value


def test_names_are_shown_not_obeyed(talks) -> None:
    odd = talks.replace_all({"title": "[red]<b>x</b>[/red]", "parties.port.present": False})
    made = fc.compare(talks, odd, seed=1, **SMALL)
    assert "[red]<b>x</b>[/red]" in str(made) and "<b>x</b>" not in made._repr_html_()


@pytest.mark.parametrize("alternative, said", [
    ({"parties.port.presnt": True}, "did you mean present"), ({"": 1}, "keys joined by dots"), ("nowhere", "nowhere"),
    (7, "a scenario, its name or its path"), ({"parties.port.present": "maybe"}, "true, false or unknown"),
])
def test_bad_alternatives(alternative, said: str, talks) -> None:
    with pytest.raises(fc.ScenarioError, match=said):
        fc.compare(talks, alternative, **SMALL)


@pytest.mark.parametrize("numbers, said", [
    ({"draws": 0}, "draws"), ({"trials": 2.5}, "trials"), ({"seed": -1}, "seed"), ({"threads": 0}, "threads"),
    ({"by": "2026-09-01"}, "raise horizon_days"), ({"by": "soon"}, "a date"), ({"draws": 5000}, "1 to 1000"),
])
def test_bad_numbers(numbers, said: str, talks) -> None:
    with pytest.raises(fc.ScenarioError, match=said):
        fc.compare(talks, {"horizon_days": 50}, **{**SMALL, **numbers})


def test_a_history_is_conditioned_on_in_both(talks) -> None:
    past = [{"date": "2026-02-20", "type": "attempt", "status": "held", "planned": "2026-02-18", "start": "2026-02-18",
             "end": "2026-02-19", "mode": "in_person"},
            {"date": "2026-02-25", "type": "attempt", "status": "postponed", "planned": "2026-02-25"}]
    known = talks.replace("history", past)
    made = fc.compare(known, {"parties.port.present": False}, seed=2, **SMALL)
    summary = fc.summarize(fc.simulate(known, seed=2, **SMALL))
    assert made["deal"].baseline.value == pytest.approx(summary.deal.p, abs=1e-12)
    assert made["next_round.held"].baseline.value == pytest.approx(summary.next_round.held.p, abs=1e-12)
