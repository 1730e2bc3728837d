"""Rank statistics of simulation-based calibration, and bands that all of an ECDF stays within."""

from __future__ import annotations

import functools

import numpy as np


def rank_of(truth: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Return how many of the draws lie below the truth.

    Parameters
    ----------
    truth : ndarray, `shape`
    draws : ndarray, (draws, *shape)
        Thinned, so that they are close to independent.

    Returns
    -------
    ndarray of int, `shape`
        0 to the number of draws; uniform if the fit is calibrated.

    Examples
    --------
    >>> rank_of(np.array([0.5]), np.array([[0.1], [0.7], [0.2]])).tolist()
    [2]
    """
    return (draws < truth).sum(axis=0)


def ecdf_difference(ranks: np.ndarray, most: int) -> np.ndarray:
    """Return the ECDF of ranks minus that of a uniform one, at every rank 0 .. `most`.

    Parameters
    ----------
    ranks : ndarray of int, (simulations,)
    most : int
        Number of draws a rank is taken among.

    Returns
    -------
    ndarray of float, (most + 1,)
    """
    counts = np.bincount(ranks, minlength=most + 1)
    return np.cumsum(counts) / len(ranks) - np.arange(1, most + 2) / (most + 1)


@functools.lru_cache(maxsize=8)
def band(simulations: int, most: int, level: float = 0.95, repeats: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Return a band that contains the whole ECDF difference of uniform ranks with a given probability.

    Parameters
    ----------
    simulations : int
        Ranks that make up the ECDF.
    most : int
        Largest rank.
    level : float, default 0.95
        Probability that no point leaves the band.
    repeats : int, default 4000
        Uniform samples the band is tuned on.

    Returns
    -------
    low, high : ndarray, (most + 1,)

    References
    ----------
    Säilynoja, Bürkner & Vehtari (2022), "Graphical test for discrete uniformity and its applications in
    goodness-of-fit evaluation and multiple sample comparison", Statistics and Computing 32.
    """
    from scipy.special import bdtr

    generator = np.random.default_rng(20221)
    expected = np.arange(1, most + 2) / (most + 1)
    counts = np.stack([
        np.cumsum(np.bincount(generator.integers(0, most + 1, simulations), minlength=most + 1))
        for _ in range(repeats)
    ])
    # Pointwise two-sided tail probability of every point; the band is the set where it exceeds gamma.
    inner = slice(0, most)
    below = bdtr(counts[:, inner], simulations, expected[inner])
    above = 1.0 - np.where(counts[:, inner] > 0, bdtr(counts[:, inner] - 1, simulations, expected[inner]), 0.0)
    gamma = np.quantile(2 * np.minimum(below, above).min(axis=1), 1.0 - level)
    table = bdtr(np.arange(simulations + 1)[:, None], simulations, expected[None, inner])
    before = np.vstack([np.zeros(most), table[:-1]])
    inside = (2 * table >= gamma) & (2 * (1.0 - before) >= gamma)
    low = np.append(inside.argmax(axis=0), simulations)
    high = np.append(simulations - inside[::-1].argmax(axis=0), simulations)
    return low / simulations - expected, high / simulations - expected


def outside(ranks: np.ndarray, most: int, level: float = 0.95) -> bool:
    """Return whether the ECDF of the ranks leaves its band anywhere."""
    low, high = band(len(ranks), most, level)
    difference = ecdf_difference(ranks, most)
    return bool(np.any(difference < low - 1e-12) or np.any(difference > high + 1e-12))
