"""Labels, colours and hatches of the codes: the same in every picture, table and sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """How one code is shown: the same in every picture, table and sentence of the package.

    Parameters
    ----------
    label : str
        Words for a table or an axis, capitalised.
    phrase : str
        Words inside a sentence.
    colour : str
        Hex colour. The set is told apart under protan, deutan and tritan vision and by lightness alone.
    hatch : str
        Matplotlib hatch that tells it apart on a bad copy in grey.
    """

    label: str
    phrase: str
    colour: str
    hatch: str = ""


ENDING_LOOKS: Mapping[str, Look] = {
    "agreement": Look("Agreement", "an agreement", "#0b3c78", ""),
    "partial": Look("Partial deal", "a partial deal", "#6fb1e0", "///"),
    "collapse": Look("Collapse", "a collapse", "#b3321a", ""),
    "stall": Look("No further round", "no further round", "#f2b62e", "---"),
    "lapse": Look("Deadline lapse", "a lapse at the deadline", "#996b7a", "\\\\\\"),
    "ongoing": Look("Still under way", "talks still under way", "#dcdcdc", ""),
}
DEAL_LOOK = Look("Deal (full or partial)", "a deal", "#2f7fb8", "")
MODE_LOOKS: Mapping[str, Look] = {
    "in_person": Look("In person", "in person", "#08306b", ""),
    "proximity": Look("Proximity", "in proximity", "#3d7fb5", "///"),
    "shuttle": Look("Shuttle", "by shuttle", "#9cc8e4", "---"),
    "hybrid": Look("Hybrid", "in hybrid form", "#7a4a12", "\\\\\\"),
    "remote": Look("Remote", "remotely", "#d08b3c", "xxx"),
    "correspondence": Look("Correspondence", "by correspondence", "#f3d9a8", "++"),
}
STATUS_LOOKS: Mapping[str, Look] = {
    "held": Look("Held", "held", "#1f5f8b", ""),
    "postponed": Look("Postponed", "postponed", "#e3a33a", "///"),
    "cancelled": Look("Cancelled", "cancelled", "#a03a20", "xxx"),
    "none": Look("No attempt", "never attempted", "#d9d9d9", ""),
}
CAUSE_LABELS: Mapping[str, str] = {
    "none": "No trouble", "other": "Other", "absence": "Absent principal", "escalation": "Escalation",
    "walkout_leak": "Walkout or leak", "political": "Politics at home", "exogenous": "Outside event",
    "novel": "Unprecedented event", "system": "Technical system", "own_kind": "Kind of this scenario",
}
KIND_LABELS: Mapping[str, str] = {
    kind: CAUSE_LABELS[kind] for kind in ("escalation", "walkout_leak", "political", "exogenous", "novel")}
