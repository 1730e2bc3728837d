"""Small parts that packing is made of: random addresses of ids, arrays of records, the memory of tables."""

from __future__ import annotations

import functools
import hashlib

import numpy as np

from forecast.engine.memo import Memo

#: Tables of this many beliefs are kept: a sweep changes few of them from cell to cell.
TABLES = Memo(64)


@functools.lru_cache(4096)
def id_hash(text: str) -> int:
    """Return the 32-bit address of an id in the random stream.

    Examples
    --------
    >>> id_hash("iran") == id_hash("iran") != id_hash("us")
    True
    """
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "little")


def ints(values) -> np.ndarray:
    """Return whole numbers as a contiguous array."""
    return np.ascontiguousarray(np.array([np.asarray(v, dtype=np.int64) for v in values], dtype=np.int64))


def records(dtype: np.dtype, rows: list, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """Fill an array of records; `shape` also serves when there are none."""
    array = np.array(rows, dtype=dtype)
    return array if shape is None else array.reshape(shape)


def stack(values, shape: tuple[int, ...]) -> np.ndarray:
    """Stack arrays; `shape` also serves when there are none."""
    return np.ascontiguousarray(np.array(values, dtype=np.float64).reshape(shape))
