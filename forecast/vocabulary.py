"""Every dim, code, variable, unit and sentence of the outcomes, registered once.

The engine builds its datasets with :func:`annotate`, everything that reads one checks it with
:func:`check_dataset`, and plots and reports take labels and colours from here. The order of every tuple
is a contract: the position of a name is its code in the arrays.

Units of time are written ``day``, not ``days``: xarray decodes a variable in ``days`` to ``timedelta64``
when a file is opened, and a count of whole days from ``as_of`` is not a duration to be rescaled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecast.aftermath_words import aftermath_variables
from forecast.errors import Problem, StoreError
from forecast.looks import (  # part of the vocabulary; in its own file for its length
    CAUSE_LABELS, DEAL_LOOK, ENDING_LOOKS, KIND_LABELS, MODE_LOOKS, STATUS_LOOKS, Look,
)
from forecast.path_words import path_variables

if TYPE_CHECKING:
    import xarray as xr

ENDINGS = ("agreement", "partial", "collapse", "stall", "lapse", "ongoing")
DEALS = ("agreement", "partial")
MODES = ("in_person", "proximity", "shuttle", "hybrid", "remote", "correspondence")
VIRTUAL_MODES = ("hybrid", "remote", "correspondence")
STATUS = ("held", "postponed", "cancelled", "none")
CAUSES = ("none", "other", "absence", "escalation", "walkout_leak", "political", "exogenous", "novel",
          "system", "own_kind")
KINDS = ("escalation", "walkout_leak", "political", "exogenous", "novel")
CALIBRATED_KINDS = KINDS[:4]
DOMAINS = ("nuclear_arms", "interstate", "intrastate", "ceasefire", "labour", "trade", "fiscal",
           "multilat_other")
#: Domain as the table of talks writes it -> pooled domain.
TABLE_DOMAINS = {
    **{name: name for name in DOMAINS},
    "climate": "multilat_other", "hostage_prisoner": "multilat_other", "sanctions": "multilat_other",
    "other": "multilat_other",
}
SEVERITIES = (1, 2, 3)
#: Tension acts on a break-off up to this.
TENSION_CAP = 3.0
__all__ = [
    "CAUSE_LABELS", "DEAL_LOOK", "ENDING_LOOKS", "KIND_LABELS", "MODE_LOOKS", "STATUS_LOOKS", "Look",
    "ENDINGS", "DEALS", "MODES", "VIRTUAL_MODES", "STATUS", "CAUSES", "KINDS", "CALIBRATED_KINDS", "DOMAINS",
    "TABLE_DOMAINS", "SEVERITIES", "CONVENTION", "DIMS", "Variable", "VARIABLES", "REQUIRED", "REQUIRED_ATTRS",
    "FIXED_COORDS", "label_of", "form_of", "annotate", "check_dataset",
]
CONVENTION = "negotiation-forecast outcome 1"

DIMS: Mapping[str, str] = {
    "draw": "what we do not know: one row of the posterior, shared by all talks",
    "trial": "luck: one possible course of these talks under a draw",
    "party": "party of the talks, by id",
    "issue": "issue of the talks, by id",
    "kind": "kind of disruption",
    "system": "technical system the talks rely on, by id",
    "stage": "planned stage of the talks, by name, first to last",
    "mode": "mode of a session",
    "ending": "how the talks end within the horizon",
    "status": "what became of an attempt",
    "cause": "cause of the trouble at an attempt",
    "day": "whole days from as_of",
    "attempt": "attempt since as_of, in order",
    "event": "disruption of a trial, in order",
    "bin": "class of a histogram",
    "edge": "edge of the classes of a histogram (one more than the classes)",
    "cell": "one setting of the levers and uncertainties of a sweep",
}


@dataclass(frozen=True)
class Variable:
    """One variable of an outcome.

    Parameters
    ----------
    name : str
    dims : tuple of str
        In this order.
    dtype : str
        Exact numpy dtype.
    units : str
        CF units; ``1`` for counts, codes and probabilities.
    long_name : str
    sentence : str
        What it means, for a reader of the file; becomes the ``comment`` attribute.
    flags : tuple of str, optional
        Names of the codes 0, 1, 2...; become ``flag_values`` and ``flag_meanings``.
    absent : float, optional
        The value that stands for "there is none" (NaN for floats); becomes ``absent_value``, never
        ``_FillValue``, which would turn whole days into floats when a file is opened.
    """

    name: str
    dims: tuple[str, ...]
    dtype: str
    units: str
    long_name: str
    sentence: str
    flags: tuple[str, ...] = ()
    absent: float | None = None

    def attrs(self) -> dict[str, Any]:
        """Return the attributes this variable carries in a file.

        Examples
        --------
        >>> VARIABLES["end_day"].attrs()["units"]
        'day'
        """
        import numpy as np

        attrs: dict[str, Any] = {"long_name": self.long_name, "units": self.units, "comment": self.sentence}
        if self.flags:
            # The CF conventions want flag_values in the type of the variable.
            values = np.arange(len(self.flags), dtype=self.dtype)
            if self.absent is not None:
                values = np.concatenate([np.array([self.absent], dtype=self.dtype), values])
            meanings = (("never",) if self.absent is not None else ()) + self.flags
            attrs["flag_values"] = values
            attrs["flag_meanings"] = " ".join(meanings)
        elif self.absent is not None:
            attrs["absent_value"] = np.dtype(self.dtype).type(self.absent)
        return attrs


_DT = ("draw", "trial")
_NO_YES = ("no", "yes")
_NAN = float("nan")


def _registry() -> dict[str, Variable]:
    v = Variable
    rows = [
        # one value a trial
        v("ending", _DT, "int8", "1", "how the talks end", "State of the talks at the horizon.", ENDINGS),
        v("end_day", _DT, "int16", "day", "day of the ending",
          "Whole days from as_of to the ending; the horizon for talks still under way."),
        v("attempts", _DT, "int16", "1", "new attempts", "Attempts to hold a round after as_of."),
        v("rounds_held", _DT, "int16", "1", "new rounds held", "Rounds held after as_of."),
        v("effort", _DT, "float32", "1", "cumulative effort",
          "Effort of all rounds held, history included; 1 = one attended, calm round in person."),
        v("zopa", _DT, "int8", "1", "zone of possible agreement exists",
          "One coin per trial for the whole core; without it the talks cannot close.", _NO_YES),
        v("next_round_status", _DT, "int8", "1", "fate of the next attempt",
          "What became of the first attempt after as_of; none = no attempt before the end or horizon.",
          STATUS),
        v("next_round_day", _DT, "int16", "day", "day the next round is held",
          "Whole days from as_of to the first round that is actually held, after any slips.", absent=-1),
        v("next_round_mode", _DT, "int8", "1", "mode of the next round",
          "Mode of the first round that is actually held.", MODES, absent=-1),
        v("next_round_on_time", _DT, "int8", "1", "next round held as planned",
          "The first attempt is held, on its planned day.", _NO_YES),
        v("next_round_cause", _DT, "int8", "1", "cause of trouble at the next attempt",
          "What the trouble at the first attempt is attributed to.", CAUSES),
        v("retreats", _DT, "int16", "1", "rounds held in another mode",
          "New attempts held in another mode than wished rather than lost."),
        v("stage_reached", _DT, "int8", "1", "stage the talks end in",
          "Position in the stage coordinate of the stage the talks are in when they end, or at the horizon."),
        v("settlement", (*_DT, "issue"), "float32", "unit of the issue", "settlement",
          "Terms on which the issue closes; NaN while it has not.", absent=_NAN),
        v("issue_closed", (*_DT, "issue"), "int8", "1", "issue closed", "The issue has closed.", _NO_YES),
        v("absent", (*_DT, "party"), "int16", "1", "attempts without the principal",
          "New attempts at which the principal of the party is absent."),
        v("n_disruptions", (*_DT, "kind"), "int16", "1", "disruptions",
          "Disruptions of the kind after as_of."),
        v("first_disruption_day", _DT, "int16", "day", "day of the first disruption",
          "Whole days from as_of to the first disruption of any kind.", absent=-1),
        v("system_trouble", (*_DT, "system"), "int16", "1", "attempts in trouble by the system",
          "New attempts lost, moved or held in another mode because the system was down."),
        v("downtime_days", (*_DT, "system"), "float32", "day", "downtime",
          "Days on which the system is down between as_of and the end of the talks."),
        # the zone of possible agreement
        v("zopa_p_talks", ("draw",), "float64", "1", "P(ZOPA) of talks like these",
          "Probability that a zone of possible agreement exists, from past talks alone."),
        v("zopa_p_beliefs", (), "float64", "1", "P(ZOPA) by the stated beliefs",
          "Smallest probability over core issues that the stated reservation values overlap; "
          "NaN when the scenario states none.", absent=_NAN),
        v("zopa_p_used", ("draw",), "float64", "1", "P(ZOPA) used",
          "The two combined on the log-odds scale with the weight of the scenario."),
        *path_variables(v, STATUS[:3], MODES, CAUSES),
        # keep="reduced": counts of trials
        v("ending_count", ("draw", "ending"), "int32", "1", "trials by ending", "Trials with this ending."),
        v("end_day_count", ("draw", "ending", "day"), "int32", "1", "trials by ending and day",
          "Trials with this ending on this day."),
        v("next_status_count", ("draw", "status"), "int32", "1", "trials by fate of the next attempt",
          "Trials whose first attempt after as_of had this fate."),
        v("next_day_count", ("draw", "day"), "int32", "1", "trials by day of the next round",
          "Trials whose next round is held on this day; the rest have none within the horizon."),
        v("next_mode_count", ("draw", "mode"), "int32", "1", "trials by mode of the next round",
          "Trials whose next round is held in this mode."),
        v("next_cause_count", ("draw", "cause"), "int32", "1", "trials by cause of trouble",
          "Trials whose first attempt after as_of met this trouble."),
        v("on_time_count", ("draw",), "int32", "1", "trials with the next round as planned",
          "Trials whose first attempt is held on its planned day."),
        v("zopa_count", ("draw",), "int32", "1", "trials with a ZOPA", "Trials whose coin shows a ZOPA."),
        v("settlement_count", ("draw", "issue", "bin"), "int32", "1", "trials by settlement",
          "Trials in which the issue closes on terms in this class; error at most half a class."),
        v("settlement_edge", ("issue", "edge"), "float64", "unit of the issue", "edges of the classes",
          "Edges of the settlement classes of each issue."),
        v("absent_count", ("draw", "party"), "int32", "1", "trials with an absence",
          "Trials with at least one new attempt without the principal of the party."),
        v("disrupted_count", ("draw", "kind"), "int32", "1", "trials with a disruption",
          "Trials with at least one disruption of the kind."),
        v("disruption_sum", ("draw", "kind"), "int64", "1", "disruptions over all trials",
          "Disruptions of the kind, summed over the trials of the draw."),
        v("trouble_sum", ("draw", "system"), "int64", "1", "attempts in trouble over all trials",
          "New attempts in trouble because the system was down, summed over the trials of the draw."),
        v("stage_count", ("draw", "stage"), "int32", "1", "trials by stage", "Trials that end in this stage."),
        v("retreats_sum", ("draw",), "int64", "1", "rounds in another mode over all trials",
          "New attempts held in another mode than wished, summed over the trials of the draw."),
        v("down_count", ("draw", "system"), "int32", "1", "trials with downtime",
          "Trials in which the system is down at some time."),
        v("downtime_sum", ("draw", "system"), "float64", "day", "downtime over all trials",
          "Days of downtime, summed over the trials of the draw."),
        v("downtime_square_sum", ("draw", "system"), "float64", "day2", "squared downtime over all trials",
          "Squares of the days of downtime, summed over the trials of the draw: gives the Monte Carlo error."),
        v("attempts_sum", ("draw",), "int64", "1", "attempts over all trials",
          "New attempts, summed over the trials of the draw."),
        v("rounds_held_sum", ("draw",), "int64", "1", "rounds over all trials",
          "New rounds held, summed over the trials of the draw."),
        *aftermath_variables(v),
    ]
    return {row.name: row for row in rows}


VARIABLES: Mapping[str, Variable] = _registry()
#: Without these a dataset is not an outcome of that form.
REQUIRED = {
    "trials": ("ending", "end_day", "attempts", "rounds_held", "zopa", "next_round_status", "next_round_day",
               "next_round_mode", "next_round_on_time", "zopa_p_talks", "zopa_p_used", "zopa_p_beliefs"),
    "reduced": ("ending_count", "end_day_count", "next_status_count", "next_day_count", "next_mode_count",
                "on_time_count", "zopa_p_talks", "zopa_p_used", "zopa_p_beliefs"),
}
REQUIRED_ATTRS = ("scenario", "seed", "draws", "trials", "posterior_hash", "posterior_kind", "versions")
#: Coordinates whose values are fixed by the codes above.
FIXED_COORDS = {"ending": ENDINGS, "mode": MODES, "status": STATUS, "cause": CAUSES}


def label_of(code: str) -> str:
    """Return the words shown for a code or an id; an unknown id is shown with its underscores opened.

    Examples
    --------
    >>> label_of("stall"), label_of("walkout_leak"), label_of("strike_wave")
    ('No further round', 'Walkout or leak', 'Strike wave')
    """
    for looks in (ENDING_LOOKS, MODE_LOOKS):
        if code in looks:
            return looks[code].label
    if code in KIND_LABELS:
        return KIND_LABELS[code]
    words = code.replace("_", " ")
    return words[:1].upper() + words[1:]


def form_of(ds: xr.Dataset) -> str:
    """Return ``trials`` or ``reduced``, by what the dataset holds.

    Raises
    ------
    StoreError
        If it is neither.
    """
    for form, names in REQUIRED.items():
        if names[0] in ds.data_vars:
            return form
    raise StoreError([Problem("dataset", f"variables {sorted(map(str, ds.data_vars))[:8]}",
                              "an outcome holds `ending` (keep='trials') or `ending_count` (keep='reduced')",
                              "make it with forecast.simulate")])


def annotate(ds: xr.Dataset) -> xr.Dataset:
    """Give every variable and coordinate of a dataset its registered attributes.

    Parameters
    ----------
    ds : xr.Dataset
        Variables named as registered; others are refused, so that no unexplained number is stored.

    Returns
    -------
    xr.Dataset
        The same data (not copied) with attributes; ``attrs["Conventions"]`` is set.

    Raises
    ------
    StoreError
        If a variable is not registered.
    """
    unknown = [Problem(str(name), "a variable that is not registered", "names of forecast.vocabulary.VARIABLES")
               for name in ds.data_vars if name not in VARIABLES]
    if unknown:
        raise StoreError(unknown)
    out = ds.copy(deep=False)
    for name in out.data_vars:
        out[name].attrs = VARIABLES[str(name)].attrs()
    for name in out.coords:
        if name in DIMS:
            out[name].attrs = {"long_name": DIMS[str(name)], **({"units": "day"} if name == "day" else {})}
    out.attrs = {"Conventions": CONVENTION, **ds.attrs}
    return out


def check_dataset(ds: xr.Dataset) -> None:
    """Check a dataset against the registry: names, dims, types, codes, coordinates, attributes.

    Parameters
    ----------
    ds : xr.Dataset
        An outcome of :func:`forecast.simulate`, fresh or read from a file.

    Raises
    ------
    StoreError
        Listing every difference at once.
    """
    problems: list[Problem] = []
    form = form_of(ds)
    for name in REQUIRED[form]:
        if name not in ds.data_vars:
            problems.append(Problem(name, "missing", f"required in an outcome with keep='{form}'"))
    for name in REQUIRED_ATTRS:
        if name not in ds.attrs:
            problems.append(Problem(f"attrs.{name}", "missing", "required in every outcome"))
    for name, codes in FIXED_COORDS.items():
        # `ending` is a variable of (draw, trial) in one form and the coordinate of a dim in the other.
        if name in ds.coords and tuple(str(x) for x in ds[name].values) != codes:
            given = ", ".join(str(x) for x in ds[name].values[:12])
            problems.append(Problem(name, given, f"exactly {', '.join(codes)}"))
    for name, array in ds.data_vars.items():
        problems.extend(_check_variable(str(name), array))
    if problems:
        raise StoreError(problems, "outcome")


def _check_variable(name: str, array: xr.DataArray) -> list[Problem]:
    """Compare one variable with its entry; code ranges are read from the extremes, one pass each."""
    known = VARIABLES.get(name)
    if known is None:
        return [Problem(name, "a variable that is not registered", "names of forecast.vocabulary.VARIABLES")]
    problems = []
    if array.dims != known.dims:
        problems.append(Problem(name, f"dims {array.dims}", f"dims {known.dims}"))
    if str(array.dtype) != known.dtype:
        problems.append(Problem(name, f"dtype {array.dtype}", f"dtype {known.dtype}"))
    elif known.flags and array.size:
        low, high = int(array.values.min()), int(array.values.max())
        least = 0 if known.absent is None else int(known.absent)
        if low < least or high >= len(known.flags):
            problems.append(Problem(name, f"codes from {low} to {high}",
                                    f"codes from {least} to {len(known.flags) - 1}"))
    for key in ("long_name", "units"):
        if array.attrs.get(key) != getattr(known, key):
            problems.append(Problem(f"{name}.{key}", f"{array.attrs.get(key)!r}", f"{getattr(known, key)!r}",
                                    "annotate(ds) sets it"))
    return problems
