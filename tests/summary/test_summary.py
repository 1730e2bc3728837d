"""The summary: the same numbers from either form of an outcome, in every form it is printed in."""

from __future__ import annotations

import csv
import datetime as dt
import html.parser
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from summary.fake_outcome import HORIZON, SCENARIO, fake_outcome, reduced

from forecast.errors import ScenarioError, StoreError
from forecast.summary import Summary, summarize
from forecast.summary.text import WORDS, interval, percent, word
from forecast.vocabulary import ENDINGS, MODES

FOUR = {"p", "low", "high", "mc_error"}
AS_OF = dt.date(2026, 6, 19)


@pytest.fixture(scope="module")
def outcome() -> Any:
    return fake_outcome(60, 80)


@pytest.fixture(scope="module")
def summary(outcome: Any) -> Summary:
    return summarize(outcome)


def test_json_is_the_contract(summary: Summary) -> None:
    made = summary.to_dict()
    assert list(made)[:13] == ["scenario", "as_of", "seed", "draws", "trials", "ends", "deal", "next_round",
                               "time_to_end_days", "zopa", "adjust", "base_rate", "provenance"]
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert tuple(made["ends"]) == ENDINGS
    assert all(set(one) == FOUR for one in [*made["ends"].values(), made["deal"]])
    assert sum(one["p"] for one in made["ends"].values()) == pytest.approx(1, abs=1e-12)
    assert made["deal"]["p"] == pytest.approx(made["ends"]["agreement"]["p"] + made["ends"]["partial"]["p"])
    following = made["next_round"]
    assert list(following["within_days"]) == ["1", "3", "7", "14", "30", "60"]
    assert tuple(following["mode"]) == MODES
    assert sum(one["p"] for one in following["mode"].values()) == pytest.approx(1)
    assert sum(one["p"] for one in following["attempt"].values()) == pytest.approx(1)
    for one in [following["held"], following["on_time"], *following["within_days"].values(),
                *following["mode"].values()]:
        assert set(one) == FOUR
    assert set(made["time_to_end_days"]) == {*ENDINGS, "any"}
    assert all(set(one) == {"p5", "p25", "p50", "p75", "p95", "n"} for one in made["time_to_end_days"].values())
    assert (made["scenario"], made["as_of"], made["draws"], made["trials"]) == (SCENARIO["name"], "2026-06-19", 60, 80)
    assert made["base_rate"]["n"] > 200


def test_numbers_are_those_of_the_trials(outcome: Any, summary: Summary) -> None:
    ending, day = outcome["ending"].values, outcome["end_day"].values
    for code, name in enumerate(ENDINGS):
        assert summary.ends[name].p == pytest.approx((ending == code).mean())
        times = summary.time_to_end[name]
        there = day[ending == code]
        assert times.n == there.size
        assert [times.p5, times.p50, times.p95] == np.quantile(there, [.05, .5, .95], method="inverted_cdf").tolist()
    assert summary.time_to_end["any"].n == (ending != 5).sum()
    held = outcome["next_round_day"].values
    assert summary.next_round.held.p == pytest.approx((held >= 0).mean())
    assert summary.next_round.within_days[7].p == pytest.approx(((held >= 0) & (held <= 7)).mean())
    mode = outcome["next_round_mode"].values[held >= 0]
    assert summary.next_round.mode["remote"].p == pytest.approx((mode == 4).mean())
    assert summary.next_round.on_time.p == pytest.approx((outcome["next_round_on_time"].values == 1).mean())
    terms = outcome["settlement"].values[:, :, 0]
    made = summary.settlement["enrichment_moratorium"]
    assert made.closed.p == pytest.approx(np.isfinite(terms).mean())
    assert made.mean.value == pytest.approx(np.nanmean(terms), abs=0.02)
    assert made.median.low <= made.median.value <= made.median.high
    assert made.quantiles["p95"] == pytest.approx(np.nanquantile(terms, .95), abs=0.05)
    assert sum(made.share) == pytest.approx(1)
    kind = outcome["n_disruptions"].values[:, :, 2]
    assert summary.disruptions["political"].any.p == pytest.approx((kind > 0).mean())
    assert summary.disruptions["political"].mean.value == pytest.approx(kind.mean())
    down = outcome["downtime_days"].values[:, :, 0]
    assert summary.downtime["video"].days.value == pytest.approx(down.mean())
    assert summary.downtime["video"].any.p == pytest.approx((down > 0).mean())
    assert summary.absent["iran"].p == pytest.approx((outcome["absent"].values[:, :, 1] > 0).mean())
    assert summary.rounds_held.value == pytest.approx(outcome["rounds_held"].values.mean())


def test_mode_of_a_lost_attempt_is_not_counted(outcome: Any) -> None:
    wished = outcome.copy(deep=True)
    lost = wished["next_round_day"].values < 0
    wished["next_round_mode"].values[lost] = 2
    assert summarize(wished).next_round.mode["shuttle"].p == summarize(outcome).next_round.mode["shuttle"].p


def test_both_forms_say_the_same(outcome: Any, summary: Summary) -> None:
    other = summarize(reduced(outcome))
    a, b = summary.to_dict(), other.to_dict()
    for key in ("ends", "deal", "next_round", "time_to_end_days", "by", "zopa", "disruptions", "absent", "rounds_held",
                "downtime", "after", "median_day", "trials", "draws"):
        assert a[key] == b[key], key
    for key, issue in summary.settlement.items():
        assert other.settlement[key].closed == issue.closed
        assert other.settlement[key].median.value == pytest.approx(issue.median.value, abs=0.05)
    # Counts do not keep which trial had the coin: the split then says less, not something else.
    assert b["variance"]["deal"]["parameters"] == pytest.approx(a["variance"]["deal"]["parameters"])
    assert (a["variance"]["deal"]["method"], b["variance"]["deal"]["method"]) == ("zopa", "draws")


def test_by_dates(outcome: Any) -> None:
    made = summarize(outcome, by=["2026-08-16", dt.date(2026, 7, 1), 0, dt.datetime(2026, 7, 1, 12)])
    assert [one.day for one in made.by] == [0, 12, 58]
    ending, day = outcome["ending"].values, outcome["end_day"].values
    assert made.by[2].deal.p == pytest.approx(((ending <= 1) & (day <= 58)).mean())
    assert made.by[2].ended.p == pytest.approx(((ending != 5) & (day <= 58)).mean())
    assert list(made.to_dict()["by"]) == ["2026-06-19", "2026-07-01", "2026-08-16"]
    assert [one.day for one in summarize(outcome, by="2026-07-01").by] == [12]


def test_dates_by_default_are_the_deadline_and_round_numbers(summary: Summary) -> None:
    assert [one.day for one in summary.by] == [30, 58, 90, HORIZON]


def test_dates_outside_are_all_named(outcome: Any) -> None:
    with pytest.raises(ScenarioError) as error:
        summarize(outcome, by=["2026-06-18", "soon", 121, "2026-07-01"])
    text = str(error.value)
    assert "3 problems" in text and "2026-06-18" in text and "'soon'" in text and "raise horizon_days" in text


def test_without_a_plan_on_time_is_null(outcome: Any) -> None:
    bare = fake_outcome(10, 12, scenario={**SCENARIO, "next_round": None, "deadline": None, "issues": {}})
    made = summarize(bare)
    assert made.to_dict()["next_round"]["on_time"] is None
    assert made.to_dict()["zopa"]["beliefs"] is None
    assert made.settlement == {}
    assert "planned" not in made.to_text()


def test_short_horizon_says_nothing_of_later_days() -> None:
    made = summarize(fake_outcome(10, 12, scenario={**SCENARIO, "horizon_days": 10}))
    assert made.to_dict()["next_round"]["within_days"]["14"] == dict.fromkeys(FOUR)
    assert "14 days" not in str(made)


def test_nothing_closes_and_nothing_is_held() -> None:
    ds = fake_outcome(6, 7)
    ds["ending"].values[:], ds["end_day"].values[:] = 5, HORIZON
    ds["settlement"].values[:], ds["next_round_day"].values[:] = np.nan, -1
    ds["next_round_mode"].values[:] = -1
    made = summarize(ds)
    as_json = json.loads(json.dumps(made.to_dict(), allow_nan=False))
    assert as_json["time_to_end_days"]["any"] == {**dict.fromkeys(("p5", "p25", "p50", "p75", "p95")), "n": 0}
    assert as_json["next_round"]["mode"]["remote"]["p"] is None
    assert as_json["settlement"]["enrichment_moratorium"]["p50"] is None
    assert str(made) and made._repr_html_() and made.rows()


def test_words_come_from_the_numbers(summary: Summary) -> None:
    text = summary.to_text()
    assert percent(summary.deal.p) in text and interval(summary.deal) in text
    assert percent(summary.zopa.beliefs.p) in text
    assert "half deals" in text and f"{summary.base_rate['n']} past talks" in text
    assert "No adjustment of the odds" in text
    assert word(summary.deal.p) in summary.to_text(words=True)
    assert "likely" not in text


def test_adjustment_is_printed_with_its_reason() -> None:
    ds = fake_outcome(6, 8, scenario={**SCENARIO, "adjust": {"closing": -0.5, "break_off": 0, "loss": 0,
                                                             "rationale": "sanctions snapback"}})
    made = summarize(ds)
    assert "closing -0.50" in made.to_text() and "sanctions snapback" in made.to_text()
    assert made.to_dict()["adjust"]["closing"] == -0.5
    assert made.mark("deal") == "*"


def test_words_have_no_gap() -> None:
    assert [least for least, _ in WORDS] == sorted((least for least, _ in WORDS), reverse=True)
    assert WORDS[-1][0] == 0


def test_one_table(summary: Summary, tmp_path: Path) -> None:
    rows = summary.rows()
    keys = [row["key"] for row in rows]
    assert len(set(keys)) == len(keys)
    frame = summary.to_dataframe()
    assert frame.shape == (len(rows), 9)
    path = summary.to_csv(tmp_path / "x.csv")
    with open(path, newline="", encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    assert float(read[keys.index("deal")]["value"]) == summary.deal.p
    made: Any = summary.to_dict()
    for row in rows:
        at = made
        pieces = row["key"].split(".")
        for piece in pieces:
            at = at[piece]
        got = at.get("p", at.get("value")) if isinstance(at, dict) else at
        assert row["value"] == pytest.approx(got), row["key"]


def test_formulas_do_not_reach_spreadsheets(tmp_path: Path) -> None:
    issues = {"a": {"name": "=HYPERLINK(1)", "unit": "+x", "core": True, "opening": {"us": 1, "iran": 2}}}
    made = summarize(fake_outcome(5, 6, scenario={**SCENARIO, "issues": issues}))
    text = made.to_csv(tmp_path / "x.csv").read_text(encoding="utf-8")
    assert ",=HYPER" not in text and ",+x" not in text and "'=HYPERLINK" in text


class _Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)


def test_names_are_escaped_in_html_and_no_markup_in_text() -> None:
    scenario = {**SCENARIO, "title": "<script>x</script> [bold red]& co[/]",
                "issues": {"a": {"name": "<img src=x>", "unit": "[link=x]u[/link]", "opening": {}}}}
    made = summarize(fake_outcome(5, 6, scenario=scenario))
    parser = _Tags()
    parser.feed(made._repr_html_())
    assert parser.tags <= {"div", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}
    assert "<script>x</script> [bold red]& co[/]" in str(made)
    assert "[link=x]u[/link]" in str(made)


def test_prior_driven_parts_are_marked(summary: Summary) -> None:
    assert summary.mark("ends.lapse") == "*" and summary.mark("ends.collapse") == ""
    assert summary.is_prior_driven("ends.collapse")  # the fake was made with the expert prior
    posterior = fake_outcome(5, 6)
    posterior.attrs["posterior_kind"] = "posterior"
    assert not summarize(posterior).is_prior_driven("ends.collapse")
    assert "Deadline lapse*" in str(summary)


def test_what_is_no_outcome_is_refused(outcome: Any) -> None:
    with pytest.raises(StoreError, match="keep='trials'"):
        summarize(outcome.drop_vars("ending"))
    broken = outcome.copy()
    broken.attrs["scenario"] = "{"
    with pytest.raises(StoreError, match="JSON"):
        summarize(broken)


def test_many_trials_in_chunks_are_the_same(monkeypatch: pytest.MonkeyPatch, outcome: Any, summary: Summary) -> None:
    from forecast.summary import tally

    monkeypatch.setattr(tally, "_CHUNK", 97)
    assert summarize(outcome).to_dict() == summary.to_dict()
