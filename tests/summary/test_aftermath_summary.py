"""The summary of what comes after a deal: by hand from the trials, the same from counts, with honest intervals."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import numpy as np
import pytest
import xarray as xr
from summary.fake_outcome import HORIZON, SCENARIO, fake_outcome

import forecast as fc
from forecast.scenario import Scenario
from forecast.summary import Summary, summarize
from forecast.summary.aftermath import SHARES
from forecast.vocabulary import annotate

FOUR = {"p", "low", "high", "mc_error"}
USED = {**SCENARIO, "ratification": [{"party": "us", "veto": 0.4, "days": 5, "then": "end"}],
        "implementation": {"horizon_days": 365, "tranches": [{"name": "all", "share": 1.0, "days": 30}]}}
VALUE = {"value", "low", "high", "mc_error"}


def fake_after(draws: int = 400, trials: int = 250, seed: int = 2) -> xr.Dataset:
    """Return an outcome with votes, in force by Beta(12, 8) over draws given a deal, half or all of it released."""
    rng = np.random.default_rng(seed)
    ds = fake_outcome(draws, trials, seed, scenario=USED)
    deal, end = ds["ending"].values <= 1, ds["end_day"].values
    passes = rng.random((draws, trials)) < rng.beta(12, 8, draws)[:, None]
    day = end + 5
    state = np.where(~deal, -1, np.where(day > HORIZON, 2, passes)).astype(np.int8)
    forced = state == 1
    full = rng.random((draws, trials)) < rng.beta(6, 6, draws)[:, None]
    released = np.where(forced, np.where(full, 1.0, 0.5), 0.0).astype(np.float32)
    wrong = np.where(forced & full & (rng.random((draws, trials)) < 0.2), 0.25, 0.0).astype(np.float32)
    withheld = np.where(forced & ~full, 0.125, 0.0).astype(np.float32)
    t = ("draw", "trial")
    return annotate(ds.assign({
        "ratified": (t, state),
        "ratified_day": (t, np.where(state >= 0, np.where(state < 2, day, -1), -1).astype(np.int16)),
        "votes": (t, (deal & (day <= HORIZON)).astype(np.int16)),
        "in_force": (t, np.where(deal, forced, -1).astype(np.int8)),
        "in_force_day": (t, np.where(forced, day, -1).astype(np.int16)),
        "tranche_released": (t, released), "wrongly_released": (t, wrong), "wrongly_withheld": (t, withheld),
        "breach_day": (t, np.where(wrong > 0, day + 3, -1).astype(np.int16))}))


@pytest.fixture(scope="module")
def outcome() -> xr.Dataset:
    return fake_after()


@pytest.fixture(scope="module")
def summary(outcome: xr.Dataset) -> Summary:
    return summarize(outcome)


def test_numbers_are_those_of_the_trials(outcome: xr.Dataset, summary: Summary) -> None:
    made = summary.to_dict()["after"]
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    deal, state = outcome.ending.values <= 1, outcome.ratified.values
    forced = outcome.in_force_day.values >= 0
    for name, code in (("rejected", 0), ("ratified", 1), ("pending", 2)):
        assert set(made[name]) == FOUR and made[name]["p"] == pytest.approx((state == code).mean())
    assert sum(made[name]["p"] for name in ("rejected", "ratified", "pending")) == pytest.approx(made_deal(summary))
    assert made["ratified_if_deal"]["p"] == pytest.approx((state[deal] == 1).mean())
    assert made["votes_if_deal"]["value"] == pytest.approx(outcome.votes.values[deal].mean())
    for date, one in made["in_force_by"].items():
        day = (dt.date.fromisoformat(date) - summary.as_of).days
        within = forced & (outcome.in_force_day.values <= day)
        assert set(one) == FOUR and one["p"] == pytest.approx(within.mean())
    values = {name: outcome[name].values.astype(float) for name in SHARES if name != "tranche_due"}
    values["tranche_due"] = values["tranche_released"] - values["wrongly_released"] + values["wrongly_withheld"]
    for name in SHARES:
        one = made[f"{name}_if_in_force"]
        assert set(one) == VALUE and one["value"] == pytest.approx(values[name][forced].mean())
    assert made["released"]["value"] == pytest.approx(values["tranche_released"].mean())
    assert made["breach_if_in_force"]["p"] == pytest.approx((outcome.breach_day.values[forced] >= 0).mean())


def made_deal(summary: Summary) -> float:
    return summary.deal.p


def test_known_spreads_are_recovered(summary: Summary) -> None:
    """Over draws: ratified given a deal in time is Beta(12, 8), the mean share (1 + Beta(6, 6)) / 2; within 15%."""
    from scipy import stats

    given = summary.after.if_in_force["tranche_released"]
    wanted = (1 + stats.beta(6, 6).ppf([0.05, 0.95])) / 2
    assert given.high - given.low == pytest.approx(np.ptp(wanted), rel=0.15)
    assert given.low == pytest.approx(wanted[0], abs=0.03) and given.high == pytest.approx(wanted[1], abs=0.03)
    ratified, wanted = summary.after.ratified_if_deal, stats.beta(12, 8).ppf([0.05, 0.95])
    late = summary.after.decided["pending"].p / summary.deal.p
    assert ratified.high - ratified.low == pytest.approx(np.ptp(wanted) * (1 - late), rel=0.15)


@pytest.mark.parametrize("day", [30, [10, 40], "2026-08-01", dt.date(2026, 7, 1)])
def test_dates_asked_for(outcome: xr.Dataset, day: Any) -> None:
    made = summarize(outcome, by=day)
    assert list(made.after.in_force_by) == [one.date for one in made.by]


def test_every_form_says_the_same(summary: Summary) -> None:
    rows = [row for row in summary.rows() if row["section"] == "After the deal"]
    made = summary.to_dict()["after"]
    assert rows and all(row["prior_driven"] for row in rows)
    for row in rows:
        place: Any = made
        for key in row["key"].removeprefix("after.").split("."):
            place = place[key]
        assert row["value"] == pytest.approx(place["p"] if "p" in place else place["value"])
        assert row["low"] <= row["value"] + 0.02 and row["value"] <= row["high"] + 0.02
    text, shown = summary.to_text(), str(summary)
    for sentence in ("A deal is reached and ratified by the horizon with", "Probability that a deal is in force by",
                     "a perfect verifier would release", "false alarms"):
        assert sentence in text
    assert "After the deal*" in shown and "Reached and ratified" in shown and "by a perfect verifier" in shown
    assert {part.part for part in summary.prior_driven} >= {"votes on the deal", "implementation of the deal"}


def test_talks_that_end_with_the_deal_say_nothing_of_it() -> None:
    made = summarize(fake_outcome(20, 20))
    assert made.after is None and made.to_dict()["after"] == {}
    assert "After the deal" not in str(made) and "ratified" not in made.to_text()
    assert not [row for row in made.rows() if row["key"].startswith("after")]


@pytest.mark.parametrize("part", ["ratification", "implementation"])
@pytest.mark.parametrize("closing", [0.0, -5.0])
def test_one_part_alone_and_no_deal_at_all(part: str, closing: float, seed: int) -> None:
    fields = {"ratification": [{"party": "a", "veto": 0.5, "days": 9}],
              "implementation": {"tranches": [{"name": "all", "share": 0.8, "days": 30}], "breach": {"a": 0.5}}}
    scenario = Scenario.from_dict({"parties": ["a", "b"], "as_of": "2026-06-19", "domain": "labour", "horizon_days": 20,
                                   "adjust": {"closing": closing, "rationale": "for a test"}, part: fields[part]})
    made = [summarize(fc.simulate(scenario, "prior", draws=4, trials=25, seed=seed, keep=keep, threads=1))
            for keep in ("trials", "reduced")]
    first, second = (one.to_dict()["after"] for one in made)
    assert list(first) == list(second) and ("released" in first) == (part == "implementation")
    assert ("ratified" in first) == (part == "ratification")
    for one in made:
        assert one.to_text() and str(one) and one.rows()
        assert "nan" not in one.to_text() and json.dumps(one.to_dict(), allow_nan=False)


def test_counts_give_the_same_summary(seed: int) -> None:
    scenario = Scenario.from_dict({
        "parties": ["a", "b"], "as_of": "2026-06-19", "domain": "labour", "horizon_days": 200,
        "ratification": [{"party": "a", "veto": {"beta": {"a": 3, "b": 6}}, "days": 9, "then": "resume"}],
        "implementation": {"tranches": [{"name": "x", "share": 0.7, "days": 30},
                                        {"name": "y", "share": 0.3, "days": 200}],
                           "breach": {"a": 0.5}, "verifier": {"false_positive": 0.1, "false_negative": 0.2}}})
    a, b = (summarize(fc.simulate(scenario, "prior", draws=30, trials=100, seed=seed, keep=keep)).to_dict()["after"]
            for keep in ("trials", "reduced"))

    def flat(made: dict, path: str = ""):
        for key, value in made.items():
            if isinstance(value, dict):
                yield from flat(value, f"{path}{key}.")
            else:
                yield path + key, value

    a, b = dict(flat(a)), dict(flat(b))
    assert list(a) == list(b)
    for key, value in a.items():
        assert b[key] == pytest.approx(value, abs=2e-3 if key.endswith(("low", "high")) else 1e-8), key


def test_a_file_keeps_it(outcome: xr.Dataset, summary: Summary, tmp_path) -> None:
    path = tmp_path / "run.nc"
    outcome.to_netcdf(path, engine="h5netcdf")
    with xr.open_dataset(path, engine="h5netcdf") as again:
        assert summarize(again.load()).to_dict()["after"] == summary.to_dict()["after"]
