"""The pieces of the law in plain Python: an independent reading of it, slow and literal.

Every function takes the parameters of one draw as a dict by the names of ``kernels.codes.Column`` in lower case.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from reference.luck import normal

from kernels.codes import Mode, Plan, Status

VIRTUAL = (Mode.HYBRID, Mode.REMOTE, Mode.CORRESPONDENCE)
MEDIATED = (Mode.PROXIMITY, Mode.SHUTTLE)


def day(time: float) -> int:
    """Whole-day rule: the day a continuous time falls on."""
    return math.floor(time + 0.5)


def logistic(x: float) -> float:
    """Inverse of the log-odds."""
    return 1 / (1 + math.exp(-x))


def tail(x: float) -> float:
    """Probability of a standard normal above x."""
    return math.erfc(x / math.sqrt(2)) / 2


def choose(cumulative: list[float], u: float) -> int:
    """Category of u under cumulative probabilities."""
    return next((i for i, c in enumerate(cumulative[:-1]) if u < c), len(cumulative) - 1)


# ---------------------------------------------------------------- calendar
def positive_mixture(parts, beyond: float, u_part: float, u_normal: float) -> float:
    """Sample a mixture of two lognormals (weight, log mean, log sd), the second chosen by small u_part.

    With `beyond` > 0 it is sampled given that it lies beyond: weights by tails, then the tail inverted.
    """
    (w1, m1, s1), (w2, m2, s2) = parts
    if beyond <= 0:
        m, s = (m2, s2) if u_part < w2 else (m1, s1)
        return math.exp(m + s * normal(u_normal))
    t1 = tail((math.log(beyond) - m1) / s1)
    t2 = tail((math.log(beyond) - m2) / s2)
    mass = w1 * t1 + w2 * t2
    if mass < 1e-280:
        return beyond
    m, s, t = (m2, s2, t2) if u_part < w2 * t2 / mass else (m1, s1, t1)
    return max(beyond, math.exp(m + s * -normal(t * (1 - u_normal))))


def mixture_tail(parts, days: float) -> float:
    """Probability that a mixture of two lognormals exceeds a number of days."""
    if days <= 0:
        return 1.0
    return sum(w * tail((math.log(days) - m) / s) for w, m, s in parts)


def gap_parts(p: dict, pace: float, end: int, deadline: float | None, cancelled: bool, held: int):
    """Mixture of the days from the end of a round (or a cancelled day) to the next planned day."""
    mean = p["gap_log_mean"] + p["gap_pace_sd"] * pace + p["gap_log_round"] * math.log(max(1, held) / 3)
    if deadline is not None and 0 <= deadline - end <= 30:
        mean += p["gap_near_deadline"]
    if cancelled:
        mean += p["gap_after_cancelled"]
    wide = p["gap_wide_share"]
    return (1 - wide, mean, p["gap_sd"]), (wide, mean, p["gap_sd"] * p["gap_wide_ratio"])


def slip_parts(p: dict, pace: float):
    """Mixture of the days from a postponed day to the new one; a share of slips are short, unlisted ones."""
    mean = p["slip_log_mean"] + p["slip_pace_loading"] * p["gap_pace_sd"] * pace
    short = p["slip_unlisted_share"]
    return (1 - short, mean, p["slip_sd"]), (short, mean + p["slip_unlisted_shift"], p["slip_sd"])


def next_parts(p: dict, pace: float, after: Plan, start: int, deadline: float | None, held: int):
    """Mixture of the days from `start` to the next planned day."""
    if after == Plan.AFTER_POSTPONED:
        return slip_parts(p, pace)
    return gap_parts(p, pace, start, deadline, after == Plan.AFTER_CANCELLED, held)


def next_planned(p, pace, after: Plan, start, today: int | None, deadline: float | None, held, u_part, u_normal) -> int:
    """Next planned day, counted from `start`; it is known to lie after `today`, unless that is None."""
    beyond = 0.0 if today is None else max(0.0, today + 0.5 - start)
    return day(start + positive_mixture(next_parts(p, pace, after, start, deadline, held), beyond, u_part, u_normal))


def length(p: dict, u_zero: float, u_normal: float) -> float:
    """Length of a round in days."""
    return 0.0 if u_zero < p["length_zero"] else math.exp(p["length_log_mean"] + p["length_sd"] * normal(u_normal))


# -------------------------------------------------------------- disruption
@dataclass(frozen=True)
class Event:
    """One disruption."""

    time: float
    kind: int
    severity: int
    cause: int
    recovery: float

    @property
    def day(self) -> int:
        return day(self.time)


def pulses(p: dict, previous: float | None, start: float, plan: float, stop: float) -> tuple[float, float, float]:
    """Mass of background, after-pulse and before-pulse on (start, stop], for a rate of one event per interval."""
    t = p["pulse_days"]
    background = p["pulse_background"] * (stop - start) / 28
    after = 0.0
    if previous is not None:  # no 'after' pulse before the first attempt of the talks
        after = p["pulse_after"] * (math.exp(-(start - previous) / t) - math.exp(-(stop - previous) / t))
    before = p["pulse_before"] * (math.exp(-(plan - stop) / t) - math.exp(-(plan - start) / t))
    return background, after, before


def place(p: dict, previous: float | None, start: float, plan: float, stop: float, mass: float) -> float:
    """Time at which the mass since `start`, laid out as background, after, before, reaches `mass`."""
    t = p["pulse_days"]
    background, after, before = pulses(p, previous, start, plan, stop)
    if mass < background:
        return start + (stop - start) * mass / background
    mass -= background
    if mass < after:
        # w1 (exp(-(start-prev)/T) - exp(-(x-prev)/T)) = mass
        return previous - t * math.log(math.exp(-(start - previous) / t) - mass / p["pulse_after"])
    mass = min(mass - after, before)
    # w2 (exp(-(plan-x)/T) - exp(-(plan-start)/T)) = mass
    return min(stop, plan + t * math.log(math.exp(-(plan - start) / t) + mass / p["pulse_before"]))


def tension(at: int, now: float, events: list[Event]) -> float:
    """Tension at a planned day: that of the as-of date decayed, and events on earlier days; uncapped."""
    total = now * 2 ** (-at / 30)
    for event in events:
        if event.day < at:
            total += (0.5, 1, 2)[event.severity - 1] * 2 ** (-(at - event.day) / 30)
    return total


def latest_severe(at: int, severe_day: float, severe_cause: int, events: list[Event]) -> tuple[float, int]:
    """Day and cause of the latest severity-3 event before a planned day (`events` in the order they were drawn)."""
    for event in events:
        if event.severity == 3 and severe_day <= event.day < at:
            severe_day, severe_cause = event.day, event.cause
    return severe_day, severe_cause


# ----------------------------------------------------------- participation
def move_mode(p: dict, stay: list[float], switch: list[float], mode: int, home: int, u: float, u_switch: float) -> int:
    """Home chain: stay, else back home, else switch; one uniform decides among the three."""
    if u < stay[mode]:
        return mode
    if u < stay[mode] + (1 - stay[mode]) * p["mode_home"]:
        return home
    return choose(switch, u_switch)


def lost_probability(p: dict, frailty: float, severe: bool, absent: bool, session: int, adjust: float) -> float:
    """Calibrated probability that an attempt is lost."""
    x = p["loss_logit"] + p["loss_sd"] * frailty + adjust
    x += p["loss_severe"] * severe + p["loss_absent"] * absent + p["loss_virtual"] * (session in VIRTUAL)
    return logistic(x)


def cancelled_probability(p: dict, severe: bool, absent: bool) -> float:
    """Probability that a lost attempt is cancelled."""
    return logistic(p["cancelled_logit"] + p["cancelled_absent"] * absent + p["cancelled_severe"] * severe)


# ------------------------------------------------------------------ ending
def round_effort(p: dict, session: int, lack: float, pause: int | None) -> float:
    """Effort of a held round, so many days after the last one (None: the first)."""
    x = p["effort_absent"] * lack
    if pause is not None:
        x += p["effort_pause"] * math.log(max(1, pause) / 28)
    x += p["effort_virtual"] * (session in VIRTUAL) + p["effort_mediated"] * (session in MEDIATED)
    return math.exp(x)


def round_hazard(p: dict, before: float, after: float, far: bool, adjust: float) -> float:
    """Hazard of closing that a round adds, from the effort before and after it."""
    s, a = math.exp(p["close_log_scale"]), p["close_shape"]
    return ((after / s) ** a - (before / s) ** a) * math.exp(p["close_far"] * far + adjust)


def break_off_odds(p: dict, status: int, tense: float, far: bool, here: bool, attempt: int, adjust: float):
    """Odds of collapse and of stall against going on."""
    postponed, cancelled = status == Status.POSTPONED, status == Status.CANCELLED
    collapse = (
        p["collapse_intercept"]
        + p["collapse_postponed"] * postponed
        + p["collapse_cancelled"] * cancelled
        + p["collapse_tension"] * min(3.0, tense)
        + p["collapse_far"] * far
        + p["collapse_here"] * here
        + adjust
    )
    stall = (
        p["stall_intercept"]
        + p["stall_postponed"] * postponed
        + p["stall_cancelled"] * cancelled
        + p["stall_far"] * far
        + p["stall_log_attempt"] * math.log(attempt)
        + adjust
    )
    return math.exp(collapse), math.exp(stall)
