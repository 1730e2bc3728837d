"""JSON Schema of scenario files, for editors that complete and check while one types."""

from __future__ import annotations

from typing import Any

from forecast.scenario.model import Scenario
from forecast.scenario.parties import party_schema


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a scenario file.

    It knows keys, types and ranges; relations between fields are checked by ``forecast check`` alone.

    Examples
    --------
    >>> json_schema()["required"]
    ['as_of', 'domain', 'parties']
    """
    schema = Scenario.model_json_schema(by_alias=True, mode="validation")
    properties = schema["properties"]
    properties["parties"] = party_schema(properties["parties"])
    properties["extends"] = {"type": "string", "minLength": 1,
                             "description": "Name or path of a scenario that this one starts from."}
    schema["title"] = "Scenario of negotiation-forecast"
    schema["description"] = "Talks as an analyst knew them on one day."
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
