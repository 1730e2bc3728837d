"""Play the talks of the table again with the kernels: what posterior predictive checks look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecast.posterior.layout import COORDS
from forecast.talks.attempts import Attempts, build_attempts, disruptions
from forecast.talks.coding import COLLAPSE, STALL
from forecast.talks.load import Talks

if TYPE_CHECKING:
    import xarray as xr

    from forecast.scenario import Scenario

HORIZON_DAYS = 3650
"""Long enough for all but a handful of talks to end."""
ENDED = ("deal", "collapse", "stall", "open")
"""Endings that the table and the replicates can both tell apart: a lapse counts as a collapse."""


class Played(NamedTuple):
    """Talks as the checks see them; first axes talk, replicate (one replicate for the table itself).

    Parameters
    ----------
    ending : ndarray of int, (talks, replicates)
        Position in `ENDED`.
    span_days : ndarray of float, (talks, replicates)
        From the first planned day to the end of the talks.
    status, mode, day, end_day : ndarray of int, (talks, replicates, attempts)
        -1 where there is no attempt, or where the table does not know.
    tension : ndarray of float, (talks, replicates, attempts)
    absences : ndarray of float, (talks, replicates)
        Attempts with an absent principal.
    events : ndarray of float, (talks, replicates, kinds)
        Disruptions between the first and the last attempt.
    severe : ndarray of float, (talks, replicates)
        Those of severity 3.
    """

    ending: np.ndarray
    span_days: np.ndarray
    status: np.ndarray
    mode: np.ndarray
    day: np.ndarray
    end_day: np.ndarray
    tension: np.ndarray
    absences: np.ndarray
    events: np.ndarray
    severe: np.ndarray


def playable(talks: Talks) -> Talks:
    """Return the talks with an attempt on a known day: the ones that can be played again."""
    attempts = build_attempts(talks)
    known = {int(talk) for talk in attempts.talk[attempts.kept & (attempts.day >= 0)]}
    return talks.subset(talk_id for position, talk_id in enumerate(talks.ids) if position in known)


def played_table(talks: Talks) -> Played:
    """Return the table itself in the shape of replicates.

    Parameters
    ----------
    talks : Talks
        All with an attempt (`playable`).

    Returns
    -------
    Played
        With one replicate.
    """
    a = build_attempts(talks)
    counts = np.bincount(a.talk[a.kept], minlength=len(talks))
    shape = (len(talks), 1, int(counts.max()))
    grids = {name: np.full(shape, -1) for name in ("status", "mode", "day", "end_day")}
    tension = np.full(shape, np.nan)
    ending, span = np.zeros(shape[:2], dtype=int), np.zeros(shape[:2])
    absences, severe, events = np.zeros(shape[:2]), np.zeros(shape[:2]), np.zeros((*shape[:2], len(COORDS["kind"])))
    for position, talk in enumerate(talks):
        mine = np.flatnonzero(a.kept & (a.talk == position))
        for name, grid in grids.items():
            grid[position, 0, : len(mine)] = getattr(a, name)[mine]
        tension[position, 0, : len(mine)] = a.tension[mine]
        absences[position] = a.absent[mine].sum()
        first, last = int(a.day[mine[0]]), int(a.day[mine].max())
        span[position] = max(0, talk.end.toordinal() - first)
        code = int(a.ending[mine[-1]])
        broken = code == COLLAPSE or a.lapse[mine[-1]]
        ending[position] = 0 if code in (1, 2) else 1 if broken else 2 if code == STALL else 3
        for event in disruptions(talks, talk.id):
            if first <= event.date.toordinal() < last:
                events[position, 0, COORDS["kind"].index(event.kind)] += 1
                severe[position] += event.severity == 3
    return Played(ending, span, tension=tension, absences=absences, events=events, severe=severe, **grids)


def scenario_of(talks: Talks, position: int, attempts: Attempts) -> Scenario:
    """Return the scenario of one talk of the table as it stood on the day of its first attempt.

    Parameters
    ----------
    talks : Talks
    position : int
        Of the talk.
    attempts : Attempts
        Of the same talks.

    Returns
    -------
    Scenario
        Only what the law conditions on: domain, mediation, pandemic, deadline, first planned day. All parties have
        a principal and a delegate without authority, so that absences are the talks' own habit.
    """
    import datetime as dt

    from forecast.scenario import Scenario

    talk = talks.talks[position]
    first = int(np.flatnonzero(attempts.talk == position)[0])
    day = dt.date.fromordinal(int(attempts.day[first]))
    content = {
        "schema": 1, "name": talk.id, "title": talk.name, "as_of": day, "horizon_days": HORIZON_DAYS,
        "domain": talk.domain, "pandemic": bool(attempts.pandemic[first]), "next_round": {"planned": day},
        "parties": {
            f"party_{number}": {"name": name, "principal": name, "without_principal": "delegate",
                                "delegate_authority": 0.0}
            for number, name in enumerate(talk.parties)
        },
    }
    if talk.mediated:
        content["mediator"] = {"names": list(talk.mediators) or ["mediator"], "type": talk.mediator_type}
    if talk.declared_deadline is not None:
        content["deadline"] = {"date": talk.declared_deadline}
    return Scenario.from_dict(content)


def replicate(talks: Talks, posterior: xr.DataTree, *, replicates: int = 200, seed: int = 1) -> Played:
    """Play all talks from their first attempt, once per draw of the posterior.

    Parameters
    ----------
    talks : Talks
        All with an attempt (`playable`).
    posterior : xr.DataTree
    replicates : int, default 200
        At most as many as there are draws.
    seed : int, default 1
        Each talk gets a luck of its own from it.

    Returns
    -------
    Played
        Replicate r plays every talk under the same draw. Talks that fill the kernels' room (64 attempts, 256 events:
        wide priors do) end there, still under way.
    """
    from forecast.engine.arrays import PosteriorArrays
    from forecast.engine.outcome import trials_dataset
    from forecast.engine.packing import pack
    from forecast.engine.run import run_trials
    from forecast.scenario import resolve

    attempts, arrays = build_attempts(talks), PosteriorArrays.of(posterior, replicates)
    found = []
    for position in range(len(talks)):
        own = int(np.random.SeedSequence([seed, position]).generate_state(1)[0])
        scenario = resolve(scenario_of(talks, position, attempts))
        packed = pack(scenario, arrays, draws=replicates, seed=own)
        out, log, _ = run_trials(packed, None, replicates, 1, 1, True)
        found.append(_from_outcome(trials_dataset(scenario, posterior, packed, out, log, trials=1, seed=own)))
    length = max(item.status.shape[1] for item in found)
    return Played(*(
        np.stack([_lengthened(getattr(item, field), length) if getattr(item, field).ndim == 2 and field not in
                  ("events",) else getattr(item, field) for item in found])
        for field in Played._fields
    ))


def _lengthened(values: np.ndarray, length: int) -> np.ndarray:
    """Fill the attempt axis up with "no attempt"."""
    filler = np.full((len(values), length - values.shape[1]), np.nan if values.dtype.kind == "f" else -1)
    return np.concatenate([values, filler.astype(values.dtype)], axis=1)


def _from_outcome(outcome: xr.Dataset) -> Played:
    """Turn the outcome of one scenario with paths (one trial a draw) into checks' arrays without the talk axis."""
    one = outcome.isel(trial=0)
    code = np.array([0, 0, 1, 2, 1, 3])[one["ending"].values]
    status, day = one["attempt_status"].values, one["attempt_day"].values
    last = np.where(status >= 0, day, -1).max(axis=1)
    before = (one["event_kind"].values >= 0) & (one["event_day"].values < last[:, None])
    kinds = one["event_kind"].values
    names = [str(kind) for kind in outcome["kind"].values]
    events = np.stack([((kinds == names.index(kind)) & before).sum(axis=1) for kind in COORDS["kind"]], axis=1)
    known = np.isin(kinds, [names.index(kind) for kind in COORDS["kind"]])
    severe = (before & known & (one["event_severity"].values == 3)).sum(axis=1)
    held = status == 0
    return Played(
        ending=code, span_days=one["end_day"].values.astype(float), status=status.astype(int),
        mode=one["attempt_mode"].values.astype(int), day=day.astype(int),
        end_day=np.where(held, one["attempt_end_day"].values, -1).astype(int),
        tension=one["attempt_tension"].values.astype(float),
        absences=one["absent"].values.sum(axis=1).astype(float), events=events.astype(float),
        severe=severe.astype(float),
    )
