"""Run a sweep: the public `sweep`, from plan to labelled result."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecast.sweep.blocks import Blocks, cells_per_task, tasks_of
from forecast.sweep.cell import Context, Played, posterior_key, versions
from forecast.sweep.executor import run_all, workers_of
from forecast.posterior.load import as_posterior
from forecast.sweep.inputs import check_numbers
from forecast.sweep.labelled import DONE, FAILED, OPEN, as_dataset, cell_variables, further_coords, variables_about
from forecast.sweep.labels import what_moves
from forecast.sweep.plan import Plan, make_plan

if TYPE_CHECKING:
    import xarray as xr

    from forecast.sweep.store import SweepStore

#: Seconds after which a block that is not yet whole is written too: at most this much work is lost.
CHECKPOINT_SECONDS = 10.0
#: Below this many trials a cell, threads only wait for each other's Python.
_WORTH_A_THREAD = 20_000


def sweep(
    scenario: Any,
    levers: Mapping[str, Any] | None = None,
    uncertainties: Mapping[str, Any] | None = None,
    *,
    draws: int = 200,
    trials: int = 100,
    seed: int | None = None,
    posterior: xr.DataTree | str | os.PathLike[str] | None = None,
    by: Any = None,
    design: str | None = None,
    samples: int | None = None,
    executor: Any = None,
    store: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> xr.Dataset:
    """Forecast every combination of levers, under every sample of the uncertainties, all on the same luck.

    Parameters
    ----------
    scenario : Scenario, name or path, or a list of them
        Several give the dim ``scenario``.
    levers : mapping, optional
        What someone can choose. Name -> levels: a list of values under the path of a field
        (``{"parties.iran.present": [True, False]}``), ``{low, high, count}`` or ``{low, high, step}``, a mapping from
        labels to values, or, under a name of your own, a mapping from labels to settings
        (``{"substitute": {"delegate": {"parties.iran.without_principal": "delegate"}, ...}}``).
    uncertainties : mapping, optional
        What nobody can. Levels as above, or a distribution of a field: a belief (``{normal: {mean, sd}}``),
        ``{low, high}``, or an object with ``ppf``.
    draws, trials : int
        Rows of the posterior, and trials under each, of every cell.
    seed : int, optional
        None takes fresh entropy, or that of the `store` to go on from. All cells share it: differences between them
        are differences on the same luck.
    posterior : xr.DataTree, str or path, optional
        For all cells; None: the one that each scenario asks for (``posterior`` may itself be a lever).
    by : date, str, int or a list of them, optional
        Dates, or whole days from as_of, for the probability of a deal by then; None: the deadline.
    design : {"grid", "lhs", "sobol", "saltelli", "random"}, optional
        How uncertainties are taken: crossed, or sampled together along the dim ``sample``. None: "grid" if all have
        levels, else "lhs".
    samples : int, optional
        Samples, 128 by default; groups of ``uncertainties + 2`` with "saltelli".
    executor : object with ``submit``, optional
        Threads, processes, a Dask client: results do not depend on it, nor on how many workers it has.
    store : path, optional
        Folder of a Zarr store that results are streamed to, and that an interrupted sweep goes on from.
    threads : int, optional
        Threads of this process when there is no executor.
    progress : callable, optional
        Called with (cells done, cells in all).

    Returns
    -------
    xr.Dataset
        Dims named like the levers (and uncertainties with levels), then ``sample``. Per cell ``ends, deal, deal_by,
        next_round_held, next_round_on_time, issue_closed, end_day, rounds_held, time_to_end, time_to_deal,
        next_round_day, settlement_mean, settlement_p50``, each also as ``_low``, ``_high``, ``_mc_error``; and
        ``status`` and ``error``: a cell that failed is recorded and does not stop the others.

    Raises
    ------
    ScenarioError
        If a scenario, lever, path, number or the memory it would take cannot be used.
    PosteriorError
        If a posterior cannot be used.
    StoreError
        If the store holds something else, another sweep, or is damaged.

    Examples
    --------
    >>> made = sweep("us_iran_final_2026", {"parties.iran.present": [True, False]}, draws=20, trials=20, seed=1)
    >>> made["deal"].dims, made["deal"].shape
    (('parties.iran.present',), (2,))
    >>> bool(made["next_round_on_time"].sel({"parties.iran.present": True}) > 0)
    True
    """
    if store is not None and seed is None:
        seed = _seed_of(store)
    seed = check_numbers("sweep", draws=draws, trials=trials, seed=seed, threads=threads)
    plan = make_plan(scenario, levers, uncertainties, draws=draws, trials=trials, seed=seed, by=by, design=design,
                     samples=samples)
    return run_plan(plan, posterior=posterior, executor=executor, store=store, threads=threads, progress=progress)


def run_plan(plan: Plan, *, posterior: Any = None, executor: Any = None, store: str | os.PathLike[str] | None = None,
             threads: int | None = None, progress: Callable[[int, int], None] | None = None) -> xr.Dataset:
    """Run a plan; see :func:`sweep`.

    Parameters
    ----------
    plan : Plan
    posterior, executor, store, threads, progress
        As for :func:`sweep`.

    Returns
    -------
    xr.Dataset
    """
    from forecast.engine.threads import available_threads

    context = context_of(plan, posterior)
    if threads is None:
        threads = available_threads() if plan.draws * plan.trials >= _WORTH_A_THREAD else 1
    attrs = _attrs(plan, context)
    if store is None:
        target: _Memory | _Stored = _Memory(plan)
        _play(plan, context, target, executor, threads, progress)
        return target.dataset(attrs)
    from forecast.sweep.store import SweepStore, open_sweep

    manifest = manifest_of(plan, context, attrs)
    opened = SweepStore.create_or_resume(store, plan, manifest)
    with opened.lock():
        _play(plan, context, _Stored(opened), executor, threads, progress)
    return open_sweep(store)


def _seed_of(store: str | os.PathLike[str]) -> int | None:
    """Return the seed a store was begun with, if it was."""
    from forecast.sweep.store import read_manifest

    path = Path(store)
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return None
    return int(read_manifest(path)["plan"]["seed"])


def context_of(plan: Plan, posterior: Any = None) -> Context:
    """Return what all cells share: scenarios, rows of the posteriors they ask for, numbers, versions.

    Raises
    ------
    PosteriorError
        If a posterior cannot be used.
    ScenarioError
        If it has fewer rows than draws are asked for.
    """
    from forecast.engine.arrays import PosteriorArrays

    choices = {settings["posterior"] for axis in plan.axes for _, settings in axis.levels if "posterior" in settings}
    arrays: dict[str, PosteriorArrays] = {}
    read: dict[str, PosteriorArrays] = {}
    for scenario in plan.scenarios:
        asked = [scenario, *(scenario.replace("posterior", choice) for choice in sorted(choices, key=str))]
        for one in asked:
            key = posterior_key(one)
            if key not in arrays:
                tree = as_posterior(posterior, one)
                name = str(tree.attrs["content_hash"])
                if name not in read:
                    read[name] = PosteriorArrays.of(tree, plan.draws)
                arrays[key] = read[name]
    texts = tuple(json.dumps(scenario.to_dict(full=True), sort_keys=True) for scenario in plan.scenarios)
    about = versions()
    digest = hashlib.sha256(json.dumps([
        texts, sorted((key, one.attrs["content_hash"]) for key, one in arrays.items()), plan.draws, plan.trials,
        plan.seed, plan.days, about], sort_keys=True, default=str).encode()).hexdigest()
    return Context(digest, texts, arrays, plan.draws, plan.trials, plan.seed, plan.layout, about)


def manifest_of(plan: Plan, context: Context, attrs: dict[str, Any]) -> dict[str, Any]:
    """Return what the results of a plan follow from, and the hash of it."""
    made: dict[str, Any] = {
        "plan": json.loads(json.dumps(plan.to_dict(), default=str)),
        "posteriors": {key: str(one.attrs["content_hash"]) for key, one in sorted(context.posteriors.items())},
        "versions": context.versions}
    text = json.dumps(made, sort_keys=True)
    return {"plan_hash": hashlib.sha256(text.encode()).hexdigest(), **made, "attrs": attrs}


def _attrs(plan: Plan, context: Context) -> dict[str, Any]:
    """Return the attributes of the result: enough to make the same numbers again."""
    moved = {item.name: [part.reason for part in what_moves(item.paths)] for item in plan.items}
    kinds = sorted({str(one.attrs["kind"]) for one in context.posteriors.values()})
    return {
        "Conventions": "negotiation-forecast sweep 1", "seed": plan.seed, "draws": plan.draws, "trials": plan.trials,
        "design": plan.design, "samples": plan.samples, "scenarios": json.dumps([one.name for one in plan.scenarios]),
        "scenario": context.scenarios[0], "titles": json.dumps([one.title for one in plan.scenarios]),
        "plan": json.dumps(plan.to_dict(), sort_keys=True, default=str),
        "prior_driven": json.dumps({name: reasons for name, reasons in moved.items() if reasons}),
        "posterior_hash": ",".join(sorted({str(one.attrs["content_hash"]) for one in context.posteriors.values()})),
        "posterior_kind": ",".join(kinds), "versions": json.dumps(context.versions, sort_keys=True),
    }


class _Memory:
    """Results kept in this process."""

    def __init__(self, plan: Plan) -> None:
        from forecast.engine.run import check_memory
        self.plan = plan
        check_memory(2 * 8 * plan.layout.width * plan.cells, "give a store, or take fewer levels")
        self.blocks = Blocks.of(plan.shape)
        self.rows = np.full((plan.cells, plan.layout.width), np.nan)
        self.errors: dict[int, str] = {}
        self.state = np.full(plan.cells, OPEN, np.int8)

    def status(self) -> NDArray:
        return self.state

    def put(self, number: int, first: int, made: Played) -> None:
        last = first + len(made.rows)
        self.rows[first:last] = made.rows
        self.state[first:last] = DONE
        for i, text in made.errors.items():
            self.errors[first + i], self.state[first + i] = text, FAILED

    def finish(self) -> None:
        pass

    def dataset(self, attrs: dict[str, Any]) -> xr.Dataset:
        plan = self.plan
        coords = {**plan.coords(), **further_coords(plan)}
        arrays: dict[str, Any] = dict(coords)
        places = {name: place for name, (_, _, place, _) in cell_variables(plan).items()}
        for name, (dims, shape, _, about) in variables_about(plan).items():
            if name == "error":
                values = np.array([self.errors.get(i, "") for i in range(plan.cells)], dtype=object)
            else:
                values = self.state if name == "status" else self.rows[:, places[name]]
            arrays[name] = (dims, np.ascontiguousarray(values).reshape(shape), about)
        return as_dataset(arrays, list(coords), attrs)


class _Stored:
    """Results gathered by block and written to a store."""

    def __init__(self, store: SweepStore) -> None:
        self.store, self.blocks = store, store.blocks
        self.gathered: dict[int, tuple[NDArray, list[str], NDArray]] = {}
        self.saved = time.monotonic()
        self._status = store.status()

    def status(self) -> NDArray:
        return self._status

    def put(self, number: int, first: int, made: Played) -> None:
        begin, end = self.blocks.range(number)
        if number not in self.gathered:
            if (self._status[begin:end] == OPEN).all():
                width = self.store.plan.layout.width
                self.gathered[number] = (np.full((end - begin, width), np.nan), [""] * (end - begin),
                                         np.full(end - begin, OPEN, np.int8))
            else:
                self.gathered[number] = self.store.read_block(number)
        rows, errors, status = self.gathered[number]
        at = first - begin
        rows[at:at + len(made.rows)] = made.rows
        status[at:at + len(made.rows)] = DONE
        for i, text in made.errors.items():
            errors[at + i], status[at + i] = text, FAILED
        if (status != OPEN).all():
            self._save(number)
            del self.gathered[number]
        elif time.monotonic() - self.saved > CHECKPOINT_SECONDS:
            self.finish()

    def _save(self, number: int) -> None:
        self.store.write(number, *self.gathered[number])

    def finish(self) -> None:
        """Write the blocks that are not whole yet."""
        for number in self.gathered:
            self._save(number)
        self.saved = time.monotonic()


def _play(plan: Plan, context: Context, target: _Memory | _Stored, executor: Any, threads: int,
          progress: Callable[[int, int], None] | None) -> None:
    """Play what is open and hand the results to the target."""
    done = target.status() != OPEN
    count, total = int(done.sum()), plan.cells
    if progress is not None:
        progress(count, total)

    def tasks() -> Iterator[tuple[tuple[int, int], list]]:
        workers = threads if executor is None else workers_of(executor) or 8
        size = cells_per_task(plan.draws, plan.trials, total - int(done.sum()), workers)
        for number, ranges in tasks_of(target.blocks, done, size):
            for first, last in ranges:
                yield (number, first), plan.cells_at(first, last)

    try:
        for (number, first), made in run_all(context, tasks(), executor, threads):
            target.put(number, first, made)
            count += len(made.rows)
            if progress is not None:
                progress(count, total)
    finally:
        # Also after Ctrl-C or a lost cluster: what has come back is not thrown away.
        target.finish()
