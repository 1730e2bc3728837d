"""What must not enter: rank and result in the attempts, and anything later in the scenario of a past day."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from forecast.errors import TalksError
from forecast.talks import build_attempts, build_events, build_offers, known_by, scenario_at, scenario_data
from forecast.talks.coding import WORDS

WEEK = dt.timedelta(days=7)


def same(one: object, other: object) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name), equal_nan=True)
               if isinstance(getattr(one, f.name), np.ndarray) and getattr(one, f.name).dtype == np.float64
               else np.array_equal(getattr(one, f.name), getattr(other, f.name))
               for f in dataclasses.fields(one) if f.name != "intervals")


def shuffled_last_rows(talks, rng, fields):
    """Permute the given columns among the last rows of all talks."""
    ids = [talk_id for talk_id in talks.ids if talks.rounds[talk_id]]
    order = rng.permutation(len(ids))
    last = [talks.rounds[talk_id][-1] for talk_id in ids]
    rounds = dict(talks.rounds)
    for position, talk_id in enumerate(ids):
        donor = last[order[position]]
        changed = dataclasses.replace(last[position], **{field: getattr(donor, field) for field in fields})
        rounds[talk_id] = (*rounds[talk_id][:-1], changed)
    return dataclasses.replace(talks, rounds=rounds)


def test_rank_and_result_of_the_last_row_change_nothing(talks, rng) -> None:
    mixed = shuffled_last_rows(talks, rng, ("level", "result"))
    assert any(mixed.rounds[i] != talks.rounds[i] for i in talks.ids)
    assert same(build_attempts(talks), build_attempts(mixed))
    assert same(build_events(talks), build_events(mixed)) and same(build_offers(talks), build_offers(mixed))


def test_the_shuffle_would_be_seen_in_a_column_that_enters(talks, rng) -> None:
    assert not same(build_attempts(talks), build_attempts(shuffled_last_rows(talks, rng, ("mode",))))


def test_rank_and_result_anywhere_change_nothing(talks, rng) -> None:
    rounds = {key: tuple(dataclasses.replace(item, level=str(rng.choice(WORDS["level"])),
                                             result=str(rng.choice(WORDS["result"]))) for item in items)
              for key, items in talks.rounds.items()}
    assert same(build_attempts(talks), build_attempts(dataclasses.replace(talks, rounds=rounds)))


def test_events_on_the_day_and_after_do_not_enter_an_attempt(talks, rng) -> None:
    before = build_attempts(talks)
    events = dict(talks.events)
    changed = 0
    for position, talk in enumerate(talks):
        days = before.day[before.talk == position]
        last = int(days.max()) if len(days) else 0
        kept = [event for event in events[talk.id] if event.date.toordinal() < last]
        changed += len(events[talk.id]) - len(kept)
        extra = dataclasses.replace(talks.events["camp_david_1978"][0], talk_id=talk.id, severity=3, kind="escalation",
                                    date=dt.date.fromordinal(last)) if last else None
        events[talk.id] = (*kept, *([extra] if extra else []))
    assert changed > 50
    after = build_attempts(dataclasses.replace(talks, events=events))
    assert same(before, after)


def rewrite_the_future(talks, talk_id: str, date: dt.date, rng):
    """Change every cell of one talk that is dated after a day, and all that is known only at the end."""
    talk = talks.talk(talk_id)
    later = date + dt.timedelta(days=int(rng.integers(1, 400)))
    new = dataclasses.replace(
        talk, end=later, outcome=str(rng.choice(WORDS["outcome"])), note="rewritten", name="Rewritten",
        source="https://example.org/rewritten", checked=not talk.checked,
        start=talk.start if talk.start is not None and talk.start <= date else later,
        announced=talk.announced if talk.announced is not None and talk.announced <= date else None)
    if not any(day is not None and day <= date for day in (talk.start, talk.announced)):
        new = dataclasses.replace(new, deadline=later)
    rounds = []
    for item in talks.rounds[talk_id]:
        begun = (item.start or item.end or item.planned_start) if item.held else (item.end or item.planned_start)
        if begun is not None and begun <= date:
            end = item.end if item.end is not None and item.end <= date else (later if item.start else item.end)
            rounds.append(dataclasses.replace(item, end=end, level="leader", result="agreement"))
        elif begun is None and any(
                day is not None and day <= date for after in talks.rounds[talk_id][item.number:]
                for day in [(after.start or after.end or after.planned_start) if after.held
                            else (after.end or after.planned_start)]):
            rounds.append(dataclasses.replace(item, result="setback"))
    filler = dataclasses.replace(talks.rounds["camp_david_1978"][0], talk_id=talk_id)
    for number in range(int(rng.integers(0, 4))):
        status = str(rng.choice(WORDS["status"]))
        start = later + number * WEEK
        held = status in ("held", "broken_off")
        rounds.append(dataclasses.replace(
            filler, number=len(rounds) + 1, status=status, start=start if held else None, end=None,
            planned_start=date - WEEK if held else start, mode=str(rng.choice(WORDS["mode"])), absent="Somebody"))
    events = [event for event in talks.events[talk_id] if event.date <= date]
    shock = dataclasses.replace(talks.events["camp_david_1978"][0], talk_id=talk_id, date=date + WEEK / 7, severity=3,
                                kind="escalation")
    offers = [dataclasses.replace(offer, value=-offer.value) if offer.date > date else offer
              for offer in talks.offers[talk_id]]
    return dataclasses.replace(
        talks, talks=tuple(new if t.id == talk_id else t for t in talks),
        rounds={**talks.rounds, talk_id: tuple(rounds)},
        events={**talks.events, talk_id: (*events, shock)}, offers={**talks.offers, talk_id: tuple(offers)})


def days_to_try(talks, talk, rng) -> list[dt.date]:
    """Days around every date of a talk, before it ended."""
    dates = {d for item in talks.rounds[talk.id] for d in (item.planned_start, item.start, item.end) if d}
    dates |= {event.date for event in talks.events[talk.id]} | {talk.announced or talk.end}
    near = {d + dt.timedelta(days=shift) for d in dates for shift in (-1, 0, 1)}
    open_days = sorted(d for d in near if d < talk.end)
    return [open_days[i] for i in sorted(rng.choice(len(open_days), min(3, len(open_days)), replace=False))]


def test_nothing_later_enters_the_scenario_of_a_day(talks, rng) -> None:
    tried = 0
    for talk in talks:
        for date in days_to_try(talks, talk, rng):
            future = rewrite_the_future(talks, talk.id, date, rng)
            assert scenario_data(future, talk.id, date) == scenario_data(talks, talk.id, date), (talk.id, date)
            tried += 1
    assert tried > 600


def test_the_digest_is_identical_too(talks, rng) -> None:
    for talk in talks.talks[::10]:
        for date in days_to_try(talks, talk, rng):
            future = rewrite_the_future(talks, talk.id, date, rng)
            assert scenario_at(future, talk.id, date).digest() == scenario_at(talks, talk.id, date).digest()


def test_the_past_does_enter(talks) -> None:
    """The two tests above could not fail if the history were always empty."""
    one, two = (scenario_data(talks, "jcpoa_2014_15", day) for day in ("2014-06-01", "2015-06-01"))
    assert len(two["history"]) > len(one["history"]) > 3
    past = {**talks.rounds, "jcpoa_2014_15": tuple(dataclasses.replace(item, mode="remote")
                                                   for item in talks.rounds["jcpoa_2014_15"])}
    assert scenario_data(dataclasses.replace(talks, rounds=past), "jcpoa_2014_15", "2014-06-01") != one


def test_no_item_is_dated_later_and_no_plan_is_made(talks, rng) -> None:
    for talk in talks.talks[::5]:
        for date in days_to_try(talks, talk, rng):
            scenario = scenario_at(talks, talk.id, date)
            assert scenario.next_round is None and scenario.as_of == date
            assert all(item.date <= date for item in scenario.history)
            days = [item.date for item in scenario.history if item.type == "attempt"]
            assert days == sorted(days)


def test_every_day_a_backtest_may_ask_for_gives_a_valid_scenario(talks) -> None:
    for talk in talks:
        attempts = [i for i in talks.rounds[talk.id] if i.held and i.start is not None]
        for item in attempts[:-1]:
            day = item.end or item.start
            if day < talk.end:
                scenario = scenario_at(talks, talk.id, day)
                known = [i for i in scenario.history if i.type == "attempt" and i.status == "held"]
                assert len(known) >= attempts.index(item) + 1


@pytest.mark.parametrize("day, held, lost, end", [
    ("2025-04-18", 1, 0, "2025-04-12"), ("2025-05-02", 3, 0, "2025-04-26"), ("2025-05-03", 3, 1, "2025-04-26")])
def test_known_by_a_day(talks, day, held, lost, end) -> None:
    items = [i for i in scenario_data(talks, "us_iran_2025", day)["history"] if i["type"] == "attempt"]
    assert [sum(i["status"] == "held" for i in items), sum(i["status"] != "held" for i in items)] == [held, lost]
    assert [i["end"] for i in items if i["status"] == "held"][-1] == end


def test_deadline_is_known_from_the_start_and_not_before(talks) -> None:
    assert "deadline" not in scenario_data(talks, "us_debt_limit_2023", "2023-01-01")
    talk = talks.talk("us_debt_limit_2023")
    first = scenario_data(talks, "us_debt_limit_2023", talk.start)
    assert first["deadline"] == {"date": talk.deadline.isoformat(), "binding": "soft"}


def test_round_under_way_has_no_last_day(talks) -> None:
    item = next(i for i in talks.rounds["camp_david_1978"] if i.held and i.end > i.start)
    known = known_by(talks, "camp_david_1978", item.start).rounds["camp_david_1978"]
    assert known[0].end is None and known[0].level == "" and known[0].result == "unknown"


def test_ended_talks_unknown_talks_and_bad_days_are_refused(talks) -> None:
    with pytest.raises(TalksError, match="before 2025-06-14, when us_iran_2025 ended"):
        scenario_at(talks, "us_iran_2025", "2025-06-14")
    with pytest.raises(TalksError, match="an id of 258 talks"):
        scenario_at(talks, "nobody", "2025-06-14")
    with pytest.raises(TalksError, match="a date YYYY-MM-DD"):
        scenario_at(talks, "us_iran_2025", "June")
