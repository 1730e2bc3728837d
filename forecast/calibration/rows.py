"""How rows of data enter the models: as ``pm.Data`` of a fixed shape, so that refits skip the compiler."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from forecast.posterior.layout import COORDS

Rows = TypeVar("Rows", bound=NamedTuple)


def coords(*dims: str, talks: int = 0) -> dict[str, Any]:
    """Return the coordinates of a model.

    Parameters
    ----------
    *dims : str
        Dims of the layout of posteriors.
    talks : int, default 0
        Number of talks; 0 leaves the dim ``talk`` out.

    Returns
    -------
    dict

    Examples
    --------
    >>> coords("severity", talks=2)
    {'severity': [1, 2, 3], 'talk': [0, 1]}
    """
    found: dict[str, Any] = {dim: list(COORDS[dim]) for dim in dims}
    if talks:
        found["talk"] = list(range(talks))
    return found


def data_name(field: str) -> str:
    """Return the name of the ``pm.Data`` behind a field of a table of rows."""
    return f"{field}_data"


def as_data(rows: Rows) -> Rows:
    """Register every array of `rows` as ``pm.Data`` of the model on the context stack.

    Parameters
    ----------
    rows : NamedTuple of ndarray
        Integer arrays stay integers (they index), everything else becomes float64; plain ints are kept.

    Returns
    -------
    NamedTuple
        The same fields, as tensors.
    """
    import pymc as pm

    return type(rows)(*(
        value if isinstance(value, int) else pm.Data(data_name(field), value)
        for field, value in zip(rows._fields, rows, strict=True)
    ))


def new_data(rows: NamedTuple) -> dict[str, np.ndarray]:
    """Return the arrays of `rows` by the names `as_data` gave them, for a refit of the compiled model."""
    return {
        data_name(field): value
        for field, value in zip(rows._fields, rows, strict=True)
        if not isinstance(value, int)
    }


def pad_alike(tables: Sequence[Rows]) -> list[Rows]:
    """Lengthen the tables of several data sets to the same lengths, with rows of weight zero.

    Parameters
    ----------
    tables : sequence of NamedTuple of ndarray
        Rows of one block from several data sets: every field ``GROUP_...`` has a ``GROUP_weight``.

    Returns
    -------
    list of NamedTuple
        Equal shapes, so that one compiled model takes them all.

    Raises
    ------
    ValueError
        If a group has no row in any data set.
    """
    padded = list(tables)
    for field in tables[0]._fields:
        group, is_weight = field.partition("_")[0], field.endswith("_weight")
        columns = [getattr(rows, field) for rows in tables]
        if f"{group}_weight" not in tables[0]._fields:
            continue
        length = max(map(len, columns))
        if not length:
            raise ValueError(f"{group}: no rows in any of {len(tables)} data sets")
        # Copies of a real row keep every index and every number inside the law.
        spare = next(column[-1:] for column in columns if len(column))
        for number, column in enumerate(columns):
            own = column[-1:] if len(column) else spare
            filler = np.repeat(np.zeros_like(own) if is_weight else own, length - len(column), axis=0)
            padded[number] = padded[number]._replace(**{field: np.concatenate([column, filler])})
    return padded


def compress(rows: Rows, *groups: str) -> Rows:
    """Merge equal rows of a table into one with their summed weight: the same likelihood, fewer numbers.

    Parameters
    ----------
    rows : NamedTuple of ndarray
    *groups : str
        Prefixes of tables whose order does not matter and to which nothing points.

    Returns
    -------
    NamedTuple

    Examples
    --------
    >>> class Coins(NamedTuple):
    ...     coin_head: np.ndarray
    ...     coin_weight: np.ndarray
    >>> compress(Coins(np.array([1, 0, 1]), np.ones(3)), "coin")
    Coins(coin_head=array([0, 1]), coin_weight=array([1., 2.]))
    """
    changed = {}
    for group in groups:
        weight = getattr(rows, f"{group}_weight")
        fields = [field for field in rows._fields if field.startswith(f"{group}_") and field != f"{group}_weight"]
        if not len(weight):
            continue
        flat = [np.asarray(getattr(rows, field), dtype=float).reshape(len(weight), -1) for field in fields]
        _, first, which = np.unique(np.hstack(flat), axis=0, return_index=True, return_inverse=True)
        changed[f"{group}_weight"] = np.bincount(which.ravel(), weights=weight)
        changed.update({field: getattr(rows, field)[first] for field in fields})
    return rows._replace(**changed)
