"""Every difference between PyMC 5 / ArviZ 0 (Python 3.11) and PyMC 6 / ArviZ 1, and between samplers."""

from __future__ import annotations

import contextlib
import importlib.util
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pymc as pm
    import xarray as xr

SAMPLERS = ("nutpie", "pymc", "numpyro")


@dataclass(frozen=True)
class Sample:
    """What a sampler returned, without the containers that differ between releases.

    Parameters
    ----------
    posterior : xr.Dataset
        Dims chain, draw and those of each variable.
    divergences : int
        Divergent transitions after tuning, over all chains.
    sampler : str
        One of `SAMPLERS`.
    """

    posterior: xr.Dataset
    divergences: int
    sampler: str


def pick_sampler(name: str | None = None) -> str:
    """Return `name`, or the fastest installed sampler: nutpie, else PyMC's own.

    Raises
    ------
    ValueError
        If `name` is unknown or not installed.

    Examples
    --------
    >>> pick_sampler("pymc")
    'pymc'
    """
    if name is None:
        return "nutpie" if importlib.util.find_spec("nutpie") else "pymc"
    if name not in SAMPLERS:
        raise ValueError(f"sampler: {name!r}; one of {', '.join(SAMPLERS)}")
    if name != "pymc" and importlib.util.find_spec(name) is None:
        raise ValueError(f"sampler: {name!r} is not installed; install it, or use 'pymc'")
    return name


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence warnings of the libraries while a model is compiled and sampled; the gates judge the fit."""
    import logging

    logger = logging.getLogger("pymc")
    level = logger.level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            logger.setLevel(level)


def compile_model(model: pm.Model, sampler: str | None = None) -> Callable[..., Sample]:
    """Compile a model once and return a function that samples it, as often as wanted.

    Parameters
    ----------
    model : pm.Model
        All data, counts too, are ``pm.Data``.
    sampler : str, optional
        One of `SAMPLERS`; default: the fastest installed.

    Returns
    -------
    callable
        ``run(*, draws, tune, chains, seed, target_accept=0.95, cores=2, data=None) -> Sample``; `data` maps names
        of ``pm.Data`` to arrays of the same shape. Only nutpie keeps the compiled code between calls.
    """
    name = pick_sampler(sampler)
    if name == "nutpie":
        return _nutpie_runner(model)
    return _pymc_runner(model, name)


def _nutpie_runner(model: pm.Model) -> Callable[..., Sample]:
    """Return the runner for nutpie."""
    import nutpie

    with quiet():
        compiled = nutpie.compile_pymc_model(model)

    def run(*, draws, tune, chains, seed, target_accept=0.95, cores=2, data=None) -> Sample:
        # Data the likelihood does not use (only counted) never reached the compiled code.
        used = {key: value for key, value in (data or {}).items() if key in compiled.shared_data}
        for key, value in used.items():
            # Compiled code has the lengths built in and reads past shorter data without a word.
            if np.shape(value) != compiled.shared_data[key].shape:
                raise ValueError(f"{key}: shape {np.shape(value)}; compiled for {compiled.shared_data[key].shape}")
        ready = compiled.with_data(**used) if used else compiled
        with quiet():
            # A blocking call swallows the interrupt and returns half a fit.
            sampler = nutpie.sample(
                ready, draws=draws, tune=tune, chains=chains, cores=cores, seed=seed, target_accept=target_accept,
                save_warmup=False, progress_bar=False, blocking=False,
            )
            try:
                trace = sampler.wait()
            except BaseException:
                sampler.cancel()
                raise
        return _to_sample(trace, "nutpie")

    return run


def _pymc_runner(model: pm.Model, name: str) -> Callable[..., Sample]:
    """Return the runner for PyMC's own NUTS or numpyro."""
    import pymc as pm

    def run(*, draws, tune, chains, seed, target_accept=0.95, cores=2, data=None) -> Sample:
        with quiet(), model:
            if data:
                pm.set_data(data)
            trace = pm.sample(
                draws=draws, tune=tune, chains=chains, cores=min(cores, chains), random_seed=seed,
                target_accept=target_accept, nuts_sampler=name, progressbar=False, compute_convergence_checks=False,
            )
        return _to_sample(trace, name)

    return run


def _to_sample(trace: Any, sampler: str) -> Sample:
    """Take datasets out of an ArviZ 0 InferenceData or an xarray DataTree."""
    posterior, stats = trace["posterior"], trace["sample_stats"]
    if hasattr(posterior, "to_dataset"):
        posterior, stats = posterior.to_dataset(), stats.to_dataset()
    # nutpie also returns the unconstrained values, named ``..._log__`` and the like.
    posterior = posterior.drop_vars([name for name in posterior.data_vars if str(name).endswith("__")])
    return Sample(posterior.load(), int(np.asarray(stats["diverging"]).sum()), sampler)


def diagnose(posterior: xr.Dataset) -> dict[str, xr.Dataset]:
    """Return R-hat, bulk and tail effective sample size of every variable.

    Parameters
    ----------
    posterior : xr.Dataset
        Dims chain, draw, ...

    Returns
    -------
    dict of str to xr.Dataset
        Keys ``rhat``, ``ess_bulk``, ``ess_tail``; dims of the variables without chain and draw.
    """
    import arviz as az

    with quiet():
        return {
            "rhat": _as_dataset(az.rhat(posterior)),
            "ess_bulk": _as_dataset(az.ess(posterior, method="bulk")),
            "ess_tail": _as_dataset(az.ess(posterior, method="tail", prob=(0.05, 0.95))),
        }


def _as_dataset(result: Any) -> xr.Dataset:
    """Return a dataset whichever container came back."""
    import xarray as xr

    if isinstance(result, xr.Dataset):
        return result
    return result.to_dataset() if hasattr(result, "to_dataset") else result["posterior"].to_dataset()


def sample_prior(model: pm.Model, names: list[str], draws: int, seed: int | None) -> dict[str, np.ndarray]:
    """Draw from the prior, ignoring the likelihood.

    Parameters
    ----------
    model : pm.Model
    names : list of str
        Free variables and deterministics.
    draws : int
    seed : int or None

    Returns
    -------
    dict of str to ndarray
        First axis: draws.
    """
    import pymc as pm

    with quiet(), model:
        arrays = pm.draw([model[name] for name in names], draws=draws, random_seed=seed)
    # One draw comes back without its axis.
    return {name: np.asarray(array)[None] if draws == 1 else array for name, array in zip(names, arrays, strict=True)}


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that shape a fit."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in ("pymc", "pytensor", "nutpie", "arviz", "numpyro", "xarray"):
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
