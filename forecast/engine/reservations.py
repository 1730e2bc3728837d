"""Tables from which kernels draw reservation values, given whether they overlap.

For one issue let M be the reservation value of the side that wants more (it accepts v >= M) and L that of the side
that wants less (v <= L). They are believed independent unless the analyst states a correlation (a Gaussian copula
of the two); a deal on the issue is possible when M <= L. The kernel
knows from its ZOPA coin whether that is so and draws (M, L) from the exact conditional law in two steps without
rejection: M from its belief weighted by P(L >= M) (or by P(L < M)), then L from its belief cut at M.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from forecast.scenario.beliefs import Belief, Truncated

#: Points of the belief of M over which P(L >= M) is averaged.
_POINTS = 4096
#: Ranks nearer to 0 or 1 than this are taken at this: unbounded beliefs must give finite tables.
_EDGE = 1e-9


class ReservationTables(NamedTuple):
    """What `reservation_tables` returns; T + 1 nodes at ranks (1 - cos(pi i / T)) / 2."""

    overlap: float  #: P(M <= L)
    edge: np.ndarray  #: (2, T + 1) quantiles of M given apart (row 0) and overlap (row 1)
    gap: np.ndarray  #: (2, T + 1, T + 1) |L - M| >= 0 by rank of M (rows) and of L given M (columns)


class Highest:
    """The highest of independent beliefs: of those who want more, the reservation value that binds.

    Made by `of`, which returns a lone belief as it is.
    """

    def __init__(self, beliefs: list) -> None:
        self.beliefs = beliefs

    @classmethod
    def of(cls, beliefs: list):
        """Return the belief itself when there is one, else the extreme of all."""
        return beliefs[0] if len(beliefs) == 1 else cls(beliefs)

    def cdf(self, x) -> np.ndarray:
        """Return the probability that all are at most `x`."""
        return np.prod([belief.cdf(x) for belief in self.beliefs], axis=0)

    def ppf(self, p) -> np.ndarray:
        """Return the value not exceeded with probability `p`, by bisection to the last bit.

        With probability p all n lie below it, so it lies between the largest quantile at p and that at p^(1/n).
        """
        p = np.asarray(p, dtype=np.float64)
        low = np.max([belief.ppf(p) for belief in self.beliefs], axis=0)
        high = np.max([belief.ppf(p ** (1.0 / len(self.beliefs))) for belief in self.beliefs], axis=0)
        for _ in range(64):
            middle = 0.5 * (low + high)
            reached = self.cdf(middle) >= p
            low, high = np.where(reached, low, middle), np.where(reached, middle, high)
        return high


class Lowest(Highest):
    """The lowest of independent beliefs: of those who want less, the reservation value that binds."""

    def cdf(self, x) -> np.ndarray:
        """Return the probability that one at least is at most `x`."""
        return 1.0 - np.prod([1.0 - belief.cdf(x) for belief in self.beliefs], axis=0)

    def ppf(self, p) -> np.ndarray:
        """Return the value not exceeded with probability `p`, by bisection to the last bit."""
        p = np.asarray(p, dtype=np.float64)
        share = -np.expm1(np.log1p(-p) / len(self.beliefs))
        low = np.min([belief.ppf(share) for belief in self.beliefs], axis=0)
        high = np.min([belief.ppf(p) for belief in self.beliefs], axis=0)
        for _ in range(64):
            middle = 0.5 * (low + high)
            reached = self.cdf(middle) >= p
            low, high = np.where(reached, low, middle), np.where(reached, middle, high)
        return high


def node_ranks(intervals: int) -> np.ndarray:
    """Return the ranks at which tables hold values: dense at both ends.

    Examples
    --------
    >>> node_ranks(2).tolist()
    [0.0, 0.5, 1.0]
    """
    return np.round((1.0 - np.cos(np.pi * np.arange(intervals + 1) / intervals)) / 2.0, 15)


def quantile_table(belief: Belief | Truncated, intervals: int) -> np.ndarray:
    """Return quantiles of a belief at `node_ranks`, finite everywhere.

    Parameters
    ----------
    belief : Belief or Truncated
        Anything with a vectorised ``ppf``.
    intervals : int
        T, at least 2.

    Returns
    -------
    ndarray of float64, shape (T + 1,)
    """
    return np.ascontiguousarray(belief.ppf(np.clip(node_ranks(intervals), _EDGE, 1.0 - _EDGE)), dtype=np.float64)


def mean_of(belief: Belief) -> float:
    """Return the mean of a belief about a probability.

    Examples
    --------
    >>> from forecast.scenario.beliefs import Belief
    >>> mean_of(Belief.parse(0.3)), round(mean_of(Belief.parse({"beta": {"a": 1, "b": 3}})), 4)
    (0.3, 0.25)
    """
    if belief.kind == "point":
        return belief.params["value"]
    return float(belief.ppf((np.arange(_POINTS) + 0.5) / _POINTS).mean())


def answer_odds(more: float, less: float, correlation: float = 0.0) -> tuple[float, float, float]:
    """Return what can become of a yes-or-no issue.

    Parameters
    ----------
    more, less : float
        Probability that all who say yes would give in, and that all who say no would.
    correlation : float
        Of the two (normal scores).

    Returns
    -------
    overlap, only_more, only_less : float
        Probability that one side at least gives in, that only those who say yes do, that only those who say no do.

    Examples
    --------
    >>> [round(x, 3) for x in answer_odds(0.5, 0.4)]
    [0.7, 0.3, 0.2]
    """
    if correlation == 0.0:
        return 1.0 - (1.0 - more) * (1.0 - less), more * (1.0 - less), (1.0 - more) * less
    ranks = more * (np.arange(_POINTS) + 0.5) / _POINTS
    only_more = more * float(_given(np.array(1.0 - less), _score(ranks), correlation).mean()) if more else 0.0
    only_less = less - (more - only_more)
    return less + only_more, only_more, max(0.0, only_less)


def _score(rank: np.ndarray) -> np.ndarray:
    """Return the normal score of a rank."""
    from scipy.special import ndtri

    return ndtri(rank)


def _given(share: np.ndarray, score: np.ndarray, correlation: float) -> np.ndarray:
    """Return the probability of at most rank `share` under a normal copula, given the other's normal score."""
    from scipy.special import ndtr

    return ndtr((_score(share) - correlation * score) / np.sqrt(1.0 - correlation**2))


def _ungiven(share: np.ndarray, score: np.ndarray, correlation: float) -> np.ndarray:
    """Return the rank of which `share` is the probability of at most it, given the other's normal score."""
    from scipy.special import ndtr

    return ndtr(correlation * score + np.sqrt(1.0 - correlation**2) * _score(share))


def reservation_tables(more: Belief | Truncated, less: Belief | Truncated, intervals: int,
                       correlation: float = 0.0) -> ReservationTables:
    """Tabulate the joint law of two reservation values given overlap and given none.

    Parameters
    ----------
    more, less : Belief or Truncated
        Beliefs about the reservation values of the side that wants more and of the one that wants less, already
        cut at their openings.
    intervals : int
        T, the number of intervals of the tables.
    correlation : float
        Of the two, as normal scores (Gaussian copula), between -1 and 1; their own laws do not depend on it.

    Returns
    -------
    ReservationTables
        A state of probability zero (always or never an overlap) gets the tables of the unconditional law with
        distance 0; its rows are never read.

    Examples
    --------
    >>> from forecast.scenario.beliefs import Belief
    >>> us, iran = (Belief.parse({"normal": {"mean": m, "sd": 3}}) for m in (12, 11))
    >>> round(reservation_tables(us, iran, 64).overlap, 3)  # Phi(-1 / sqrt(18))
    0.407
    """
    bounds = np.arange(_POINTS + 1) / _POINTS
    middles = np.clip((bounds[:-1] + bounds[1:]) / 2.0, _EDGE, 1.0 - _EDGE)
    values = more.ppf(middles)
    below = less.cdf(np.nextafter(values, -np.inf))
    # P(L >= m | M = m), touching included
    reached = 1.0 - (below if correlation == 0.0 else _given(below, _score(middles), correlation))
    overlap = float(reached.mean())
    ranks = np.clip(node_ranks(intervals), _EDGE, 1.0 - _EDGE)
    edge = np.empty((2, intervals + 1))
    gap = np.zeros((2, intervals + 1, intervals + 1))
    for state, weights in ((1, reached), (0, 1.0 - reached)):
        total = weights.sum()
        if total <= 0.0:
            edge[state] = more.ppf(ranks)
            continue
        cumulative = np.concatenate([[0.0], np.cumsum(weights)]) / total
        # Only points that carry weight: elsewhere the cumulative weight is flat and has no inverse.
        rising = np.concatenate([[True], weights > 0.0]) | np.concatenate([weights > 0.0, [False]])
        ranks_of_edge = np.clip(np.interp(ranks, cumulative[rising], bounds[rising]), _EDGE, 1.0 - _EDGE)
        edge[state] = more.ppf(ranks_of_edge)
        at_edge = less.cdf(np.nextafter(edge[state], -np.inf))
        if correlation != 0.0:
            at_edge = _given(at_edge, _score(ranks_of_edge), correlation)
        at_edge = at_edge[:, None]
        share = at_edge + ranks[None, :] * (1.0 - at_edge) if state == 1 else ranks[None, :] * at_edge
        share = np.clip(share, _EDGE, 1.0 - _EDGE)
        if correlation != 0.0:  # from the rank given M to the rank in the belief about L
            share = np.clip(_ungiven(share, _score(ranks_of_edge)[:, None], correlation), _EDGE, 1.0 - _EDGE)
        gap[state] = (less.ppf(share) - edge[state][:, None]) * (1.0 if state == 1 else -1.0)
    # Below zero only by the cut of ranks at the far ends, where the other side has no mass left.
    return ReservationTables(overlap, edge, np.maximum(gap, 0.0))
