"""Tables played by the kernels: what is read off them is what the kernels did, and fits find the parameters again."""

from __future__ import annotations

import numpy as np
import pytest

import forecast as fc
from forecast.calibration.replicate import playable
from forecast.calibration.simulated import play_tables, rows_of_table
from forecast.posterior.tree import build_tree

BLOCKS = ("calendar", "participation", "disruption", "outcome")
TABLES = 4


@pytest.fixture(scope="module")
def talks():
    everything = fc.load_talks()
    return playable(everything.subset(everything.ids[::3]))


@pytest.fixture(scope="module")
def parameters():
    return fc.load_posterior("prior").isel(draw=slice(0, TABLES))


@pytest.fixture(scope="module")
def tables(talks, parameters):
    tree = build_tree({f"{group}.{name}": variable.values for group in parameters.children if group != "diagnostics"
                       for name, variable in parameters[group].data_vars.items()}, kind="prior", data_hash="")
    return play_tables(talks, tree, tables=TABLES, seed=5)


def test_rows_are_numbers_of_the_law(tables) -> None:
    for table in tables:
        for block in BLOCKS:
            rows = rows_of_table(table, block)
            for field in rows._fields:
                assert np.all(np.isfinite(getattr(rows, field))), field
        a = table.attempts
        assert np.all(a.length_days[a.status == 0] >= 0) and np.all(a.end_lag_days >= -1)
        assert np.all(np.diff(a.day)[np.diff(a.talk) == 0] >= 0)


def test_talks_end_once_and_what_is_open_is_pending(tables) -> None:
    for table in tables:
        a = table.attempts
        assert a.last.sum() == len(table.talks) and np.all(a.ending[~a.last] == 0)
        assert np.all(a.ending[a.last] > 0)
        still = set(a.talk[a.last & (a.ending == 5)].tolist())
        assert {item[1] for item in table.pending if item[0] != "lag"} == still


def test_shares_are_those_of_the_parameters(tables, parameters) -> None:
    """Partial deals, unlisted slips and collapses on the day, pooled over tables, within four standard errors."""
    seen = expected = variance = 0.0
    for number, table in enumerate(tables):
        a = table.attempts
        for there, happened, path in (
            (np.isin(a.ending, (1, 2)), a.ending == 2, "outcome.partial_share"),
            (a.slip_days >= 0, a.slip_unlisted, "calendar.slip_unlisted_share"),
        ):
            group, name = path.split(".")
            p = float(parameters[group][name].values[number])
            seen += (there & happened).sum()
            expected += p * there.sum()
            variance += p * (1 - p) * there.sum()
    assert abs(seen - expected) < 4 * np.sqrt(variance)


def test_events_outside_the_law_of_rates_are_left_out(tables) -> None:
    rows = rows_of_table(tables[0], "disruption")
    assert np.all(rows.event_use.any(axis=1))
    assert np.all(rows.span_weight[rows.span_after == 0] == 0)


@pytest.mark.long
@pytest.mark.parametrize("block", BLOCKS)
def test_a_fit_to_a_played_table_finds_the_parameters(block: str) -> None:
    """At four draws of the expert prior the truth lies where the posterior says: squared z average near one."""
    from forecast.calibration import compat
    from forecast.calibration.fit import build_model
    from forecast.calibration.rows import new_data, pad_alike
    from forecast.calibration.sbc import NOT_PLAYED
    from forecast.engine.arrays import pick_rows
    from forecast.posterior.layout import PARAMETERS

    talks, tree = fc.load_talks(), fc.load_posterior("full")
    chosen = pick_rows(tree["outcome"].sizes["draw"], 4)
    every = pad_alike([rows_of_table(table, block) for table in play_tables(talks, tree, tables=4, seed=11)])
    run = compat.compile_model(build_model(block, every[0]))
    scores = []
    for number, rows in enumerate(every):
        sample = run(draws=400, tune=500, chains=2, seed=number, data=new_data(rows))
        for parameter in PARAMETERS.values():
            if parameter.group == block and parameter.path not in NOT_PLAYED:
                values = sample.posterior[parameter.name].stack(all=("chain", "draw"))
                truth = tree[block][parameter.name].values[chosen[number]]
                error = (truth - values.mean("all").values) / values.std("all").values
                scores += error.ravel().tolist()
    scores = np.array(scores)
    assert np.abs(scores).max() < 6.0
    assert 0.3 < np.mean(scores**2) < 2.2
