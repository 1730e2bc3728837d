"""Items dated exactly on the as-of date, on the day of an attempt, or a day off: the same rule everywhere."""

from __future__ import annotations

import datetime as dt

import pytest

import forecast as fc
from forecast.engine.state import talks_state
from forecast.errors import NewsError, ScenarioError
from forecast.scenario import Scenario, resolve

AS_OF = dt.date(2026, 6, 19)


def on(days: int) -> str:
    return (AS_OF + dt.timedelta(days=days)).isoformat()


def held(first: int, last: int | None = None, known: int | None = None) -> dict:
    last = first if last is None else last
    return {"date": on(last if known is None else known), "type": "attempt", "status": "held", "start": on(first),
            "end": on(last)}


def lost(planned: int | None, known: int) -> dict:
    return {"date": on(known), "type": "attempt", "status": "postponed",
            **({"planned": on(planned)} if planned is not None else {})}


def comes(known: int, present: bool = True) -> dict:
    return {"date": on(known), "type": "attendance", "party": "a", "present": present}


def plan(known: int, day: int) -> dict:
    return {"date": on(known), "type": "plan", "planned": on(day)}


def deadline(known: int, day: int) -> dict:
    return {"date": on(known), "type": "deadline", "deadline": on(day)}


def talks(*history: dict, as_of: int = 0, **more) -> Scenario:
    return Scenario.from_dict({"parties": {"a": {"principal": "A"}, "b": {}}, "as_of": on(as_of), "domain": "trade",
                               "name": "boundaries", "history": list(history), **more})


def grown(items: list[dict], as_of: int = 0) -> list[Scenario]:
    """The same items as one history, as news all at once, and as news one by one."""
    start = talks(as_of=-30)
    one_by_one = start
    for item in sorted(items, key=lambda item: item["date"]):
        one_by_one = fc.update(one_by_one, [item], as_of=max(one_by_one.as_of.isoformat(), item["date"]))
    return [talks(*items, as_of=as_of), fc.update(start, items, as_of=on(as_of)),
            fc.update(one_by_one, [], as_of=on(as_of))]


@pytest.mark.parametrize("known, present", [(-6, None), (-5, None), (-4, True), (0, True)])
def test_a_report_on_the_day_of_the_last_attempt_is_about_that_attempt(known, present):
    for made in grown([held(-5), comes(known)]):
        assert talks_state(resolve(made)).present["a"] is present


@pytest.mark.parametrize("known, present", [(-6, None), (-5, None), (-4, True)])
def test_it_is_so_when_the_attempt_is_in_the_history_already(known, present):
    made = fc.update(talks(held(-5)), [comes(known)])
    assert resolve(made).parties["a"].present is present


def test_a_report_on_the_as_of_date_counts_and_one_after_it_is_refused():
    assert resolve(talks(comes(0))).parties["a"].present is True
    with pytest.raises(ScenarioError, match="as_of or earlier"):
        talks(comes(1))


def test_an_attempt_on_the_as_of_date_ends_what_the_top_level_said_of_it_and_late_news_do_not():
    stated = talks(parties={"a": {"principal": "A", "present": False}, "b": {}}, next_round={"planned": on(3)})
    later = fc.update(stated, [lost(0, known=0)])
    assert later.parties["a"].present is None and later.next_round is None
    late = fc.update(stated, [held(-5, known=-1)])
    assert late.parties["a"].present is False and late.next_round.planned.isoformat() == on(3)


@pytest.mark.parametrize("day, found", [(-1, False), (0, True), (1, True)])
def test_a_plan_for_the_as_of_date_is_open_and_one_for_the_day_before_is_not(day, found):
    for made in [*grown([plan(-3, day)]), fc.update(talks(as_of=-2, next_round={"planned": on(day)}), [], as_of=on(0))]:
        done = resolve(made)
        assert (done.next_round is not None) == found
        assert talks_state(done).planned == (day if found else None)


@pytest.mark.parametrize("attempt, found", [
    (lost(2, known=-3), False),  # lost on the day of the announcement, for the planned day
    (lost(2, known=-4), True),  # known before the plan: an older one
    (lost(-3, known=-3), True),  # moved from today to the planned day
    (held(2 - 5, known=-3), True),  # held before the planned day
    (lost(None, known=-1), True),
])
def test_which_attempt_acts_on_a_plan(attempt, found):
    for made in grown([attempt, plan(-3, 2)]):
        assert (resolve(made).next_round is not None) == found


@pytest.mark.parametrize("attempt", [held(0), held(-1, 0), lost(0, known=0), lost(None, known=0)])
def test_an_attempt_on_the_planned_day_acts_on_the_plan(attempt):
    items = [plan(-3, -1 if attempt.get("start") == on(-1) else 0), attempt]
    for made in grown(items):
        assert resolve(made).next_round is None


@pytest.mark.parametrize("known, far", [(-6, False), (-5, False), (-4, True)])
def test_a_deadline_set_on_the_day_of_an_attempt_is_in_force_for_it(known, far):
    """The talks began with a deadline far off; a near one was set before, on or after the planned day."""
    for made in grown([deadline(-20, 100), held(-5), deadline(known, 10)]):
        (attempt,) = talks_state(resolve(made)).past
        assert (attempt.far, attempt.near) == (far, not far)


def test_a_round_of_several_days_begins_under_the_old_deadline_and_ends_under_the_new():
    (attempt,) = talks_state(resolve(talks(deadline(-20, 100), held(-8, -5), deadline(-5, 10)))).past
    assert attempt.far and attempt.near


@pytest.mark.parametrize("ahead, far, near", [
    (31, True, False), (30, False, True), (0, False, True), (-1, False, False)])
def test_far_and_near_begin_after_and_on_the_thirtieth_day(ahead, far, near):
    (attempt,) = talks_state(resolve(talks(held(-5), deadline={"date": on(-5 + ahead)}))).past
    assert (attempt.far, attempt.near) == (far, near)


def test_a_deadline_set_on_the_as_of_date_is_in_force_and_the_latest_holds():
    for made in grown([deadline(-9, 40), deadline(0, 60)]):
        assert talks_state(resolve(made)).deadline == 60
    stated = talks(deadline(-2, 50), deadline={"date": on(50), "binding": "hard"})
    assert fc.update(stated, [deadline(-9, 20)]).deadline.date.isoformat() == on(50)  # late news of an older one
    assert fc.update(stated, [deadline(0, 20)]).deadline.date.isoformat() == on(20)
    assert fc.update(stated, [deadline(-2, 55)]).deadline.date.isoformat() == on(55)  # two on one day: the later


def test_a_hard_deadline_on_the_as_of_date_is_not_past():
    made = talks(deadline={"date": on(0), "binding": "hard"})
    assert talks_state(resolve(made)).deadline == 0
    outcome = fc.simulate(made, "prior", draws=10, trials=10, seed=1)
    assert set(outcome["end_day"].values[outcome["ending"].values == 4].tolist()) == {0}
    with pytest.raises(NewsError, match="before as_of"):
        fc.update(made, [], as_of=on(1))


@pytest.mark.parametrize("known, before", [(-6, True), (-5, False)])
def test_a_disruption_counts_for_attempts_after_its_day(known, before):
    event = {"date": on(known), "type": "disruption", "kind": "escalation", "severity": 3}
    for made in grown([event, held(-5)]):
        (attempt,) = talks_state(resolve(made)).past
        assert attempt.severe is before and (attempt.tension > 0) is before
