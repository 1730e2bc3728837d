"""The coding of rounds into attempts, of events into intervals, of offers into series."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from forecast.talks import build_attempts, build_events, build_offers, load_talks
from forecast.talks.attempts import tension_at
from forecast.talks.coding import CANCELLED, HELD, MISSING, POSTPONED


def day(text: str) -> int:
    return dt.date.fromisoformat(text).toordinal()


@pytest.fixture(scope="module")
def a(talks):
    return build_attempts(talks)


def held(number: int, start: str, end: str = "", **more: str) -> dict[str, str]:
    return {"round": str(number), "start": start, "end": end or start, **more}


def lost(number: int, planned: str, status: str = "postponed", **more: str) -> dict[str, str]:
    return {"round": str(number), "status": status, "planned_start": planned, "start": "", "end": "", **more}


def test_columns_are_equally_long_and_typed(a) -> None:
    for name, column in a.columns().items():
        assert column.shape == (1395,), name
        assert column.dtype in (np.int64, np.float64, np.bool_), name


def test_attempts_count_up_within_a_talk(a) -> None:
    new = np.r_[True, a.talk[1:] != a.talk[:-1]]
    assert (np.diff(a.talk) >= 0).all()
    assert (a.k[new] == 1).all() and (np.diff(a.k)[~new[1:]] == 1).all()
    assert (np.diff(a.held_before)[~new[1:]] == (a.status[:-1] == HELD)[~new[1:]]).all()
    assert (a.held_before[new] == 0).all()


def test_one_kept_end_per_talk_and_nothing_after_it(a) -> None:
    last = np.flatnonzero(a.last)
    assert len(last) == len(set(a.talk.tolist())) == 256
    assert (a.ending[a.last] > 0).all() and (a.ending[a.kept & ~a.last] == 0).all()
    assert (a.ending[~a.kept] == MISSING).all() and (~a.kept).sum() == 2
    for row in last:
        after = (a.talk == a.talk[row]) & (a.k > a.k[row])
        assert not (after & a.kept).any()
    assert (a.status[a.last & np.isin(a.ending, (1, 2))] == HELD).all()


def test_spacings_of_the_study(a) -> None:
    gaps, slips, fresh = a.gap_days >= 0, a.slip_days >= 0, a.fresh_days >= 0
    assert not (gaps & slips | gaps & fresh | slips & fresh).any()
    assert gaps.sum() == 931 and len(set(a.talk[gaps].tolist())) == 213
    assert np.median(a.slip_days[slips & a.slip_unlisted]) == pytest.approx(3.5, abs=0.5)
    assert np.median(a.slip_days[slips & ~a.slip_unlisted]) == pytest.approx(16.5, abs=0.5)
    assert np.median(a.fresh_days[fresh]) == 42.5
    before = np.flatnonzero(gaps) - 1
    assert (a.status[before] == HELD).all()
    assert (a.planned_day[gaps] - a.end_day[before] == a.gap_days[gaps]).all()


def test_deadline_states_of_the_study(a) -> None:
    assert (a.far & (a.status == HELD)).sum() == 163
    assert not (a.far & a.here).any() and not (a.far & a.near).any()
    assert (a.deadline_days[~a.deadline] == 0).all()


def test_unlisted_postponement_is_an_attempt_of_its_own(folder) -> None:
    a = build_attempts(load_talks(folder(rounds=[
        held(1, "2020-01-10", "2020-01-12"), held(2, "2020-02-10", planned_start="2020-02-03", absent="Mr A")])))
    assert a.status.tolist() == [HELD, POSTPONED, HELD]
    assert a.unlisted.tolist() == [False, True, False] and a.k.tolist() == [1, 2, 3]
    assert a.planned_day.tolist() == [day("2020-01-10"), day("2020-02-03"), day("2020-02-10")]
    assert a.gap_days.tolist() == [-1, 22, -1] and a.slip_days.tolist() == [-1, -1, 7]
    assert a.slip_unlisted.tolist() == [False, False, True] and a.absent.tolist() == [False, False, True]


@pytest.mark.parametrize("planned", ["", "2020-02-03"])
def test_a_lost_row_of_its_own_is_not_counted_twice(folder, planned) -> None:
    a = build_attempts(load_talks(folder(rounds=[
        held(1, "2020-01-10"), lost(2, planned), held(3, "2020-02-10", planned_start="2020-02-03")])))
    assert a.status.tolist() == [HELD, POSTPONED, HELD] and not a.unlisted.any()
    assert a.planned_day[1] == day("2020-02-03") and a.slip_days[2] == 7


def test_another_lost_day_is_another_slip(folder) -> None:
    a = build_attempts(load_talks(folder(rounds=[
        lost(1, "2020-01-02"), held(2, "2020-01-10", planned_start="2020-01-08")])))
    assert a.status.tolist() == [POSTPONED, POSTPONED, HELD] and a.slip_days.tolist() == [-1, 6, 2]


def test_broken_off_is_held_with_a_start_and_cancelled_without(folder) -> None:
    a = build_attempts(load_talks(folder(rounds=[
        held(1, "2020-01-10", status="broken_off"), lost(2, "2020-01-20", "broken_off"), held(3, "2020-02-01")])))
    assert a.status.tolist() == [HELD, CANCELLED, HELD] and a.fresh_days.tolist() == [-1, -1, 12]


def test_trailing_lost_rows_of_a_deal_are_dropped_and_of_a_collapse_kept(folder) -> None:
    rounds = [held(1, "2020-01-10"), lost(2, "2020-02-01", "cancelled")]
    a = build_attempts(load_talks(folder(talks=[{"outcome": "partial"}], rounds=rounds)))
    assert a.kept.tolist() == [True, False] and a.ending.tolist() == [2, -1] and a.last.tolist() == [True, False]
    a = build_attempts(load_talks(folder(rounds=rounds)))
    assert a.kept.all() and a.ending.tolist() == [0, 3] and a.end_lag_days.tolist() == [-1, 29]


def test_talks_under_way_are_censored(folder) -> None:
    a = build_attempts(load_talks(folder(talks=[{"outcome": "ongoing"}])))
    assert a.ending.tolist() == [5] and a.end_lag_days.tolist() == [-1]


def test_deadline_before_the_start_is_none_and_a_late_collapse_lapses(folder) -> None:
    a = build_attempts(load_talks(folder(talks=[{"deadline": "2020-01-09"}])))
    assert not a.deadline.any() and not a.here.any()
    a = build_attempts(load_talks(folder(talks=[{"deadline": "2020-02-29"}],
                                         rounds=[held(1, "2020-01-10"), held(2, "2020-02-27")])))
    assert a.far.tolist() == [True, False] and a.here.tolist() == [False, True]
    assert a.near.tolist() == [False, True] and a.gap_near.tolist() == [False, False]
    assert a.lapse.tolist() == [False, True] and a.deadline_days.tolist() == [50, 2]


@pytest.mark.parametrize("ahead, severe", [(0, False), (1, True), (14, True), (15, False)])
def test_severe_is_strictly_before_and_at_most_14_days(folder, ahead, severe) -> None:
    when = (dt.date(2020, 2, 20) - dt.timedelta(days=ahead)).isoformat()
    a = build_attempts(load_talks(folder(rounds=[held(1, "2020-01-10"), held(2, "2020-02-20")],
                                         events=[{"date": when}])))
    assert a.severe14.tolist() == [False, severe]
    assert a.tension[1] == pytest.approx(2 * 2 ** (-ahead / 30) if ahead else 0.0)


def test_tension_sums_halves_and_is_capped(folder) -> None:
    events = [{"date": "2020-01-21", "severity": s} for s in "123"]
    talks = load_talks(folder(events=events))
    assert tension_at(day("2020-02-20"), list(talks.events["a_b"])) == pytest.approx(0.5 * 3.5)
    assert tension_at(day("2020-01-22"), list(talks.events["a_b"])) == 3.0
    assert tension_at(day("2020-02-20"), list(talks.events["a_b"]), severity="flat") == pytest.approx(1.5)
    with pytest.raises(ValueError, match="severity is 'none'"):
        tension_at(0, [], severity="none")


@pytest.mark.parametrize("kind", ["absence", "postponement", "cancellation", "deadline_extension", "concession",
                                  "cyber", "technical_failure", "other"])
def test_traces_and_systems_are_no_disruptions(folder, kind) -> None:
    talks = load_talks(folder(rounds=[held(1, "2020-01-10"), held(2, "2020-02-01")], events=[{"type": kind}]))
    assert build_attempts(talks).tension.tolist() == [0.0, 0.0] and len(build_events(talks)) == 0


def test_events_lie_in_the_interval_that_holds_them(talks, a) -> None:
    events = build_events(talks, a)
    i = events.intervals
    inner = events.interval >= 0
    rows = events.interval[inner]
    assert (i.talk[rows] == events.talk[inner]).all()
    assert (i.start_day[rows] < events.day[inner]).all() and (events.day[inner] <= i.end_day[rows]).all()
    after = events.interval_after >= 0
    assert (i.start_day[events.interval_after[after]] == events.day[after]).all()
    assert (i.length_days == i.end_day - i.start_day).all() and (i.length_days >= 0).all()
    assert i.open.sum() == len(set(i.talk.tolist())) and (i.k[i.open] == 0).all()
    assert not (events.used & ~events.inside).any()
    assert not (events.used & events.after_last & (events.severity == 3)).any()
    by_type = [int((events.inside & ~events.from_other & (events.kind == kind)).sum()) for kind in range(4)]
    assert by_type == [133, 75, 67, 14]


def test_event_on_a_planned_day_names_both_sides(folder) -> None:
    talks = load_talks(folder(rounds=[held(1, "2020-01-10"), held(2, "2020-02-01"), held(3, "2020-02-20")],
                              events=[{"date": "2020-01-10"}, {"date": "2020-02-01"}, {"date": "2020-02-25"}]))
    events = build_events(talks)
    assert events.interval.tolist() == [-1, 0, 2] and events.interval_after.tolist() == [0, 1, -1]
    assert events.since_days.tolist() == [0, 22, 5] and events.until_days.tolist() == [22, 0, -1]
    assert events.after_last.tolist() == [False, False, True] and events.used.tolist() == [True, True, False]
    assert events.next_held_days.tolist() == [22, 19, -1]


def test_offers_make_series_of_sides_only(folder) -> None:
    talks = load_talks(folder(
        talks=[{"mediator": "Oman (Sultan)", "mediator_type": "state", "outcome": "agreement"}],
        rounds=[held(1, "2020-01-10"), held(2, "2020-02-01"), held(3, "2020-03-01")],
        offers=[{"value": "100"}, {"date": "2020-02-01", "value": "80"}, {"party": "B", "value": "20"},
                {"party": "agreed", "date": "2020-03-01", "value": "60"}, {"party": "A;B", "value": "1"},
                {"party": "Oman", "value": "1"}, {"party": "mediator", "value": "1"}]))
    offers = build_offers(talks)
    assert offers.series_ids == (("a_b", "price", "A"), ("a_b", "price", "B"))
    assert offers.alpha.tolist() == [0.0, 0.5, 0.0] and offers.interior.tolist() == [False, True, False]
    assert offers.x.tolist() == [1.5 / 4, 2.5 / 4, 1.5 / 4] and offers.order.tolist() == [0, 1, 0]


def test_offers_without_an_agreed_value_have_no_share(folder) -> None:
    offers = build_offers(load_talks(folder(offers=[{}, {"date": "2020-01-15", "value": "8"}])))
    assert np.isnan(offers.alpha).all() and not offers.interior.any()
