"""The result of a comparison, and every form it can be printed in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.summary.estimate import Quantity
from forecast.summary.prior import PriorDriven
from forecast.summary.text import number
from forecast.sweep.difference import COUNTS, Difference

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console, ConsoleOptions, RenderResult

    from forecast.scenario import Scenario

MINUS = "\N{MINUS SIGN}"


def points(x: float) -> str:
    """Return a difference of probabilities in percentage points, with its sign.

    Examples
    --------
    >>> [points(x) for x in (0.123, -0.04, 0.0, 0.004, -0.0049, float("nan"))]
    ['+12', '−4.0', '0', '+0.4', '−0.5', 'n/a']
    """
    if not np.isfinite(x):
        return "n/a"
    size = abs(100 * x)
    text = f"{size:.0f}" if size >= 9.95 else f"{size:.1f}"
    if float(text) == 0:
        return "0"
    return ("+" if x > 0 else MINUS) + text


def signed(x: float) -> str:
    """Return a quantity with its sign.

    Examples
    --------
    >>> signed(1.234), signed(-20.0), signed(0.0)
    ('+1.23', '−20', '0')
    """
    text = number(abs(x))
    return text if not np.isfinite(x) or x == 0 else ("+" if x > 0 else MINUS) + text


def is_probability(row: Difference) -> bool:
    """Return whether a row is a probability, or a share, which is shown like one."""
    return row.unit == "1" and row.key not in COUNTS


def shown_value(row: Difference, made: Quantity) -> str:
    """Return one side of a row for a table."""
    if not is_probability(row):
        return number(made.value)
    return f"{100 * made.value:.1f}%" if np.isfinite(made.value) else "n/a"


def shown_difference(row: Difference) -> str:
    """Return the difference of a row with its interval; probabilities in percentage points."""
    made = row.difference
    words = points if is_probability(row) else signed
    if not np.isfinite(made.value):
        return "n/a"
    text = words(made.value)
    low, high = words(made.low), words(made.high)
    return text if low == high else f"{text} ({low} to {high})"


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Paired differences between two scenarios; made by :func:`forecast.compare`.

    Parameters
    ----------
    baseline, alternative : Scenario
        Resolved.
    changes : dict of str to (before, after)
        Fields in which they differ.
    rows : dict of str to Difference
        By key, as in the summary of a run: ``ends.agreement``, ``deal``, ``by.58``, ``next_round.held``,
        ``end_day``, ``settlement.<issue>.mean``, and with votes or an implementation ``after.in_force``.
    prior_driven : list of PriorDriven
        Changed fields that act through parameters which past talks hardly inform.
    notes : list of str
    seed, draws, trials : int
    posterior_hash, posterior_kind : str
    """

    baseline: Scenario
    alternative: Scenario
    changes: dict[str, tuple[Any, Any]]
    rows: dict[str, Difference]
    prior_driven: list[PriorDriven]
    notes: list[str]
    seed: int
    draws: int
    trials: int
    posterior_hash: str
    posterior_kind: str = field(default="posterior")

    def __getitem__(self, key: str) -> Difference:
        return self.rows[key]

    def __iter__(self) -> Iterator[Difference]:
        return iter(self.rows.values())

    @property
    def mark(self) -> str:
        """``*`` when the change acts through prior-driven parameters, else nothing."""
        return "*" if self.prior_driven or self.posterior_kind == "prior" else ""

    def to_dict(self) -> dict[str, Any]:
        """Return the object that ``forecast compare --json`` prints.

        Returns
        -------
        dict
            JSON types only. ``ends``, ``deal``, ``by``, ``next_round``, ``end_day``, ``rounds_held``,
            ``settlement`` and ``after`` as in the summary of a run, each number as ``baseline``,
            ``alternative``, ``difference``, ``variance_saved``, ``ceiling``; a difference of probabilities is
            not in percent.
        """
        out: dict[str, Any] = {
            "baseline": self.baseline.name, "alternative": self.alternative.name,
            "as_of": self.baseline.as_of.isoformat(), "seed": self.seed, "draws": self.draws, "trials": self.trials,
            "changes": {path: {"baseline": a, "alternative": b} for path, (a, b) in self.changes.items()}}
        import datetime as dt

        for key, row in self.rows.items():
            place = out
            *above, last = key.split(".")
            if above == ["by"]:
                last = (self.baseline.as_of + dt.timedelta(days=int(last))).isoformat()
            for part in above:
                place = place.setdefault(part, {})
            place[last] = row.to_dict()
        out["prior_driven"] = [part.to_dict() for part in self.prior_driven]
        out["notes"] = list(self.notes)
        out["provenance"] = {"posterior_hash": self.posterior_hash, "posterior_kind": self.posterior_kind,
                             "baseline_digest": self.baseline.digest(),
                             "alternative_digest": self.alternative.digest()}
        return out

    def table(self) -> list[dict[str, Any]]:
        """Return the rows of the table as plain data.

        Returns
        -------
        list of dict
            Keys ``key, label, unit, baseline, alternative, difference, low, high, mc_error, variance_saved,
            ceiling, reach, prior_driven``; None where nothing is known.
        """
        def plain(x: float) -> float | None:
            return float(x) if np.isfinite(x) else None

        return [{"key": row.key, "label": row.label, "unit": row.unit, "baseline": plain(row.baseline.value),
                 "alternative": plain(row.alternative.value), "difference": plain(row.difference.value),
                 "low": plain(row.difference.low), "high": plain(row.difference.high),
                 "mc_error": plain(row.difference.mc_error), "variance_saved": plain(row.saved),
                 "ceiling": plain(row.ceiling), "reach": plain(row.reach), "prior_driven": bool(self.mark)}
                for row in self.rows.values()]

    def to_dataframe(self) -> pd.DataFrame:
        """Return the table as a data frame, indexed by key.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        import pandas as pd

        return pd.DataFrame(self.table()).set_index("key")

    def to_csv(self, path: str | Path) -> Path:
        """Write the table to a CSV file, whole or not at all."""
        from forecast.summary.table import write_csv

        return write_csv(self.table(), path)

    def to_text(self) -> str:
        """Return the sentences that say what the table says."""
        from forecast.sweep.words import comparison_text

        return comparison_text(self)

    def __str__(self) -> str:
        from forecast.sweep.words import plain

        return plain(self)

    def __repr__(self) -> str:
        made = self.rows["deal"].difference
        return (f"<Comparison of {self.alternative.name} with {self.baseline.name}: deal {points(made.value)} points "
                f"[{points(made.low)}, {points(made.high)}], {self.draws} x {self.trials} trials>")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from forecast.sweep.words import comparison_parts

        yield from comparison_parts(self)

    def _repr_html_(self) -> str:
        from forecast.sweep.words import html

        return html(self)
