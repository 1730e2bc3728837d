"""Load and save posteriors, and choose the one a scenario should use."""

from __future__ import annotations

import functools
import os
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
        be hindsight), or, when that is not shipped, the expert prior. Others get the full one, else the prior. Shipped
        ones are the same object each time: not to be changed.

    Raises
    ------
    PosteriorError
        As `load_posterior`.
    """
    if scenario.posterior != "auto":
        return load_posterior(scenario.posterior)
    is_shipped = (data_folder() / "scenarios" / f"{name or scenario.name}.yaml").is_file()
    file = _shipped("held_out" if is_shipped else "full")
    if not file.is_file():
        return load_posterior("prior")
    state = file.stat()
    return _kept(file, state.st_mtime_ns, state.st_size)


def as_posterior(value: xr.DataTree | str | os.PathLike[str] | None, scenario: Any) -> xr.DataTree:
    """Return a checked posterior: the one given, loaded by name or path, or the one the scenario asks for.

    Raises
    ------
    PosteriorError
        If it cannot be used.
    """
    from forecast.posterior.tree import check_posterior

    if value is None:
        return posterior_for(scenario)
    if isinstance(value, (str, os.PathLike)):
        return load_posterior(value)
    check_posterior(value)
    return value


@functools.lru_cache(maxsize=2)
def _kept(file: Path, modified: int, size: int) -> xr.DataTree:
    """Return a shipped posterior, read and verified once as long as its file stays the same."""
    return _read(file)


def _shipped(name: str) -> Path:
    """Return where a shipped posterior lies, present or not."""
    return data_folder() / "posterior" / NAMES[name]


#: Attributes that HDF5 and netCDF-4 keep for themselves.
_INTERNAL = {"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "_FillValue", "_NCProperties", "_Netcdf4Coordinates",
             "_Netcdf4Dimid"}


def _read(file: Path) -> xr.DataTree:
    """Read one file into memory and check it; every failure is a PosteriorError.

    With h5py: going through a netCDF backend takes four times as long, most of a warm start. A test holds the two
    to the same result.
    """
    import h5py
    import xarray as xr

    from forecast.posterior.tree import check_posterior

    try:
        with h5py.File(file, "r") as opened:
            groups = {f"/{name}": _dataset(item) for name, item in opened.items() if isinstance(item, h5py.Group)}
            tree = xr.DataTree.from_dict(groups)
            tree.attrs.update(_attributes(opened))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, AttributeError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        given = f"cannot be read ({first})"
        problem = Problem("file", given, "a netCDF-4 file of a posterior", "copy it again")
        raise PosteriorError([problem], str(file)) from error
    check_posterior(tree, str(file))
    return tree


def _dataset(group: Any) -> xr.Dataset:
    """Read a group of a netCDF-4 file."""
    import h5py
    import xarray as xr

    variables, coords = {}, {}
    for name, item in group.items():
        if not isinstance(item, h5py.Dataset):
            raise ValueError(f"group {group.name} holds another group")
        is_scale = item.attrs.get("CLASS") == b"DIMENSION_SCALE"
        if is_scale and item.attrs.get("NAME", b"").startswith(b"This is a netCDF dimension but not"):
            continue  # a length without labels
        dims = (name,) if is_scale else tuple(scale[0].name.rsplit("/", 1)[-1] for scale in item.dims)
        values = item.asstr()[()] if h5py.check_string_dtype(item.dtype) else item[()]
        (coords if is_scale else variables)[name] = (dims, values, _attributes(item))
    return xr.Dataset(variables, coords, _attributes(group))


def _attributes(item: Any) -> dict[str, Any]:
    """Return the attributes of an HDF5 object that are its author's; netCDF-4 keeps a number as an array of one."""
    out = {}
    for name, value in item.attrs.items():
        if name in _INTERNAL:
            continue
        if isinstance(value, bytes):
            value = value.decode()
        out[name] = value[0] if getattr(value, "shape", None) == (1,) else value
    return out
