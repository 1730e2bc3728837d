"""The state of the talks on the as-of date: what is up, degraded or down, for how long, and what comes next."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.vocabulary import MODES, label_of

if TYPE_CHECKING:
    import os

    import xarray as xr

    from forecast.scenario import Scenario
    from forecast.summary import Estimate

LEVELS = ("up", "degraded", "down")
#: Window of the risk score for a round to be held after its planned day (or the as-of date), and for a break-off.
HELD_DAYS, BREAK_DAYS = 14, 30
RISK_FORMULA = ("1 - P(the next round is held within 14 days of its planned day, or of the as-of date without one) "
                "x (1 - P(collapse, stall or lapse within 30 days))")
#: A system is called degraded when it is down on the as-of date with at least this probability, down from one half.
DEGRADED = 0.05


@dataclass(frozen=True)
class Line:
    """The state of one system or principal.

    Parameters
    ----------
    id, name : str
    what : str
        ``system`` or ``principal``.
    level : str
        ``up``, ``degraded`` or ``down``.
    why : str
        In words.
    recovery : tuple of (float, float, float) or None
        Median and 80% interval of the days to recovery, for what is not up.
    """

    id: str
    name: str
    what: str
    level: str
    why: str
    recovery: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class Active:
    """A disruption that is going on.

    Parameters
    ----------
    kind, name : str
    severity : int
        1 to 3.
    since : date
    note : str
    recovery : (float, float, float)
        Median and 80% interval of the days still to go, given that it is not over; over draws and luck.
    """

    kind: str
    name: str
    severity: int
    since: dt.date
    note: str
    recovery: tuple[float, float, float]


@dataclass(frozen=True)
class Status:
    """The state of the talks; made by `status`.

    Parameters
    ----------
    scenario, title : str
    as_of : date
    lines : tuple of Line
        Systems and principals.
    active : tuple of Active
    planned : date or None
        Day of the next attempt.
    held : Estimate
        The next attempt is held on its day (without a plan: a round is held within 14 days).
    modes : dict
        Mode -> Estimate, given that a next round is held.
    deadline_days : int or None
        Days to the deadline, negative when it is past.
    breaks : Estimate
        Collapse, stall or lapse within 30 days.
    risk : Estimate
        See `RISK_FORMULA`, in [0, 1].
    provenance : dict
        Seed, draws, trials, and the content hash and kind of the parameters.
    """

    scenario: str
    title: str
    as_of: dt.date
    lines: tuple[Line, ...]
    active: tuple[Active, ...]
    planned: dt.date | None
    held: Estimate
    modes: dict[str, Estimate]
    deadline_days: int | None
    breaks: Estimate
    risk: Estimate
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def level(self) -> str:
        """The worst level of all lines; degraded at least while a severe disruption is going on."""
        worst = max([LEVELS.index(line.level) for line in self.lines], default=0)
        return LEVELS[max(worst, int(any(one.severity > 1 for one in self.active)))]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data that JSON can hold."""
        def days(recovery):
            return None if recovery is None else dict(zip(("median", "low", "high"), recovery, strict=True))

        return {
            "scenario": self.scenario, "as_of": self.as_of.isoformat(), "level": self.level,
            "lines": [{"id": line.id, "name": line.name, "what": line.what, "level": line.level, "why": line.why,
                       "recovery_days": days(line.recovery)} for line in self.lines],
            "active": [{"kind": one.kind, "severity": one.severity, "since": one.since.isoformat(), "note": one.note,
                        "recovery_days": days(one.recovery)} for one in self.active],
            "next_round": {"planned": self.planned.isoformat() if self.planned else None,
                           "held": self.held.to_dict(),
                           "mode": {mode: made.to_dict() for mode, made in self.modes.items()}},
            "deadline_days": self.deadline_days, "break_off_30_days": self.breaks.to_dict(),
            "risk": {**self.risk.to_dict(), "formula": RISK_FORMULA}, "provenance": self.provenance,
        }

    def to_openmetrics(self) -> str:
        """Return the numbers as OpenMetrics text, for others' alerts and autoscaling.

        Names start with ``negotiation_``; labels are escaped as the format asks; it ends with ``# EOF``.
        """
        label = f'scenario="{_escape(self.scenario)}"'
        lines = []

        def gauge(name: str, help_text: str, samples: list[tuple[str, float]]) -> None:
            lines.extend([f"# TYPE negotiation_{name} gauge", f"# HELP negotiation_{name} {help_text}"])
            lines.extend(f"negotiation_{name}{{{label}{more}}} {value:.6g}" for more, value in samples)

        for name, made, text in (("risk_score", self.risk, RISK_FORMULA),
                                 ("next_round_held", self.held, "Probability that the next attempt is held on its day"),
                                 ("break_off_30_days", self.breaks, "Probability of a break-off within 30 days")):
            gauge(name, text, [(f',bound="{bound}"', getattr(made, bound)) for bound in ("p", "low", "high")
                               if np.isfinite(getattr(made, bound))])
        gauge("level", "0 up, 1 degraded, 2 down", [
            (f',id="{_escape(line.id)}",what="{line.what}"', LEVELS.index(line.level)) for line in self.lines])
        gauge("active_disruptions", "Disruptions going on", [("", float(len(self.active)))])
        if self.deadline_days is not None:
            gauge("deadline_days", "Days to the deadline", [("", float(self.deadline_days))])
        return "\n".join([*lines, "# EOF", ""])


def status(scenario: Scenario | str | os.PathLike, *, posterior: Any = None, draws: int = 400, trials: int = 250,
           seed: int | None = None, threads: int | None = None) -> Status:
    """Assess the state of the talks of a scenario on its as-of date.

    Parameters
    ----------
    scenario : Scenario or str
        Its history counts as complete up to the as-of date.
    posterior, draws, trials, seed, threads
        As for `forecast.simulate`.

    Returns
    -------
    Status

    Raises
    ------
    ScenarioError, PosteriorError
        As `forecast.simulate`.

    Examples
    --------
    >>> state = status("us_iran_final_2026", posterior="prior", draws=20, trials=20, seed=1)
    >>> state.level, state.deadline_days, len(state.active)
    ('down', 58, 1)
    """
    from forecast.engine import simulate
    from forecast.posterior import as_posterior
    from forecast.scenario import load_scenario, resolve

    if not hasattr(scenario, "history"):
        scenario = load_scenario(scenario)
    done = resolve(scenario)
    posterior = as_posterior(posterior, done)
    return status_of(simulate(done, posterior, draws=draws, trials=trials, seed=seed, threads=threads), done, posterior)


def status_of(outcome: xr.Dataset, scenario: Scenario, posterior: xr.DataTree) -> Status:
    """Assess the state of the talks from a forecast that has been made already.

    Parameters
    ----------
    outcome : xr.Dataset
        Of `forecast.simulate`, with single trials (``keep="trials"``).
    scenario : Scenario
        The scenario of `outcome`, resolved.
    posterior : xr.DataTree
        Its parameters.

    Returns
    -------
    Status
    """
    held, breaks, risk, modes = _probabilities(outcome, scenario)
    made = {key: outcome.attrs[key] for key in ("seed", "draws", "trials", "posterior_hash", "posterior_kind")}
    return Status(
        scenario=scenario.name, title=scenario.title or scenario.name, as_of=scenario.as_of,
        lines=(*_systems(scenario), *_principals(scenario)), active=_active(scenario, posterior),
        planned=scenario.next_round.planned if scenario.next_round is not None else None, held=held, modes=modes,
        deadline_days=scenario.day_of(scenario.deadline.date) if scenario.deadline is not None else None,
        breaks=breaks, risk=risk, provenance=made)


def _probabilities(outcome: xr.Dataset, scenario: Scenario):
    """Return P(held), P(break-off in 30 days), the risk score and the modes of the next round."""
    from forecast.summary import estimate

    trials = outcome.sizes["trial"]
    day, ending, end_day = (outcome[name].values for name in ("next_round_day", "ending", "end_day"))
    planned = scenario.day_of(scenario.next_round.planned) if scenario.next_round is not None else None
    soon = (day >= 0) & (day <= (planned or 0) + HELD_DAYS)
    on_day = outcome["next_round_on_time"].values == 1 if planned is not None else soon
    broken = (ending >= 2) & (ending <= 4) & (end_day <= BREAK_DAYS)
    p_soon, p_broken = soon.mean(axis=1), broken.mean(axis=1)
    is_held = day >= 0
    mode = outcome["next_round_mode"].values
    size = is_held.sum(axis=1)
    modes = {}
    for code, name in enumerate(MODES):
        hits = (is_held & (mode == code)).sum(axis=1)
        if hits.sum() > 0:
            kept = size > 0
            modes[name] = estimate(hits[kept] / size[kept], size[kept])
    # The score of a draw is a product of two shares of the same trials; its noise is about that of one share.
    return estimate(on_day.mean(axis=1), trials), estimate(p_broken, trials), estimate(
        1.0 - p_soon * (1.0 - p_broken), trials), modes


def _active(scenario: Scenario, posterior: xr.DataTree) -> tuple[Active, ...]:
    """List what is going on, with the time still to go given that it is not over yet."""
    out = []
    for event in scenario.disruptions.active_now:
        elapsed = (scenario.as_of - event.since).days
        own = scenario.disruptions.kinds.get(event.kind)
        if own is not None and own.recovery is not None:
            mean, sd = np.array([np.log(own.recovery.median_days)]), np.array([np.log(own.recovery.gsd)])
        else:
            group = posterior["disruption"]
            at = event.severity - 1
            mean = np.asarray(group["recovery_log_mean"].values)[:, at]
            sd = np.asarray(group["recovery_sd"].values)[:, at]
        out.append(Active(event.kind, label_of(event.kind), event.severity, event.since, event.note,
                          _remaining(mean, sd, float(elapsed))))
    return tuple(out)


def _remaining(mean: np.ndarray, sd: np.ndarray, elapsed: float) -> tuple[float, float, float]:
    """Return median and 80% interval of lognormal days beyond `elapsed`, over draws and luck."""
    from scipy.special import ndtr, ndtri

    ranks = (np.arange(200) + 0.5) / 200.0
    tail = np.ones_like(mean) if elapsed <= 0 else ndtr((mean - np.log(elapsed)) / sd)
    # Draws under which it should be over long ago count as much as they make its going on likely.
    weight = np.repeat(tail / tail.sum(), len(ranks)) / len(ranks)
    z = -ndtri(np.clip(tail[:, None] * (1.0 - ranks[None, :]), 1e-300, 1.0 - 1e-12))
    days = np.maximum(np.exp(mean[:, None] + sd[:, None] * z) - elapsed, 0.0).ravel()
    order = np.argsort(days)
    cumulative = np.cumsum(weight[order])
    low, median, high = (float(days[order][min(np.searchsorted(cumulative, level), len(days) - 1)])
                         for level in (0.1, 0.5, 0.9))
    return median, low, high


def _systems(scenario: Scenario) -> list[Line]:
    """Say of every system in use whether it is up: failed by an injection in force, else by its availability."""
    from forecast.engine.packing_systems import availability

    lines = []
    for key, system in scenario.systems.items():
        if not system.needed:
            continue
        outages = [one for one in scenario.injections if one.system == key and one.date <= scenario.as_of]
        for one in outages:
            if one.hours is not None:
                left = one.hours / 24.0 - (scenario.as_of - one.date).days
                if left > 0.0:
                    lines.append(Line(key, system.name, "system", "down", "failed, as stated", (left, left, left)))
                    break
            elif one.mean_hours is not None:
                mean = one.mean_hours / 24.0
                spread = tuple(float(-mean * np.log(1.0 - level)) for level in (0.5, 0.1, 0.9))
                lines.append(Line(key, system.name, "system", "down", "failed, as stated", spread))
                break
        else:
            down = 1.0 - availability(system)
            level = "up" if down < DEGRADED else "degraded" if down < 0.5 else "down"
            lines.append(Line(key, system.name, "system", level, f"available {1.0 - down:.2%} of the time"))
    return lines


def _principals(scenario: Scenario) -> list[Line]:
    """Say of every principal whether he or she is expected at the next attempt."""
    lines = []
    instead = {"delegate": "a delegate comes instead", "remote": "joins by video", "stay_away": "the party stays away"}
    for key, party in scenario.parties.items():
        if party.principal is None:
            continue
        if party.present is False:
            level = "down" if party.without_principal == "stay_away" else "degraded"
            why = f"reported absent: {instead[party.without_principal]}"
        else:
            level, why = "up", "expected" if party.present else "nothing reported"
        lines.append(Line(key, f"{party.principal} ({party.name})", "principal", level, why))
    return lines


def _escape(text: str) -> str:
    """Escape a label value of OpenMetrics."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
