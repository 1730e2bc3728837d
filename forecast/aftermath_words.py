"""The outcome variables of what comes after a deal: part of the vocabulary, in their own file for its length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

RATIFIED = ("no", "yes", "pending")
_DT = ("draw", "trial")
_SUMS = {
    "tranche_released": ("share released", "Share of all that is promised that is released"),
    "tranche_due": ("share due", "Share of all that is promised that a perfect verifier would release"),
    "wrongly_released": ("share wrongly released", "Share released although the terms were broken by its day"),
    "wrongly_withheld": ("share wrongly withheld", "Share never released although the terms were kept on its day"),
}


def aftermath_variables(v: Callable[..., Any]) -> list[Any]:
    """Return the entries of the registry.

    Parameters
    ----------
    v : callable
        Makes one: name, dims, dtype, units, long_name, sentence; flags and absent by keyword.
    """
    rows = [
        v("ratified", _DT, "int8", "1", "ratification",
          "What became of the votes on a deal by the horizon; a deal whose resumed talks end is not ratified.",
          RATIFIED, absent=-1),
        v("ratified_day", _DT, "int16", "day", "day of the decision",
          "Whole days from as_of to the vote that ratifies the deal, or to what ends it.", absent=-1),
        v("votes", _DT, "int16", "1", "votes held", "Votes on a deal, all passes over the list together."),
        v("in_force", _DT, "int8", "1", "deal in force at the horizon",
          "The deal is in force at the horizon, unbroken and not ended by an alarm.", ("no", "yes"), absent=-1),
        v("in_force_day", _DT, "int16", "day", "day of entry into force",
          "Whole days from as_of to the last vote, or to the deal when it needs none.", absent=-1),
        v("tranche_released", _DT, "float32", "1", "share released",
          f"{_SUMS['tranche_released'][1]} within the horizon of the implementation."),
        v("wrongly_released", _DT, "float32", "1", "share wrongly released", f"{_SUMS['wrongly_released'][1]}."),
        v("wrongly_withheld", _DT, "float32", "1", "share wrongly withheld", f"{_SUMS['wrongly_withheld'][1]}."),
        v("breach_day", _DT, "int16", "day", "day of the first breach",
          "Whole days from as_of to the first breach within the horizon of the implementation, which may lie beyond "
          "that of the forecast.", absent=-1),
        v("ratified_count", ("draw",), "int32", "1", "trials with a ratified deal", "Trials whose deal is ratified."),
        v("rejected_count", ("draw",), "int32", "1", "trials with a deal that failed its votes",
          "Trials whose deal is not ratified."),
        v("pending_count", ("draw",), "int32", "1", "trials with a deal not yet decided",
          "Trials whose deal is neither ratified nor rejected by the horizon."),
        v("votes_sum", ("draw",), "int64", "1", "votes over all trials", "Votes, summed over the trials of the draw."),
        v("votes_square_sum", ("draw",), "int64", "1", "squared votes over all trials",
          "Squares of the number of votes, summed over the trials of the draw: gives the Monte Carlo error."),
        v("in_force_count", ("draw",), "int32", "1", "trials with a deal in force",
          "Trials whose deal is in force at the horizon, unbroken and not ended by an alarm."),
        v("in_force_day_count", ("draw", "day"), "int32", "1", "trials by day of entry into force",
          "Trials whose deal comes into force on this day; the rest have none within the horizon."),
        v("breach_count", ("draw",), "int32", "1", "trials with a breach",
          "Trials whose deal is broken within the horizon of the implementation."),
    ]
    for name, (short, sentence) in _SUMS.items():
        rows.append(v(f"{name}_sum", ("draw",), "float64", "1", f"{short}, over all trials",
                      f"{sentence}, summed over the trials of the draw."))
        rows.append(v(f"{name}_square_sum", ("draw",), "float64", "1", f"squared {short}, over all trials",
                      f"{sentence}, squared and summed over the trials of the draw: gives the Monte Carlo error."))
    return rows
