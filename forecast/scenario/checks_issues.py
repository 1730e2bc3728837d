"""What must hold between the fields of an issue: who wants what, openings, beliefs, tactics."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from forecast.errors import Problem, ScenarioError
from forecast.scenario.problems import nearest, shown

if TYPE_CHECKING:
    from forecast.scenario.beliefs import Belief
    from forecast.scenario.issues import Issue
    from forecast.scenario.model import Scenario

#: Share of a belief beyond the opening above which a scenario is refused, and above which it is remarked on.
CUT_ERROR, CUT_WARNING = 0.5, 0.1


def unknown_id(what: str, given: str, known: Iterable[str]) -> dict[str, str]:
    """Return given, allowed and fix for an id nobody declared."""
    known = list(known)
    allowed = f"one of {', '.join(known)}" if known else f"an id declared under {what}"
    return {"given": f"unknown id {shown(given)}", "allowed": allowed, "fix": nearest(given, known)}


def issue_problems(scenario: Scenario) -> Iterator[Problem]:
    """Yield what is wrong between the fields of the issues, and with the parties they name."""
    if scenario.issues and not any(issue.core for issue in scenario.issues.values()):
        yield Problem("issues", "no core issue", "at least one issue with core: true")
    names: dict[str, str] = {}
    for key, issue in scenario.issues.items():
        where = f"issues.{key}"
        if issue.name is not None and issue.name in names:
            yield Problem(f"{where}.name", f"{shown(issue.name)}, the name of {names[issue.name]} too",
                          "a name of its own for each issue")
        names.setdefault(issue.name or "", key)
        unknown = False
        for field in ("opening", "reservation", "wants", "kappa", "tactic"):
            for party in getattr(issue, field):
                if party not in scenario.parties:
                    unknown = True
                    yield Problem(f"{where}.{field}.{party}", **unknown_id("parties", party, scenario.parties))
                elif party not in issue.opening:
                    yield Problem(f"{where}.{field}.{party}", "a party without an opening on this issue",
                                  f"parties with an opening: {', '.join(issue.opening)}",
                                  f"add {where}.opening.{party}")
        for party in issue.opening:
            if party not in issue.reservation and party in scenario.parties:
                yield Problem(f"{where}.reservation.{party}", "nothing",
                              f"required: a belief for each party with an opening ({', '.join(issue.opening)})")
        yield from _kind(where, issue)
        if not unknown:
            yield from _positions(where, issue)


def _positions(where: str, issue: Issue) -> Iterator[Problem]:
    """Check openings against each other, the wants and the beliefs."""
    if len(set(issue.opening.values())) == 1:
        yield Problem(f"{where}.opening", f"{next(iter(issue.opening.values())):g} for all", "openings that differ",
                      "leave out an issue that is settled")
        return
    wants = wants_of(issue)
    for party in issue.opening:
        if party not in wants:
            yield Problem(f"{where}.wants.{party}", "nothing",
                          "more or less: required for an opening between the highest and the lowest")
            return
    more = {party: v for party, v in issue.opening.items() if wants[party] == "more"}
    less = {party: v for party, v in issue.opening.items() if wants[party] == "less"}
    if not more or not less:
        yield Problem(f"{where}.wants", f"every party wants {'more' if more else 'less'}",
                      "at least one party that wants more and one that wants less")
        return
    reversed_wants = False
    for (a, high), (b, low) in itertools.product(more.items(), less.items()):
        if high <= low:
            reversed_wants = True
            yield Problem(f"{where}.wants",
                          f"{a} wants more and opens at {high:g}, {b} wants less and opens at {low:g}",
                          "parties that want more open above those that want less",
                          "exchange the wants or the openings")
    for party, belief in issue.reservation.items():
        # With the wants the wrong way round every belief would seem to be on the wrong side too.
        if party not in wants or reversed_wants:
            continue
        opening = issue.opening[party]
        if issue.kind == "yes_no":
            continue
        beyond = cut_mass(belief, opening, wants[party], issue.kind)
        side = "at most" if wants[party] == "more" else "at least"
        if beyond > CUT_ERROR:
            yield Problem(f"{where}.reservation.{party}",
                          f"{belief}, {beyond:.0%} of it on the far side of the opening",
                          f"{side} the opening {opening:g}, with no more than {CUT_ERROR:.0%} cut off",
                          f"{party} wants {wants[party]}: is the side right?")
    for party, belief in issue.kappa.items():
        low, _ = belief.support()
        if low < 0.0 or (belief.kind == "point" and low == 0.0):
            yield Problem(f"{where}.kappa.{party}", f"{belief}, from {low:g}", "a belief above 0", "use lognormal")


def _kind(where: str, issue: Issue) -> Iterator[Problem]:
    """Check what the kind of the issue asks of openings, beliefs and tactics."""
    for party, opening in issue.opening.items():
        if issue.kind == "yes_no" and opening not in (0.0, 1.0):
            yield Problem(f"{where}.opening.{party}", f"{opening:g}", "yes or no, on an issue of kind yes_no")
        elif issue.kind == "share" and not 0.0 <= opening <= 1.0:
            yield Problem(f"{where}.opening.{party}", f"{opening:g}", "from 0 to 1, on an issue of kind share",
                          "write a percentage as a fraction" if opening <= 100 else "")
    if issue.kind == "yes_no":
        for party, belief in issue.reservation.items():
            low, high = belief.support()
            if low < 0.0 or high > 1.0:
                yield Problem(f"{where}.reservation.{party}", f"{belief}, from {low:g} to {high:g}",
                              "a probability: that the party would accept the other answer in the end",
                              "a number or a belief between 0 and 1")
    for party, tactic in issue.tactic.items():
        if tactic.family == "exponential" and tactic.k == 0.0:
            yield Problem(f"{where}.tactic.{party}.k", "0", "above 0 for the exponential tactic",
                          "0.1 is the usual choice")


def wants_of(issue: Issue) -> dict[str, str]:
    """Return who wants more or less of an issue: as stated, else by the highest and lowest opening.

    Parties in between are left out; with openings that are all equal, so is everybody unstated.

    Examples
    --------
    >>> from forecast.scenario.issues import Issue
    >>> wants_of(Issue.model_validate({"opening": {"us": 20, "iran": 5}, "reservation": {"us": 12, "iran": 11}}))
    {'us': 'more', 'iran': 'less'}
    """
    high, low = max(issue.opening.values()), min(issue.opening.values())
    out = {}
    for party, opening in issue.opening.items():
        if party in issue.wants:
            out[party] = issue.wants[party]
        elif high != low and opening in (high, low):
            out[party] = "more" if opening == high else "less"
    return out


def accepted(issue_kind: str, opening: float, wants: str) -> tuple[float, float]:
    """Return the interval that a reservation value must lie in: this side of the opening, 0 to 1 for a share.

    Examples
    --------
    >>> accepted("numeric", 20.0, "more"), accepted("share", 0.2, "less")
    ((-inf, 20.0), (0.2, 1.0))
    """
    low, high = (-math.inf, opening) if wants == "more" else (opening, math.inf)
    return (max(low, 0.0), min(high, 1.0)) if issue_kind == "share" else (low, high)


def cut_mass(belief: Belief, opening: float, wants: str, issue_kind: str = "numeric") -> float:
    """Return the share of a reservation belief that lies beyond the party's own opening, or outside 0 to 1 of a share.

    Examples
    --------
    >>> from forecast.scenario.beliefs import Belief
    >>> cut_mass(Belief.parse({"triangular": {"low": 0, "mode": 5, "high": 10}}), 10, "more")
    0.0
    """
    try:
        return belief.truncated(*accepted(issue_kind, opening, wants))[1]
    except ScenarioError:
        return 1.0
