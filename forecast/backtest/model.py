"""Ask the law: the forecast of one case, as probabilities of classes and of days."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.backtest.cases import Case
from forecast.backtest.words import CLASSES, DAYS, END_HORIZON
from forecast.talks.at import known_by, scenario_at
from forecast.talks.load import Talks
from forecast.vocabulary import ENDINGS

if TYPE_CHECKING:
    from forecast.engine.arrays import PosteriorArrays
    from forecast.engine.bridge import Out
    from forecast.scenario import Scenario

#: Share of the trials of a case that may run out of room. Talks that met every few days for years are scored too, with
#: what their trials held by then; how many there were is told with the result.
_OUT_OF_ROOM_LIMIT = 1e-2
#: Codes of the two endings that are deals.
_DEALS = tuple(ENDINGS.index(name) for name in ("agreement", "partial"))


@dataclass(frozen=True)
class Predicted:
    """A forecast of every target of a case.

    Parameters
    ----------
    classes : dict of str to ndarray (class,)
        Probabilities, each above 0; `next_mode` given that a round is held.
    days : dict of str to ndarray (horizon + 2,)
        Probabilities of day 0, 1, ..., horizon, and of later or never.
    out_of_room : int
        Trials of the law that ran out of room (64 attempts, 256 events).
    """

    classes: dict[str, np.ndarray]
    days: dict[str, np.ndarray]
    out_of_room: int = 0


def scenario_of(talks: Talks, case: Case) -> Scenario:
    """Return the scenario of a case, made of a copy of the table that ends at the landmark.

    Parameters
    ----------
    talks : Talks
    case : Case

    Returns
    -------
    Scenario
        With the horizon of the backtest. The copy is cut by `known_by` first, so that no later row can enter,
        and a stall that the table dates by hindsight stays open.
    """
    known = known_by(talks, case.talk, case.date)
    return scenario_at(known, case.talk, case.date).replace("horizon_days", END_HORIZON)


def seed_of(seed: int, *words: str) -> int:
    """Return the seed of one case: fixed by the seed of the backtest and the names, not by order or workers.

    Examples
    --------
    >>> seed_of(1, "a", "day_30") == seed_of(1, "a", "day_30") != seed_of(1, "a", "day_90")
    True
    """
    text = "\0".join([str(seed), *words])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "little")


def play(scenario: Scenario, arrays: PosteriorArrays, trials: int, seed: int) -> Out:
    """Play a scenario as `forecast.simulate` does, to the bit, without checking the posterior and labelling anew.

    A backtest asks the same posterior a thousand times; both together take longer than playing the trials.

    Parameters
    ----------
    scenario : Scenario
    arrays : PosteriorArrays
        The draws.
    trials : int
        Under each draw.
    seed : int

    Returns
    -------
    Out
        Raw results, a row per cell.
    """
    from forecast.engine.cells import play_range, prepare
    from forecast.engine.run import check_overflow
    from forecast.scenario import resolve

    cells = len(arrays.rows) * trials
    out = play_range(prepare(resolve(scenario), arrays, trials=trials, seed=seed).packed, 0, cells, trials)
    check_overflow(int(np.count_nonzero(out.trial["overflow"])), cells, _OUT_OF_ROOM_LIMIT)
    return out


def predict(
    talks: Talks,
    case: Case,
    arrays: PosteriorArrays,
    *,
    trials: int,
    seed: int,
    alter: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
) -> Predicted:
    """Forecast one case with the law.

    Parameters
    ----------
    talks : Talks
    case : Case
    arrays : PosteriorArrays
        The draws; probabilities are shares of all cells together: parameters and luck are integrated over.
    trials : int
        Under each draw.
    seed : int
        Of the backtest.
    alter : callable, optional
        Changes the plain data of the scenario before it is played (ablations).

    Returns
    -------
    Predicted
    """
    from forecast.scenario import Scenario

    scenario = scenario_of(talks, case)
    if alter is not None:
        scenario = Scenario.from_dict(alter(scenario.to_dict()), source=case.talk)
    trial = play(scenario, arrays, trials, seed_of(seed, case.talk, case.landmark)).trial
    ending, end_day = trial["ending"], trial["end_day"].astype(np.int64)
    next_day, mode = trial["next_day"].astype(np.int64), trial["next_mode"]
    deal = np.isin(ending, _DEALS)
    ongoing = ending == ENDINGS.index("ongoing")
    classes = {
        "ending": shares(ending, CLASSES["ending"]),
        **{f"deal_{days}": shares(deal & (end_day <= days), 2) for days in (90, 180)},
        "next_held": shares(trial["next_status"] == 0, 2),
        "next_mode": shares(mode[next_day >= 0], CLASSES["next_mode"]),
    }
    days = {
        "next_day": day_shares(np.where(next_day < 0, np.inf, next_day), DAYS["next_day"]),
        "end_day": day_shares(np.where(ongoing, np.inf, end_day), DAYS["end_day"]),
    }
    return Predicted(classes, days, int(np.count_nonzero(trial["overflow"])))


def shares(codes: np.ndarray, classes: int) -> np.ndarray:
    """Return smoothed frequencies: one more observation, spread evenly over the classes.

    A finite number of trials may miss a class; 0 would be a claim that nobody made, and an infinite log
    score. With 20,000 trials and 6 classes the floor is 8e-6.

    Parameters
    ----------
    codes : ndarray of int or bool
    classes : int

    Returns
    -------
    ndarray (classes,)

    Examples
    --------
    >>> shares(np.array([1, 1, 1]), 2).tolist()
    [0.125, 0.875]
    """
    counts = np.bincount(codes.astype(np.int64), minlength=classes)
    return (counts + 1.0 / classes) / (counts.sum() + 1.0)


def day_shares(days: np.ndarray, horizon: int) -> np.ndarray:
    """Return the frequency of each day up to the horizon, and of later or never (infinite) at the end.

    Parameters
    ----------
    days : ndarray of float
        Whole days, at least 0, or infinite.
    horizon : int

    Returns
    -------
    ndarray (horizon + 2,)

    Examples
    --------
    >>> day_shares(np.array([0.0, 2.0, np.inf, 9.0]), 2).tolist()
    [0.25, 0.0, 0.25, 0.5]
    """
    place = np.where(days <= horizon, days, horizon + 1).astype(np.int64)
    return np.bincount(place, minlength=horizon + 2) / len(days)
