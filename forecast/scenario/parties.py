"""Who talks, through whom: parties, their principals, the mediator."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from forecast.errors import Problem, ScenarioError
from forecast.scenario.beliefs import Belief
from forecast.scenario.parts import ID_PATTERN, Id, Many, Part, Text
from forecast.scenario.problems import shown, truth

MOST_PARTIES = 40


def _presence(value: object) -> bool | None:
    """Read ``true``, ``false`` or ``unknown``."""
    if value is None or value == "unknown":
        return None
    if isinstance(value, bool):
        return value
    raise ScenarioError([Problem("", shown(value), "true, false or unknown", truth(value))])


Presence = Annotated[
    bool | None,
    BeforeValidator(_presence),
    PlainSerializer(lambda value: "unknown" if value is None else value),
    WithJsonSchema({"enum": [True, False, "unknown"]}),
]


class Party(Part):
    """One party of the talks.

    Examples
    --------
    >>> Party(principal="Vance", present=False).without_principal
    'delegate'
    """

    name: Text | None = None
    """Name shown; made from the id when left out."""
    principal: Text | None = None
    """Who should come in person; a party without one cannot be reported or drawn as absent by name."""
    present: Presence = None
    """Is the principal reported to attend the next attempt? Reports are right with probability 0.95."""
    without_principal: Literal["delegate", "remote", "stay_away"] = "delegate"
    """What the party does when the principal is absent."""
    delegate_authority: Belief | None = None
    """Share of the principal's authority a delegate has, in [0, 1]; from the posterior when left out."""
    veto: bool = True
    """Can the party alone keep the talks from closing?"""


class Mediator(Part):
    """Who mediates; leave out for direct talks.

    Examples
    --------
    >>> Mediator(names=["Pakistan", "Qatar"], type="state").names
    ('Pakistan', 'Qatar')
    """

    names: Annotated[tuple[Text, ...], Field(min_length=1, max_length=40), Many]
    """Names of the mediators."""
    type: Literal["state", "igo", "ngo", "individual", "mixed"]
    """What they are."""


def slug(name: str) -> str:
    """Return the id made from a name, empty if nothing of it can be used.

    Examples
    --------
    >>> slug("United States"), slug("Côte d'Ivoire"), slug("中国")
    ('united_states', 'cote_d_ivoire', '')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z])'(?=s\b)", "", plain)).strip("_")


def named_parties(value: object) -> object:
    """Turn the short form, a list of names or ids, into the mapping by id.

    Parameters
    ----------
    value : object
        What the file holds under ``parties``; anything but a list is returned as it is.

    Raises
    ------
    ScenarioError
        If an entry is no text, gives no id, or two give the same id.

    Examples
    --------
    >>> named_parties(["United States", "china"])
    {'united_states': {'name': 'United States'}, 'china': {}}
    """
    if not isinstance(value, (list, tuple)):
        return value
    problems, out = [], {}
    allowed = "a list of names, or a mapping from ids to parties"
    for i, name in enumerate(value):
        key = slug(name) if isinstance(name, str) else ""
        if not isinstance(name, str):
            problems.append(Problem(str(i), shown(name), allowed, "put the name in quotes" if name is not None else ""))
        elif not re.match(ID_PATTERN, key):
            problems.append(Problem(str(i), shown(name), "a name that starts with a latin letter",
                                    "write the parties as a mapping: `some_id: {name: ...}`"))
        elif key in out:
            problems.append(Problem(str(i), f"{shown(name)} gives the id {key} a second time", "each party once"))
        else:
            out[key] = {} if name == key else {"name": name}
    if problems:
        raise ScenarioError(problems)
    return out


Parties = Annotated[
    dict[Id, Party],
    Field(min_length=2, max_length=MOST_PARTIES),
    BeforeValidator(named_parties),
]


def party_schema(mapping: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of ``parties``: the mapping, or the short list."""
    return {"description": "Who talks: a mapping from ids to parties, or a list of names.",
            "anyOf": [mapping, {"type": "array", "minItems": 2, "maxItems": MOST_PARTIES,
                                "items": {"type": "string", "minLength": 1}}]}
