"""Monte Carlo forecasts of negotiations: the next round, the ending, when, and on what terms.

>>> import forecast as fc
>>> fc.load_scenario("us_iran_final_2026").domain
'nuclear_arms'

Every name below is imported when it is first used, so that ``import forecast`` costs next to nothing and
never pulls in PyMC, ArviZ, matplotlib or Dask. The data flow is one line, in one direction: a scenario file
becomes a :class:`Scenario`, :func:`simulate` plays it under every draw of a posterior, and
:func:`summarize` turns the outcome into numbers with intervals.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

__version__ = "0.1.0"

_WHERE = {
    "ScenarioError": "errors",
    "TalksError": "errors",
    "NewsError": "errors",
    "PosteriorError": "errors",
    "StoreError": "errors",
    "CalibrationError": "errors",
    "Problem": "errors",
    "Scenario": "scenario",
    "load_scenario": "scenario",
    "list_scenarios": "scenario",
    "Talks": "talks",
    "load_talks": "talks",
    "scenario_at": "talks",
    "load_posterior": "posterior",
    "calibrate": "calibration",
    "backtest": "backtest",
    "open_backtest": "backtest.files",
    "simulate": "engine",
    "Comparison": "sweep.comparison",
    "Stress": "sweep.stress",
    "Tornado": "sweep.tornado",
    "compare": "sweep.compare",
    "failures": "sweep.failures",
    "open_sweep": "sweep.store",
    "regret": "sweep.explain",
    "sensitivity": "sweep.sensitivity",
    "stress": "sweep.stress",
    "GameDay": "gameday.result",
    "gameday": "gameday.play",
    "sweep": "sweep.run",
    "value_of_information": "sweep.explain",
    "Status": "news",
    "history": "news",
    "status": "news",
    "update": "news",
    "plot_history": "plots.news",
    "plot_status": "plots.news",
    "plot_reliability": "plots.reliability",
    "plot_skill": "plots.reliability",
    "Summary": "summary",
    "summarize": "summary",
    "plot_compare": "plots.whatif",
    "plot_stress": "plots.whatif",
    "plot_information": "plots.sweeps",
    "plot_regret": "plots.sweeps",
    "plot_sobol": "plots.sweeps",
    "plot_sweep": "plots.sweeps",
    "plot_tornado": "plots.whatif",
    "plot_disruptions": "plots",
    "plot_downtime": "plots",
    "plot_endings": "plots",
    "plot_incidence": "plots",
    "plot_modes": "plots",
    "plot_next_round": "plots",
    "plot_paths": "plots",
    "plot_settlement": "plots",
    "plot_tension": "plots",
    "plot_trial": "plots",
    "plot_uncertainty": "plots",
    "explore": "explore",
    "report": "report",
}
"""Public name -> the module of this package that holds it."""

__all__ = ["__version__", *sorted(_WHERE)]


def __getattr__(name: str) -> Any:
    """Import a public name at its first use."""
    if name not in _WHERE:
        raise AttributeError(f"module 'forecast' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"forecast.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List what can be used, also what has not been imported yet."""
    return sorted({*globals(), *_WHERE})


class _Package(ModuleType):
    """This module, holding on to its functions when a subpackage has the name of one of them.

    Importing ``forecast.sweep`` binds the *module* to ``forecast.sweep`` and would hide the function that
    people call; that binding is refused for public names (``from forecast.sweep import ...`` still works).
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _WHERE and isinstance(value, ModuleType):
            return
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def _refuse_foreign_kernels() -> None:
    """Raise one clear line if the name ``kernels`` belongs to another distribution.

    The file is read, not imported: the foreign package takes seconds to import and may itself fail.
    """
    spec = importlib.util.find_spec("kernels")
    origin = getattr(spec, "origin", None)
    if origin is None:
        raise ImportError("negotiation-forecast is damaged: its package 'kernels' is missing; reinstall it")
    if "NEGOTIATION_FORECAST" not in Path(origin).read_text(encoding="utf-8", errors="replace"):
        raise ImportError(
            f"another distribution owns the package 'kernels' here ({origin}): negotiation-forecast "
            "cannot share an environment with it; use a fresh environment"
        )


_refuse_foreign_kernels()
