"""Compare two forecasts under common random numbers."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.errors import Problem, ScenarioError, StoreError
from forecast.sweep.comparison import Comparison
from forecast.sweep.difference import differences
from forecast.posterior.load import as_posterior
from forecast.sweep.inputs import as_scenario, changes_between, check_numbers
from forecast.sweep.labels import what_moves
from forecast.sweep.paired import DEAL_CODES, Pair, View, Wanted, play_pairs

if TYPE_CHECKING:
    import xarray as xr

    from forecast.scenario import Scenario

_WITHIN = (7, 30)


def compare(
    baseline: Scenario | str | os.PathLike[str] | xr.Dataset,
    alternative: Scenario | Mapping[str, Any] | str | os.PathLike[str] | xr.Dataset,
    posterior: xr.DataTree | str | os.PathLike[str] | None = None,
    *,
    by: Any = None,
    draws: int = 400,
    trials: int = 250,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Compare two scenarios on the same draws and the same luck.

    Parameters
    ----------
    baseline : Scenario, name, path or outcome
        What things are compared with.
    alternative : Scenario, name, path, outcome or mapping
        What is compared: another scenario, or fields of the baseline with other values
        (``{"parties.iran.present": True}``).
    posterior : xr.DataTree, str or path, optional
        Parameters of the law for *both*; None: the one the baseline asks for, as draws must pair.
    by : date, str, int or a list of them, optional
        Dates or whole days from as_of for the probability of a deal by then; None: the baseline's deadline.
    draws, trials : int
        Rows of the posterior and trials under each.
    seed : int, optional
        None takes fresh entropy; it is kept in the result.
    threads : int, optional
        Results do not depend on it.
    progress : callable, optional
        Called with (trials done, trials in all).

    Returns
    -------
    Comparison
        A table of paired differences with intervals over draws, Monte Carlo errors, the variance of luck that the
        pairing saves and the most any pairing could.

    Raises
    ------
    ScenarioError
        If a scenario, path or number cannot be used.
    PosteriorError
        If the posterior cannot be used.
    StoreError
        If two outcomes are given that do not share seed, draws, trials and posterior.

    Examples
    --------
    >>> made = compare("us_iran_final_2026", {"parties.iran.present": True}, draws=50, trials=40, seed=1)
    >>> made.changes
    {'parties.iran.present': (False, True)}
    >>> made["next_round.on_time"].difference.value > 0
    True
    """
    if _is_dataset(baseline) or _is_dataset(alternative):
        return _compare_outcomes(baseline, alternative, by)
    one = as_scenario(baseline)
    other = as_scenario(alternative, one)
    seed = check_numbers("compare", draws=draws, trials=trials, seed=seed, threads=threads)
    tree = as_posterior(posterior, one)
    return compare_many(one, [other], tree, by=by, draws=draws, trials=trials, seed=seed, threads=threads,
                        progress=progress)[0]


def compare_many(baseline: Scenario, others: list[Scenario], tree: xr.DataTree, *, by: Any = None, draws: int,
                 trials: int, seed: int, threads: int | None = None,
                 progress: Callable[[int, int], None] | None = None) -> list[Comparison]:
    """Compare several resolved scenarios with one baseline, which is played once.

    Parameters
    ----------
    baseline : Scenario
    others : list of Scenario
    tree : xr.DataTree
        Used for all of them.
    by, draws, trials, seed, threads, progress
        As for :func:`compare`.

    Returns
    -------
    list of Comparison
        In the order of `others`.
    """
    from forecast.engine.arrays import PosteriorArrays
    from forecast.engine.cells import prepare
    from forecast.engine.run import check_overflow
    from forecast.engine.threads import available_threads

    arrays = PosteriorArrays.of(tree, draws)
    scenarios = [baseline, *others]
    wanted = wanted_of(scenarios, by)
    threads = threads or available_threads()
    ready = [prepare(scenario, arrays, trials=trials, seed=seed, threads=threads) for scenario in scenarios]
    pairs = play_pairs(ready, wanted, draws=draws, trials=trials, threads=threads, progress=progress)
    for pair in pairs:
        check_overflow(pair.overflow[0], draws * trials)
    about = {"seed": seed, "draws": draws, "trials": trials, "posterior_hash": str(tree.attrs["content_hash"]),
             "posterior_kind": str(tree.attrs["kind"])}
    return [_comparison(baseline, other, pair, wanted, about) for other, pair in zip(others, pairs[1:], strict=True)]


def wanted_of(scenarios: list[Scenario], by: Any) -> Wanted:
    """Return what can be counted in all of some scenarios, with the dates asked for.

    Raises
    ------
    ScenarioError
        If a date is before as_of or beyond the nearest horizon.
    """
    first = scenarios[0]
    horizon = min(scenario.horizon_days for scenario in scenarios)
    issues = sorted(set.intersection(*(set(scenario.issues) for scenario in scenarios)))
    systems = set.intersection(*({key for key, system in scenario.systems.items() if system.needed}
                                 for scenario in scenarios))
    later = any(scenario.ratification or scenario.implementation is not None for scenario in scenarios)
    return Wanted(days=days_of(first, by, horizon), within=tuple(day for day in _WITHIN if day <= horizon),
                  issues=tuple(issues), systems=tuple(sorted(systems)), later=later,
                  released=all(scenario.implementation is not None for scenario in scenarios))


def days_of(scenario: Scenario, by: Any, horizon: int) -> tuple[int, ...]:
    """Return the days asked for, from as_of, in order and once each; None: the deadline, if within the horizon."""
    if by is None:
        day = (scenario.deadline.date - scenario.as_of).days if scenario.deadline is not None else -1
        return (day,) if 0 < day < horizon else ()
    asked: Iterable[Any] = [by] if isinstance(by, (str, int, dt.date, np.integer)) else list(by)
    days, problems = [], []
    last = scenario.as_of + dt.timedelta(days=horizon)
    for one in asked:
        try:
            if isinstance(one, (int, np.integer)) and not isinstance(one, bool):
                day = int(one)
            else:
                date = one.date() if isinstance(one, dt.datetime) else one
                day = ((date if isinstance(date, dt.date) else dt.date.fromisoformat(str(date))) - scenario.as_of).days
        except ValueError:
            problems.append(Problem("by", repr(one), "a date (YYYY-MM-DD) or whole days from as_of"))
            continue
        if 0 <= day <= horizon:
            days.append(day)
        else:
            problems.append(Problem("by", repr(str(one)), f"from {scenario.as_of} to {last} (0 to {horizon} days)",
                                    "raise horizon_days" if day > horizon else ""))
    if problems:
        raise ScenarioError(problems)
    return tuple(sorted(set(days)))


def labels_of(scenario: Scenario, wanted: Wanted) -> dict[str, tuple[str, str]]:
    """Return key -> (label, unit) of everything counted."""
    from forecast.vocabulary import ENDING_LOOKS, ENDINGS

    out = {**{f"ends.{name}": (ENDING_LOOKS[name].label, "1") for name in ENDINGS},
           "deal": ("Deal (full or partial)", "1"),
           **{f"by.{day}": (f"Deal by {scenario.as_of + dt.timedelta(days=day)}", "1") for day in wanted.days},
           "next_round.held": ("Next round held within the horizon", "1"),
           "next_round.on_time": ("Next round held as planned", "1"),
           **{f"next_round.within_days.{day}": (f"Next round held within {day} days", "1") for day in wanted.within},
           "end_day": ("Days to the end, or to the horizon", "day"),
           "rounds_held": ("New rounds held", "1"),
           "next_round.day": ("Days to the next round, if held", "day")}
    if wanted.later:
        out["after.ratified"] = ("Deal that passes every vote by the horizon", "1")
        out["after.in_force"] = ("Deal in force and unbroken at the horizon", "1")
    if wanted.released:
        out["after.released"] = ("Share of the tranches released, expected", "1")
    for key in wanted.systems:
        out[f"downtime.{key}"] = (f"{scenario.systems[key].name or key}: days down before the end", "day")
    for key in wanted.issues:
        name, unit = scenario.issues[key].name or key, scenario.issues[key].unit or "1"
        out[f"settlement.{key}.closed"] = (f"{name}: closes", "1")
        out[f"settlement.{key}.mean"] = (f"{name}: mean if it closes", unit)
    return out


def _comparison(baseline: Scenario, other: Scenario, pair: Pair, wanted: Wanted, about: dict[str, Any]) -> Comparison:
    changes = changes_between(baseline, other)
    rows = differences(pair, wanted, labels_of(baseline, wanted))
    if baseline.next_round is None and other.next_round is None:
        rows = [row for row in rows if row.key != "next_round.on_time"]
    return Comparison(baseline=baseline, alternative=other, changes=changes, rows={row.key: row for row in rows},
                      prior_driven=what_moves(changes), notes=_notes(baseline, other), **about)


def _notes(one: Scenario, other: Scenario) -> list[str]:
    """Say what makes two scenarios hard to compare."""
    notes = []
    if one.as_of != other.as_of:
        notes.append(f"The two are as known on different days ({one.as_of}, {other.as_of}): days count from each.")
    if one.horizon_days != other.horizon_days:
        notes.append(f"The horizons differ ({one.horizon_days} and {other.horizon_days} days): so do the times.")
    if one.posterior != other.posterior:
        notes.append(f"Both were played with the posterior of the baseline ({one.posterior}).")
    if sorted(one.parties) != sorted(other.parties):
        notes.append("The two have different parties; luck is shared by those with the same id.")
    if (one.implementation is None) != (other.implementation is None):
        notes.append("Only one of the two has tranches to release: their share is not compared, and a deal of "
                     "the other cannot be broken.")
    return notes


def _is_dataset(value: object) -> bool:
    return hasattr(value, "data_vars") and hasattr(value, "attrs")


def _compare_outcomes(one: Any, other: Any, by: Any) -> Comparison:
    """Compare two outcomes kept trial by trial."""
    import json

    from forecast.scenario import Scenario
    from forecast.vocabulary import check_dataset

    if not (_is_dataset(one) and _is_dataset(other)):
        raise StoreError([Problem("compare", "an outcome and a scenario", "two outcomes, or two scenarios")])
    problems = []
    for name, outcome in (("baseline", one), ("alternative", other)):
        check_dataset(outcome)
        if "ending" not in outcome.data_vars:
            problems.append(Problem(name, "counts (keep='reduced')", "outcomes with keep='trials'",
                                    "compare the scenarios instead: no trials need to be kept then"))
    for key in ("seed", "draws", "trials", "posterior_hash"):
        if one.attrs[key] != other.attrs[key]:
            problems.append(Problem(key, f"{one.attrs[key]} and {other.attrs[key]}", "the same in both outcomes",
                                    "only trials that share their luck can be paired"))
    if problems:
        raise StoreError(problems, "compare")
    scenarios = [Scenario.from_dict(json.loads(outcome.attrs["scenario"])) for outcome in (one, other)]
    wanted = wanted_of(scenarios, by)
    draws, trials = int(one.attrs["draws"]), int(one.attrs["trials"])
    pair = Pair.empty(wanted, draws, trials)
    views = [_view(outcome, wanted) for outcome in (one, other)]
    a, b = ((view.events(wanted), *view.quantities(wanted)) for view in views)
    pair.add(slice(0, draws), a, b)
    about = {"seed": int(one.attrs["seed"]), "draws": draws, "trials": trials,
             "posterior_hash": str(one.attrs["posterior_hash"]), "posterior_kind": str(one.attrs["posterior_kind"])}
    return _comparison(scenarios[0], scenarios[1], pair, wanted, about)


def _view(outcome: Any, wanted: Wanted) -> View:
    def flat(name: str) -> Any:
        return outcome[name].values.reshape(-1)

    def of_issue(name: str) -> dict[str, Any]:
        return {issue: outcome[name].sel(issue=issue).values.reshape(-1) for issue in wanted.issues}

    deal = flat("ending") <= max(DEAL_CODES)

    return View(flat("ending"), flat("end_day"), flat("next_round_day"), flat("next_round_on_time"),
                flat("rounds_held"), of_issue("issue_closed"), of_issue("settlement"),
                {system: outcome["downtime_days"].sel(system=system).values.reshape(-1) for system in wanted.systems},
                flat("ratified") == 1 if "ratified" in outcome else deal,
                flat("in_force") == 1 if "in_force" in outcome else deal,
                flat("tranche_released") if "tranche_released" in outcome else None)
