"""Play what the panel asks for: the scenario once, every change on the same draws and the same luck."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecast.engine.memo import Memo
from forecast.summary.estimate import shrunk_bands
from forecast.sweep.difference import Difference, differences
from forecast.posterior.load import as_posterior
from forecast.sweep.inputs import as_scenario, changes_between, check_numbers
from forecast.sweep.labels import what_moves
from forecast.sweep.paired import DEAL_CODES, Pair, Wanted

if TYPE_CHECKING:
    import xarray as xr

    from forecast.scenario import Scenario
    from forecast.summary.prior import PriorDriven

#: Positions of the panel whose results are kept, so that going back costs nothing.
_MOST_KEPT = 64
_MOST_DAYS = 121
WITHIN = (7, 30)
#: Per draw, to weigh a history with in a quick look: enough for means, too few for their intervals, which come out
#: too wide and are played anew when the controls rest.
QUICK_PARTICLES = 128


@dataclass(frozen=True)
class Curve:
    """A probability by day: days from as_of, mean, and 5% and 95% over draws, shape (day,) each."""

    days: NDArray
    p: NDArray
    low: NDArray
    high: NDArray


@dataclass(frozen=True)
class Played:
    """One scenario played: what is counted of every trial, and two curves.

    Parameters
    ----------
    scenario : Scenario
        Resolved.
    counted : tuple of ndarray, shape (event or quantity, cell)
        Events, values of quantities, and which trials have one; see :class:`forecast.sweep.paired.View`.
    deal, next_round : Curve
        Probability of a deal, and of the next round held, by day.
    """

    scenario: Scenario
    counted: tuple[NDArray, NDArray, NDArray]
    deal: Curve
    next_round: Curve


@dataclass(frozen=True)
class Moved:
    """The scenario and a change of it on common luck.

    Parameters
    ----------
    baseline, changed : Played
    changes : dict of str to (before, after)
    rows : dict of str to Difference
        By key, as in a comparison.
    prior_driven : list of PriorDriven
        Changed fields that act through parameters which past talks hardly inform.
    quick : bool
        A history was weighed with few particles only.
    """

    baseline: Played
    changed: Played
    changes: dict[str, tuple[Any, Any]]
    rows: dict[str, Difference]
    prior_driven: list[PriorDriven]
    quick: bool = False


class Session:
    """A scenario and its posterior, read once and played many times.

    Parameters
    ----------
    scenario : Scenario, name or path
    posterior : xr.DataTree, str or path, optional
    draws, trials : int
    seed : int, optional
        None takes fresh entropy.
    threads : int, optional

    Raises
    ------
    ScenarioError
        If the scenario or a number cannot be used.
    PosteriorError
        If the posterior cannot be used.

    Examples
    --------
    >>> session = Session("us_iran_final_2026", "prior", draws=40, trials=50, seed=1)
    >>> made = session.moved({"parties.us.present": True, "parties.iran.present": True})
    >>> made.rows["next_round.held"].difference.value > 0
    True
    """

    def __init__(self, scenario: Scenario | str | os.PathLike[str],
                 posterior: xr.DataTree | str | os.PathLike[str] | None = None, *, draws: int = 400, trials: int = 50,
                 seed: int | None = None, threads: int | None = None) -> None:
        from forecast.engine.arrays import PosteriorArrays
        from forecast.engine.threads import available_threads

        self.scenario = as_scenario(scenario)
        self.seed = check_numbers("explore", draws=draws, trials=trials, seed=seed, threads=threads)
        tree = as_posterior(posterior, self.scenario)
        self.posterior_kind = str(tree.attrs["kind"])
        self.draws, self.trials = draws, trials
        self.threads = threads or available_threads()
        # Votes and an implementation after the deal.
        later = bool(self.scenario.ratification) or self.scenario.implementation is not None
        self.wanted = Wanted(within=tuple(day for day in WITHIN if day <= self.scenario.horizon_days),
                             issues=tuple(self.scenario.issues), later=later)
        self._arrays = PosteriorArrays.of(tree, draws)
        self._kept = Memo(_MOST_KEPT)
        self._labels = self._label_rows()
        #: Are quick looks any quicker? Only where there is a history to weigh.
        self.has_history = any(item.type in ("attempt", "offer") for item in self.scenario.history)
        self._baselines = {quick: self._play(self.scenario, quick) for quick in {False, self.has_history}}

    @property
    def baseline(self) -> Played:
        """The scenario as it is."""
        return self._baselines[False]

    def _label_rows(self) -> dict[str, tuple[str, str]]:
        from forecast.sweep.compare import labels_of

        return labels_of(self.scenario, self.wanted)

    def moved(self, settings: Mapping[str, Any], *, quick: bool = False) -> Moved:
        """Play the scenario with some fields set otherwise.

        Parameters
        ----------
        settings : mapping of str to object
            Paths and values, as for :meth:`Scenario.replace_all`.
        quick : bool, optional
            Weigh a history with few particles.

        Returns
        -------
        Moved

        Raises
        ------
        ScenarioError
            If the settings make no valid scenario, or too many trials run out of room.
        """
        quick = quick and self.has_history
        return self._kept.get((quick, repr(sorted(settings.items(), key=lambda item: item[0]))),
                              lambda: self._moved(settings, quick))

    def _moved(self, settings: Mapping[str, Any], quick: bool) -> Moved:
        baseline = changed = self._baselines[quick]
        if settings:
            changed = self._play(as_scenario(settings, self.scenario), quick)
        pair = Pair.empty(self.wanted, self.draws, self.trials)
        pair.add(slice(0, self.draws), baseline.counted, changed.counted)
        changes = changes_between(self.scenario, changed.scenario) if settings else {}
        return Moved(baseline, changed, changes,
                     {row.key: row for row in differences(pair, self.wanted, self._labels)}, what_moves(changes), quick)

    def _play(self, scenario: Scenario, quick: bool) -> Played:
        """Play one scenario on all threads and count."""
        from forecast.engine.cells import prepare
        from forecast.engine.run import check_overflow
        from forecast.engine.threads import draw_ranges, in_order
        from forecast.sweep.paired import view_of

        ready = prepare(scenario, self._arrays, trials=self.trials, seed=self.seed, threads=self.threads,
                        particles=max(QUICK_PARTICLES, self.trials) if quick else None)
        cells = self.draws * self.trials
        ranges = draw_ranges(self.draws, self.trials, -(-cells // self.threads))

        def play(part: tuple[int, int]) -> tuple:
            view, overflow = view_of(ready, self.wanted, *part, self.trials)
            deal = np.where(view.ending <= max(DEAL_CODES), view.end_day, -1)
            return view.events(self.wanted), *view.quantities(self.wanted), deal, view.next_day, overflow

        with in_order(play, ranges, self.threads, empty=(0, 0)) as played:
            *counted, deal, held, overflow = zip(*(made for _, made in played), strict=True)
        check_overflow(sum(overflow), cells)
        events, values, has = (np.concatenate(parts, axis=1) for parts in counted)
        return Played(scenario, (events, values, has), self._curve(np.concatenate(deal), scenario.horizon_days),
                      self._curve(np.concatenate(held), scenario.horizon_days))

    def _curve(self, day: NDArray, horizon: int) -> Curve:
        """Return the share of trials with a day (not -1) on or before each day."""
        size = horizon + 2  # one class in front takes the -1
        flat = day.reshape(self.draws, self.trials).astype(np.int64) + 1
        flat = flat + size * np.arange(self.draws)[:, None]
        counts = np.bincount(flat.ravel(), minlength=size * self.draws).reshape(self.draws, size)[:, 1:]
        days = np.unique(np.linspace(0, horizon, min(horizon + 1, _MOST_DAYS)).round().astype(np.int64))
        return Curve(days, *shrunk_bands(np.cumsum(counts, axis=1)[:, days] / self.trials, self.trials))
