"""Label what kernels wrote: the xarray datasets that everything downstream reads."""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING

import numpy as np

from forecast.engine.paths import modes_by_day, positions
from forecast.vocabulary import CAUSES, ENDINGS, MODES, STATUS, TENSION_CAP, annotate

if TYPE_CHECKING:
    import xarray as xr

    from forecast.engine.bridge import Case, Log, Out, Tally
    from forecast.engine.packing import Packed
    from forecast.scenario import Scenario

#: Days of a path beyond this (a round that never ends within any horizon) are shown as this.
LAST_DAY = 32_000.0
#: Variable -> field of a trial's record.
_FIELDS = {
    "ending": "ending", "end_day": "end_day", "attempts": "attempts", "rounds_held": "rounds_held",
    "effort": "effort", "zopa": "zopa", "next_round_status": "next_status", "next_round_day": "next_day",
    "next_round_mode": "next_mode", "next_round_on_time": "next_on_time", "next_round_cause": "next_cause",
    "retreats": "retreats",
}


def trials_dataset(scenario: Scenario, tree: xr.DataTree, packed: Packed, out: Out, log: Log, *, trials: int,
                   seed: int) -> xr.Dataset:
    """Label results kept trial by trial, and paths when there are any."""
    import xarray as xr

    draws = len(packed.draws.scalar)
    dt = ("draw", "trial")

    def cells(array: np.ndarray) -> np.ndarray:
        return array.reshape(draws, trials, *array.shape[1:])

    earliest = np.where(out.n_disruptions > 0, out.first_disruption, np.iinfo(np.int16).max).min(axis=1)
    variables = {
        **{name: (dt, cells(np.ascontiguousarray(out.trial[field]))) for name, field in _FIELDS.items()},
        "settlement": ((*dt, "issue"), cells(out.settlement)),
        "issue_closed": ((*dt, "issue"), cells(out.issue_closed)),
        "absent": ((*dt, "party"), cells(out.absent)),
        "n_disruptions": ((*dt, "kind"), cells(out.n_disruptions)),
        "first_disruption_day": (dt, cells(np.where(earliest == np.iinfo(np.int16).max, -1, earliest)
                                           .astype(np.int16))),
        **_zopa(packed),
    }
    if packed.systems:
        variables["downtime_days"] = ((*dt, "system"), cells(out.downtime))
        variables["system_trouble"] = ((*dt, "system"), cells(out.system_lost))
    if packed.stages:
        variables["stage_reached"] = (dt, cells(np.ascontiguousarray(out.trial["stage"])))
    coords = _coords(packed)
    if len(log.attempt):
        variables.update(_paths(packed.case, log, cells, dt))
        variables["start_tension"] = ((), np.float32(min(packed.case.tension, TENSION_CAP)))
        coords["day"] = np.arange(int(packed.case.horizon) + 1)
    return annotate(xr.Dataset(variables, coords, _attrs(scenario, tree, packed, trials, seed)))


def reduced_dataset(scenario: Scenario, tree: xr.DataTree, packed: Packed, tally: Tally, low: np.ndarray,
                    width: np.ndarray, *, trials: int, seed: int) -> xr.Dataset:
    """Label counts."""
    import xarray as xr

    bins = tally.settlement.shape[2]
    edges = low[:, None] + width[:, None] * np.arange(bins + 1)
    variables = {
        "ending_count": (("draw", "ending"), tally.ending),
        "end_day_count": (("draw", "ending", "day"), tally.end_day),
        "next_status_count": (("draw", "status"), tally.next_status),
        "next_day_count": (("draw", "day"), tally.next_day),
        "next_mode_count": (("draw", "mode"), tally.next_mode),
        "next_cause_count": (("draw", "cause"), tally.next_cause),
        "on_time_count": (("draw",), tally.on_time),
        "zopa_count": (("draw",), tally.zopa),
        "settlement_count": (("draw", "issue", "bin"), tally.settlement),
        "settlement_edge": (("issue", "edge"), edges),
        "absent_count": (("draw", "party"), tally.absent),
        "disrupted_count": (("draw", "kind"), tally.disrupted),
        "disruption_sum": (("draw", "kind"), tally.disruptions),
        "attempts_sum": (("draw",), tally.attempts),
        "rounds_held_sum": (("draw",), tally.rounds_held),
        "retreats_sum": (("draw",), tally.retreats),
        **_zopa(packed),
    }
    if packed.systems:
        by_system = ("draw", "system")
        variables |= {"down_count": (by_system, tally.down), "downtime_sum": (by_system, tally.downtime),
                      "downtime_square_sum": (by_system, tally.downtime_square),
                      "trouble_sum": (by_system, tally.trouble)}
    if packed.stages:
        variables["stage_count"] = (("draw", "stage"), tally.stage)
    coords = {**_coords(packed), "ending": list(ENDINGS), "mode": list(MODES), "status": list(STATUS),
              "cause": list(CAUSES), "day": np.arange(tally.end_day.shape[2])}
    return annotate(xr.Dataset(variables, coords, _attrs(scenario, tree, packed, trials, seed)))


def _zopa(packed: Packed) -> dict:
    return {"zopa_p_talks": ("draw", packed.zopa_talks), "zopa_p_beliefs": ((), packed.zopa_beliefs),
            "zopa_p_used": ("draw", packed.zopa_used)}


def _coords(packed: Packed) -> dict:
    """Return coordinates; a draw is named by its row of the posterior."""
    rows = packed.draws.scalar[:, 0].astype(np.int64)
    rows = rows if packed.chosen is None else rows[packed.chosen]
    return {"draw": rows, "party": np.array(packed.parties, dtype=str), "issue": np.array(packed.issues, dtype=str),
            "kind": np.array(packed.kinds, dtype=str),
            **({"system": np.array(packed.systems, dtype=str)} if packed.systems else {}),
            **({"stage": np.array(packed.stages, dtype=str)} if packed.stages else {})}


def _paths(case: Case, log: Log, cells, dt: tuple[str, str]) -> dict:
    """Label paths, cut to the longest trial."""
    is_attempt, is_event = log.attempt["status"] >= 0, log.event["kind"] >= 0
    attempts, events = max(1, int(is_attempt.sum(axis=1).max())), max(1, int(is_event.sum(axis=1).max()))

    def days(array: np.ndarray, there: np.ndarray) -> np.ndarray:
        # Attempts lie on whole days; events fall within a day and are put on it by the rule of the law.
        return np.where(there, np.floor(np.minimum(array, LAST_DAY) + 0.5), -1.0).astype(np.int16)

    def codes(array: np.ndarray, there: np.ndarray) -> np.ndarray:
        return np.where(there, array, -1).astype(np.int8)

    def reals(array: np.ndarray, there: np.ndarray) -> np.ndarray:
        return np.where(there, array, np.nan).astype(np.float32)

    attempt, event = log.attempt[:, :attempts], log.event[:, :events]
    is_attempt, is_event = is_attempt[:, :attempts], is_event[:, :events]
    tension = np.minimum(attempt["tension"], TENSION_CAP)
    by_attempt, by_event = (*dt, "attempt"), (*dt, "event")
    begin, end = days(attempt["begins"], is_attempt), days(attempt["end"], is_attempt)
    status, mode = codes(attempt["status"], is_attempt), codes(attempt["mode"], is_attempt)
    return {
        "start_hazard": (dt, cells(log.start[:, 0].astype(np.float32))),
        "start_effort": (dt, cells(log.start[:, 1].astype(np.float32))),
        "attempt_day": (by_attempt, cells(days(attempt["day"], is_attempt))),
        "attempt_begin_day": (by_attempt, cells(begin)),
        "attempt_end_day": (by_attempt, cells(end)),
        "attempt_status": (by_attempt, cells(status)),
        "attempt_mode": (by_attempt, cells(mode)),
        "attempt_wished_mode": (by_attempt, cells(codes(attempt["wished"], is_attempt))),
        "attempt_cause": (by_attempt, cells(codes(attempt["cause"], is_attempt))),
        "attempt_tension": (by_attempt, cells(reals(tension, is_attempt))),
        "attempt_effort": (by_attempt, cells(reals(attempt["effort"], is_attempt))),
        "attempt_hazard": (by_attempt, cells(reals(attempt["hazard"], is_attempt))),
        "position": ((*by_attempt, "party", "issue"), cells(positions(case, log, attempts))),
        "mode_on_day": ((*dt, "day"), cells(modes_by_day(begin, end, status, mode, int(case.horizon)))),
        "event_day": (by_event, cells(days(event["day"], is_event))),
        "event_kind": (by_event, cells(codes(event["kind"], is_event))),
        "event_severity": (by_event, cells(codes(event["severity"], is_event))),
        "event_recovery_days": (by_event, cells(reals(event["recovery"], is_event))),
        "reservation": ((*dt, "issue", "party"), cells(log.reservation.astype(np.float32))),
        "kappa": ((*dt, "issue", "party"), cells(log.kappa.astype(np.float32))),
        "meeting": ((*dt, "issue"), cells(log.meeting.astype(np.float32))),
    }


def _attrs(scenario: Scenario, tree: xr.DataTree, packed: Packed, trials: int, seed: int) -> dict:
    """Return provenance: enough to make the same numbers again."""
    import numba
    import xarray as xr

    from forecast import __version__

    versions = {"negotiation-forecast": __version__, "python": platform.python_version(), "numpy": np.__version__,
                "numba": numba.__version__, "xarray": xr.__version__}
    return {
        "scenario": json.dumps(scenario.to_dict(full=True), ensure_ascii=False, sort_keys=True),
        "scenario_digest": scenario.digest(),
        "seed": seed,
        "draws": len(packed.draws.scalar),
        "trials": trials,
        "ess_draws": packed.ess[0],
        "ess_trials": packed.ess[1],
        "posterior_hash": tree.attrs["content_hash"],
        "posterior_kind": tree.attrs["kind"],
        "posterior_excluded": tree.attrs["excluded_conflicts"],
        "versions": json.dumps(versions, sort_keys=True),
    }
