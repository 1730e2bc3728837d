"""Small rows and parameter points for the tests of the models, and a way to evaluate a model's likelihood there."""

from __future__ import annotations

import numpy as np

from forecast.calibration import compat


def log_likelihoods(model, values: dict[str, np.ndarray]) -> dict[str, float]:
    """Return every likelihood term of a model, with its random variables set to `values`."""
    import pytensor


    with compat.quiet():
        inputs = [rv for rv in model.free_RVs if rv.name in values]
        missing = [rv.name for rv in model.free_RVs if rv.name not in values]
        assert not missing, missing
        names = [potential.name for potential in model.potentials]
        function = pytensor.function(inputs, model.potentials, mode="FAST_COMPILE", on_unused_input="ignore")
        found = function(*(np.asarray(values[rv.name], dtype=rv.dtype) for rv in inputs))
    return {name.removesuffix("_likelihood"): float(value) for name, value in zip(names, found, strict=True)}


def prior_point(model, seed: int) -> dict[str, np.ndarray]:
    """Draw one value of every free variable from the prior."""
    drawn = compat.sample_prior(model, [rv.name for rv in model.free_RVs], 1, seed)
    return {name: np.asarray(value)[0] for name, value in drawn.items()}
