"""Folders of talks: sound ones are read as they are, unsound ones refused with every problem at once."""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
from pathlib import Path

import pytest

from forecast.errors import TalksError
from forecast.paths import data_folder
from forecast.talks import load_talks

TABLE = data_folder() / "talks"


def cells(name: str) -> list[dict[str, str]]:
    """Read a shipped table with nothing but the csv module."""
    return list(csv.DictReader(io.StringIO((TABLE / f"{name}.csv").read_text(encoding="utf-8"))))


def test_shipped_table_is_read_cell_by_cell(talks) -> None:
    for name, tables in (("rounds", talks.rounds), ("events", talks.events), ("offers", talks.offers)):
        rows = cells(name)
        assert sum(map(len, tables.values())) == len(rows)
        assert sorted(item.line for items in tables.values() for item in items) == list(range(2, len(rows) + 2))
    for talk, row in zip(talks, cells("talks"), strict=True):
        assert (talk.id, talk.end.isoformat(), ";".join(talk.parties), talk.conflict) == (
            row["talk_id"], row["end"], row["parties"], row["conflict"])
        assert (talk.start.isoformat() if talk.start else "") == row["start"]


def test_own_folder_in_the_same_format(folder) -> None:
    talks = load_talks(folder(
        talks=[{}, {"talk_id": "b_a", "parties": "B;A"}, {"talk_id": "c_d", "parties": "C;D"}],
        rounds=[{}, {"round": "2", "status": "postponed", "planned_start": "2020-02-01", "start": "", "end": ""}],
        events=[{"type": "other"}, {"date": "2020-01-05"}], offers=[{}]))
    assert talks.ids == ("a_b", "b_a", "c_d")
    assert [talk.conflict for talk in talks] == ["a_b", "a_b", "c_d"]
    assert [event.kind for event in talks.events["a_b"]] == ["escalation", "trace"]
    assert [event.date.day for event in talks.events["a_b"]] == [5, 20]
    assert talks.rounds["a_b"][1].planned_start == dt.date(2020, 2, 1) and talks.rounds["c_d"] == ()
    assert talks.absent_sides == {}


def test_a_byte_order_mark_does_no_harm(folder) -> None:
    root = folder()
    text = (root / "talks.csv").read_bytes()
    (root / "talks.csv").write_bytes(b"\xef\xbb\xbf" + text)
    assert load_talks(root).ids == ("a_b",)


def test_a_line_break_inside_a_cell_is_one_row(folder) -> None:
    talks = load_talks(folder(talks=[{"note": "one\ntwo"}, {"talk_id": "c_d"}]))
    assert talks.talk("a_b").note == "one\ntwo" and talks.talk("c_d").line == 4


LOST = {"status": "postponed", "start": "", "end": ""}
WRONG = [
    ({"talks": [{"domain": "nuclear"}]}, r"talks.csv line 2, domain: 'nuclear'; one of nuclear_arms, .*did you mean"),
    ({"talks": [{"domain": ""}]}, r"talks.csv line 2, domain: ''"),
    ({"talks": [{"region": "mars"}]}, r"line 2, region: 'mars'"),
    ({"talks": [{"outcome": "deal"}]}, r"line 2, outcome: 'deal'; one of agreement"),
    ({"talks": [{"mediator_type": "bank"}]}, r"line 2, mediator_type"),
    ({"talks": [{"mediator": "Oman"}]}, r"line 2, mediator_type: 'none'; another type"),
    ({"talks": [{"talk_id": "A B"}], "rounds": []}, r"line 2, talk_id: 'A B'; lower-case letters"),
    ({"talks": [{"parties": "A"}]}, r"line 2, parties: 'A'; 2 or more different names"),
    ({"talks": [{"parties": "A;A"}]}, r"line 2, parties: 'A;A'"),
    ({"talks": [{"parties": "A;;B"}]}, r"line 2, parties"),
    ({"talks": [{"name": " "}]}, r"line 2, name: empty"),
    ({"talks": [{"end": ""}]}, r"line 2, end: ''; a date YYYY-MM-DD"),
    ({"talks": [{"end": "2019-03-01"}]}, r"line 2, end: 2019-03-01; not before the start, 2020-01-10"),
    ({"talks": [{"start": "20200110"}]}, r"line 2, start: '20200110'"),
    ({"talks": [{"deadline": "2020-02-30"}]}, r"line 2, deadline: '2020-02-30'; a date YYYY-MM-DD or nothing"),
    ({"talks": [{"source": "a book"}]}, r"line 2, source: 'a book'"),
    ({"talks": [{"checked": "true"}]}, r"line 2, checked: 'true'; one of yes, no"),
    ({"talks": [{"note": "x" * 121}]}, r"line 2, note: 121 characters; at most 120"),
    ({"talks": [{"conflict": "Two Words"}]}, r"line 2, conflict: 'Two Words'"),
    ({"talks": [{}, {}]}, r"line 3, talk_id: 'a_b'; an id used once; it is already on line 2"),
    ({"talks": [], "rounds": []}, r"talks.csv: no rows"),
    ({"rounds": [{"talk_id": "a_c"}]}, r"rounds.csv line 2, talk_id: 'a_c'; an id of talks.csv \(did you mean a_b"),
    ({"rounds": [{"status": "done"}]}, r"line 2, status: 'done'"),
    ({"rounds": [{"mode": "zoom"}]}, r"line 2, mode: 'zoom'"),
    ({"rounds": [{"level": "boss"}]}, r"line 2, level"),
    ({"rounds": [{"result": ""}]}, r"line 2, result"),
    ({"rounds": [{"end": "2020-01-01"}]}, r"line 2, end: 2020-01-01; not before the start"),
    ({"rounds": [{"round": "2"}]}, r"line 2, round: 2; 1: rounds of a talk count 1, 2, 3"),
    ({"rounds": [{"round": "one"}]}, r"line 2, round: 'one'; a whole number >= 1"),
    ({"rounds": [{}, {"round": "2", "start": "2020-01-01", "end": ""}]},
     r"line 3, start: 2020-01-01; not before 2020-01-10"),
    ({"rounds": [{"start": "", "end": ""}]}, r"line 2, start: empty; a date: a held round"),
    ({"rounds": [{"status": "cancelled"}]}, r"line 2, start: 2020-01-10; nothing: a cancelled round was not held"),
    ({"events": [{"type": "storm"}]}, r"events.csv line 2, type: 'storm'"),
    ({"events": [{"severity": "4"}]}, r"line 2, severity: '4'; one of 1, 2, 3"),
    ({"events": [{"date": ""}]}, r"line 2, date: ''"),
    ({"events": [{"delay_days": "-3"}]}, r"line 2, delay_days: '-3'; a whole number >= 0 or nothing"),
    ({"events": [{"delay_days": "2.5"}]}, r"line 2, delay_days: '2.5'"),
    ({"offers": [{"value": "nan"}]}, r"offers.csv line 2, value: 'nan'; a finite number"),
    ({"offers": [{"value": "inf"}]}, r"line 2, value: 'inf'"),
    ({"offers": [{"value": "ten"}]}, r"line 2, value: 'ten'"),
    ({"offers": [{"issue": "Price"}]}, r"line 2, issue: 'Price'"),
    ({"offers": [{"party": ""}]}, r"line 2, party: empty"),
    ({"offers": [{"precision": "week"}]}, r"line 2, precision: 'week'"),
    ({"raw": {"events.csv": None}}, r"events.csv: not there"),
    ({"raw": {"events.csv": b"talk_id\xff"}}, r"events.csv: byte 7 is not UTF-8"),
    ({"raw": {"events.csv": ""}}, r"events.csv line 1: the header lacks 'talk_id'"),
    ({"raw": {"events.csv": "talk_id,date,when\n"}}, r"the header lacks 'type'.* and has unknown 'when'"),
    ({"raw": {"events.csv": "talk_id,talk_id\n"}}, r"repeats 'talk_id'"),
    ({"raw": {"events.csv": 'talk_id,"dat'}}, r"events.csv: cannot be parsed"),
    ({"raw": {"offers.csv": "talk_id,issue,unit,party,date,precision,value,source,checked\na_b,price\n"}},
     r"offers.csv line 2: 2 cells; 9, as in the header"),
    ({"events": [{"type": "other"}], "raw": {"other_events.csv": "talk_id,date,kind,reason\n"}},
     r"other_events.csv: nothing for a_b 2020-01-20"),
    ({"raw": {"other_events.csv": "talk_id,date,kind,reason\na_b,2020-01-20,trace,why\n"}},
     r"other_events.csv line 2: a_b 2020-01-20; talk_id and date of an event of type other"),
    ({"events": [{"type": "other"}],
      "raw": {"other_events.csv": "talk_id,date,kind,reason\na_b,2020-01-20,novel,why\n"}},
     r"other_events.csv line 2, kind: 'novel'"),
    ({"rounds": [{"absent": "Mr A"}], "raw": {"absent_sides.csv": "talk_id,absent,sides\n"}},
     r"absent_sides.csv: nothing for a_b 'Mr A'"),
    ({"rounds": [{"absent": "Mr A"}], "raw": {"absent_sides.csv": "talk_id,absent,sides\na_b,Mr A,C\n"}},
     r"absent_sides.csv line 2, sides: 'C'; nothing, or names among A, B"),
]


@pytest.mark.parametrize("change, message", WRONG, ids=range(len(WRONG)))
def test_a_wrong_folder_is_refused_with_where_and_what(folder, change, message) -> None:
    with pytest.raises(TalksError, match=message) as caught:
        load_talks(folder(**change))
    assert all(problem.where and problem.allowed for problem in caught.value.problems)


def test_all_problems_of_all_files_come_at_once(folder) -> None:
    root = folder(talks=[{"domain": "x", "end": "soon"}], rounds=[{"mode": "zoom"}], events=[{"severity": "9"}],
                  offers=[{"value": "?"}])
    with pytest.raises(TalksError) as caught:
        load_talks(root)
    assert len(caught.value.problems) == 5
    assert {problem.where.split()[0] for problem in caught.value.problems} == {
        "talks.csv", "rounds.csv", "events.csv", "offers.csv"}


def test_a_missing_folder_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(TalksError, match=r"folder: .*nowhere; a folder with talks.csv, rounds.csv"):
        load_talks(tmp_path / "nowhere")


def test_unknown_talk_names_the_nearest(talks) -> None:
    with pytest.raises(TalksError, match="did you mean us_iran_2025"):
        talks.talk("us_iran_2205")


def test_held_out_conflicts_and_subsets(talks) -> None:
    rest = talks.without_conflicts(["iran_us"])
    assert len(rest) == len(talks) - sum(talk.conflict == "iran_us" for talk in talks) < len(talks)
    assert set(rest.rounds) == set(rest.ids) and rest.data_hash != talks.data_hash
    assert talks.subset(talks.ids).data_hash == talks.data_hash
    with pytest.raises(TalksError, match="narnia"):
        talks.without_conflicts(["narnia"])


def test_the_hash_follows_the_bytes(talks, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(TABLE, copy)
    assert load_talks(copy).data_hash == talks.data_hash
    path = copy / "offers.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",14700,", ",14701,"), encoding="utf-8")
    assert load_talks(copy).data_hash != talks.data_hash


def test_loading_needs_no_heavy_package() -> None:
    import subprocess
    import sys

    code = ("import sys\nfrom forecast.talks import load_talks, build_attempts\nbuild_attempts(load_talks())\n"
            "print(sorted({'pandas','xarray','scipy','pydantic','numba','pymc'} & set(sys.modules)))")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                         cwd=Path(__file__).resolve().parents[2])
    assert run.stdout.strip() == "[]"
