"""The summary of an outcome: numbers with intervals, and every form they can be printed in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.summary.aftermath import Aftermath
from forecast.summary.curves import Curves, curves_of
from forecast.summary.estimate import Estimate, Quantity
from forecast.summary.parts import ByDate, Disruption, Downtime, NextRound, Settlement, Times, Zopa
from forecast.summary.prior import PriorDriven, flagged
from forecast.summary.service import ServiceLevel
from forecast.summary.tally import Tally
from forecast.summary.variance import VarianceSplit

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console, ConsoleOptions, RenderResult


@dataclass(frozen=True, eq=False, repr=False)
class Summary:
    """What an outcome says about the talks; made by :func:`forecast.summarize`.

    Parameters
    ----------
    scenario : dict
        Resolved scenario.
    as_of : date
    horizon_days : int
    seed : int
    draws, trials : int
        Draws, and trials of each.
    ends : dict of str to Estimate
        By ending, in the order of :data:`forecast.vocabulary.ENDINGS`; ``p`` sums to 1.
    deal : Estimate
        Agreement or partial deal.
    next_round : NextRound
    time_to_end : dict of str to Times
        Per ending, and ``any`` ending; talks still under way at the horizon are not in ``any``.
    by : list of ByDate
    settlement : dict of str to Settlement
        By issue id.
    zopa : Zopa
    disruptions : dict of str to Disruption
        By kind.
    absent : dict of str to Estimate
        By party id: at least one new attempt without its principal.
    downtime : dict of str to Downtime
        By system id; empty without systems.
    service : dict of str to ServiceLevel
        By system id: planned rounds that it does not keep from being held on time, and its objective.
    stages : dict of str to Estimate
        By name: the talks end in this stage, or are in it at the horizon; empty without stages.
    after : Aftermath or None
        What comes after a deal; None if the scenario ends with it.
    rounds_held, attempts, retreats : Quantity or None
        Expected new rounds, attempts, and rounds held in another mode than wished.
    variance : dict of str to VarianceSplit
        Shares of parameters, beliefs and luck, of ``deal`` and ``next_round``.
    adjust : dict
        Log-odds stated by the scenario, with the rationale.
    prior_driven : list of PriorDriven
        Parts that rest on judgement.
    provenance : dict
    tally : Tally
        The counts behind the numbers.
    """

    scenario: dict[str, Any]
    as_of: dt.date
    horizon_days: int
    seed: int
    draws: int
    trials: int
    ends: dict[str, Estimate]
    deal: Estimate
    next_round: NextRound
    time_to_end: dict[str, Times]
    by: list[ByDate]
    settlement: dict[str, Settlement]
    zopa: Zopa
    disruptions: dict[str, Disruption]
    absent: dict[str, Estimate]
    downtime: dict[str, Downtime]
    service: dict[str, ServiceLevel]
    stages: dict[str, Estimate]
    after: Aftermath | None
    rounds_held: Quantity | None
    attempts: Quantity | None
    retreats: Quantity | None
    variance: dict[str, VarianceSplit]
    adjust: dict[str, Any]
    prior_driven: list[PriorDriven]
    provenance: dict[str, Any]
    tally: Tally = field(repr=False)

    @property
    def name(self) -> str:
        """Short name of the scenario."""
        return str(self.scenario.get("name") or "scenario")

    @property
    def title(self) -> str:
        """Title of the scenario, as written (not escaped)."""
        return str(self.scenario.get("title") or self.name)

    @property
    def horizon(self) -> dt.date:
        """Last day of the forecast."""
        return self.as_of + dt.timedelta(days=self.horizon_days)

    @cached_property
    def base_rate(self) -> dict[str, Any]:
        """How often past talks of the table ended in a deal, with its n (read when first asked for)."""
        from forecast.summary.past import base_rate_of

        return base_rate_of(self.scenario)

    @cached_property
    def nearest(self) -> list[dict[str, Any]]:
        """The past talks most like these (read when first asked for)."""
        from forecast.summary.past import nearest_to

        return nearest_to(self.scenario)

    @cached_property
    def curves(self) -> Curves:
        """Cumulated probabilities by day, with intervals, for plots."""
        return curves_of(self.tally)

    def date_of(self, day: float) -> dt.date:
        """Return the date of a whole day counted from as_of."""
        return self.as_of + dt.timedelta(days=int(day))

    @cached_property
    def deadline(self) -> int | None:
        """Day of the declared deadline, counted from as_of; None without one."""
        date = (self.scenario.get("deadline") or {}).get("date")
        return (dt.date.fromisoformat(date) - self.as_of).days if date else None

    def day_words(self, day: int) -> str:
        """Return ``day 58, deadline`` or ``day 30``."""
        return f"day {day}" + (", deadline" if day == self.deadline else "")

    def is_prior_driven(self, key: str) -> bool:
        """Return whether a key of :meth:`to_dict` (``ends.lapse``) rests on judgement."""
        return flagged(self.prior_driven, key)

    def mark(self, key: str) -> str:
        """Return ``*`` if a key rests on judgement for a reason of its own, else nothing."""
        return "*" if flagged(self.prior_driven, key, specific=True) else ""

    def to_dict(self) -> dict[str, Any]:
        """Return the object that ``forecast run --json`` prints.

        Returns
        -------
        dict
            JSON types only; None where nothing is known. Keys ``scenario, as_of, seed, draws, trials, ends,
            deal, next_round, time_to_end_days, zopa, adjust, base_rate, provenance``, then ``by, settlement,
            median_day, disruptions, absent, variance, prior_driven, nearest``.
        """
        return {
            "scenario": self.name, "as_of": self.as_of.isoformat(), "seed": self.seed, "draws": self.draws,
            "trials": self.trials,
            "ends": {key: made.to_dict() for key, made in self.ends.items()},
            "deal": self.deal.to_dict(),
            "next_round": self.next_round.to_dict(),
            "time_to_end_days": {key: made.to_dict() for key, made in self.time_to_end.items()},
            "zopa": self.zopa.to_dict(), "adjust": dict(self.adjust), "base_rate": self.base_rate,
            "provenance": {**self.provenance, "horizon_days": self.horizon_days, "title": self.title},
            "by": {made.date.isoformat(): made.to_dict() for made in self.by},
            "settlement": {key: made.to_dict() for key, made in self.settlement.items()},
            "median_day": {key: made.median.to_dict() for key, made in self.time_to_end.items()},
            "disruptions": {key: made.to_dict() for key, made in self.disruptions.items()},
            "absent": {key: made.to_dict() for key, made in self.absent.items()},
            "downtime": {key: made.to_dict() for key, made in self.downtime.items()},
            "service": {key: made.to_dict() for key, made in self.service.items()},
            "stages": {key: made.to_dict() for key, made in self.stages.items()},
            "after": self.after.to_dict() if self.after is not None else {},
            "rounds_held": self.rounds_held.to_dict() if self.rounds_held else None,
            "attempts": self.attempts.to_dict() if self.attempts else None,
            "retreats": self.retreats.to_dict() if self.retreats else None,
            "variance": {key: made.to_dict() for key, made in self.variance.items()},
            "prior_driven": [part.to_dict() for part in self.prior_driven], "nearest": self.nearest,
        }

    def rows(self) -> list[dict[str, Any]]:
        """Return the one table of the summary; see :func:`forecast.summary.table.rows_of`."""
        from forecast.summary.table import rows_of

        return rows_of(self)

    def to_dataframe(self) -> pd.DataFrame:
        """Return the one table of the summary: a row per number, with its interval.

        Returns
        -------
        DataFrame
            Columns ``section, key, label, value, low, high, mc_error, unit, prior_driven``.

        Raises
        ------
        ImportError
            If pandas is not installed (extra ``lab``).
        """
        import pandas as pd

        return pd.DataFrame(self.rows())

    def to_csv(self, path: str | Path) -> Path:
        """Write the one table of the summary to a CSV file (UTF-8), whole or not at all.

        Returns
        -------
        Path
        """
        from forecast.summary.table import write_csv

        return write_csv(self.rows(), path)

    def to_text(self, *, words: bool = False) -> str:
        """Return the paragraph that says in sentences what the table says.

        Parameters
        ----------
        words : bool, optional
            Add words for the probabilities by :data:`forecast.summary.text.WORDS`.
        """
        from forecast.summary.text import paragraph

        return paragraph(self, words=words)

    def __str__(self) -> str:
        from forecast.summary.show import plain

        return plain(self)

    def __repr__(self) -> str:
        return (f"<Summary of {self.name} as of {self.as_of}: deal {self.deal.p:.2f} "
                f"[{self.deal.low:.2f}, {self.deal.high:.2f}], {self.draws} x {self.trials} trials>")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from forecast.summary.show import renderables

        yield from renderables(self)

    def _repr_html_(self) -> str:
        from forecast.summary.html import html_of

        return html_of(self)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows())
