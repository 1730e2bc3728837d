"""Designs: at which shares of their distributions the uncertainties of a sweep are taken."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from forecast.errors import Problem, ScenarioError

DESIGNS = ("grid", "lhs", "sobol", "saltelli", "random")
MOST_SAMPLES = 10_000_000


def shares_of(design: str, samples: int, dims: int, seed: int) -> NDArray:
    """Return shares in (0, 1) of every uncertainty.

    Parameters
    ----------
    design : {"lhs", "sobol", "saltelli", "random"}
        Latin hypercube; scrambled Sobol points; Saltelli's design for Sobol indices, whose rows come in groups of
        ``dims + 2`` (A, then A with one column of B each, then B); independent points.
    samples : int
        Rows, or groups of rows with "saltelli"; a power of 2 for "sobol" and "saltelli".
    dims : int
        Uncertainties.
    seed : int
        The same seed gives the same design. It is not the luck of the trials.

    Returns
    -------
    ndarray of float64, shape (row, dims)

    Raises
    ------
    ScenarioError
        If the number of samples does not suit the design.

    Examples
    --------
    >>> shares_of("lhs", 4, 2, seed=1).shape, shares_of("saltelli", 4, 2, seed=1).shape
    ((4, 2), (16, 2))
    """
    _check(design, samples)
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(f"design {seed}".encode()).digest()[:16], "little"))
    if design == "random":
        made = rng.random((samples, dims))
    elif design == "lhs":
        made = _latin(samples, dims, rng)
    elif design == "sobol":
        made = _sobol(samples, dims, rng)
    else:
        made = _saltelli(samples, dims, rng)
    # Quantiles at 0 and 1 are infinite for unbounded beliefs.
    return np.clip(made, 2.0**-53, 1.0 - 2.0**-53)


def _check(design: str, samples: int) -> None:
    problems = []
    if design not in DESIGNS[1:]:
        problems.append(Problem("design", repr(design), f"one of {', '.join(DESIGNS)}"))
    if isinstance(samples, bool) or not isinstance(samples, (int, np.integer)) or not 1 <= samples <= MOST_SAMPLES:
        problems.append(Problem("samples", repr(samples), f"a whole number from 1 to {MOST_SAMPLES}"))
    elif design in ("sobol", "saltelli") and samples & (samples - 1):
        below = 1 << (int(samples).bit_length() - 1)
        problems.append(Problem("samples", str(samples), f"a power of 2 with design '{design}'",
                                f"use {below} or {2 * below}"))
    if problems:
        raise ScenarioError(problems, "sweep")


def _latin(samples: int, dims: int, rng: np.random.Generator) -> NDArray:
    from scipy.stats import qmc

    return qmc.LatinHypercube(d=dims, **_random(qmc.LatinHypercube, rng)).random(samples)


def _sobol(samples: int, dims: int, rng: np.random.Generator) -> NDArray:
    from scipy.stats import qmc

    return qmc.Sobol(d=dims, scramble=True, **_random(qmc.Sobol, rng)).random_base2(int(samples).bit_length() - 1)


def _saltelli(samples: int, dims: int, rng: np.random.Generator) -> NDArray:
    """Return A, the A with a column of B, and B, interleaved by row, as SALib's analysis expects them."""
    both = _sobol(samples, 2 * dims, rng)
    a, b = both[:, :dims], both[:, dims:]
    rows = [a]
    for j in range(dims):
        mixed = a.copy()
        mixed[:, j] = b[:, j]
        rows.append(mixed)
    rows.append(b)
    return np.stack(rows, axis=1).reshape(-1, dims)


def _random(engine: type, rng: np.random.Generator) -> dict[str, np.random.Generator]:
    """Return the keyword under which this version of scipy takes a generator."""
    import inspect

    return {"rng" if "rng" in inspect.signature(engine).parameters else "seed": rng}
