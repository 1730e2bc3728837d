"""Tables of talks played by the kernels at known parameters, for recovery and simulation-based calibration."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from forecast.calibration.likelihood import LOG_FOREVER
from forecast.calibration.replicate import HORIZON_DAYS, playable, scenario_of
from forecast.calibration.tables import calendar_rows, disruption_rows, outcome_rows, participation_rows
from forecast.posterior.layout import COORDS
from forecast.talks.attempts import Attempts, build_attempts
from forecast.talks.coding import CENSORED, COLLAPSE, FAR_DAYS, GAP_ROUNDS, HERE_DAYS, SEVERE_DAYS, STALL, TENSION_CAP
from forecast.talks.load import Talks
from forecast.talks.read import Event

if TYPE_CHECKING:
    import xarray as xr

_FLAGS = ("unlisted", "absent", "severe14", "deadline", "far", "here", "near", "gap_near", "slip_unlisted",
          "pandemic", "mediated", "checked", "row_checked", "last", "kept", "lapse")


class Table(NamedTuple):
    """One played table.

    Parameters
    ----------
    talks : Talks
        The talks it was played for, with the played disruptions as events.
    attempts : Attempts
        One row per played attempt.
    pending : tuple of tuple
        What had not happened at the horizon: (kind, talk, days passed, deadline near, unlisted, rounds held), kind
        one of ``gap``, ``fresh``, ``slip`` and ``lag``.
    """

    talks: Talks
    attempts: Attempts
    pending: tuple[tuple[str, int, float, bool, bool, int], ...]


def play_tables(talks: Talks, parameters: xr.DataTree, *, tables: int, seed: int) -> list[Table]:
    """Play the talks once per draw of the parameters.

    Parameters
    ----------
    talks : Talks
        Their domains, mediators, deadlines and first days are kept.
    parameters : xr.DataTree
        At least `tables` draws; table i has row i of the evenly spread ones (`forecast.engine.arrays.pick_rows`).
    tables : int
    seed : int

    Returns
    -------
    list of Table
        Everything a table would record, hidden listing and ending of the kernels included: they are read off the
        same random addresses. Talks that fill the kernels' room are censored after their last attempt.
    """
    used = playable(talks)
    attempts = build_attempts(used)
    rows: list[list[dict]] = [[] for _ in range(tables)]
    events: list[dict[str, tuple[Event, ...]]] = [{} for _ in range(tables)]
    pending: list[list[tuple]] = [[] for _ in range(tables)]
    for position, talk in enumerate(used):
        own = int(np.random.SeedSequence([seed, position]).generate_state(1)[0])
        scenario = scenario_of(used, position, attempts)
        packed, out, log = _play(scenario, parameters, tables, own)
        base = {"talk": position, "domain": int(attempts.domain_of_talk[position]), "conflict": position,
                "mediated": talk.mediated, "pandemic": bool(scenario.pandemic), "checked": True, "row_checked": True}
        origin = scenario.as_of.toordinal()
        deadline = None if scenario.deadline is None else (scenario.deadline.date - scenario.as_of).days
        for cell in range(tables):
            reader = _Reader(packed, out, log, cell, parameters, base["domain"], deadline, origin)
            rows[cell] += reader.attempts(base)
            pending[cell] += [(kind, position, *rest) for kind, *rest in reader.pending]
            events[cell][talk.id] = reader.events(talk.id, packed.kinds)
    return [_table(used, attempts, rows[cell], events[cell], pending[cell]) for cell in range(tables)]


def _play(scenario: Any, parameters: xr.DataTree, tables: int, seed: int):
    """Run the kernels with room for every event; one trial a draw."""
    from forecast.engine.bridge import EVENT, MAX_EVENTS, play_batch
    from forecast.engine.buffers import new_log, new_out, new_memory
    from forecast.engine.packing import pack
    from forecast.scenario import resolve

    packed = pack(resolve(scenario), parameters, draws=tables, seed=seed)
    out, log = new_out(packed.case, tables), new_log(packed.case, tables)
    room = np.zeros((tables, MAX_EVENTS), EVENT)
    room["kind"] = -1
    log = log._replace(event=room)
    play_batch(packed.case, packed.draws, 0, tables, 1, out, log, new_memory(packed.case))
    return packed, out, log


class _Reader:
    """Reads one played talk off the logs of the kernels."""

    def __init__(self, packed, out, log, cell, parameters, domain, deadline, origin) -> None:
        from forecast.engine.bridge import codes, uniforms

        self.codes, self.uniforms = codes, uniforms
        self.key, self.row_id = packed.case.key, np.int64(packed.draws.scalar[cell, 0])
        self.scalar = packed.draws.scalar[cell]
        self.result = out.trial[cell]
        self.tries = log.attempt[cell][log.attempt[cell]["status"] >= 0]
        self.disrupted = log.event[cell][log.event[cell]["kind"] >= 0]
        self.deadline, self.origin = deadline, origin
        self.pending: list[tuple] = []

    def luck(self, purpose, held: int, retry: int):
        """Return the four uniforms of an address."""
        return self.uniforms(self.key, np.int64(0), self.row_id, np.int64(purpose), np.int64(retry), np.int64(held))

    def value(self, name: str) -> float:
        """Return a scalar parameter of this draw."""
        return float(self.scalar[self.codes.Column[name]])

    def attempts(self, base: dict) -> list[dict]:
        """Return the rows of the attempts, with the coding of `forecast.talks.attempts`."""
        purpose = self.codes.Purpose
        found: list[dict] = []
        held = retry = 0
        home = int(self.tries["mode"][0])
        event_day = np.floor(self.disrupted["day"] + 0.5)
        for k, item in enumerate(self.tries, 1):
            day, status = float(item["day"]), int(item["status"])
            severe = event_day[self.disrupted["severity"] == 3]
            ahead = 0.0 if self.deadline is None else self.deadline - day
            known = self.deadline is not None
            row = {
                **base, "k": k, "held_before": held, "status": status, "unlisted": False, "day": self.origin + int(day),
                "planned_day": self.origin + int(day), "start_day": self.origin + int(day) if status == 0 else -1,
                "end_day": self.origin + int(item["end"]) if status == 0 else -1,
                "length_days": int(item["end"] - day) if status == 0 else -1,
                "mode": int(item["mode"]), "home_mode": home, "absent": bool(item["absent"]),
                "absent_side": int(item["absent"]).bit_length() - 1,
                "severe14": bool(((day - severe > 0) & (day - severe <= SEVERE_DAYS)).any()),
                "tension": min(TENSION_CAP, float(item["tension"])), "deadline": known, "deadline_days": int(ahead),
                "far": known and ahead > FAR_DAYS, "here": known and abs(ahead) <= HERE_DAYS,
                "near": known and 0 <= ahead <= FAR_DAYS, "last": False, "kept": True, "ending": 0, "lapse": False,
                "end_lag_days": -1, **self._since(found[-1] if found else None, held, retry, day),
            }
            if found and row["slip_unlisted"]:
                found[-1]["unlisted"] = True
            found.append(row)
            last_held, last_retry = held, retry
            held, retry = (held + 1, 0) if status == 0 else (held, retry + 1)
        self._end(found[-1], self.luck(purpose.END, last_held, last_retry)[0], held, retry)
        return found

    def _since(self, before: dict | None, held: int, retry: int, day: float) -> dict:
        """Return days since the attempt before, named by its status; the listing of a slip is its luck."""
        out = {"gap_days": -1, "slip_days": -1, "fresh_days": -1, "slip_unlisted": False, "gap_near": False}
        if before is None:
            return out
        anchor = (before["end_day"] if before["status"] == 0 else before["planned_day"]) - self.origin
        out["gap_near"] = self.deadline is not None and 0 <= self.deadline - anchor <= FAR_DAYS
        out[("gap_days", "slip_days", "fresh_days")[before["status"]]] = int(day - anchor)
        out["slip_unlisted"] = before["status"] == 1 and self._is_unlisted(held, retry)
        return out

    def _is_unlisted(self, held: int, retry: int) -> bool:
        """Return whether the slip that leads to an attempt was an unlisted one."""
        return bool(self.luck(self.codes.Purpose.NEXT, held, retry)[0] < self.value("SLIP_UNLISTED_SHARE"))

    def _end(self, row: dict, u_end: float, held: int, retry: int) -> None:
        """Write the ending on the last attempt; note what was still pending."""
        ending = self.codes.Ending
        result, passed = int(self.result["ending"]), int(self.result["end_day"])
        row["last"] = True
        own = (row["end_day"] if row["status"] == 0 else row["planned_day"]) - self.origin
        if result in (ending.AGREEMENT, ending.PARTIAL):
            row["ending"] = 1 + int(result == ending.PARTIAL)
            return
        reached = float(self.tries["hazard"][-1]) >= 1.0 and self.result["zopa"] == 1
        fate = 0 if int(self.result["overflow"]) else self._fate(row, u_end)
        if result == ending.ONGOING and (reached and row["status"] == 0):
            # Closed on a round that ends after the horizon: the kernels did not say, their luck does.
            partial = self.luck(self.codes.Purpose.CLOSE, 0, 0)[3] < self.value("PARTIAL_SHARE")
            row["ending"] = 1 + int(partial)
            return
        if fate == 0:
            row["ending"] = CENSORED
            if not int(self.result["overflow"]) and own < HORIZON_DAYS:
                kind = ("gap", "slip", "fresh")[row["status"]]
                near = self.deadline is not None and 0 <= self.deadline - own <= FAR_DAYS
                unlisted = kind == "slip" and self._is_unlisted(held, retry)
                self.pending.append((kind, float(HORIZON_DAYS - own), near, unlisted, held))
            return
        row["ending"] = fate
        if fate == COLLAPSE:
            if result == ending.ONGOING and own < HORIZON_DAYS:
                self.pending.append(("lag", float(HORIZON_DAYS - own), False, False, held))
            elif result != ending.ONGOING:
                row["end_lag_days"] = passed - own

    def _fate(self, row: dict, u_end: float) -> int:
        """Return what the luck of the last attempt said: collapse, stall or going on."""
        v = self.value
        lost = ("", "POSTPONED", "CANCELLED")[row["status"]]
        collapse = v("COLLAPSE_INTERCEPT") + v("COLLAPSE_TENSION") * row["tension"]
        collapse += v("COLLAPSE_FAR") * row["far"] + v("COLLAPSE_HERE") * row["here"]
        stall = v("STALL_INTERCEPT") + v("STALL_FAR") * row["far"] + v("STALL_LOG_ATTEMPT") * math.log(row["k"])
        if lost:
            collapse, stall = collapse + v(f"COLLAPSE_{lost}"), stall + v(f"STALL_{lost}")
        u = u_end * (1.0 + math.exp(collapse) + math.exp(stall))
        return COLLAPSE if u < math.exp(collapse) else STALL if u < math.exp(collapse) + math.exp(stall) else 0

    def events(self, talk_id: str, kinds: tuple[str, ...]) -> tuple[Event, ...]:
        """Return the calibrated disruptions as events of a table, by day."""
        found = []
        for item in np.sort(self.disrupted, order="day"):
            kind = kinds[int(item["kind"])]
            if kind in COORDS["kind"]:
                date = dt.date.fromordinal(self.origin + math.floor(item["day"] + 0.5))
                delay = math.floor(min(item["recovery"], 1e6) + 0.5)
                found.append(Event(talk_id, date, "other", int(item["severity"]), "", delay, "", "", "", True, 0, kind))
        return tuple(found)


def _table(talks: Talks, like: Attempts, rows: list[dict], events: dict, pending: list[tuple]) -> Table:
    """Put the rows of one played table into the types of the real one."""
    columns = {}
    for name in like.columns():
        kind = np.bool_ if name in _FLAGS else np.float64 if name == "tension" else np.int64
        columns[name] = np.array([row[name] for row in rows], dtype=kind)
    attempts = Attempts(**columns, talk_ids=talks.ids, conflict_ids=like.conflict_ids,
                        domain_of_talk=like.domain_of_talk)
    return Table(dataclasses.replace(talks, events=events), attempts, tuple(pending))


def rows_of_table(table: Table, block: str) -> NamedTuple:
    """Return the rows of one block of a played table.

    Parameters
    ----------
    table : Table
    block : {"calendar", "participation", "disruption", "outcome"}

    Returns
    -------
    NamedTuple
        As `forecast.calibration.tables` makes them of the real table, with what was pending at the horizon as gaps,
        slips and lags of unknown length. Changes of mode that saved a round are not played; nor is anything before
        the first attempt.
    """
    if block == "outcome":
        rows = outcome_rows(table.attempts)
        return _add_pending(rows, "lag", [item for item in table.pending if item[0] == "lag"], {"lag_zero": 0.0})
    if block == "participation":
        rows = participation_rows(table.talks, table.attempts)
        return rows._replace(cause_weight=np.zeros_like(rows.cause_weight))
    if block == "disruption":
        rows = disruption_rows(table.talks, table.attempts)
        use = rows.event_use * rows.event_after
        seen = use.any(axis=1)
        rows = rows._replace(span_weight=rows.span_weight * rows.span_after, event_use=use)
        return rows._replace(**{field: getattr(rows, field)[seen] for field in rows._fields if field[:6] == "event_"})
    rows = calendar_rows(table.attempts)
    gaps = [item for item in table.pending if item[0] in ("gap", "fresh")]
    rows = _add_pending(rows, "gap", gaps, {
        "gap_talk": [item[1] for item in gaps], "gap_near": [float(item[3]) for item in gaps],
        "gap_cancelled": [float(item[0] == "fresh") for item in gaps],
        "gap_log_round": [math.log(max(1, item[5]) / GAP_ROUNDS) for item in gaps]})
    slips = [item for item in table.pending if item[0] == "slip"]
    return _add_pending(rows, "slip", slips, {
        "slip_talk": [item[1] for item in slips], "slip_unlisted": [float(item[4]) for item in slips]})


def _add_pending(rows: NamedTuple, group: str, items: list[tuple], columns: dict) -> NamedTuple:
    """Append rows of which only a lower bound is known."""
    if not items:
        return rows
    new = {f"{group}_low": np.log([item[2] + 0.5 for item in items]), f"{group}_high": np.full(len(items), LOG_FOREVER),
           f"{group}_weight": np.ones(len(items)), **columns}
    changed = {}
    for field, values in new.items():
        old = getattr(rows, field)
        values = np.broadcast_to(np.asarray(values), len(items)).astype(old.dtype)
        changed[field] = np.concatenate([old, values])
    return rows._replace(**changed)
