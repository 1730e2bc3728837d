"""Run a forecast: the public `simulate`, and the threads that play ranges of trials."""

from __future__ import annotations

import math
import os
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np

from forecast.engine import aftermath
from forecast.engine.bridge import After, play_batch, tally_batch
from forecast.engine.buffers import bytes_per_cell, new_log, new_out, new_memory, new_tally, rows_of, tally_bytes
from forecast.engine.outcome import reduced_dataset, trials_dataset
from forecast.engine.packing import Packed, pack
from forecast.engine.packing_aftermath import pack_aftermath
from forecast.engine.arrays import PosteriorArrays
from forecast.engine.condition import bytes_for, condition
from forecast.engine.threads import RANGE, available_threads, cell_ranges, draw_ranges, draws_of, in_order
from forecast.errors import Problem, ScenarioError

if TYPE_CHECKING:
    import xarray as xr

    from forecast.scenario import Scenario

#: Seeds are stored as netCDF integers.
LARGEST_SEED = 2**63 - 1
#: More trials than this overflow the 32-bit counts of a draw.
MOST_TRIALS = 2**31 - 1
#: Share of trials that may run out of room (64 attempts, 256 events) before the forecast is refused.
OVERFLOW_LIMIT = 1e-4
Progress = Callable[[int, int], None]


def simulate(
    scenario: Scenario | str,
    posterior: xr.DataTree | str | os.PathLike | None = None,
    *,
    draws: int = 400,
    trials: int = 250,
    seed: int | None = None,
    keep: Literal["trials", "reduced"] = "trials",
    paths: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Simulate the talks of a scenario.

    Parameters
    ----------
    scenario : Scenario or str
        A scenario, or the name or path of one.
    posterior : xr.DataTree, str or path, optional
        Parameters of the law; None: the one the scenario asks for.
    draws : int, default 400
        Rows of the posterior to use, at most as many as it has: what we do not know.
    trials : int, default 250
        Possible courses of the talks under each draw: luck.
    seed : int, optional
        0 to 2^63 - 1; None takes fresh entropy. It is kept in the attributes either way.
    keep : {"trials", "reduced"}, default "trials"
        Keep every trial, or only counts (10^8 trials fit in well under 1 GB).
    paths : bool, default False
        Also keep attempts and events of every trial, where the parties stand after each attempt
        (``position``) and the mode of the session under way on each day (``mode_on_day``);
        ``keep="trials"`` only.
    threads : int, optional
        Threads to use; None: as many as this process may run on. Results do not depend on it.
    progress : callable, optional
        Called with (cells done, cells in all) after every part.

    Returns
    -------
    xr.Dataset
        Dims ``draw, trial, party, issue, kind`` (and ``attempt, event, day`` with paths), or counts by
        draw; every variable is explained in its attributes.

    Raises
    ------
    ScenarioError
        If the scenario, a number asked for or the memory it would take cannot be used.
    PosteriorError
        If the posterior cannot be used.

    Examples
    --------
    >>> outcome = simulate("us_iran_final_2026", "prior", draws=20, trials=50, seed=1)
    >>> dict(outcome["ending"].sizes)
    {'draw': 20, 'trial': 50}
    """
    from forecast.posterior import as_posterior
    from forecast.scenario import load_scenario, resolve

    if isinstance(scenario, (str, os.PathLike)):
        scenario = load_scenario(scenario)
    scenario = resolve(scenario)
    posterior = as_posterior(posterior, scenario)
    seed, threads = _check_request(draws, trials, seed, keep, paths, threads)
    draws, trials = int(draws), int(trials)  # a NumPy number would make kernels compile anew
    arrays = PosteriorArrays.of(posterior, draws)
    packed = pack(scenario, arrays, draws=draws, seed=seed)
    if packed.state.past or packed.state.offers:
        packed = on_history(packed, arrays, trials, threads)
    after = pack_aftermath(scenario)
    if keep == "reduced":
        low, width, tally, counts = _run_reduced(packed, after, draws, trials, threads, progress)
        outcome = reduced_dataset(scenario, posterior, packed, tally, low, width, trials=trials, seed=seed)
        return outcome if after is None else aftermath.with_counts(outcome, after, counts)
    out, log, result = run_trials(packed, after, draws, trials, threads, paths, progress)
    check_overflow(int(np.count_nonzero(out.trial["overflow"])), draws * trials)
    outcome = trials_dataset(scenario, posterior, packed, out, log, trials=trials, seed=seed)
    return outcome if after is None else aftermath.with_trials(outcome, after, result)


def on_history(packed: Packed, arrays: PosteriorArrays, trials: int, threads: int) -> Packed:
    """Let every cell start from draws and hidden facts that are weighed by the history of the talks."""
    check_memory(bytes_for(len(packed.draws.scalar), trials), "use fewer draws or trials: a history needs a start "
                 "state for each")
    given = condition(packed, arrays, trials=trials, threads=threads)
    return packed._replace(
        draws=packed.draws._replace(start=given.start), zopa_talks=packed.zopa_talks[given.chosen],
        zopa_used=packed.zopa_used[given.chosen], chosen=given.chosen, ess=(given.ess_draws, given.ess_trials))


def replay(packed: Packed, draw: int, trial: int, trials: int):
    """Play one trial alone, with its path.

    Parameters
    ----------
    packed : Packed
        As for the whole forecast.
    draw, trial : int
        Position of the trial.
    trials : int
        Trials per draw of the forecast it belongs to.

    Returns
    -------
    (Out, Log)
        Arrays of one row, bit-identical to the row of the whole forecast.
    """
    out, log = new_out(packed.case, 1), new_log(packed.case, 1)
    cell = draw * trials + trial
    play_batch(packed.case, packed.draws, cell, cell + 1, trials, out, log, new_memory(packed.case))
    return out, log


def _check_request(draws, trials, seed, keep, paths, threads) -> tuple[int, int]:
    """Check the numbers of a request; return the seed and the number of threads."""
    problems = []
    for name, value, most in (("draws", draws, 10**6), ("trials", trials, MOST_TRIALS)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 1 <= value <= most:
            problems.append(Problem(name, repr(value), f"a whole number from 1 to {most}"))
    if seed is None:
        seed = secrets.randbits(63)
    elif isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed <= LARGEST_SEED:
        problems.append(Problem("seed", repr(seed), "a whole number from 0 to 2^63 - 1, or None"))
    if threads is None:
        threads = available_threads()
    elif isinstance(threads, bool) or not isinstance(threads, (int, np.integer)) or not 1 <= threads <= 1024:
        problems.append(Problem("threads", repr(threads), "a whole number from 1 to 1024, or None"))
    if keep not in ("trials", "reduced"):
        problems.append(Problem("keep", repr(keep), "'trials' or 'reduced'"))
    elif keep == "reduced" and paths:
        problems.append(Problem("paths", "True with keep='reduced'", "paths only with keep='trials'"))
    if problems:
        raise ScenarioError(problems, "simulate")
    return int(seed), int(threads)


def available_bytes() -> int | None:
    """Return the memory that is free for use, or None where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


def check_memory(needed: int, fix: str) -> None:
    """Refuse a request that would not fit in memory before anything is allocated."""
    free = available_bytes()
    if free is not None and needed > free:
        raise ScenarioError([Problem("draws x trials", f"about {needed / 1e9:.1f} GB", f"at most {free / 1e9:.1f} GB "
                                     "of free memory", fix)], "simulate")


def run_trials(packed: Packed, after: After | None, draws: int, trials: int, threads: int, paths: bool,
               progress: Progress | None = None):
    """Play every cell into full arrays (outcomes, paths, what comes after a deal); trials may run out of room."""
    cells = draws * trials
    size = bytes_per_cell(packed.case, paths) + (aftermath.BYTES_PER_CELL if after is not None else 0)
    check_memory(cells * size, "use keep='reduced', or fewer draws or trials")
    out, log = new_out(packed.case, cells), new_log(packed.case, cells if paths else 0)
    result = aftermath.new_result(0 if after is None else cells)

    def play(task: tuple[int, int]) -> None:
        first, last = task
        rows, part = rows_of(log, first, last) if paths else log, rows_of(out, first, last)
        play_batch(packed.case, packed.draws, first, last, trials, part, rows, new_memory(packed.case))
        if after is not None:
            aftermath.play(packed, after, first, last, trials, part, result[first:last])

    with in_order(play, cell_ranges(cells, RANGE), threads, empty=(0, 0)) as played:
        for (_, last), _ in played:
            if progress is not None:
                progress(last, cells)
    return out, log, result


def _run_reduced(packed: Packed, after: After | None, draws: int, trials: int, threads: int,
                 progress: Progress | None):
    """Play every cell, keeping counts only."""
    check_memory(tally_bytes(packed.case, draws), "use fewer draws or a nearer horizon")
    low, width = _settlement_classes(packed)
    total, no_log = new_tally(packed.case, draws), new_log(packed.case, 0)
    counts = aftermath.new_counts(0 if after is None else draws, packed.case.horizon)

    def play(task: tuple[int, int]):
        first, last = task
        at = draws_of(task, trials)
        rows = at.stop - at.start
        part = new_tally(packed.case, rows)
        out = new_out(packed.case, last - first)
        play_batch(packed.case, packed.draws, first, last, trials, out, no_log, new_memory(packed.case))
        tally_batch(out, first, last, trials, low, width, part)
        if after is None:
            return part, None
        result = aftermath.new_result(last - first)
        aftermath.play(packed, after, first, last, trials, out, result)
        return part, aftermath.count(result, first, trials, rows, packed.case.horizon)

    with in_order(play, draw_ranges(draws, trials, RANGE), threads, empty=(0, 0)) as played:
        for task, (part, more) in played:
            at = draws_of(task, trials)
            for name, whole in total._asdict().items():
                if name == "overflow":
                    whole += part.overflow
                else:
                    whole[at] += getattr(part, name)
            if more is not None:
                aftermath.add(counts, more, at.start)
            if progress is not None:
                progress(task[1], draws * trials)
    check_overflow(int(total.overflow[0]), draws * trials)
    return low, width, total, counts


def _settlement_classes(packed: Packed) -> tuple[np.ndarray, np.ndarray]:
    """Return lower edge and width of the settlement classes: equal parts of the way between the openings."""
    from forecast.engine.buffers import SETTLEMENT_BINS

    case = packed.case
    opening, want = case.position["opening"], case.position["want"]
    low = np.where(want == -1, opening, np.inf).min(axis=1, initial=np.inf)
    high = np.where(want == 1, opening, -np.inf).max(axis=1, initial=-np.inf)
    return np.ascontiguousarray(low), np.ascontiguousarray((high - low) / SETTLEMENT_BINS)


def check_overflow(count: int, cells: int, limit: float = OVERFLOW_LIMIT) -> None:
    """Refuse a forecast of which more trials ran out of room than the limit allows and chance adds (3 standard errors).

    Without the second part one trial of a thousand would be refused, at a share that a larger forecast may have.
    """
    allowed = limit * cells
    if count > allowed + 3.0 * math.sqrt(allowed):
        raise ScenarioError([Problem("simulate", f"{count} of {cells} trials ran out of room",
                                     f"at most {limit:g} of them with more than 64 attempts or 256 events",
                                     "shorten horizon_days or lower the rates of disruption")])
