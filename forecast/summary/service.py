"""Service levels of technical systems, and the stages talks end in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.summary.estimate import Estimate, Quantity, estimate
from forecast.vocabulary import label_of

if TYPE_CHECKING:
    from forecast.summary.tally import Tally


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """How far a system keeps planned rounds from being held on time.

    Parameters
    ----------
    name : str
    on_time : Estimate
        Share of planned rounds that the system does not keep from being held, as planned and on time.
    objective : float or None
        Least share that the scenario asks for.
    budget_used : Quantity or None
        Share of the error budget, 1 - objective, that is used up; above 1 the objective is missed.
    """

    name: str
    on_time: Estimate
    objective: float | None
    budget_used: Quantity | None

    @property
    def met(self) -> bool | None:
        """Whether the objective is met; None without one."""
        return None if self.objective is None else bool(self.on_time.p >= self.objective)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return {"name": self.name, "on_time": self.on_time.to_dict(), "objective": self.objective,
                "error_budget_used": self.budget_used.to_dict() if self.budget_used else None, "met": self.met}


def service_levels(counts: Tally, scenario: dict[str, Any]) -> dict[str, ServiceLevel]:
    """Return the service level of every system that was played.

    Parameters
    ----------
    counts : Tally
    scenario : dict
        Resolved.
    """
    stated = scenario.get("systems") or {}
    out = {}
    for key, trouble in counts.trouble.items():
        attempts = np.maximum(counts.attempts, 1)
        held = estimate(1.0 - trouble / attempts, attempts)
        system = stated.get(key) or {}
        out[key] = ServiceLevel(str(system.get("name") or label_of(key)), held, system.get("slo"),
                                budget_used(held, system.get("slo")))
    return out


def budget_used(on_time: Estimate, objective: float | None) -> Quantity | None:
    """Return the share of the error budget that is used up.

    Examples
    --------
    >>> budget_used(Estimate(0.98, 0.97, 0.99, 0.001), 0.99).value
    2.0
    """
    if objective is None:
        return None
    budget = 1.0 - objective
    used = [round((1.0 - x) / budget, 12) for x in (on_time.p, on_time.high, on_time.low)]
    return Quantity(*used, on_time.mc_error / budget)


def stages_reached(counts: Tally, scenario: dict[str, Any]) -> dict[str, Estimate]:
    """Return, by name of the stage, the probability that the talks end in it or are in it at the horizon."""
    names = [stage["name"] for stage in scenario.get("stages") or []]
    return {name: estimate(counts.stage[:, i] / counts.trials, counts.trials) for i, name in enumerate(names)} \
        if counts.stage is not None else {}
