"""Label the numbers of a sweep: which variables there are, with which dims, and the dataset made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecast.sweep.plan import Plan
from forecast.sweep.statistics import NAMES, PARTS
from forecast.vocabulary import ENDINGS

if TYPE_CHECKING:
    import xarray as xr

OPEN, DONE, FAILED = 0, 1, 2
STATUS = ("open", "done", "failed")


def cell_variables(plan: Plan) -> dict[str, tuple[tuple[str, ...], tuple[int, ...], slice, dict[str, Any]]]:
    """Return variable -> (further dims, their lengths, its place in a row, attributes)."""
    layout = plan.layout
    out = {}
    words = {"": "", "_low": "; 5% over draws", "_high": "; 95% over draws", "_mc_error": "; Monte Carlo error"}
    for name, (place, one) in layout.columns().items():
        part = name.removeprefix(one.name)
        attrs = {"long_name": one.long_name + words[part], "units": one.units, "comment": one.sentence}
        dims = (one.dim,) if one.dim else ()
        out[name] = (dims, tuple(layout.size(dim) for dim in dims), place, attrs)
    return out


def further_coords(plan: Plan) -> dict[str, tuple[tuple[str, ...], NDArray, dict[str, Any]]]:
    """Return the coordinates that are not levers or uncertainties."""
    out: dict[str, tuple[tuple[str, ...], NDArray, dict[str, Any]]] = {
        "ending": (("ending",), np.array(ENDINGS, dtype=str), {"long_name": "how the talks end within the horizon"})}
    if plan.days:
        out["by"] = (("by",), np.array(plan.days, dtype=np.int64),
                     {"units": "day", "long_name": "whole days from as_of"})
    if plan.layout.issues:
        out["issue"] = (("issue",), np.array(plan.layout.issues, dtype=str), {"long_name": "issue, by id"})
    if plan.layout.systems:
        out["system"] = (("system",), np.array(plan.layout.systems, dtype=str),
                         {"long_name": "technical system, by id"})
    return out


def is_coord(name: str, attrs: dict[str, Any]) -> bool:
    """Return whether a variable of a store is a coordinate."""
    return "role" in attrs or name in ("ending", "by", "issue", "system")


def as_text(name: str, values: NDArray) -> NDArray:
    """Return text as numpy's own, whatever the library read it as; errors stay as long as each of them is."""
    if values.dtype.kind not in "OTU":
        return values
    texts = [str(text) for text in values.reshape(-1).tolist()]
    return np.array(texts, dtype=object if name == "error" else str).reshape(values.shape)


def as_dataset(arrays: dict[str, tuple[tuple[str, ...], NDArray, dict[str, Any]]], coords: list[str],
               attrs: dict[str, Any]) -> xr.Dataset:
    """Put arrays together: data in a fixed order, attributes in numpy's plain types."""
    import xarray as xr

    order = [name for name in arrays if name not in coords]
    order.sort(key=_rank)
    plain = {name: {k: list(v) if isinstance(v, (list, tuple)) else v for k, v in arrays[name][2].items()
                    if k != "_FillValue"} for name in arrays}
    return xr.Dataset({name: (arrays[name][0], arrays[name][1], plain[name]) for name in order},
                      {name: (arrays[name][0], arrays[name][1], plain[name]) for name in sorted(coords)}, dict(attrs))


def _rank(name: str) -> tuple[int, int, str]:
    """Order variables as they are declared, error and status last."""
    for part in sorted(PARTS, key=len, reverse=True):
        stem = name.removesuffix(part) if part else name
        if stem in NAMES and stem + part == name:
            return NAMES.index(stem), PARTS.index(part), name
    return len(NAMES), 0, name


def variables_about(plan: Plan) -> dict[str, tuple[tuple[str, ...], tuple[int, ...], str, dict[str, Any]]]:
    """Return variable -> (dims, shape, dtype, attributes) of everything kept by cell."""
    out = {name: ((*plan.dims, *more), (*plan.shape, *sizes), "float64", about)
           for name, (more, sizes, _, about) in cell_variables(plan).items()}
    flags = {"flag_values": [OPEN, DONE, FAILED], "flag_meanings": " ".join(STATUS)}
    out["error"] = (plan.dims, plan.shape, "str", {
        "long_name": "why a cell failed", "comment": "JSON with type and message; empty where it did not."})
    out["status"] = (plan.dims, plan.shape, "int8", {"long_name": "what became of a cell", **flags})
    return out
