"""From the table to rows: counts, merging, and what must not enter."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import forecast as fc
from forecast.calibration import tables
from forecast.calibration.rows import compress, pad_alike
from forecast.calibration.tables import all_rows, retreat_counts, watched_pieces
from forecast.talks import build_attempts


@pytest.fixture(scope="module")
def talks():
    return fc.load_talks()


@pytest.fixture(scope="module")
def rows(talks):
    return all_rows(talks)


def same(left: dict, right: dict) -> bool:
    """Whether the rows of two tables are equal to the last bit."""
    return all(np.array_equal(getattr(left[block], field), getattr(right[block], field))
               for block in left for field in left[block]._fields)


def test_counts_are_those_of_the_notes(rows) -> None:
    calendar, outcome = rows["calendar"], rows["outcome"]
    assert calendar.loss_weight.sum() == 1393 and (calendar.loss_lost * calendar.loss_weight).sum() == 190
    assert (calendar.slip_unlisted * calendar.slip_weight).sum() == 38
    assert outcome.talk_closed.sum() == 121 and outcome.lag_weight.sum() == 92
    fates = [outcome.try_weight[outcome.try_fate == fate].sum() for fate in (1, 2)]
    assert fates == [92, 40]
    assert (outcome.deal_partial * outcome.deal_weight).sum() == 28


def test_rank_and_result_of_a_round_never_enter(talks, rows, rng) -> None:
    levels = [item.level for items in talks.rounds.values() for item in items]
    results = [item.result for items in talks.rounds.values() for item in items]
    levels, results = iter(rng.permutation(levels)), iter(rng.permutation(results))
    shuffled = {talk: tuple(dataclasses.replace(item, level=str(next(levels)), result=str(next(results)))
                            for item in items) for talk, items in talks.rounds.items()}
    assert same(rows, all_rows(dataclasses.replace(talks, rounds=shuffled)))


def test_shuffling_another_column_is_noticed(talks, rows) -> None:
    changed = {talk: tuple(dataclasses.replace(item, absent="") for item in items)
               for talk, items in talks.rounds.items()}
    assert not same(rows, all_rows(dataclasses.replace(talks, rounds=changed)))


def test_events_of_the_day_of_an_attempt_do_not_reach_it(talks) -> None:
    """Dropping every event that falls on the day of the attempt leaves tension and the 14-day flag as they are."""
    a = build_attempts(talks)
    for talk_id, events in list(talks.events.items())[:60]:
        position = talks.ids.index(talk_id)
        for row in np.flatnonzero(a.talk == position):
            kept = tuple(event for event in events if event.date.toordinal() != a.day[row])
            if len(kept) == len(events):
                continue
            b = build_attempts(dataclasses.replace(talks, events=talks.events | {talk_id: kept}))
            assert b.tension[row] == a.tension[row] and b.severe14[row] == a.severe14[row]


def test_flat_severity_moves_tension_only(talks, rows) -> None:
    flat = all_rows(talks, severity="flat")
    assert not np.array_equal(flat["outcome"].try_tension, rows["outcome"].try_tension)
    assert same({"calendar": rows["calendar"]}, {"calendar": flat["calendar"]})


def test_merging_keeps_every_observation(talks) -> None:
    full = tables.calendar_rows(build_attempts(talks))
    merged = compress(full, "length", "loss")
    assert len(merged.length_weight) < len(full.length_weight)
    for table, column in (("length", "length_high"), ("length", "length_zero"), ("loss", "loss_talk")):
        before = (getattr(full, column) * getattr(full, f"{table}_weight")).sum()
        assert (getattr(merged, column) * getattr(merged, f"{table}_weight")).sum() == pytest.approx(before)


def test_padding_needs_a_row_somewhere(rows) -> None:
    none = rows["outcome"]._replace(lag_low=np.zeros(0), lag_weight=np.zeros(0))
    with pytest.raises(ValueError, match="lag: no rows in any of 2"):
        pad_alike([none, none])
    assert len(pad_alike([none, rows["outcome"]])[0].lag_low) == len(rows["outcome"].lag_low)


def test_watched_stretches_cover_the_talks_once() -> None:
    pieces = watched_pieces(np.array([0, 10, 10, 24]))
    assert sum(high - low for low, high, *_ in pieces) == 24.0
    assert [piece[:2] for piece in pieces] == [(-0.5, 0.0), (0.0, 10.0), (10.0, 23.5)]
    assert watched_pieces(np.array([5])) == [] and watched_pieces(np.array([5, 5])) == []


def test_every_event_between_attempts_is_seen_for_one_day(rows) -> None:
    r = rows["disruption"]
    seen = ((r.event_s_high - r.event_s_low) * r.event_use).sum(axis=1)
    assert np.all((seen == 1.0) | (seen == 0.5))
    assert np.all(r.event_use.sum(axis=1) >= 1)


def test_retreats_are_those_of_the_notes(talks) -> None:
    retreats, losses = retreat_counts(talks, build_attempts(talks))
    assert retreats.sum() in range(24, 30) and losses.sum() == 190
    assert 0.10 < retreats.sum() / (retreats.sum() + losses.sum()) < 0.18
