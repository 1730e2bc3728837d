"""The outcome variables of paths (``paths=True``): part of the vocabulary, in their own file for its length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_DT = ("draw", "trial")
_NAN = float("nan")


def path_variables(v: Callable[..., Any], status: tuple[str, ...], modes: tuple[str, ...],
                   causes: tuple[str, ...]) -> list[Any]:
    """Return the entries of the registry.

    Parameters
    ----------
    v : callable
        Makes one: name, dims, dtype, units, long_name, sentence; flags and absent by keyword.
    status, modes, causes : tuple of str
        Names of the codes.
    """
    return [
        v("start_hazard", _DT, "float32", "1", "share of the way to closing at as_of",
          "Closing hazard of the rounds in the history over the one this trial needs; 0 without a history."),
        v("start_effort", _DT, "float32", "1", "cumulative effort at as_of", "Effort of the rounds in the history."),
        v("start_tension", (), "float32", "1", "tension at as_of",
          "Tension from what the history and the scenario say is going on, capped at 3."),
        v("attempt_day", (*_DT, "attempt"), "int16", "day", "planned day",
          "Planned day of the attempt.", absent=-1),
        v("attempt_begin_day", (*_DT, "attempt"), "int16", "day", "day the attempt is made",
          "First day of the round if held, else the day it is lost; later than planned when a failure or a change of "
          "mode moves it.", absent=-1),
        v("attempt_end_day", (*_DT, "attempt"), "int16", "day", "last day of the round",
          "Last day of the round if held, else the planned day.", absent=-1),
        v("attempt_status", (*_DT, "attempt"), "int8", "1", "fate of the attempt",
          "What became of the attempt.", status, absent=-1),
        v("attempt_mode", (*_DT, "attempt"), "int8", "1", "mode of the attempt",
          "Mode of the round, or the mode that was wished for one that was lost.", modes, absent=-1),
        v("attempt_wished_mode", (*_DT, "attempt"), "int8", "1", "wished mode of the attempt",
          "Mode the round was to be held in before any retreat to another.", modes, absent=-1),
        v("attempt_cause", (*_DT, "attempt"), "int8", "1", "cause of trouble at the attempt",
          "What the trouble at the attempt is attributed to.", causes, absent=-1),
        v("attempt_tension", (*_DT, "attempt"), "float32", "1", "tension at the attempt",
          "Weights 0.5, 1, 2 of disruptions by severity, halved every 30 days, capped at 3.", absent=_NAN),
        v("attempt_effort", (*_DT, "attempt"), "float32", "1", "cumulative effort after the attempt",
          "Effort of all rounds held so far, history included.", absent=_NAN),
        v("attempt_hazard", (*_DT, "attempt"), "float32", "1", "share of the way to closing",
          "Cumulated closing hazard over the one this trial needs; it closes at 1.", absent=_NAN),
        v("position", (*_DT, "attempt", "party", "issue"), "float32", "unit of the issue", "position",
          "Where the party stands after the attempt, on its way from opening to reservation value; NaN for a "
          "party without a position.", absent=_NAN),
        v("mode_on_day", (*_DT, "day"), "int8", "1", "mode of the session under way",
          "Mode of the round after as_of that is under way on the day; of two that meet on it, the later one.",
          modes, absent=-1),
        v("event_day", (*_DT, "event"), "int16", "day", "day of the disruption",
          "Whole days from as_of.", absent=-1),
        v("event_kind", (*_DT, "event"), "int8", "1", "kind of the disruption",
          "Position in the kind coordinate.", absent=-1),
        v("event_severity", (*_DT, "event"), "int8", "1", "severity of the disruption",
          "1 = noted, 2 = delays the talks, 3 = stops or nearly stops them.", absent=-1),
        v("event_recovery_days", (*_DT, "event"), "float32", "day", "recovery",
          "Days until the talks have recovered from the disruption.", absent=_NAN),
        v("reservation", (*_DT, "issue", "party"), "float32", "unit of the issue", "reservation value",
          "Last position the party accepts in this trial; NaN for a party without a position.", absent=_NAN),
        v("kappa", (*_DT, "issue", "party"), "float32", "1", "exponent of concession",
          "Shape of the way from opening to reservation value: share of the way = x^kappa.", absent=_NAN),
        v("meeting", (*_DT, "issue"), "float32", "1", "meeting point",
          "x in (0, 1] at which the positions meet; NaN where they never do.", absent=_NAN),
    ]
