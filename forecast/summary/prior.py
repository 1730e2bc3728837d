"""Which parts of a forecast rest on judgement and not on the table of talks.

The list is built from what the scenario uses, so that a number nobody asked for is not warned about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class PriorDriven:
    """A part of the forecast that the data hardly inform.

    Parameters
    ----------
    part : str
        What it is, in words.
    reason : str
        Why it counts as judgement.
    affects : tuple of str
        Keys of :meth:`Summary.to_dict` it bears on; these are marked wherever they are shown. ``*`` bears on
        all of them and is said once, at the top, instead.
    """

    part: str
    reason: str
    affects: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return {"part": self.part, "reason": self.reason, "affects": list(self.affects)}


def prior_driven(scenario: dict[str, Any], posterior_kind: str) -> list[PriorDriven]:
    """List the prior-driven parts of a forecast.

    Parameters
    ----------
    scenario : dict
        Resolved scenario.
    posterior_kind : str
        ``posterior`` or ``prior``.

    Returns
    -------
    list of PriorDriven

    Examples
    --------
    >>> [item.part for item in prior_driven({"parties": {}}, "posterior")][0]
    'the zone of possible agreement'
    """
    out = []
    if posterior_kind == "prior":
        out.append(PriorDriven(
            "every parameter", "the expert prior was used: nothing was fitted to past talks in this run",
            (EVERYTHING,)))
    out.append(PriorDriven(
        "the zone of possible agreement",
        "past talks show deals, not reservation values; its prior is Beta(30, 1)", ("zopa",)))
    out.append(PriorDriven(
        "effect of mode and absence on closing",
        "past talks do not identify it: it is association at best, not what moving a round would do",
        ("what_if.mode", "what_if.absence")))
    if scenario.get("deadline"):
        out.append(PriorDriven(
            "lapse at the deadline", "the table of talks has no such outcome; only its definition is shared",
            ("ends.lapse",)))
    if (scenario.get("next_round") or {}).get("fallback"):
        out.append(PriorDriven(
            "another mode instead of a lost round", "the fallback of past talks is recorded too rarely to fit",
            ("next_round.mode",)))
    kinds = (scenario.get("disruptions") or {}).get("kinds") or {}
    own = sorted(key for key, kind in kinds.items() if isinstance(kind, dict) and kind.get("rate_per_attempt"))
    if own:
        out.append(PriorDriven(
            f"disruptions of kind {', '.join(own)}", "stated in the scenario", tuple(f"disruptions.{k}" for k in own)))
    out.append(PriorDriven(
        "unprecedented events", "their share of all events is stated, not fitted", ("disruptions.novel",)))
    if scenario.get("systems"):
        out.append(PriorDriven(
            "technical systems", "rates from published sources or expert judgement, not from past talks",
            ("downtime", "service")))
    if scenario.get("injections"):
        out.append(PriorDriven("injected failures", "stated in the scenario", ("downtime", "service", "next_round")))
    if scenario.get("stages"):
        out.append(PriorDriven(
            "stages of the talks", "go or no-go, effort and risk of each stage are stated in the scenario; past talks "
            "were not coded by stage", ("stages", "deal", "ends", "by")))
    if (scenario.get("disruptions") or {}).get("excitation"):
        out.append(PriorDriven(
            "escalations that set off others", "stated in the scenario; past talks do not support it",
            ("disruptions.escalation",)))
    if scenario.get("issues"):
        out.append(PriorDriven(
            "terms of a settlement", "the analyst's reservation values and a weakly informed path of concessions",
            ("settlement",)))
    if scenario.get("ratification"):
        out.append(PriorDriven(
            "votes on the deal", "their chances and days are stated in the scenario; what comes of talks that resume "
            "follows the law of past talks, with nothing felt but the failed votes", ("after",)))
    if scenario.get("implementation"):
        out.append(PriorDriven("implementation of the deal", "rates of breach and errors of the verifier are stated in "
                               "the scenario, not fitted", ("after",)))
    adjust = scenario.get("adjust") or {}
    if any(adjust.get(key) for key in ("closing", "break_off", "loss")):
        out.append(PriorDriven("adjustment of the odds", "stated in the scenario: " + str(adjust.get("rationale", "")),
                               ("ends", "deal", "by")))
    return out


def flagged(parts: list[PriorDriven], key: str, *, specific: bool = False) -> bool:
    """Return whether a key of the summary, or a key above it, is prior-driven.

    Parameters
    ----------
    parts : list of PriorDriven
    key : str
        Place in :meth:`Summary.to_dict`, such as ``ends.lapse``.
    specific : bool, optional
        Leave out the parts that bear on everything.

    Examples
    --------
    >>> flagged([PriorDriven("x", "y", ("zopa",))], "zopa.talks"), flagged([], "zopa")
    (True, False)
    """
    pieces = key.split(".")
    above = {".".join(pieces[:i]) for i in range(1, len(pieces) + 1)}
    if not specific:
        above.add(EVERYTHING)
    return any(above.intersection(part.affects) for part in parts)
