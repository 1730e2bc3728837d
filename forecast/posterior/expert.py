"""The expert prior: draws from the distributions of ``data/prior/expert.yaml``, in the layout of a posterior."""

from __future__ import annotations

import hashlib
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
_ENTRY_KEYS = {"by", "informed_by", "n", "contraction", "reason"}


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
        Dim ``draw`` first; independent parameters, each stratified over its own distribution (its quantiles are
        right to 1/draws), attrs ``kind="prior"``; each variable has its ``reason``.

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
    problems = [Problem(name, "missing", "an entry per parameter") for name in PARAMETERS if name not in entries]
    problems += [Problem(name, "unknown", "a parameter of the layout") for name in entries if name not in PARAMETERS]
    for name in set(entries) & set(PARAMETERS):
        missing = {"informed_by", "n", "reason"} - set(entries[name])
        problems += [Problem(f"{name}.{key}", "missing", "needed in every entry") for key in sorted(missing)]
        try:
            list(_distributions(PARAMETERS[name], entries[name]))
        except (KeyError, TypeError, ValueError) as error:
            problems.append(Problem(name, f"unusable distributions: {error}", f"one of {', '.join(FAMILIES)}"))
    if problems:
        raise PosteriorError(problems, str(path))
    return entries


def _distributions(parameter: Parameter, entry: dict[str, Any]) -> Iterator[tuple[tuple[int, ...], str, Any]]:
    """Yield (index, family, numbers) for each distribution of an entry; a Dirichlet leaves its last dim to `...`."""

    def walk(node: dict[str, Any], dims: tuple[str, ...], index: tuple[int, ...]):
        family = [key for key in node if key in FAMILIES or key in ("dirichlet", "fixed")]
        nested = node.get("by") if not index else node
        if family:
            if len(family) > 1:
                raise ValueError(f"several distributions: {family}")
            stray = set(node) - set(family) - (_ENTRY_KEYS if not index else set())
            if stray or (dims and family != ["dirichlet"]):
                raise ValueError(f"{sorted(stray) or dims} left over at {index}")
            yield index, family[0], node[family[0]]
            return
        if not isinstance(nested, dict) or not dims:
            raise ValueError(f"no distribution at {index}")
        labels = [str(label) for label in COORDS[dims[0]]]
        if [str(label) for label in nested] != labels:
            raise ValueError(f"labels {list(nested)} instead of {labels}")
        for position, label in enumerate(nested):
            yield from walk(nested[label], dims[1:], (*index, position))

    return walk(entry, parameter.dims, ())


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

    if not low < high:
        raise ValueError(f"5% point {low} not below 95% point {high}")
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
