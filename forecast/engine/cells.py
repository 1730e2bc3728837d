"""Play ranges of trials for callers that count what they need themselves: comparisons and sweeps."""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecast.engine import aftermath
from forecast.engine.arrays import PosteriorArrays
from forecast.engine.bridge import After, Out, Tally, play_batch, tally_batch
from forecast.engine.buffers import new_log, new_out, new_memory, new_tally
from forecast.engine.condition import Conditioned, bytes_for, condition
from forecast.engine.memo import Memo
from forecast.engine.packing import Packed, pack
from forecast.engine.packing_aftermath import pack_aftermath
from forecast.engine.threads import RANGE, draw_ranges, draws_of

if TYPE_CHECKING:
    from forecast.scenario import Scenario

#: Parts of a packed scenario that say nothing about its past: a history weighs draws the same whatever they are.
AHEAD = frozenset({
    "horizon", "ladder", "sticky", "party", "party_authority", "home_mode", "wished_mode", "mode_declared", "system",
    "base_down", "base_saved", "switch_delay", "incident", "stage", "go_table", "stage_start", "stage_rounds",
    "deadline_hard", "excite", "excite_days",
})
#: Parts of the state of the talks that the weights of a history follow from.
BEHIND = frozenset({"past", "offers", "events", "planned"})
#: Start states of this many histories are kept: most cells of a sweep share one.
_STARTS = Memo(4)


class Ready(NamedTuple):
    """A scenario packed and started from its history."""

    packed: Packed
    after: After | None  #: votes and implementation; None for a scenario that ends with the deal


def prepare(scenario: Scenario, arrays: PosteriorArrays, *, trials: int, seed: int, threads: int = 1,
            particles: int | None = None) -> Ready:
    """Pack a resolved scenario as `simulate` does, its history included.

    Parameters
    ----------
    scenario : Scenario
    arrays : PosteriorArrays
        Rows of its posterior: the draws.
    trials : int
        Per draw.
    seed : int
    threads : int
        Results do not depend on it.
    particles : int, optional
        Per draw, to weigh a history with; None: as many as `simulate` takes.

    Returns
    -------
    Ready

    Raises
    ------
    ScenarioError
        If the scenario cannot be simulated.
    """
    packed = pack(scenario, arrays, draws=len(arrays.rows), seed=seed)
    if packed.state.past or packed.state.offers:
        from forecast.engine.run import check_memory

        check_memory(bytes_for(len(arrays.rows), trials), "use fewer draws or trials: a history needs a start state "
                     "for each")
        made: Conditioned = _STARTS.get(
            _history_key(packed, arrays, (trials, particles)),
            functools.partial(condition, packed, arrays, trials=trials, threads=threads, particles=particles))
        packed = packed._replace(
            draws=packed.draws._replace(start=made.start), zopa_talks=packed.zopa_talks[made.chosen],
            zopa_used=packed.zopa_used[made.chosen], chosen=made.chosen, ess=(made.ess_draws, made.ess_trials))
    return Ready(packed, pack_aftermath(scenario))


def _history_key(packed: Packed, arrays: PosteriorArrays, size: tuple[int, int | None]) -> bytes:
    """Return a hash of everything that the weights of a history follow from."""
    told = [getattr(packed.state, name) for name in sorted(BEHIND)]
    digest = hashlib.blake2b(repr((size, told, packed.kinds, packed.issues, packed.parties)).encode(), digest_size=16)
    case = [value for name, value in packed.case._asdict().items() if name not in AHEAD]
    values = (arrays.values["offer_stuck"], arrays.values["offer_noise"])
    for value in (*case, *packed.draws._asdict().values(), packed.hazards, packed.zopa_used, *values):
        digest.update(np.ascontiguousarray(value).tobytes())
    return digest.digest()


def play_range(packed: Packed, first: int, last: int, trials: int) -> Out:
    """Play cells ``first .. last - 1`` (cell = draw * trials + trial) into fresh arrays of ``last - first`` rows."""
    out = new_out(packed.case, last - first)
    play_batch(packed.case, packed.draws, first, last, trials, out, new_log(packed.case, 0), new_memory(packed.case))
    return out


def play_after(ready: Ready, first: int, last: int, trials: int, out: Out) -> np.ndarray | None:
    """Play what comes after the deals of cells ``first .. last - 1``; None for a scenario that ends with the deal."""
    if ready.after is None:
        return None
    result = aftermath.new_result(last - first)
    aftermath.play(ready.packed, ready.after, first, last, trials, out, result)
    return result


def count_all(ready: Ready, trials: int, low: np.ndarray, width: np.ndarray,
              size: int = RANGE) -> tuple[Tally, aftermath.Counts | None]:
    """Play every draw on this thread and count, as a reduced forecast does.

    Parameters
    ----------
    ready : Ready
    trials : int
        Per draw.
    low, width : ndarray of float64, shape (issue,)
        Lower edge and width of the settlement classes.
    size : int
        Trials played at a time.

    Returns
    -------
    Tally, Counts or None
        A row per draw; the second for what comes after a deal.
    """
    packed = ready.packed
    draws, horizon = len(packed.draws.scalar), packed.case.horizon
    total = new_tally(packed.case, draws)
    later = None if ready.after is None else aftermath.new_counts(draws, horizon)
    for first, last in draw_ranges(draws, trials, size):
        at = draws_of((first, last), trials)
        part = type(total)(*(array if name == "overflow" else array[at]
                             for name, array in total._asdict().items()))
        out = play_range(packed, first, last, trials)
        result = play_after(ready, first, last, trials, out)
        tally_batch(out, first, last, trials, low, width, part)
        if later is not None:
            aftermath.add(later, aftermath.count(result, first, trials, at.stop - at.start, horizon), at.start)
    return total, later
