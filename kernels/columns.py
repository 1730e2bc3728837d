"""Columns that follow from others: odds and powers, worked out once a draw instead of once an attempt."""

from __future__ import annotations

import numpy as np

from kernels.codes import Column

#: Column of odds (or a hazard ratio) -> the column it is the exponential of.
ODDS = {column: Column[column.name.removeprefix("ODDS_")] for column in Column if column.name.startswith("ODDS_")}


def derive(scalar: np.ndarray) -> np.ndarray:
    """Fill the derived columns of a matrix of scalar parameters, in place, and return it.

    Parameters
    ----------
    scalar : ndarray of float64, (draws, N_COLUMNS)
        With all other columns as they are used. To be called again after one of them has changed.

    Returns
    -------
    ndarray
        `scalar` itself.
    """
    for column, source in ODDS.items():
        scalar[:, column] = np.exp(scalar[:, source])
    scalar[:, Column.CLOSE_RATE] = np.exp(-scalar[:, Column.CLOSE_LOG_SCALE])
    scalar[:, Column.POWER_DONE] = (
        scalar[:, Column.EFFORT_DONE] * scalar[:, Column.CLOSE_RATE]) ** scalar[:, Column.CLOSE_SHAPE]
    return scalar
