"""Who is trained on and who is forecast: folds of conflicts, and origins that roll through the calendar."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from forecast.errors import Problem, TalksError
from forecast.talks.load import Talks

SPLITS = ("kfold", "rolling")
FIRST_SHARE = 0.5
"""Share of the talks, by start, that lie before the first origin of a rolling split."""


@dataclass(frozen=True)
class Split:
    """One division of the talks.

    Parameters
    ----------
    train, test : tuple of str
        Ids of talks.
    origin : date or None
        Of a rolling split: training talks ended before it, test talks start on or after it.
    """

    train: tuple[str, ...]
    test: tuple[str, ...]
    origin: dt.date | None = None


def kfold(talks: Talks, folds: int, seed: int) -> list[Split]:
    """Divide the talks into folds that never split a conflict, with about as many talks each.

    Parameters
    ----------
    talks : Talks
    folds : int
        At least 2, at most the number of conflicts.
    seed : int
        Breaks ties between conflicts of one size.

    Returns
    -------
    list of Split

    Raises
    ------
    ValueError
        If `folds` is out of range.

    Examples
    --------
    >>> from forecast.talks import load_talks
    >>> [len(split.test) for split in kfold(load_talks(), 5, 1)]
    [52, 52, 52, 51, 51]
    """
    conflicts = talks.conflicts
    if isinstance(folds, bool) or not 2 <= folds <= len(conflicts):
        raise ValueError(f"folds: {folds}; from 2 to {len(conflicts)}, the number of conflicts")
    sizes = {name: sum(talk.conflict == name for talk in talks) for name in conflicts}
    order = np.random.default_rng(seed).permutation(len(conflicts))
    load, fold_of = [0] * folds, {}
    # The largest first, each to the emptiest fold.
    for name in sorted((conflicts[i] for i in order), key=lambda one: -sizes[one]):
        fold = load.index(min(load))
        fold_of[name] = fold
        load[fold] += sizes[name]
    return [
        Split(
            tuple(t.id for t in talks if fold_of[t.conflict] != fold),
            tuple(t.id for t in talks if fold_of[t.conflict] == fold),
        )
        for fold in range(folds)
    ]


def rolling(talks: Talks, folds: int) -> list[Split]:
    """Divide the talks by the calendar: train on what had ended, forecast what began later.

    Parameters
    ----------
    talks : Talks
    folds : int
        Number of origins, at least 1. The first has half of the talks before it, the others part what follows
        evenly.

    Returns
    -------
    list of Split
        A conflict may stand on both sides: an analyst of the day knew its earlier talks, too.

    Raises
    ------
    TalksError
        If too few talks remain for that many origins.

    Examples
    --------
    >>> from forecast.talks import load_talks
    >>> splits = rolling(load_talks(), 3)
    >>> len(splits), all(split.train and split.test for split in splits)
    (3, True)
    """
    starts = {talk.id: begin_of(talks, talk) for talk in talks}
    ordered = sorted(talks.ids, key=lambda one: (starts[one], one))
    later = ordered[int(FIRST_SHARE * len(ordered)) :]
    if folds < 1 or folds > len(later):
        raise TalksError(
            [Problem("folds", str(folds), f"from 1 to {len(later)} origins for {len(talks)} talks")]
        )
    origins = [starts[part[0]] for part in np.array_split(np.array(later, dtype=object), folds)]
    if len(set(origins)) < folds:
        raise TalksError([Problem("folds", str(folds), "fewer origins: several would fall on one day")])
    found = []
    for number, origin in enumerate(origins):
        until = origins[number + 1] if number + 1 < folds else dt.date.max
        train = tuple(t.id for t in talks if t.end < origin and t.outcome != "ongoing")
        test = tuple(one for one in talks.ids if origin <= starts[one] < until)
        if not train:
            raise TalksError([Problem("folds", str(folds), f"talks that had ended before {origin}")])
        found.append(Split(train, test, origin))
    return found


def begin_of(talks: Talks, talk) -> dt.date:
    """Return the first day of a talk that the table knows: announcement, first attempt, or its end."""
    days = [
        day for item in talks.rounds[talk.id] for day in (item.planned_start, item.start, item.end) if day
    ]
    return min([day for day in (talk.announced, talk.start, *days) if day] or [talk.end])


def unseen(pool: Talks, scored: Talks) -> Talks:
    """Return the talks of a table that share no conflict with those being scored.

    Parameters
    ----------
    pool : Talks
        To train baselines on.
    scored : Talks
        Possibly of another folder, whose conflicts may have other ids.

    Returns
    -------
    Talks
        Without every conflict that has an id, a talk or a set of parties in common with the scored ones.
    """
    conflicts = set(scored.conflicts)
    parties = {frozenset(talk.parties) for talk in scored}
    ids = set(scored.ids)
    out = {
        talk.conflict
        for talk in pool
        if talk.conflict in conflicts or talk.id in ids or frozenset(talk.parties) in parties
    }
    return pool.subset(talk.id for talk in pool if talk.conflict not in out)
