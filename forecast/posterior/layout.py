"""The registry of everything a posterior holds: groups, variables, dims, units, bounds and roles.

Nothing else names these variables: the expert prior, calibration, packing for the kernels and the
checks of files are all written against `PARAMETERS`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from forecast.vocabulary import CALIBRATED_KINDS, CAUSES, DOMAINS, MODES, SEVERITIES

SCHEMA_VERSION = 1
"""Version of the layout; a file with another one is refused."""

TREE_KINDS = ("posterior", "prior")
"""What a tree may say it is in its attribute ``kind``."""

ROLES = ("calibrated", "prior-driven", "stated")
"""Informed by the table of talks, mostly by judgement, or fixed by decision."""

TREE_ATTRS = (
    "schema_version",
    "kind",
    "content_hash",
    "data_hash",
    "excluded_conflicts",
    "versions",
    "created",
)
"""Attributes every tree carries at its root."""

COORDS: dict[str, tuple] = {
    "domain": DOMAINS,
    "mode": MODES,
    "kind": CALIBRATED_KINDS,
    "severity": SEVERITIES,
    "cause": CAUSES[1:],  # without "none": nothing to retreat from
    "pulse": ("background", "after", "before"),
}
"""Labels along every dim but ``draw``; the order is part of the law's arrays."""

DIAGNOSTIC_COLUMNS = ("informed_by", "n", "contraction", "rhat", "ess_bulk", "ess_tail")
"""Columns of the group ``diagnostics``, along its dim ``parameter``."""


@dataclass(frozen=True)
class Support:
    """An interval of allowed values.

    Parameters
    ----------
    low, high : float
        Bounds; `high` is included, `low` only when `closed`.
    closed : bool
        Whether `low` itself is allowed.
    text : str
        The interval in words, for messages.
    """

    low: float
    high: float
    closed: bool
    text: str

    def contains(self, values):
        """Return elementwise whether `values` are finite and inside.

        Examples
        --------
        >>> import numpy as np
        >>> UNIT.contains(np.array([0.0, 0.5, 1.5])).tolist()
        [True, True, False]
        >>> POSITIVE.contains(np.array([0.0, float("nan")])).tolist()
        [False, False]
        """
        above = values >= self.low if self.closed else values > self.low
        return above & (values <= self.high)


# The ends of the real line are bounded: exp() of anything beyond is no number of days or odds.
REAL = Support(-30.0, 30.0, True, "a number from -30 to 30")
POSITIVE = Support(0.0, 1e4, False, "a number above 0")
SHARE = Support(0.0, 1.0, False, "a share above 0 and at most 1")
UNIT = Support(0.0, 1.0, True, "a share from 0 to 1")
ABOVE_ONE = Support(1.0, 1e3, False, "a number above 1")


@dataclass(frozen=True)
class Parameter:
    """One variable of a posterior.

    Parameters
    ----------
    group, name : str
        Where it lives: ``tree[group][name]``.
    dims : tuple of str
        Its dims after ``draw``.
    units : str
        Unit of the number, CF style ("1" for a pure number; ``day``, because ``days`` would be decoded to a
        duration on reading).
    long_name : str
        What it is, one phrase.
    support : Support
        Allowed values.
    role : str
        One of `ROLES`.
    simplex : str
        Dim along which the values sum to one, or "".
    """

    group: str
    name: str
    dims: tuple[str, ...]
    units: str
    long_name: str
    support: Support = REAL
    role: str = "calibrated"
    simplex: str = ""

    @property
    def path(self) -> str:
        """Return ``group.name``, the name used in files and messages."""
        return f"{self.group}.{self.name}"

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the lengths of `dims` (without ``draw``)."""
        return tuple(len(COORDS[dim]) for dim in self.dims)


def _calendar() -> list[Parameter]:
    """List the calendar: gaps, slips, lengths, loss."""

    def p(name, dims, units, long_name, support=REAL, role="calibrated"):
        return Parameter("calendar", name, dims, units, long_name, support, role)

    domain = ("domain",)
    return [
        p("gap_log_mean", domain, "log(day)", "mean log gap, end of a round to next planned day"),
        p("gap_pace_sd", (), "log(day)", "sd of the pace of talks, shared by their gaps", POSITIVE),
        p("gap_sd", (), "log(day)", "sd of a log gap, narrow component", POSITIVE),
        p("gap_wide_share", (), "1", "share of gaps with the wide error", UNIT),
        p("gap_wide_ratio", (), "1", "sd of the wide error over the narrow one", ABOVE_ONE),
        p(
            "gap_near_deadline",
            (),
            "log(day)",
            "change of a log gap with the deadline 0 to 30 days ahead",
            REAL,
            "prior-driven",
        ),
        p("gap_after_cancelled", (), "log(day)", "change of a log gap after a cancelled attempt"),
        p("gap_log_round", (), "log(day)", "change of a log gap per log of the rounds held so far, over 3"),
        p("slip_log_mean", (), "log(day)", "mean log slip of a listed postponement"),
        p("slip_sd", (), "log(day)", "sd of a log slip", POSITIVE),
        p("slip_pace_loading", (), "1", "how much of the pace of talks a log slip shares"),
        p("slip_unlisted_share", (), "1", "share of postponements that are short, unlisted ones", UNIT),
        p("slip_unlisted_shift", (), "log(day)", "change of a log slip when the postponement is unlisted"),
        p("length_zero", domain, "1", "probability that a round ends on the day it starts", UNIT),
        p("length_log_mean", domain, "log(day)", "mean log length of the other rounds"),
        p("length_sd", (), "log(day)", "sd of a log length", POSITIVE),
        p("loss_logit", domain, "log(odds)", "log-odds that a calm, attended attempt is lost"),
        p("loss_sd", (), "log(odds)", "sd of the habit of talks of losing attempts", POSITIVE),
        p("loss_severe", (), "log(odds)", "effect on loss of a severity-3 event in the last 14 days"),
        p("loss_absent", (), "log(odds)", "effect on loss of an absent principal"),
        p("loss_virtual", (), "log(odds)", "effect on loss of a hybrid, remote or written session"),
        p("cancelled_logit", (), "log(odds)", "log-odds that a lost attempt is cancelled, not postponed"),
        p("cancelled_absent", (), "log(odds)", "effect on cancelling of an absent principal"),
        p("cancelled_severe", (), "log(odds)", "effect on cancelling of a severity-3 event"),
    ]


def _participation() -> list[Parameter]:
    """List participation: modes, absence, retreat."""

    def p(name, dims, units, long_name, support=REAL, role="calibrated"):
        return Parameter("participation", name, dims, units, long_name, support, role)

    mode = ("mode",)
    return [
        p("mode_first_logit", mode, "log(odds)", "weight of a mode for the first round (softmax)"),
        p(
            "mode_first_mediated",
            (),
            "log(odds)",
            "added for proximity and shuttle when there is a mediator",
            REAL,
            "prior-driven",
        ),
        p("mode_first_pandemic", (), "log(odds)", "added for hybrid and remote first rounds in a pandemic"),
        p("mode_stay", mode, "1", "probability that the next round keeps the mode", UNIT),
        p("mode_home", (), "1", "probability that a change goes back to the home mode", UNIT),
        p("mode_switch_logit", mode, "log(odds)", "weight of a mode as the target of a change (softmax)"),
        p("mode_switch_pandemic", (), "log(odds)", "added for changes to hybrid and remote in a pandemic"),
        p("mode_keep_after_loss", (), "1", "probability that the wished mode survives a lost attempt", UNIT),
        p("absent_logit", ("domain",), "log(odds)", "log-odds that a principal is absent from an attempt"),
        p("absent_sd", (), "log(odds)", "sd of the habit of talks of absent principals", POSITIVE),
        p("absent_habit_share", (), "1", "share of absences that fall to the habitual absentee", UNIT),
        p("report_right", (), "1", "probability that reported presence or absence is right", SHARE, "stated"),
        p("retreat", ("cause",), "1", "probability of another mode instead of a lost attempt", UNIT, "prior-driven"),
    ]


def _disruption() -> list[Parameter]:
    """List disruptions: rates, pulses, severity, recovery."""

    def p(name, dims, units, long_name, support=REAL, role="calibrated", simplex=""):
        return Parameter("disruption", name, dims, units, long_name, support, role, simplex)

    severity = ("severity",)
    return [
        p("kind_rate", ("kind", "domain"), "1", "events of a kind per interval between attempts", POSITIVE),
        p("pulse_days", (), "day", "decay time of the pulses of events around attempts", POSITIVE),
        p("pulse_share", ("pulse",), "1", "shares of background and pulses", UNIT, "calibrated", "pulse"),
        p(
            "severity_share",
            ("kind", "severity"),
            "1",
            "shares of the severities of a kind",
            UNIT,
            "calibrated",
            "severity",
        ),
        p("recovery_zero", severity, "1", "probability that an event costs no time", UNIT),
        p("recovery_log_mean", severity, "log(day)", "mean log recovery of the other events"),
        p("recovery_sd", severity, "log(day)", "sd of a log recovery", POSITIVE),
        p("novel_share", (), "1", "share of events of kinds the past did not have", UNIT, "prior-driven"),
        p(
            "novel_severity_share",
            severity,
            "1",
            "shares of the severities of novel events",
            UNIT,
            "prior-driven",
            "severity",
        ),
    ]


def _outcome() -> list[Parameter]:
    """List outcomes: the closing clock and the break-off."""

    def p(name, dims, units, long_name, support=REAL, role="calibrated"):
        return Parameter("outcome", name, dims, units, long_name, support, role)

    return [
        p("close_log_scale", ("domain",), "log(round)", "log scale of the effort to close (Weibull)"),
        p("close_log_shape", (), "1", "log shape of the effort to close (Weibull)"),
        p("close_far", (), "log(hazard)", "effect on closing of a deadline more than 30 days ahead"),
        p("zopa", (), "1", "probability that talks like these can close at all", UNIT, "prior-driven"),
        p("effort_virtual", (), "log(round)", "log effort of a hybrid, remote or written round", REAL, "prior-driven"),
        p("effort_mediated", (), "log(round)", "log effort of a proximity or shuttle round", REAL, "prior-driven"),
        p("effort_absent", (), "log(round)", "log effort of a round without a principal", REAL, "prior-driven"),
        p("effort_pause", (), "1", "log effort of a round per log of the days since the one before, over 28"),
        p("collapse_intercept", (), "log(odds)", "log-odds of collapse against going on after a held round"),
        p("collapse_postponed", (), "log(odds)", "effect on collapse of a postponed attempt"),
        p("collapse_cancelled", (), "log(odds)", "effect on collapse of a cancelled attempt"),
        p("collapse_tension", (), "log(odds)", "effect on collapse of a unit of tension"),
        p("collapse_far", (), "log(odds)", "effect on collapse of a deadline more than 30 days ahead"),
        p("collapse_here", (), "log(odds)", "effect on collapse of a deadline within 3 days"),
        p("stall_intercept", (), "log(odds)", "log-odds of stall against going on after a held first round"),
        p("stall_postponed", (), "log(odds)", "effect on stall of a postponed attempt"),
        p("stall_cancelled", (), "log(odds)", "effect on stall of a cancelled attempt"),
        p("stall_far", (), "log(odds)", "effect on stall of a deadline more than 30 days ahead"),
        p("stall_log_attempt", (), "log(odds)", "effect on stall of the log attempt number"),
        p("partial_share", (), "1", "probability that a deal is partial", UNIT),
        p("collapse_same_day", (), "1", "probability that a collapse falls on the day of its attempt", UNIT),
        p("collapse_lag_log_mean", (), "log(day)", "mean log lag of the other collapses"),
        p("collapse_lag_sd", (), "log(day)", "sd of a log lag", POSITIVE),
    ]


def _offers() -> list[Parameter]:
    """List offers: concession and noise."""

    def p(name, units, long_name, support=REAL, role="calibrated"):
        return Parameter("offers", name, (), units, long_name, support, role)

    return [
        p("kappa_log_mean", "1", "mean log exponent of a concession path", REAL, "prior-driven"),
        p("kappa_log_sd", "1", "sd of a log exponent", POSITIVE, "prior-driven"),
        p("offer_stuck", "1", "probability that an offer still stands at the opening", UNIT),
        p("offer_noise", "1", "scale of an offer's error, share of the range of the openings", POSITIVE),
    ]


PARAMETERS: dict[str, Parameter] = {
    parameter.path: parameter
    for block in (_calendar(), _participation(), _disruption(), _outcome(), _offers())
    for parameter in block
}
"""Every variable by ``group.name``, in the order of the law."""

GROUPS: tuple[str, ...] = tuple(dict.fromkeys(parameter.group for parameter in PARAMETERS.values()))
"""The groups of parameters (``diagnostics`` comes on top)."""


def find_parameter(path: str) -> Parameter:
    """Return a variable of the layout by its path.

    Parameters
    ----------
    path : str
        ``group.name``.

    Returns
    -------
    Parameter

    Raises
    ------
    KeyError
        If the layout has no such variable.

    Examples
    --------
    >>> find_parameter("calendar.gap_log_mean").dims
    ('domain',)
    """
    return PARAMETERS[path]


def count_scalars() -> int:
    """Return how many numbers one draw holds.

    Examples
    --------
    >>> count_scalars() > 150
    True
    """
    return sum(math.prod(parameter.shape) for parameter in PARAMETERS.values())
