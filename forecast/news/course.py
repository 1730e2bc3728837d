"""How a forecast moved with the news: probabilities after every item, on common seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.errors import NewsError, Problem
from forecast.news.append import update
from forecast.news.read import read_news
from forecast.news.retrace import Step
from forecast.vocabulary import DEALS, ENDINGS

if TYPE_CHECKING:
    import os

    import xarray as xr

    from forecast.scenario import Scenario
    from forecast.summary import Summary

STATISTICS = ("p", "low", "high", "mc_error")
#: What a path follows besides the endings.
EVENTS = ("deal", "next_held")


def history(scenario: Scenario | str, news: str | os.PathLike | Iterable[Any] | None = None, *, posterior: Any = None,
            draws: int = 400, trials: int = 250, seed: int | None = None, threads: int | None = None,
            last: int | None = None, progress: Callable[[int, int], None] | None = None) -> xr.Dataset:
    """Forecast before the news and after every item of them.

    Parameters
    ----------
    scenario : Scenario or str
        The talks as known before the news.
    news : path or iterable, optional
        As for `forecast.update`. None: go back over the history of the scenario itself, from before its first item to
        its as-of date.
    posterior, draws, trials, seed, threads
        As for `forecast.simulate`; every step uses the same seed, so that what moves between two steps is what the
        item says and not luck.
    last : int, optional
        Follow the last so many items only; those before them are known from the first step on.
    progress : callable, optional
        Called with (steps done, steps in all).

    Returns
    -------
    xr.Dataset
        Dims ``step`` (0 = before the news, then one an item in order of date) and ``quantity`` (every ending, `deal`,
        `next_held`). Variables ``p, low, high, mc_error`` (probability and its 90% interval), ``moved`` (change of p
        by the item, and by the silence before it) with ``moved_mc_error`` (an upper bound, as the steps share their
        luck; errors are over the draws that the history leaves), ``date``, ``item`` (in words),
        ``ess_draws`` and ``ess_trials``.

    Raises
    ------
    NewsError
        As `forecast.update`; or if there are no news and the scenario has no history.

    Examples
    --------
    >>> from forecast.scenario import Scenario
    >>> talks = Scenario.from_dict({"parties": ["a", "b"], "as_of": "2026-06-01", "domain": "trade"})
    >>> news = [{"date": "2026-06-10", "type": "attempt", "status": "held", "start": "2026-06-10"}]
    >>> path = history(talks, news, posterior="prior", draws=20, trials=20, seed=1)
    >>> path.sizes["step"], str(path["item"].values[1])
    (2, 'round held')
    """
    import secrets

    from forecast.news.retrace import before_words, retraced
    from forecast.scenario import load_scenario

    if not hasattr(scenario, "history"):
        scenario = load_scenario(scenario)
    if last is not None and last < 1:
        raise NewsError([Problem("last", str(last), "at least 1")], scenario.name)
    if news is None:
        if not scenario.history:
            raise NewsError([Problem("history", "no items", "dated items", "give news, or a scenario with a history")],
                            scenario.name)
        steps = retraced(scenario, last)
    else:
        lines, _ = read_news(news)
        whole = update(scenario, news)  # every problem of the news at once, before anything is played
        every = _steps(scenario, [data for _, data in lines], whole)
        steps = every if last is None else every[-last - 1:]
        if len(steps) < len(every):
            steps[0] = steps[0]._replace(words=before_words(len(every) - last - 1))
    return follow(steps, posterior=posterior, draws=draws, trials=trials, threads=threads, progress=progress,
                  seed=secrets.randbits(63) if seed is None else seed)


def follow(steps: list[Step], *, posterior: Any, draws: int, trials: int, seed: int, threads: int | None = None,
           progress: Callable[[int, int], None] | None = None, end: Summary | None = None) -> xr.Dataset:
    """Forecast every step of the way, on one seed.

    Parameters
    ----------
    steps : list of Step
    posterior, draws, trials, seed, threads, progress
        As for `history`.
    end : Summary, optional
        The forecast of the last step, when it is known already: its numbers are taken as they are, so that a report
        says the same in two places.

    Returns
    -------
    xr.Dataset
        As `history`.
    """
    import xarray as xr

    from forecast.engine import simulate
    from forecast.posterior import as_posterior
    from forecast.scenario import resolve

    whole = resolve(steps[-1].scenario)
    posterior = as_posterior(posterior, whole)
    rows, effective = [], []
    for i, step in enumerate(steps):
        if end is not None and i == len(steps) - 1:
            ess = end.provenance.get("ess") or {}
            rows.append(_stated(end))
            effective.append((ess.get("draws", np.nan), ess.get("trials", np.nan)))
        elif _over(step.scenario):
            rows.append(_ended(step.scenario))
            effective.append((1.0, 1.0))
        else:
            outcome = simulate(step.scenario, posterior, draws=draws, trials=trials, seed=seed, threads=threads)
            rows.append(_row(outcome))
            effective.append((outcome.attrs["ess_draws"], outcome.attrs["ess_trials"]))
        if progress is not None:
            progress(i + 1, len(steps))
    table = np.array(rows)  # (step, quantity, statistic)
    moved, noise = np.full(table.shape[:2], np.nan), np.full(table.shape[:2], np.nan)
    moved[1:] = np.diff(table[:, :, 0], axis=0)
    noise[1:] = np.hypot(table[1:, :, 3], table[:-1, :, 3])
    by = ("step", "quantity")
    return xr.Dataset(
        {**{name: (by, table[:, :, i]) for i, name in enumerate(STATISTICS)},
         "moved": (by, moved), "moved_mc_error": (by, noise),
         "date": ("step", np.array([str(step.date) for step in steps])),
         "item": ("step", np.array([step.words for step in steps])),
         "ess_draws": ("step", np.array([one for one, _ in effective])),
         "ess_trials": ("step", np.array([two for _, two in effective]))},
        {"quantity": [*ENDINGS, *EVENTS], "step": np.arange(len(steps))},
        {"scenario": whole.name, "title": whole.title, "horizon": whole.horizon.isoformat(), "seed": seed,
         "draws": draws, "trials": trials, "posterior_hash": str(posterior.attrs.get("content_hash", "")),
         "posterior_kind": str(posterior.attrs.get("kind", ""))})


def is_path(made: Any) -> bool:
    """Say whether a dataset is one that `history` made."""
    return {"p", "moved", "item"} <= set(getattr(made, "data_vars", ())) and {"step", "quantity"} <= set(made.dims)


def _steps(scenario: Scenario, items: list[Any], whole: Scenario) -> list[Step]:
    """Return the states before the news and after each new item, in the order of the history."""
    known = {item.model_dump_json() for item in scenario.history}
    fresh = [item for item in whole.history if item.model_dump_json() not in known]
    listed = [item for item in fresh if any(_same(item, data) for data in items)]
    steps = [Step(scenario.as_of, "before the news", scenario)]
    for count in range(1, len(listed) + 1):
        part = listed[:count]
        steps.append(Step(part[-1].date, words_of(part[-1], whole), update(scenario, part, as_of=max(
            scenario.as_of, max(item.date for item in part)))))
    return steps


def _same(item: Any, data: Any) -> bool:
    """Say whether an item of the history is the one that was given (as a mapping)."""
    return str(data.get("date")) == str(item.date) and data.get("type") == item.type


def words_of(item: Any, scenario: Scenario | None = None) -> str:
    """Return an item of a history in a few words, with the names of the scenario where it is given.

    Examples
    --------
    >>> from forecast.scenario.history import Plan
    >>> words_of(Plan.model_validate({"date": "2026-06-01", "type": "plan", "planned": "2026-06-09"}))
    'round planned for 2026-06-09'
    """
    def party(key: str) -> str:
        return (scenario.parties[key].name if scenario is not None else "") or key

    if item.type == "attempt":
        absent = f", without the principal of {' and '.join(map(party, item.absent))}" if item.absent else ""
        return f"round {item.status}{absent}"
    if item.type == "disruption":
        return f"{item.kind.replace('_', ' ')}, severity {item.severity}"
    if item.type == "offer":
        issue = scenario.issues[item.issue] if scenario is not None else None
        what, unit = (issue.name, f" {issue.unit}" if issue.unit else "") if issue is not None else ("", "")
        return f"{party(item.party)} offers {item.value:g}{unit}: {what or item.issue.replace('_', ' ')}"
    if item.type == "plan":
        return f"round planned for {item.planned}"
    if item.type == "deadline":
        return f"deadline set for {item.deadline}"
    if item.type == "attendance":
        what = {True: "expected", False: "not expected", None: "uncertain"}[item.present]
        return f"principal of {party(item.party)} {what}"
    return f"talks end: {item.ending}"


def _over(scenario: Scenario) -> bool:
    return any(item.type == "end" for item in scenario.history)


def _ended(scenario: Scenario) -> list[tuple[float, float, float, float]]:
    """Return certainty: the talks have ended."""
    ending = next(item.ending for item in scenario.history if item.type == "end")
    sure = [float(name == ending) for name in ENDINGS] + [float(ending in DEALS), 0.0]
    return [(p, p, p, 0.0) for p in sure]


def _row(outcome: xr.Dataset) -> list[tuple[float, float, float, float]]:
    """Return probability, interval and error of every quantity."""
    from forecast.summary import estimate
    from forecast.summary.widened import widened

    ending, trials = outcome["ending"].values, outcome.sizes["trial"]
    shares = [(ending == code).mean(axis=1) for code in range(len(ENDINGS))]
    shares.append((ending < len(DEALS)).mean(axis=1))
    shares.append((outcome["next_round_day"].values >= 0).mean(axis=1))
    # The history leaves fewer draws than were played: an error over independent draws would promise too much.
    factor = float(outcome.attrs["ess_draws"]) ** -0.5
    made = [widened(estimate(share, trials), factor) for share in shares]
    return [(one.p, one.low, one.high, one.mc_error) for one in made]


def _stated(end: Summary) -> list[tuple[float, float, float, float]]:
    """Return the same of a forecast that is known already."""
    made = [*(end.ends[name] for name in ENDINGS), end.deal, end.next_round.held]
    return [(one.p, one.low, one.high, one.mc_error) for one in made]
