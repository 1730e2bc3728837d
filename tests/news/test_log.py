"""The log shows tampering, and scores what was published."""

from __future__ import annotations

import datetime as dt
import json
import math
from concurrent.futures import ThreadPoolExecutor

import pytest

import forecast as fc
from forecast.errors import StoreError
from forecast.news.log import add_forecast, add_outcome, read_log, score_log


@pytest.fixture(scope="module")
def summary():
    return fc.summarize(fc.simulate("us_iran_final_2026", "prior", draws=20, trials=20, seed=3))


@pytest.fixture
def log(tmp_path, summary):
    path = tmp_path / "log.jsonl"
    for analyst in (0.2, None, 0.6):
        add_forecast(path, summary, analyst=analyst)
    add_outcome(path, 0, "collapse", dt.date(2026, 7, 1), source="https://example.org")
    return path


def test_entries_follow_each_other(log):
    entries = read_log(log)
    assert [entry.number for entry in entries] == [0, 1, 2, 3]
    assert all(after.previous == before.hash for before, after in zip(entries, entries[1:], strict=False))


@pytest.mark.parametrize("tamper", [
    lambda lines: [lines[0].replace('"analyst_deal": 0.2', '"analyst_deal": 0.3'), *lines[1:]],
    lambda lines: lines[1:],
    lambda lines: [lines[0], lines[2], lines[1], lines[3]],
    lambda lines: [lines[0], lines[0], *lines[1:]],
    lambda lines: [*lines[:2], lines[3]],
    lambda lines: [*lines[:3], lines[3][:40]],
    lambda lines: [*lines, "not json"],
    lambda lines: [*lines, json.dumps({"format": "another"})],
])
def test_every_change_breaks_the_chain(log, tamper):
    lines = log.read_text().splitlines()
    changed = tamper(list(lines))
    assert changed != lines
    log.write_text("\n".join(changed) + "\n")
    with pytest.raises(StoreError, match="line"):
        read_log(log)
    with pytest.raises(StoreError):
        add_outcome(log, 1, "stall")


def test_a_torn_last_line_is_noticed(log):
    log.write_text(log.read_text()[:-1])
    with pytest.raises(StoreError, match="no end of line"):
        read_log(log)


def test_scores_are_those_of_the_definition(log, summary):
    (row,) = score_log(log)
    ends = {name: made["p"] for name, made in summary.to_dict()["ends"].items()}
    assert row["p"] == ends["collapse"]
    assert row["log_score"] == pytest.approx(math.log(ends["collapse"]))
    assert row["brier"] == pytest.approx(sum((p - (name == "collapse")) ** 2 for name, p in ends.items()))
    assert row["brier_deal"] == pytest.approx(summary.deal.p**2)
    assert row["brier_deal_analyst"] == pytest.approx(0.04)


def test_what_cannot_be_entered(log, summary):
    with pytest.raises(StoreError, match="without an outcome"):
        add_outcome(log, 0, "stall")
    with pytest.raises(StoreError, match="a forecast of the log"):
        add_outcome(log, 9, "stall")
    with pytest.raises(StoreError, match="one of agreement"):
        add_outcome(log, 1, "peace")
    with pytest.raises(StoreError, match="a probability"):
        add_forecast(log, summary, analyst=1.5)
    assert len(read_log(log)) == 4


def test_writers_at_once_do_not_fork_the_chain(tmp_path, summary):
    path = tmp_path / "log.jsonl"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: add_forecast(path, summary), range(12)))
    assert len(read_log(path)) == 12
