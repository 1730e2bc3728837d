"""How far frequencies may lie from probabilities: bounds from the estimator's own error."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

SIGMAS = 4.0


def sigmas_for(cells: int) -> float:
    """Return the standard errors that any of `cells` frequencies exceeds once in 10^4 samples, at least four."""
    return max(SIGMAS, float(-ndtri(0.5e-4 / cells)))


def assert_frequencies(counts: np.ndarray, probabilities: np.ndarray, trials: int, *, sigmas: float | None = None,
                       labels: object = None) -> None:
    """Fail unless every count lies within `sigmas` standard errors of ``trials * probability``.

    By default `sigmas` is four, more when very many cells are looked at (`sigmas_for`). One whole count is allowed
    on top, because counts are whole where few are expected. All cells together are held to the chi-squared
    statistic's own five standard errors too, so that many small misses count as well.
    """
    counts, p = np.asarray(counts, dtype=float).ravel(), np.asarray(probabilities, dtype=float).ravel()
    assert counts.shape == p.shape
    assert np.all(p >= -1e-12) and p.sum() < 1 + 1e-9, "not probabilities: the formula is wrong"
    p = np.clip(p, 0.0, 1.0)
    error = np.sqrt(trials * p * (1 - p))
    off = np.abs(counts - trials * p)
    bad = np.flatnonzero(off > (sigmas_for(len(p)) if sigmas is None else sigmas) * error + 1.0)
    names = [str(i) for i in range(len(p))] if labels is None else [str(x) for x in np.ravel(labels)]
    said = [f"{names[i]}: {counts[i] / trials:.6f} instead of {p[i]:.6f}, {off[i] / max(error[i], 1e-9):.1f} se"
            for i in bad]
    assert not said, "\n".join(said)
    usual = trials * p > 10
    if usual.sum() > 1:
        chi2 = float((off[usual] ** 2 / (trials * p[usual])).sum())
        cells = int(usual.sum())
        assert chi2 < cells + 5 * np.sqrt(2 * cells), f"chi-squared {chi2:.1f} over {cells} cells"


def assert_same_frequencies(a: np.ndarray, b: np.ndarray, *, sigmas: float = SIGMAS) -> None:
    """Fail unless two samples of codes (whole numbers >= 0) could come from one law."""
    size = int(max(a.max(), b.max())) + 1
    count_a, count_b = np.bincount(a, minlength=size), np.bincount(b, minlength=size)
    pooled = (count_a + count_b) / (len(a) + len(b))
    error = np.sqrt(pooled * (1 - pooled) * (1 / len(a) + 1 / len(b)))
    off = np.abs(count_a / len(a) - count_b / len(b))
    bad = np.flatnonzero(off > sigmas * error + 1 / min(len(a), len(b)))
    assert not len(bad), f"codes {bad}: {count_a[bad] / len(a)} and {count_b[bad] / len(b)}"


def ks_bound(n: int, m: float = np.inf, *, level: float = 1e-4) -> float:
    """Return the Kolmogorov-Smirnov distance exceeded with probability `level` by `n` (against `m`) draws."""
    return float(np.sqrt(-0.5 * np.log(level / 2) * (1 / n + 1 / m)))


def ks_distance(sample: np.ndarray, cdf) -> float:
    """Return the largest distance between the empirical and a continuous distribution function."""
    ordered = np.sort(np.asarray(sample, dtype=float))
    steps, wanted = np.arange(len(ordered) + 1) / len(ordered), cdf(ordered)
    return float(max((steps[1:] - wanted).max(), (wanted - steps[:-1]).max()))


def ks_distance_2(a: np.ndarray, b: np.ndarray) -> float:
    """Return the largest distance between two empirical distribution functions."""
    at = np.sort(np.concatenate([a, b]))
    return float(np.abs(np.searchsorted(np.sort(a), at, side="right") / len(a)
                        - np.searchsorted(np.sort(b), at, side="right") / len(b)).max())


def assert_mean(sample: np.ndarray, mean: float, *, sigmas: float = SIGMAS) -> None:
    """Fail unless the sample's mean lies within `sigmas` of its own standard errors of `mean`."""
    error = float(np.std(sample)) / np.sqrt(len(sample))
    assert abs(float(np.mean(sample)) - mean) <= sigmas * error, f"{np.mean(sample)} instead of {mean}, se {error}"
