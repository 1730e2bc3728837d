"""What happened, in the terms of the targets, on talks made by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from forecast.backtest.cases import Case, cases_of
from forecast.backtest.truth import seen_until, truth_of
from forecast.talks import Talks
from forecast.talks.read import Round, Talk
from forecast.vocabulary import ENDINGS, MODES

START = dt.date(2020, 1, 1)


def day(number: int) -> dt.date:
    return START + dt.timedelta(days=number)


def held(number: int, first: int, last: int | None = None, **more) -> Round:
    return row(number, "held", start=day(first), end=day(first if last is None else last), **more)


def row(number: int, status: str, *, start=None, end=None, planned=None, mode="in_person") -> Round:
    return Round(
        "t", number, status, planned, start, end, "", mode, "envoy", "", "none", "", True, number + 1
    )


def table(outcome: str, end: int, *rows: Round, deadline: int | None = None) -> Talks:
    talk = Talk(
        "t",
        "T",
        "trade",
        "europe",
        ("A", "B"),
        (),
        "none",
        None,
        START,
        day(end),
        outcome,
        None if deadline is None else day(deadline),
        "",
        True,
        "",
        "c",
        2,
    )
    return Talks((talk,), {"t": rows}, {"t": ()}, {"t": ()}, {}, "", "hash")


def at(number: int) -> Case:
    return Case("t", "c", "trade", "attempt_1", day(number))


def test_a_deal_ninety_days_on_counts_and_one_later_does_not() -> None:
    for end, expected in ((90, 1), (91, 0)):
        truth = truth_of(table("agreement", end, held(1, 0), held(2, end)), at(0))
        assert truth.classes["deal_90"] == expected and truth.classes["deal_180"] == 1
        assert truth.days == {"next_day": float(end), "end_day": float(end)}


def test_the_next_attempt_may_be_lost_and_the_next_round_come_later() -> None:
    talks = table(
        "agreement", 60, held(1, 0), row(2, "postponed", planned=day(10)), held(3, 60, mode="remote")
    )
    truth = truth_of(talks, at(0))
    assert truth.classes["next_held"] == 0 and truth.days["next_day"] == 60
    assert truth.classes["next_mode"] == MODES.index("remote")


def test_no_further_round_is_never() -> None:
    truth = truth_of(table("stall", 0, held(1, 0)), at(0))
    assert truth.days["next_day"] == np.inf and truth.classes["next_held"] == 0 and truth.days["end_day"] == 0
    assert truth.classes["ending"] == ENDINGS.index("stall") and truth.classes["next_mode"] == -1


def test_a_stall_long_past_ends_on_day_zero() -> None:
    assert truth_of(table("stall", 5, held(1, 0), held(2, 5)), at(90)).days["end_day"] == 0


def test_an_open_record_tells_only_what_it_saw() -> None:
    talks = table("ongoing", 100, held(1, 0), held(2, 20))
    truth = truth_of(talks, at(0))
    assert truth.record == 100 and truth.classes["deal_90"] == 0 and truth.classes["deal_180"] == -1
    assert truth.classes["ending"] == -1 and truth.days["next_day"] == 20 and truth.days["end_day"] == np.inf
    assert seen_until(truth, "end_day") == 100 and seen_until(truth, "next_day") == 100
    later = truth_of(talks, at(20))
    assert (
        later.classes["next_held"] == -1
        and later.days["next_day"] == np.inf
        and seen_until(later, "next_day") == 80
    )


def test_beyond_the_horizon_talks_are_under_way() -> None:
    truth = truth_of(table("collapse", 731, held(1, 0), held(2, 700)), at(0))
    assert truth.classes["ending"] == ENDINGS.index("ongoing")
    assert truth_of(table("collapse", 730, held(1, 0)), at(0)).classes["ending"] == ENDINGS.index("collapse")


def test_a_lapse_is_a_lapse() -> None:
    truth = truth_of(table("collapse", 31, held(1, 0), deadline=30), at(0))
    assert truth.classes["ending"] == ENDINGS.index("lapse")


def test_an_earlier_plan_that_passed_unseen_is_no_next_attempt() -> None:
    """A round planned for day 5 and held on day 30: on day 10 nobody forecasts its first plan any more."""
    talks = table("agreement", 30, held(1, 0), row(2, "held", planned=day(5), start=day(30), end=day(30)))
    assert truth_of(talks, at(0)).classes["next_held"] == 0
    assert truth_of(talks, at(10)).classes["next_held"] == 1


def test_lost_rows_after_a_deal_are_none(talks: Talks) -> None:
    made = table("agreement", 20, held(1, 0), held(2, 20), row(3, "cancelled", planned=day(25)))
    assert [case.landmark for case in cases_of(made)] == ["attempt_1"]


@pytest.mark.parametrize("target", ["next_day", "end_day"])
def test_days_of_the_shipped_table_are_whole_and_not_negative(talks: Talks, target: str) -> None:
    found = np.array([truth_of(talks, case).days[target] for case in cases_of(talks)])
    known = found[np.isfinite(found)]
    assert (known >= (1 if target == "next_day" else 0)).all() and (known == known.round()).all()
    assert np.isfinite(found).mean() > 0.7
