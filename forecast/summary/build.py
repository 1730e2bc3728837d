"""Turn an outcome into a summary."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecast.errors import Problem, ScenarioError, StoreError
from forecast.summary import parts as p
from forecast.summary.aftermath import summarize_after
from forecast.summary.estimate import (
    Estimate, Quantity, estimate, estimate_quantity, quantiles_of_counts, shrunk_bands,
)
from forecast.summary.prior import prior_driven
from forecast.summary.service import service_levels, stages_reached
from forecast.summary.summary import Summary
from forecast.summary.tally import Tally, tally
from forecast.summary.variance import split_counts, split_variance
from forecast.summary.widened import widened
from forecast.vocabulary import CAUSES, ENDINGS, KIND_LABELS, MODES, STATUS, check_dataset, label_of

if TYPE_CHECKING:
    import xarray as xr

_DEFAULT_DAYS = (30, 60, 90, 180, 365)
_SHOWN_BINS = 32


def summarize(outcome: xr.Dataset, by: Any = None, *, split: bool = False, posterior: Any = None) -> Summary:
    """Summarise what an outcome says about the talks.

    Parameters
    ----------
    outcome : xr.Dataset
        From :func:`forecast.simulate`, with ``keep="trials"`` or ``keep="reduced"``.
    by : date, str, int or a list of them, optional
        Dates (``YYYY-MM-DD``) or whole days from as_of for the probability of a deal by then. Without it: the
        deadline, if it is within the horizon, and 30, 60, 90, 180, 365 days as far as the horizon reaches.
    split : bool, default False
        Split the variance exactly into parameters, beliefs and luck: plays every trial once more, with the same
        hidden facts and other luck. Without it `Summary.variance` holds bounds.
    posterior : xr.DataTree, str or path, optional
        For `split`: the parameters of the outcome, if they are not those that its scenario uses by default.

    Returns
    -------
    Summary
        Every probability with its 90% interval over draws and, apart, its Monte Carlo error.

    Raises
    ------
    StoreError
        If the dataset is not an outcome, or `split` is asked of one that holds counts only.
    PosteriorError
        If `split` is asked for and the parameters at hand are not those of the outcome.
    ScenarioError
        If a date is before as_of or beyond the horizon, of which the simulation says nothing.

    Examples
    --------
    >>> import forecast as fc
    >>> outcome = fc.simulate(fc.load_scenario("us_iran_final_2026"), draws=20, trials=20, seed=1)
    >>> made = fc.summarize(outcome, by="2026-08-16")
    >>> abs(sum(ending.p for ending in made.ends.values()) - 1) < 1e-9
    True
    """
    check_dataset(outcome)
    try:
        scenario = json.loads(outcome.attrs["scenario"])
        versions = json.loads(outcome.attrs["versions"])
    except (TypeError, ValueError) as error:
        raise StoreError([Problem("attrs", str(error), "`scenario` and `versions` as JSON text")]) from None
    as_of, horizon = dt.date.fromisoformat(scenario["as_of"]), int(scenario["horizon_days"])
    counts = tally(outcome, horizon)
    ending = counts.ending()
    trials = counts.trials
    kind = str(outcome.attrs["posterior_kind"])
    ess = {key: float(outcome.attrs.get(f"ess_{key}", 1.0)) for key in ("draws", "trials")}
    made = Summary(
        scenario=scenario, as_of=as_of, horizon_days=horizon, seed=int(outcome.attrs["seed"]),
        draws=counts.draws, trials=trials,
        ends={name: estimate(ending[:, i] / trials, trials) for i, name in enumerate(ENDINGS)},
        deal=estimate(counts.deal_by_day()[:, -1] / trials, trials),
        next_round=_next_round(counts, scenario, as_of),
        time_to_end=_times(counts),
        by=[_by_date(counts, as_of, day) for day in _days(by, scenario, as_of, horizon)],
        settlement={key: _settlement(key, edges, bins, counts.trials, scenario)
                    for key, (edges, bins) in counts.settlement.items()},
        zopa=_zopa(outcome, scenario),
        disruptions=_disruptions(counts, scenario),
        absent={key: estimate(hits / trials, trials) for key, hits in counts.absent.items()},
        rounds_held=_mean_count(counts.rounds_held, trials), attempts=_mean_count(counts.attempts, trials),
        downtime=_downtime(counts, scenario), service=service_levels(counts, scenario),
        stages=stages_reached(counts, scenario), retreats=_mean_count(counts.retreats, trials),
        after=None if counts.after is None else summarize_after(
            counts.after, counts.deal_by_day()[:, -1], trials, as_of, _days(by, scenario, as_of, horizon)),
        variance=_split(outcome, posterior) if split else _variance(counts),
        adjust=_adjust(scenario),
        prior_driven=prior_driven(scenario, kind),
        provenance={
            "posterior_kind": kind, "posterior_hash": str(outcome.attrs["posterior_hash"]), "versions": versions,
            "sources": list(scenario.get("sources") or []), "posterior": str(scenario.get("posterior", "auto")),
            "excluded_conflicts": str(outcome.attrs.get("posterior_excluded", "")),
            "scenario_digest": str(outcome.attrs.get("scenario_digest", "")),
            "ess": ess,
        },
        tally=counts,
    )
    # Draws that a history left more than once are counted once in an error.
    return made if ess["draws"] == 1.0 else widened(made, ess["draws"] ** -0.5)


def _days(by: Any, scenario: dict[str, Any], as_of: dt.date, horizon: int) -> list[int]:
    """Return the days asked for, from as_of, in order and once each."""
    if by is None:
        deadline = (scenario.get("deadline") or {}).get("date")
        days = [day for day in _DEFAULT_DAYS if day < horizon]
        if deadline:
            day = (dt.date.fromisoformat(deadline) - as_of).days
            # A round number of days next to the deadline would only repeat it.
            if 0 < day < horizon:
                days = [other for other in days if abs(other - day) > 4] + [day]
        return sorted({*days, horizon})
    asked: Iterable[Any] = [by] if isinstance(by, str | int | dt.date | np.integer) else list(by)
    out, problems = [], []
    last = as_of + dt.timedelta(days=horizon)
    for one in asked:
        try:
            if isinstance(one, int | np.integer) and not isinstance(one, bool):
                day = int(one)
            else:
                date = one if isinstance(one, dt.date) else dt.date.fromisoformat(str(one))
                day = ((date.date() if isinstance(date, dt.datetime) else date) - as_of).days
        except ValueError:
            problems.append(Problem("by", repr(one), "a date (YYYY-MM-DD) or whole days from as_of"))
            continue
        if 0 <= day <= horizon:
            out.append(day)
        else:
            problems.append(Problem("by", repr(str(one)), f"from {as_of} to {last} (0 to {horizon} days)",
                                    "raise horizon_days" if day > horizon else ""))
    if problems:
        raise ScenarioError(problems)
    return sorted(set(out))


def _by_date(counts: Tally, as_of: dt.date, day: int) -> p.ByDate:
    trials = counts.trials
    return p.ByDate(as_of + dt.timedelta(days=day), day,
                    deal=estimate(counts.deal_by_day()[:, day] / trials, trials),
                    ended=estimate(counts.ended_by_day()[:, day] / trials, trials))


def _given(counts: NDArray, names: tuple[str, ...]) -> dict[str, Estimate]:
    """Return the shares of the classes among the trials counted in any of them."""
    total = counts.sum(axis=1)
    share = counts / np.maximum(total, 1)[:, None]
    return {name: estimate(share[:, i], total) for i, name in enumerate(names)}


def _next_round(counts: Tally, scenario: dict[str, Any], as_of: dt.date) -> p.NextRound:
    trials, horizon = counts.trials, counts.horizon
    by_day = np.cumsum(counts.next_day, axis=1)
    planned = (scenario.get("next_round") or {}).get("planned")
    nothing = Estimate(np.nan, np.nan, np.nan, np.nan)
    return p.NextRound(
        planned=dt.date.fromisoformat(planned) if planned else None,
        held=estimate(by_day[:, -1] / trials, trials),
        on_time=estimate(counts.on_time / trials, trials) if planned else None,
        within_days={days: estimate(by_day[:, days] / trials, trials) if days <= horizon else nothing
                     for days in p.WITHIN_DAYS},
        mode=_given(counts.next_mode, MODES),
        status={name: estimate(counts.next_status[:, i] / trials, trials) for i, name in enumerate(STATUS)},
        cause={} if counts.next_cause is None else
        {name: estimate(counts.next_cause[:, i] / trials, trials) for i, name in enumerate(CAUSES)},
        day=_times_of(counts.next_day),
    )


def _times_of(days: NDArray) -> p.Times:
    """Return the quantiles of counted days, shape (draw, day), pooled and their median by draw."""
    points = np.arange(days.shape[1], dtype=np.float64)
    pooled = days.sum(axis=0, dtype=np.int64)
    values, _ = quantiles_of_counts(pooled, points, np.array(p.PERCENTILES) / 100)
    median, noise = quantiles_of_counts(days, points, [0.5])
    middle = estimate_quantity(median[:, 0], noise[:, 0], days.sum(axis=1))
    middle = _moved(middle, float(values[2]))
    return p.Times(*(float(x) for x in values), n=int(pooled.sum()), median=middle)


def _moved(made: Quantity, value: float) -> Quantity:
    """Return the spread of the draws' medians around the median of all trials, which is the one shown."""
    by = value - made.value
    return Quantity(value, made.low + by, made.high + by, made.mc_error)


def _times(counts: Tally) -> dict[str, p.Times]:
    out = {name: _times_of(counts.end_day[:, i, :]) for i, name in enumerate(ENDINGS)}
    # Talks still under way have not ended: their day is the horizon's, not theirs.
    out["any"] = _times_of(counts.end_day[:, :-1, :].sum(axis=1))
    return out


def _settlement(key: str, edges: NDArray, bins: NDArray, trials: int, scenario: dict[str, Any]) -> p.Settlement:
    issue = (scenario.get("issues") or {}).get(key, {})
    n = bins.sum(axis=1)
    middle = (edges[:-1] + edges[1:]) / 2
    if issue.get("kind") == "yes_no":
        middle = np.round(middle)  # an answer is 0 or 1, not the middle of a class
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = bins @ middle / n
        variance = (bins @ middle**2 / n - mean**2) / (n - 1)
    median, noise = quantiles_of_counts(bins, middle, [0.5])
    pooled = bins.sum(axis=0)
    values, _ = quantiles_of_counts(pooled, middle, np.array(p.PERCENTILES) / 100)
    step = max(1, bins.shape[1] // _SHOWN_BINS)
    shown = np.add.reduceat(bins, np.arange(0, bins.shape[1], step), axis=1)
    used = n > 0
    if used.any():
        share, low, high = shrunk_bands(shown[used] / n[used][:, None], max(int(n[used].mean()), 2),
                                        together=True)
    else:
        share = low = high = np.zeros(shown.shape[1])
    made = estimate_quantity(median[:, 0], noise[:, 0], n)
    return p.Settlement(
        name=str(issue.get("name") or label_of(key)), unit=str(issue.get("unit") or ""),
        closed=estimate(n / trials, trials), mean=estimate_quantity(mean, variance, n),
        median=_moved(made, float(values[2])),
        quantiles={f"p{q}": float(x) for q, x in zip(p.PERCENTILES, values, strict=True)}, n=int(n.sum()),
        edges=[*edges[:-1:step].tolist(), float(edges[-1])], share=share.tolist(), low=low.tolist(),
        high=high.tolist(), openings={k: float(v) for k, v in (issue.get("opening") or {}).items()},
    )


def _exact(values: NDArray) -> Estimate:
    """Return an estimate of probabilities that are known per draw, without Monte Carlo noise."""
    low, high = np.quantile(values, [0.05, 0.95])
    error = float(values.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else 0.0
    return Estimate(float(values.mean()), float(low), float(high), error)


def _zopa(outcome: xr.Dataset, scenario: dict[str, Any]) -> p.Zopa:
    beliefs = float(outcome["zopa_p_beliefs"].values)
    return p.Zopa(
        talks=_exact(outcome["zopa_p_talks"].values), used=_exact(outcome["zopa_p_used"].values),
        beliefs=Estimate(beliefs, beliefs, beliefs, 0.0) if np.isfinite(beliefs) else None,
        weight=float(scenario.get("beliefs_weight", 0.5)))


def _disruptions(counts: Tally, scenario: dict[str, Any]) -> dict[str, p.Disruption]:
    own = (scenario.get("disruptions") or {}).get("kinds") or {}
    trials = counts.trials
    out = {}
    for key, hits in counts.disrupted.items():
        stated = own.get(key) if isinstance(own.get(key), dict) else {}
        name = KIND_LABELS.get(key) or stated.get("name") or label_of(key)
        mean = counts.disruptions[key] / trials
        # Events of a kind come nearly at random within a draw, so the variance of a count is about its mean.
        out[key] = p.Disruption(str(name), estimate(hits / trials, trials),
                                estimate_quantity(mean, mean / trials, trials))
    return out


def _downtime(counts: Tally, scenario: dict[str, Any]) -> dict[str, p.Downtime]:
    stated, trials = scenario.get("systems") or {}, counts.trials
    out = {}
    for key, (hits, days, squares) in counts.downtime.items():
        mean = days / trials
        noise = (squares / trials - mean**2) / max(trials - 1, 1)
        name = stated.get(key, {}).get("name") if isinstance(stated, dict) else None
        out[key] = p.Downtime(str(name or label_of(key)), estimate(hits / trials, trials),
                              estimate_quantity(mean, noise))
    return out


def _mean_count(sums: NDArray | None, trials: int) -> Quantity | None:
    if sums is None:
        return None
    mean = sums / trials
    return estimate_quantity(mean, mean / trials)


def _split(outcome: xr.Dataset, posterior: Any) -> dict[str, Any]:
    """Play the outcome's twin and split the variances exactly."""
    from forecast.engine.twin import other_luck

    again = other_luck(outcome, posterior)
    return {event: split_variance(outcome, again, event) for event in ("deal", "next_round")}


def _variance(counts: Tally) -> dict[str, Any]:
    deal = counts.deal_by_day()[:, -1]
    held = counts.next_day.sum(axis=1)
    return {"deal": split_counts("deal", deal, counts.trials, counts.zopa if counts.zopa_deal is not None else None,
                                 counts.zopa_deal),
            "next_round": split_counts("next_round", held, counts.trials)}


def _adjust(scenario: dict[str, Any]) -> dict[str, Any]:
    stated = scenario.get("adjust") or {}
    return {**{key: float(stated.get(key) or 0.0) for key in ("closing", "break_off", "loss")},
            "rationale": str(stated.get("rationale") or "")}
