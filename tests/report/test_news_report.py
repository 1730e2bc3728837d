"""Reports of the news: sections of a forecast with a history, and a path or a state alone."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report.test_browser import CHROMIUM, browse, console_errors

import forecast as fc
from forecast.news.retrace import retraced
from forecast.news.standing import RISK_FORMULA, status_of
from forecast.posterior import load_posterior
from forecast.report import WRITERS, content_of, news, report
from forecast.report.content import Heading, Paragraph, Picture, Table
from forecast.scenario import Scenario, resolve
from forecast.summary import summarize
from forecast.summary.text import interval, percent

pytest.importorskip("jinja2")
pytest.importorskip("docx")
SIZE = {"draws": 40, "trials": 30, "seed": 4}
TALKS = {
    "schema": 1, "name": "followed", "title": "A <b>& co</b>", "as_of": "2026-06-19", "horizon_days": 120,
    "domain": "trade",
    "posterior": "prior", "deadline": {"date": "2026-08-16", "binding": "soft"},
    "parties": {"north": {"name": "North $1$", "principal": "N <i>", "present": False,
                          "without_principal": "stay_away"},
                "south": {"name": "South | east", "principal": "S"}},
    "systems": {"secure_channel": {}, "video_bridge": {}},
    "next_round": {"planned": "2026-06-24", "mode": "in_person", "fallback": ["remote"]},
    "disruptions": {"active_now": [{"kind": "escalation", "severity": 3, "since": "2026-06-15", "note": "a *note*"}]},
    "history": [
        {"date": "2026-05-02", "type": "attempt", "status": "held", "start": "2026-05-01", "end": "2026-05-02",
         "mode": "in_person"},
        {"date": "2026-05-20", "type": "deadline", "deadline": "2026-07-31"},
        {"date": "2026-05-28", "type": "attempt", "status": "postponed", "planned": "2026-05-28", "absent": ["north"]},
        {"date": "2026-06-02", "type": "attempt", "status": "held", "start": "2026-06-02", "mode": "in_person"},
        {"date": "2026-06-08", "type": "disruption", "kind": "political", "severity": 2},
        {"date": "2026-06-10", "type": "deadline", "deadline": "2026-08-16"},
    ]}


@pytest.fixture(scope="module")
def talks() -> Scenario:
    return Scenario.from_dict(TALKS)


@pytest.fixture(scope="module")
def outcome(talks: Scenario) -> Any:
    return fc.simulate(talks, **SIZE)


@pytest.fixture(scope="module")
def made(outcome: Any) -> news.Followed:
    found = news.followed(summarize(outcome), outcome)
    assert found is not None and not found.why_not
    return found


@pytest.fixture(scope="module")
def state(talks: Scenario) -> fc.Status:
    return fc.status(talks, **SIZE)


def headings(content: Any) -> list[str]:
    return [block.text for block in content.blocks if isinstance(block, Heading)]


def test_a_history_is_retraced_with_what_was_known_then(talks: Scenario) -> None:
    steps = retraced(talks)
    assert [str(step.date) for step in steps] == [
        "2026-04-30", "2026-05-02", "2026-05-20", "2026-05-28", "2026-06-02", "2026-06-08", "2026-06-10", "2026-06-15",
        "2026-06-19"]
    horizons = {step.scenario.horizon for step in steps}
    assert horizons == {talks.horizon}
    assert [resolve(step.scenario).deadline and resolve(step.scenario).deadline.date.isoformat() for step in steps] == [
        None, None, "2026-07-31", "2026-07-31", "2026-07-31", "2026-07-31", "2026-08-16", "2026-08-16", "2026-08-16"]
    for step in steps[:-1]:
        assert step.scenario.next_round is None and step.scenario.parties["north"].present is None
        assert all(item.date <= step.date for item in step.scenario.history)
    assert [len(step.scenario.disruptions.active_now) for step in steps] == [0] * 7 + [1, 1]
    assert steps[-1].scenario is talks


def test_only_the_last_items_are_retraced_on_request(talks: Scenario) -> None:
    steps, every = retraced(talks, 2), retraced(talks)
    assert steps[0].words == "after the first 5 items"
    assert [step.scenario.digest() for step in steps] == [step.scenario.digest() for step in every[-4:]]


def test_a_scenario_that_says_nothing_beyond_its_history_ends_with_its_last_item(talks: Scenario) -> None:
    bare = {**TALKS, "as_of": "2026-06-10", "disruptions": {}}
    bare.pop("next_round")
    bare["parties"] = {key: {"name": key} for key in ("north", "south")}
    steps = retraced(Scenario.from_dict(bare))
    assert steps[-1].words == "deadline set for 2026-08-16" and len(steps) == 7


def test_the_path_goes_over_the_history_of_the_scenario(talks: Scenario) -> None:
    path = fc.history(talks, **SIZE)
    assert path.sizes["step"] == 9
    now = summarize(fc.simulate(talks, **SIZE))
    assert float(path["p"].sel(quantity="deal")[-1]) == now.deal.p
    first = retraced(talks)[0].scenario
    assert float(path["p"].sel(quantity="deal")[0]) == summarize(fc.simulate(first, **SIZE)).deal.p
    with pytest.raises(fc.NewsError, match="no items"):
        fc.history("us_iran_final_2026", **SIZE)
    with pytest.raises(fc.NewsError, match="at least 1"):
        fc.history(talks, last=0, **SIZE)


def test_the_report_of_a_forecast_with_a_history_has_both_sections(outcome: Any, made: news.Followed) -> None:
    summary = summarize(outcome)
    content = content_of(summary, outcome, None, made)
    assert {news.MOVED, news.STATE} <= set(headings(content))
    # The last step is the forecast of the report, to the last digit.
    assert float(made.path["p"].sel(quantity="deal")[-1]) == summary.deal.p
    assert float(made.path["high"].sel(quantity="next_held")[-1]) == summary.next_round.held.high
    table = next(block for block in content.blocks if isinstance(block, Table) and "each item" in block.caption)
    assert len(table.rows) == made.path.sizes["step"] + 1
    assert table.rows[-1][2:4] == (percent(summary.deal.p), interval(summary.deal))
    # The state is read from the trials of the report, not from others.
    day, ending, end = (outcome[name].values for name in ("next_round_day", "ending", "end_day"))
    soon = ((day >= 0) & (day <= 5 + 14)).mean(axis=1)
    broken = ((ending >= 2) & (ending <= 4) & (end <= 30)).mean(axis=1)
    assert made.state.risk.p == pytest.approx((1.0 - soon * (1.0 - broken)).mean())
    assert any(RISK_FORMULA in block.text for block in content.blocks if isinstance(block, Paragraph))


def test_what_a_history_costs_is_bounded() -> None:
    items = [{"date": f"2026-05-{day:02d}", "type": "attempt", "status": "held", "start": f"2026-05-{day:02d}"}
             for day in range(1, 31)]
    long = Scenario.from_dict({**TALKS, "history": items})
    outcome = fc.simulate(long, draws=120, trials=60, seed=1)
    made = news.followed(summarize(outcome), outcome)
    assert made.path.sizes["step"] <= news.MOST_ITEMS + 2
    assert made.path.attrs["draws"] == news.MOST_DRAWS and made.path.attrs["trials"] == news.MOST_TRIALS


def test_without_a_history_nothing_is_added(talks: Scenario) -> None:
    outcome = fc.simulate(talks.replace("history", []), **SIZE)
    summary = summarize(outcome)
    assert news.followed(summary, outcome) is None
    assert content_of(summary, outcome, None, None) == content_of(summary, outcome)
    assert not {news.MOVED, news.STATE} & set(headings(content_of(summary, outcome)))


def test_other_parameters_are_said_and_can_be_given(talks: Scenario, tmp_path: Path) -> None:
    other = load_posterior("full")
    outcome = fc.simulate(talks, other, **SIZE)
    summary = summarize(outcome)
    found = news.followed(summary, outcome)
    assert found.path is None and "not at hand" in found.why_not
    text = report(outcome, tmp_path / "x.md").read_text(encoding="utf-8")
    assert "cannot be shown" in text and "## State of the talks" not in text
    text = report(outcome, tmp_path / "y.md", posterior=other).read_text(encoding="utf-8")
    assert "cannot be shown" not in text and "## State of the talks" in text


def test_a_summary_alone_plays_the_state_anew(outcome: Any) -> None:
    found = news.followed(summarize(outcome))
    assert found.state.provenance["draws"] == SIZE["draws"]
    assert found.state.deadline_days == 58


@pytest.mark.parametrize("suffix", list(WRITERS))
def test_a_path_and_a_state_alone(made: news.Followed, state: fc.Status, suffix: str, tmp_path: Path) -> None:
    for name, one in (("path", made.path), ("state", state)):
        file = report(one, tmp_path / f"{name}{suffix}")
        if suffix == ".docx":
            xml = zipfile.ZipFile(file).read("word/document.xml").decode()
            assert len(re.findall(r'<wp:docPr [^>]*descr="[^"]{40,}', xml)) == 1
            continue
        text = file.read_text(encoding="utf-8")
        assert "<b>" not in text and "<i>" not in text
        assert len(re.findall(r"<img [^>]*alt=\"[^\"]{40,}" if suffix == ".html" else r"^!\[.{40,}\]", text, re.M)) == 1
        for piece in ("+", "points", "round postponed") if name == "path" else (
                "North $1$", "stays away", "58 days", "Risk score", "secure channel", f"{state.risk.p:.2f}"):
            assert piece.lower() in text.lower(), (name, piece)


def test_a_title_of_ones_own(state: fc.Status, made: news.Followed, tmp_path: Path) -> None:
    for one in (state, made.path):
        assert report(one, tmp_path / "x.md", title="Mine").read_text().startswith("# Mine")


def test_the_words_of_the_path_are_those_of_its_numbers(made: news.Followed) -> None:
    path = made.path.copy(deep=True)
    deal = path["quantity"].values.tolist().index("deal")
    path["moved"][1:, deal] = 0.0
    path["moved"][3, deal] = -0.31
    path["moved_mc_error"][1:, deal] = 0.1
    words = next(block.text for block in news.path_content(path).blocks if isinstance(block, Paragraph))
    assert "-31.0 points" in words and words.count("points") == 1
    path["moved_mc_error"][3, deal] = 0.2
    words = next(block.text for block in news.path_content(path).blocks if isinstance(block, Paragraph))
    assert "No single step" in words


@pytest.mark.parametrize("days, words", [(58, "in 58 days"), (1, "in 1 day."), (0, "is today"), (-1, "1 day ago"),
                                         (-3, "3 days ago")])
def test_days_to_the_deadline_in_words(state: fc.Status, days: int, words: str) -> None:
    from dataclasses import replace

    text = news.state_content(replace(state, deadline_days=days)).blocks[0].text
    assert words in text


def test_a_state_without_anything_named(tmp_path: Path) -> None:
    bare = {"parties": ["a", "b"], "as_of": "2026-06-19", "domain": "trade", "posterior": "prior", "name": "bare"}
    state = fc.status(Scenario.from_dict(bare), **SIZE)
    content = news.state_content(state)
    assert [block.name for block in content.blocks if isinstance(block, Picture)] == ["status"]
    assert any("No disruption" in block.text for block in content.blocks if isinstance(block, Paragraph))
    report(state, tmp_path / "bare.html")


def test_state_of_trials_equals_state_of_a_scenario(talks: Scenario, outcome: Any, state: fc.Status) -> None:
    again = status_of(outcome, resolve(talks), load_posterior("prior"))
    assert again.to_dict() == state.to_dict()
    assert np.isfinite(again.risk.p)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; .ci/run installs one")
def test_sections_fit_narrow_and_wide_screens(outcome: Any, made: news.Followed, state: fc.Status,
                                              tmp_path: Path) -> None:
    from report.test_browser import measured

    for name, one, pictures in (("path", made.path, 1), ("state", state, 1), ("whole", outcome, 8)):
        page = report(one, tmp_path / f"{name}.html")
        sizes, errors = measured(page)
        for size in sizes:
            assert size["scroll"] <= size["width"] and size["wide"] == [], (name, size)
            assert size["images"] >= pictures and size["broken"] == 0, (name, size)
            assert size["narrow"] == (size["images"] if size["width"] == 400 else 0)
        assert errors == []
    assert console_errors(browse(page, "--dump-dom").stderr) == []
