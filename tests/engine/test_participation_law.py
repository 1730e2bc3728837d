"""Closed form of participation: modes, absences, what a party does about them, and the ladder of other modes."""

from __future__ import annotations

import numpy as np
import pytest
from engine.chance import assert_frequencies
from engine.posteriors import CLOSES, STAYS_OPEN, day, held, lost, quiet, talks

import forecast as fc
from forecast.vocabulary import CAUSES, MODES, STATUS, VIRTUAL_MODES

TRIALS = 50_000
FIRST = np.array([1.0, 0.4, -0.2, 0.1, 0.3, -1.0])
SWITCH = np.array([0.2, 0.5, -0.4, 0.0, 0.9, -0.6])
STAY = np.array([0.7, 0.5, 0.2, 0.6, 0.3, 0.4])
HOME = 0.3
MODE_LAW = {"mode_first_logit": FIRST, "mode_first_mediated": 0.8, "mode_first_pandemic": 1.5, "mode_stay": STAY,
            "mode_home": HOME, "mode_switch_logit": SWITCH, "mode_switch_pandemic": 1.1, "mode_keep_after_loss": 0.6}
MEDIATOR = {"names": ["Pakistan"], "type": "state"}
NAMED = {"east": {"principal": "E"}, "west": {"principal": "W"}}


def softmax(logits: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    weights = np.exp(logits) * allowed
    return weights / weights.sum()


def mode_law(mediator: bool, pandemic: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the probabilities of the first mode and of the mode switched to."""
    mediated = np.array([m in ("proximity", "shuttle") for m in MODES])
    distant = np.array([m in ("hybrid", "remote") for m in MODES])
    allowed = ~mediated | mediator
    return (softmax(FIRST + 0.8 * mediated * mediator + 1.5 * distant * pandemic, allowed),
            softmax(SWITCH + 1.1 * distant * pandemic, allowed))


def status_counts(scenario, law: dict, seed: int, trials: int = TRIALS) -> np.ndarray:
    outcome = fc.simulate(scenario, quiet(**{**CLOSES, **law}), draws=1, trials=trials, seed=seed, keep="reduced")
    return outcome.next_status_count.values[0]


@pytest.mark.parametrize("mediator", [False, True])
@pytest.mark.parametrize("pandemic", [False, True])
def test_modes_start_stay_return_and_switch_by_the_law(seed: int, mediator: bool, pandemic: bool) -> None:
    fields = {"mediator": MEDIATOR} if mediator else {}
    scenario = talks(horizon_days=30, pandemic=pandemic, **fields)
    outcome = fc.simulate(scenario, quiet(**{**STAYS_OPEN, **MODE_LAW}), draws=1, trials=20_000, seed=seed, paths=True)
    modes = outcome.attempt_mode.values[0].astype(int)
    first, switch = mode_law(mediator, pandemic)
    assert_frequencies(np.bincount(modes[:, 0], minlength=6), first, len(modes), labels=MODES)
    # Every step from one attempt to the next, by home, mode left and mode taken.
    moves = np.zeros((6, 6, 6), dtype=int)
    for k in range(modes.shape[1] - 1):
        there = modes[:, k + 1] >= 0
        np.add.at(moves, (modes[there, 0], modes[there, k], modes[there, k + 1]), 1)
    for home in range(6):
        for old in range(6):
            wanted = (1 - STAY[old]) * (1 - HOME) * switch
            wanted[old] += STAY[old]
            wanted[home] += (1 - STAY[old]) * HOME
            assert_frequencies(moves[home, old], wanted, int(moves[home, old].sum()), sigmas=4.5, labels=MODES)


def test_modes_reach_their_stationary_law(seed: int) -> None:
    """Without a pull home the chain forgets its start: the left eigenvector of the transition matrix."""
    law = {**STAYS_OPEN, **MODE_LAW, "mode_home": 0.0, "gap_log_mean": 0.0}
    outcome = fc.simulate(talks(horizon_days=25, mediator=MEDIATOR), quiet(**law), draws=1, trials=20_000, seed=seed,
                          paths=True)
    _, switch = mode_law(True, False)
    matrix = np.diag(STAY) + (1 - STAY)[:, None] * switch[None, :]
    stationary = np.linalg.matrix_power(matrix, 200)[0]
    last = outcome.attempt_mode.values[0, :, -1].astype(int)
    assert_frequencies(np.bincount(last, minlength=6), stationary, len(last), labels=MODES)


def test_a_declared_mode_is_the_next_one(seed: int) -> None:
    scenario = talks(next_round={"planned": day(3), "mode": "remote"}, history=[held(-9, mode="in_person")])
    outcome = fc.simulate(scenario, quiet(**{**CLOSES, **MODE_LAW}), draws=1, trials=500, seed=seed)
    assert (outcome.next_round_mode == MODES.index("remote")).all()


@pytest.mark.parametrize("status", ["held", "postponed"])
def test_modes_go_on_from_the_history(seed: int, status: str) -> None:
    """From the mode of the last attempt, home being that of the first; after a loss the wish is kept with a share."""
    last = held(-4, mode="hybrid") if status == "held" else lost(-4, mode="hybrid")
    scenario = talks(history=[held(-8, mode="remote"), last], next_round={"planned": day(0)})
    outcome = fc.simulate(scenario, quiet(**{**CLOSES, **MODE_LAW}), draws=1, trials=TRIALS, seed=seed, keep="reduced")
    _, switch = mode_law(False, False)
    old, home = MODES.index("hybrid"), MODES.index("remote")
    wanted = (1 - STAY[old]) * (1 - HOME) * switch
    wanted[old] += STAY[old]
    wanted[home] += (1 - STAY[old]) * HOME
    if status == "postponed":
        wanted *= 1 - MODE_LAW["mode_keep_after_loss"]
        wanted[old] += MODE_LAW["mode_keep_after_loss"]
    assert_frequencies(outcome.next_mode_count.values[0], wanted, TRIALS, labels=MODES)


def test_virtual_sessions_change_the_odds_of_loss(seed: int) -> None:
    for mode in MODES:
        scenario = talks(horizon_days=2, next_round={"planned": day(0), "mode": mode}, mediator=MEDIATOR)
        counts = status_counts(scenario, {"loss_logit": 0.4, "loss_virtual": -1.2}, seed)
        p = 1 / (1 + np.exp(-0.4 + 1.2 * (mode in VIRTUAL_MODES)))
        assert_frequencies([counts[0]], [1 - p], TRIALS)


def test_absence_is_a_habit_of_the_talks(seed: int) -> None:
    """P(somebody is absent at the first attempt) and at the first two: moments of a logit-normal."""
    law = {**STAYS_OPEN, "absent_logit": -1.0, "absent_sd": 1.2, "absent_habit_share": 0.7}
    outcome = fc.simulate(talks(horizon_days=9, parties=NAMED), quiet(**law), draws=1, trials=TRIALS, seed=seed)
    assert (outcome.attempts == 2).all()
    both = outcome.absent.sum("party").values.ravel()
    z, weight = np.polynomial.hermite_e.hermegauss(61)
    p = 1 / (1 + np.exp(1.0 - 1.2 * z))
    wanted = [float((weight / weight.sum() * x).sum()) for x in ((1 - p) ** 2, 2 * p * (1 - p), p**2)]
    assert_frequencies(np.bincount(both, minlength=3), wanted, TRIALS)


def test_the_habitual_absentee_takes_his_share(seed: int) -> None:
    """With three principals, two absences are the same party's with probability s^2 + (1 - s)^2 / 2."""
    share = 0.7
    law = {**STAYS_OPEN, "absent_logit": 25.0, "absent_habit_share": share}
    parties = {**NAMED, "north": {"principal": "N"}, "south": {}}
    outcome = fc.simulate(talks(horizon_days=9, parties=parties), quiet(**law), draws=1, trials=TRIALS, seed=seed)
    absent = outcome.absent.values[0]
    assert (absent.sum(axis=1) == 2).all()
    assert not outcome.absent.sel(party="south").any()  # a party without a principal is never the one
    assert_frequencies([(absent.max(axis=1) == 2).sum()], [share**2 + (1 - share) ** 2 / 2], TRIALS)
    per_party = absent[:, [list(outcome.party.values).index(p) for p in ("east", "north", "west")]].mean(axis=0)
    assert np.abs(per_party - 2 / 3).max() < 4 * np.sqrt(0.6 / TRIALS)


@pytest.mark.parametrize("present", [True, False])
def test_reports_of_presence_are_mostly_right(seed: int, present: bool) -> None:
    parties = {"east": {"principal": "E", "present": present}, "west": {"principal": "W"}}
    scenario = talks(horizon_days=1, next_round={"planned": day(0)}, parties=parties)
    law = {**STAYS_OPEN, "report_right": 0.95, "absent_logit": -1.0}
    outcome = fc.simulate(scenario, quiet(**law), draws=1, trials=TRIALS, seed=seed, keep="reduced")
    counts = dict(zip(outcome.party.values, outcome.absent_count.values[0], strict=True))
    assert_frequencies([counts["east"]], [0.05 if present else 0.95], TRIALS)
    # Absences by habit fall to those nothing is reported about.
    assert_frequencies([counts["west"]], [1 / (1 + np.e)], TRIALS)


def test_absence_weighs_on_loss_and_cancelling(seed: int) -> None:
    law = {"report_right": 1.0, "loss_logit": -1.5, "loss_absent": 2.0, "cancelled_logit": -1.0,
           "cancelled_absent": 1.6}
    parties = {"east": {"principal": "E", "present": False}, "west": {}}
    counts = status_counts(talks(horizon_days=1, next_round={"planned": day(0)}, parties=parties), law, seed)
    p, c = 1 / (1 + np.exp(-0.5)), 1 / (1 + np.exp(-0.6))
    assert_frequencies(counts, [1 - p, p * (1 - c), p * c, 0.0], TRIALS, labels=STATUS)


def test_a_principal_by_video_makes_the_session_hybrid(seed: int) -> None:
    parties = {"east": {"principal": "E", "present": False, "without_principal": "remote"}, "west": {}}
    for mode in MODES:
        scenario = talks(next_round={"planned": day(0), "mode": mode}, parties=parties, mediator=MEDIATOR)
        outcome = fc.simulate(scenario, quiet(**CLOSES, report_right=1.0), draws=1, trials=50, seed=seed)
        session = mode if mode in VIRTUAL_MODES else "hybrid"
        assert (outcome.next_round_mode == MODES.index(session)).all()
    # With nobody left in the room it is remote.
    both = talks(next_round={"planned": day(0), "mode": "in_person"}, parties={**parties, "west": parties["east"]})
    outcome = fc.simulate(both, quiet(**CLOSES, report_right=1.0), draws=1, trials=50, seed=seed)
    assert (outcome.next_round_mode == MODES.index("remote")).all()


@pytest.mark.parametrize("veto, parties, blocked", [(True, 3, True), (False, 3, False), (False, 2, True)])
def test_who_stays_away_blocks_the_wished_mode(seed: int, veto: bool, parties: int, blocked: bool) -> None:
    """A party with a veto does, and any party when it leaves fewer than two."""
    who = {"east": {"principal": "E", "present": False, "without_principal": "stay_away", "veto": veto}}
    who |= {name: {} for name in ("north", "west")[: parties - 1]}
    scenario = talks(next_round={"planned": day(0)}, parties=who)
    outcome = fc.simulate(scenario, quiet(**STAYS_OPEN, report_right=1.0), draws=1, trials=2000, seed=seed)
    is_lost = np.isin(outcome.next_round_status.values, (1, 2))
    assert is_lost.all() if blocked else not is_lost.any()
    assert (outcome.next_round_cause == (CAUSES.index("absence") if blocked else 0)).all()


RETREAT = np.array([0.3, 0.5, 0.1, 0.15, 0.2, 0.25, 0.35, 0.4, 0.45])  # by cause, from 'other' on
LADDER = ["proximity", "remote"]


def ladder_case(ladder: bool, **fields):
    plan = {"planned": day(0), "mode": "in_person", **({"fallback": LADDER} if ladder else {})}
    return talks(horizon_days=60, mediator=MEDIATOR, next_round=plan, **fields)


def test_a_ladder_keeps_the_probability_of_loss(seed: int) -> None:
    """Trial by trial the same attempts are lost; the ladder adds rounds that went elsewhere."""
    law = {**STAYS_OPEN, "loss_logit": -0.5, "retreat": RETREAT}
    runs = {ladder: fc.simulate(ladder_case(ladder), quiet(**law), draws=1, trials=TRIALS, seed=seed)
            for ladder in (False, True)}
    np.testing.assert_array_equal(runs[True].next_round_status, runs[False].next_round_status)
    p, r = 1 / (1 + np.exp(0.5)), RETREAT[0]
    status, mode = runs[True].next_round_status.values.ravel(), runs[True].next_round_mode.values.ravel()
    elsewhere = int(((status == 0) & (mode == MODES.index("proximity"))).sum())
    assert_frequencies([elsewhere, int((status > 0).sum())], [p * r / (1 - r), p], TRIALS)
    cause = runs[True].next_round_cause.values.ravel()
    assert ((cause == CAUSES.index("other")) == ((status > 0) | (mode != 0))).all()


def test_a_ladder_cannot_lose_less_than_it_may(seed: int) -> None:
    """With p / (1 - r) above 1 every attempt meets trouble: lost with p, else held elsewhere."""
    law = {**STAYS_OPEN, "loss_logit": np.log(0.8 / 0.2), "retreat": np.full(9, 0.5)}
    outcome = fc.simulate(ladder_case(True), quiet(**law), draws=1, trials=TRIALS, seed=seed)
    status, mode = outcome.next_round_status.values.ravel(), outcome.next_round_mode.values.ravel()
    assert_frequencies([(status > 0).sum()], [0.8], TRIALS)
    assert (mode[status == 0] == MODES.index("proximity")).all()


def test_a_blocked_mode_is_lost_unless_the_talks_retreat(seed: int) -> None:
    parties = {"east": {"principal": "E", "present": False, "without_principal": "stay_away"}, "west": {}}
    law = {**STAYS_OPEN, "loss_logit": -3.0, "retreat": RETREAT, "report_right": 1.0}
    outcome = fc.simulate(ladder_case(True, parties=parties), quiet(**law), draws=1, trials=TRIALS, seed=seed)
    status, mode = outcome.next_round_status.values.ravel(), outcome.next_round_mode.values.ravel()
    assert_frequencies([(status == 0).sum()], [RETREAT[CAUSES.index("absence") - 1]], TRIALS)
    assert (mode[status == 0] == MODES.index("proximity")).all()


@pytest.mark.parametrize("sticky", [False, True])
def test_talks_go_on_from_the_wished_mode_unless_sticky(seed: int, sticky: bool) -> None:
    law = {**STAYS_OPEN, "retreat": np.full(9, 0.5), "loss_logit": 0.0}
    scenario = ladder_case(True).replace("next_round.sticky", sticky)
    outcome = fc.simulate(scenario, quiet(**law), draws=1, trials=3000, seed=seed, paths=True)
    mode, status = outcome.attempt_mode.values[0], outcome.attempt_status.values[0]
    elsewhere = (status[:, 0] == 0) & (mode[:, 0] == MODES.index("proximity"))
    # Nobody changes modes by himself here, so a later round that meets no trouble shows the wish.
    calm = elsewhere & (status[:, 1] == 0) & (outcome.attempt_cause.values[0][:, 1] == 0)
    wish = MODES.index("proximity" if sticky else "in_person")
    assert not calm.any() or (mode[calm, 1] == wish).all()
    later = mode[elsewhere & (status[:, 1] > 0), 1]
    assert len(later) > 100 and (later == wish).all()


@pytest.mark.parametrize("cause, event", [
    ("other", None), ("escalation", "escalation"), ("exogenous", "exogenous"), ("novel", "novel"),
    ("own_kind", "strike")])
def test_each_cause_has_its_own_share_of_retreats(seed: int, cause: str, event: str | None) -> None:
    own = {"strike": {"name": "Strike", "rate_per_attempt": 0.0, "severity": [0.0, 0.0, 1.0],
                      "recovery": {"zero": 1.0, "median_days": 1.0, "gsd": 2.0}}}
    active = [{"kind": event, "severity": 3, "since": day(-2)}] if event else []
    scenario = ladder_case(True, disruptions={"kinds": own, "active_now": active})
    law = {**STAYS_OPEN, "loss_logit": -0.5, "retreat": RETREAT}
    outcome = fc.simulate(scenario, quiet(**law), draws=1, trials=TRIALS, seed=seed)
    r = RETREAT[CAUSES.index(cause) - 1]
    status, mode = outcome.next_round_status.values.ravel(), outcome.next_round_mode.values.ravel()
    elsewhere = int(((status == 0) & (mode == MODES.index("proximity"))).sum())
    assert_frequencies([elsewhere], [r / (1 - r) / (1 + np.exp(0.5))], TRIALS)
    assert set(np.unique(outcome.next_round_cause)) == {0, CAUSES.index(cause)}
