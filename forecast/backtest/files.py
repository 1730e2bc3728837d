"""Backtests on disk: compressed netCDF, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.errors import StoreError

if TYPE_CHECKING:
    import xarray as xr

SHIPPED = "kfold.nc"
"""File of the backtest that ships, in ``data/backtest``."""


def is_backtest(obj: Any) -> bool:
    """Tell whether an object is the result of `forecast.backtest`."""
    return hasattr(obj, "data_vars") and "backtest" in getattr(obj, "attrs", {})


def holds_backtest(path: str | Path) -> bool:
    """Tell whether a file is a stored backtest, without reading it all."""
    import h5py

    try:
        with h5py.File(path, "r") as stored:
            return "backtest" in stored.attrs
    except OSError:
        return False


def save_backtest(result: xr.Dataset, path: str | Path) -> None:
    """Write a result as compressed netCDF; `path` keeps its old content unless the whole file was written.

    Parameters
    ----------
    result : xr.Dataset
    path : str or Path
    """
    from forecast.paths import replacing

    encoding = {
        name: {"zlib": True, "complevel": 9, "shuffle": True}
        for name in result.data_vars
        if "case" in result[name].dims
    }
    with replacing(path) as temporary:
        result.to_netcdf(temporary, engine="h5netcdf", encoding=encoding)


def open_backtest(path: str | Path | None = None) -> xr.Dataset:
    """Read a stored backtest into memory.

    Parameters
    ----------
    path : str or Path, optional
        A file written by ``forecast backtest --out``; default: the one that ships, five folds of the shipped
        table.

    Returns
    -------
    xr.Dataset
        As `forecast.backtest` returns it.

    Raises
    ------
    StoreError
        If the file is missing, damaged, or not a backtest.

    Examples
    --------
    >>> open_backtest().attrs["split"]
    'kfold'
    """
    from forecast.paths import data_folder, read_netcdf

    path = data_folder() / "backtest" / SHIPPED if path is None else path
    result = read_netcdf(path, "forecast backtest --out FILE")
    if not is_backtest(result):
        raise StoreError("a netCDF file, but not one that `forecast backtest` wrote", str(path))
    return result
