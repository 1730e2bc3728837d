"""In which mode a round is wished, and whether it is lost.

One calibrated probability decides "lost or not"; mechanisms (absence, a severe event, a mode that is blocked) only
say what the loss is put down to. A fallback ladder turns a share of would-be losses into rounds in another mode
without changing the calibrated probability, except where the scenario itself blocks the wished mode.
"""

from __future__ import annotations

import math

from kernels.codes import Cause, Column, Mode
from kernels.jit import inlined
from kernels.random import logistic

MODE_HOME = int(Column.MODE_HOME)
MODE_KEEP_AFTER_LOSS = int(Column.MODE_KEEP_AFTER_LOSS)
LOSS_LOGIT = int(Column.LOSS_LOGIT)
LOSS_SD = int(Column.LOSS_SD)
ODDS_LOSS_SEVERE = int(Column.ODDS_LOSS_SEVERE)
ODDS_LOSS_ABSENT = int(Column.ODDS_LOSS_ABSENT)
ODDS_LOSS_VIRTUAL = int(Column.ODDS_LOSS_VIRTUAL)
CANCELLED_LOGIT = int(Column.CANCELLED_LOGIT)
CANCELLED_ABSENT = int(Column.CANCELLED_ABSENT)
CANCELLED_SEVERE = int(Column.CANCELLED_SEVERE)
IN_PERSON = int(Mode.IN_PERSON)
HYBRID = int(Mode.HYBRID)
SHUTTLE = int(Mode.SHUTTLE)
CAUSE_OTHER = int(Cause.OTHER)
CAUSE_ABSENCE = int(Cause.ABSENCE)


@inlined
def is_virtual(mode):
    """Hybrid, remote and correspondence."""
    return mode >= HYBRID


@inlined
def is_mediated(mode):
    """Proximity and shuttle."""
    return IN_PERSON < mode <= SHUTTLE


@inlined
def pick(cumulative, u):
    """Return the first index whose cumulative probability exceeds u."""
    last = cumulative.shape[0] - 1
    for i in range(last):
        if u < cumulative[i]:
            return i
    return last


@inlined
def next_mode(row, stay, switch, mode, home, u_stay, u_switch):
    """Move the home chain: stay with s_i; else home with H; else the switch law. One uniform serves stay and home."""
    if u_stay < stay[mode]:
        return mode
    rest = (u_stay - stay[mode]) / (1.0 - stay[mode])
    if rest < row[MODE_HOME]:
        return home
    return pick(switch, u_switch)


@inlined
def calm_odds(row, frailty, adjust):
    """Return the odds that a calm, attended attempt of these talks is lost; `adjust`: log-odds."""
    return math.exp(row[LOSS_LOGIT] + row[LOSS_SD] * frailty + adjust)


@inlined
def lost_probability(row, calm, severe, absent, virtual):
    """Return logistic(domain + sd * frailty + severe + absent + virtual + adjust): the one calibrated probability.

    `calm`: `calm_odds` of the talks, which hold domain, frailty and adjust.
    """
    odds = calm
    if severe:
        odds *= row[ODDS_LOSS_SEVERE]
    if absent:
        odds *= row[ODDS_LOSS_ABSENT]
    if virtual:
        odds *= row[ODDS_LOSS_VIRTUAL]
    return odds / (1.0 + odds)


@inlined
def cancelled_probability(row, severe, absent):
    """Return the probability that a lost attempt is cancelled rather than postponed."""
    x = row[CANCELLED_LOGIT]
    if absent:
        x += row[CANCELLED_ABSENT]
    if severe:
        x += row[CANCELLED_SEVERE]
    return logistic(x)


@inlined
def cause_of(absent, severe, severe_cause):
    """Return what trouble is put down to: an absence, else the severe event, else other."""
    if absent:
        return CAUSE_ABSENCE
    if severe:
        return severe_cause
    return CAUSE_OTHER
