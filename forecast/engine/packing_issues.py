"""Pack what the talks are about: positions, and tables of the beliefs about where parties give in."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from forecast.engine.bridge import ISSUE, POSITION, TABLE_INTERVALS
from forecast.engine.pieces import TABLES, id_hash, records, stack
from forecast.engine.reservations import Highest, Lowest, answer_odds, mean_of, quantile_table, reservation_tables
from forecast.scenario.checks_issues import accepted

if TYPE_CHECKING:
    from forecast.scenario import Scenario
    from forecast.scenario.issues import Issue

NODES = TABLE_INTERVALS + 1


def authority_table(belief) -> np.ndarray:
    """Tabulate a delegate's authority; nothing stated is none: the calibrated effect of an absence."""
    if belief is None:
        return np.zeros(NODES)
    return TABLES.get((belief.kind, tuple(belief.params.items())),
                      lambda: quantile_table(belief.truncated(0.0, 1.0)[0], TABLE_INTERVALS))


def pack_issues(scenario: Scenario, parties: tuple[str, ...], issues: tuple[str, ...]) -> dict[str, object]:
    """Return the fields of a case that describe the issues.

    Parameters
    ----------
    scenario : Scenario
        Resolved.
    parties, issues : tuple of str
        Ids in the order of the arrays.

    Returns
    -------
    dict
        By name of the field: ``issue, position, edge_table, gap_table, belief_table, kappa_table, overlap_least``.
    """
    veto = tuple(scenario.parties[p].veto for p in parties)
    tables = [TABLES.get((name, scenario.issues[name].model_dump_json(), parties, veto),
                         functools.partial(_tables_of, name, scenario.issues[name], parties, veto)) for name in issues]
    difficulty = [scenario.issues[name].difficulty for name in issues]
    core = [scenario.issues[name].core for name in issues]
    largest = max((d for d, counts in zip(difficulty, core, strict=True) if counts), default=0.0)
    largest = largest or max(difficulty, default=1.0)
    shape = (len(issues), len(parties))
    return {
        "issue": records(ISSUE, [
            (id_hash(name), counts, scenario.issues[name].kind == "yes_no", d / largest, table["overlap"])
            for name, counts, d, table in zip(issues, core, difficulty, tables, strict=True)]),
        "position": records(POSITION, [table["position"] for table in tables], shape),
        "edge_table": stack([table["edge"] for table in tables], (len(issues), 2, NODES)),
        "gap_table": stack([table["gap"] for table in tables], (len(issues), 2, NODES, NODES)),
        "belief_table": stack([table["belief"] for table in tables], (*shape, NODES)),
        "kappa_table": stack([table["kappa"] for table in tables], (*shape, NODES)),
        "overlap_least": float(min((table["overlap"] for table, counts in zip(tables, core, strict=True) if counts),
                                   default=1.0)),
    }


def who_binds(issue: Issue, parties: tuple[str, ...], veto: tuple[bool, ...]) -> dict[str, tuple[str, ...]]:
    """Return who must agree among those who want ``more`` and ``less``: parties with a veto.

    Where nobody of a side has one, all of it must: a settlement is with somebody.

    Examples
    --------
    >>> from forecast.scenario.issues import Issue
    >>> one = Issue.model_validate({"opening": {"a": 5, "b": 0, "c": 1}, "reservation": {"a": 2, "b": 3, "c": 3},
    ...                             "wants": {"a": "more", "b": "less", "c": "less"}})
    >>> who_binds(one, ("a", "b", "c"), (False, True, False))
    {'more': ('a',), 'less': ('b',)}
    """
    out = {}
    for want in ("more", "less"):
        side = [p for p in parties if issue.wants.get(p) == want]
        binding = [p for p, binds in zip(parties, veto, strict=True) if binds and p in side]
        out[want] = tuple(binding or side)
    return out


def _tables_of(name: str, issue: Issue, parties: tuple[str, ...], veto: tuple[bool, ...]) -> dict:
    """Tabulate the beliefs of one issue."""
    binding = who_binds(issue, parties, veto)
    belief, kappa = np.zeros((len(parties), NODES)), np.full((len(parties), NODES), np.nan)
    position, beliefs = [], {}
    for i, p in enumerate(parties):
        want = {"more": 1, "less": -1}.get(issue.wants.get(p, ""), 0)
        tactic = issue.tactic.get(p)
        position.append((id_hash(f"{name}/{p}"), want, p in binding["more"] + binding["less"],
                         tactic is not None and tactic.family == "exponential", issue.opening.get(p, 0.0),
                         tactic.k if tactic is not None else 0.0))
        if want and issue.kind == "yes_no":
            beliefs[p] = mean_of(issue.reservation[p])
            belief[i] = beliefs[p]
        elif want:
            beliefs[p] = issue.reservation[p].truncated(*accepted(issue.kind, issue.opening[p], issue.wants[p]))[0]
            belief[i] = quantile_table(beliefs[p], TABLE_INTERVALS)
        if p in issue.kappa:
            kappa[i] = quantile_table(issue.kappa[p].truncated(low=0.0)[0], TABLE_INTERVALS)
    more, less = ([beliefs[p] for p in binding[want]] for want in ("more", "less"))
    made = {"belief": belief, "kappa": kappa, "position": position}
    if issue.kind == "yes_no":
        overlap, only_more, only_less = answer_odds(float(np.prod(more)), float(np.prod(less)), issue.correlation)
        edge = np.zeros((2, NODES))
        edge[1, :2] = np.cumsum([only_more, only_less]) / overlap if overlap > 0.0 else 0.0
        return {**made, "overlap": overlap, "edge": edge, "gap": np.zeros((2, NODES, NODES))}
    tables = reservation_tables(Highest.of(more), Lowest.of(less), TABLE_INTERVALS, issue.correlation)
    return {**made, "overlap": tables.overlap, "edge": tables.edge, "gap": tables.gap}
