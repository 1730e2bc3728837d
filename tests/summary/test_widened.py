"""Errors of a forecast with a history: what seeds scatter by is what is said."""

from __future__ import annotations

import numpy as np

import forecast as fc
from forecast.posterior.tree import hash_tree


def test_the_stated_error_is_the_scatter_over_seeds_and_draws() -> None:
    """Each time other trials and other rows of the posterior: the error counts both as drawn."""
    tree, rng = fc.load_posterior().load(), np.random.default_rng(20260619)
    made = []
    for seed in range(36):
        some = tree.isel(draw=np.sort(rng.choice(1000, 60, replace=False)), missing_dims="ignore")
        some.attrs["content_hash"] = hash_tree(some)
        made.append(fc.summarize(fc.simulate("libya_ceasefire_2020", some, draws=60, trials=60, seed=seed)))
    for pick in (lambda one: one.deal, lambda one: one.ends["ongoing"], lambda one: one.next_round.held):
        scatter = np.std([pick(one).p for one in made], ddof=1)
        stated = np.mean([pick(one).mc_error for one in made])
        assert 0.7 < stated / scatter < 1.6


def test_only_errors_change_and_only_with_a_history() -> None:
    from forecast.summary.widened import widened

    made = fc.summarize(fc.simulate("us_iran_final_2026", draws=20, trials=20, seed=1))
    wide = widened(made, 2.0)
    assert wide.deal.mc_error == 2.0 * made.deal.mc_error and wide.deal.p == made.deal.p
    assert wide.by[0].deal.mc_error == 2.0 * made.by[0].deal.mc_error
    assert (wide.deal.low, wide.deal.high) == (made.deal.low, made.deal.high)
    assert wide.zopa.used.mc_error == 2.0 * made.zopa.used.mc_error
    assert wide.variance == made.variance and wide.tally is made.tally
