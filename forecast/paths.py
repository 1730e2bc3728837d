"""Where the data lie: inside an installed wheel, or beside the packages in a checkout."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

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
