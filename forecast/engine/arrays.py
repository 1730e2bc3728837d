"""The parameters of a posterior as plain arrays: read once, packed many times.

Reading one variable of a tree costs more than packing a whole scenario needs otherwise, and a sweep packs one
scenario per cell. These arrays also travel to other processes: rows that a forecast does not use stay behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.engine.memo import Memo
from forecast.errors import Problem, ScenarioError
from forecast.posterior.layout import PARAMETERS
from forecast.vocabulary import DOMAINS

if TYPE_CHECKING:
    import xarray as xr

#: Draws of this many scenarios that differ in what draws depend on (domain, mediator, kinds) are kept.
_MOST_KEPT = 32


def pick_rows(available: int, draws: int) -> np.ndarray:
    """Return `draws` row numbers spread evenly over a posterior of `available` rows.

    Raises
    ------
    ScenarioError
        If more draws are asked for than there are.

    Examples
    --------
    >>> pick_rows(10, 4).tolist()
    [0, 2, 5, 7]
    """
    if not 1 <= draws <= available:
        raise ScenarioError([Problem("draws", str(draws), f"a whole number from 1 to {available}",
                                     "the posterior has no more rows; ask for more trials instead")])
    return np.arange(draws) * available // draws


@dataclass(frozen=True, eq=False)
class PosteriorArrays:
    """Some rows of a posterior.

    Parameters
    ----------
    rows : ndarray of int64, shape (draw,)
        Their numbers in the posterior: part of the random addresses.
    values : mapping of str to ndarray of float64, shape (draw, ...)
        By name of the parameter, dims as `forecast.posterior.layout` lists them.
    attrs : mapping
        Attributes of the tree (``content_hash``, ``kind``, ...).
    """

    rows: np.ndarray
    values: Mapping[str, np.ndarray]
    attrs: Mapping[str, Any]
    memo: Memo = field(default_factory=lambda: Memo(_MOST_KEPT), repr=False)

    @classmethod
    def of(cls, tree: xr.DataTree, draws: int) -> PosteriorArrays:
        """Read `draws` rows of a tree, evenly spread.

        Raises
        ------
        ScenarioError
            If the posterior has fewer rows.
        """
        rows = pick_rows(tree["calendar"].sizes["draw"], draws)
        groups = {group: tree[group].to_dataset() for group in {p.group for p in PARAMETERS.values()}}
        values = {p.name: np.asarray(groups[p.group][p.name].values, dtype=np.float64)[rows]
                  for p in PARAMETERS.values()}
        return cls(rows, values, dict(tree.attrs))

    def take(self, name: str, domain: str) -> np.ndarray:
        """Return a parameter for one domain, shape (draw, ...) without the dim ``domain``."""
        array = self.values[name]
        dims = _DIMS[name]
        return array.take(DOMAINS.index(domain), axis=1 + dims.index("domain")) if "domain" in dims else array


_DIMS = {parameter.name: parameter.dims for parameter in PARAMETERS.values()}
