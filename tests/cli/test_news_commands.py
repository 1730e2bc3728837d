"""``forecast update | history | status | log`` as a user calls them."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from forecast.cli.app import app

SMALL = ["--seed", "3", "--draws", "20", "--trials", "20"]
NEWS = [
    {"date": "2026-06-19", "type": "attempt", "status": "postponed", "planned": "2026-06-19", "absent": ["iran"]},
    {"date": "2026-06-22", "type": "attempt", "status": "held", "start": "2026-06-21", "end": "2026-06-22",
     "mode": "in_person"},
]


@pytest.fixture
def news(tmp_path):
    file = tmp_path / "news.jsonl"
    file.write_text("".join(json.dumps(item) + "\n" for item in NEWS), encoding="utf-8")
    return str(file)


def call(*arguments: str, code: int = 0):
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    return result


def test_update_prints_one_object_and_writes_the_scenario(news, tmp_path):
    file = tmp_path / "later.yaml"
    made = json.loads(call("update", "us_iran_final_2026", news, "--json", "--out", str(file), *SMALL).stdout)
    assert made["as_of"] == "2026-06-22"
    assert 0.0 < made["ess"]["trials"] < 1.0
    again = json.loads(call("run", str(file), "--json", *SMALL).stdout)
    assert again["as_of"] == "2026-06-22"


def test_history_has_a_step_for_every_item(news, tmp_path):
    table = tmp_path / "path.csv"
    made = json.loads(call("history", "us_iran_final_2026", news, "--json", "--out", str(table), *SMALL).stdout)
    assert [step["item"] for step in made["steps"]][0] == "before the news"
    assert len(made["steps"]) == 3
    assert made["steps"][0]["deal"]["moved"] is None
    assert len(table.read_text().splitlines()) == 1 + 3 * 8


def test_history_without_news_is_that_of_the_scenario_with_a_report(tmp_path):
    page = tmp_path / "moved.md"
    made = json.loads(call("history", "libya_ceasefire_2020", "--last", "2", "--report", str(page), "--json",
                           *SMALL).stdout)
    assert [step["item"] for step in made["steps"]] == [
        "after the first 5 items", "exogenous, severity 2, still going on", "round held", "today"]
    assert "after the first 5 items" in page.read_text(encoding="utf-8")
    assert "no items" in call("history", "us_iran_final_2026", code=2).output
    assert ".docx" in call("history", "libya_ceasefire_2020", "--report", str(tmp_path / "x.pdf"), code=2).output


def test_a_status_has_a_report(tmp_path):
    page = tmp_path / "state.html"
    call("status", "us_iran_final_2026", "--report", str(page), *SMALL)
    assert "Risk score" in page.read_text(encoding="utf-8")


def test_status_in_text_json_and_openmetrics(news, tmp_path):
    assert "Risk score" in call("status", "us_iran_final_2026", *SMALL).stdout
    metrics = tmp_path / "metrics.txt"
    made = json.loads(call("status", "us_iran_final_2026", "--news", news, "--openmetrics", str(metrics), "--json",
                           *SMALL).stdout)
    assert made["as_of"] == "2026-06-22"
    assert metrics.read_text().endswith("# EOF\n")


def test_the_log_from_forecast_to_score(tmp_path):
    log = str(tmp_path / "log.jsonl")
    call("log", "add", log, "us_iran_final_2026", "--analyst", "0.3", *SMALL)
    call("log", "outcome", log, "0", "ongoing")
    assert json.loads(call("log", "verify", log, "--json").stdout)["entries"] == 2
    (row,) = json.loads(call("log", "score", log, "--json").stdout)["forecasts"]
    assert row["ending"] == "ongoing"
    assert row["brier_deal_analyst"] == pytest.approx(0.09)


@pytest.mark.parametrize("arguments, message", [
    (["update", "us_iran_final_2026", "none.yaml"], "no such file"),
    (["status", "us_iran_final_2026", "--watch"], "--news"),
    (["log", "verify", "none.jsonl"], "no such file"),
    (["log", "add", "log.jsonl", "us_iran_final_2026", "--analyst", "2"], "--analyst"),
])
def test_bad_input_ends_with_two(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = call(*arguments, code=2)
    assert message in result.output
    assert "Traceback" not in result.output
