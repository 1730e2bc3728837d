"""The result of a game day, and every form it can be printed in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.summary.estimate import Estimate, Quantity
from forecast.summary.service import ServiceLevel

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console, ConsoleOptions, RenderResult

    from forecast.scenario import Scenario
    from forecast.sweep.comparison import Comparison


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure that was injected.

    Parameters
    ----------
    label : str
        In words.
    preset, system : str or None
        Its name and the system it takes down.
    date : date
    day : int
        Days from as_of.
    note : str
    """

    label: str
    preset: str | None
    system: str | None
    date: dt.date
    day: int
    note: str

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return {"label": self.label, "preset": self.preset, "system": self.system, "date": self.date.isoformat(),
                "day": self.day, "note": self.note}


@dataclass(frozen=True, slots=True)
class Paired:
    """A share in the calm run and in the one with failures, and its change on the same luck."""

    calm: Estimate
    hit: Estimate
    change: Quantity

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return {"calm": self.calm.to_dict(), "with_failures": self.hit.to_dict(), "change": self.change.to_dict()}


@dataclass(frozen=True, slots=True)
class Recovery:
    """Days from a failure to the next round that is held.

    Parameters
    ----------
    p5, p50, p95 : int or None
        Over the trials in which one is held within the horizon.
    never : float
        Share of trials in which none is.
    """

    p5: int | None
    p50: int | None
    p95: int | None
    never: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return {"p5": self.p5, "p50": self.p50, "p95": self.p95,
                "never": self.never if self.never == self.never else None}


@dataclass(frozen=True, slots=True)
class FailureEffect:
    """What one failure does to the first attempt made on or after its day, given that there is one in both runs.

    Parameters
    ----------
    failure : Failure
    met : Estimate
        Share of trials in which there is such an attempt.
    attempt, due : int or None
        Its most frequent number from as_of (1 is the next) and its median planned day.
    on_time : Paired
        It is held on its planned day.
    broken : Estimate
        It meets trouble by a system: lost, moved, or held in another mode.
    lost, moved : Estimate
        It is lost by it; held in the mode wished, but later.
    saved : dict of str to Estimate
        By mode: held in it instead of lost.
    down_days : Quantity or None
        Further days of downtime of its system; None for a failure without one.
    recovery : pair of Recovery
        Time to the next round, calm and with the failures.
    """

    failure: Failure
    met: Estimate
    attempt: int | None
    due: int | None
    on_time: Paired
    broken: Estimate
    lost: Estimate
    moved: Estimate
    saved: dict[str, Estimate]
    down_days: Quantity | None
    recovery: tuple[Recovery, Recovery]

    @property
    def on_time_change(self) -> Quantity:
        """Change of the probability that the attempt is held on its planned day."""
        return self.on_time.change

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return {
            **self.failure.to_dict(),
            "attempt": {"met": self.met.to_dict(), "number": self.attempt, "due_day": self.due},
            "on_time": self.on_time.to_dict(), "broken": self.broken.to_dict(), "lost": self.lost.to_dict(),
            "moved": self.moved.to_dict(), "saved": {mode: made.to_dict() for mode, made in self.saved.items()},
            "down_days": self.down_days.to_dict() if self.down_days is not None else None,
            "days_to_next_round": {"calm": self.recovery[0].to_dict(), "with_failures": self.recovery[1].to_dict()},
        }


@dataclass(frozen=True, eq=False, repr=False)
class GameDay:
    """What injected failures do; made by :func:`forecast.gameday`.

    Parameters
    ----------
    comparison : Comparison
        Of the calm scenario with the one that has the failures.
    failures : list of FailureEffect
        In the order they were given.
    on_time : Paired
        Share of all planned rounds that are held on time.
    service : dict of str to (ServiceLevel, ServiceLevel)
        By system: calm, and with the failures.
    added : tuple of str
        Known systems that were added to both runs.
    """

    comparison: Comparison
    failures: list[FailureEffect]
    on_time: Paired
    service: dict[str, tuple[ServiceLevel, ServiceLevel]]
    added: tuple[str, ...]

    @property
    def scenario(self) -> Scenario:
        """The scenario with the failures, resolved."""
        return self.comparison.alternative

    def __iter__(self) -> Iterator[FailureEffect]:
        return iter(self.failures)

    def to_dict(self) -> dict[str, Any]:
        """Return the object that ``forecast gameday --json`` prints."""
        made = self.comparison
        return {
            "scenario": self.scenario.name, "as_of": self.scenario.as_of.isoformat(), "seed": made.seed,
            "draws": made.draws, "trials": made.trials,
            "failures": [effect.to_dict() for effect in self.failures],
            "planned_rounds_on_time": self.on_time.to_dict(),
            "changes": {key: row.to_dict() for key, row in made.rows.items()},
            "service": {key: {"calm": calm.to_dict(), "with_failures": hit.to_dict()}
                        for key, (calm, hit) in self.service.items()},
            "systems_added": list(self.added), "prior_driven": [part.to_dict() for part in made.prior_driven],
            "posterior_hash": made.posterior_hash, "posterior_kind": made.posterior_kind,
        }

    def table(self) -> list[dict[str, Any]]:
        """Return a row per number as plain data: ``about, key, calm, with_failures, change, low, high, mc_error``."""
        from forecast.gameday.words import rows_of

        return rows_of(self)

    def to_dataframe(self) -> pd.DataFrame:
        """Return the table as a data frame.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        import pandas as pd

        return pd.DataFrame(self.table())

    def to_csv(self, path: str | Path) -> Path:
        """Write the table to a CSV file, whole or not at all."""
        from forecast.summary.table import write_csv

        return write_csv(self.table(), path)

    def to_text(self) -> str:
        """Return the sentences that say what broke and what it changes."""
        from forecast.gameday.words import text_of

        return text_of(self)

    def __str__(self) -> str:
        from forecast.sweep.words import plain

        return plain(self)

    def __repr__(self) -> str:
        made = self.comparison
        return f"<GameDay of {self.scenario.name}: {len(self.failures)} failures, {made.draws} x {made.trials} trials>"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from forecast.gameday.words import parts_of

        yield from parts_of(self)

    def _repr_html_(self) -> str:
        from forecast.gameday.words import html_of

        return html_of(self)
