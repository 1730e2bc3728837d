"""How a forecast moved with the news: probabilities after every item, on common seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.news.read import read_news
from forecast.news.append import update
from forecast.vocabulary import DEALS, ENDINGS

if TYPE_CHECKING:
    import os

    import xarray as xr

    from forecast.scenario import Scenario

STATISTICS = ("p", "low", "high", "mc_error")
#: What a path follows besides the endings.
EVENTS = ("deal", "next_held")


def history(scenario: Scenario | str, news: str | os.PathLike | Iterable[Any], *, posterior: Any = None,
            draws: int = 400, trials: int = 250, seed: int | None = None, threads: int | None = None,
            progress: Callable[[int, int], None] | None = None) -> xr.Dataset:
    """Forecast before the news and after every item of them.

    Parameters
    ----------
    scenario : Scenario or str
        The talks as known before the news.
    news : path or iterable
        As for `forecast.update`.
    posterior, draws, trials, seed, threads
        As for `forecast.simulate`; every step uses the same seed, so that what moves between two steps is what the
        item says and not luck.
    progress : callable, optional
        Called with (steps done, steps in all).

    Returns
    -------
    xr.Dataset
        Dims ``step`` (0 = before the news, then one an item in order of date) and ``quantity`` (every ending, `deal`,
        `next_held`). Variables ``p, low, high, mc_error`` (probability and its 90% interval), ``moved`` (change of p
        by the item) with ``moved_mc_error``, ``date``, ``item`` (in words), ``ess_draws`` and ``ess_trials``.

    Raises
    ------
    NewsError
        As `forecast.update`.

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

    import xarray as xr

    from forecast.engine import simulate
    from forecast.scenario import load_scenario

    if not hasattr(scenario, "history"):
        scenario = load_scenario(scenario)
    lines, _ = read_news(news)
    whole = update(scenario, news)  # every problem of the news at once, before anything is played
    steps = _steps(scenario, [data for _, data in lines], whole)
    seed = secrets.randbits(63) if seed is None else seed
    rows, effective = [], []
    for i, (_, _, state) in enumerate(steps):
        outcome = None if _over(state) else simulate(
            state, posterior, draws=draws, trials=trials, seed=seed, threads=threads)
        rows.append(_ended(state) if outcome is None else _row(outcome))
        effective.append((1.0, 1.0) if outcome is None else (outcome.attrs["ess_draws"], outcome.attrs["ess_trials"]))
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
         "date": ("step", np.array([str(date) for date, _, _ in steps])),
         "item": ("step", np.array([text for _, text, _ in steps])),
         "ess_draws": ("step", np.array([one for one, _ in effective])),
         "ess_trials": ("step", np.array([two for _, two in effective]))},
        {"quantity": [*ENDINGS, *EVENTS], "step": np.arange(len(steps))},
        {"scenario": scenario.name, "seed": seed, "draws": draws, "trials": trials})


def _steps(scenario: Scenario, items: list[Any], whole: Scenario) -> list[tuple[Any, str, Scenario]]:
    """Return (date, words, scenario) before the news and after each new item, in the order of the history."""
    known = {item.model_dump_json() for item in scenario.history}
    fresh = [item for item in whole.history if item.model_dump_json() not in known]
    listed = [item for item in fresh if any(_same(item, data) for data in items)]
    steps = [(scenario.as_of, "before the news", scenario)]
    for count in range(1, len(listed) + 1):
        part = listed[:count]
        steps.append((part[-1].date, words_of(part[-1]), update(scenario, part, as_of=max(
            scenario.as_of, max(item.date for item in part)))))
    return steps


def _same(item: Any, data: Any) -> bool:
    """Say whether an item of the history is the one that was given (as a mapping)."""
    return str(data.get("date")) == str(item.date) and data.get("type") == item.type


def words_of(item: Any) -> str:
    """Return an item of a history in a few words.

    Examples
    --------
    >>> from forecast.scenario.history import Plan
    >>> words_of(Plan.model_validate({"date": "2026-06-01", "type": "plan", "planned": "2026-06-09"}))
    'round planned for 2026-06-09'
    """
    if item.type == "attempt":
        absent = f", without the principal of {' and '.join(item.absent)}" if item.absent else ""
        return f"round {item.status}{absent}"
    if item.type == "disruption":
        return f"{item.kind.replace('_', ' ')}, severity {item.severity}"
    if item.type == "offer":
        return f"{item.party} offers {item.value:g} on {item.issue.replace('_', ' ')}"
    if item.type == "plan":
        return f"round planned for {item.planned}"
    if item.type == "deadline":
        return f"deadline set for {item.deadline}"
    if item.type == "attendance":
        what = {True: "expected", False: "not expected", None: "uncertain"}[item.present]
        return f"principal of {item.party} {what}"
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

    ending, trials = outcome["ending"].values, outcome.sizes["trial"]
    shares = [(ending == code).mean(axis=1) for code in range(len(ENDINGS))]
    shares.append((ending < len(DEALS)).mean(axis=1))
    shares.append((outcome["next_round_day"].values >= 0).mean(axis=1))
    made = [estimate(share, trials) for share in shares]
    return [(one.p, one.low, one.high, one.mc_error) for one in made]
