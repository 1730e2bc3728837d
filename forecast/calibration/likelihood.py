"""Pieces of likelihood the blocks share, as PyTensor expressions.

The data are whole days. The kernels round a continuous time with ``day(t) = floor(t + 0.5)``, so the
probability of an observed whole number of days g is ``F(g + 0.5) - F(g - 0.5)``, F the distribution
function of the continuous time and ``F(x <= 0) = 0``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_TINY = 1e-300


def normal_mass(low: Any, high: Any) -> Any:
    """Return P(low < Z < high) for a standard normal Z, without loss of digits in either tail.

    Parameters
    ----------
    low, high : tensor
        Bounds, ``low < high``; -inf is not allowed (use a very small number).

    Returns
    -------
    tensor
        The probability, at least 1e-300 so that a far-off start of the sampler has a finite log.
    """
    import pytensor.tensor as pt

    # Both bounds are mirrored into the left tail when the interval lies in the right one.
    flip = pt.switch(pt.gt(low + high, 0.0), -1.0, 1.0)
    a, b = pt.switch(flip < 0, -high, low), pt.switch(flip < 0, -low, high)
    mass = 0.5 * (pt.erfc(-b * _ROOT_HALF) - pt.erfc(-a * _ROOT_HALF))
    return pt.maximum(mass, _TINY)


def day_bounds(days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the logs of the bounds of the interval a whole number of days stands for.

    Parameters
    ----------
    days : ndarray of int
        Observed whole days, >= 0.

    Returns
    -------
    low, high : ndarray of float
        ``log(days - 0.5)`` and ``log(days + 0.5)``; for 0 days the lower one is -60, below any sd's reach.

    Examples
    --------
    >>> import numpy as np
    >>> low, high = day_bounds(np.array([0, 2]))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([-60.0, 0.405], [-0.693, 0.916])
    """
    import numpy as np

    days = np.asarray(days, dtype=float)
    low = np.where(days >= 1.0, np.log(np.maximum(days, 1.0) - 0.5), _LOG_NOTHING)
    return low, np.log(days + 0.5)


def lognormal_days(low: Any, high: Any, mean: Any, sd: Any) -> Any:
    """Return the probability of the observed days under a lognormal with this log mean and log sd."""
    return normal_mass((low - mean) / sd, (high - mean) / sd)


def zero_inflated_days(low: Any, high: Any, is_zero: Any, zero: Any, mean: Any, sd: Any) -> Any:
    """Return the probability of the observed days: zero with probability `zero`, else lognormal.

    The kernels round the lognormal part too, so zero days also come from values below half a day.
    """
    return zero * is_zero + (1.0 - zero) * lognormal_days(low, high, mean, sd)


def bernoulli_logit(value: Any, logit: Any) -> Any:
    """Return the log-probability of a 0/1 value given its log-odds."""
    import pytensor.tensor as pt

    return -pt.softplus(pt.switch(pt.eq(value, 1), -logit, logit))


def add_likelihood(name: str, log_probability: Any, weight: Any) -> None:
    """Add weighted log-probabilities to the model on the context stack.

    Rows of weight 0 are padding, or talks left out of a fold: the model keeps its shape and its
    compiled code, only the data change.
    """
    import pymc as pm
    import pytensor.tensor as pt

    pm.Potential(f"{name}_likelihood", pt.sum(weight * log_probability))


_ROOT_HALF = 0.7071067811865476
_LOG_NOTHING = -60.0
LOG_FOREVER = 60.0
"""Upper bound of the log days of something that had not happened when the record ends."""
