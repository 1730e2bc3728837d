"""What comes after a deal: ratification, entry into force, tranches and the damage that a bad verifier does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecast.summary.estimate import Estimate, Quantity, estimate, estimate_quantity

if TYPE_CHECKING:
    import xarray as xr

#: Shares of all that is promised, by the variable they are counted under.
SHARES = ("tranche_released", "tranche_due", "wrongly_released", "wrongly_withheld")


@dataclass(frozen=True)
class AfterTally:
    """Counts of trials per draw, of what came after a deal.

    Parameters
    ----------
    decided : dict of str to ndarray of int, shape (draw,)
        Deals ``ratified``, ``rejected`` and ``pending``; empty without votes.
    votes : (sum, sum of squares) or None
        Of the votes held, over all trials, shape (draw,) each.
    in_force : ndarray of int, shape (draw,)
        Deals in force at the horizon, unbroken and not ended.
    in_force_day : ndarray of int, shape (draw, horizon + 1)
        Deals by the day they come into force.
    breach : ndarray of int, shape (draw,), or None
        Deals that are broken while they are watched; None without an implementation.
    shares : dict of str to (sum, sum of squares)
        By :data:`SHARES`, over all trials, shape (draw,) each; empty without an implementation.
    """

    decided: dict[str, NDArray]
    votes: tuple[NDArray, NDArray] | None
    in_force: NDArray
    in_force_day: NDArray
    breach: NDArray | None
    shares: dict[str, tuple[NDArray, NDArray]] = field(default_factory=dict)


def tally_after(ds: xr.Dataset, horizon: int) -> AfterTally | None:
    """Count what came after the deals of an outcome of either form; None if it ends with the deal.

    Parameters
    ----------
    ds : xr.Dataset
    horizon : int
        Last day of the forecast, counted from as_of.
    """
    if "in_force_day" in ds:
        return _from_trials(ds, horizon)
    return _from_counts(ds) if "in_force_day_count" in ds else None


def _from_trials(ds: xr.Dataset, horizon: int) -> AfterTally:
    def total(values: NDArray) -> tuple[NDArray, NDArray]:
        values = values.astype(np.float64)
        return values.sum(axis=1), (values**2).sum(axis=1)

    day = ds["in_force_day"].values
    by_day = np.zeros((day.shape[0], horizon + 1), np.int64)
    draw, trial = np.nonzero(day >= 0)
    np.add.at(by_day, (draw, day[draw, trial]), 1)
    decided, shares = {}, {}
    if "ratified" in ds:
        state = ds["ratified"].values
        decided = {name: np.count_nonzero(state == code, axis=1)
                   for code, name in enumerate(("rejected", "ratified", "pending"))}
    if "tranche_released" in ds:
        kept = {name: ds[name].values.astype(np.float64) for name in SHARES if name != "tranche_due"}
        kept["tranche_due"] = kept["tranche_released"] - kept["wrongly_released"] + kept["wrongly_withheld"]
        shares = {name: total(kept[name]) for name in SHARES}
    return AfterTally(
        decided=decided, votes=total(ds["votes"].values) if "votes" in ds else None,
        in_force=np.count_nonzero(ds["in_force"].values == 1, axis=1), in_force_day=by_day,
        breach=np.count_nonzero(ds["breach_day"].values >= 0, axis=1) if "breach_day" in ds else None, shares=shares)


def _from_counts(ds: xr.Dataset) -> AfterTally:
    def total(name: str) -> tuple[NDArray, NDArray]:
        return ds[f"{name}_sum"].values, ds[f"{name}_square_sum"].values

    return AfterTally(
        decided={name: ds[f"{name}_count"].values for name in ("rejected", "ratified", "pending")
                 if f"{name}_count" in ds},
        votes=total("votes") if "votes_sum" in ds else None,
        in_force=ds["in_force_count"].values, in_force_day=ds["in_force_day_count"].values,
        breach=ds["breach_count"].values if "breach_count" in ds else None,
        shares={name: total(name) for name in SHARES if f"{name}_sum" in ds})


@dataclass(frozen=True)
class Aftermath:
    """What comes after a deal.

    Parameters
    ----------
    decided : dict of str to Estimate
        A deal is reached and ``ratified``, ``rejected`` or ``pending`` at the horizon, over all trials; empty
        without votes.
    ratified_if_deal : Estimate or None
        Ratified by the horizon, given a deal.
    votes_if_deal : Quantity or None
        Expected votes, given a deal.
    in_force : Estimate
        A deal is in force at the horizon, unbroken and not ended, over all trials.
    in_force_by : dict of date to Estimate
        A deal has come into force by a date, over all trials.
    breach_if_in_force : Estimate or None
        Broken while it is watched, given that it comes into force.
    released : Quantity or None
        Expected share of all that is promised that is released, over all trials.
    if_in_force : dict of str to Quantity
        Expected shares by :data:`SHARES`, given that a deal comes into force by the horizon; ``tranche_due`` is
        what a perfect verifier would release under the same luck. Empty without an implementation.
    """

    decided: dict[str, Estimate]
    ratified_if_deal: Estimate | None
    votes_if_deal: Quantity | None
    in_force: Estimate
    in_force_by: dict[dt.date, Estimate]
    breach_if_in_force: Estimate | None
    released: Quantity | None
    if_in_force: dict[str, Quantity]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types; what the scenario does not use is left out."""
        out: dict[str, Any] = {name: made.to_dict() for name, made in self.decided.items()}
        for name in ("ratified_if_deal", "votes_if_deal", "in_force", "breach_if_in_force", "released"):
            made = getattr(self, name)
            if made is not None:
                out[name] = made.to_dict()
        out["in_force_by"] = {date.isoformat(): made.to_dict() for date, made in self.in_force_by.items()}
        return {**out, **{f"{name}_if_in_force": made.to_dict() for name, made in self.if_in_force.items()}}

    def rows(self) -> Iterator[tuple[str, str, Estimate | Quantity | None]]:
        """Yield (key below ``after``, label, number) for the table of a summary."""
        for name, made in self.decided.items():
            yield name, f"Deal reached and {_WORDS[name]}", made
        yield "ratified_if_deal", "Ratified by the horizon, given a deal", self.ratified_if_deal
        yield "votes_if_deal", "Votes held, given a deal, expected", self.votes_if_deal
        for date, made in self.in_force_by.items():
            yield f"in_force_by.{date}", f"Deal in force by {date}", made
        yield "in_force", "Deal in force at the horizon, unbroken", self.in_force
        yield "breach_if_in_force", "Broken while watched, if it comes into force", self.breach_if_in_force
        yield "released", "Share released, expected", self.released
        for name, made in self.if_in_force.items():
            yield f"{name}_if_in_force", f"{_SHARE_WORDS[name]}, if it comes into force, expected", made


_WORDS = {"ratified": "ratified", "rejected": "not ratified", "pending": "not decided by the horizon"}
_SHARE_WORDS = {"tranche_released": "Share released", "tranche_due": "Share a perfect verifier would release",
                "wrongly_released": "Share wrongly released", "wrongly_withheld": "Share wrongly withheld"}


def summarize_after(counts: AfterTally, deal: NDArray, trials: int, as_of: dt.date, days: list[int]) -> Aftermath:
    """Turn counts into probabilities and expectations with intervals.

    Parameters
    ----------
    counts : AfterTally
    deal : ndarray of int, shape (draw,)
        Trials with a deal.
    trials : int
        Per draw.
    as_of : date
    days : list of int
        Days from `as_of` for which to tell whether a deal has come into force.

    Returns
    -------
    Aftermath
    """
    by_day = np.cumsum(counts.in_force_day, axis=1)
    forced = by_day[:, -1]
    released = counts.shares.get("tranche_released")
    return Aftermath(
        decided={name: estimate(counts.decided[name] / trials, trials)
                 for name in ("ratified", "rejected", "pending") if counts.decided},
        ratified_if_deal=_given(counts.decided["ratified"], deal) if counts.decided else None,
        votes_if_deal=_mean(counts.votes, deal) if counts.votes is not None else None,
        in_force=estimate(counts.in_force / trials, trials),
        in_force_by={as_of + dt.timedelta(days=day): estimate(by_day[:, day] / trials, trials) for day in days},
        breach_if_in_force=_given(counts.breach, forced) if counts.breach is not None else None,
        released=_mean(released, np.full(len(forced), trials)) if released is not None else None,
        if_in_force={name: _mean(sums, forced) for name, sums in counts.shares.items()})


def _given(hits: NDArray, size: NDArray) -> Estimate:
    return estimate(hits / np.maximum(size, 1), size)


def _mean(sums: tuple[NDArray, NDArray], size: NDArray) -> Quantity:
    """Return the mean over `size` trials a draw, from the sum and the sum of squares."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(size > 0, sums[0] / size, np.nan)
        noise = np.where(size > 1, np.maximum(sums[1] / size - mean**2, 0.0) / (size - 1), np.nan)
    return estimate_quantity(mean, noise, size)


def sentences_after(after: Aftermath) -> list[str]:
    """Say what comes after a deal.

    Parameters
    ----------
    after : Aftermath

    Returns
    -------
    list of str
    """
    from forecast.summary.text import date_words, number, with_interval

    out = []
    if after.ratified_if_deal is not None and after.votes_if_deal is not None:
        out.append(f"A deal is reached and ratified by the horizon with {with_interval(after.decided['ratified'])}, "
                   f"reached and not ratified with {with_interval(after.decided['rejected'])}, still undecided with "
                   f"{with_interval(after.decided['pending'])}; of the deals reached, "
                   f"{with_interval(after.ratified_if_deal)} are ratified, after "
                   f"{number(after.votes_if_deal.value)} votes on average.")
    listed = [f"{date_words(date)} {with_interval(made)}" for date, made in list(after.in_force_by.items())[:5]]
    if listed:
        joined = listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"
        out.append(f"Probability that a deal is in force by {joined}.")
    if after.released is not None and after.breach_if_in_force is not None:
        made = after.if_in_force
        if not np.isfinite(made["tranche_released"].value):
            return [*out, "No deal comes into force, so nothing is released."]

        def share(name: str) -> str:
            return with_interval(as_estimate(made[name]))

        out.append(f"If one comes into force, {share('tranche_released')} of what is promised is expected to be "
                   f"released; a perfect verifier would release {share('tranche_due')}: {share('wrongly_released')} "
                   f"goes out after a breach that is not noticed and {share('wrongly_withheld')} stays back for false "
                   f"alarms. It is broken while it is watched with {with_interval(after.breach_if_in_force)}.")
    return out


def as_estimate(made: Quantity) -> Estimate:
    """Return a share as what prints as a percentage.

    Examples
    --------
    >>> as_estimate(Quantity(0.5, 0.4, 0.6, 0.01)).p
    0.5
    """
    return Estimate(made.value, made.low, made.high, made.mc_error)
