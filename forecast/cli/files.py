"""Read and write outcome files: netCDF, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from forecast.errors import StoreError

if TYPE_CHECKING:
    import xarray as xr


def run_name(outcome: xr.Dataset) -> str:
    """Return ``<scenario>-<as_of>``, the stem of the files of a run."""
    import json

    scenario = json.loads(outcome.attrs["scenario"])
    return f"{scenario['name']}-{scenario['as_of']}"


def save_outcome(outcome: xr.Dataset, path: Path) -> None:
    """Write an outcome as netCDF; `path` keeps its old content unless the whole file was written."""
    from forecast.paths import replacing

    # Paths and counts by day are mostly "there is none": a quick compression takes most of them away.
    encoding = {name: {"zlib": True, "complevel": 1, "shuffle": True} for name, array in outcome.data_vars.items()
                if {"attempt", "event", "day"} & set(array.dims)}
    with replacing(path) as temporary:
        outcome.to_netcdf(temporary, engine="h5netcdf", encoding=encoding)


def open_outcome(path: Path) -> xr.Dataset:
    """Read a whole outcome file into memory.

    Parameters
    ----------
    path : Path
        A file written by ``forecast run --out``.

    Returns
    -------
    xr.Dataset
        As returned by ``fc.simulate``.

    Raises
    ------
    StoreError
        If the file is missing, damaged, or not an outcome.
    """
    from forecast.paths import read_netcdf
    from forecast.vocabulary import check_dataset

    outcome = read_netcdf(path, "forecast run SCENARIO --out FILE")
    if "scenario" not in outcome.attrs:
        raise StoreError("a netCDF file, but not one that `forecast run` wrote", str(path))
    check_dataset(outcome)
    return outcome
