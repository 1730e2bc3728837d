"""Default parameters of technical systems and of injected failures, each with where it comes from."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Systems with defaults; any other id is a system of the scenario's own.
SYSTEMS = ("secure_channel", "video_bridge", "interpretation", "credentials", "document_sharing", "satellite_link")
#: Failures that can be injected by name.
PRESETS = ("certificate_expiry", "denial_of_service", "intrusion", "rate_limit", "link_drop")
JUDGEMENT = "expert judgement, no published figure found"


@dataclass(frozen=True)
class Default:
    """One default: a number and its source.

    Parameters
    ----------
    value : float
    source : str
        An address, with what was read there, or :data:`JUDGEMENT`.
    """

    value: float
    source: str


@functools.cache
def _data() -> Mapping[str, Any]:
    from forecast.paths import data_folder
    from forecast.scenario.text import parse_text

    path = data_folder() / "systems" / "defaults.yaml"
    return parse_text(path.read_text(encoding="utf-8"), path.name).data


@functools.cache
def system_defaults(key: str) -> dict[str, Any]:
    """Return name, modes and :class:`Default` numbers of a system by the fields of a scenario.

    Parameters
    ----------
    key : str
        One of :data:`SYSTEMS`.

    Examples
    --------
    >>> made = system_defaults("credentials")
    >>> made["modes"], made["spares"].value, made["repair_hours"].source
    (('hybrid', 'remote', 'correspondence'), 0, 'expert judgement, no published figure found')
    """
    return _read(_data()["systems"][key])


@functools.cache
def injection_defaults(preset: str) -> dict[str, Any]:
    """Return the system of a preset failure and its :class:`Default` numbers.

    Parameters
    ----------
    preset : str
        One of :data:`PRESETS`.

    Examples
    --------
    >>> injection_defaults("intrusion")["system"], injection_defaults("intrusion")["delay_days"].value
    ('secure_channel', 7)
    """
    return _read(_data()["injections"][preset])


def switch_delay_default() -> Default:
    """Return the days that a change of mode costs where credentials are needed."""
    return Default(**_data()["mode_switch_delay_days"])


def _read(entry: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in entry.items():
        if isinstance(value, dict):
            out[name] = Default(**value)
        else:
            out[name] = tuple(value) if isinstance(value, list) else value
    return out
