"""Folds never split a conflict; rolling origins never look ahead; posteriors are scored on strangers."""

from __future__ import annotations

import pytest

from forecast.backtest.splits import begin_of, kfold, rolling, unseen
from forecast.errors import TalksError
from forecast.talks import Talks


@pytest.mark.parametrize("folds", [2, 5, 10])
def test_folds_never_split_a_conflict(talks: Talks, folds: int) -> None:
    splits = kfold(talks, folds, 1)
    tested = [talk for split in splits for talk in split.test]
    assert sorted(tested) == sorted(talks.ids)
    for split in splits:
        assert set(split.train) | set(split.test) == set(talks.ids)
        assert not {talks.talk(i).conflict for i in split.train} & {
            talks.talk(i).conflict for i in split.test
        }
    sizes = [len(split.test) for split in splits]
    assert max(sizes) - min(sizes) <= 2


def test_folds_depend_on_the_seed_alone(talks: Talks) -> None:
    assert kfold(talks, 5, 1) == kfold(talks, 5, 1) != kfold(talks, 5, 2)


@pytest.mark.parametrize("folds", [1, 0, 113, True])
def test_bad_folds_are_refused(talks: Talks, folds: int) -> None:
    with pytest.raises(ValueError, match="folds"):
        kfold(talks, folds, 1)


def test_rolling_origins_do_not_look_ahead(talks: Talks) -> None:
    splits = rolling(talks, 4)
    seen: set[str] = set()
    for split in splits:
        assert all(talks.talk(i).end < split.origin for i in split.train)
        assert all(begin_of(talks, talks.talk(i)) >= split.origin for i in split.test)
        assert not seen & set(split.test)
        seen |= set(split.test)
    assert len(seen) >= len(talks) // 2
    assert [split.origin for split in splits] == sorted(split.origin for split in splits)


def test_too_many_origins_are_refused(talks: Talks) -> None:
    with pytest.raises(TalksError, match="folds"):
        rolling(talks.subset(talks.ids[:4]), 5)


def test_the_pool_shares_nothing_with_the_scored(talks: Talks) -> None:
    some = talks.subset(["us_iran_2025"])
    pool = unseen(talks, some)
    assert "iran_us" not in pool.conflicts and len(pool) < len(talks)


def test_the_pool_knows_talks_under_other_ids(talks: Talks) -> None:
    """A folder of one's own names its conflicts otherwise; the parties give it away."""
    from dataclasses import replace

    some = talks.subset(["camp_david_1978"])
    foreign = replace(
        some,
        talks=(replace(some.talks[0], id="mine", conflict="mine"),),
        rounds={"mine": some.rounds["camp_david_1978"]},
        events={"mine": ()},
        offers={"mine": ()},
    )
    assert talks.talk("camp_david_1978").conflict not in unseen(talks, foreign).conflicts
