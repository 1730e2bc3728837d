"""The panel without a browser: ipywidgets talk to nobody, everything else is real."""

from __future__ import annotations

import asyncio
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import forecast as fc

pytest.importorskip("ipywidgets")
PARTIES = ("us", "iran")


@pytest.fixture(scope="module")
def shared():
    return fc.explore("us_iran_final_2026", "prior", draws=60, trials=40, seed=3)


@pytest.fixture
def panel(shared):
    shared.reset()
    return shared


def svg(panel) -> ET.Element:
    return ET.fromstring(re.search(r"<svg.*</svg>", panel._picture.value, re.S)[0])


def texts(panel) -> list[str]:
    return [node.text for node in svg(panel).iter("{http://www.w3.org/2000/svg}text")]


def test_it_opens_on_the_scenario_as_it_is(panel):
    assert panel.changes == {} and panel.made.changes == {}
    assert panel.scenario == panel.session.scenario
    assert "changed" not in texts(panel)
    assert "As the scenario is" in panel._headline.value


def test_numbers_are_those_of_simulate(panel):
    outcome = fc.simulate("us_iran_final_2026", "prior", draws=60, trials=40, seed=3)
    summary = fc.summarize(outcome)
    rows = panel.made.rows
    assert rows["deal"].baseline.value == pytest.approx(summary.deal.p, abs=1e-12)
    assert rows["deal"].baseline.high == pytest.approx(summary.deal.high, abs=1e-12)
    assert rows["next_round.held"].baseline.value == pytest.approx(summary.next_round.held.p, abs=1e-12)
    assert panel.made.baseline.deal.p[-1] == pytest.approx(summary.deal.p, abs=1e-12)


def test_what_comes_after_a_deal_is_drawn_where_the_scenario_has_it(panel):
    assert "Deal in force" not in texts(panel)
    votes = fc.explore("boeing_machinists_2024", "prior", draws=20, trials=20, seed=3)
    assert {"Deal ratified", "Deal in force"} <= set(texts(votes))


def test_a_move_shows_both_and_the_paired_difference(panel):
    for party in PARTIES:
        panel.set(f"parties.{party}.present", True)
    assert panel.changes == {"parties.us.present": True, "parties.iran.present": True}
    row = panel.made.rows["next_round.held"]
    assert row.difference.low > 0 and row.saved > 0.1
    shown = texts(panel)
    assert {"as it is", "changed", "difference, points"} <= set(shown)
    assert any(text.startswith("+") and "to" in text for text in shown)
    assert "parties.iran.present: false" in panel._notes.value
    compared = fc.compare("us_iran_final_2026", panel.changes, "prior", draws=60, trials=40, seed=3)
    assert compared["next_round.held"].difference.value == pytest.approx(row.difference.value, abs=1e-12)


def test_going_back_gives_the_same_picture(panel):
    before = panel._picture.value
    panel.set("adjust.closing", 1.0)
    assert panel._picture.value != before
    panel.reset()
    assert panel._picture.value == before


def test_what_cannot_be_played_is_said_and_the_picture_stays(panel):
    panel.set("next_round.mode", "shuttle")
    before = panel._picture.value
    panel.set("mediator", False)
    assert 'role="alert"' in panel._headline.value and "mediator" in panel._headline.value
    assert panel._picture.value == before
    panel.set("mediator", True)
    assert 'role="alert"' not in panel._headline.value


def test_the_ladder_keeps_the_order_of_pressing(panel):
    ladder = panel.controls["next_round.fallback"]
    assert ladder.value == ("proximity", "remote", "correspondence")
    ladder._buttons["proximity"].value = False
    ladder._buttons["proximity"].value = True
    assert panel.changes == {"next_round.fallback": ["remote", "correspondence", "proximity"]}
    assert "remote, then correspondence, then proximity" in ladder._order.value


def test_names_are_shown_as_written_and_never_as_markup():
    evil = "<img src=x onerror=alert(1)> $x$ & \"q\""
    talks = fc.load_scenario("us_iran_final_2026").replace_all(
        {"title": evil, "parties.iran.name": evil, "issues.enrichment_moratorium.name": evil})
    panel = fc.explore(talks, "prior", draws=10, trials=10, seed=1)
    panel.set("parties.iran.present", True)
    shown = "".join(one.value for one in (panel._title, panel._headline, panel._picture, panel._notes))
    assert "<img" not in shown and "&lt;img" in shown
    label = panel.controls["parties.iran.present"]
    assert not label.description_allow_html and "$" not in label.description


def test_many_touches_are_one_play(panel, monkeypatch):
    played = []
    whole = panel.session.moved
    monkeypatch.setattr(panel.session, "moved",
                        lambda settings, **how: played.append(settings) or whole(settings, **how))

    async def drag() -> None:
        for value in np.linspace(0.1, 1.9, 19):
            panel.controls["adjust.loss"].value = float(value)
        await asyncio.sleep(0.5)

    asyncio.run(drag())
    assert len(played) == 1 and played[0]["adjust.loss"] == 1.9


def test_bad_numbers_are_refused():
    with pytest.raises(fc.ScenarioError, match="trials"):
        fc.explore("us_iran_final_2026", "prior", trials=0)


def test_scenarios_with_a_history_start_from_it():
    talks = fc.load_scenario("us_iran_final_2026").replace("history", [
        {"date": "2026-05-02", "type": "attempt", "status": "held", "start": "2026-05-01", "end": "2026-05-02",
         "mode": "in_person"}])
    panel = fc.explore(talks, "prior", draws=20, trials=30, seed=1)
    summary = fc.summarize(fc.simulate(talks, "prior", draws=20, trials=30, seed=1))
    assert panel.made.rows["deal"].baseline.value == pytest.approx(summary.deal.p, abs=1e-12)


def test_a_quick_look_at_a_history_is_followed_by_the_full_one():
    panel = fc.explore("libya_ceasefire_2020", "prior", draws=20, trials=30, seed=1)
    seen = []
    draw = panel._draw
    panel._draw = lambda: seen.append(panel.made.quick) or draw()

    async def touch() -> None:
        panel.controls["adjust.closing"].value = 0.5
        for _ in range(100):
            await asyncio.sleep(0.1)
            if len(seen) == 2:
                break

    asyncio.run(touch())
    assert seen == [True, False] and "A quick look" not in panel._picture.value
    full = panel.session.moved(panel.changes)
    assert full.rows["deal"] == panel.made.rows["deal"]


def test_compare_plays_the_change_in_full(panel):
    panel.set("parties.us.present", True)
    made = panel.compare(posterior="prior", draws=20, trials=20)
    assert made.changes == {"parties.us.present": (False, True)} and made.seed == 3
