"""Candidate laws of closing, scored on conflicts they were not fitted to.

The clock is rounds held; every law is a cumulative hazard of it, with a domain effect on its scale. Posteriors are
normal approximations at their mode: twenty laws on sixty folds would take hours of sampling, and the differences are
between laws, not between ways to average over one.
"""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import NamedTuple

import numpy as np

from forecast.calibration.outcome import OutcomeRows

SHAPES = ("constant", "log-attempt", "Weibull", "gamma", "lognormal")
DOMAIN_SD = 0.25
"""Scale of the domain effects, fixed at the prior's: a maximum would put it at 0."""
SIZE = 16
"""Parameters of the closing law."""
TOO_FAR = 1e6
"""Loss where a law has no value."""
_BREAK_OFF_PRIOR = np.array([-2.8, 0.0, 0.5, 0.0, 0.0, 0.0, -3.4, 0.0, 0.5, 0.0, 0.0])
_BREAK_OFF_SD = np.array([0.7, 0.7, 1.0, 0.7, 0.7, 0.7, 0.7, 0.7, 1.0, 0.7, 0.7])
_DEADLINE_TERMS = (4, 5, 9)


@dataclass(frozen=True)
class Law:
    """One candidate.

    Parameters
    ----------
    shape : str
        One of `SHAPES`.
    cure : bool
        Whether a share of talks cannot close at all (the ZOPA coin, with the shipped prior).
    deadline : bool
        Whether closing and breaking off know the state of the deadline.
    effort : bool
        Whether mode, absence and the pause before it change the effort of a round, with the shipped priors.
    """

    shape: str
    cure: bool
    deadline: bool
    effort: bool = False

    @property
    def name(self) -> str:
        """Words for a table."""
        parts = [self.shape, "cure" if self.cure else "all can close", "deadline" if self.deadline else "no deadline"]
        return ", ".join([*parts, *(["effort effects"] if self.effort else [])])


CANDIDATES = tuple(Law(shape, cure, deadline) for deadline in (True, False) for shape in SHAPES
                   for cure in (False, True))
SHIPPED = Law("Weibull", True, True, True)
"""The law that is shipped."""


class ClosingData(NamedTuple):
    """What closing and breaking off are scored on.

    Parameters
    ----------
    rows : OutcomeRows
        Not merged: attempts are needed one by one.
    try_talk : ndarray of int, (attempts,)
        Position of the talk of each attempt that did not close, in 0 .. `talks` - 1.
    talk_position : ndarray of int, (talks with a round,)
        Position in 0 .. `talks` - 1.
    conflict : ndarray of int, (talks,)
    talks : int
    """

    rows: OutcomeRows
    try_talk: np.ndarray
    talk_position: np.ndarray
    conflict: np.ndarray
    talks: int


def cumulative_hazard(shape: str, effort: np.ndarray, log_scale: np.ndarray, form: float) -> np.ndarray:
    """Return the cumulative hazard of closing after some effort.

    Parameters
    ----------
    shape : str
        One of `SHAPES` but ``log-attempt``, which has a hazard by attempt only.
    effort : ndarray
        >= 0.
    log_scale : ndarray
    form : float
        Log of the Weibull or gamma shape, log of the lognormal sd; not used by ``constant``.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> one = np.ones(1)
    >>> bool(np.isclose(cumulative_hazard("gamma", 3 * one, 0 * one, 0.0), 3.0)[0])
    True
    """
    from scipy.special import gammaincc, log_ndtr

    x = effort * np.exp(-log_scale)
    if shape == "constant":
        return x
    if shape == "Weibull":
        return x ** np.exp(form)
    if shape == "gamma":
        return -np.log(np.maximum(gammaincc(np.exp(form), x), 1e-300))
    with np.errstate(divide="ignore"):
        z = np.where(effort > 0, (np.log(np.maximum(effort, 1e-300)) - log_scale) / np.exp(form), -np.inf)
    return -log_ndtr(-z)


def closing_scores(law: Law, theta: np.ndarray, data: ClosingData) -> np.ndarray:
    """Return the log-likelihood of closing or not, per talk with a round held.

    Parameters
    ----------
    law : Law
    theta : ndarray, (16,)
        Log scale, eight domain effects, form, far, log-odds of the coin, four effort effects.
    data : ClosingData

    Returns
    -------
    ndarray, (talks with a round,)
    """
    r = data.rows
    log_scale = theta[0] + theta[1:9][r.held_domain]
    effort = np.ones(len(r.held_far))
    if law.effort:
        effort = np.exp(theta[12] * r.held_virtual + theta[13] * r.held_mediated + theta[14] * r.held_absent
                        + theta[15] * r.held_pause)
    after = np.cumsum(effort)
    start = (after - effort)[r.talk_start][r.held_talk]
    after = after - start
    if law.shape == "log-attempt":
        step = np.logaddexp(0.0, theta[9] * np.log(np.arange(len(after)) - r.talk_start[r.held_talk] + 1.0) - log_scale)
    else:
        step = (cumulative_hazard(law.shape, after, log_scale, theta[9])
                - cumulative_hazard(law.shape, np.maximum(after - effort, 0.0), log_scale, theta[9]))
    if law.deadline:
        step = step * np.exp(theta[10] * r.held_far)
    total = np.add.reduceat(step, r.talk_start)
    last = np.maximum(step[r.talk_stop - 1], 1e-300)
    log_pi = -np.logaddexp(0.0, -theta[11]) if law.cure else 0.0
    closed = log_pi - (total - last) + np.log(-np.expm1(-last))
    still = np.log1p(-np.exp(log_pi) * -np.expm1(-total) * (1.0 - 1e-12))
    return np.where(r.talk_closed == 1, closed, still)


def break_off_scores(theta: np.ndarray, deadline: bool, data: ClosingData) -> np.ndarray:
    """Return the log-likelihood of going on, collapsing or stalling, per attempt that did not close."""
    r = data.rows
    theta = theta if deadline else np.where(np.isin(np.arange(11), _DEADLINE_TERMS), 0.0, theta)
    lost = np.column_stack([np.ones_like(r.try_far), r.try_postponed, r.try_cancelled])
    collapse = lost @ theta[:3] + theta[3] * r.try_tension + theta[4] * r.try_far + theta[5] * r.try_here
    stall = lost @ theta[6:9] + theta[9] * r.try_far + theta[10] * r.try_log_attempt
    chosen = np.choose(r.try_fate, [np.zeros_like(stall), collapse, stall])
    return chosen - np.logaddexp(0.0, np.logaddexp(collapse, stall))


def _log_prior(law: Law, theta: np.ndarray) -> float:
    """Return the log prior of the closing parameters, those of the shipped law where it has them."""
    center, spread = np.zeros(SIZE), np.full(SIZE, DOMAIN_SD)
    center[0], spread[0] = 2.3, 0.6
    spread[9], spread[10] = (0.7 if law.shape == "log-attempt" else 0.4), 0.7
    spread[12:], center[14], spread[14] = 0.2, -0.5, 0.25
    used = np.delete(np.arange(SIZE), 11)
    coin = -30.0 * np.logaddexp(0.0, -theta[11]) - np.logaddexp(0.0, theta[11])
    return float(-0.5 * (((theta - center) / spread)[used] ** 2).sum() + coin)


def free_parameters(law: Law) -> np.ndarray:
    """Return which of the parameters a law has."""
    varied = np.ones(SIZE, dtype=bool)
    varied[9], varied[10], varied[11], varied[12:] = law.shape != "constant", law.deadline, law.cure, law.effort
    return varied


def _loss(law: Law, data: ClosingData, weight: np.ndarray):
    """Return the negative log posterior of a law on weighted talks, as a function of its parameters."""
    used = weight[data.talk_position]

    def loss(theta: np.ndarray) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            value = -float((used * closing_scores(law, theta, data)).sum()) - _log_prior(law, theta)
        return value if math.isfinite(value) else TOO_FAR  # a search that meets no number stops where it is

    return loss


def fit_closing(law: Law, data: ClosingData, weight: np.ndarray) -> np.ndarray:
    """Return the maximum a posteriori parameters of a law on the talks of positive weight."""
    from scipy.optimize import minimize

    start = np.array([2.0, *[0.0] * 8, 0.1, 0.0, 3.0, 0.0, 0.0, -0.5, 0.0])
    varied = free_parameters(law)
    start[~varied & (np.arange(SIZE) == 9)] = 0.0
    reach = np.full(SIZE, 4.0)
    reach[9], reach[11] = 1.5, 8.0
    # Bounds that meet take a parameter out of the search.
    bounds = [(-far, far) if free else (value, value) for free, value, far in zip(varied, start, reach, strict=True)]
    return minimize(_loss(law, data, weight), start, method="L-BFGS-B", bounds=bounds).x


def closing_predictive(law: Law, data: ClosingData, weight: np.ndarray, draws: int,
                       generator: np.random.Generator) -> np.ndarray:
    """Return the log posterior predictive density of closing or not, per talk with a round held.

    Averaged over `draws` from the normal approximation of the posterior at its mode (Laplace): a forecast averages over
    the draws of its posterior too, and a mode depends on how the coin is written.
    """
    mode, varied = fit_closing(law, data, weight), free_parameters(law)
    covariance = np.linalg.inv(_curvature(_loss(law, data, weight), mode, np.flatnonzero(varied)))
    places = np.tile(mode, (draws, 1))
    places[:, varied] = generator.multivariate_normal(mode[varied], (covariance + covariance.T) / 2.0, draws)
    scores = np.array([closing_scores(law, theta, data) for theta in places])
    return np.logaddexp.reduce(scores, axis=0) - math.log(draws)


def _curvature(loss, mode: np.ndarray, free: np.ndarray, step: float = 1e-3) -> np.ndarray:
    """Return the second derivatives of a function at its minimum by central differences; positive definite."""
    size = len(free)
    out = np.empty((size, size))

    def at(*moves: tuple[int, float]) -> float:
        theta = mode.copy()
        for number, by in moves:
            theta[free[number]] += by
        return loss(theta)

    middle = loss(mode)
    for i in range(size):
        out[i, i] = (at((i, step)) - 2.0 * middle + at((i, -step))) / step**2
        for j in range(i):
            corners = (at((i, step), (j, step)) - at((i, step), (j, -step)) - at((i, -step), (j, step))
                       + at((i, -step), (j, -step)))
            out[i, j] = out[j, i] = corners / (4.0 * step**2)
    values, vectors = np.linalg.eigh(out)
    return (vectors * np.maximum(values, 1e-2)) @ vectors.T  # flat where the optimiser stopped at a bound


def fit_break_off(deadline: bool, data: ClosingData, weight: np.ndarray) -> np.ndarray:
    """Return the maximum a posteriori parameters of the break-off on the talks of positive weight."""
    from scipy.optimize import minimize

    used = weight[data.try_talk]

    def loss(theta: np.ndarray) -> float:
        prior = -0.5 * (((theta - _BREAK_OFF_PRIOR) / _BREAK_OFF_SD) ** 2).sum()
        return -float((used * break_off_scores(theta, deadline, data)).sum()) - float(prior)

    return minimize(loss, _BREAK_OFF_PRIOR, method="L-BFGS-B").x


def folds_of(conflict: np.ndarray, folds: int, generator: np.random.Generator) -> np.ndarray:
    """Return the fold of each talk; talks of one conflict share it, and folds hold about as many talks.

    Examples
    --------
    >>> folds = folds_of(np.array([0, 0, 1, 2, 2]), 2, np.random.default_rng(1))
    >>> bool(folds[0] == folds[1] and folds[3] == folds[4])
    True
    """
    names, sizes = np.unique(conflict, return_counts=True)
    order = generator.permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    filled, fold = np.zeros(folds), np.zeros(len(names), dtype=int)
    for index in order:
        fold[index] = filled.argmin()
        filled[fold[index]] += sizes[index]
    return fold[np.searchsorted(names, conflict)]


class Score(NamedTuple):
    """Score of one law on held-out conflicts.

    Parameters
    ----------
    law : Law
    mean : float
        Nats per talk.
    difference, error : float
        To the best law, and the standard error of the mean paired difference, conflicts taken as clusters.
    """

    law: Law
    mean: float
    difference: float
    error: float


def cross_validate(data: ClosingData, laws: tuple[Law, ...] = (*CANDIDATES, SHIPPED), *, folds: int = 10,
                   repeats: int = 3, draws: int = 100, seed: int = 1) -> list[Score]:
    """Score the laws on conflicts they were not fitted to.

    Parameters
    ----------
    data : ClosingData
    laws : tuple of Law
    folds, repeats : int
    draws : int, default 100
        Of the posterior of each fit, to average over.
    seed : int

    Returns
    -------
    list of Score
        Best first.
    """
    generator = np.random.default_rng(seed)
    scores = {law: np.zeros(data.talks) for law in laws}
    for repeat in range(repeats):
        fold = folds_of(data.conflict, folds, generator)
        for number in range(folds):
            weight = (fold != number).astype(float)
            out = fold == number
            tries = {}
            for deadline in {law.deadline for law in laws}:
                per_try = break_off_scores(fit_break_off(deadline, data, weight), deadline, data)
                tries[deadline] = np.bincount(data.try_talk, weights=per_try, minlength=data.talks)
            for law in laws:
                closing = np.zeros(data.talks)
                closing[data.talk_position] = closing_predictive(
                    law, data, weight, draws, np.random.default_rng([seed, repeat, number]))
                scores[law][out] += (closing + tries[law.deadline])[out] / repeats
    best = max(laws, key=lambda law: scores[law].mean())
    return sorted((
        Score(law, float(values.mean()), *paired_difference(values - scores[best], data.conflict))
        for law, values in scores.items()), key=lambda score: -score.mean)


def paired_difference(differences: np.ndarray, conflict: np.ndarray) -> tuple[float, float]:
    """Return the mean difference per talk and its standard error with conflicts as clusters."""
    mean = float(differences.mean())
    sums = np.bincount(conflict, weights=differences - mean)
    clusters = len(np.unique(conflict))
    if clusters < 2:
        return mean, float("nan")
    return mean, float(np.sqrt((sums**2).sum() * clusters / (clusters - 1)) / len(differences))


def closing_data(talks) -> ClosingData:
    """Return what closing and breaking off are scored on.

    Parameters
    ----------
    talks : Talks
        All with an attempt (`forecast.calibration.replicate.playable`).

    Returns
    -------
    ClosingData
    """
    from forecast.calibration.tables import outcome_rows
    from forecast.talks.attempts import build_attempts
    from forecast.talks.coding import CENSORED

    a = build_attempts(talks)
    rows = outcome_rows(a)
    deal = a.last & np.isin(a.ending, (1, 2))
    tried = a.kept & ~deal & ~(a.last & (a.ending == CENSORED))
    conflict = np.zeros(len(talks), dtype=int)
    conflict[a.talk] = a.conflict
    return ClosingData(rows, a.talk[tried], np.unique(a.talk[a.kept & (a.status == 0)]), conflict, len(talks))
