"""Pack what a scenario says about the time after a deal: votes, tranches, verifier, breach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecast.engine.bridge import TABLE_INTERVALS, TRANCHE, VOTE, After, Alarm
from forecast.engine.memo import Memo
from forecast.engine.packing import id_hash
from forecast.engine.reservations import quantile_table
from forecast.errors import Problem, ScenarioError
from forecast.scenario.aftermath import DAYS_A_YEAR, LONGEST_WATCH, Implementation
from forecast.scenario.checks_aftermath import LARGEST_RATE, LONGEST_WAIT

if TYPE_CHECKING:
    from forecast.scenario import Scenario
    from forecast.scenario.beliefs import Belief

#: Tables of this many beliefs are kept: a sweep changes few of them from cell to cell.
_TABLES = Memo(64)


def pack_aftermath(scenario: Scenario) -> After | None:
    """Pack votes and implementation of a scenario.

    Parameters
    ----------
    scenario : Scenario
        Resolved.

    Returns
    -------
    After or None
        None for a scenario that ends with the deal: nothing is played, nor compiled, for it.

    Raises
    ------
    ScenarioError
        If two tranches would share their luck.

    Examples
    --------
    >>> from forecast.scenario import Scenario
    >>> talks = {"parties": ["union", "firm"], "as_of": "2024-10-18", "domain": "labour"}
    >>> pack_aftermath(Scenario.from_dict(talks)) is None
    True
    >>> vote = {"party": "union", "veto": 0.4, "then": "resume", "days": 4}
    >>> after = pack_aftermath(Scenario.from_dict({**talks, "ratification": [vote]}))
    >>> after.vote["resume"].tolist(), after.veto_table[0, :2].tolist(), len(after.tranche)
    ([1], [0.4, 0.4], 0)
    """
    votes, phase = scenario.ratification, scenario.implementation
    if not votes and phase is None:
        return None
    before = [sum(other.party == vote.party for other in votes[:i]) for i, vote in enumerate(votes)]
    records = np.zeros(len(votes), VOTE)
    records["hash"] = [id_hash(vote.party) for vote in votes]
    records["turn"] = before
    records["resume"] = [vote.then == "resume" for vote in votes]
    tranches, watch, alarm = _tranches(phase, scenario.name), 0.0, Alarm.SUSPEND
    breach, sensor = {}, (None, None)
    if phase is not None:
        watch, alarm = float(phase.horizon_days), Alarm[phase.on_alarm.upper()]
        breach = dict(sorted(phase.breach.items()))
        sensor = phase.verifier.false_positive, phase.verifier.false_negative
    return After(
        vote=records,
        veto_table=_stack([_table(vote.veto, 1.0) for vote in votes]),
        wait_table=_stack([_table(vote.days, LONGEST_WAIT) for vote in votes]),
        tranche=tranches,
        breach_hash=np.array([id_hash(party) for party in breach], dtype=np.int64),
        breach_table=_stack([_table(rate, LARGEST_RATE) / DAYS_A_YEAR for rate in breach.values()]),
        sensor_table=_stack([_table(belief, 1.0) for belief in sensor]),
        on_alarm=int(alarm),
        watch=min(watch, float(LONGEST_WATCH)),
    )


def _tranches(phase: Implementation | None, source: str) -> np.ndarray:
    """Return the tranches by day; the order of the file does not matter."""
    stated = sorted(phase.tranches, key=lambda one: (one.days, one.name)) if phase is not None else []
    seen: dict[int, str] = {}
    for one in stated:
        other = seen.setdefault(id_hash(one.name), one.name)
        if other != one.name:
            raise ScenarioError([Problem("implementation.tranches", f"{one.name} has the random address of {other}",
                                         "names with different hashes", "rename one of the two")], source)
    records = np.zeros(len(stated), TRANCHE)
    for name, values in (("hash", [id_hash(one.name) for one in stated]), ("day", [one.days for one in stated]),
                         ("share", [one.share for one in stated])):
        records[name] = values
    return records


def _table(belief: Belief | None, high: float) -> np.ndarray:
    """Tabulate a belief about a number from 0 to `high`; nothing stated is 0."""
    if belief is None:
        return np.zeros(TABLE_INTERVALS + 1)
    return _TABLES.get((belief.kind, tuple(belief.params.items()), high),
                       lambda: quantile_table(belief.truncated(0.0, high)[0], TABLE_INTERVALS))


def _stack(tables: list[np.ndarray]) -> np.ndarray:
    return np.ascontiguousarray(tables, dtype=np.float64).reshape(len(tables), TABLE_INTERVALS + 1)
