"""Numbers behind the pictures of single trials: needs an outcome with ``paths=True``."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecast.errors import Problem, StoreError
from forecast.summary.estimate import estimate, estimate_quantity
from forecast.vocabulary import CAUSES, ENDINGS, MODES, STATUS

if TYPE_CHECKING:
    import xarray as xr

_DAYS = 61


@dataclass(frozen=True)
class Paths:
    """A quantity along the talks: its spread over trials and some trials as examples.

    Parameters
    ----------
    scenario : dict
    as_of : date
    horizon_days : int
    days : ndarray, shape (day,)
        From as_of.
    mean, mean_low, mean_high : ndarray, shape (day,)
        Mean over trials still under way and its 5% and 95% over draws.
    low, middle, high : ndarray, shape (day,)
        5%, 50% and 95% over all trials still under way on the day.
    under_way : ndarray, shape (day,)
        Share of trials still under way.
    examples : list of (ending, days, values)
        Single trials up to their end.
    """

    scenario: dict[str, Any]
    as_of: dt.date
    horizon_days: int
    days: NDArray
    mean: NDArray
    mean_low: NDArray
    mean_high: NDArray
    low: NDArray
    middle: NDArray
    high: NDArray
    under_way: NDArray
    examples: list[tuple[str, NDArray, NDArray]]

    @property
    def title(self) -> str:
        """Title of the scenario."""
        return str(self.scenario.get("title") or self.scenario.get("name") or "scenario")

    @property
    def horizon(self) -> dt.date:
        """Last day of the forecast."""
        return self.as_of + dt.timedelta(days=self.horizon_days)


def need_paths(outcome: xr.Dataset) -> None:
    """Raise unless the outcome holds the attempts of its trials.

    Raises
    ------
    StoreError
    """
    if "attempt_day" not in outcome.data_vars:
        raise StoreError([Problem("outcome", "no attempts of single trials", "an outcome with paths",
                                  "run simulate(..., paths=True), or forecast run --paths --out FILE")])


def paths_of(outcome: xr.Dataset, variable: str, *, examples: int = 24, most: int = 20_000) -> Paths:
    """Follow a variable of the attempts along the talks.

    Parameters
    ----------
    outcome : xr.Dataset
        With ``paths=True``.
    variable : {"attempt_hazard", "attempt_tension", "attempt_effort"}
        Between attempts the value of the last one stands.
    examples : int, optional
        Single trials, evenly from all.
    most : int, optional
        Trials used at most, evenly from each draw: the pictures need no more.

    Returns
    -------
    Paths

    Raises
    ------
    StoreError
        If the outcome holds no paths.
    """
    need_paths(outcome)
    scenario = json.loads(outcome.attrs["scenario"])
    horizon = int(scenario["horizon_days"])
    draws, trials = outcome["ending"].shape
    keep = slice(0, max(1, min(trials, most // draws)))
    day = outcome["attempt_day"].values[:, keep]
    value = outcome[variable].values[:, keep]
    end = outcome["end_day"].values[:, keep]
    ending = outcome["ending"].values[:, keep]
    grid = np.unique(np.linspace(0, horizon, min(_DAYS, horizon + 1)).round().astype(int))
    start = _start(outcome, variable, keep)
    standing = _standing(day, value, grid, start)
    alive = (grid <= end[..., None]) & ((ending == ENDINGS.index("ongoing"))[..., None] | (grid < end[..., None]))
    standing = np.where(alive, standing, np.nan)
    count = alive.sum(axis=1)
    filled = np.where(alive, standing, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = filled.sum(axis=1) / count
        noise = ((filled**2).sum(axis=1) / count - means**2) / (count - 1)
    quantiles = np.full((3, grid.size), np.nan)
    spread = np.full((3, grid.size), np.nan)
    for i in range(grid.size):
        there = standing[..., i][alive[..., i]]
        if there.size >= 20:
            quantiles[:, i] = np.quantile(there, [0.05, 0.5, 0.95])
            mean = estimate_quantity(means[:, i], np.where(count[:, i] > 1, noise[:, i], np.nan), count[:, i])
            spread[:, i] = [mean.value, mean.low, mean.high]
    return Paths(scenario, dt.date.fromisoformat(scenario["as_of"]), horizon, grid, *spread, *quantiles,
                 alive.mean(axis=(0, 1)), _examples(day, value, end, ending, start, examples))


def _start(outcome: xr.Dataset, variable: str, keep: slice) -> NDArray:
    """Return the value at as_of, shape (draw, trial)."""
    draws, trials = outcome["ending"].shape
    stored = outcome[variable.replace("attempt_", "start_")].values
    return np.broadcast_to(stored, (draws, trials))[:, keep].astype(np.float64)


def _standing(day: NDArray, value: NDArray, grid: NDArray, start: NDArray) -> NDArray:
    """Return the value of the last attempt on or before each day of the grid; that at as_of before the first."""
    there = day >= 0
    out = np.repeat(start[:, :, None], grid.size, axis=2)
    for i in range(day.shape[2]):
        seen = there[:, :, i, None] & (day[:, :, i, None] <= grid)
        if not seen.any():
            break
        np.copyto(out, np.nan_to_num(value[:, :, i, None]), where=seen)
    return out


def _examples(day: NDArray, value: NDArray, end: NDArray, ending: NDArray, start: NDArray,
              wanted: int) -> list[tuple[str, NDArray, NDArray]]:
    """Pick single trials evenly over the draws."""
    draws, trials = end.shape
    out = []
    for d in np.unique(np.linspace(0, draws - 1, min(wanted, draws)).round().astype(int)):
        t = int(d) % trials
        there = day[d, t] >= 0
        x = np.concatenate([[0], day[d, t][there], [end[d, t]]]).astype(float)
        y = np.concatenate([[start[d, t]], np.nan_to_num(value[d, t][there])])
        out.append((ENDINGS[ending[d, t]], x, np.append(y, y[-1])))
    return out


@dataclass(frozen=True)
class Story:
    """One trial, attempt by attempt.

    Parameters
    ----------
    scenario : dict
    as_of : date
    horizon_days : int
    draw, trial : int
    ending : str
    end_day : int
    ending_estimate : Estimate
        How likely that ending is over all trials: one trial is an example, not a forecast.
    attempts : list of dict
        ``day, end_day, status, mode, tension, effort, hazard, cause``, in order; ``cause`` is that of the trouble at
        the attempt.
    events : list of dict
        ``day, kind, severity, recovery_days``, in order.
    settlement : dict of str to float
        By issue id, of those that close.
    """

    scenario: dict[str, Any]
    as_of: dt.date
    horizon_days: int
    draw: int
    trial: int
    ending: str
    end_day: int
    ending_estimate: Any
    attempts: list[dict[str, Any]]
    events: list[dict[str, Any]]
    settlement: dict[str, float]

    @property
    def title(self) -> str:
        """Title of the scenario."""
        return str(self.scenario.get("title") or self.scenario.get("name") or "scenario")


def story_of(outcome: xr.Dataset, draw: int = 0, trial: int = 0) -> Story:
    """Read one trial of an outcome with paths.

    Parameters
    ----------
    outcome : xr.Dataset
        With ``paths=True``.
    draw, trial : int, optional
        Positions, not labels.

    Returns
    -------
    Story

    Raises
    ------
    StoreError
        If the outcome holds no paths.
    IndexError
        If there is no such draw or trial.
    """
    need_paths(outcome)
    draws, trials = outcome["ending"].shape
    if not (0 <= draw < draws and 0 <= trial < trials):
        raise IndexError(f"draw {draw}, trial {trial}: the outcome has draws 0 to {draws - 1}, "
                         f"trials 0 to {trials - 1}")
    one = outcome.isel(draw=draw, trial=trial)
    scenario = json.loads(outcome.attrs["scenario"])
    code = int(one["ending"])
    attempts = [
        {"day": int(one["attempt_day"][i]), "end_day": int(one["attempt_end_day"][i]),
         "status": STATUS[int(one["attempt_status"][i])], "mode": MODES[int(one["attempt_mode"][i])],
         "tension": float(one["attempt_tension"][i]), "effort": float(one["attempt_effort"][i]),
         "hazard": float(one["attempt_hazard"][i]),
         "cause": CAUSES[int(one["attempt_cause"][i])] if "attempt_cause" in one else "none"}
        for i in range(one.sizes["attempt"]) if int(one["attempt_day"][i]) >= 0]
    events = [
        {"day": int(one["event_day"][i]), "kind": str(outcome["kind"].values[int(one["event_kind"][i])]),
         "severity": int(one["event_severity"][i]), "recovery_days": float(one["event_recovery_days"][i])}
        for i in range(one.sizes["event"]) if int(one["event_kind"][i]) >= 0] if "event_day" in one else []
    terms = {}
    if "settlement" in one:
        pairs = zip(one["issue"].values, one["settlement"].values, strict=True)
        terms = {str(key): float(value) for key, value in pairs if np.isfinite(value)}
    share = (outcome["ending"].values == code).mean(axis=1)
    return Story(
        scenario, dt.date.fromisoformat(scenario["as_of"]), int(scenario["horizon_days"]), draw, trial, ENDINGS[code],
        int(one["end_day"]), estimate(share, trials), attempts, sorted(events, key=lambda event: event["day"]), terms)
