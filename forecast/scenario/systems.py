"""Technical systems the talks rely on, and failures injected on stated days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from forecast.scenario.defaults import PRESETS, SYSTEMS, injection_defaults, switch_delay_default, system_defaults
from forecast.scenario.parts import Day, Id, Many, Mode, Part, Probability, Prose, Severity, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_SYSTEMS = 30
MOST_INJECTIONS = 200
LONGEST_OUTAGE = 24.0 * 3650
#: What a system of the scenario's own must state.
REQUIRED = ("mtbf_days", "repair_hours", "modes")
_NUMBERS = ("mtbf_days", "repair_hours", "spares", "failover_hours", "common_cause", "sanctions_coupling")

Hours = Annotated[float, Field(ge=0.0, le=LONGEST_OUTAGE)]


class System(Part):
    """One technical system: fails, is bridged by a spare or repaired, and takes rounds with it.

    Known ids (`secure_channel`, `video_bridge`, `interpretation`, `credentials`, `document_sharing`,
    `satellite_link`) have defaults for everything; a system of your own states its failures, repair and modes.

    Examples
    --------
    >>> System(mtbf_days=30, repair_hours=4, modes=("remote",)).load
    1.0
    """

    name: Text | None = None
    """Name shown; made from the id when left out."""
    needed: bool = True
    """Do the talks need it? `false` leaves it out."""
    mtbf_days: Annotated[float, Field(ge=0.01, le=1e6)] | None = None
    """Mean days between failures of the unit in service."""
    repair_hours: Annotated[float, Field(gt=0.0, le=LONGEST_OUTAGE)] | None = None
    """Mean time of a repair, in hours."""
    spares: Annotated[int, Field(ge=0, le=20)] | None = None
    """Units that can take over; none in systems of your own when left out."""
    failover_hours: Hours | None = None
    """Time until a spare has taken over, in hours; 0 in systems of your own when left out."""
    common_cause: Probability | None = None
    """Share of failures that take the spares down too; 0 in systems of your own when left out."""
    modes: Annotated[tuple[Mode, ...], Field(min_length=1, max_length=6), Many] | None = None
    """Session modes that need it."""
    sanctions_coupling: Probability | None = None
    """Probability that a political event of severity 2 or 3 takes it down; 0 when left out."""
    load: Annotated[float, Field(gt=0.0, le=100.0)] = 1.0
    """Load on it, times the usual: multiplies its rate of failure (interpreters under strain)."""
    slo: Annotated[float, Field(gt=0.0, lt=1.0)] | None = None
    """Service-level objective: least share of planned rounds that it does not keep from being held on time."""


class Injection(Part):
    """A failure injected on a day: a named one, or one of your own.

    Examples
    --------
    >>> import datetime as dt
    >>> Injection(preset="intrusion", date=dt.date(2026, 7, 1)).system is None
    True
    """

    date: Day
    """Day of it, from `as_of` to the horizon."""
    preset: Literal[PRESETS] | None = None
    """A named failure; what is stated beside it overrides its defaults."""
    system: Id | None = None
    """System it takes down; that of the preset when left out, none without either."""
    hours: Hours | None = None
    """The outage lasts exactly so long; of unknown length when left out."""
    mean_hours: Annotated[float, Field(gt=0.0, le=LONGEST_OUTAGE)] | None = None
    """Mean of an outage of unknown length (exponential); of the preset, else the system's repair, when left out."""
    delay_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    """Days by which the next planned round moves."""
    severity: Severity | None = None
    """Severity of the disruption that it is for the talks, such as lost trust; none when left out."""
    note: Prose = ""
    """What it is."""


Systems = Annotated[dict[Id, System], Field(max_length=MOST_SYSTEMS)]
Injections = Annotated[tuple[Injection, ...], Field(max_length=MOST_INJECTIONS), Many]
SwitchDelay = Annotated[int, Field(ge=0, le=365)]


def with_defaults(key: str, system: System, name: str) -> System:
    """Return a system with everything filled in that was left out; what a system of its own lacks stays open.

    Examples
    --------
    >>> with_defaults("video_bridge", System(), "Video bridge").spares
    1
    """
    changes: dict[str, object] = {"name": system.name or name}
    known = system_defaults(key) if key in SYSTEMS else {}
    if known:
        changes["name"] = system.name or known["name"]
    if system.modes is None and known:
        changes["modes"] = known["modes"]
    for field in _NUMBERS:
        if getattr(system, field) is None:
            if known:
                value = known[field].value
                changes[field] = int(value) if field == "spares" else float(value)
            elif field not in REQUIRED:
                changes[field] = 0 if field == "spares" else 0.0
    return system.model_copy(update=changes)


def injected(injection: Injection, systems: Mapping[str, System]) -> Injection:
    """Return an injection with what its preset says filled in.

    Parameters
    ----------
    injection : Injection
    systems : mapping of str to System
        Of the scenario, with their defaults.
    """
    known = injection_defaults(injection.preset) if injection.preset is not None else {}
    changes: dict[str, object] = {"system": injection.system or known.get("system")}
    if injection.delay_days is None:
        changes["delay_days"] = int(known["delay_days"].value) if known else 0
    if injection.severity is None and known and known["severity"].value:
        changes["severity"] = int(known["severity"].value)
    system = systems.get(str(changes["system"]))
    if injection.hours is None and injection.mean_hours is None and changes["system"] is not None:
        changes["mean_hours"] = float(known["mean_hours"].value) if known else system.repair_hours if system else None
    return injection.model_copy(update=changes)


def switch_delay(stated: int | None, systems: Mapping[str, System]) -> int:
    """Return the days that a change of mode costs: as stated, else the default where credentials are needed."""
    if stated is not None:
        return stated
    credentials = systems.get("credentials")
    return int(switch_delay_default().value) if credentials is not None and credentials.needed else 0
