"""Paths start where the history of the talks leaves them."""

from __future__ import annotations

import numpy as np
import pytest

import forecast as fc
from forecast.summary.paths import paths_of

TALKS = {"parties": ["Chile", "Peru"], "as_of": "2026-06-19", "domain": "trade", "horizon_days": 120}
HELD = [{"date": "2026-05-02", "type": "attempt", "status": "held", "start": "2026-05-01", "end": "2026-05-02",
         "mode": "in_person"},
        {"date": "2026-05-30", "type": "attempt", "status": "held", "start": "2026-05-30", "end": "2026-05-30",
         "mode": "in_person"}]


def outcome(**more):
    return fc.simulate(fc.Scenario.from_dict({**TALKS, **more}), "prior", draws=20, trials=30, seed=1, paths=True)


def test_without_a_history_they_start_at_nothing() -> None:
    made = outcome()
    assert not made["start_hazard"].any() and not made["start_effort"].any() and float(made["start_tension"]) == 0.0
    assert paths_of(made, "attempt_hazard").mean[0] < 0.01  # a round may be held on the very day


def test_rounds_of_the_history_count() -> None:
    """Two in person and attended, the second four weeks after the first: an effort of one each."""
    made = outcome(history=HELD)
    assert np.allclose(made["start_effort"], 2.0)
    assert (made["start_hazard"] > 0).all()
    first = made["attempt_hazard"].values[..., 0]
    there = np.isfinite(first)
    assert (first[there] >= made["start_hazard"].values[there]).all()
    paths = paths_of(made, "attempt_hazard")
    assert paths.mean[0] == pytest.approx(float(made["start_hazard"].mean()), rel=0.1)
    assert min(values[0] for _, _, values in paths.examples) > 0


def test_tension_of_what_is_going_on_counts_and_is_capped() -> None:
    event = {"kind": "escalation", "severity": 3, "since": "2026-06-19"}
    one, many = (outcome(disruptions={"active_now": [event] * n}) for n in (1, 4))
    assert float(one["start_tension"]) == pytest.approx(2.0)
    assert float(many["start_tension"]) == 3.0
    assert paths_of(many, "attempt_tension").middle[0] == pytest.approx(3.0, abs=0.01)
