"""The one table of a summary: a row per number, from which text, pages and files are made."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.summary.estimate import Estimate, Quantity
from forecast.summary.parts import PERCENTILES
from forecast.vocabulary import CAUSE_LABELS, ENDING_LOOKS, MODE_LOOKS, STATUS_LOOKS

if TYPE_CHECKING:
    from forecast.summary.summary import Summary

COLUMNS = ("section", "key", "label", "value", "low", "high", "mc_error", "unit", "prior_driven")


def rows_of(summary: Summary) -> list[dict[str, Any]]:
    """Return the rows of the table of a summary.

    Parameters
    ----------
    summary : Summary

    Returns
    -------
    list of dict
        Keys :data:`COLUMNS`; numbers are floats or None. ``key`` is the place in :meth:`Summary.to_dict`.
    """
    out: list[dict[str, Any]] = []

    def add(section: str, key: str, label: str, made: Estimate | Quantity | float | None, unit: str = "1") -> None:
        if made is None:
            return
        if isinstance(made, Estimate):
            numbers = (made.p, made.low, made.high, made.mc_error)
        elif isinstance(made, Quantity):
            numbers = (made.value, made.low, made.high, made.mc_error)
        else:
            numbers = (float(made), np.nan, np.nan, np.nan)
        value, low, high, error = (float(x) if np.isfinite(x) else None for x in numbers)
        out.append({"section": section, "key": key, "label": label, "value": value, "low": low, "high": high,
                    "mc_error": error, "unit": unit, "prior_driven": summary.is_prior_driven(key)})

    for name, made in summary.ends.items():
        add("How it ends", f"ends.{name}", ENDING_LOOKS[name].label, made)
    add("How it ends", "deal", "Deal (full or partial)", summary.deal)
    for date in summary.by:
        key = f"by.{date.date}"
        add("By date", f"{key}.deal", f"Deal by {date.date}", date.deal)
        add("By date", f"{key}.ended", f"Ended by {date.date}", date.ended)
    _next_round(summary, add)
    for name, times in summary.time_to_end.items():
        if not times.n:
            continue
        label = "Any ending" if name == "any" else ENDING_LOOKS[name].label
        add("When it ends", f"median_day.{name}", f"{label}: median day", times.median, "day")
        for q in PERCENTILES:
            key = f"time_to_end_days.{name}.p{q}"
            add("When it ends", key, f"{label}: {q}% by day", getattr(times, f"p{q}"), "day")
    for key, issue in summary.settlement.items():
        add("Terms", f"settlement.{key}.closed", f"{issue.name}: closes", issue.closed)
        add("Terms", f"settlement.{key}.mean", f"{issue.name}: mean if it closes", issue.mean, issue.unit)
        add("Terms", f"settlement.{key}.median", f"{issue.name}: median if it closes", issue.median, issue.unit)
        for q in PERCENTILES:
            add("Terms", f"settlement.{key}.p{q}", f"{issue.name}: {q}% below", issue.quantiles[f"p{q}"], issue.unit)
    add("Room for a deal", "zopa.talks", "Talks like these", summary.zopa.talks)
    add("Room for a deal", "zopa.beliefs", "Your beliefs", summary.zopa.beliefs)
    add("Room for a deal", "zopa.used", "Used", summary.zopa.used)
    for key, kind in summary.disruptions.items():
        add("Disruptions", f"disruptions.{key}.any", f"{kind.name}: at least one", kind.any)
        add("Disruptions", f"disruptions.{key}.mean", f"{kind.name}: expected number", kind.mean)
    for key, made in summary.absent.items():
        party = (summary.scenario.get("parties") or {}).get(key) or {}
        add("Absence", f"absent.{key}", f"{party.get('name') or key}: a round without its principal", made)
    for key, system in summary.downtime.items():
        add("Systems", f"downtime.{key}.any", f"{system.name}: down at some time", system.any)
        add("Systems", f"downtime.{key}.days", f"{system.name}: days down, expected", system.days, "day")
    for key, made in summary.service.items():
        add("Systems", f"service.{key}.on_time",
            f"{made.name}: planned rounds it does not keep from being held on time", made.on_time)
        if made.budget_used is not None:
            add("Systems", f"service.{key}.objective", f"{made.name}: objective", made.objective)
            add("Systems", f"service.{key}.error_budget_used", f"{made.name}: share of the error budget used",
                made.budget_used)
    titles = {stage["name"]: stage.get("title") for stage in summary.scenario.get("stages") or ()}
    for key, made in summary.stages.items():
        add("Stages", f"stages.{key}", f"Talks end in stage {titles.get(key) or key}", made)
    for key, label, made in summary.after.rows() if summary.after is not None else ():
        add("After the deal", f"after.{key}", label, made)
    add("Pace", "rounds_held", "New rounds held, expected", summary.rounds_held)
    add("Pace", "attempts", "New attempts, expected", summary.attempts)
    add("Pace", "retreats", "New rounds held in another mode than wished, expected", summary.retreats)
    for key, split in summary.variance.items():
        for share in ("parameters", "beliefs", "luck"):
            add("Where the uncertainty comes from", f"variance.{key}.{share}", f"{_EVENTS[key]}: {share}",
                getattr(split, share))
    for key in ("closing", "break_off", "loss"):
        if summary.adjust[key]:
            add("Adjustment", f"adjust.{key}", f"Log-odds added to {key.replace('_', '-')}", summary.adjust[key])
    return out


_EVENTS = {"deal": "Deal", "next_round": "Next round held"}


def _next_round(summary: Summary, add: Any) -> None:
    section, made = "Next round", summary.next_round
    add(section, "next_round.held", "Held within the horizon", made.held)
    add(section, "next_round.on_time", "Held on the planned day", made.on_time)
    for days, within in made.within_days.items():
        if np.isfinite(within.p):
            add(section, f"next_round.within_days.{days}", f"Held within {days} day{'s' * (days > 1)}", within)
    for name, mode in made.mode.items():
        add(section, f"next_round.mode.{name}", f"{MODE_LOOKS[name].label}, if held", mode)
    for name, fate in made.status.items():
        label = STATUS_LOOKS[name].label.lower()
        add(section, f"next_round.attempt.{name}", f"First attempt: {label}", fate)
    for name, cause in made.cause.items():
        if name != "none":
            label = CAUSE_LABELS[name].lower()
            add(section, f"next_round.cause.{name}", f"Trouble at the first attempt: {label}", cause)


def write_csv(rows: list[dict[str, Any]], path: str | Path) -> Path:
    """Write rows to a CSV file (UTF-8, one header line), whole or not at all.

    Parameters
    ----------
    rows : list of dict
        With the same keys each; None becomes an empty cell.
    path : str or Path

    Returns
    -------
    Path
    """
    from forecast.paths import replacing

    columns = list(rows[0]) if rows else list(COLUMNS)
    with replacing(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for row in rows:
            writer.writerow({key: _cell(value) for key, value in row.items()})
    return Path(path)


def _cell(value: Any) -> Any:
    # A text that starts like a formula is run by spreadsheets; names come from files that others write.
    if isinstance(value, str) and value[:1] in "=+-@\t\r":
        return "'" + value
    return "" if value is None else value
