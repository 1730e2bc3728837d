"""The gates refuse what they are for, and name it."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from forecast.calibration import compat, fit, gates
from forecast.errors import CalibrationError
from forecast.posterior.layout import PARAMETERS


def sample(rng, divergences: int = 0, **extra) -> compat.Sample:
    """A fit that has converged, plus variables given as arrays (chain, draw, ...)."""
    variables = {"partial_share": (("chain", "draw"), rng.random((4, 1000)))}
    for name, values in extra.items():
        variables[name] = (("chain", "draw", "talk")[: values.ndim], values)
    return compat.Sample(xr.Dataset(variables), divergences, "nutpie")


def judged(fitted: compat.Sample) -> list[str]:
    return [str(problem) for problem in
            gates.judge("outcome", fitted, compat.diagnose(fitted.posterior)).problems]


def test_a_good_fit_passes(rng) -> None:
    assert judged(sample(rng)) == []


def test_chains_that_disagree_are_named(rng) -> None:
    chains = rng.normal(size=(4, 1000)) + np.arange(4)[:, None]
    found = judged(sample(rng, zopa=chains))
    assert any(text.startswith("outcome.zopa: R-hat") for text in found)


def test_a_slow_chain_is_named_by_its_effective_size(rng) -> None:
    slow = np.cumsum(rng.normal(size=(4, 1000)), axis=1)
    assert any("ess bulk" in text and "outcome.zopa" in text for text in judged(sample(rng, zopa=slow)))


def test_one_divergence_is_too_many(rng) -> None:
    assert judged(sample(rng, divergences=1)) == ["outcome: 1 divergent transitions; none"]


def test_effects_of_single_talks_have_their_own_limit(rng) -> None:
    effects = rng.normal(size=(4, 1000, 5))
    assert judged(sample(rng, habit=effects)) == []
    effects[0, :, 3] += 2.0
    assert judged(sample(rng, habit=effects))[0].startswith("outcome.habit: R-hat")


def test_contraction_and_roles(rng) -> None:
    shape = PARAMETERS["outcome.close_log_shape"]
    prior = rng.normal(size=4000)
    assert gates.contraction(shape, 0.5 * prior, prior) == pytest.approx(0.75)
    assert gates.role_of(shape, np.array(0.75)) == "calibrated"
    assert gates.role_of(shape, np.array(0.2)) == "prior-driven"
    assert gates.role_of(PARAMETERS["outcome.zopa"], np.array(0.9)) == "prior-driven"
    assert gates.role_of(PARAMETERS["participation.report_right"], np.array(0.0)) == "stated"


def test_a_fit_that_fails_twice_is_refused(monkeypatch, rng) -> None:
    targets = []

    def compile_model(model, sampler=None):
        def run(*, target_accept, **_):
            targets.append(target_accept)
            return sample(rng, divergences=2)
        return run

    monkeypatch.setattr(fit, "build_model", lambda block, rows: None)
    monkeypatch.setattr(fit.compat, "compile_model", compile_model)
    with pytest.raises(CalibrationError, match="2 divergent transitions") as caught:
        fit.fit_block("outcome", None, draws=100, tune=100, chains=4, seed=1)
    assert targets == [0.95, 0.99] and caught.value.problems[0].where == "outcome"


def test_requests_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 100"):
        fit.calibrate(None, draws=10)
    with pytest.raises(ValueError, match="one of nutpie"):
        fit.calibrate(None, sampler="stan")


def test_a_table_too_small_is_refused() -> None:
    import forecast as fc

    talks = fc.load_talks()
    with pytest.raises(CalibrationError, match="no rows"):
        fit.block_rows(talks.subset(["agra_summit_2001"]), "offers")
