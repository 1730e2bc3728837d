"""Nearest talks, base rates, lists, filters and timelines."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from forecast.errors import TalksError
from forecast.talks import base_rate, filter_talks, list_rows, nearest, scenario_at, timeline
from forecast.talks.likeness import WEIGHTS, share

IRAN = {"as_of": "2026-06-19", "domain": "nuclear_arms", "parties": {"us": {"name": "United States"}, "iran": {}},
        "mediator": {"names": ["Oman"], "type": "state"}, "deadline": {"date": "2026-08-16"}}


def test_nearest_to_talks_between_the_same_parties(talks) -> None:
    found = nearest(talks, IRAN)
    assert len(found) == 10 and [row["talk_id"] for row in found][:2] == ["us_iran_2025", "us_iran_2026_oman"]
    distances = [row["distance"] for row in found]
    assert distances == sorted(distances) and 0 <= distances[0] and distances[-1] <= 1
    assert found.deal["n"] == 10 and found.deal["deals"] == sum(row["deal"] for row in found)
    json.dumps(found.to_dict(), allow_nan=False)


def test_distance_is_the_stated_mean(talks) -> None:
    for row in nearest(talks, IRAN, n=len(talks)):
        assert set(row["parts"]) == set(WEIGHTS) and all(0 <= value <= 1 for value in row["parts"].values())
        mean = sum(WEIGHTS[name] * value for name, value in row["parts"].items()) / sum(WEIGHTS.values())
        assert row["distance"] == pytest.approx(mean, abs=2e-3)


def test_only_talks_that_had_ended_are_compared(talks) -> None:
    found = nearest(talks, {**IRAN, "as_of": "2000-01-01"}, n=300)
    assert all(row["end"] < "2000-01-01" for row in found) and found.considered == len(found) < 100
    assert found.base_rate["deal"]["n"] == found.considered
    assert "us_iran_final_2026" not in {row["talk_id"] for row in nearest(talks, IRAN, n=300)}


def test_a_talk_of_the_past_does_not_find_itself(talks) -> None:
    for talk_id, day in (("us_iran_2025", "2025-05-01"), ("camp_david_1978", "1978-09-10")):
        assert talk_id not in {row["talk_id"] for row in nearest(talks, scenario_at(talks, talk_id, day), n=300)}


@pytest.mark.parametrize("field, value, part", [
    ("domain", "labour", "domain"), ("mediator", None, "mediation"), ("deadline", None, "deadline"),
    ("pandemic", True, "pandemic"), ("parties", ["X", "Y"], "parties"),
    ("parties", {"us": {"name": "United States"}, "iran": {}, **{f"p{i}": {} for i in range(6)}}, "size")])
def test_each_part_moves_the_distance(talks, field, value, part) -> None:
    def of(data):
        return next(row for row in nearest(talks, data, n=300) if row["talk_id"] == "us_iran_2025")

    one, two = of(IRAN), of({**IRAN, field: value})
    assert two["parts"][part] > one["parts"][part] and two["distance"] > one["distance"]


def test_nearest_wants_at_least_one(talks) -> None:
    with pytest.raises(ValueError, match="n is 0"):
        nearest(talks, IRAN, n=0)


def test_base_rate_counts_ended_talks(talks) -> None:
    rate = base_rate(talks, "sanctions")
    assert (rate["deal"]["n"], rate["deal"]["deals"]) == (255, 121)
    assert sum(rate["endings"].values()) == 255 and rate["endings"]["agreement"] == 93
    assert rate["deal"]["low"] < rate["deal"]["p"] < rate["deal"]["high"]
    assert rate["domain"]["name"] == "multilat_other" and rate["domain"]["deal"]["n"] == 10
    assert base_rate(talks)["domain"] is None
    assert base_rate(talks, before=dt.date(1960, 1, 1))["deal"]["n"] == 3
    with pytest.raises(TalksError, match="'sports'"):
        base_rate(talks, "sports")


def test_share_is_wilsons(talks) -> None:
    said = share([True] * 10)
    assert said["p"] == 1.0 and said["high"] == 1.0 and said["low"] == pytest.approx(10 / (10 + 1.6448536**2), rel=1e-6)


def test_filters_narrow_and_refuse_unknown_words(talks) -> None:
    assert len(filter_talks(talks)) == 258
    trade = filter_talks(talks, domain="trade", outcome="deal", since=dt.date(2018, 1, 1))
    assert trade.ids and all(t.domain == "trade" and t.deal and t.end >= dt.date(2018, 1, 1) for t in trade)
    assert len(filter_talks(talks, domain="multilat_other")) == 10
    both = filter_talks(talks, party="usa", conflict="iran_us").ids
    assert both and set(both) < set(filter_talks(talks, conflict="iran_us").ids)
    assert filter_talks(talks, text="AGRA").ids == ("agra_summit_2001",)
    assert len(filter_talks(talks, mediated=True)) + len(filter_talks(talks, mediated=False)) == 258
    assert filter_talks(talks, text="no such words anywhere").ids == ()
    outcomes = [len(filter_talks(talks, outcome=word)) for word in ("deal", "no_deal", "ongoing")]
    assert outcomes == [121, 134, 3]
    with pytest.raises(TalksError) as caught:
        filter_talks(talks, domain="sports", region="mars", outcome="won", conflict="iran")
    assert len(caught.value.problems) == 4 and "did you mean iran_us" in str(caught.value)


def test_list_has_a_row_per_talk(talks) -> None:
    rows = list_rows(talks)
    assert len(rows) == 258 and sum(row["rounds_held"] for row in rows) == 1203
    assert sum(row["attempts_lost"] for row in rows) == 192
    json.dumps(rows, allow_nan=False)


def test_timelines_are_in_order_and_complete(talks) -> None:
    for talk in talks:
        rows = timeline(talks, talk.id)
        dates = [row["date"] for row in rows if row["date"] is not None]
        assert dates == sorted(dates)
        assert sum(row["what"] == "event" for row in rows) == len(talks.events[talk.id])
        assert sum(row["what"] == "offer" for row in rows) == len(talks.offers[talk.id])
        assert sum(row["what"] == "attempt" and not row["unlisted"] for row in rows) == len(talks.rounds[talk.id])
        assert [row["label"] for row in rows if row["what"] == "end"] == [talk.outcome]
    json.dumps(rows, allow_nan=False)


def test_timeline_of_unknown_talks(talks) -> None:
    with pytest.raises(TalksError, match="did you mean oslo_1993"):
        timeline(talks, "oslo_1994")
