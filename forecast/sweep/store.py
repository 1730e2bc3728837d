"""The store of a sweep: a Zarr v3 group that an interrupted sweep goes on from, to the same bytes.

Its dims are those of the sweep, so `xarray.open_zarr(path, consolidated=False)` reads it as it is. Every variable is
cut into the same blocks of cells; a block is written variable by variable and ``status`` last, each chunk by a rename,
so that what ``status`` calls done is whole, whenever the power of the process ends. Chunks carry a checksum. The
attributes hold the plan, its hash, and the versions; a store that another plan wrote is refused.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecast.errors import Problem, StoreError
from forecast.sweep.blocks import Blocks
from forecast.sweep.labelled import DONE, FAILED, OPEN, as_dataset, as_text, cell_variables, further_coords, is_coord
from forecast.sweep.labelled import variables_about
from forecast.sweep.plan import Plan

if TYPE_CHECKING:
    import xarray as xr

FORMAT = "negotiation-forecast sweep"
FORMAT_VERSION = 1


class SweepStore:
    """An open store; use :meth:`create_or_resume`.

    Parameters
    ----------
    path : Path
    plan : Plan
    blocks : Blocks
    """

    def __init__(self, path: Path, plan: Plan, blocks: Blocks) -> None:
        import zarr

        self.path, self.plan, self.blocks = path, plan, blocks
        self._variables = cell_variables(plan)
        # Chunks that hold only NaN are written too: a missing one then always means damage.
        with zarr.config.set({"array.write_empty_chunks": True}):
            group = zarr.open_group(path, mode="r+", zarr_format=3, use_consolidated=False)
            self._arrays: dict[str, Any] = {name: group[name] for name in (*self._variables, "error", "status")}

    @classmethod
    def create_or_resume(cls, path: str | os.PathLike[str], plan: Plan, manifest: dict[str, Any]) -> SweepStore:
        """Make a new store, or open the one an earlier run of the same plan has left.

        Parameters
        ----------
        path : path
            A folder that does not exist, is empty, or holds a store of this plan.
        plan : Plan
        manifest : dict
            What the results follow from, as JSON types; its ``plan_hash`` names it.

        Raises
        ------
        StoreError
            If the folder holds something else, another sweep, or a damaged store.
        """
        path = Path(path)
        blocks = Blocks.of(plan.shape)
        if not path.exists() or (path.is_dir() and not any(path.iterdir())):
            _create(path, plan, blocks, manifest)
        else:
            found = read_manifest(path)
            _same(found, manifest, path)
        _sweep_up(path)
        try:
            store = cls(path, plan, blocks)
        except (KeyError, ValueError, OSError) as error:
            raise _damaged(path, error) from error
        store._check_arrays()
        return store

    def _check_arrays(self) -> None:
        cells, chunk = self.plan.shape, self.blocks.chunk
        for name, array in self._arrays.items():
            more = self._variables[name][1] if name in self._variables else ()
            if array.shape != (*cells, *more) or array.chunks != (*chunk, *more):
                raise _damaged(self.path, ValueError(f"{name} has shape {array.shape} in chunks {array.chunks}"))

    def status(self) -> NDArray:
        """Return the status of every cell, shape (cell,), and check that what is done is there.

        Raises
        ------
        StoreError
            If a chunk is damaged, or one of a finished block is missing.
        """
        status = self._read("status").reshape(-1)
        if not np.isin(status, (OPEN, DONE, FAILED)).all():
            raise _damaged(self.path, ValueError("status holds unknown codes"))
        check_there(self.path, self.blocks, status, {name: len(more) for name, (more, *_) in self._variables.items()})
        return status

    def write(self, number: int, rows: NDArray, errors: list[str], status: NDArray) -> None:
        """Write one block: its rows (NaN in cells not done), error texts and status, which goes last.

        Raises
        ------
        OSError
            If the disk is full or gone. What was written before stays good.
        """
        region = self.blocks.region(number)
        box = tuple(part.stop - part.start for part in region)
        for name, (_, sizes, place, _) in self._variables.items():
            self._put(name, region, rows[:, place].reshape((*box, *sizes)))
        if any(errors):
            self._put("error", region, np.array(errors, dtype=object).reshape(box))
        self._put("status", region, status.astype(np.int8).reshape(box))

    def _put(self, name: str, region: tuple[slice, ...], values: NDArray) -> None:
        array = self._arrays[name]
        if not region:
            array[...] = values.reshape(array.shape)
        else:
            array[region] = values

    def read_block(self, number: int) -> tuple[NDArray, list[str], NDArray]:
        """Return rows, error texts and status of a block, for going on inside it."""
        region = self.blocks.region(number)
        first, last = self.blocks.range(number)
        rows = np.full((last - first, self.plan.layout.width), np.nan)
        for name, (_, sizes, place, _) in self._variables.items():
            rows[:, place] = self._read(name, region).reshape(last - first, int(np.prod(sizes, dtype=int)))
        errors = [str(text) for text in self._read("error", region).reshape(-1)]
        return rows, errors, self._read("status", region).reshape(-1)

    def _read(self, name: str, region: tuple[slice, ...] = ()) -> NDArray:
        try:
            return np.asarray(self._arrays[name][region or ...])
        except Exception as error:  # codecs raise what they like on damaged bytes
            raise _damaged(self.path, error, name) from error

    def lock(self) -> Lock:
        """Return a lock that keeps a second sweep from writing here; released when this process ends."""
        return Lock(self.path)


def check_there(path: Path, blocks: Blocks, status: NDArray, variables: dict[str, int]) -> None:
    """Refuse a store in which a chunk of a finished block is missing: it would read as NaN.

    Parameters
    ----------
    path : Path
    blocks : Blocks
    status : ndarray, shape (cell,)
    variables : dict of str to int
        Name -> number of further dims.
    """
    for number in range(len(blocks)):
        first, last = blocks.range(number)
        if (status[first:last] == OPEN).all():
            continue
        place = "".join(f"/{at}" for at in blocks.place(number))
        for name, more in variables.items():
            key = f"{name}/c{place}{'/0' * more}"
            if not (path / key).is_file():
                raise _damaged(path, ValueError(f"{key} is missing"))


class Lock:
    """Keep other processes of this machine from writing to a store."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def __enter__(self) -> Lock:
        try:
            import fcntl
        except ImportError:  # no such locks on this system
            return self
        self._handle = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._handle)
            self._handle = None
            raise StoreError([Problem("store", "another sweep is writing to it", "one sweep at a time",
                                      "wait for it, or stop it")], str(self.path)) from None
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            os.close(self._handle)


def read_manifest(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what a store says it is.

    Raises
    ------
    StoreError
        If the folder is not a store of a sweep, or of another format.
    """
    path = Path(path)
    file = path / "zarr.json"
    fix = "choose a folder that does not exist or is empty"
    if not path.is_dir():
        raise StoreError([Problem("store", "no such folder" if not path.exists() else "a file", "the folder of a sweep",
                                  fix)], str(path))
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        attrs = found["attributes"]
        if attrs["format"] != FORMAT or not isinstance(attrs["manifest"], dict):
            raise KeyError("format")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError([Problem("store", f"holds something else ({type(error).__name__}: {error})",
                                  "the folder of a sweep of this package", fix)], str(path)) from None
    if attrs.get("format_version") != FORMAT_VERSION:
        raise StoreError([Problem("store", f"format version {attrs.get('format_version')}", f"version {FORMAT_VERSION}",
                                  "use the release that wrote it, or another folder")], str(path))
    return attrs["manifest"]


def _same(found: dict[str, Any], wanted: dict[str, Any], path: Path) -> None:
    """Refuse the store of another sweep, saying in what they differ."""
    if found.get("plan_hash") == wanted["plan_hash"]:
        return
    problems = []
    for key in dict.fromkeys([*wanted, *found]):
        if key != "plan_hash" and found.get(key) != wanted.get(key):
            a, b = found.get(key), wanted.get(key)
            if isinstance(a, dict) and isinstance(b, dict):
                parts = [part for part in dict.fromkeys([*a, *b]) if a.get(part) != b.get(part)]
                problems += [Problem(f"{key}.{part}", _short(b.get(part)), f"{_short(a.get(part))} in the store")
                             for part in parts]
            else:
                problems.append(Problem(key, _short(b), f"{_short(a)} in the store"))
    first = Problem("store", "written by another sweep", "a store of this plan, or an empty folder",
                    "choose another folder, or run what wrote it")
    raise StoreError([first, *problems], str(path))


def _short(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return text if len(text) <= 70 else text[:67] + "..."


def _damaged(path: Path, error: Exception, name: str = "store") -> StoreError:
    first = str(error).splitlines()[0] if str(error) else type(error).__name__
    return StoreError([Problem(name, f"damaged ({first})", "the store as it was written",
                               "copy it again, or delete the folder and run the sweep anew")], str(path))


def _sweep_up(path: Path) -> None:
    """Remove the half-written temporary files of a process that was killed."""
    for partial in path.rglob("*.partial"):
        partial.unlink(missing_ok=True)


def _create(path: Path, plan: Plan, blocks: Blocks, manifest: dict[str, Any]) -> None:
    """Make a store under a temporary name and move it to its place when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}-{uuid.uuid4().hex[:8]}")
    try:
        _write_empty(temporary, plan, blocks, manifest)
        os.replace(temporary, path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _write_empty(path: Path, plan: Plan, blocks: Blocks, manifest: dict[str, Any]) -> None:
    import zarr
    from zarr.codecs import Crc32cCodec, ZstdCodec

    attrs = {"format": FORMAT, "format_version": FORMAT_VERSION, "manifest": manifest}
    group = zarr.open_group(path, mode="w-", zarr_format=3, attributes=attrs)
    packed = {"compressors": (ZstdCodec(level=1), Crc32cCodec())}
    chunk = blocks.chunk
    for name, (own, shape, kind, about) in variables_about(plan).items():
        fill = {"float64": np.nan, "str": "", "int8": OPEN}[kind]
        group.create_array(name, shape=shape, chunks=(*chunk, *shape[len(chunk):]), fill_value=fill,
                           dtype=str if kind == "str" else kind, dimension_names=own, attributes=about, **packed)
    for name, (own, values, about) in {**plan.coords(), **further_coords(plan)}.items():
        kind = str if values.dtype.kind == "U" else values.dtype
        array = group.create_array(name, shape=values.shape, chunks=tuple(max(size, 1) for size in values.shape),
                                   dtype=kind, dimension_names=own, attributes=about, **packed)
        array[...] = values.astype(object) if kind is str else values


def open_sweep(path: str | os.PathLike[str]) -> xr.Dataset:
    """Read the store of a sweep into memory.

    Parameters
    ----------
    path : path
        Folder given to :func:`forecast.sweep` as `store`.

    Returns
    -------
    xr.Dataset
        As :func:`forecast.sweep` returns it; cells not yet played are NaN and ``status`` 0.

    Raises
    ------
    StoreError
        If it is not a store of a sweep, or damaged.
    """
    import xarray as xr

    path = Path(path)
    manifest = read_manifest(path)
    try:
        with xr.open_zarr(path, consolidated=False, chunks=None) as opened:
            read = opened.load()
        status = read["status"]
        extra = {str(name): array.ndim - status.ndim for name, array in read.data_vars.items()
                 if name not in ("status", "error") and array.dims[:status.ndim] == status.dims}
        check_there(path, Blocks.of(status.shape), status.values.reshape(-1), extra)
    except StoreError:
        raise
    except Exception as error:  # codecs raise what they like on damaged bytes
        raise _damaged(path, error) from error
    arrays = {str(name): (array.dims, as_text(str(name), array.values), array.attrs)
              for name, array in read.variables.items()}
    return as_dataset(arrays, [name for name, (_, _, attrs) in arrays.items() if is_coord(name, attrs)],
                      manifest["attrs"])
