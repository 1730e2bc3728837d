"""Talks played by the kernels, written down as an analyst would have known them on a later day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.engine import simulate
from forecast.engine.arrays import PosteriorArrays
from forecast.engine.bridge import Column
from forecast.engine.packing import pack
from forecast.scenario import Scenario, resolve
from forecast.vocabulary import ENDINGS, MODES, STATUS


@dataclass(frozen=True)
class Played:
    """One simulated course of talks: what is known on a day, and what became of them."""

    items: list[dict[str, Any]]
    over: bool  #: the end was known by then (a stall never is)
    ending: str
    under_way: bool  #: a round had begun and not ended: no item of a history says so


def played(scenario: Scenario, posterior: Any, day: int, *, draws: int, trials: int, seed: int) -> Iterator[Played]:
    """Yield simulated talks with their history up to `day`: attempts and disruptions, nothing announced.

    The kernels play disruptions only as long as talks go on, but the world does not stop when talks stall unsaid: the
    disruptions that an analyst would have seen since the last attempt of such talks are drawn here, at the rates of
    their draw. Without them a disruption would give away that the talks are alive.
    """
    outcome = simulate(scenario, posterior, draws=draws, trials=trials, seed=seed, paths=True)
    kinds = [str(kind) for kind in outcome["kind"].values]
    flat = {name: outcome[name].values.reshape(draws * trials, *outcome[name].shape[2:]) for name in (
        "ending", "end_day", "attempt_day", "attempt_end_day", "attempt_status", "attempt_mode", "event_day",
        "event_kind", "event_severity")}
    world = _World(scenario, posterior, draws=draws, seed=seed, kinds=kinds)
    for i in range(draws * trials):
        one = {name: values[i] for name, values in flat.items()}
        ending = ENDINGS[int(one["ending"])]
        over = int(one["end_day"]) <= day and ending in ("agreement", "partial", "collapse", "lapse")
        begun = one["attempt_status"] >= 0
        under_way = bool((begun & (one["attempt_day"] <= day) & (one["attempt_end_day"] > day)).any())
        items = [] if over else list(_items(scenario.as_of, one, kinds, day))
        if not over and begun.any() and one["attempt_end_day"][begun].max() <= day:  # no attempt follows
            items += world.events(i // trials, scenario.as_of, int(one["attempt_day"][begun].max()), day)
        yield Played(items, over, ending, under_way)


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


class _World:
    """Disruptions of severity 2 and 3 that go on around talks of which nothing is heard, at the rates of a draw."""

    def __init__(self, scenario: Scenario, posterior: Any, *, draws: int, seed: int, kinds: list[str]) -> None:
        packed = pack(resolve(scenario), PosteriorArrays.of(posterior, draws), draws=draws, seed=seed)
        self.scalar, self.rate, self.kinds = packed.draws.scalar, packed.draws.kind_rate, kinds
        self.severity = np.diff(packed.draws.severity, axis=2, prepend=0.0)
        self.rng = np.random.default_rng(seed)

    def events(self, draw: int, as_of: dt.date, last: int, day: int) -> list[dict[str, Any]]:
        """Return the events after the planned day of the last attempt, up to `day`, as items."""
        row, items = self.scalar[draw], []
        span, days = day + 0.5 - last, row[Column.PULSE_DAYS]
        background = row[Column.PULSE_BACKGROUND] / 28.0 * span
        faded = 1.0 - np.exp(-span / days)
        after = row[Column.PULSE_AFTER] * faded
        for k, kind in enumerate(self.kinds):
            for severity in (2, 3):
                mean = self.rate[draw, k] * self.severity[draw, k, severity - 1] * (background + after)
                for _ in range(self.rng.poisson(mean)):
                    u = self.rng.random()
                    early = self.rng.random() * (background + after) < after
                    wait = -days * np.log1p(-u * faded) if early else u * span
                    date = as_of + dt.timedelta(days=min(day, last + int(np.floor(wait + 0.5))))
                    items.append({"date": date.isoformat(), "type": "disruption", "kind": kind, "severity": severity})
        return items
