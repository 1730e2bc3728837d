"""Talks played by the kernels, written down as an analyst would have known them on a later day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.engine import simulate
from forecast.scenario import Scenario
from forecast.vocabulary import ENDINGS, MODES, STATUS


@dataclass(frozen=True)
class Played:
    """One simulated course of talks: what is known on a day, and what became of them."""

    items: list[dict[str, Any]]
    over: bool  #: the end was known by then (a stall never is)
    ending: str


def played(scenario: Scenario, posterior: Any, day: int, *, draws: int, trials: int, seed: int) -> Iterator[Played]:
    """Yield simulated talks with their history up to `day`: attempts and disruptions, nothing announced."""
    outcome = simulate(scenario, posterior, draws=draws, trials=trials, seed=seed, paths=True)
    kinds = [str(kind) for kind in outcome["kind"].values]
    flat = {name: outcome[name].values.reshape(draws * trials, *outcome[name].shape[2:]) for name in (
        "ending", "end_day", "attempt_day", "attempt_end_day", "attempt_status", "attempt_mode", "event_day",
        "event_kind", "event_severity")}
    for i in range(draws * trials):
        one = {name: values[i] for name, values in flat.items()}
        ending = ENDINGS[int(one["ending"])]
        over = int(one["end_day"]) <= day and ending in ("agreement", "partial", "collapse", "lapse")
        yield Played([] if over else list(_items(scenario.as_of, one, kinds, day)), over, ending)


def _items(as_of: dt.date, one: dict[str, np.ndarray], kinds: list[str], day: int) -> Iterator[dict[str, Any]]:
    """Yield the items of a history up to `day`."""

    def date(offset: int) -> str:
        return (as_of + dt.timedelta(days=int(offset))).isoformat()

    for planned, end, status, mode in zip(one["attempt_day"], one["attempt_end_day"], one["attempt_status"],
                                          one["attempt_mode"], strict=True):
        if status < 0 or end > day:
            break
        item = {"date": date(end), "type": "attempt", "status": STATUS[status], "mode": MODES[mode]}
        if status == 0:
            yield {**item, "start": date(planned), "end": date(end)}
        else:
            yield {**item, "planned": date(planned)}
    for event, kind, severity in zip(one["event_day"], one["event_kind"], one["event_severity"], strict=True):
        if kind >= 0 and severity >= 2 and 0 <= event <= day:
            yield {"date": date(event), "type": "disruption", "kind": kinds[kind], "severity": int(severity)}
