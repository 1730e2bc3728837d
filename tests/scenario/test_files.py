"""Files: YAML 1.2, extending, finding, listing, checking, the template and the schema."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from strategies import scenarios

from forecast.errors import ScenarioError
from forecast.paths import data_folder
from forecast.scenario import (
    Scenario,
    check_scenario,
    json_schema,
    list_scenarios,
    load_scenario,
    new_scenario_text,
    resolve,
)
from forecast.vocabulary import TABLE_DOMAINS

BASE = "parties: [us, iran]\nas_of: 2026-06-19\ndomain: trade\n"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_three_lines_are_enough(tmp_path: Path) -> None:
    talks = load_scenario(write(tmp_path, "Some talks-2026.yaml", BASE))
    assert talks.name == "some_talks_2026"
    assert (talks.horizon_days, talks.beliefs_weight, talks.posterior) == (180, 0.5, "auto")
    assert (talks.pandemic, talks.mediator, talks.deadline, talks.next_round) == (False, None, None, None)
    assert (talks.issues, talks.history, talks.sources) == ({}, (), ())
    us = talks.parties["us"]
    assert (us.present, us.without_principal, us.delegate_authority, us.veto) == (None, "delegate", None, True)
    assert resolve(talks).title == "Us - Iran"


def test_yaml_1_2_takes_countries_for_what_they_are(tmp_path: Path) -> None:
    talks = load_scenario(write(tmp_path, "x.yaml", BASE.replace("[us, iran]", "[NO, ON]") + "title: off\n"))
    assert list(talks.parties) == ["no", "on"] and talks.parties["no"].name == "NO" and talks.title == "off"


def test_json_and_byte_order_mark_are_read(tmp_path: Path) -> None:
    data = {"parties": ["us", "iran"], "as_of": "2026-06-19", "domain": "trade"}
    assert load_scenario(write(tmp_path, "x.json", json.dumps(data))).as_of == dt.date(2026, 6, 19)
    assert load_scenario(write(tmp_path, "y.yaml", "\ufeff" + BASE)).domain == "trade"


def test_anchors_and_merges_work(tmp_path: Path) -> None:
    text = ("parties:\n  us: &any {principal: X, present: true}\n  iran: {<<: *any, present: false}\n"
            "as_of: 2026-06-19\ndomain: trade\n")
    talks = load_scenario(write(tmp_path, "x.yaml", text))
    assert talks.parties["iran"].principal == "X" and talks.parties["iran"].present is False


def test_extending_merges_mappings_and_replaces_the_rest(tmp_path: Path) -> None:
    write(tmp_path, "base.yaml", BASE + """name: below
deadline: {date: 2026-08-16, binding: hard}
issues:
  years:
    opening: {us: 20, iran: 5}
    reservation: {us: {normal: {mean: 12, sd: 3}}, iran: 11}
sources: [a, b]
""")
    (tmp_path / "sub").mkdir()
    write(tmp_path / "sub", "middle.yaml", "extends: ../base.yaml\nhorizon_days: 90\nsources: [c]\n")
    top = write(tmp_path / "sub", "top.yaml", """extends: middle.yaml
parties: {iran: {present: false}}
deadline: {binding: soft}
issues: {years: {reservation: {us: {lognormal: {median: 12, gsd: 1.2}}}}}
""")
    talks = load_scenario(top)
    assert talks.name == "top" and talks.horizon_days == 90 and talks.sources == ("c",)
    assert talks.deadline is not None and talks.deadline.binding == "soft" and talks.deadline.date.month == 8
    assert list(talks.parties) == ["us", "iran"] and talks.parties["iran"].present is False
    assert str(talks.issues["years"].reservation["us"]) == "lognormal(median 12, gsd 1.2)"
    assert str(talks.issues["years"].reservation["iran"]) == "11"
    files = [note.text.split(",")[0] for note in check_scenario(top) if note.where == "file"]
    assert files == ["top.yaml", "middle.yaml", "base.yaml"]
    # null takes away what is below.
    bare = load_scenario(write(tmp_path / "sub", "bare.yaml", "extends: middle.yaml\ndeadline: null\n"))
    assert bare.deadline is None


def test_extending_a_shipped_scenario_and_places_in_messages(tmp_path: Path) -> None:
    text = "extends: us_iran_final_2026\nparties: {us: {present: true}}\n"
    talks = load_scenario(write(tmp_path, "what_if.yaml", text))
    shipped = load_scenario("us_iran_final_2026")
    assert talks == shipped.replace_all({"name": "what_if", "parties.us.present": True})
    write(tmp_path, "base.yaml", BASE + "horizon_days: 0\n")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(write(tmp_path, "top.yaml", "extends: base.yaml\nname: 5\n"))
    assert "horizon_days (base.yaml, line 4): 0" in str(caught.value)
    assert "name (line 2): 5" in str(caught.value)


def test_extends_belongs_to_files() -> None:
    with pytest.raises(ScenarioError, match="only a file can extend another"):
        Scenario.from_dict({"parties": ["a", "b"], "as_of": "2026-06-19", "domain": "trade", "extends": "x"})


def test_list_knows_every_shipped_file() -> None:
    records = list_scenarios()
    assert [r.name for r in records] == [r.path.stem for r in records] == sorted(r.name for r in records)
    assert len(records) == len(list((data_folder() / "scenarios").iterdir())) >= 4
    assert all(r.title and r.domain in TABLE_DOMAINS for r in records)


def test_check_warns_of_what_is_probably_a_mistake(tmp_path: Path) -> None:
    path = write(tmp_path, "x.yaml", """parties:
  us: {without_principal: remote, delegate_authority: 0.5, present: true}
  iran: {}
as_of: 2026-06-19
domain: trade
deadline: {date: 2026-06-01}
next_round: {planned: 2027-06-01}
issues:
  years:
    opening: {us: 20, iran: 5}
    reservation: {us: {normal: {mean: 17, sd: 3}}, iran: {normal: {mean: 11, sd: 3}}}
disruptions: {active_now: [{kind: escalation, severity: 2, since: 2026-06-02}]}
adjust: {loss: 0.4, rationale: no flights}
history:
  - {date: 2026-06-03, type: attempt, status: held, start: 2026-06-01, end: 2026-06-03}
  - {date: 2026-06-04, type: attempt, status: held, start: 2026-06-01, source: elsewhere}
  - {date: 2026-06-02, type: disruption, kind: escalation, severity: 2}
  - {date: 2026-06-05, type: attendance, party: us, present: false}
  - {date: 2026-06-05, type: plan, planned: 2026-07-01}
  - {date: 2026-06-05, type: deadline, deadline: 2026-07-01}
  - {date: 2026-06-05, type: end, ending: stall}
""")
    notes = check_scenario(path)
    warned = {n.where: n.text for n in notes if n.level == "warning"}
    assert warned["issues.years.reservation.us"].startswith("15.9% of normal(mean 17, sd 3) lies beyond the opening 20")
    assert set(warned) == {"issues.years.reservation.us", "parties.us.delegate_authority",
                           "next_round.planned", "history.1", "disruptions.active_now.0", "history.6"}
    noted = {n.where: n.text for n in notes if n.level == "note"}
    assert noted["issues.years.reservation.iran"].startswith("2.3% of")
    assert noted["adjust"] == "loss +0.4 (log-odds): no flights"
    assert "2026-06-05" in noted["parties.us.present"]
    assert "2026-07-01 as planned in the history" in noted["next_round.planned"]
    assert notes == sorted(notes, key=lambda n: n.level != "warning")
    assert re.search(r"sha256 [0-9a-f]{64}", noted["content"]) and noted["content"] in str(notes[-1])


@pytest.mark.parametrize("domain", TABLE_DOMAINS)
def test_template_runs_as_it_stands(tmp_path: Path, domain: str) -> None:
    talks = load_scenario(write(tmp_path, "talks.yaml", new_scenario_text("talks", domain)))
    assert talks.to_dict().keys() == {"schema", "name", "parties", "as_of", "domain"}
    assert talks.as_of == dt.date.today() and talks.domain == domain


def test_template_is_valid_with_everything_uncommented(tmp_path: Path) -> None:
    text = new_scenario_text("talks", "trade", as_of=dt.date(2026, 6, 19))
    text = re.sub(r"^parties: .*$", "", text, flags=re.M)
    talks = load_scenario(write(tmp_path, "full.yaml", re.sub(r"^#(?! \S)", "", text, flags=re.M)))
    assert set(Scenario.model_fields) - {"schema_version"} <= set(talks.to_dict(full=True))
    left = {key for key in Scenario.model_fields if key not in talks.model_fields_set}
    assert not left
    assert {item.type for item in talks.history} == {"attempt", "disruption", "offer", "plan", "deadline", "attendance"}


def test_template_refuses_bad_names_and_domains_together() -> None:
    with pytest.raises(ScenarioError) as caught:
        new_scenario_text("My Talks", "labor")
    assert "use my_talks" in str(caught.value) and "did you mean labour?" in str(caught.value)


def test_schema_is_sound_and_describes_every_key() -> None:
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert set(schema["properties"]) == {*(f.alias or name for name, f in Scenario.model_fields.items()), "extends"}
    assert all(value.get("description") for value in schema["properties"].values())
    validator = pytest.importorskip("jsonschema").Draft202012Validator
    validator.check_schema(schema)


@settings(max_examples=40)
@given(scenarios(ended=True))
def test_schema_accepts_what_is_valid(data: dict[str, Any]) -> None:
    validator = pytest.importorskip("jsonschema").Draft202012Validator(json_schema())
    talks = Scenario.from_dict(data)
    validator.validate(talks.to_dict())
    validator.validate(talks.to_dict(full=True))
    assert not validator.is_valid({**talks.to_dict(), "junk": 1})
    assert not validator.is_valid({**talks.to_dict(), "horizon_days": 0})


@pytest.mark.parametrize("bad", ["unknown_key", "domain_unknown", "horizon_zero", "history_status", "belief_family"])
def test_schema_refuses_what_an_editor_should_mark(bad: str) -> None:
    validator = pytest.importorskip("jsonschema").Draft202012Validator(json_schema())
    from forecast.scenario.text import parse_text

    text = (Path(__file__).parent / "invalid" / f"{bad}.yaml").read_text()
    data = json.loads(json.dumps(parse_text(text).data, default=str))
    assert not validator.is_valid(data)
    assert validator.is_valid({"parties": ["us", "iran"], "as_of": "2026-06-19", "domain": "trade"})


def test_import_is_light() -> None:
    code = ("import sys, forecast.scenario\n"
            "assert not {'pydantic', 'ruamel.yaml', 'scipy', 'numpy'} & set(sys.modules), 'heavy'\n"
            "forecast.scenario.load_scenario('uk_nz_trade_2021')\n"
            "assert not {'scipy', 'xarray', 'numba', 'pandas', 'matplotlib'} & set(sys.modules), 'heavy to load'\n")
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
