"""The model: overrides, resolving, digests, and what freezing promises."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel, ValidationError

from forecast.errors import ScenarioError
from forecast.scenario import Belief, Scenario, load_scenario, resolve
from forecast.scenario.parts import Part
from forecast.scenario.problems import _shape, nearest

BASE: dict[str, Any] = {"parties": ["us", "iran"], "as_of": "2026-06-19", "domain": "trade"}


def talks(**more: Any) -> Scenario:
    return Scenario.from_dict({**BASE, **more})


def attempt(date: str, status: str = "held", **more: Any) -> dict[str, Any]:
    return {"date": date, "type": "attempt", "status": status, **({"start": date} if status == "held" else {}), **more}


def test_frozen() -> None:
    with pytest.raises(ValidationError):
        talks().horizon_days = 3  # type: ignore[misc]
    assert isinstance(talks(sources=["a"]).sources, tuple)


def test_replace_reaches_every_level_and_leaves_the_old_one() -> None:
    old = load_scenario("us_iran_final_2026")
    new = old.replace("issues.enrichment_moratorium.reservation.us.normal.mean", 14)
    assert str(new.issues["enrichment_moratorium"].reservation["us"]) == "normal(mean 14, sd 3)"
    assert str(old.issues["enrichment_moratorium"].reservation["us"]) == "normal(mean 12, sd 3)"
    assert old.replace("deadline", None).deadline is None
    assert old.replace("next_round.fallback.0", "hybrid").next_round.fallback[0] == "hybrid"
    authority = Belief.parse(0.7)
    assert old.replace("parties.us.delegate_authority", authority).parties["us"].delegate_authority == authority
    assert old.replace("as_of", dt.date(2026, 6, 19)) == old
    assert old.replace("disruptions.active_now.0.severity", np.int64(2)).disruptions.active_now[0].severity == 2
    assert old.replace("disruptions.kinds.political.rate_multiplier", np.float64(0.5)).disruptions.kinds["political"]
    assert old.replace("deadline", old.deadline) == old


def test_replace_makes_sections_that_were_left_out() -> None:
    new = talks().replace("adjust.rationale", "weather").replace("adjust.loss", 0.5)
    assert new.adjust.loss == 0.5
    assert talks().replace("next_round.planned", "2026-07-01").next_round.planned == dt.date(2026, 7, 1)
    assert talks().replace_all({"adjust.loss": 0.5, "adjust.rationale": "weather"}) == new


@pytest.mark.parametrize("path, value, message", [
    ("parties.us.presnt", True, "did you mean present?"),
    ("parties.us.name.first", "x", "parties.us.name is 'US', which has no fields"),
    ("history.1.date", "2026-01-01", "a position from 0 to 0"),
    ("sources.2", "x", "a position from 0 to 1"),
    ("horizon_days", 0, "at least 1"),
    ("horizon_days", float("nan"), "a whole number"),
    ("adjust.loss", 0.5, "required: the reason for loss"),
    ("horizn_days", 3, "did you mean horizon_days?"),
    ("parties.irann.present", True, "did you mean iran?"),
    ("parties.norway.name", "Norway", "one of us, iran"),
    ("issues.wage.difficulty", 2, "unknown id"),
    ("", 3, "keys joined by dots"),
    ("a..b", 3, "keys joined by dots"),
])
def test_replace_refuses(path: str, value: Any, message: str) -> None:
    scenario = talks(parties={"us": {"name": "US"}, "iran": {}}, sources=["a", "b"], history=[attempt("2026-06-01")])
    with pytest.raises(ScenarioError) as caught:
        scenario.replace(path, value)
    assert message in str(caught.value)


def test_replace_may_add_a_whole_party_and_then_its_fields() -> None:
    new = talks().replace_all({"parties.norway": {"name": "Norway"}, "parties.norway.present": True})
    assert set(new.parties) == {*talks().parties, "norway"} and new.parties["norway"].present is True


def test_digest_sees_content_only() -> None:
    one = talks(history=[attempt("2026-05-01"), attempt("2026-06-01")])
    assert one.digest() == talks(history=[attempt("2026-06-01"), attempt("2026-05-01")], horizon_days=180).digest()
    assert one.digest() == resolve(one).digest() == Scenario.from_dict(one.to_dict()).digest()
    assert one.digest() != one.replace("history.0.start", "2026-04-30").digest()
    assert len(one.digest()) == 64


def test_resolving_dates_rounds() -> None:
    history = [attempt("2026-06-01"),
               attempt("2026-06-09", start=None, planned="2026-06-05", end="2026-06-08"),
               attempt("2026-06-15", start=None, planned="2026-06-12", end="2026-06-11"),
               attempt("2026-06-16", "postponed", planned="2026-06-16")]
    done = resolve(talks(history=history[::-1])).history
    days = [(item.start and item.start.day, item.end and item.end.day) for item in done]
    assert days == [(1, 1), (5, 8), (11, 11), (None, None)]


PLAN = {"date": "2026-06-10", "type": "plan", "planned": "2026-06-25", "mode": "remote", "venue": "Muscat"}


@pytest.mark.parametrize("more, planned", [
    ([], "2026-06-25"),
    ([{**PLAN, "date": "2026-06-12", "planned": "2026-07-02"}], "2026-07-02"),
    ([{**PLAN, "date": "2026-06-05", "planned": "2026-07-02"}], "2026-06-25"),
    ([attempt("2026-06-14", "postponed", planned="2026-06-25")], None),
    ([attempt("2026-06-14", "postponed", planned="2026-06-14")], "2026-06-25"),
    ([attempt("2026-06-12")], "2026-06-25"),
    ([{**PLAN, "date": "2026-06-12", "planned": "2026-06-13"}], None),
])
def test_next_round_from_the_history(more: list[dict[str, Any]], planned: str | None) -> None:
    plan = resolve(talks(history=[PLAN, *more])).next_round
    assert (plan and plan.planned.isoformat()) == planned
    stated = resolve(talks(history=[PLAN, *more], next_round={"planned": "2026-08-01"})).next_round
    assert stated is not None and stated.planned == dt.date(2026, 8, 1)


def test_deadline_and_attendance_from_the_history() -> None:
    history = [{"date": "2026-06-01", "type": "deadline", "deadline": "2026-07-01"},
               {"date": "2026-06-05", "type": "deadline", "deadline": "2026-08-01"},
               {"date": "2026-06-02", "type": "attendance", "party": "us", "present": True},
               attempt("2026-06-03"),
               {"date": "2026-06-06", "type": "attendance", "party": "iran", "present": True},
               {"date": "2026-06-07", "type": "attendance", "party": "iran", "present": False}]
    done = resolve(talks(history=history))
    assert done.deadline is not None and done.deadline.date == dt.date(2026, 8, 1) and done.deadline.binding == "soft"
    assert done.parties["us"].present is None, "the report was about a round already held"
    assert done.parties["iran"].present is False
    stated = talks(history=history, deadline={"date": "2026-09-01"}, parties={"us": {}, "iran": {"present": True}})
    assert resolve(stated).deadline.date == dt.date(2026, 9, 1) and resolve(stated).parties["iran"].present is True


def test_more_than_two_parties_state_the_wants_in_between() -> None:
    issue = {"opening": {"us": 20, "iran": 5, "eu": 12}, "reservation": {"us": 11, "iran": 12, "eu": 11},
             "wants": {"eu": "more"}}
    done = resolve(talks(parties=["us", "iran", "eu"], issues={"years": issue}))
    assert done.issues["years"].wants == {"us": "more", "iran": "less", "eu": "more"}


def test_every_problem_at_once_relations_included() -> None:
    with pytest.raises(ScenarioError) as caught:
        talks(horizon_days=0, parties={"us": {"present": "here"}, "iran": {}}, junk=1,
              next_round={"planned": "2026-06-01", "fallback": ["shuttle"]}, adjust={"loss": 1},
              history=[attempt("2026-07-01"), attempt("2026-06-03", end="2026-06-01")])
    assert sorted(p.where for p in caught.value.problems) == [
        "adjust.rationale", "history.0.date", "history.1.end", "horizon_days", "junk", "next_round.fallback.0",
        "next_round.planned", "parties.us.present"]


def test_no_complaint_is_made_up_by_leaving_out_what_is_unsound() -> None:
    with pytest.raises(ScenarioError) as caught:
        talks(parties={"us": {}, "iran": 5}, mediator={"names": "Oman", "type": "state"}, as_of="soon",
              next_round={"planned": "2026-06-01", "fallback": ["shuttle"]},
              issues={"years": {"opening": {"us": 20, "iran": "5"}, "reservation": {"us": 12, "iran": 11}}},
              history=[attempt("2026-06-03", absent=["iran"]), attempt("2026-06-05", "lost")])
    assert sorted(p.where for p in caught.value.problems) == [
        "as_of", "history.1.status", "issues.years.opening.iran", "mediator.names", "parties.iran"]


@pytest.mark.parametrize("given", [None, 3, "text", ["parties"], b"x", object()])
def test_what_is_no_mapping(given: Any) -> None:
    with pytest.raises(ScenarioError, match="a mapping with parties, as_of and domain"):
        Scenario.from_dict(given)


def test_deep_and_circular_data_are_refused() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    round_: dict[str, Any] = {}
    round_["us"] = round_
    for bad in ({**BASE, "title": deep}, {**BASE, "issues": round_}, {**BASE, "adjust": round_}):
        with pytest.raises(ScenarioError):
            Scenario.from_dict(bad)
    while deep:
        deep = deep.pop()


def test_messages_know_the_keys_of_every_part() -> None:
    """A part that the table of shapes forgets would give messages without its keys."""
    def parts(base: type[BaseModel]) -> set[type[BaseModel]]:
        return {base, *(part for sub in base.__subclasses__() for part in parts(sub))}

    paths = [(), ("mediator",), ("deadline",), ("next_round",), ("adjust",), ("parties", "us"), ("issues", "x"),
             ("disruptions",), ("disruptions", "kinds", "x"), ("disruptions", "kinds", "x", "recovery"),
             ("disruptions", "active_now", 0), ("disruptions", "excitation"), ("issues", "x", "tactic", "us"),
             ("systems", "x"), ("injections", 0), ("stages", 0), ("ratification", 0),
             ("implementation",), ("implementation", "tranches", 0), ("implementation", "verifier"),
             *(("history", i) for i in range(7))]
    data = {"history": [{"type": t} for t in
                        ("attempt", "disruption", "offer", "plan", "deadline", "attendance", "end")]}
    known = {_shape(data, path) for path in paths}
    mine = {part for part in parts(Part) if part.__module__.startswith("forecast.scenario")}
    assert mine - {Part} - known == {next(p for p in mine if p.__name__ == "Item")}
    assert nearest("reservations", ["reservation"]) == "did you mean reservation?"
