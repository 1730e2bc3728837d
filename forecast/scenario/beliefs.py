"""What an analyst believes about one number: a distribution with named parameters, never a sample.

A belief is written ``{normal: {mean, sd}}``, ``{lognormal: {median, gsd}}``, ``{beta: {a, b}}``,
``{triangular: {low, mode, high}}`` or ``{quantiles: {0.1: .., 0.5: .., 0.9: ..}}``; a plain number is a
point belief. Only `scipy.special` is used, and only when a probability is asked for, so that reading a
scenario stays quick.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecast.errors import Problem, ScenarioError
from forecast.scenario.families import belief_schema, read_belief

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import core_schema

@dataclass(frozen=True, eq=False)
class Belief:
    """A belief about one number.

    Parameters
    ----------
    kind : str
        ``point`` or a key of ``families.FAMILIES``.
    params : dict
        Parameters by name; ``{"value": x}`` for a point; probability -> value, by rising probability, for
        quantiles.

    Notes
    -----
    Quantiles: the quantile function is interpolated linearly between the stated ones. The outermost pieces
    run on in a straight line to probability 0 and 1, so the support is bounded; state the quantiles 0 and 1
    to place the ends yourself.

    Examples
    --------
    >>> belief = Belief.parse({"normal": {"mean": 12, "sd": 3}})
    >>> round(float(belief.cdf(12.0)), 3), round(float(belief.ppf(0.8413447)), 3)
    (0.5, 15.0)
    >>> Belief.parse({"quantiles": {0.1: 2, 0.9: 10}}).support()
    (1.0, 11.0)
    """

    kind: str
    params: dict[Any, float]

    @classmethod
    def parse(cls, value: object) -> Belief:
        """Read a belief from what a scenario file holds.

        Parameters
        ----------
        value : number, mapping or Belief

        Raises
        ------
        ScenarioError
            With every problem; the places are relative to the belief.
        """
        if isinstance(value, Belief):
            return value
        return cls(*read_belief(value))

    def plain(self) -> float | dict[str, Any]:
        """Return the belief as it is written in a file (quantiles with text keys, as JSON wants them)."""
        if self.kind == "point":
            return self.params["value"]
        if self.kind == "quantiles":
            return {"quantiles": {repr(p): v for p, v in self.params.items()}}
        return {self.kind: dict(self.params)}

    def support(self) -> tuple[float, float]:
        """Return the ends of the support, infinite where there is none."""
        p = self.params
        if self.kind == "point":
            return p["value"], p["value"]
        if self.kind == "normal":
            return -math.inf, math.inf
        if self.kind == "lognormal":
            return 0.0, math.inf
        if self.kind == "beta":
            return 0.0, 1.0
        if self.kind == "triangular":
            return p["low"], p["high"]
        _, values = self._knots()
        return values[0], values[-1]

    def cdf(self, x: ArrayLike) -> np.ndarray:
        """Return the probability of at most `x`.

        Parameters
        ----------
        x : array_like of float
            Values in the unit of the number; infinite ones are allowed.

        Returns
        -------
        ndarray of float64
            Same shape as `x`, in [0, 1].
        """
        import numpy as np
        from scipy import special

        x = np.asarray(x, dtype=np.float64)
        # Infinities on the way (far tails, a triangle with its mode at an end) give the right 0 or 1.
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            return self._cdf(x, np, special)

    def _cdf(self, x: np.ndarray, np: Any, special: Any) -> np.ndarray:
        p = self.params
        if self.kind == "point":
            return (x >= p["value"]).astype(np.float64)
        if self.kind == "normal":
            return special.ndtr((x - p["mean"]) / p["sd"])
        if self.kind == "lognormal":
            return special.ndtr((np.log(np.maximum(x, 0.0)) - math.log(p["median"])) / math.log(p["gsd"]))
        if self.kind == "beta":
            return special.betainc(p["a"], p["b"], np.clip(x, 0.0, 1.0))
        if self.kind == "triangular":
            low, mode, high = p["low"], p["mode"], p["high"]
            x = np.clip(x, low, high)
            rising = (x - low) ** 2 / ((high - low) * (mode - low))
            falling = 1.0 - (high - x) ** 2 / ((high - low) * (high - mode))
            # At the mode itself the falling side is right unless there is none.
            return np.where((x < mode) | ((x == mode) & (mode == high)), rising, falling)
        probabilities, values = self._knots()
        return np.interp(x, values, probabilities)

    def ppf(self, p: ArrayLike) -> np.ndarray:
        """Return the value that is not exceeded with probability `p` (the inverse of :meth:`cdf`).

        Parameters
        ----------
        p : array_like of float
            Probabilities in [0, 1]; 0 and 1 give the ends of the support.

        Returns
        -------
        ndarray of float64
            Same shape as `p`, in the unit of the number.
        """
        import numpy as np
        from scipy import special

        u, q = np.asarray(p, dtype=np.float64), self.params
        if self.kind == "point":
            return np.full(u.shape, q["value"])
        if self.kind == "normal":
            return q["mean"] + q["sd"] * special.ndtri(u)
        if self.kind == "lognormal":
            return q["median"] * np.exp(math.log(q["gsd"]) * special.ndtri(u))
        if self.kind == "beta":
            return special.betaincinv(q["a"], q["b"], u)
        if self.kind == "triangular":
            low, mode, high = q["low"], q["mode"], q["high"]
            rising = low + np.sqrt(u * (high - low) * (mode - low))
            falling = high - np.sqrt((1.0 - u) * (high - low) * (high - mode))
            return np.where(u * (high - low) < mode - low, rising, falling)
        probabilities, values = self._knots()
        return np.interp(u, probabilities, values)

    def truncated(self, low: float = -math.inf, high: float = math.inf) -> tuple[Truncated, float]:
        """Cut the belief to an interval.

        Parameters
        ----------
        low, high : float
            Ends of the interval, in the unit of the number; at least one of them is usually an opening.

        Returns
        -------
        Truncated
            With the same ``cdf``, ``ppf`` and ``support``, renormalised over the interval.
        float
            The probability that was cut off, in [0, 1).

        Raises
        ------
        ScenarioError
            If nothing of the belief lies in the interval.

        Examples
        --------
        >>> inside, cut = Belief.parse({"normal": {"mean": 12, "sd": 4}}).truncated(high=20)
        >>> round(cut, 4), float(inside.ppf(1.0))
        (0.0228, 20.0)
        """
        if self.kind == "point":
            below, above = float(self.params["value"] < low), float(self.params["value"] > high)
        else:
            below, above = float(self.cdf(low)), 1.0 - float(self.cdf(high))
        kept = 1.0 - below - above
        if kept <= 0.0:
            raise ScenarioError([Problem("belief", f"{self} has no mass between {low:g} and {high:g}",
                                         "a belief that overlaps the interval")])
        return Truncated(self, low, high, below, kept), below + above

    def _knots(self) -> tuple[list[float], list[float]]:
        """Return probabilities and values of the quantile function, from 0 to 1."""
        p, v = list(self.params), list(self.params.values())
        if p[0] > 0.0:
            v.insert(0, v[0] - p[0] * (v[1] - v[0]) / (p[1] - p[0]))
            p.insert(0, 0.0)
        if p[-1] < 1.0:
            v.append(v[-1] + (1.0 - p[-1]) * (v[-1] - v[-2]) / (p[-1] - p[-2]))
            p.append(1.0)
        return p, v

    def __str__(self) -> str:
        if self.kind == "point":
            return f"{self.params['value']:g}"
        return f"{self.kind}({', '.join(f'{k} {v:g}' for k, v in self.params.items())})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Belief) and (self.kind, self.params) == (other.kind, other.params)

    def __hash__(self) -> int:
        return hash((self.kind, tuple(self.params.items())))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.plain_serializer_function_ser_schema(lambda belief: belief.plain()))

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return belief_schema()


@dataclass(frozen=True)
class Truncated:
    """A belief cut to an interval; made by :meth:`Belief.truncated`.

    Parameters
    ----------
    belief : Belief
    low, high : float
        The interval.
    below, kept : float
        Probability of the belief below the interval and inside it.
    """

    belief: Belief
    low: float
    high: float
    below: float
    kept: float

    def support(self) -> tuple[float, float]:
        """Return the ends of the support."""
        low, high = self.belief.support()
        return max(low, self.low), min(high, self.high)

    def cdf(self, x: ArrayLike) -> np.ndarray:
        """Return the probability of at most `x`, given the interval."""
        import numpy as np

        return np.clip((self.belief.cdf(x) - self.below) / self.kept, 0.0, 1.0)

    def ppf(self, p: ArrayLike) -> np.ndarray:
        """Return the value that is not exceeded with probability `p`, given the interval."""
        import numpy as np

        # The clip only mends the last digit: far in a tail ppf(cdf(low)) can fall short of low.
        return np.clip(self.belief.ppf(self.below + self.kept * np.asarray(p, dtype=np.float64)), *self.support())
