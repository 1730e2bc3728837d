"""Stress tests: what is removed, what that does, and what cannot be removed."""

from __future__ import annotations

import json

import pytest

import forecast as fc
from forecast.sweep.stress import removals_of

SMALL = {"draws": 40, "trials": 50, "seed": 1}


def test_every_single_thing_is_removed_once(talks) -> None:
    keys = [removal.key for removal in removals_of(talks)]
    assert keys == ["principal.union", "principal.port", "substitute.union", "substitute.port", "mediator",
                    "mode.in_person", "mode.proximity", "mode.remote", "fallback.all"]
    assert len(set(keys)) == len(keys)


def test_rows_are_comparisons_with_the_baseline(talks) -> None:
    made = fc.stress(talks, **SMALL)
    alone = fc.compare(talks, {"parties.port.present": False}, **SMALL)
    row = made["principal.port"]["next_round.on_time"]
    assert row.difference.value == alone["next_round.on_time"].difference.value
    assert row.baseline.value == made["mediator"]["next_round.on_time"].baseline.value
    assert made.ranked()[0].comparison[made.key].difference.value == min(
        one.comparison[made.key].difference.value for one in made)


def test_the_mediator_takes_the_mediated_modes_along(talks) -> None:
    removal = next(one for one in removals_of(talks) if one.key == "mediator")
    assert removal.changes == {"mediator": None, "next_round.fallback": ["remote"]}


def test_what_is_gone_already_is_left_out_with_the_reason(talks) -> None:
    made = fc.stress(talks.replace("parties.union.present", False), **SMALL)
    assert "A (Union)" in made.left_out and "already reported absent" in str(made)
    with pytest.raises(KeyError):
        made["principal.union"]


def test_systems_and_their_spares(talks) -> None:
    wired = talks.replace_all({"systems": {"video_bridge": {"spares": 1}, "secure_channel": {"needed": False}},
                               "next_round.mode": "hybrid"})
    made = fc.stress(wired, kinds=["system", "spare"], **SMALL)
    assert [row.removal.key for row in made] == ["system.video_bridge", "spare.video_bridge"]
    down = made["system.video_bridge"]["downtime.video_bridge"]
    assert down.difference.value > 5  # down until the talks end, not for an hour now and then


def test_forms(talks, tmp_path) -> None:
    made = fc.stress(talks, kinds=["principal", "fallback"], **SMALL)
    content = json.loads(json.dumps(made.to_dict(), allow_nan=False))
    assert set(content["removals"]) == {"principal.union", "principal.port", "fallback.all"}
    assert content["ranked_by"] == "next_round.on_time"
    assert made.to_dataframe().shape[0] == 3 and "Without" not in repr(made)
    assert len(made.to_csv(tmp_path / "s.csv").read_text().splitlines()) == 4
    assert "whole fallback ladder" in str(made) and "<table>" in made._repr_html_()


def test_nothing_to_remove() -> None:
    bare = fc.Scenario.from_dict({"parties": ["a", "b"], "as_of": "2026-01-01", "domain": "trade",
                                  "posterior": "prior"})
    with pytest.raises(fc.ScenarioError, match="nothing to remove"):
        fc.stress(bare, **SMALL)
    with pytest.raises(fc.ScenarioError, match="of principal"):
        fc.stress(bare, kinds=["weather"], **SMALL)


def test_without_a_planned_round_rows_are_ranked_by_held_at_all(talks) -> None:
    made = fc.stress(talks.replace("next_round", None), kinds=["mediator"], **SMALL)
    assert made.key == "next_round.held" and "held" in made.to_text()
