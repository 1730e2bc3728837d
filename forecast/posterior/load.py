"""Load and save posteriors, and choose the one a scenario should use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.errors import PosteriorError, Problem
from forecast.paths import data_folder, replacing

if TYPE_CHECKING:
    import xarray as xr

NAMES = {"full": "full.nc", "held_out": "held_out.nc"}
"""Shipped posteriors by name; "prior" is drawn on demand."""


def load_posterior(path: str | Path | None = None) -> xr.DataTree:
    """Load a posterior and verify it.

    Parameters
    ----------
    path : str, Path or None, default None
        None: the shipped posterior, or the expert prior when none is shipped. "prior", "full", "held_out":
        that one. Anything else: a netCDF file written by `save_posterior`.

    Returns
    -------
    xr.DataTree
        In memory, groups and dims as `forecast.posterior.layout` lists them.

    Raises
    ------
    PosteriorError
        If the file is missing, damaged, not one of ours, of another version, or altered.

    Examples
    --------
    >>> load_posterior("prior").attrs["kind"]
    'prior'
    """
    if path is None:
        shipped = _shipped("full")
        return load_posterior(shipped) if shipped.is_file() else load_posterior("prior")
    if path == "prior":
        from forecast.posterior.expert import expert_prior

        return expert_prior()
    file = _shipped(path) if isinstance(path, str) and path in NAMES else Path(path)
    if not file.is_file():
        allowed = f"a file, or one of prior, {', '.join(NAMES)}"
        raise PosteriorError([Problem("path", "no such file", allowed)], str(path))
    return _read(file)


def save_posterior(tree: xr.DataTree, path: str | Path) -> None:
    """Write a posterior to netCDF; a file already there is replaced only when all went well.

    Parameters
    ----------
    tree : xr.DataTree
        A complete posterior.
    path : str or Path
        The file to write.

    Raises
    ------
    PosteriorError
        If the tree does not pass `check_posterior`.
    """
    from forecast.posterior.tree import check_posterior

    check_posterior(tree, str(path))
    with replacing(path) as temporary:
        tree.to_netcdf(temporary, engine="h5netcdf", format="NETCDF4")


def posterior_for(scenario: Any, name: str | None = None) -> xr.DataTree:
    """Return the posterior that a scenario asks for.

    Parameters
    ----------
    scenario : Scenario
        Its ``posterior`` is "auto", "full", "prior", "held_out" or a path.
    name : str, optional
        Name of the shipped scenario it is or extends; default its own ``name``.

    Returns
    -------
    xr.DataTree
        With "auto", shipped scenarios get the posterior fitted without their own conflicts (the full one would
        be hindsight), or, when that is not shipped, the expert prior. Others get the full one, else the prior.

    Raises
    ------
    PosteriorError
        As `load_posterior`.
    """
    if scenario.posterior != "auto":
        return load_posterior(scenario.posterior)
    is_shipped = (data_folder() / "scenarios" / f"{name or scenario.name}.yaml").is_file()
    if is_shipped:
        return load_posterior("held_out" if _shipped("held_out").is_file() else "prior")
    return load_posterior(None)


def _shipped(name: str) -> Path:
    """Return where a shipped posterior lies, present or not."""
    return data_folder() / "posterior" / NAMES[name]


def _walk(file: Path) -> None:
    """Touch every object of an HDF5 file, raising what is damaged.

    First, because h5netcdf leaves a half-made object behind that prints a traceback when it is collected.
    """
    import h5py

    def touch(_, item) -> None:
        dict(item.attrs)

    with h5py.File(file, "r") as opened:
        opened.visititems(touch)


def _read(file: Path) -> xr.DataTree:
    """Read one file into memory and check it; every failure is a PosteriorError."""
    import xarray as xr

    from forecast.posterior.tree import check_posterior

    try:
        _walk(file)
        with xr.open_datatree(file, engine="h5netcdf", decode_times=False) as opened:
            tree = opened.load().copy(deep=True)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, AttributeError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        given = f"cannot be read ({first})"
        problem = Problem("file", given, "a netCDF-4 file of a posterior", "copy it again")
        raise PosteriorError([problem], str(file)) from error
    check_posterior(tree, str(file))
    return tree
