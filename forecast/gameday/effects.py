"""What failures do, from the paths of the calm run and of the one with them: paired shares and times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from forecast.gameday.injections import label_of_injection
from forecast.gameday.result import Failure, FailureEffect, Paired, Recovery
from forecast.summary.estimate import Estimate, Quantity, estimate, estimate_quantity
from forecast.summary.service import ServiceLevel, budget_used
from forecast.vocabulary import CAUSES, MODES, STATUS

if TYPE_CHECKING:
    from forecast.gameday.play import Hit, Story
    from forecast.scenario import Scenario

_SYSTEM = CAUSES.index("system")
_HELD = STATUS.index("held")


def effects_of(scenario: Scenario, stories: tuple[Story, Story], days: list[int], draws: int) -> list[FailureEffect]:
    """Return what each failure does.

    Parameters
    ----------
    scenario : Scenario
        With the failures, resolved.
    stories : pair of Story
        Calm, and with the failures.
    days : list of int
        Day of each failure, in the order of the scenario.
    draws : int
    """
    calm, hit = stories
    systems = sorted(key for key, system in scenario.systems.items() if system.needed)
    out = []
    for i, (injection, day) in enumerate(zip(scenario.injections, days, strict=True)):
        before, after = calm.hits[i], hit.hits[i]
        met = (before.number >= 0) & (after.number >= 0)
        column = systems.index(injection.system) if injection.system is not None else None
        down = None
        if column is not None:
            down = _mean((hit.downtime[:, column] - calm.downtime[:, column]).astype(np.float64), draws)
        failure = Failure(label_of_injection(injection, scenario), injection.preset, injection.system,
                          injection.date, day, injection.note)
        broken = (after.cause == _SYSTEM) & met
        in_other_mode = broken & (after.status == _HELD) & (after.mode != after.wished)
        out.append(FailureEffect(
            failure=failure, met=_share(met, np.ones_like(met), draws),
            attempt=int(np.bincount(after.number[met]).argmax()) + 1 if met.any() else None,
            due=int(np.median(after.due[met])) if met.any() else None,
            on_time=paired(before.on_time == 1, after.on_time == 1, met, draws),
            broken=_share(broken, met, draws), lost=_share(broken & (after.status != _HELD), met, draws),
            moved=_share(broken & (after.status == _HELD) & ~in_other_mode & (after.on_time != 1), met, draws),
            saved={mode: _share(in_other_mode & (after.mode == m), met, draws) for m, mode in enumerate(MODES)
                   if (in_other_mode & (after.mode == m)).any()},
            down_days=down, recovery=(_recovery(before, day, met), _recovery(after, day, met))))
    return out


def _rows(values: NDArray, draws: int) -> NDArray:
    return values.reshape(draws, -1)


def _share(event: NDArray, among: NDArray, draws: int) -> Estimate:
    """Return the share of trials with an event among some of them."""
    n = _rows(among, draws).sum(axis=1)
    hits = _rows(event & (among == 1), draws).sum(axis=1)
    return estimate(hits / np.maximum(n, 1), n)


def _mean(values: NDArray, draws: int) -> Quantity:
    rows = _rows(values, draws)
    noise = rows.var(axis=1, ddof=1) / rows.shape[1] if rows.shape[1] > 1 else np.full(draws, np.nan)
    return estimate_quantity(rows.mean(axis=1), noise)


def paired(calm: NDArray, hit: NDArray, among: NDArray, draws: int) -> Paired:
    """Return the share of an event in both runs and its change, among trials that count in both.

    Parameters
    ----------
    calm, hit, among : ndarray of bool, shape (cell,)
        Whole draws, one after another.
    draws : int

    Examples
    --------
    >>> made = paired(np.array([1, 1, 1, 0]) == 1, np.array([1, 0, 1, 0]) == 1, np.ones(4) == 1, 2)
    >>> made.calm.p, made.hit.p, made.change.value
    (0.75, 0.5, -0.25)
    """
    n = _rows(among, draws).sum(axis=1)
    a, b, both = (_rows(event & among, draws).sum(axis=1) for event in (calm, hit, calm & hit))
    size = np.maximum(n, 1)
    delta = (b - a) / size
    luck = (a + b - 2 * both) / size - delta**2
    noise = np.where(n > 1, luck / np.maximum(n - 1, 1), np.nan)
    return Paired(estimate(a / size, n), estimate(b / size, n),
                  estimate_quantity(np.where(n > 0, delta, np.nan), noise, n))


def on_time_difference(calm: Story, hit: Story, draws: int) -> Paired:
    """Return the share of all planned rounds that are held on time, in both runs, and its change.

    The noise of the change is that of a difference of two ratios over the same trials (delta method).
    """
    shares, residual = [], 0.0
    for story, sign in ((calm, -1.0), (hit, 1.0)):
        y, n = (_rows(values.astype(np.float64), draws) for values in (story.on_time, story.attempts))
        total = np.maximum(n.sum(axis=1), 1.0)
        share = y.sum(axis=1) / total
        shares.append((share, n.sum(axis=1)))
        residual = residual + sign * (y - share[:, None] * n) / (total / n.shape[1])[:, None]
    trials = residual.shape[1]
    noise = residual.var(axis=1) / (trials - 1) if trials > 1 else np.full(draws, np.nan)
    change = estimate_quantity(shares[1][0] - shares[0][0], noise)
    return Paired(estimate(*shares[0]), estimate(*shares[1]), change)


def _recovery(hit: Hit, day: int, among: NDArray) -> Recovery:
    """Return the days from a failure to the next round held, over the trials in which one is, and how many never."""
    days = hit.back[among] - day
    held = days[hit.back[among] >= 0]
    if not held.size:
        return Recovery(None, None, None, 1.0 if among.any() else float("nan"))
    low, middle, high = (int(x) for x in np.quantile(held, (0.05, 0.5, 0.95), method="inverted_cdf"))
    return Recovery(low, middle, high, float(1.0 - held.size / max(int(among.sum()), 1)))


def service_of(scenario: Scenario, stories: tuple[Story, Story], systems: tuple[str, ...],
               draws: int) -> dict[str, tuple[ServiceLevel, ServiceLevel]]:
    """Return the service level of every system, calm and with the failures."""
    out = {}
    for i, key in enumerate(systems):
        system, pair = scenario.systems[key], []
        for story in stories:
            n = _rows(story.attempts, draws).sum(axis=1)
            trouble = _rows(story.trouble[:, i], draws).sum(axis=1)
            level = estimate(1.0 - trouble / np.maximum(n, 1), n)
            pair.append(ServiceLevel(str(system.name), level, system.slo, budget_used(level, system.slo)))
        out[key] = (pair[0], pair[1])
    return out
