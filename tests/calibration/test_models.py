"""Each model's likelihood against the law written out by hand, row by row, at random points of the prior."""

from __future__ import annotations

import math

import numpy as np
import pytest
from calibration.points import log_likelihoods, prior_point
from scipy.integrate import quad
from scipy.special import expit, ndtr
from scipy.stats import t as student

import forecast as fc
from forecast.calibration.fit import BLOCKS, build_model
from forecast.calibration.tables import all_rows
from forecast.talks import build_attempts

POINTS = range(3)


@pytest.fixture(scope="module")
def talks():
    everything = fc.load_talks()
    return everything.subset(everything.ids[::6])


@pytest.fixture(scope="module")
def rows(talks):
    return all_rows(talks)


@pytest.fixture(scope="module")
def models(rows):
    return {block: build_model(block, rows[block]) for block in BLOCKS}


def interval(days: float, mean: float, sd: float) -> float:
    """P(the lognormal falls on this whole day)."""
    low = ndtr((math.log(days - 0.5) - mean) / sd) if days >= 1 else 0.0
    return ndtr((math.log(days + 0.5) - mean) / sd) - low


def point_of(models, block: str, seed: int) -> dict[str, np.ndarray]:
    """A point of the prior, milder than its tails so that the sums by hand keep their digits."""
    point = prior_point(models[block], seed)
    return {name: np.clip(value, -3.0, 3.0) if name.endswith(("offset", "habit")) else value
            for name, value in point.items()}


@pytest.mark.parametrize("number", POINTS)
def test_closing_is_the_law_of_one_round_after_another(models, talks, number: int) -> None:
    p = point_of(models, "outcome", number)
    found = log_likelihoods(models["outcome"], p)["closing"]
    a = build_attempts(talks)
    shape, pi = math.exp(p["close_log_shape"]), float(p["zopa"])
    total = 0.0
    for talk in np.unique(a.talk):
        mine = np.flatnonzero((a.talk == talk) & a.kept)
        scale = math.exp(p["close_grand"] + p["close_domain_sd"] * p["close_offset"][a.domain[mine[0]]])
        effort = hazard = 0.0
        over = -1
        for i in mine:
            if a.status[i] != 0:
                continue
            x = p["effort_virtual"] * (a.mode[i] >= 3) + p["effort_mediated"] * (a.mode[i] in (1, 2))
            x += p["effort_absent"] * a.absent[i]
            begun = a.start_day[i] if a.start_day[i] >= 0 else a.day[i]
            if over >= 0 and begun >= 0:
                x += p["effort_pause"] * math.log(max(1, begun - over) / 28)
            over = a.end_day[i] if a.end_day[i] >= 0 else begun
            step = ((effort + math.exp(x)) / scale) ** shape - (effort / scale) ** shape
            step *= math.exp(p["close_far"] * a.far[i])
            close = pi * (math.exp(-hazard) - math.exp(-hazard - step)) / (1 - pi + pi * math.exp(-hazard))
            effort, hazard = effort + math.exp(x), hazard + step
            total += math.log(close if a.ending[i] in (1, 2) else 1.0 - close)
    assert found == pytest.approx(total, rel=1e-8)


@pytest.mark.parametrize("number", POINTS)
def test_breaking_off_is_a_softmax_after_each_attempt(models, talks, number: int) -> None:
    p = point_of(models, "outcome", number)
    found = log_likelihoods(models["outcome"], p)
    a = build_attempts(talks)
    total = late = partial = 0.0
    for i in np.flatnonzero(a.kept):
        if a.ending[i] in (1, 2):
            partial += math.log(p["partial_share"] if a.ending[i] == 2 else 1 - p["partial_share"])
            continue
        if a.ending[i] == 5:
            continue
        post, canc = a.status[i] == 1, a.status[i] == 2
        c = p["collapse_intercept"] + p["collapse_postponed"] * post + p["collapse_cancelled"] * canc
        c += p["collapse_tension"] * a.tension[i] + p["collapse_far"] * a.far[i] + p["collapse_here"] * a.here[i]
        s = p["stall_intercept"] + p["stall_postponed"] * post + p["stall_cancelled"] * canc
        s += p["stall_far"] * a.far[i] + p["stall_log_attempt"] * math.log(a.k[i])
        chosen = {0: 0.0, 3: c, 4: s}[a.ending[i]]
        total += chosen - math.log(1 + math.exp(c) + math.exp(s))
        if a.ending[i] == 3:
            q, lag = p["collapse_same_day"], a.end_lag_days[i]
            late += math.log(q * (lag == 0) + (1 - q) * interval(lag, p["collapse_lag_log_mean"], p["collapse_lag_sd"]))
    assert found["break_off"] == pytest.approx(total, rel=1e-9)
    assert found["lag"] == pytest.approx(late, rel=1e-7)
    assert found["deal"] == pytest.approx(partial, rel=1e-9)


@pytest.mark.parametrize("number", POINTS)
def test_the_calendar_is_two_scales_and_a_pace(models, talks, number: int) -> None:
    p = point_of(models, "calendar", number)
    domain_mean = p["gap_grand"] + p["gap_domain_sd"] * p["gap_offset"]
    a = build_attempts(talks)
    # Paces as the prior has them may lie far from every gap; the sums by hand want probabilities above 1e-300.
    p["gap_level"] = domain_mean[a.domain_of_talk] + 0.5 * np.sin(np.arange(len(talks)))
    found = log_likelihoods(models["calendar"], p)
    gap = slip = 0.0
    for i in np.flatnonzero(a.kept):
        level = p["gap_level"][a.talk[i]]
        days = a.gap_days[i] if a.gap_days[i] >= 0 else a.fresh_days[i]
        if days >= 0:
            mean = level + p["gap_near_deadline"] * a.gap_near[i] + p["gap_after_cancelled"] * (a.fresh_days[i] >= 0)
            mean += p["gap_log_round"] * math.log(max(1, (a.status[a.talk == a.talk[i]][: a.k[i] - 1] == 0).sum()) / 3)
            w, sd = p["gap_wide_share"], p["gap_sd"]
            wide = sd * (1 + p["gap_wide_excess"])
            gap += math.log(max(1e-300, (1 - w) * interval(days, mean, sd) + w * interval(days, mean, wide)))
        if a.slip_days[i] >= 0:
            mean = p["slip_log_mean"] + p["slip_pace_loading"] * (level - domain_mean[a.domain[i]])
            mean += p["slip_unlisted_shift"] * a.slip_unlisted[i]
            listing = p["slip_unlisted_share"] if a.slip_unlisted[i] else 1 - p["slip_unlisted_share"]
            slip += math.log(listing) + math.log(max(1e-300, interval(a.slip_days[i], mean, p["slip_sd"])))
    assert found["gap"] == pytest.approx(gap, rel=1e-5)
    assert found["slip"] == pytest.approx(slip, rel=1e-5)


@pytest.mark.parametrize("number", POINTS)
def test_loss_is_one_logit(models, talks, number: int) -> None:
    p = point_of(models, "calendar", number)
    found = log_likelihoods(models["calendar"], p)
    a = build_attempts(talks)
    loss = kind = 0.0
    for i in np.flatnonzero(a.kept):
        logit = p["loss_grand"] + p["loss_domain_sd"] * p["loss_offset"][a.domain[i]]
        logit += p["loss_sd"] * p["loss_habit"][a.talk[i]] + p["loss_severe"] * a.severe14[i]
        logit += p["loss_absent"] * a.absent[i] + p["loss_virtual"] * (a.mode[i] >= 3)
        loss += math.log(expit(logit if a.status[i] > 0 else -logit))
        if a.status[i] > 0:
            logit = p["cancelled_logit"] + p["cancelled_absent"] * a.absent[i] + p["cancelled_severe"] * a.severe14[i]
            kind += math.log(expit(logit if a.status[i] == 2 else -logit))
    assert found["loss"] == pytest.approx(loss, rel=1e-9)
    assert found["lost"] == pytest.approx(kind, rel=1e-9)


@pytest.mark.parametrize("number", POINTS)
def test_modes_go_home(models, talks, number: int) -> None:
    p = point_of(models, "participation", number)
    found = log_likelihoods(models["participation"], p)["move"]
    a = build_attempts(talks)
    total = 0.0
    for i in range(len(a) - 1):
        j = i + 1
        if a.talk[i] != a.talk[j] or not (a.kept[i] and a.kept[j]) or min(a.mode[i], a.mode[j]) < 0 or a.unlisted[i]:
            continue
        weights = p["mode_switch_logit"] + p["mode_switch_pandemic"] * a.pandemic[j] * np.array([0, 0, 0, 1, 1, 0])
        odds = np.exp(weights)
        if not a.mediated[j] and a.mode[j] not in (1, 2):
            odds[1:3] = 0.0
        chain = (1 - p["mode_home"]) * odds / odds.sum()
        chain[a.home_mode[i]] += p["mode_home"]
        chain *= 1 - p["mode_stay"][a.mode[i]]
        chain[a.mode[i]] += p["mode_stay"][a.mode[i]]
        q = chain[a.mode[j]]
        if a.status[i] > 0:
            q = p["mode_keep_after_loss"] * (a.mode[i] == a.mode[j]) + (1 - p["mode_keep_after_loss"]) * q
        total += math.log(q)
    assert found == pytest.approx(total, rel=1e-7)


@pytest.mark.parametrize("number", POINTS)
def test_what_was_watched_is_the_integral_of_the_intensity(models, rows, number: int) -> None:
    p = point_of(models, "disruption", number)
    found = log_likelihoods(models["disruption"], p)
    r = rows["disruption"]
    w, days = p["pulse_share"], float(p["pulse_days"])
    rate = np.exp(p["kind_mean"][:, None] + p["kind_sd"] * p["kind_offset"]).sum(axis=0)
    total = 0.0
    for i in range(len(r.span_weight)):
        length = r.span_s_high[i] - r.span_s_low[i]
        s0, r1 = r.span_s_low[i], r.span_r_high[i]

        def intensity(x: float, s0=s0, r1=r1, after=r.span_after[i]) -> float:
            return (w[0] / 28 + after * w[1] / days * math.exp(-(s0 + x) / days)
                    + w[2] / days * math.exp(-(r1 - x) / days))

        mass, _ = quad(intensity, 0.0, length, points=[min(length, 3 * days), max(0.0, length - 3 * days)], limit=200)
        total -= r.span_weight[i] * rate[r.span_domain[i]] * mass
    assert found["span"] == pytest.approx(total, rel=1e-6)


@pytest.mark.parametrize("number", POINTS)
def test_offers_stick_or_follow_the_power_of_the_clock(models, rows, number: int) -> None:
    p = point_of(models, "offers", number)
    found = log_likelihoods(models["offers"], p)["offer"]
    r = rows["offers"]
    kappa = np.exp(p["kappa_log_mean"] + p["kappa_log_sd"] * p["kappa_offset"])[r.offer_series]
    noise = float(p["offer_noise"]) * r.offer_range
    assert (noise > 0.0).all() and len(np.unique(r.offer_range)) > 1
    path = student.pdf(r.offer_share, 3, np.exp(r.offer_log_clock) ** kappa, noise)
    stuck = student.pdf(r.offer_share, 3, 0.0, noise)
    total = np.log(p["offer_stuck"] * stuck + (1 - p["offer_stuck"]) * path).sum()
    assert found == pytest.approx(total, rel=1e-9)


def test_rows_of_weight_zero_change_nothing(models, rows) -> None:
    from forecast.calibration.rows import pad_alike

    longer = all_rows(fc.load_talks())["outcome"]
    padded, _ = pad_alike([rows["outcome"], longer])
    p = point_of(models, "outcome", 0)
    assert len(padded.held_far) == len(longer.held_far)
    assert log_likelihoods(build_model("outcome", padded), p) == pytest.approx(
        log_likelihoods(models["outcome"], p), rel=1e-12)
