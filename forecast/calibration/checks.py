"""Prior and posterior predictive checks: numbers of the table beside the same numbers of replicates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecast.calibration.replicate import ENDED, Played, playable, played_table, replicate
from forecast.posterior.layout import COORDS
from forecast.talks.coding import domain_code
from forecast.talks.load import Talks

if TYPE_CHECKING:
    import xarray as xr

EIGHT = ("share of deals", "share of collapses", "share of stalls", "rounds to a deal", "rounds to a collapse",
         "rounds to a stall", "attempts", "share with ten attempts or more")
"""The eight numbers that the closing law and the break-off must reproduce."""
LOSS_DOMAIN_ATTEMPTS = 100
"""Domains with this many attempts must have their share of lost attempts inside the band."""


@dataclass(frozen=True)
class Check:
    """One number of the table beside its distribution over replicates.

    Parameters
    ----------
    name : str
    seen : float
        In the table.
    median, low, high : float
        Median, 5% and 95% over replicates.
    must : bool
        Whether the shipped posterior is held to it.
    """

    name: str
    seen: float
    median: float
    low: float
    high: float
    must: bool = False

    @property
    def inside(self) -> bool:
        """Whether the table lies within the 90% interval of the replicates."""
        return bool(self.low <= self.seen <= self.high)


def _mean_where(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Return the mean over talks (and attempts) where a condition holds, per replicate; NaN where it never does."""
    axes = tuple(axis for axis in range(where.ndim) if axis != 1)
    count = where.sum(axis=axes)
    total = np.where(where, values, 0.0).sum(axis=axes)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _quantile_where(values: np.ndarray, where: np.ndarray, q: float) -> np.ndarray:
    """Return a quantile over talks and attempts where a condition holds, per replicate."""
    found = []
    for r in range(where.shape[1]):
        chosen = values[:, r][where[:, r]]
        found.append(np.quantile(chosen, q) if chosen.size else np.nan)
    return np.array(found)


def statistics(played: Played, domains: np.ndarray) -> dict[str, np.ndarray]:
    """Return the numbers of the checks.

    Parameters
    ----------
    played : Played
    domains : ndarray of int, (talks,)
        Pooled domain of each talk.

    Returns
    -------
    dict of str to ndarray, (replicates,)
    """
    there, held, lost = played.status >= 0, played.status == 0, played.status > 0
    rounds, attempts = held.sum(axis=2), there.sum(axis=2)
    found: dict[str, np.ndarray] = {}
    for code, plural in ((0, "deals"), (1, "collapses"), (2, "stalls")):
        found[f"share of {plural}"] = (played.ending == code).mean(axis=0)
    for code in range(3):
        found[f"rounds to a {ENDED[code]}"] = _mean_where(rounds, played.ending == code)
    found["attempts"] = attempts.mean(axis=0)
    found["share with ten attempts or more"] = (attempts >= 10).mean(axis=0)
    found["share of lost attempts"] = lost.sum(axis=(0, 2)) / there.sum(axis=(0, 2))
    for code, domain in enumerate(COORDS["domain"]):
        mine = domains == code
        if mine.any():
            with np.errstate(invalid="ignore"):
                found[f"share of lost attempts, {domain}"] = lost[mine].sum(axis=(0, 2)) / there[mine].sum(axis=(0, 2))
    found["share of lost attempts cancelled"] = (played.status == 2).sum(axis=(0, 2)) / np.maximum(
        lost.sum(axis=(0, 2)), 1)
    _add_calendar(found, played)
    found["share of attempts with an absence"] = played.absences.sum(axis=0) / there.sum(axis=(0, 2))
    known = there & (played.mode >= 0)
    found["share of attempts by video or in writing"] = _mean_where((played.mode >= 3).astype(float), known)
    found["share of attempts in proximity or shuttle"] = _mean_where(np.isin(played.mode, (1, 2)).astype(float), known)
    pair = known[:, :, 1:] & known[:, :, :-1] & held[:, :, :-1]
    found["share of next modes unchanged"] = _mean_where(
        (played.mode[:, :, 1:] == played.mode[:, :, :-1]).astype(float), pair)
    for code, kind in enumerate(COORDS["kind"]):
        found[f"events a talk, {kind}"] = played.events[:, :, code].mean(axis=0)
    total = played.events.sum(axis=(0, 2))
    found["share of events of severity 3"] = played.severe.sum(axis=0) / np.maximum(total, 1)
    found["share of talks without an event"] = (played.events.sum(axis=2) == 0).mean(axis=0)
    found["mean tension at attempts"] = _mean_where(np.nan_to_num(played.tension), there)
    return found


def _add_calendar(found: dict[str, np.ndarray], played: Played) -> None:
    """Add the numbers of the calendar: gaps, slips, lengths, length of talks."""
    here, after = played.status[:, :, :-1], played.status[:, :, 1:] >= 0
    day, end, next_day = played.day[:, :, :-1], played.end_day[:, :, :-1], played.day[:, :, 1:]
    gap_there = after & (here == 0) & (end >= 0) & (next_day >= end)
    slip_there = after & (here == 1) & (next_day >= day)
    fresh_there = after & (here == 2) & (next_day >= day)
    for q, word in ((0.25, "lower quartile"), (0.5, "median"), (0.75, "upper quartile"), (0.95, "95% point")):
        found[f"gap after a round, {word}, days"] = _quantile_where(next_day - end, gap_there, q)
    found["slip of a postponement, median, days"] = _quantile_where(next_day - day, slip_there, 0.5)
    found["gap after a cancellation, median, days"] = _quantile_where(next_day - day, fresh_there, 0.5)
    known = (played.status == 0) & (played.end_day >= 0) & (played.day >= 0)
    length = played.end_day - played.day
    found["share of rounds of one day"] = _mean_where((length == 0).astype(float), known)
    for q, word in ((0.75, "upper quartile"), (0.95, "95% point")):
        found[f"length of a round, {word}, days"] = _quantile_where(length, known, q)
    everyone = np.ones(played.ending.shape, dtype=bool)
    for q, word in ((0.25, "lower quartile"), (0.5, "median"), (0.75, "upper quartile")):
        found[f"first attempt to the end, {word}, days"] = _quantile_where(played.span_days, everyone, q)
    found["deal within 90 days of the first attempt"] = ((played.ending == 0) & (played.span_days <= 90)).mean(axis=0)


def predictive_checks(talks: Talks, posterior: xr.DataTree, *, replicates: int = 200, seed: int = 1) -> list[Check]:
    """Compare the table with replicates of it.

    Parameters
    ----------
    talks : Talks
        What the posterior was fitted to, or is to be tested on.
    posterior : xr.DataTree
        A posterior, or the prior of the models (`prior_tree`).
    replicates : int, default 200
    seed : int, default 1

    Returns
    -------
    list of Check
        ``must`` marks the eight numbers of the ending and the share of lost attempts of large domains.

    Notes
    -----
    A replicate plays every talk from its first attempt with the kernels, under one draw of the posterior: nothing
    but domain, mediation, deadline, pandemic and the first planned day is taken from the table. So the check tests
    all blocks together, not each given the others' data.
    """
    used = playable(talks)
    domains = np.array([domain_code(talk.domain) for talk in used])
    table = played_table(used)
    seen = statistics(table, domains)
    simulated = statistics(replicate(used, posterior, replicates=replicates, seed=seed), domains)
    sizes = np.bincount(domains, weights=(table.status >= 0).sum(axis=(1, 2)), minlength=len(COORDS["domain"]))
    large = {f"share of lost attempts, {domain}" for code, domain in enumerate(COORDS["domain"])
             if sizes[code] >= LOSS_DOMAIN_ATTEMPTS}
    checks = []
    for name, values in simulated.items():
        known = values[np.isfinite(values)]
        low, median, high = np.quantile(known, [0.05, 0.5, 0.95]) if known.size else (np.nan,) * 3
        checks.append(Check(name, float(seen[name][0]), float(median), float(low), float(high),
                            name in EIGHT or name in large))
    return checks


def to_text(checks: list[Check]) -> str:
    """Return the checks as a Markdown table."""
    lines = ["| number | table | replicates, median | 90% | inside |", "|---|---|---|---|---|"]
    for check in checks:
        name = f"**{check.name}**" if check.must else check.name
        lines.append(f"| {name} | {check.seen:.3g} | {check.median:.3g} | {check.low:.3g} to {check.high:.3g} | "
                     f"{'yes' if check.inside else 'no'} |")
    return "\n".join(lines)
