"""Play a game day: the calm run and the one with failures, on the same draws and the same luck."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from forecast.errors import Problem, ScenarioError
from forecast.gameday.effects import effects_of, on_time_difference, service_of
from forecast.gameday.injections import read_injections, with_systems
from forecast.gameday.result import GameDay
from forecast.posterior.load import as_posterior
from forecast.sweep.inputs import as_scenario, check_numbers

if TYPE_CHECKING:
    import xarray as xr

    from forecast.engine.cells import Ready
    from forecast.scenario import Scenario

#: Trials whose paths are in memory at a time, per thread.
_RANGE = 4096


class Hit(NamedTuple):
    """What became, trial by trial, of the first attempt made on or after the day of a failure."""

    number: np.ndarray  #: number of the attempt from as_of, from 0; -1 where there is none
    due: np.ndarray  #: its planned day
    on_time: np.ndarray  #: held on that day
    status: np.ndarray  #: codes of forecast.vocabulary.STATUS
    mode: np.ndarray
    wished: np.ndarray  #: mode before any retreat to another
    cause: np.ndarray
    back: np.ndarray  #: day of the first round held on or after the failure; -1 never


class Story(NamedTuple):
    """What is kept of the paths of one run."""

    hits: list[Hit]  #: per failure
    attempts: np.ndarray  #: attempts of each trial
    on_time: np.ndarray  #: those of them held on their planned day
    trouble: np.ndarray  #: (cell, system) attempts in trouble because of it
    downtime: np.ndarray  #: (cell, system) days


def gameday(
    scenario: Scenario | str | os.PathLike[str],
    injections: Any = None,
    posterior: xr.DataTree | str | os.PathLike[str] | None = None,
    *,
    by: Any = None,
    draws: int = 400,
    trials: int = 250,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> GameDay:
    """Inject failures on stated days and compare with the calm run.

    Parameters
    ----------
    scenario : Scenario, name or path
        The calm run is this scenario without any injected failure. Known systems that the failures hit are added
        to both runs where the scenario has none.
    injections : str, mapping, path, or a list of them, optional
        Added to those of the scenario: ``"certificate_expiry@2026-07-01"``, a mapping as under ``injections`` of a
        scenario file, or the path of a YAML script.
    posterior : xr.DataTree, str or path, optional
        None: the one the scenario asks for.
    by : date, str, int or a list of them, optional
        Dates or days from as_of for the probability of a deal by then.
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
    GameDay
        What broke, time to recovery, which attempt was saved by which mode, what the failures change, and the
        error budgets of the systems.

    Raises
    ------
    ScenarioError
        If the scenario, a failure or a number cannot be used, or there is no failure to inject.
    PosteriorError
        If the posterior cannot be used.

    Examples
    --------
    >>> made = gameday("us_iran_final_2026", "intrusion@2026-06-19", "prior", draws=40, trials=25, seed=1)
    >>> made.failures[0].on_time_change.value < 0
    True
    """
    from forecast.sweep.compare import compare_many

    calm, exercise, added = scenarios_of(as_scenario(scenario), read_injections(injections))
    seed = check_numbers("gameday", draws=draws, trials=trials, seed=seed, threads=threads)
    tree = as_posterior(posterior, calm)
    comparison = compare_many(calm, [exercise], tree, by=by, draws=draws, trials=trials, seed=seed, threads=threads,
                              progress=progress)[0]
    days = [exercise.day_of(one.date) for one in exercise.injections]
    stories = _stories((calm, exercise), tree, days, draws=draws, trials=trials, seed=seed, threads=threads)
    systems = tuple(sorted(key for key, system in exercise.systems.items() if system.needed))
    return GameDay(
        comparison=comparison, failures=effects_of(exercise, stories, days, draws),
        on_time=on_time_difference(*stories, draws), service=service_of(exercise, stories, systems, draws),
        added=tuple(added))


def scenarios_of(scenario: Scenario, extra: list[dict[str, Any]]) -> tuple[Scenario, Scenario, list[str]]:
    """Return the calm scenario, the one with failures, both resolved, and the systems that were added to both."""
    from forecast.scenario import resolve

    stated = [one.model_dump(mode="json", exclude_defaults=True) for one in scenario.injections]
    if not stated and not extra:
        raise ScenarioError([Problem("injections", "no failure to inject", "at least one: under injections of the "
                                     "scenario, or beside it", "such as certificate_expiry@YYYY-MM-DD")], scenario.name)
    base, added = with_systems(scenario, extra)
    calm = resolve(base.replace("injections", []))
    return calm, resolve(base.replace("injections", [*stated, *extra])), added


def _stories(scenarios: tuple[Scenario, Scenario], tree: xr.DataTree, days: list[int], *, draws: int, trials: int,
             seed: int, threads: int | None) -> tuple[Story, Story]:
    """Play both runs with their paths, range by range, and keep what is asked of them."""
    from forecast.engine.arrays import PosteriorArrays
    from forecast.engine.cells import prepare
    from forecast.engine.threads import available_threads, draw_ranges, in_order

    threads = threads or available_threads()
    arrays = PosteriorArrays.of(tree, draws)
    made = []
    for scenario in scenarios:
        ready = prepare(scenario, arrays, trials=trials, seed=seed, threads=threads)
        play = functools.partial(_part, ready, trials, days)
        with in_order(play, draw_ranges(draws, trials, _RANGE), threads, empty=(0, 0)) as played:
            made.append(_joined([part for _, part in played]))
    return made[0], made[1]


def _part(ready: Ready, trials: int, days: list[int], cells: tuple[int, int]) -> Story:
    from forecast.engine.bridge import play_batch
    from forecast.engine.buffers import new_log, new_out, new_memory

    case, (first, last) = ready.packed.case, cells
    out, log = new_out(case, last - first), new_log(case, last - first, events=0)
    play_batch(case, ready.packed.draws, first, last, trials, out, log, new_memory(case))
    attempt = log.attempt
    there = attempt["status"] >= 0
    held = attempt["status"] == 0
    on_time = held & (attempt["begins"] == attempt["day"])
    return Story([_hit(attempt, there, held, on_time, day) for day in days], there.sum(axis=1), on_time.sum(axis=1),
                 out.system_lost, out.downtime)


def _hit(attempt: np.ndarray, there: np.ndarray, held: np.ndarray, on_time: np.ndarray, day: int) -> Hit:
    after = there & (attempt["begins"] >= day)
    place = after.argmax(axis=1)
    rows = np.arange(len(attempt))
    some = after[rows, place]
    rounds = held & (attempt["begins"] >= day)
    first_round = rounds.argmax(axis=1)
    back = np.where(rounds[rows, first_round], attempt["begins"][rows, first_round], -1.0)
    one = attempt[rows, place]

    def codes(values: np.ndarray, dtype: type = np.int8) -> np.ndarray:
        return np.where(some, values, -1).astype(dtype)

    return Hit(codes(place), codes(one["day"], np.int16), codes(on_time[rows, place]), codes(one["status"]),
               codes(one["mode"]), codes(one["wished"]), codes(one["cause"]), np.minimum(back, 32_000).astype(np.int16))


def _joined(parts: list[Story]) -> Story:
    hits = [Hit(*(np.concatenate(arrays) for arrays in zip(*same, strict=True)))
            for same in zip(*(part.hits for part in parts), strict=True)]
    return Story(hits, *(np.concatenate([part[i] for part in parts]) for i in range(1, len(Story._fields))))
