"""Compile kernels, and decide where the compiled code is kept.

Numba notices an edit of the file that holds a cached function but not of the files it calls, so its ordinary cache
can run stale code. Here the cache folder is named by a hash of every kernel source (and of Python's, Numba's and
NumPy's version): an edit anywhere means another folder. Only the entry points are cached; what they call is inlined.

``FORECAST_CACHE_DIR`` moves the cache; ``FORECAST_CACHE_DIR=off`` keeps nothing on disk.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np

#: How everything here is compiled.
_OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": False, "_nrt": False}


def source_hash() -> str:
    """Hash all kernel sources with the versions that shape compiled code (16 hex digits)."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).resolve().parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    for version in (sys.version, numba.__version__, np.__version__, platform.machine()):
        digest.update(version.encode())
    return digest.hexdigest()[:16]


def cache_root() -> Path | None:
    """Return the folder of everything that is kept between runs, or None when caching is off."""
    chosen = os.environ.get("FORECAST_CACHE_DIR", "")
    if chosen.lower() == "off":
        return None
    base = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "negotiation-forecast"


def cache_folder() -> Path | None:
    """Return the folder for compiled code, or None when caching is off or no folder can be written."""
    root = cache_root()
    if root is None:
        return None
    folder = root / f"kernels-{source_hash()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def inlined(function: Callable) -> Callable:
    """Compile a function that other kernels call.

    It gets no door for Python's calls before there is one: making and compiling a hundred of them took a quarter of a
    cold start.
    """
    made = numba.njit(**_OPTIONS, forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    if not numba.config.DISABLE_JIT:
        # Numba would list what it compiles for kernels among what Python may call, and call address 0.
        made.add_overload = lambda compiled: made.overloads.__setitem__(tuple(compiled.signature.args), compiled)
        made._compile_for_args = lambda *arguments, **named: _door(made)
    return made


@functools.cache
def _door(kernel: Callable) -> Callable:
    """Return a function for Python's calls of a kernel."""

    @numba.njit(**_OPTIONS)
    def call(*arguments):
        return kernel(*arguments)

    return call


def entry(function: Callable) -> Callable:
    """Compile an entry point, cached on disk under `cache_folder`, free of the interpreter lock."""
    if numba.config.DISABLE_JIT:
        return _plain(function)
    folder = cache_folder()
    if folder is None:
        return numba.njit(**_OPTIONS)(function)
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        return numba.njit(cache=True, **_OPTIONS)(function)
    finally:
        numba.config.CACHE_DIR = before


def _plain(function: Callable) -> Callable:
    """Let an entry point run without the compiler (``NUMBA_DISABLE_JIT=1``): a hundred times slower, for debugging.

    Compiled code reads the fields of a record as attributes, which NumPy only lets records of a `recarray`.
    """

    def readable(value):
        if isinstance(value, tuple):
            return type(value)(*map(readable, value))
        if isinstance(value, np.ndarray) and value.dtype.names:
            return value.view(np.recarray)
        return value

    @functools.wraps(function)
    def run(*arguments):
        with np.errstate(all="ignore"):  # as compiled with error_model="numpy"
            return function(*map(readable, arguments))

    return run
