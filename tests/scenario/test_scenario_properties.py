"""Whatever is valid round-trips and resolves; whatever is mutilated is refused as a ScenarioError."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import mutilated, scenarios

from forecast.errors import ScenarioError
from forecast.scenario import Scenario, remarks, resolve
from forecast.scenario.text import parse_text


def shuffled(data: Any, luck: random.Random) -> Any:
    """Return the data with the keys of every mapping, and the history, in another order."""
    if isinstance(data, dict):
        keys = list(data)
        luck.shuffle(keys)
        out = {key: shuffled(data[key], luck) for key in keys}
        if isinstance(out.get("history"), list):
            luck.shuffle(out["history"])
        return out
    return [shuffled(item, luck) for item in data] if isinstance(data, list) else data


@settings(max_examples=50)
@given(scenarios(ended=True))
def test_round_trips(data: dict[str, Any]) -> None:
    scenario = Scenario.from_dict(data)
    assert Scenario.from_dict(json.loads(json.dumps(scenario.to_dict(), allow_nan=False))) == scenario
    assert Scenario.from_dict(json.loads(json.dumps(scenario.to_dict(full=True), allow_nan=False))) == scenario
    parsed = parse_text(scenario.to_yaml())
    assert not parsed.problems
    assert Scenario.from_dict(parsed.data) == scenario


@settings(max_examples=60)
@given(scenarios(ended=True))
def test_resolved_is_complete_and_stays(data: dict[str, Any]) -> None:
    scenario = Scenario.from_dict(data)
    done = resolve(scenario)
    assert resolve(done) == done
    # Resolving fills in by copying, unchecked: what it made must pass the checks too.
    assert Scenario.from_dict(done.to_dict()) == done
    assert done.title and all(party.name for party in done.parties.values())
    assert all(set(issue.wants) == set(issue.opening) and issue.name for issue in done.issues.values())
    assert [item.date for item in done.history] == sorted(item.date for item in scenario.history)
    assert done.digest() == scenario.digest()
    remarks(scenario)


@settings(max_examples=40)
@given(scenarios(ended=True), st.randoms(use_true_random=False))
def test_order_does_not_matter(data: dict[str, Any], luck: random.Random) -> None:
    scenario, other = Scenario.from_dict(data), Scenario.from_dict(shuffled(data, luck))
    assert resolve(scenario).history == resolve(other).history
    if "title" in data:  # A title made from the parties names them in the order of the file.
        assert scenario.digest() == other.digest()


@given(mutilated())
def test_mutilated_is_refused_or_valid_but_nothing_else(data: dict[str, Any]) -> None:
    try:
        scenario = Scenario.from_dict(data)
    except ScenarioError as error:
        assert error.problems
        assert all(p.given and p.allowed and p.where for p in error.problems)
        assert str(error).isprintable() or "\n" in str(error)
    else:
        assert Scenario.from_dict(scenario.to_dict()) == scenario


@settings(max_examples=60)
@given(scenarios(), st.integers(0, 10**6), st.sampled_from(["cut", "drop", "insert"]), st.integers(0, 10**6),
       st.sampled_from("{}[]:,&*!%@`\"'\t\n\0#-?|> ünŸ\u2028\x1b0."))
def test_mutilated_text_is_refused_or_valid_but_nothing_else(
        tmp_path_factory: Any, data: dict[str, Any], where: int, action: str, length: int, char: str) -> None:
    text = Scenario.from_dict(data).to_yaml()
    at = where % len(text)
    if action == "cut":
        text = text[:at]
    elif action == "drop":
        text = text[:at] + text[at + 1 + length % 20:]
    else:
        text = text[:at] + char + text[at:]
    try:
        Scenario.from_dict(parse_text(text).data)
    except ScenarioError as error:
        assert str(error)
