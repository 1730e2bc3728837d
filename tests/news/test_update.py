"""Reading news, appending them, and what is refused."""

from __future__ import annotations

import json

import pytest

import forecast as fc
from forecast.errors import NewsError
from forecast.news import read_news
from forecast.scenario import Scenario

HELD = {"date": "2026-06-22", "type": "attempt", "status": "held", "start": "2026-06-21", "end": "2026-06-22",
        "mode": "in_person"}
LOST = {"date": "2026-06-19", "type": "attempt", "status": "postponed", "planned": "2026-06-19", "absent": ["iran"]}


@pytest.fixture
def talks() -> Scenario:
    return fc.load_scenario("us_iran_final_2026")


@pytest.mark.parametrize("name, text", [
    ("news.yaml", "news:\n- {date: 2026-06-19, type: attempt, status: postponed, planned: 2026-06-19, absent: [iran]}\n"
                  "- {date: 2026-06-22, type: attempt, status: held, start: 2026-06-21, end: 2026-06-22, "
                  "mode: in_person}\n"),
    ("news.json", json.dumps([LOST, HELD])),
    ("news.jsonl", json.dumps(LOST) + "\n\n" + json.dumps(HELD) + "\n"),
    ("news.csv", "date,type,status,planned,start,end,mode,absent\n"
                 "2026-06-19,attempt,postponed,2026-06-19,,,,iran\n"
                 "2026-06-22,attempt,held,,2026-06-21,2026-06-22,in_person,\n"),
])
def test_every_format_says_the_same(talks, tmp_path, name, text):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    assert fc.update(talks, file).digest() == fc.update(talks, [LOST, HELD]).digest()


def test_the_top_level_gives_way_to_what_happened(talks):
    later = fc.update(talks, [LOST, HELD])
    assert later.as_of.isoformat() == "2026-06-22"
    assert later.next_round is None
    assert later.parties["iran"].present is None
    assert later.horizon == talks.horizon
    assert later.disruptions.active_now == ()
    assert [item.type for item in later.history].count("disruption") == 1


def test_an_announced_round_and_a_report_about_it_reach_the_top_level(talks):
    news = [LOST, {"date": "2026-06-20", "type": "plan", "planned": "2026-06-25", "mode": "proximity"},
            {"date": "2026-06-20", "type": "attendance", "party": "iran", "present": True}]
    later = fc.update(talks, news)
    assert later.next_round.planned.isoformat() == "2026-06-25"
    assert later.next_round.mode == "proximity"
    assert later.next_round.fallback == ("remote", "correspondence")  # the planned mode is no retreat from itself
    assert later.parties["iran"].present is True


def test_a_moved_deadline_keeps_its_binding(talks):
    news = [{"date": "2026-07-01", "type": "deadline", "deadline": "2026-09-30"}]
    later = fc.update(talks.replace("deadline.binding", "hard"), news)
    assert later.deadline.date.isoformat() == "2026-09-30"
    assert later.deadline.binding == "hard"


def test_the_same_news_twice_change_nothing(talks):
    once = fc.update(talks, [LOST, HELD])
    assert fc.update(once, [HELD, LOST]).digest() == once.digest()
    named = fc.update(talks, [{**LOST, "id": "first"}])
    assert fc.update(named, [{**LOST, "id": "first"}]).digest() == named.digest()


def test_nothing_new_is_the_same_scenario(talks):
    assert fc.update(talks, []).digest() == talks.digest()


def test_an_empty_history_gives_the_same_bytes(talks):
    before = fc.simulate(talks, "prior", draws=20, trials=20, seed=3)
    after = fc.simulate(fc.update(talks, []), "prior", draws=20, trials=20, seed=3)
    assert before.identical(after)


@pytest.mark.parametrize("items, as_of, message", [
    ([{**LOST, "id": "x"}, {**HELD, "id": "x"}], None, "id x again"),
    ([{"date": "2026-07-01", "type": "attempt", "status": "held"}], "2026-06-25", "2026-06-25 (as_of) or earlier"),
    ([HELD], "2026-06-01", "cannot move a scenario back"),
    ([HELD], "yesterday", "a date YYYY-MM-DD"),
    ([{"date": "2026-06-20", "type": "atempt"}], None, "attempt"),
    ([{"date": "2026-06-20"}], None, "no type"),
    ([{**HELD, "absent": ["france"]}], None, "france"),
    ([{"date": "2026-06-20", "type": "offer", "issue": "moon", "party": "us", "value": 3}], None, "moon"),
    ([{"date": "2026-06-20", "type": "disruption", "kind": "escalation", "severity": 4}], None, "severity"),
    ([{"date": "2026-06-20", "type": "disruption", "kind": "escalation", "severity": 1, "colour": "red"}], None,
     "colour"),
    ([{"type": "plan", "planned": "2026-06-25"}], None, "date"),
    (["held"], None, "a mapping with date and type"),
])
def test_bad_news_say_where_and_what(talks, items, as_of, message):
    with pytest.raises(NewsError) as caught:
        fc.update(talks, items, as_of=as_of)
    assert message in str(caught.value)
    assert caught.value.problems


def test_all_problems_are_reported_at_once(talks, tmp_path):
    file = tmp_path / "news.jsonl"
    file.write_text('{"date": "2026-06-20", "type": "atempt"}\n'
                    '{"date": "2026-06-20", "type": "disruption", "kind": "escalation", "severity": 9}\n')
    with pytest.raises(NewsError) as caught:
        fc.update(talks, file)
    assert "line 1" in str(caught.value) and "line 2" in str(caught.value)


@pytest.mark.parametrize("name, raw, message", [
    ("news.txt", b"x", "one of .yaml"),
    ("news.jsonl", b"{", "line 1"),
    ("news.jsonl", b'{"a": 1, "a": 2}\n', "given twice"),
    ("news.jsonl", b"[1]\n", "a JSON object"),
    ("news.csv", b"date,date\n1,2\n", "column 'date' twice"),
    ("news.csv", b"date,type\n2026-06-20\n", "1 cells"),
    ("news.yaml", b"\xff\xfe", "not UTF-8"),
    ("news.yaml", b"a: 1\nb: 2\n", "a list of items"),
    ("news.yaml", b"- 1\n", "item 1"),
])
def test_files_that_are_no_news(tmp_path, name, raw, message):
    file = tmp_path / name
    file.write_bytes(raw)
    with pytest.raises(NewsError, match="problem") as caught:
        read_news(file)
    assert message in str(caught.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(NewsError, match="no such file"):
        read_news(tmp_path / "none.yaml")
