"""Where the data lie: inside an installed wheel, or beside the packages in a checkout."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

_HERE = Path(__file__).resolve().parent


def data_folder() -> Path:
    """Return the folder with ``scenarios/``, ``talks/`` and ``posterior/``.

    Returns
    -------
    Path
        ``forecast/_data`` when installed from a wheel, else ``data`` of the checkout.

    Raises
    ------
    FileNotFoundError
        If neither is there: the installation is damaged.
    """
    for folder in (_HERE / "_data", _HERE.parent / "data"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError("the data folder of negotiation-forecast is missing: reinstall the package")


def read_netcdf(path: str | Path, command: str) -> xr.Dataset:
    """Read a netCDF file into memory.

    Parameters
    ----------
    path : str or Path
    command : str
        What writes such files, for the message when there is none.

    Raises
    ------
    StoreError
        If the file is missing, damaged or foreign.
    """
    import xarray as xr

    from forecast.errors import StoreError

    if not Path(path).is_file():
        raise StoreError(f"no such file; `{command}` writes one", str(path))
    try:
        with xr.open_dataset(path, engine="h5netcdf") as stored:
            return stored.load()
    except Exception as error:  # h5py and xarray raise a dozen types for damaged and foreign files
        raise StoreError(f"not a readable netCDF file ({type(error).__name__})", str(path)) from None


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that replaces it only if the block succeeds.

    Parameters
    ----------
    path : str or Path
        The final file. Its folder is made when missing.

    Yields
    ------
    Path
        Where to write. On any exception the temporary file is removed and `path` keeps its old content.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    """Read the process umask (it can only be read by setting it)."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
