"""What follows from the log of a trial: where the parties stand, and which session is under way on a day.

Nothing here is drawn: both are read off what the kernels wrote, so asking for them changes no other number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from forecast.engine.bridge import MAX_ATTEMPTS, Status

if TYPE_CHECKING:
    from forecast.engine.bridge import Case, Log

#: Numbers worked on at a time: what is needed on the way stays small beside the result.
CHUNK = 1 << 20


def path_bytes(case: Case) -> int:
    """Return the most bytes that positions and modes by day take for one trial.

    Parameters
    ----------
    case : Case

    Returns
    -------
    int
        As if a trial had all the attempts it may have: how many it has is not known before it is played.
    """
    each = len(case.party) * len(case.issue) * np.dtype(np.float32).itemsize
    return MAX_ATTEMPTS * each + (int(case.horizon) + 1) * np.dtype(np.int8).itemsize


def share_conceded(x: NDArray[np.float64], kappa: NDArray[np.float64],
                   position: np.void) -> NDArray[np.float64]:
    """Return the share of the way from opening to reservation value that a party has gone at `x`.

    Parameters
    ----------
    x : ndarray, shape (n,)
        In [0, 1]: the meeting point times the share of the hazard that closes the issue.
    kappa : ndarray, shape (n,)
        Exponents of concession, above 0.
    position : numpy.void
        One POSITION record: its tactic and the share `start` conceded at once.

    Returns
    -------
    ndarray, shape (n,)
        k + (1 - k) x^kappa, or exp((1 - x)^(1 / kappa) ln k) with the exponential tactic.

    Examples
    --------
    >>> from forecast.engine.bridge import POSITION
    >>> party = np.zeros(1, POSITION)[0]
    >>> share_conceded(np.array([0.0, 0.5, 1.0]), np.array([2.0, 2.0, 2.0]), party).tolist()
    [0.0, 0.25, 1.0]
    """
    start = float(position["start"])
    if position["exponential"] == 1:
        return np.exp((1.0 - x) ** (1.0 / kappa) * np.log(start))
    return start + (1.0 - start) * x**kappa


def positions(case: Case, log: Log, attempts: int) -> NDArray[np.float32]:
    """Return where each party stands on each issue after each attempt.

    Parameters
    ----------
    case : Case
    log : Log
        Paths of C trials.
    attempts : int
        Attempts to show, from the first.

    Returns
    -------
    ndarray, shape (C, attempts, P, I)
        In the unit of the issue; NaN where there was no attempt or the party has no position on the issue.
    """
    cells, parties, issues = len(log.attempt), len(case.party), len(case.issue)
    found = np.full((cells, attempts, parties, issues), np.nan, np.float32)
    rows = max(1, CHUNK // max(1, attempts))
    for first in range(0, cells if issues else 0, rows):
        part = slice(first, first + rows)
        step = log.attempt[part, :attempts]
        cell, slot = np.nonzero(step["status"] >= 0)
        hazard = step["hazard"][cell, slot]
        for j in range(issues):
            # As tabled offers are read (kernels.condition.weigh_offers): where reservation values do not
            # overlap there is no point at which positions meet, and parties go all the way to theirs. Once
            # the hazard that closes the issue is reached they stay where they are.
            meeting = log.meeting[part, j]
            meeting = np.where(np.isnan(meeting), 1.0, meeting)[cell]
            x = meeting * np.minimum(1.0, hazard / case.issue["difficulty"][j])
            for p in np.flatnonzero(case.position["want"][j]):
                position = case.position[j, p]
                way = log.reservation[part, j, p][cell] - position["opening"]
                gone = share_conceded(x, log.kappa[part, j, p][cell], position)
                found[first + cell, slot, p, j] = position["opening"] + way * gone
    return found


def modes_by_day(begin: NDArray[np.int16], end: NDArray[np.int16], status: NDArray[np.int8],
                 mode: NDArray[np.int8], horizon: int) -> NDArray[np.int8]:
    """Return the mode of the session under way on every day of the forecast.

    Parameters
    ----------
    begin, end : ndarray of int16, shape (C, A)
        First and last day of the attempts of C trials, in order: no round begins before the one before ends.
    status, mode : ndarray of int8, shape (C, A)
        Codes; -1: no attempt.
    horizon : int
        Last day.

    Returns
    -------
    ndarray of int8, shape (C, horizon + 1)
        -1 on days without a session. On a day on which one session ends and the next begins, the next.

    Examples
    --------
    >>> day = np.array([[1, 3]], np.int16)
    >>> held, remote = np.zeros((1, 2), np.int8), np.full((1, 2), 4, np.int8)
    >>> modes_by_day(day, day + np.int16(1), held, remote, 5).tolist()
    [[-1, 4, 4, 4, 4, -1]]
    """
    cells, attempts = begin.shape
    found = np.full((cells, horizon + 1), -1, np.int8)
    days = np.arange(horizon + 1)
    rows = max(1, CHUNK // (horizon + 1))
    for first in range(0, cells, rows):
        part = slice(first, first + rows)
        held = (status[part] == int(Status.HELD)) & (begin[part] <= horizon)
        latest = np.full((len(held), horizon + 1), -1, np.int8)  # session begun last, as of a day
        for slot in range(attempts):  # in order: of two that begin on a day the later one stays
            there = np.flatnonzero(held[:, slot])
            latest[there, begin[part][there, slot]] = slot
        latest = np.maximum.accumulate(latest, axis=1)
        which = np.maximum(latest, 0)
        lasts = (latest >= 0) & (days <= np.take_along_axis(end[part], which, axis=1))
        found[part] = np.where(lasts, np.take_along_axis(mode[part], which, axis=1), -1)
    return found
