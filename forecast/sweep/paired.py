"""Play scenarios on the same luck and count what they share, trial by trial.

Every scenario meets the same draws of the posterior and, through the random addresses, the same luck. The difference
between two of them is then a mean of differences within trials, whose Monte Carlo error is a fraction of that of two
separate runs. What has to be kept for it is small: per draw, how often an event happens in the one, in the other, and
in both; and for quantities sums, squares and products.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from forecast.vocabulary import DEALS, ENDINGS

if TYPE_CHECKING:
    from forecast.engine.cells import Ready

DEAL_CODES = tuple(ENDINGS.index(name) for name in DEALS)
#: Sums kept of a quantity: in each of the two the number of trials that have it, sum and squares; the same of those
#: that have it in both, and the products.
SUMS = ("n_a", "s_a", "ss_a", "n_b", "s_b", "ss_b", "n_ab", "s_a_both", "s_b_both", "s_product")


@dataclass(frozen=True)
class Wanted:
    """What is counted.

    Parameters
    ----------
    days : tuple of int
        Days from as_of by which a deal is asked for.
    within : tuple of int
        Days from as_of within which the next round is asked for.
    issues : tuple of str
        Issues whose settlement is asked for; every scenario has them.
    systems : tuple of str
        Systems whose downtime is asked for; likewise.
    later : bool
        Whether what comes after a deal is asked for.
    released : bool
        Whether the share of the tranches released is; every scenario has some.
    """

    days: tuple[int, ...] = ()
    within: tuple[int, ...] = ()
    issues: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    later: bool = False
    released: bool = False

    @property
    def events(self) -> tuple[str, ...]:
        """Keys of the events, in the order of the counts."""
        return (*(f"ends.{name}" for name in ENDINGS), "deal", *(f"by.{day}" for day in self.days),
                "next_round.held", "next_round.on_time", *(f"next_round.within_days.{day}" for day in self.within),
                *(("after.ratified", "after.in_force") if self.later else ()),
                *(f"settlement.{issue}.closed" for issue in self.issues))

    @property
    def quantities(self) -> tuple[str, ...]:
        """Keys of the quantities, in the order of the sums."""
        return ("end_day", "rounds_held", "next_round.day", *(f"settlement.{issue}.mean" for issue in self.issues),
                *(f"downtime.{system}" for system in self.systems),
                *(("after.released",) if self.released else ()))


@dataclass(frozen=True)
class View:
    """Some trials of one scenario, whole draws or parts of one.

    Parameters
    ----------
    ending, end_day, next_day, on_time, rounds_held : ndarray, shape (cell,)
    closed, settlement : dict of str to ndarray, shape (cell,)
        By issue.
    downtime : dict of str to ndarray, shape (cell,)
        By system.
    ratified, in_force : ndarray of bool, shape (cell,), or None
        What came of a deal.
    released : ndarray, shape (cell,), or None
        Share of all that is promised that is released; 0 where no deal comes into force.
    """

    ending: NDArray
    end_day: NDArray
    next_day: NDArray
    on_time: NDArray
    rounds_held: NDArray
    closed: dict[str, NDArray]
    settlement: dict[str, NDArray]
    downtime: dict[str, NDArray]
    ratified: NDArray | None = None
    in_force: NDArray | None = None
    released: NDArray | None = None

    def events(self, wanted: Wanted) -> NDArray:
        """Return which trials show each event, shape (event, cell), bool."""
        deal = self.ending <= max(DEAL_CODES)
        held = self.next_day >= 0
        rows = [*(self.ending == code for code in range(len(ENDINGS))), deal,
                *(deal & (self.end_day <= day) for day in wanted.days), held, self.on_time == 1,
                *(held & (self.next_day <= day) for day in wanted.within),
                *((self.ratified, self.in_force) if wanted.later else ()),
                *(self.closed[issue] == 1 for issue in wanted.issues)]
        return np.stack(rows)

    def quantities(self, wanted: Wanted) -> tuple[NDArray, NDArray]:
        """Return values (0 where there is none) and which trials have one, shape (quantity, cell)."""
        held = self.next_day >= 0
        everywhere = np.ones(self.ending.shape, bool)
        rows = [(self.end_day, everywhere), (self.rounds_held, everywhere), (self.next_day, held),
                *((self.settlement[issue], self.closed[issue] == 1) for issue in wanted.issues),
                *((self.downtime[system], everywhere) for system in wanted.systems),
                *([(self.released, everywhere)] if wanted.released else [])]
        has = np.stack([mask for _, mask in rows])
        values = np.stack([np.where(mask, value, 0).astype(np.float64) for value, mask in rows])
        return values, has


@dataclass(frozen=True)
class Pair:
    """Counts of one scenario (b) against the baseline (a), by draw.

    Parameters
    ----------
    a, b, both : ndarray of int64, shape (event, draw)
        Trials with the event in the baseline, in the other, in both.
    sums : ndarray of float64, shape (quantity, 10, draw)
        As :data:`SUMS` names them.
    trials : int
        Per draw.
    overflow : int
        Trials of either that ran out of room.
    """

    a: NDArray
    b: NDArray
    both: NDArray
    sums: NDArray
    trials: int
    overflow: list[int] = field(default_factory=lambda: [0])

    @classmethod
    def empty(cls, wanted: Wanted, draws: int, trials: int) -> Pair:
        """Return counts of nothing."""
        counts = (np.zeros((len(wanted.events), draws), np.int64) for _ in range(3))
        return cls(*counts, np.zeros((len(wanted.quantities), len(SUMS), draws)), trials)

    def add(self, at: slice, a: tuple, b: tuple) -> None:
        """Add some trials: (events, values, has) of either scenario, by rows of draws."""
        rows = at.stop - at.start

        def by_draw(array: NDArray) -> NDArray:
            return array.reshape(array.shape[0], rows, -1).sum(axis=2, dtype=np.float64)

        (events_a, values_a, has_a), (events_b, values_b, has_b) = a, b
        self.a[:, at] += by_draw(events_a).astype(np.int64)
        self.b[:, at] += by_draw(events_b).astype(np.int64)
        self.both[:, at] += by_draw(events_a & events_b).astype(np.int64)
        shared = has_a & has_b
        for i, array in enumerate((has_a, values_a, values_a**2, has_b, values_b, values_b**2, shared,
                                   values_a * shared, values_b * shared, values_a * values_b)):
            self.sums[:, i, at] += by_draw(array)


def play_pairs(ready: Sequence[Ready], wanted: Wanted, *, draws: int, trials: int, threads: int,
               progress: Callable[[int, int], None] | None = None) -> list[Pair]:
    """Play scenarios on the same luck and pair each with the first.

    Parameters
    ----------
    ready : sequence of Ready
        All with the same seed and the same rows of one posterior; the first is the baseline.
    wanted : Wanted
    draws, trials : int
    threads : int
        Results do not depend on it.
    progress : callable, optional
        Called with (trials done, trials in all).

    Returns
    -------
    list of Pair
        One for each scenario, the baseline (paired with itself) included.
    """
    from forecast.engine.threads import RANGE, draw_ranges, draws_of, in_order

    pairs = [Pair.empty(wanted, draws, trials) for _ in ready]

    def seen(one: Ready, first: int, last: int) -> tuple:
        view, overflow = view_of(one, wanted, first, last, trials)
        return (view.events(wanted), *view.quantities(wanted)), overflow

    def play(task: tuple[int, int]) -> list:
        return [seen(one, *task) for one in ready]

    ranges = draw_ranges(draws, trials, max(2048, RANGE // len(ready)))
    with in_order(play, ranges, threads, empty=(0, 0)) as played:
        for task, results in played:
            at = draws_of(task, trials)
            for pair, (made, overflow) in zip(pairs, results, strict=True):
                pair.add(at, results[0][0], made)
                pair.overflow[0] += overflow
            if progress is not None:
                progress(task[1] * len(ready), draws * trials * len(ready))
    return pairs


def view_of(one: Ready, wanted: Wanted, first: int, last: int, trials: int) -> tuple[View, int]:
    """Play a range of trials; return what is seen of them, and how many ran out of room."""
    from forecast.engine.cells import play_after, play_range

    packed = one.packed
    out = play_range(packed, first, last, trials)
    trial = out.trial
    issues = {issue: packed.issues.index(issue) for issue in wanted.issues}
    result = play_after(one, first, last, trials, out) if wanted.later else None
    deal = trial["ending"] <= max(DEAL_CODES)
    # Where nothing comes after a deal it is in force when it is reached.
    ratified, in_force, released = (deal, deal, None) if result is None else (
        result["ratified"] == 1, result["in_force"] == 1, result["released"])
    return View(
        trial["ending"], trial["end_day"], trial["next_day"], trial["next_on_time"], trial["rounds_held"],
        {issue: out.issue_closed[:, j] for issue, j in issues.items()},
        {issue: out.settlement[:, j] for issue, j in issues.items()},
        {system: out.downtime[:, packed.systems.index(system)] for system in wanted.systems},
        ratified, in_force, released), int(np.count_nonzero(trial["overflow"]))
