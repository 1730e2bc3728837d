"""The expert prior: draws from the distributions of ``data/prior/expert.yaml``, laid out as a posterior."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.errors import PosteriorError, Problem
from forecast.paths import data_folder
from forecast.posterior.layout import COORDS, PARAMETERS, Parameter

if TYPE_CHECKING:
    import xarray as xr

DEFAULT_SEED = 20260619
"""Seed of the shipped prior: the same draws for everybody."""

_Z95 = 1.6448536269514722
_ENTRY_KEYS = {"informed_by", "n", "contraction", "reason"}


def expert_prior(draws: int = 1000, seed: int = DEFAULT_SEED) -> xr.DataTree:
    """Draw the expert prior.

    Parameters
    ----------
    draws : int, default 1000
        Number of draws, at least 1.
    seed : int, default 20260619
        Any integer >= 0; equal seeds give equal draws.

    Returns
    -------
    xr.DataTree
        Dim ``draw`` first; independent parameters, each stratified over its own distribution (its quantiles
        are right to 1/draws), attrs ``kind="prior"``; each variable has its ``reason``.

    Raises
    ------
    PosteriorError
        If `draws` is below 1 or the file of the prior does not fit the layout.

    Examples
    --------
    >>> tree = expert_prior(200)
    >>> tree["outcome"]["zopa"].sizes["draw"], tree.attrs["kind"]
    (200, 'prior')
    """
    if draws < 1:
        raise PosteriorError([Problem("draws", str(draws), "at least 1")], "expert_prior")
    from forecast.posterior.tree import build_tree

    path = expert_file()
    entries = read_entries(path)
    values, attrs, diagnostics = {}, {}, {}
    for name, parameter in PARAMETERS.items():
        entry = entries[name]
        values[name] = _draw_parameter(parameter, entry, draws, seed)
        attrs[name] = {"reason": entry["reason"], "informed_by": entry["informed_by"]}
        diagnostics[name] = {key: entry.get(key) for key in ("informed_by", "n", "contraction")}
    return build_tree(
        values,
        kind="prior",
        data_hash=hashlib.sha256(path.read_bytes()).hexdigest(),
        created="drawn on demand",
        diagnostics=diagnostics,
        extra_attrs=attrs,
    )


def expert_file() -> Path:
    """Return the file of the expert prior."""
    return data_folder() / "prior" / "expert.yaml"


def read_entries(path: Path) -> dict[str, dict[str, Any]]:
    """Read the entries of a prior file and check them against the layout.

    Parameters
    ----------
    path : Path
        A YAML file like ``data/prior/expert.yaml``.

    Returns
    -------
    dict
        By ``group.name``: ``reason``, ``informed_by``, ``n``, perhaps ``contraction``, and either one
        distribution or ``by`` with one per label.

    Raises
    ------
    PosteriorError
        With every missing, unknown or incomplete entry.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise PosteriorError(f"cannot be read: {error}", str(path)) from error
    entries = content.get("parameters") if isinstance(content, dict) else None
    if not isinstance(entries, dict):
        raise PosteriorError("has no mapping 'parameters'", str(path))
    unknown = [name for name in entries if name not in PARAMETERS]
    problems = [Problem(str(name), "unknown", "a parameter of the layout") for name in unknown]
    for name, parameter in PARAMETERS.items():
        if not isinstance(entries.get(name), dict):
            problems.append(Problem(name, "missing", "a mapping with distributions and their reason"))
            continue
        missing = {"informed_by", "n", "reason"} - set(entries[name])
        problems += [Problem(f"{name}.{key}", "missing", "needed in every entry") for key in sorted(missing)]
        try:
            for _, family, numbers in _distributions(parameter, entries[name]):
                _check_numbers(parameter, family, numbers)
        except (KeyError, TypeError, ValueError) as error:
            allowed = f"{', '.join(FAMILIES)}, dirichlet or fixed"
            problems.append(Problem(name, f"unusable distribution: {error}", allowed))
    if problems:
        raise PosteriorError(problems, str(path))
    return entries


def _distributions(parameter: Parameter, entry: dict[str, Any]) -> Iterator[tuple[tuple[int, ...], str, Any]]:
    """Yield (index, family, numbers) for each distribution; a Dirichlet fills the last dim by itself."""

    def walk(node: Any, dims: tuple[str, ...], index: tuple[int, ...]):
        at = f"at {list(index)}" if index else "at the top"
        if not isinstance(node, dict):
            raise ValueError(f"{node!r} {at}")
        content = {key: value for key, value in node.items() if index or key not in _ENTRY_KEYS}
        if len(content) == 1 and next(iter(content)) in (*FAMILIES, "dirichlet", "fixed"):
            family, numbers = next(iter(content.items()))
            if len(dims) != (family == "dirichlet"):
                raise ValueError(f"{family} {at} leaves {dims} open")
            yield index, family, numbers
            return
        nested = content.pop("by", None) if not index else content
        if not dims or not isinstance(nested, dict) or (not index and content):
            raise ValueError(f"{list(content)} {at}")
        labels = [str(label) for label in COORDS[dims[0]]]
        if [str(label) for label in nested] != labels:
            raise ValueError(f"labels {list(nested)} {at} instead of {labels}")
        for position, label in enumerate(nested):
            yield from walk(nested[label], dims[1:], (*index, position))

    return walk(entry, parameter.dims, ())


def _check_numbers(parameter: Parameter, family: str, numbers: Any) -> None:
    """Raise ValueError when the numbers of a distribution do not define one."""
    wanted = 1 if family == "fixed" else parameter.shape[-1] if family == "dirichlet" else 2
    flat = [numbers] if family == "fixed" else numbers
    if not isinstance(flat, list) or len(flat) != wanted:
        raise ValueError(f"{family}: {numbers!r} is not {wanted} numbers")
    if any(isinstance(x, bool) or not isinstance(x, int | float) or not math.isfinite(x) for x in flat):
        raise ValueError(f"{family}: {numbers!r} is not finite numbers")
    if family in ("normal", "lognormal", "lognormal_above_one", "logitnormal") and not flat[0] < flat[1]:
        raise ValueError(f"{family}: 5% point {flat[0]} not below 95% point {flat[1]}")
    if family not in ("normal", "fixed") and min(flat) <= 0:
        raise ValueError(f"{family}: {numbers!r} must be above 0")
    if family == "logitnormal" and flat[1] >= 1:
        raise ValueError(f"{family}: {numbers!r} must be below 1")


def _draw_parameter(parameter: Parameter, entry: dict[str, Any], draws: int, seed: int) -> np.ndarray:
    """Return the draws of one parameter, shape (draws, *shape)."""
    values = np.empty((draws, *parameter.shape))
    for index, family, numbers in _distributions(parameter, entry):
        address = f"{parameter.path}{list(index)}"
        if family == "fixed":
            values[(slice(None), *index)] = float(numbers)
        elif family == "dirichlet":
            from scipy.special import gammaincinv

            columns = [
                gammaincinv(float(a), _stratified(f"{address}{part}", draws, seed)) for part, a in enumerate(numbers)
            ]
            gammas = np.stack(columns, axis=1)
            values[(slice(None), *index)] = gammas / gammas.sum(axis=1, keepdims=True)
        else:
            uniform = _stratified(address, draws, seed)
            values[(slice(None), *index)] = FAMILIES[family](uniform, float(numbers[0]), float(numbers[1]))
    return values


def _stratified(address: str, draws: int, seed: int) -> np.ndarray:
    """Return one uniform in each of `draws` equal strata, shuffled; the stream belongs to the address.

    Keyed by the name, so that a new parameter moves the draws of no other.
    """
    key = int.from_bytes(hashlib.sha256(address.encode()).digest()[:8], "little")
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, key])))
    order = np.argsort(generator.random(draws), kind="stable")
    return (order + generator.random(draws) * 0.999998 + 1e-6) / draws


def _normal(uniform: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return normal quantiles, the distribution having 5% at `low` and 95% at `high`."""
    from scipy.special import ndtri

    return 0.5 * (low + high) + ndtri(uniform) * (high - low) / (2 * _Z95)


def _lognormal(uniform: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return lognormal quantiles by the 5% and 95% points."""
    return np.exp(_normal(uniform, np.log(low), np.log(high)))


def _lognormal_above_one(uniform: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return 1 + lognormal quantiles."""
    return 1.0 + _lognormal(uniform, low, high)


def _logitnormal(uniform: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return logit-normal quantiles by the 5% and 95% points."""
    from scipy.special import expit, logit

    return expit(_normal(uniform, logit(low), logit(high)))


def _beta(uniform: np.ndarray, a: float, b: float) -> np.ndarray:
    """Return beta quantiles by the two shape parameters."""
    from scipy.special import betaincinv

    return betaincinv(a, b, uniform)


FAMILIES: dict[str, Callable[[np.ndarray, float, float], np.ndarray]] = {
    "normal": _normal,
    "lognormal": _lognormal,
    "lognormal_above_one": _lognormal_above_one,
    "logitnormal": _logitnormal,
    "beta": _beta,
}
"""Families of two numbers, as quantile functions; `dirichlet` and `fixed` come on top."""
