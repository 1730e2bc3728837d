"""Condition a forecast on the history of the talks: weigh draws and hidden facts, then resample start states.

A particle is a draw and the number under which the kernels find the hidden facts of these talks. Its weight is the
likelihood of the whole history; systematic resampling turns weighted particles into ``draws x trials`` equally
weighted cells, so everything downstream works unchanged. The closing clock is exact without particles: effort that
did not close leaves an exponential remainder (`packing`), and its probability is a weight of the draw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecast.engine.bridge import OFFER, PAST, START, Column, Plan, Purpose, uniforms_at, weigh_batch
from forecast.engine.threads import cell_ranges, in_order

if TYPE_CHECKING:
    from forecast.engine.arrays import PosteriorArrays
    from forecast.engine.bridge import Case, Draws
    from forecast.engine.packing import Packed
    from forecast.engine.state import State

#: Particles per draw: at least this many, and so many times the trials asked for.
LEAST_PARTICLES = 512
PARTICLES_PER_TRIAL = 4
#: Particles of all draws together: about 0.3 GB while they are weighed. With many draws the error is in those.
MOST_PARTICLES = 2**23
_STATUS = {"held": 0, "postponed": 1, "cancelled": 2}
_VIRTUAL = ("hybrid", "remote", "correspondence")
_TASK = 16_384


class Conditioned(NamedTuple):
    """Start states and how much the history left of the sample."""

    start: np.ndarray  #: (draws * trials,) START
    chosen: np.ndarray  #: (draws,) row of the draws behind each draw of the outcome
    ess_draws: float  #: effective share of the draws, in (0, 1]
    ess_trials: float  #: effective share of the particles within draws, weighted, in (0, 1]


def condition(packed: Packed, arrays: PosteriorArrays, *, trials: int, threads: int,
              particles: int | None = None) -> Conditioned:
    """Weigh particles by the history and resample them.

    Parameters
    ----------
    packed : Packed
        Its draws already hold the effort and hazard of the history.
    arrays : PosteriorArrays
        The rows of the posterior behind those draws.
    trials : int
        Trials per draw of the forecast.
    threads : int
        Results do not depend on it.
    particles : int, optional
        Per draw; None: see `particles_for`.

    Returns
    -------
    Conditioned
    """
    particles = particles or particles_for(len(packed.draws.scalar), trials)
    past, offers = past_array(packed.state, packed.case), offer_array(packed.state, packed.parties, packed.issues)
    log_weight = _weigh(packed, arrays, past, offers, particles, threads)
    log_weight += draw_log_weight(packed.state, packed.draws, packed.kinds, packed.zopa_used)[:, None]
    peak = log_weight.max(axis=1)
    weight = np.exp(log_weight - peak[:, None])
    mean = weight.mean(axis=1)
    log_draw = peak + np.log(mean)
    draw_weight = np.exp(log_draw - log_draw.max())
    draw_weight /= draw_weight.sum()
    places = np.empty(len(draw_weight) + 1)
    uniforms_at(packed.case.key, np.int64(Purpose.RESAMPLE), np.arange(len(places)), places)
    chosen = systematic(draw_weight, len(draw_weight), places[0])
    start = np.zeros((len(chosen), trials), START)
    copies: dict[int, int] = {}
    for place, d in enumerate(chosen.tolist()):
        copy = copies.get(d, 0)
        copies[d] = copy + 1
        start["draw"][place] = d
        start["hidden"][place] = systematic(weight[d], trials, places[1 + place])
        start["luck"][place] = copy * trials + np.arange(trials)
    within = weight.sum(axis=1) ** 2 / (weight**2).sum(axis=1) / particles
    return Conditioned(start.reshape(-1), chosen, float(1.0 / (draw_weight**2).sum() / len(draw_weight)),
                       float((draw_weight * within).sum()))


def particles_for(draws: int, trials: int) -> int:
    """Return how many particles a draw gets: four a trial, at least 512, at most its part of `MOST_PARTICLES`.

    Examples
    --------
    >>> particles_for(400, 10), particles_for(400, 250), particles_for(1000, 10**6)
    (512, 1000, 8388)
    """
    return max(LEAST_PARTICLES, min(PARTICLES_PER_TRIAL * trials, MOST_PARTICLES // draws))


def bytes_for(draws: int, trials: int) -> int:
    """Return the memory that conditioning takes: weights of particles, and a start state a cell."""
    return draws * (4 * 8 * particles_for(draws, trials) + 2 * START.itemsize * trials)


def systematic(weight: np.ndarray, size: int, u: float) -> np.ndarray:
    """Return `size` indices, index i about ``size * weight[i]`` times, in rising order.

    Examples
    --------
    >>> systematic(np.array([0.5, 0.25, 0.25]), 4, 0.5).tolist()
    [0, 0, 1, 2]
    """
    cumulative = np.cumsum(weight)
    places = (np.arange(size) + u) / size * cumulative[-1]
    return np.minimum(np.searchsorted(cumulative, places, side="right"), len(weight) - 1)


def past_array(state: State, case: Case) -> np.ndarray:
    """Pack the attempts of the history, and the plan of the next one, for the kernel."""
    rows, anchor, plan, near, held = [], None, Plan.FRESH, 0, 0
    for number, item in enumerate(state.past, 1):
        days = -1.0 if anchor is None else float(item.planned - anchor)
        rows.append((days, item.tension, int(plan), near, _STATUS[item.status], item.mode in _VIRTUAL,
                     bool(item.absent), item.severe, item.far, item.here, number, held))
        held += item.status == "held"
        anchor, near = item.end, item.near
        plan = Plan["AFTER_" + item.status.upper()]
    if case.plan_kind == Plan.GIVEN and anchor is not None:
        rows.append((float(case.plan_day - anchor), 0.0, int(plan), near, -1, 0, 0, 0, 0, 0, len(rows) + 1, held))
    return np.array(rows, dtype=PAST)


def offer_array(state: State, parties: tuple[str, ...], issues: tuple[str, ...]) -> np.ndarray:
    """Pack the offers of the history, sorted by issue."""
    rows = [(offer.value, issues.index(offer.issue), parties.index(offer.party), offer.after)
            for offer in state.offers if offer.issue in issues]
    return np.array(sorted(rows, key=lambda row: (row[1], row[3], row[2], row[0])), dtype=OFFER)


def draw_log_weight(state: State, draws: Draws, kinds: tuple[str, ...], zopa: np.ndarray) -> np.ndarray:
    """Return the part of the log likelihood that depends on the draw alone, shape (draw,).

    Effort that did not close, 1 - P + P exp(-H); and disruptions: those of severity 2 and 3 are complete up to the
    as-of date (a Poisson process thinned to them), those of severity 1 count only where given. Disruptions go on around
    talks that are over without having said so: one since the last attempt is no sign that the talks are alive. Where no
    next round is announced, the rise in disruptions before it is left out.
    """
    scalar = draws.scalar
    with np.errstate(divide="ignore"):  # a certain ZOPA, or none: one of the two has no weight
        weight = np.logaddexp(np.log1p(-zopa), np.log(zopa) - scalar[:, Column.HAZARD_SEEN])
    if not state.past:
        return weight
    shares = np.diff(np.concatenate([np.zeros((*draws.severity.shape[:2], 1)), draws.severity], axis=2), axis=2)
    rate, days = draws.kind_rate, scalar[:, Column.PULSE_DAYS]
    marks = sorted({item.planned for item in state.past})
    if state.planned is not None:
        marks.append(state.planned)
    measure = np.zeros(len(scalar))
    for before, after in zip(marks, [*marks[1:], None], strict=True):
        measure += _measure(scalar, before, after, min(0, after) if after is not None else 0)
    severe_rate = rate * shares[:, :, 1:].sum(axis=2)
    weight -= (severe_rate * measure[:, None]).sum(axis=1)
    for event in state.events:
        if event.kind not in kinds or event.day < marks[0]:
            continue
        k = kinds.index(event.kind)
        before = max(mark for mark in marks if mark <= event.day)
        later = [mark for mark in marks if mark > event.day]
        density = scalar[:, Column.PULSE_BACKGROUND] / 28.0
        density = density + scalar[:, Column.PULSE_AFTER] / days * np.exp((before - event.day) / days)
        if later:
            density = density + scalar[:, Column.PULSE_BEFORE] / days * np.exp((event.day - later[0]) / days)
        with np.errstate(divide="ignore"):
            weight += np.maximum(np.log(rate[:, k] * density * shares[:, k, event.severity - 1]), -700.0)
    return weight


def _measure(scalar: np.ndarray, before: int, after: int | None, stop: int) -> np.ndarray:
    """Return the integral of the intensity for rate 1 from one planned day towards the next, up to `stop`."""
    days = scalar[:, Column.PULSE_DAYS]
    total = scalar[:, Column.PULSE_BACKGROUND] / 28.0 * (stop - before)
    total = total + scalar[:, Column.PULSE_AFTER] * (1.0 - np.exp((before - stop) / days))
    if after is not None:
        total = total + scalar[:, Column.PULSE_BEFORE] * (np.exp((stop - after) / days) - np.exp(
            (before - after) / days))
    return total


def _weigh(packed: Packed, arrays: PosteriorArrays, past: np.ndarray, offers: np.ndarray, particles: int,
           threads: int) -> np.ndarray:
    """Return the log weight of every particle, shape (draw, particle)."""
    case, draws = packed.case, packed.draws
    count = len(draws.scalar)
    cells = count * particles
    out = np.empty(cells)
    stuck = np.ascontiguousarray(np.clip(arrays.values["offer_stuck"], 1e-9, 1.0 - 1e-9))
    noise = np.ascontiguousarray(arrays.values["offer_noise"])

    def task(part: tuple[int, int]) -> None:
        first, last = part
        memory = np.empty(len(case.party)), np.empty(len(case.party))
        weigh_batch(case, draws, past, offers, packed.hazards, stuck, noise, first, last, particles, *memory,
                    out[first:last])

    with in_order(task, cell_ranges(cells, _TASK), threads, empty=(0, 0)) as weighed:
        for _ in weighed:
            pass
    return out.reshape(count, particles)
