"""Play the cells of a sweep: what runs on every worker."""

from __future__ import annotations

import functools
import json
import platform
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecast.sweep.statistics import Layout, statistics_row

if TYPE_CHECKING:
    from forecast.engine.arrays import PosteriorArrays
    from forecast.scenario import Scenario

#: Contexts kept by a worker; a worker of a shared cluster may serve several sweeps.
_MOST_CONTEXTS = 4
#: What a task returns when its worker has not seen the context yet.
NEEDED = "context needed"


@dataclass(frozen=True, eq=False)
class Context:
    """What all cells of a sweep share. Sent to each worker once.

    Parameters
    ----------
    digest : str
        Names the content.
    scenarios : tuple of str
        The scenarios swept, as JSON.
    posteriors : dict of str to PosteriorArrays
        By what :func:`posterior_key` returns.
    draws, trials, seed : int
    layout : Layout
    versions : dict of str to str
        Those of the client; a worker with others refuses.
    """

    digest: str
    scenarios: tuple[str, ...]
    posteriors: dict[str, PosteriorArrays]
    draws: int
    trials: int
    seed: int
    layout: Layout
    versions: dict[str, str]
    _read: dict[int, Scenario] = field(default_factory=dict, repr=False)

    def scenario(self, number: int) -> Scenario:
        """Return one of the scenarios, read once."""
        if number not in self._read:
            from forecast.scenario import Scenario

            self._read[number] = Scenario.from_dict(json.loads(self.scenarios[number]))
        return self._read[number]


@dataclass(frozen=True)
class Played:
    """Results of some cells.

    Parameters
    ----------
    rows : ndarray of float64, shape (cell, layout.width)
        NaN in failed cells.
    errors : dict of int to str
        Position of a failed cell -> JSON with ``type`` and ``message``.
    """

    rows: NDArray
    errors: dict[int, str]


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions that shape the numbers, by name: those that this process has loaded."""
    import numba

    from forecast import __version__
    from forecast.engine.bridge import source_hash

    return {"negotiation-forecast": __version__, "kernels": source_hash(), "python": platform.python_version(),
            "numpy": np.__version__, "numba": numba.__version__}


def posterior_key(scenario: Scenario) -> str:
    """Return what a scenario's posterior is found under: its choice, and its name where the choice depends on it."""
    return f"auto/{scenario.name}" if scenario.posterior == "auto" else str(scenario.posterior)


def play_cell(context: Context, number: int, settings: dict[str, Any]) -> NDArray:
    """Play one cell on this thread.

    Parameters
    ----------
    context : Context
    number : int
        Which of the scenarios.
    settings : dict
        Paths and values of the cell.

    Returns
    -------
    ndarray of float64, shape (layout.width,)

    Raises
    ------
    ScenarioError
        If the settings make no valid scenario, or too many trials run out of room.
    """
    from forecast.engine.cells import count_all, prepare
    from forecast.engine.run import _settlement_classes, check_overflow
    from forecast.scenario import resolve

    scenario = context.scenario(number)
    if settings:
        scenario = resolve(scenario.replace_all(settings))
    posteriors = context.posteriors
    arrays = posteriors.get(posterior_key(scenario)) or next(iter(posteriors.values()))
    ready = prepare(scenario, arrays, trials=context.trials, seed=context.seed)
    low, width = _settlement_classes(ready.packed)
    counts, later = count_all(ready, context.trials, low, width)
    check_overflow(int(counts.overflow[0]), context.draws * context.trials)
    return statistics_row(ready, counts, later, context.layout, trials=context.trials,
                          planned=scenario.next_round is not None, low=low, width=width)


def play_cells(context: Context, cells: list[tuple[int, dict[str, Any]]]) -> Played:
    """Play cells one after another; one that fails is recorded and does not stop the others.

    Parameters
    ----------
    context : Context
    cells : list of (number of the scenario, settings)

    Returns
    -------
    Played
    """
    rows = np.full((len(cells), context.layout.width), np.nan)
    errors = {}
    for i, (number, settings) in enumerate(cells):
        try:
            rows[i] = play_cell(context, number, settings)
        except MemoryError:
            raise  # the machine's trouble, not the cell's
        except Exception as error:
            errors[i] = json.dumps({"type": type(error).__name__, "message": str(error)}, ensure_ascii=False)
    return Played(rows, errors)


_contexts: OrderedDict[str, Context] = OrderedDict()
_lock = threading.Lock()


def register(context: Context) -> None:
    """Keep a context in this process, in place of the one used longest ago."""
    with _lock:
        _contexts[context.digest] = context
        _contexts.move_to_end(context.digest)
        while len(_contexts) > _MOST_CONTEXTS:
            _contexts.popitem(last=False)


def forget(digest: str) -> None:
    """Drop a context from this process."""
    with _lock:
        _contexts.pop(digest, None)


def run_task(digest: str, context: Context | None, cells: list[tuple[int, dict[str, Any]]]) -> Played | str:
    """Play the cells of one task on a worker.

    Parameters
    ----------
    digest : str
        Which context.
    context : Context or None
        None where the worker should have it already.
    cells : list
        As for :func:`play_cells`.

    Returns
    -------
    Played, or :data:`NEEDED` when the context is not here.

    Raises
    ------
    RuntimeError
        If this worker has other versions than the client: its numbers could differ.
    """
    if context is None:
        with _lock:
            context = _contexts.get(digest)
        if context is None:
            return NEEDED
    else:
        here = versions()
        differ = [f"{name} {here.get(name)} here, {there} at the client" for name, there in context.versions.items()
                  if here.get(name) != there]
        if differ:
            raise RuntimeError(f"the worker {platform.node()} has other versions: {'; '.join(differ)}; "
                               "install the same ones, results are compared to the last bit")
        register(context)
    return play_cells(context, cells)
