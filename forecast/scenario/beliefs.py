"""What an analyst believes about one number: a distribution with named parameters, never a sample.

A belief is written ``{normal: {mean, sd}}``, ``{lognormal: {median, gsd}}``, ``{beta: {a, b}}``,
``{triangular: {low, mode, high}}`` or ``{quantiles: {0.1: .., 0.5: .., 0.9: ..}}``; a plain number is a
point belief. Only `scipy.special` is used, and only when a probability is asked for, so that reading a
scenario stays quick.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecast.errors import Problem, ScenarioError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import core_schema

#: Family -> its parameters, in the order they are shown.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "normal": ("mean", "sd"),
    "lognormal": ("median", "gsd"),
    "beta": ("a", "b"),
    "triangular": ("low", "mode", "high"),
    "quantiles": (),
}
#: Largest size of any number in a belief or position: beyond it float32 outcomes lose their meaning.
LARGEST = 1e12
ALLOWED = "a number or one of " + ", ".join(
    f"{{{family}: {{{', '.join(names) or '0.1: .., 0.5: .., 0.9: ..'}}}}}" for family, names in FAMILIES.items())


@dataclass(frozen=True, eq=False)
class Belief:
    """A belief about one number.

    Parameters
    ----------
    kind : str
        ``point`` or a family of :data:`FAMILIES`.
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
        if isinstance(value, Mapping):
            return _parse_family(value)
        problems: list[Problem] = []
        number = _number(value, "", problems, ALLOWED)
        if problems:
            raise ScenarioError(problems)
        return cls("point", {"value": number})

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

        x, p = np.asarray(x, dtype=np.float64), self.params
        if self.kind == "point":
            return (x >= p["value"]).astype(np.float64)
        if self.kind == "normal":
            return special.ndtr((x - p["mean"]) / p["sd"])
        if self.kind == "lognormal":
            with np.errstate(divide="ignore"):
                return special.ndtr((np.log(np.maximum(x, 0.0)) - math.log(p["median"])) / math.log(p["gsd"]))
        if self.kind == "beta":
            return special.betainc(p["a"], p["b"], np.clip(x, 0.0, 1.0))
        if self.kind == "triangular":
            low, mode, high = p["low"], p["mode"], p["high"]
            x = np.clip(x, low, high)
            rising = (x - low) ** 2 / ((high - low) * max(mode - low, 1e-300))
            falling = 1.0 - (high - x) ** 2 / ((high - low) * max(high - mode, 1e-300))
            return np.where(x < mode, rising, np.where(high > mode, falling, np.where(x < high, rising, 1.0)))
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


def belief_schema() -> dict[str, Any]:
    """Return the JSON Schema of a belief."""
    def family(name: str, names: tuple[str, ...]) -> dict[str, Any]:
        inner: dict[str, Any] = {"type": "object", "additionalProperties": False, "required": list(names),
                                 "properties": {key: {"type": "number"} for key in names}}
        if name == "quantiles":
            inner = {"type": "object", "minProperties": 2, "additionalProperties": {"type": "number"}}
        return {"type": "object", "additionalProperties": False, "required": [name], "properties": {name: inner}}

    return {"description": "A belief: a number, or one distribution with named parameters.",
            "anyOf": [{"type": "number"}, *(family(name, names) for name, names in FAMILIES.items())]}


def _number(value: object, where: str, problems: list[Problem], allowed: str = "a finite number") -> float:
    """Return a finite float, or note a problem and return NaN."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        # Comparing first keeps integers too large for a float away from float().
        if -LARGEST <= value <= LARGEST:
            return float(value)
        problems.append(Problem(where, _shown(value), f"a finite number between -{LARGEST:g} and {LARGEST:g}"))
        return math.nan
    fix = "remove the quotes" if isinstance(value, str) and _numeric(value) else ""
    problems.append(Problem(where, _shown(value), allowed, fix))
    return math.nan


def _parse_family(value: Mapping[Any, Any]) -> Belief:
    """Read ``{family: {parameters}}``."""
    from forecast.scenario.problems import nearest

    if len(value) != 1:
        raise ScenarioError([Problem("", f"{len(value)} keys ({', '.join(map(_shown, value)) or 'empty'})", ALLOWED,
                                     "a belief has exactly one family")])
    kind, params = next(iter(value.items()))
    if kind not in FAMILIES:
        raise ScenarioError([Problem("", f"unknown belief {_shown(kind)}", ALLOWED, nearest(kind, FAMILIES))])
    if not isinstance(params, Mapping):
        raise ScenarioError([Problem(kind, _shown(params), f"a mapping: {ALLOWED}")])
    problems: list[Problem] = []
    if kind == "quantiles":
        belief = Belief(kind, _quantiles(params, problems))
    else:
        names = FAMILIES[kind]
        for key in params:
            if key not in names:
                problems.append(Problem(f"{kind}.{key}" if isinstance(key, str) else kind,
                                        f"unknown parameter {_shown(key)}", f"{kind} has {', '.join(names)}",
                                        nearest(key, names)))
        for key in names:
            if key not in params:
                problems.append(Problem(f"{kind}.{key}", "nothing", f"required: {kind} has {', '.join(names)}"))
        belief = Belief(kind, {key: _number(params[key], f"{kind}.{key}", problems) for key in names if key in params})
        if not problems:
            problems += _family_problems(belief)
    if problems:
        raise ScenarioError(problems)
    return belief


def _family_problems(belief: Belief) -> list[Problem]:
    """Check the ranges of named parameters."""
    kind, p, out = belief.kind, belief.params, []
    above = {"normal": {"sd": 0.0}, "lognormal": {"median": 0.0, "gsd": 1.0}, "beta": {"a": 0.0, "b": 0.0}}
    for key, bound in above.get(kind, {}).items():
        if not p[key] > bound:
            out.append(Problem(f"{kind}.{key}", f"{p[key]:g}", f"a number above {bound:g}",
                               "write a plain number to state it exactly" if p[key] == bound else ""))
    if kind == "beta" and not out and max(p["a"], p["b"]) > 1e6:
        out.append(Problem("beta", f"a {p['a']:g}, b {p['b']:g}", "at most 1e+06 each", "write a plain number"))
    if kind == "lognormal" and p["gsd"] > 1e3:
        out.append(Problem("lognormal.gsd", f"{p['gsd']:g}", "at most 1000",
                           "gsd is a ratio: 2 means within a factor 2 about two times in three"))
    if kind == "triangular" and not (p["low"] <= p["mode"] <= p["high"] and p["low"] < p["high"]):
        out.append(Problem("triangular", f"low {p['low']:g}, mode {p['mode']:g}, high {p['high']:g}",
                           "low <= mode <= high with low < high"))
    return out


def _quantiles(params: Mapping[Any, Any], problems: list[Problem]) -> dict[float, float]:
    """Read probability -> value; the order of the keys does not matter, that of the values does."""
    out: dict[float, float] = {}
    for key, value in params.items():
        p = float(key) if isinstance(key, str) and _numeric(key) else key
        if isinstance(p, bool) or not isinstance(p, (int, float)) or not 0.0 <= p <= 1.0:
            problems.append(Problem("quantiles", f"probability {_shown(key)}", "a probability between 0 and 1",
                                    "write 0.9, not 90" if isinstance(p, (int, float)) and 1 < p <= 100 else ""))
            continue
        if float(p) in out:
            problems.append(Problem("quantiles", f"probability {float(p):g} twice", "each probability once"))
        out[float(p)] = _number(value, f"quantiles.{key}", problems)
    if len(params) < 2:
        problems.append(Problem("quantiles", f"{len(params)} given", "at least 2 quantiles"))
    out = dict(sorted(out.items()))
    values = list(out.values())
    if not problems and any(b <= a for a, b in zip(values, values[1:], strict=False)):
        problems.append(Problem("quantiles", ", ".join(f"{p:g}: {v:g}" for p, v in out.items()),
                                "values that rise strictly with the probability"))
    return out


def _numeric(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _shown(value: object) -> str:
    from forecast.scenario.problems import shown

    return shown(value)
