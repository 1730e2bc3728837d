"""Count an outcome: the one pass over the trials after which everything is small.

Both forms of an outcome (``keep="trials"`` and ``keep="reduced"``) become the same counts per draw, so
that a summary is one computation, not two that could disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from forecast.summary.aftermath import AfterTally, tally_after
from forecast.vocabulary import CAUSES, DEALS, ENDINGS, MODES, STATUS, form_of

if TYPE_CHECKING:
    import xarray as xr

DEAL_CODES = tuple(ENDINGS.index(name) for name in DEALS)
_BINS = 512
_DOWNTIME = ("down_count", "downtime_sum", "downtime_square_sum")
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Tally:
    """Counts of trials per draw.

    Parameters
    ----------
    trials : int
        Trials of each draw.
    end_day : ndarray of int, shape (draw, ending, horizon + 1)
    next_status : ndarray of int, shape (draw, status)
    next_day : ndarray of int, shape (draw, horizon + 1)
        By the day the next round is held; trials without one are not counted.
    next_mode : ndarray of int, shape (draw, mode)
    next_cause : ndarray of int, shape (draw, cause), or None
    on_time : ndarray of int, shape (draw,)
    zopa, zopa_deal : ndarray of int, shape (draw,), or None
        Trials with a ZOPA, and those of them with a deal.
    settlement : dict of str to (edges, counts)
        Per issue: edges, shape (bin + 1,), in its unit; counts of closed trials, shape (draw, bin).
    absent : dict of str to ndarray, shape (draw,)
        Per party: trials with at least one attempt without its principal.
    disrupted, disruptions : dict of str to ndarray, shape (draw,)
        Per kind: trials with at least one, and the number over all trials.
    attempts, rounds_held : ndarray of int, shape (draw,), or None
        Sums over trials.
    downtime : dict of str to (count, sum, sum of squares)
        Per system, shape (draw,) each: trials with downtime, days of it and their squares over all trials.
    trouble : dict of str to ndarray, shape (draw,)
        Per system: attempts in trouble because of it, over all trials.
    retreats : ndarray of int, shape (draw,), or None
        Attempts held in another mode than wished, over all trials.
    stage : ndarray of int, shape (draw, stage), or None
        Trials that end in each stage; None without stages.
    after : AfterTally or None
        What came after the deals, where the scenario goes that far.
    """

    trials: int
    end_day: NDArray
    next_status: NDArray
    next_day: NDArray
    next_mode: NDArray
    next_cause: NDArray | None
    on_time: NDArray
    zopa: NDArray | None
    zopa_deal: NDArray | None
    settlement: dict[str, tuple[NDArray, NDArray]]
    absent: dict[str, NDArray]
    disrupted: dict[str, NDArray]
    disruptions: dict[str, NDArray]
    attempts: NDArray | None
    rounds_held: NDArray | None
    downtime: dict[str, tuple[NDArray, NDArray, NDArray]] = field(default_factory=dict)
    trouble: dict[str, NDArray] = field(default_factory=dict)
    retreats: NDArray | None = None
    stage: NDArray | None = None
    after: AfterTally | None = None

    @property
    def draws(self) -> int:
        """Number of draws."""
        return self.end_day.shape[0]

    @property
    def horizon(self) -> int:
        """Last day counted."""
        return self.end_day.shape[2] - 1

    def ending(self) -> NDArray:
        """Return trials by ending, shape (draw, ending)."""
        return self.end_day.sum(axis=2, dtype=np.int64)

    def deal_by_day(self) -> NDArray:
        """Return trials with a deal on or before each day, shape (draw, horizon + 1)."""
        return np.cumsum(self.end_day[:, DEAL_CODES, :].sum(axis=1, dtype=np.int64), axis=1)

    def ended_by_day(self) -> NDArray:
        """Return trials that have ended on or before each day, shape (draw, horizon + 1)."""
        return np.cumsum(self.end_day[:, :-1, :].sum(axis=1, dtype=np.int64), axis=1)


def tally(outcome: xr.Dataset, horizon: int) -> Tally:
    """Count an outcome of either form.

    Parameters
    ----------
    outcome : xr.Dataset
    horizon : int
        Last day of the forecast, counted from as_of.

    Returns
    -------
    Tally
    """
    return _from_trials(outcome, horizon) if form_of(outcome) == "trials" else _from_reduced(outcome)


def _by_draw(codes: NDArray, size: int) -> NDArray:
    """Count codes 0..size-1 per draw; negative ones are not counted. Shape (draw, trial) -> (draw, size)."""
    draws, trials = codes.shape
    out = np.empty((draws, size), dtype=np.int64)
    rows = max(1, _CHUNK // max(trials, 1))
    for at in range(0, draws, rows):
        part = codes[at:at + rows]
        # One spare class in front takes the -1 of "never".
        flat = (part + np.int64(1)) + (np.arange(part.shape[0], dtype=np.int64) * (size + 1))[:, None]
        counts = np.bincount(flat.ravel(), minlength=part.shape[0] * (size + 1))
        out[at:at + rows] = counts.reshape(part.shape[0], size + 1)[:, 1:]
    return out


def _days_by_ending(ending: NDArray, day: NDArray, horizon: int) -> NDArray:
    """Count trials by ending and day, chunk by chunk so that 10^7 trials need no large temporary."""
    draws, trials = ending.shape
    out = np.empty((draws, len(ENDINGS), horizon + 1), dtype=np.int64)
    rows = max(1, _CHUNK // max(trials, 1))
    for at in range(0, draws, rows):
        codes = ending[at:at + rows].astype(np.int64) * (horizon + 1) + day[at:at + rows]
        out[at:at + rows] = _by_draw(codes, len(ENDINGS) * (horizon + 1)).reshape(
            -1, len(ENDINGS), horizon + 1)
    return out


def _histogram(values: NDArray) -> tuple[NDArray, NDArray]:
    """Return edges and counts per draw of the finite values, shape (draw, trial)."""
    # fmin and fmax skip NaN in one pass; isfinite masks would copy.
    low, high = float(np.fmin.reduce(values, axis=None)), float(np.fmax.reduce(values, axis=None))
    if not np.isfinite(low):
        return np.array([0.0, 1.0]), np.zeros((values.shape[0], 1), dtype=np.int64)
    if high <= low:
        high = low + max(abs(low), 1.0) * 1e-6
    edges = np.linspace(low, high, _BINS + 1)
    out = np.empty((values.shape[0], _BINS), dtype=np.int64)
    rows = max(1, _CHUNK // max(values.shape[1], 1))
    for at in range(0, values.shape[0], rows):
        part = values[at:at + rows]
        codes = np.where(np.isfinite(part), (part - low) * (_BINS / (high - low)), -1.0).astype(np.int64)
        out[at:at + rows] = _by_draw(np.minimum(codes, _BINS - 1), _BINS)
    return edges, out


def _from_trials(ds: xr.Dataset, horizon: int) -> Tally:
    ending, day = ds["ending"].values, ds["end_day"].values
    coin = ds["zopa"].values == 1
    deal = ending <= max(DEAL_CODES)
    parties = [str(x) for x in ds["party"].values] if "absent" in ds else []
    kinds = [str(x) for x in ds["kind"].values] if "n_disruptions" in ds else []
    issues = [str(x) for x in ds["issue"].values] if "settlement" in ds else []
    return Tally(
        trials=ending.shape[1],
        end_day=_days_by_ending(ending, day, horizon),
        next_status=_by_draw(ds["next_round_status"].values, len(STATUS)),
        next_day=_by_draw(ds["next_round_day"].values, horizon + 1),
        # Only a round that is held has a mode here: the law also gives lost attempts a wished one.
        next_mode=_by_draw(np.where(ds["next_round_day"].values >= 0, ds["next_round_mode"].values,
                                    np.int8(-1)), len(MODES)),
        next_cause=_by_draw(ds["next_round_cause"].values, len(CAUSES)) if "next_round_cause" in ds else None,
        on_time=np.count_nonzero(ds["next_round_on_time"].values == 1, axis=1),
        zopa=np.count_nonzero(coin, axis=1),
        zopa_deal=np.count_nonzero(coin & deal, axis=1),
        settlement={name: _histogram(ds["settlement"].values[:, :, i]) for i, name in enumerate(issues)},
        absent={name: np.count_nonzero(ds["absent"].values[:, :, i], axis=1)
                for i, name in enumerate(parties)},
        disrupted={name: np.count_nonzero(ds["n_disruptions"].values[:, :, i], axis=1)
                   for i, name in enumerate(kinds)},
        disruptions={name: ds["n_disruptions"].values[:, :, i].sum(axis=1, dtype=np.int64)
                     for i, name in enumerate(kinds)},
        attempts=ds["attempts"].values.sum(axis=1, dtype=np.int64),
        rounds_held=ds["rounds_held"].values.sum(axis=1, dtype=np.int64),
        downtime=_downtime(ds),
        trouble={str(key): ds["system_trouble"].values[:, :, i].sum(axis=1, dtype=np.int64)
                 for i, key in enumerate(ds["system"].values if "system_trouble" in ds else ())},
        retreats=ds["retreats"].values.sum(axis=1, dtype=np.int64) if "retreats" in ds else None,
        stage=_by_draw(ds["stage_reached"].values, ds.sizes["stage"]) if "stage_reached" in ds else None,
        after=tally_after(ds, horizon),
    )


def _downtime(ds: xr.Dataset) -> dict[str, tuple[NDArray, NDArray, NDArray]]:
    out = {}
    for i, key in enumerate(ds["system"].values if "downtime_days" in ds else ()):
        days = ds["downtime_days"].values[:, :, i].astype(np.float64)
        out[str(key)] = (np.count_nonzero(days > 0, axis=1), days.sum(axis=1), (days**2).sum(axis=1))
    return out


def _from_reduced(ds: xr.Dataset) -> Tally:
    def get(name: str) -> NDArray | None:
        return ds[name].values if name in ds else None

    def per(name: str, dim: str) -> dict[str, NDArray]:
        if name not in ds:
            return {}
        return {str(key): ds[name].values[:, i] for i, key in enumerate(ds[dim].values)}

    settlement = {}
    if "settlement_count" in ds:
        for i, key in enumerate(ds["issue"].values):
            settlement[str(key)] = (ds["settlement_edge"].values[i], ds["settlement_count"].values[:, i, :])
    ending = ds["ending_count"].values
    return Tally(
        trials=int(ending[0].sum()), end_day=ds["end_day_count"].values,
        next_status=ds["next_status_count"].values, next_day=ds["next_day_count"].values,
        next_mode=ds["next_mode_count"].values, next_cause=get("next_cause_count"),
        on_time=ds["on_time_count"].values, zopa=get("zopa_count"), zopa_deal=None, settlement=settlement,
        absent=per("absent_count", "party"), disrupted=per("disrupted_count", "kind"),
        disruptions=per("disruption_sum", "kind"), attempts=get("attempts_sum"),
        rounds_held=get("rounds_held_sum"),
        trouble=per("trouble_sum", "system"), retreats=get("retreats_sum"), stage=get("stage_count"),
        downtime={str(key): tuple(ds[name].values[:, i] for name in _DOWNTIME)
                  for i, key in enumerate(ds["system"].values if "down_count" in ds else ())},
        after=tally_after(ds, ds["end_day_count"].shape[2] - 1),
    )
