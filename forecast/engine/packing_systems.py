"""Pack technical systems, injected failures, stages and excitation: empty arrays where a scenario has none."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from forecast.engine.bridge import INCIDENT, STAGE, SYSTEM, TABLE_INTERVALS
from forecast.engine.pieces import id_hash, records, stack
from forecast.engine.reservations import quantile_table
from forecast.vocabulary import MODES

if TYPE_CHECKING:
    from forecast.scenario import Scenario
    from forecast.scenario.systems import System

HOURS = 24.0


def needed_systems(scenario: Scenario) -> tuple[str, ...]:
    """Return the ids of the systems that are played, in the order of the arrays."""
    return tuple(sorted(key for key, system in scenario.systems.items() if system.needed))


def spare_probability(system: System) -> float:
    """Return the probability that a spare takes over when the unit in service fails.

    (1 - beta) (1 - u^r): r spares, beta the share of failures that take them down too, u = rate m / (1 + rate m) the
    probability that a unit is in repair.
    """
    load = system.load / system.mtbf_days * system.repair_hours / HOURS
    return (1.0 - system.common_cause) * (1.0 - (load / (1.0 + load)) ** system.spares)


def availability(system: System) -> float:
    """Return the share of time a system is up: 1 / (1 + rate (spare failover + (1 - spare) m)).

    Parameters
    ----------
    system : System
        Of a resolved scenario.

    Examples
    --------
    >>> from forecast.scenario.systems import System, with_defaults
    >>> round(availability(with_defaults("satellite_link", System(), "")), 4)
    0.995
    """
    spare = spare_probability(system)
    outage = (spare * system.failover_hours + (1.0 - spare) * system.repair_hours) / HOURS
    return 1.0 / (1.0 + system.load / system.mtbf_days * outage)


def base_losses(scenario: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """Return what of the calibrated losses is failures at the usual rates, by mode.

    The table of past talks counts a round that was lost to a failed link like any other loss. So the default systems,
    with their default parameters, open no further door: what they take is taken off the calibrated probability.

    Parameters
    ----------
    scenario : Scenario
        Resolved.

    Returns
    -------
    down : ndarray of float64, shape (mode,)
        Probability that some needed default system is down.
    saved : ndarray of float64, shape (mode,)
        And that a mode of the ladder needs none of those that are down.
    """
    from forecast.scenario.defaults import SYSTEMS
    from forecast.scenario.systems import System, with_defaults

    usual = [with_defaults(key, System(), key) for key in needed_systems(scenario) if key in SYSTEMS]
    ladder = scenario.next_round.fallback if scenario.next_round is not None else ()
    down, saved = np.zeros(len(MODES)), np.zeros(len(MODES))
    up = [availability(system) for system in usual]
    for state in itertools.product((True, False), repeat=len(usual)):
        probability = float(np.prod([a if works else 1.0 - a for a, works in zip(up, state, strict=True)]))
        broken = {mode for system, works in zip(usual, state, strict=True) if not works for mode in system.modes}
        for m, mode in enumerate(MODES):
            if mode in broken:
                down[m] += probability
                if any(rung != mode and rung not in broken for rung in ladder):
                    saved[m] += probability
    return down, saved


def pack_systems(scenario: Scenario) -> dict[str, object]:
    """Return the fields of a case that describe systems, failures, stages and excitation.

    Parameters
    ----------
    scenario : Scenario
        Resolved.

    Returns
    -------
    dict
        By name of the field.
    """
    keys = needed_systems(scenario)
    down, saved = base_losses(scenario) if keys else (np.zeros(len(MODES)), np.zeros(len(MODES)))
    excitation = scenario.disruptions.excitation
    return {
        "system": records(SYSTEM, [_system(key, scenario.systems[key]) for key in keys]),
        "base_down": down, "base_saved": saved,
        "switch_delay": float(scenario.mode_switch_delay_days or 0),
        "incident": records(INCIDENT, _incidents(scenario, keys)),
        **_stages(scenario),
        "excite": excitation.branching if excitation is not None else 0.0,
        "excite_days": excitation.decay_days if excitation is not None else 1.0,
    }


def _system(key: str, system: System) -> tuple:
    mask = sum(1 << MODES.index(mode) for mode in system.modes)
    return (id_hash(key), mask, system.load / system.mtbf_days, system.repair_hours / HOURS,
            system.failover_hours / HOURS, spare_probability(system), system.sanctions_coupling)


def _incidents(scenario: Scenario, keys: tuple[str, ...]) -> list[tuple]:
    """Return injected failures by day, then by content, so that the order of the file does not count."""
    rows = []
    for one in scenario.injections:
        outage = -one.hours / HOURS if one.hours is not None else (one.mean_hours or 0.0) / HOURS
        rows.append((float(scenario.day_of(one.date)), keys.index(one.system) if one.system is not None else -1,
                     one.severity or 0, outage, float(one.delay_days or 0)))
    return sorted(rows)


def _stages(scenario: Scenario) -> dict[str, object]:
    names = [stage.name for stage in scenario.stages]
    rows = [(stage.rounds, stage.can_close, names.index(stage.back), stage.effort, stage.delay_days, stage.break_off,
             stage.loss) for stage in scenario.stages]
    go = [quantile_table(stage.go.truncated(0.0, 1.0)[0], TABLE_INTERVALS) if stage.go is not None
          else np.ones(TABLE_INTERVALS + 1) for stage in scenario.stages]
    return {"stage": records(STAGE, rows), "go_table": stack(go, (len(rows), TABLE_INTERVALS + 1)),
            "stage_start": names.index(scenario.stage) if names else -1, "stage_rounds": scenario.stage_rounds}
