"""Play what comes after the deals of some cells, count it, and label it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecast.engine.bridge import AFTERMATH, After, Out, play_aftermath
from forecast.vocabulary import annotate

if TYPE_CHECKING:
    import xarray as xr

    from forecast.engine.packing import Packed

#: Bytes a cell takes, with the copy that makes it a dataset.
BYTES_PER_CELL = 2 * AFTERMATH.itemsize
#: Variable -> field of the record.
_VOTED = {"ratified": "ratified", "ratified_day": "ratified_day", "votes": "votes"}
_FORCED = {"in_force": "in_force", "in_force_day": "in_force_day"}
_RELEASED = {"tranche_released": "released", "wrongly_released": "wrongly_released",
             "wrongly_withheld": "wrongly_withheld", "breach_day": "breach_day"}
#: Shares are summed as whole numbers of these units, and squares of them, so that no order of summing matters.
_UNIT, _SQUARE_UNIT = 2.0**-30, 2.0**-15
#: What a share is counted of: variable of the counts -> how it follows from the record.
_SHARES = {
    "tranche_released": lambda r: r["released"].astype(np.float64),
    "wrongly_released": lambda r: r["wrongly_released"].astype(np.float64),
    "wrongly_withheld": lambda r: r["wrongly_withheld"].astype(np.float64),
    "tranche_due": lambda r: (r["released"].astype(np.float64) - r["wrongly_released"] + r["wrongly_withheld"]),
}


class Counts(NamedTuple):
    """Counts over trials, one row a draw of a range (R rows, H + 1 days)."""

    ratified: np.ndarray  #: (R, 3) int64, deals by codes.Ratified from NO on
    votes: np.ndarray  #: (R, 2) int64, sum and sum of squares
    in_force: np.ndarray  #: (R,) int64, deals that stand at the horizon
    in_force_day: np.ndarray  #: (R, H + 1) int64, deals by the day they come into force
    breach: np.ndarray  #: (R,) int64, deals that are broken while watched
    share: np.ndarray  #: (R, 4, 2) int64, sum in `_UNIT` and sum of squares in `_SQUARE_UNIT`^2 of each of `_SHARES`


def new_counts(rows: int, horizon: float) -> Counts:
    """Return counts of nothing yet for `rows` draws."""
    def whole(*shape: int) -> np.ndarray:
        return np.zeros((rows, *shape), np.int64)

    return Counts(whole(3), whole(2), whole(), whole(int(horizon) + 1), whole(), whole(len(_SHARES), 2))


def new_result(cells: int) -> np.ndarray:
    """Allocate what comes after the talks of `cells` trials."""
    return np.zeros(cells, AFTERMATH)


def play(packed: Packed, after: After, first: int, last: int, trials: int, out: Out, result: np.ndarray) -> None:
    """Play cells ``first .. last - 1``, of which `out` holds the talks, into `result` (rows 0 .. of both)."""
    play_aftermath(packed.case, packed.draws, after, first, last, trials, out, result)


def count(result: np.ndarray, first: int, trials: int, rows: int, horizon: float) -> Counts:
    """Count the cells from `first` on, whose first draw is row 0."""
    counts = new_counts(rows, horizon)
    row = (first + np.arange(len(result))) // trials - first // trials
    deal, forced = result["ratified"] >= 0, result["in_force_day"] >= 0
    np.add.at(counts.ratified, (row[deal], result["ratified"][deal]), 1)
    votes = result["votes"].astype(np.int64)
    for power in (1, 2):
        np.add.at(counts.votes[:, power - 1], row, votes**power)
    np.add.at(counts.in_force, row, result["in_force"] == 1)
    np.add.at(counts.in_force_day, (row[forced], result["in_force_day"][forced]), 1)
    np.add.at(counts.breach, row, result["breach_day"] >= 0)
    for i, value in enumerate(_SHARES.values()):
        share = value(result)
        for power, unit in ((1, _UNIT), (2, _SQUARE_UNIT)):
            np.add.at(counts.share[:, i, power - 1], row, np.rint(share / unit).astype(np.int64) ** power)
    return counts


def add(total: Counts, part: Counts, start: int) -> None:
    """Add counts to the rows of `total` from `start` on."""
    for whole, piece in zip(total, part, strict=True):
        whole[start : start + len(piece)] += piece


def share_sums(counts: Counts, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return, by draw, the sum over trials of a share of :data:`_SHARES` and the sum of its squares."""
    made = counts.share[:, list(_SHARES).index(name)]
    return made[:, 0] * _UNIT, made[:, 1] * _SQUARE_UNIT**2


def with_trials(outcome: xr.Dataset, after: After, result: np.ndarray) -> xr.Dataset:
    """Add to an outcome what came after each trial."""
    shape = outcome["ending"].shape
    fields = {**(_VOTED if len(after.vote) else {}), **_FORCED, **(_RELEASED if len(after.tranche) else {})}
    variables = {name: (("draw", "trial"), np.ascontiguousarray(result[field]).reshape(shape))
                 for name, field in fields.items()}
    return annotate(outcome.assign(variables))


def with_counts(outcome: xr.Dataset, after: After, counts: Counts) -> xr.Dataset:
    """Add to a reduced outcome the counts of what came after."""
    whole = {"in_force_count": counts.in_force}
    real = {}
    if len(after.vote):
        for i, name in enumerate(("rejected_count", "ratified_count", "pending_count")):
            whole[name] = counts.ratified[:, i]
    if len(after.tranche):
        whole["breach_count"] = counts.breach
        for name in _SHARES:
            real[f"{name}_sum"], real[f"{name}_square_sum"] = share_sums(counts, name)
    variables = {name: (("draw",), array.astype(np.int32)) for name, array in whole.items()}
    variables["in_force_day_count"] = (("draw", "day"), counts.in_force_day.astype(np.int32))
    if len(after.vote):
        variables["votes_sum"] = (("draw",), counts.votes[:, 0])
        variables["votes_square_sum"] = (("draw",), counts.votes[:, 1])
    variables |= {name: (("draw",), array) for name, array in real.items()}
    return annotate(outcome.assign(variables))
