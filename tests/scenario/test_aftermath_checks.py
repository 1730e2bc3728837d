"""What is said about valid votes and implementations, and how they are changed and kept."""

from __future__ import annotations

from typing import Any

import pytest

from forecast.engine.packing_aftermath import pack_aftermath
from forecast.scenario import Scenario, resolve
from forecast.scenario.check import remarks
from forecast.scenario.text import parse_text

TRANCHES = [{"name": "first", "share": 0.5, "days": 30}, {"name": "second", "share": 0.5, "days": 90}]


def talks(**fields: Any) -> Scenario:
    return Scenario.from_dict({"parties": ["union", "firm"], "as_of": "2024-10-18", "domain": "labour", **fields})


def vote(**fields: Any) -> dict[str, Any]:
    return {"party": "union", "veto": 0.4, "days": 4, **fields}


def said(**fields: Any) -> dict[str, tuple[str, str]]:
    return {note.where: (note.level, note.text) for note in remarks(talks(**fields))}


@pytest.mark.parametrize("fields, where, level, text", [
    ({"ratification": [vote(days=100), vote(party="firm", days=100)]}, "ratification", "warning", "about 200 days"),
    ({"ratification": [vote(veto=0)]}, "ratification.0.veto", "note", "can never fail"),
    ({"ratification": [vote(), vote(veto=1)]}, "ratification.1.veto", "note", "always fails"),
    ({"implementation": {"tranches": TRANCHES, "verifier": {"false_positive": 0.9, "false_negative": 0.8}}},
     "implementation.verifier", "warning", "the right way round"),
    ({"implementation": {"tranches": TRANCHES}}, "implementation.breach", "note", "no party can break"),
    ({"implementation": {"tranches": TRANCHES[:1], "breach": {"firm": 1}}}, "implementation.tranches", "note",
     "sum to 0.5"),
])
def test_remarks(fields: dict[str, Any], where: str, level: str, text: str) -> None:
    found = said(**fields)
    assert found[where][0] == level and text in found[where][1]


def test_ordinary_ones_are_not_remarked_on() -> None:
    found = said(ratification=[vote()], implementation={"tranches": TRANCHES, "breach": {"firm": 0.2}})
    assert not [where for where in found if where.startswith(("ratification", "implementation"))]


def test_it_is_kept_by_files_and_changed_by_paths() -> None:
    stated = talks(ratification=[vote(then="resume", days={"lognormal": {"median": 5, "gsd": 2}})],
                   implementation={"tranches": TRANCHES, "breach": {"firm": {"lognormal": {"median": 0.2, "gsd": 2}}},
                                   "on_alarm": "end"})
    assert Scenario.from_dict(parse_text(stated.to_yaml()).data) == stated
    assert Scenario.from_dict(stated.to_dict()) == stated and resolve(resolve(stated)) == resolve(stated)
    other = stated.replace("ratification.0.veto", 0.9).replace("implementation.verifier.false_positive", 0.2)
    assert str(other.ratification[0].veto) == "0.9" and other.digest() != stated.digest()
    assert talks().digest() == talks(ratification=[], implementation=None).digest()


def test_rates_become_daily_and_tranches_are_sorted() -> None:
    turned = talks(implementation={"horizon_days": 400, "tranches": TRANCHES[::-1], "breach": {"firm": 0.36525}})
    after = pack_aftermath(turned)
    assert after.breach_table.min() == after.breach_table.max() == pytest.approx(1e-3)
    assert after.tranche["day"].tolist() == [30, 90] and after.watch == 400
    plain = pack_aftermath(talks(implementation={
        "horizon_days": 400, "tranches": TRANCHES, "breach": {"firm": 0.36525}}))
    assert (after.tranche == plain.tranche).all()


def test_votes_of_one_party_are_numbered() -> None:
    votes = [vote(), vote(party="firm"), vote(), vote()]
    after = pack_aftermath(talks(ratification=votes))
    assert after.vote["turn"].tolist() == [0, 0, 1, 2] and len(set(after.vote["hash"].tolist())) == 2


@pytest.mark.parametrize("belief, fine", [
    (0.4, True), ({"beta": {"a": 2, "b": 3}}, True), ({"triangular": {"low": 0, "mode": 0.2, "high": 1}}, True),
    ({"quantiles": {"0": 0, "0.5": 0.3, "1": 1}}, True), ({"lognormal": {"median": 0.1, "gsd": 2}}, False),
    ({"triangular": {"low": 0, "mode": 0.2, "high": 1.2}}, False), ({"quantiles": {"0.1": 0.1, "0.9": 0.95}}, False)])
def test_which_beliefs_are_probabilities(belief: Any, fine: bool) -> None:
    try:
        talks(ratification=[vote(veto=belief)])
        refused = ""
    except ValueError as error:
        refused = str(error)
    assert bool(refused) != fine and ("ratification.0.veto" in refused) != fine
