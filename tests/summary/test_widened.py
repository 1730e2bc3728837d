"""Errors of a forecast with a history: what seeds scatter by is what is said."""

from __future__ import annotations

import numpy as np

import forecast as fc


def test_the_stated_error_is_about_the_scatter_over_seeds() -> None:
    made = [fc.summarize(fc.simulate("libya_ceasefire_2020", draws=60, trials=60, seed=seed)) for seed in range(24)]
    for pick in (lambda one: one.deal, lambda one: one.ends["ongoing"], lambda one: one.next_round.held):
        scatter = np.std([pick(one).p for one in made], ddof=1)
        stated = np.mean([pick(one).mc_error for one in made])
        assert 0.6 < stated / scatter < 1.8


def test_only_errors_change_and_only_with_a_history() -> None:
    from forecast.summary.widened import widened

    made = fc.summarize(fc.simulate("us_iran_final_2026", draws=20, trials=20, seed=1))
    wide = widened(made, 2.0)
    assert wide.deal.mc_error == 2.0 * made.deal.mc_error and wide.deal.p == made.deal.p
    assert wide.by[0].deal.mc_error == 2.0 * made.by[0].deal.mc_error
    assert (wide.deal.low, wide.deal.high) == (made.deal.low, made.deal.high)
    assert wide.zopa.used.mc_error == 2.0 * made.zopa.used.mc_error
    assert wide.variance == made.variance and wide.tally is made.tally
