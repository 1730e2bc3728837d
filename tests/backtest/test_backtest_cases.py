"""When forecasts are made, who is still at the table then, and that nothing later enters."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

import forecast as fc
from forecast.backtest.cases import cases_of, landmark_days, visible_end
from forecast.backtest.features import features_of
from forecast.backtest.model import play, predict, scenario_of
from forecast.backtest.settlement import terms_of
from forecast.backtest.words import LANDMARKS
from forecast.engine.arrays import PosteriorArrays
from forecast.talks import Talks

FAR = dt.date(2099, 1, 1)


def with_other_future(talks: Talks, talk_id: str, date: dt.date) -> Talks:
    """Return the table with everything dated after a day changed: rows gone, another end, another outcome."""
    talk = talks.talk(talk_id)
    first = max(date + dt.timedelta(days=1), dt.date(1900, 1, 1))
    other = replace(talk, end=FAR, outcome="stall", note="nothing", name="another")
    rounds = tuple(
        replace(
            item,
            level="leader",
            result="breakdown",
            end=item.end if item.end is None or item.end <= date else first + dt.timedelta(days=3),
        )
        for item in talks.rounds[talk_id]
        if (item.start or item.end or item.planned_start or date) <= date
    )
    events = tuple(event for event in talks.events[talk_id] if event.date <= date)
    offers = tuple(offer for offer in talks.offers[talk_id] if offer.date <= date)
    return replace(
        talks,
        talks=tuple(other if one.id == talk_id else one for one in talks),
        rounds={**talks.rounds, talk_id: rounds},
        events={**talks.events, talk_id: events},
        offers={**talks.offers, talk_id: offers},
    )


def test_another_future_changes_no_scenario_and_no_feature(talks: Talks) -> None:
    cases = cases_of(talks)
    checked = 0
    for case in cases[::7]:
        rows = talks.rounds[case.talk]
        if any(item.start is None and item.planned_start is None for item in rows):
            continue  # without a date the table cannot tell what is later
        other = with_other_future(talks, case.talk, case.date)
        assert scenario_of(other, case).digest() == scenario_of(talks, case).digest(), case
        np.testing.assert_array_equal(features_of(other, case), features_of(talks, case))
        checked += 1
    assert checked > 120


def test_another_future_changes_no_forecast(some: Talks) -> None:
    arrays = PosteriorArrays.of(fc.load_posterior("prior"), 10)
    for case in cases_of(some, ["attempt_2"])[:5]:
        made = predict(some, case, arrays, trials=20, seed=1)
        other = predict(with_other_future(some, case.talk, case.date), case, arrays, trials=20, seed=1)
        for name in made.classes:
            np.testing.assert_array_equal(made.classes[name], other.classes[name])
        np.testing.assert_array_equal(made.days["end_day"], other.days["end_day"])


def test_the_past_does_change_the_scenario(some: Talks) -> None:
    """The test above could fail: a row dated before the day of the forecast matters."""
    case = cases_of(some, ["attempt_3"])[0]
    rows = some.rounds[case.talk]
    fewer = replace(some, rounds={**some.rounds, case.talk: rows[1:]})
    assert scenario_of(fewer, case).digest() != scenario_of(some, case).digest()


def test_terms_use_offers_known_by_then_only(talks: Talks) -> None:
    found = 0
    for case in cases_of(talks):
        terms = terms_of(talks, case)
        if terms is None:
            continue
        found += 1
        assert all(day <= case.date for day, _, _ in terms.offers)
        assert {side for _, side, _ in terms.offers} == {0, 1}
        agreed = [
            offer
            for offer in talks.offers[case.talk]
            if offer.party == "agreed" and offer.issue == terms.issue
        ]
        assert agreed[-1].date > case.date
        assert terms.openings[0] != terms.openings[1]
    assert found > 30


def test_it_plays_what_simulate_plays(some: Talks) -> None:
    tree = fc.load_posterior("prior")
    arrays = PosteriorArrays.of(tree, 8)
    for case in cases_of(some, ["attempt_2"])[:3]:
        scenario = scenario_of(some, case)
        out = play(scenario, arrays, 12, 7)
        made = fc.simulate(scenario, tree, draws=8, trials=12, seed=7)
        np.testing.assert_array_equal(out.trial["ending"].reshape(8, 12), made["ending"].values)
        np.testing.assert_array_equal(out.trial["next_day"].reshape(8, 12), made["next_round_day"].values)


def test_landmarks_are_in_order_and_at_risk(talks: Talks) -> None:
    for talk in talks:
        days, over = landmark_days(talks, talk), visible_end(talks, talk)
        numbers = [
            days[name]
            for name in ("attempt_1", "attempt_2", "attempt_3", "attempt_5", "attempt_8")
            if name in days
        ]
        assert numbers == sorted(numbers)
        mine = [case for case in cases_of(talks.subset([talk.id]))]
        assert all(over is None or case.date < over for case in mine)
        assert {case.landmark for case in mine} <= set(LANDMARKS)


def test_a_stall_is_not_visible_and_a_deal_is(talks: Talks) -> None:
    stalls = [talk for talk in talks if talk.outcome == "stall" and len(talks.rounds[talk.id]) >= 1]
    last = [case for talk in stalls for case in cases_of(talks.subset([talk.id])) if case.date >= talk.end]
    assert len(last) > 20
    for talk in talks:
        if talk.deal:
            assert all(case.date < talk.end for case in cases_of(talks.subset([talk.id])))


def test_unknown_landmarks_are_refused(some: Talks) -> None:
    with pytest.raises(ValueError, match="attempt_99.*some of announced"):
        cases_of(some, ["attempt_99"])
    with pytest.raises(ValueError, match="none"):
        cases_of(some, [])
