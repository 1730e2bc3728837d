"""What must hold, and what is worth saying, about votes on a deal and its implementation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from forecast.errors import Problem
from forecast.scenario.checks_issues import unknown_id
from forecast.scenario.problems import shown

if TYPE_CHECKING:
    from forecast.scenario.beliefs import Belief
    from forecast.scenario.model import Scenario

#: Rates of breach are per year; more than one in ten days is not a deal.
LARGEST_RATE = 36.5
LONGEST_WAIT = 3650.0


def aftermath_problems(scenario: Scenario) -> Iterator[Problem]:
    """Yield everything wrong between the fields under `ratification` and `implementation`.

    Parameters
    ----------
    scenario : Scenario
        With fields that are sound by themselves.
    """
    for i, vote in enumerate(scenario.ratification):
        where = f"ratification.{i}"
        if vote.party not in scenario.parties:
            yield Problem(f"{where}.party", **unknown_id("parties", vote.party, scenario.parties))
        yield from _within(f"{where}.veto", vote.veto, 0.0, 1.0, "use beta; with quantiles, state those of 0 and 1")
        yield from _within(f"{where}.days", vote.days, 0.0, LONGEST_WAIT, "use lognormal, triangular or quantiles")
    phase = scenario.implementation
    if phase is None:
        return
    total = sum(tranche.share for tranche in phase.tranches)
    if total > 1.0 + 1e-9:
        yield Problem("implementation.tranches", f"shares that sum to {total:g}", "a sum of at most 1",
                      "a share is one of all that is promised")
    names: dict[str, int] = {}
    for i, tranche in enumerate(phase.tranches):
        where = f"implementation.tranches.{i}"
        first = names.setdefault(tranche.name, i)
        if first != i:
            yield Problem(f"{where}.name", f"{shown(tranche.name)}, the name of tranche {first} too",
                          "a name of its own for each tranche")
        if tranche.days > phase.horizon_days:
            yield Problem(f"{where}.days", f"{tranche.days:g}, beyond horizon_days {phase.horizon_days}",
                          f"at most implementation.horizon_days, {phase.horizon_days}", "raise horizon_days")
    for name in ("false_positive", "false_negative"):
        yield from _within(f"implementation.verifier.{name}", getattr(phase.verifier, name), 0.0, 1.0,
                           "use beta; with quantiles, state those of 0 and 1")
    for party, rate in phase.breach.items():
        where = f"implementation.breach.{party}"
        if party not in scenario.parties:
            yield Problem(where, **unknown_id("parties", party, scenario.parties))
        yield from _within(where, rate, 0.0, LARGEST_RATE, "a rate is a number of breaches per year; use lognormal")


def aftermath_remarks(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """Yield (level, where, text) of what a reader of a valid scenario should know.

    Parameters
    ----------
    scenario : Scenario
    """
    wait = sum(middle(vote.days) for vote in scenario.ratification)
    if scenario.ratification and wait > scenario.horizon_days:
        yield ("warning", "ratification",
               f"the votes take about {wait:g} days, more than the horizon of {scenario.horizon_days}: hardly any deal "
               "can be in force by then")
    for i, vote in enumerate(scenario.ratification):
        if vote.veto.kind == "point" and middle(vote.veto) in (0.0, 1.0):
            what = "can never fail" if middle(vote.veto) == 0.0 else "always fails"
            yield "note", f"ratification.{i}.veto", f"this vote {what}"
    phase = scenario.implementation
    if phase is None:
        return
    sensor = phase.verifier
    if middle(sensor.false_positive) + middle(sensor.false_negative) > 1.0:
        yield ("warning", "implementation.verifier",
               "says the contrary of what is true more often than not: are the two rates the right way round?")
    if not phase.breach:
        yield "note", "implementation.breach", "no party can break the deal: only false alarms withhold a tranche"
    total = sum(tranche.share for tranche in phase.tranches)
    if total < 1.0 - 1e-9:
        yield "note", "implementation.tranches", f"the shares sum to {total:g}: the rest is never released"


def middle(belief: Belief) -> float:
    """Return the median of a belief.

    Examples
    --------
    >>> from forecast.scenario.beliefs import Belief
    >>> middle(Belief.parse(3)), round(middle(Belief.parse({"normal": {"mean": 2, "sd": 1}})), 6)
    (3.0, 2.0)
    """
    return float(belief.ppf(0.5))


def _within(where: str, belief: Belief, low: float, high: float, fix: str) -> Iterator[Problem]:
    """Refuse a belief with mass outside an interval; a tail without end is cut at its upper end by packing."""
    least, most = belief.support()
    bounded = math.isfinite(most)
    beyond = 0.0 if bounded else 1.0 - float(belief.cdf(high))
    if least < low or (most > high if bounded else high <= 1.0 or beyond > 0.01):
        yield Problem(where, f"{belief}, from {least:g} to {most:g}", f"between {low:g} and {high:g}",
                      fix if belief.kind != "point" else "")
