"""Build posterior trees from arrays, check them, and give them a content hash."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from forecast.errors import PosteriorError, Problem
from forecast.posterior.layout import (
    COORDS,
    DIAGNOSTIC_COLUMNS,
    GROUPS,
    PARAMETERS,
    ROLES,
    SCHEMA_VERSION,
    TREE_ATTRS,
    TREE_KINDS,
    Parameter,
)

if TYPE_CHECKING:
    import xarray as xr

_SUM_TOLERANCE = 1e-9


def build_tree(
    values: Mapping[str, np.ndarray],
    *,
    kind: str,
    data_hash: str,
    excluded_conflicts: str = "",
    created: str = "",
    diagnostics: Mapping[str, Mapping[str, object]] | None = None,
    extra_attrs: Mapping[str, Mapping[str, str]] | None = None,
) -> xr.DataTree:
    """Build a complete posterior tree from one array per parameter.

    Parameters
    ----------
    values : mapping of str to ndarray
        By ``group.name``; shape ``(draw, *dims)`` in the layout's order, float64.
    kind : {"posterior", "prior"}
        What the draws are.
    data_hash : str
        Hash of what informed them (the table of talks, or the file of the expert prior).
    excluded_conflicts : str, default ""
        Comma list of conflicts that were left out of the fit.
    created : str, default ""
        When it was made, in words.
    diagnostics : mapping, optional
        By ``group.name``, some of the columns `DIAGNOSTIC_COLUMNS`; the rest becomes NaN or "".
    extra_attrs : mapping, optional
        By ``group.name``, more attributes of the variable (for instance its ``reason``, or another ``role``).

    Returns
    -------
    xr.DataTree
        Groups of the layout with dim ``draw`` first, and ``diagnostics``; already checked.

    Raises
    ------
    PosteriorError
        With every problem, when the values do not fill the layout.
    """
    import xarray as xr

    unknown = sorted(set(values) - set(PARAMETERS))
    if unknown:
        raise PosteriorError(
            [Problem(path, "unknown parameter", "a parameter of the layout") for path in unknown],
            "build_tree",
        )
    datasets = {}
    for group in GROUPS:
        variables = {}
        for parameter in PARAMETERS.values():
            if parameter.group != group or parameter.path not in values:
                continue
            attrs = {"long_name": parameter.long_name, "units": parameter.units, "role": parameter.role}
            attrs.update((extra_attrs or {}).get(parameter.path, {}))
            data = np.ascontiguousarray(values[parameter.path], dtype=np.float64)
            variables[parameter.name] = (("draw", *parameter.dims), data, attrs)
        dims = sorted({dim for _, (names, _, _) in variables.items() for dim in names} - {"draw"})
        coords = {dim: (dim, np.array(COORDS[dim], dtype=_label_dtype(dim))) for dim in dims}
        datasets[f"/{group}"] = xr.Dataset(variables, coords=coords)
    datasets["/diagnostics"] = _diagnostics_table(diagnostics or {})
    tree = xr.DataTree.from_dict(datasets)
    tree.attrs.update(
        schema_version=SCHEMA_VERSION,
        kind=kind,
        content_hash="",
        data_hash=data_hash,
        excluded_conflicts=excluded_conflicts,
        versions=_versions(),
        created=created,
    )
    tree.attrs["content_hash"] = hash_tree(tree)
    check_posterior(tree)
    return tree


def _label_dtype(dim: str) -> str | type:
    """Return the dtype of the labels along `dim` (numbers stay numbers)."""
    return np.int64 if isinstance(COORDS[dim][0], int) else "U16"


def _versions() -> str:
    """Return the versions that shape the numbers, as JSON."""
    import scipy

    from forecast.posterior import MODEL_VERSION

    return json.dumps(
        {
            "model": MODEL_VERSION,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "scipy": scipy.__version__,
        }
    )


def _diagnostics_table(rows: Mapping[str, Mapping[str, object]]) -> xr.Dataset:
    """Return the table parameter | informed_by | n | contraction | rhat | ess_bulk | ess_tail."""
    import xarray as xr

    names = list(PARAMETERS)
    columns: dict[str, tuple] = {}
    notes = {
        "informed_by": "data that inform the parameter",
        "n": "number of observations that inform it",
        "contraction": "1 - posterior variance / prior variance",
        "rhat": "largest R-hat of its elements",
        "ess_bulk": "smallest bulk effective sample size of its elements",
        "ess_tail": "smallest tail effective sample size of its elements",
    }
    for column in DIAGNOSTIC_COLUMNS:
        given = [rows.get(name, {}).get(column) for name in names]
        if column == "informed_by":
            data = np.array([item or "" for item in given], dtype=object)
        else:
            data = np.array([np.nan if item is None else float(item) for item in given])
        columns[column] = ("parameter", data, {"long_name": notes[column], "units": "1"})
    return xr.Dataset(columns, coords={"parameter": ("parameter", np.array(names, dtype=object))})


def hash_tree(tree: xr.DataTree) -> str:
    """Return the SHA-256 of the parameters and of what they claim to be.

    Parameters
    ----------
    tree : xr.DataTree
        A posterior, complete or not.

    Returns
    -------
    str
        64 hexadecimal digits. Values, dims, shapes, `kind`, `data_hash`, `excluded_conflicts` and the schema
        version count; attributes in words, diagnostics and creation time do not.
    """
    digest = hashlib.sha256()
    for name in ("schema_version", "kind", "data_hash", "excluded_conflicts"):
        digest.update(f"{name}={tree.attrs.get(name)}\n".encode())
    for path, parameter in PARAMETERS.items():
        group = tree.children.get(parameter.group)
        if group is None or parameter.name not in group.data_vars:
            continue
        variable = group[parameter.name]
        digest.update(f"{path}|{variable.dims}|{variable.shape}\n".encode())
        digest.update(np.ascontiguousarray(variable.values, dtype="<f8").tobytes())
    return digest.hexdigest()


def check_posterior(tree: xr.DataTree, source: str = "posterior") -> None:
    """Check a posterior against the layout.

    Parameters
    ----------
    tree : xr.DataTree
        What to check.
    source : str, default "posterior"
        Its name in the message.

    Raises
    ------
    PosteriorError
        With every problem: missing or unknown groups and variables, dims, labels, numbers of draws, values
        that are not finite or outside their support, shares that do not sum to 1, attributes, content hash.
    """
    problems = _attribute_problems(tree)
    known = {*GROUPS, "diagnostics"}
    problems += [
        Problem(name, "unknown group", f"one of {', '.join(sorted(known))}")
        for name in sorted(set(tree.children) - known)
    ]
    draws: dict[int, list[str]] = {}
    for parameter in PARAMETERS.values():
        if parameter.group in tree.children:
            problems += _variable_problems(tree.children[parameter.group], parameter, draws)
    for group in (*GROUPS, "diagnostics"):
        if group not in tree.children:
            problems.append(Problem(group, "missing", "a group of parameters"))
        elif group != "diagnostics":
            names = {parameter.name for parameter in PARAMETERS.values() if parameter.group == group}
            problems += [
                Problem(f"{group}.{name}", "unknown variable", f"a variable of the layout of group {group}")
                for name in sorted(map(str, set(tree.children[group].data_vars) - names))
            ]
    if "diagnostics" in tree.children:
        missing = [name for name in DIAGNOSTIC_COLUMNS if name not in tree.children["diagnostics"].data_vars]
        problems += [Problem(f"diagnostics.{name}", "missing", "a column of the table") for name in missing]
    if len(draws) > 1:
        sizes = "; ".join(f"{size} ({', '.join(names[:3])}, ...)" for size, names in sorted(draws.items()))
        problems.append(Problem("draw", f"several lengths: {sizes}", "one number of draws everywhere"))
    if not problems and tree.attrs["content_hash"] != hash_tree(tree):
        problems.append(
            Problem("content_hash", "does not match the values", "the hash of the content", "it was altered")
        )
    if problems:
        raise PosteriorError(problems, source)


def _attribute_problems(tree: xr.DataTree) -> list[Problem]:
    """Return what is wrong with the attributes at the root."""
    problems = [
        Problem(f"attribute {name}", "missing", "an attribute of every posterior")
        for name in TREE_ATTRS
        if name not in tree.attrs
    ]
    version = tree.attrs.get("schema_version", SCHEMA_VERSION)
    if version != SCHEMA_VERSION:
        problems.append(
            Problem(
                "attribute schema_version",
                repr(version),
                f"{SCHEMA_VERSION}",
                "fit it again, or use the release that wrote it",
            )
        )
    kind = tree.attrs.get("kind", TREE_KINDS[0])
    if kind not in TREE_KINDS:
        problems.append(Problem("attribute kind", repr(kind), f"one of {', '.join(TREE_KINDS)}"))
    return problems


def _variable_problems(group: xr.DataTree, parameter: Parameter, draws: dict[int, list[str]]) -> list[Problem]:
    """Return what is wrong with one variable, and note its number of draws."""
    path = parameter.path
    if parameter.name not in group.data_vars:
        return [Problem(path, "missing", f"a variable with dims {('draw', *parameter.dims)}")]
    variable = group[parameter.name]
    if variable.dims != ("draw", *parameter.dims):
        return [Problem(path, f"dims {variable.dims}", f"dims {('draw', *parameter.dims)}")]
    problems = []
    for dim in parameter.dims:
        labels = tuple(group.coords[dim].values.tolist()) if dim in group.coords else ()
        if labels != COORDS[dim]:
            problems.append(Problem(path, f"labels of {dim} {labels}", f"{COORDS[dim]} in this order"))
    if variable.dtype != np.float64:
        return [*problems, Problem(path, f"dtype {variable.dtype}", "float64")]
    if variable.attrs.get("role") not in ROLES:
        problems.append(Problem(path, f"role {variable.attrs.get('role')!r}", f"one of {', '.join(ROLES)}"))
    values = variable.values
    if values.shape[0] == 0:
        return [*problems, Problem(path, "no draws", "at least one draw")]
    draws.setdefault(values.shape[0], []).append(path)
    if problems:
        return problems
    inside = parameter.support.contains(values)
    if not inside.all():
        worst = values[~inside].flat[0]
        count = int((~inside).sum())
        problems.append(Problem(path, f"{worst} ({count} of {values.size} values)", parameter.support.text))
    elif parameter.simplex:
        error = np.abs(values.sum(axis=1 + parameter.dims.index(parameter.simplex)) - 1.0).max()
        if error > _SUM_TOLERANCE:
            allowed = f"shares summing to 1 along {parameter.simplex}"
            problems.append(Problem(path, f"sums off by {error:.3g}", allowed))
    return problems
