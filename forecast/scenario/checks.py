"""What must hold between the fields of a scenario; each check notes problems, none raises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from forecast.errors import Problem
from forecast.scenario.checks_aftermath import aftermath_problems
from forecast.scenario.checks_issues import CUT_ERROR, CUT_WARNING, cut_mass, issue_problems, unknown_id, wants_of
from forecast.scenario.checks_systems import injection_problems, stage_problems, system_problems
from forecast.scenario.history import Attempt, Attendance, DeadlineSet, Disruption, Item, Offer, Plan
from forecast.scenario.problems import nearest, shown
from forecast.vocabulary import KINDS

if TYPE_CHECKING:
    from forecast.scenario.model import Scenario

__all__ = ["CUT_ERROR", "CUT_WARNING", "cut_mass", "relations", "wants_of"]
_MEDIATED = ("proximity", "shuttle")


def relations(scenario: Scenario) -> list[Problem]:
    """Return everything wrong between fields that are sound by themselves.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    list of Problem
        In the order of the file's sections; empty when all is well.
    """
    return [*_parties(scenario), *_deadline(scenario), *_next_round(scenario), *issue_problems(scenario),
            *_disruptions(scenario), *system_problems(scenario), *injection_problems(scenario),
            *stage_problems(scenario), *aftermath_problems(scenario), *_adjust(scenario), *_history(scenario)]


def _parties(scenario: Scenario) -> Iterator[Problem]:
    names: dict[str, str] = {}
    for key, party in scenario.parties.items():
        if party.name is not None and party.name in names:
            yield Problem(f"parties.{key}.name", f"{shown(party.name)}, the name of {names[party.name]} too",
                          "a name of its own for each party")
        names.setdefault(party.name or "", key)
        if party.delegate_authority is not None:
            low, high = party.delegate_authority.support()
            if low < 0.0 or high > 1.0:
                yield Problem(f"parties.{key}.delegate_authority",
                              f"{party.delegate_authority}, from {low:g} to {high:g}", "a belief between 0 and 1",
                              "use beta; with quantiles, state those of 0 and 1"
                              if party.delegate_authority.kind != "point" else "")
    if not any(party.veto for party in scenario.parties.values()):
        yield Problem("parties", "no party with a veto", "at least one party with veto: true")


def _deadline(scenario: Scenario) -> Iterator[Problem]:
    limit = scenario.deadline
    if limit is not None and limit.binding == "hard" and limit.date < scenario.as_of:
        yield Problem("deadline.date", f"a hard deadline, {limit.date}, before as_of {scenario.as_of}",
                      "as_of or later, or binding: soft", "make it soft if the talks ran on past it")


def _next_round(scenario: Scenario) -> Iterator[Problem]:
    plan = scenario.next_round
    if plan is None:
        return
    if plan.planned < scenario.as_of:
        yield Problem("next_round.planned", f"{plan.planned}, before as_of {scenario.as_of}", "as_of or later",
                      "write an attempt already made under history")
    if scenario.mediator is None:
        for where, mode in (("mode", plan.mode), *((f"fallback.{i}", mode) for i, mode in enumerate(plan.fallback))):
            if mode in _MEDIATED:
                yield Problem(f"next_round.{where}", f"{mode} without a mediator",
                              "a mode other than proximity, shuttle", "name the mediator")
    for i, mode in enumerate(plan.fallback):
        if mode in plan.fallback[:i] or mode == plan.mode:
            yield Problem(f"next_round.fallback.{i}", f"{mode} again", "each mode once, without the planned one")
    if plan.sticky and not plan.fallback:
        yield Problem("next_round.sticky", "true without a fallback", "false, or modes under fallback")


def _disruptions(scenario: Scenario) -> Iterator[Problem]:
    own = ("name", "rate_per_attempt", "severity", "recovery")
    for key, kind in scenario.disruptions.kinds.items():
        where = f"disruptions.kinds.{key}"
        if key in KINDS:
            for field in own:
                if getattr(kind, field) is not None:
                    yield Problem(f"{where}.{field}", "stated for a known kind", "rate_multiplier only",
                                  "choose another id for a kind of your own")
            continue
        missing = [field for field in own if getattr(kind, field) is None]
        if len(missing) == len(own):
            yield Problem(where, "neither a known kind nor one of your own",
                          f"one of {', '.join(KINDS)}, or an id with {', '.join(own)}", nearest(key, KINDS))
            continue
        for field in missing:
            yield Problem(f"{where}.{field}", "nothing", f"required for a kind of your own: {', '.join(own)}")
        if kind.rate_multiplier != 1.0:
            yield Problem(f"{where}.rate_multiplier", "stated for a kind of your own",
                          f"only for the known kinds {', '.join(KINDS)}", "put it into rate_per_attempt")
        if kind.severity is not None and abs(sum(kind.severity) - 1.0) > 1e-6:
            yield Problem(f"{where}.severity", f"probabilities that sum to {sum(kind.severity):g}", "a sum of 1")
    known = [*KINDS, *(key for key in scenario.disruptions.kinds if key not in KINDS)]
    for i, active in enumerate(scenario.disruptions.active_now):
        where = f"disruptions.active_now.{i}"
        if active.kind not in known:
            yield Problem(f"{where}.kind", **unknown_id("disruptions.kinds", active.kind, known))
        if active.since > scenario.as_of:
            yield Problem(f"{where}.since", f"{active.since}, after as_of {scenario.as_of}", "as_of or earlier")


def _adjust(scenario: Scenario) -> Iterator[Problem]:
    adjust = scenario.adjust
    changed = [name for name in ("closing", "break_off", "loss") if getattr(adjust, name) != 0.0]
    if changed and not adjust.rationale.strip():
        yield Problem("adjust.rationale", "nothing", f"required: the reason for {' and '.join(changed)}")


def _history(scenario: Scenario) -> Iterator[Problem]:
    kinds = [*KINDS, *(key for key in scenario.disruptions.kinds if key not in KINDS)]
    ids: dict[str, int] = {}
    for i, item in enumerate(scenario.history):
        where = f"history.{i}"
        if item.date > scenario.as_of:
            yield Problem(f"{where}.date", f"{item.date}, after as_of {scenario.as_of}", "as_of or earlier",
                          "move as_of forward, or leave out what was not yet known")
        if item.id is not None and ids.setdefault(item.id, i) != i:
            yield Problem(f"{where}.id", f"{item.id}, the id of item {ids[item.id]} too", "an id of its own")
        if isinstance(item, Attempt):
            yield from _attempt(where, item, scenario)
        elif isinstance(item, Disruption) and item.kind not in kinds:
            yield Problem(f"{where}.kind", **unknown_id("disruptions.kinds", item.kind, kinds))
        elif isinstance(item, Offer):
            yield from _offer(where, item, scenario)
        elif isinstance(item, (Plan, DeadlineSet)):
            yield from _not_before(where, item, "planned" if isinstance(item, Plan) else "deadline")
        elif isinstance(item, Attendance) and item.party not in scenario.parties:
            yield Problem(f"{where}.party", **unknown_id("parties", item.party, scenario.parties))


def _not_before(where: str, item: Item, field: str) -> Iterator[Problem]:
    if getattr(item, field) < item.date:
        yield Problem(f"{where}.{field}", f"{getattr(item, field)}, before the item's date {item.date}",
                      "the item's date or later", "date is the day on which it was known")


def _offer(where: str, item: Offer, scenario: Scenario) -> Iterator[Problem]:
    issue = scenario.issues.get(item.issue)
    if issue is None:
        yield Problem(f"{where}.issue", **unknown_id("issues", item.issue, scenario.issues))
        if item.party not in scenario.parties:
            yield Problem(f"{where}.party", **unknown_id("parties", item.party, scenario.parties))
    elif item.party not in issue.opening:
        yield Problem(f"{where}.party", **unknown_id(f"issues.{item.issue}.opening", item.party, issue.opening))


def _attempt(where: str, item: Attempt, scenario: Scenario) -> Iterator[Problem]:
    for j, party in enumerate(item.absent):
        if party not in scenario.parties:
            yield Problem(f"{where}.absent.{j}", **unknown_id("parties", party, scenario.parties))
        elif party in item.absent[:j]:
            yield Problem(f"{where}.absent.{j}", f"{party} again", "each party once")
    if item.status != "held":
        for field in ("start", "end"):
            if getattr(item, field) is not None:
                yield Problem(f"{where}.{field}", f"stated for a round that was {item.status}",
                              "planned, and no start or end", "status: held, if it took place")
        return
    if item.start is None and item.planned is None:
        yield Problem(f"{where}.start", "nothing", "required for a round that was held")
    if item.start is not None and item.end is not None and item.end < item.start:
        yield Problem(f"{where}.end", f"{item.end}, before start {item.start}", "start or later", "reversed dates?")
    for field in ("start", "end"):
        day = getattr(item, field)
        if day is not None and day > item.date:
            yield Problem(f"{where}.{field}", f"{day}, after the item's date {item.date}", "the item's date or earlier",
                          "date is the day on which it was known: the last day of the round, or later")
