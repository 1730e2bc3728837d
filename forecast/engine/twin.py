"""An outcome played again with the same parameters and hidden facts, and other luck."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import numpy as np

from forecast.engine.arrays import PosteriorArrays
from forecast.engine.bridge import START
from forecast.engine.outcome import trials_dataset
from forecast.engine.packing import pack
from forecast.engine.run import check_overflow, on_history, run_trials
from forecast.engine.threads import available_threads
from forecast.errors import PosteriorError, Problem, StoreError

if TYPE_CHECKING:
    import xarray as xr

#: Addresses of luck from here on belong to twins: no forecast has so many trials a draw.
OTHER_LUCK = 2**31


def other_luck(outcome: xr.Dataset, posterior: xr.DataTree | str | os.PathLike | None = None, *,
               threads: int | None = None) -> xr.Dataset:
    """Play the talks of an outcome again: each trial with its draw and its hidden facts, but other luck.

    Parameters
    ----------
    outcome : xr.Dataset
        From `simulate` with ``keep="trials"``.
    posterior : xr.DataTree, str or path, optional
        The parameters it was made with; None: those that its scenario uses by default.
    threads : int, optional
        Results do not depend on it.

    Returns
    -------
    xr.Dataset
        The same dims; trial t of draw d shares with `outcome` all that is hidden about the talks (pace, habits, effort
        to close, room for a deal, reservation values), and nothing else. What comes after a deal is left out.

    Raises
    ------
    StoreError
        If the outcome holds counts only.
    PosteriorError
        If the parameters at hand are not those it was made with.

    Examples
    --------
    >>> import forecast as fc
    >>> outcome = fc.simulate("us_iran_final_2026", draws=20, trials=50, seed=1)
    >>> again = other_luck(outcome)
    >>> bool((again.zopa == outcome.zopa).all()), bool((again.ending == outcome.ending).all())
    (True, False)
    """
    from forecast.posterior import as_posterior
    from forecast.scenario import Scenario, resolve

    if "ending" not in outcome.data_vars:
        raise StoreError([Problem("outcome", "counts only", "an outcome with every trial (keep='trials')")])
    scenario = resolve(Scenario.from_dict(json.loads(outcome.attrs["scenario"])))
    posterior = as_posterior(posterior, scenario)
    made_with, at_hand = str(outcome.attrs["posterior_hash"]), str(posterior.attrs.get("content_hash"))
    if made_with != at_hand:
        raise PosteriorError([Problem("posterior", f"content {at_hand[:12]}", f"the one it was made with, "
                                      f"{made_with[:12]}", "name it")])
    draws, trials = (int(outcome.sizes[name]) for name in ("draw", "trial"))
    threads = threads or available_threads()
    arrays, seed = PosteriorArrays.of(posterior, draws), int(outcome.attrs["seed"])
    packed = pack(scenario, arrays, draws=draws, seed=seed)
    if packed.state.past or packed.state.offers:
        packed = on_history(packed, arrays, trials, threads)
        start = packed.draws.start.copy()
    else:
        start = np.zeros(draws * trials, START)
        start["draw"] = np.repeat(np.arange(draws), trials)
        start["hidden"] = start["luck"] = np.tile(np.arange(trials), draws)
    start["luck"] += OTHER_LUCK
    packed = packed._replace(draws=packed.draws._replace(start=start))
    out, log, _ = run_trials(packed, None, draws, trials, threads, False)
    check_overflow(int(np.count_nonzero(out.trial["overflow"])), draws * trials)
    return trials_dataset(scenario, posterior, packed, out, log, trials=trials, seed=seed)
