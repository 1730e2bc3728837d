"""Talks with a history: start states are shared between cells exactly where the history weighs them alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import forecast as fc
from forecast.engine import cells
from forecast.engine.arrays import PosteriorArrays
from forecast.posterior import load_posterior
from forecast.sweep.inputs import as_scenario

ROOT = Path(__file__).resolve().parents[2]
SMALL = {"draws": 15, "trials": 20}
PAST = [
    {"date": "2026-02-19", "type": "attempt", "status": "held", "planned": "2026-02-18", "start": "2026-02-18",
     "end": "2026-02-19", "mode": "in_person"},
    {"date": "2026-02-25", "type": "attempt", "status": "postponed", "planned": "2026-02-25"},
]
LEVERS = {
    "adjust.loss": 1.0, "adjust.closing": 1.5, "adjust.break_off": 1.0, "horizon_days": 40, "deadline.binding": "hard",
    "parties.port.present": False, "next_round.fallback": [], "next_round.mode": "hybrid", "beliefs_weight": 0.1,
    "mediator": {"names": ["Other"], "type": "ngo"}, "parties.union.without_principal": "stay_away",
    "next_round.planned": "2026-03-12", "deadline.date": "2026-03-20",
    "disruptions.kinds.escalation.rate_multiplier": 3.0,
    "issues.wage.reservation.port.normal.mean": 6.5,
}


@pytest.fixture
def known(talks):
    return talks.replace("history", PAST)


@pytest.mark.parametrize("path", LEVERS)
def test_a_cell_that_follows_others_is_the_forecast_it_would_be_alone(path: str, known, seed) -> None:
    changed = {path: LEVERS[path]}
    base = fc.compare(known, changed, seed=seed, **SMALL)  # the baseline comes first and leaves its start states behind
    alone = fc.summarize(fc.simulate(as_scenario(changed, known), seed=seed, **SMALL))
    assert base["deal"].alternative.value == pytest.approx(alone.deal.p, abs=1e-12)
    assert base["next_round.held"].alternative.value == pytest.approx(alone.next_round.held.p, abs=1e-12)
    assert base["ends.collapse"].alternative.value == pytest.approx(alone.ends["collapse"].p, abs=1e-12)


def test_start_states_are_shared_where_nothing_about_the_past_differs(known, monkeypatch) -> None:
    made = []
    condition = cells.condition

    def counted(*given, **more):
        made.append(1)
        return condition(*given, **more)

    monkeypatch.setattr(cells, "condition", counted)
    monkeypatch.setattr(cells, "_STARTS", cells.Memo(4))
    arrays = PosteriorArrays.of(load_posterior("prior"), 15)

    def prepared(**changes) -> None:
        cells.prepare(as_scenario(changes, as_scenario(known)), arrays, trials=20, seed=1)

    prepared()
    prepared(**{"parties.port.present": False})
    prepared(**{"next_round.fallback": []})
    prepared(**{"horizon_days": 30})
    assert len(made) == 1
    prepared(**{"adjust.loss": 1.0})
    prepared(**{"adjust.break_off": 1.0})
    assert len(made) == 3


def test_the_kernel_reads_nothing_that_is_said_to_lie_ahead() -> None:
    text = (ROOT / "kernels" / "condition.py").read_text()
    silent = (ROOT / "kernels" / "silence.py").read_text()
    read = set(re.findall(r"case\.(\w+)", text)) | set(re.findall(r"case\.(\w+)", silent.split("def still_silent")[1]))
    assert {"key", "adjust_loss", "adjust_break_off", "anchor_day"} <= read  # the search finds what there is
    assert not read & cells.AHEAD
    weighing = (ROOT / "forecast" / "engine" / "condition.py").read_text()
    assert set(re.findall(r"state\.(\w+)", weighing)) - {"State"} == cells.BEHIND
