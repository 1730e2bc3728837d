"""The state of the talks and the path of the forecast."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

import forecast as fc
from forecast.news.standing import _remaining

NEWS = [
    {"date": "2026-06-19", "type": "attempt", "status": "postponed", "planned": "2026-06-19", "absent": ["us", "iran"]},
    {"date": "2026-06-22", "type": "attempt", "status": "held", "start": "2026-06-21", "end": "2026-06-22",
     "mode": "in_person"},
]


@pytest.fixture(scope="module")
def state():
    return fc.status("us_iran_final_2026", posterior="prior", draws=50, trials=40, seed=2)


def test_absent_principals_are_down_or_degraded(state):
    levels = {line.id: line.level for line in state.lines if line.what == "principal"}
    assert levels == {"us": "degraded", "iran": "down"}
    assert state.level == "down"


def test_the_risk_score_is_its_formula(state):
    outcome = fc.simulate("us_iran_final_2026", "prior", draws=50, trials=40, seed=2)
    day, ending, end = (outcome[name].values for name in ("next_round_day", "ending", "end_day"))
    held = ((day >= 0) & (day <= 14)).mean(axis=1)
    broken = ((ending >= 2) & (ending <= 4) & (end <= 30)).mean(axis=1)
    assert state.risk.p == pytest.approx((1.0 - held * (1.0 - broken)).mean())
    assert 0.0 <= state.risk.low <= state.risk.p <= state.risk.high <= 1.0


def test_time_to_recovery_is_that_of_a_lognormal_known_to_go_on():
    mean, sd = np.full(50, np.log(20.0)), np.full(50, 0.8)
    median, low, high = _remaining(mean, sd, 0.0)
    assert median == pytest.approx(20.0, rel=0.02)
    assert low == pytest.approx(20.0 * np.exp(-1.2816 * 0.8), rel=0.03)
    assert high == pytest.approx(20.0 * np.exp(1.2816 * 0.8), rel=0.03)
    sample = np.exp(np.log(20.0) + 0.8 * np.random.default_rng(3).standard_normal(400_000))
    left = sample[sample > 30.0] - 30.0
    assert _remaining(mean, sd, 30.0)[0] == pytest.approx(np.median(left), rel=0.03)


def test_openmetrics_text_is_well_formed(state):
    lines = state.to_openmetrics().splitlines()
    assert lines[-1] == "# EOF"
    sample = re.compile(r'^negotiation_[a-z0-9_]+\{[a-z_]+="([^"\\]|\\.)*"(,[a-z_]+="([^"\\]|\\.)*")*\} -?[0-9.e+-]+$')
    assert all(line.startswith("# ") or sample.match(line) for line in lines)


def test_status_is_json(state):
    assert json.loads(json.dumps(state.to_dict()))["level"] == "down"


def test_the_path_ends_where_the_update_is():
    path = fc.history("us_iran_final_2026", NEWS, posterior="prior", draws=50, trials=40, seed=2)
    assert path.sizes["step"] == 3
    last = fc.simulate(fc.update("us_iran_final_2026", NEWS), "prior", draws=50, trials=40, seed=2)
    shares = (last["ending"].values < 2).mean()
    assert float(path["p"].sel(quantity="deal")[-1]) == pytest.approx(shares)
    moved = path["moved"].sel(quantity="deal").values
    assert np.isnan(moved[0])
    assert np.allclose(moved[1:], np.diff(path["p"].sel(quantity="deal").values))


def test_talks_that_ended_are_certain():
    news = [*NEWS, {"date": "2026-06-23", "type": "end", "ending": "collapse"}]
    path = fc.history("us_iran_final_2026", news, posterior="prior", draws=20, trials=20, seed=2)
    assert float(path["p"].sel(quantity="collapse")[-1]) == 1.0
    assert float(path["p"].sel(quantity="deal")[-1]) == 0.0
