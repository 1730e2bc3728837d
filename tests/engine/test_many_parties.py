"""Any number of parties on an issue: laws of the reservation values, terms inside every range, relabelling, kinds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from engine.chance import assert_frequencies, ks_bound, ks_distance, sigmas_for
from engine.posteriors import CLOSES, fixed_posterior, normal, quiet, talks
from scipy.special import ndtr, ndtri

import forecast as fc
from forecast.engine.reservations import answer_odds
from forecast.scenario.beliefs import Belief

TRIALS = 12_000
LAW = {"zopa": 0.7, "collapse_intercept": -2.0}
PARTIES = {"a": {}, "b": {}, "c": {}, "d": {}, "e": {}, "watcher": {}}
#: Three want more, two want less, one has no position.
OPENING = {"a": 20.0, "b": 18.0, "c": 25.0, "d": 4.0, "e": 2.0}
WANTS = {"a": "more", "b": "more", "c": "more", "d": "less", "e": "less"}
BELIEFS = {
    "normal": {"a": normal(11, 3), "b": normal(10, 2), "c": normal(12, 4), "d": normal(12, 3), "e": normal(14, 3)},
    "mixed": {"a": {"triangular": {"low": 5, "mode": 8, "high": 19}}, "b": {"quantiles": {0.1: 7, 0.5: 9, 0.9: 15}},
              "c": {"lognormal": {"median": 9, "gsd": 1.3}}, "d": {"triangular": {"low": 6, "mode": 14, "high": 20}},
              "e": {"quantiles": {0.05: 8, 0.5: 13, 0.95: 16}}},
    "one certain": {"a": 10.0, "b": normal(9, 2), "c": normal(8, 3), "d": 13.0, "e": normal(14, 3)},
    "one far off": {"a": normal(11, 3), "b": normal(2, 0.5), "c": normal(10, 3), "d": normal(12, 3),
                    "e": normal(40, 2)},
}


def land(name: str, **fields: Any) -> dict[str, Any]:
    return {"opening": OPENING, "wants": WANTS, "reservation": BELIEFS[name], **fields}


def cut(name: str, party: str):
    belief = Belief.parse(BELIEFS[name][party])
    more = WANTS[party] == "more"
    return belief.truncated(high=OPENING[party])[0] if more else belief.truncated(low=OPENING[party])[0]


def scenario(issue: dict[str, Any], *, parties: dict[str, Any] | None = None, **fields: Any):
    return talks(parties=parties or PARTIES, issues={"land": issue}, **{"beliefs_weight": 1.0, **fields})


def played(issue: dict[str, Any], seed: int, *, trials: int = TRIALS, **fields: Any):
    return fc.simulate(scenario(issue, **fields), quiet(**CLOSES), draws=1, trials=trials, seed=seed, paths=True)


def values_of(outcome) -> dict[str, np.ndarray]:
    return {str(p): outcome.reservation.sel(issue="land", party=p).values.ravel().astype(float)
            for p in outcome.party.values}


@pytest.mark.parametrize("name", BELIEFS)
def test_every_party_follows_its_stated_belief(seed: int, name: str) -> None:
    """With the coin from the beliefs alone, each marginal law is the one stated, the binding one of a side or not."""
    found = values_of(played(land(name), seed))
    for party in OPENING:
        belief = cut(name, party)
        if belief.belief.kind == "point":
            share_off = (np.abs(found[party] - belief.belief.params["value"]) > 1e-4).mean()
            assert share_off < 0.03  # within one interval of the tables
        else:
            assert ks_distance(found[party], belief.cdf) < ks_bound(TRIALS) + 0.004, party
    assert np.isnan(found["watcher"]).all()


@pytest.mark.parametrize("name", BELIEFS)
def test_parties_are_independent(seed: int, name: str) -> None:
    found = values_of(played(land(name), seed))
    ranks = np.stack([np.argsort(np.argsort(found[p])) for p in OPENING if np.ptp(found[p]) > 0.1])
    off = np.corrcoef(ranks) - np.eye(len(ranks))
    assert np.abs(off).max() < 4.5 / np.sqrt(TRIALS) + 0.01


@pytest.mark.parametrize("name", BELIEFS)
def test_the_overlap_is_that_of_independent_beliefs(seed: int, rng: np.random.Generator, name: str) -> None:
    drawn = {p: cut(name, p).ppf(rng.random(400_000)) for p in OPENING}
    wanted = (np.maximum.reduce([drawn[p] for p in "abc"]) <= np.minimum(drawn["d"], drawn["e"])).mean()
    outcome = played(land(name), seed)
    assert float(outcome.zopa_p_beliefs) == pytest.approx(wanted, abs=5 * np.sqrt(0.25 / 400_000) + 5e-4)
    values = values_of(outcome)
    overlap = np.maximum.reduce([values[p] for p in "abc"]) <= np.minimum(values["d"], values["e"]) + 1e-5
    np.testing.assert_array_equal(overlap, outcome.zopa.values.ravel() == 1)


TACTICS = {"polynomial": {}, "at once": {p: {"k": 0.3} for p in OPENING},
           "exponential": {p: {"family": "exponential", "k": 0.1} for p in OPENING},
           "each its own": {"a": {"family": "exponential", "k": 0.02}, "d": {"k": 0.5},
                            "e": {"family": "exponential", "k": 0.6}}}


@pytest.mark.parametrize("tactics", TACTICS)
@pytest.mark.parametrize("name", BELIEFS)
def test_terms_are_acceptable_to_every_party_with_a_veto(seed: int, name: str, tactics: str) -> None:
    parties = {**PARTIES, "c": {"veto": False}, "e": {"veto": False}}
    issue = land(name, tactic=TACTICS[tactics], kappa={"b": 3.0, "d": 0.3})
    outcome = played(issue, seed, trials=4000, parties=parties)
    found, terms = values_of(outcome), outcome.settlement.values.ravel().astype(float)
    closed = ~np.isnan(terms)
    assert closed.sum() > 200
    for party in ("a", "b"):
        assert (terms[closed] >= found[party][closed] - 1e-4).all()
    assert (terms[closed] <= found["d"][closed] + 1e-4).all()
    assert (terms[closed] <= 20 + 1e-4).all() and (terms[closed] >= 4 - 1e-4).all()  # between the binding openings
    assert (terms[closed] < found["c"][closed] - 0.01).any()  # who has no veto may be passed over


@pytest.mark.parametrize("tactics", TACTICS)
def test_tactics_change_terms_and_no_ending(seed: int, tactics: str) -> None:
    law = fixed_posterior(**LAW)
    plain = fc.simulate(scenario(land("normal")), law, draws=1, trials=4000, seed=seed)
    found = fc.simulate(scenario(land("normal", tactic=TACTICS[tactics])), law, draws=1, trials=4000, seed=seed)
    for name in ("ending", "end_day", "effort", "issue_closed"):
        np.testing.assert_array_equal(found[name].values, plain[name].values)
    assert tactics == "polynomial" or not np.array_equal(found.settlement, plain.settlement, equal_nan=True)


def test_positions_meet_on_their_tactics(seed: int) -> None:
    """At the meeting point each side stands, by Faratin's formulas, where the terms are."""
    tactic = {"a": {"family": "exponential", "k": 0.1}, "d": {"family": "polynomial", "k": 0.2}}
    issue = {"opening": {"a": 20.0, "d": 4.0}, "reservation": {"a": normal(9, 2), "d": normal(14, 2)},
             "kappa": {"a": 0.5, "d": 2.0}, "tactic": tactic}
    outcome = played(issue, seed, trials=2000, parties={"a": {}, "d": {}})
    found, terms, x = values_of(outcome), outcome.settlement.values.ravel(), outcome.meeting.values.ravel()
    closed = ~np.isnan(terms)
    way_a = 0.1 ** ((1 - x) ** 2.0)  # exponential with beta = 1 / kappa = 2
    way_d = 0.2 + 0.8 * x**2.0
    at_a, at_d = 20 + (found["a"] - 20) * way_a, 4 + (found["d"] - 4) * way_d
    np.testing.assert_allclose(at_a[closed], at_d[closed], atol=1e-4)
    np.testing.assert_allclose(terms[closed], at_a[closed], atol=1e-4)


def relabelled(seed: int, names: dict[str, str]):
    """Play with parties under other ids; ids are addresses, so the luck differs and the law must not."""
    fields = {key: {names[p]: v for p, v in values.items()} for key, values in
              (("opening", OPENING), ("wants", WANTS), ("reservation", BELIEFS["mixed"]))}
    return played(fields, seed, parties={names[p]: {} for p in PARTIES})


def test_other_ids_give_the_same_law(seed: int) -> None:
    one = played(land("mixed"), seed)
    names = dict(zip(PARTIES, ("z", "y", "x", "w", "v", "u"), strict=True))
    two = relabelled(seed, names)
    assert float(two.zopa_p_beliefs) == pytest.approx(float(one.zopa_p_beliefs), abs=1e-12)
    a, b = (outcome.settlement.values.ravel() for outcome in (one, two))
    a, b = a[~np.isnan(a)], b[~np.isnan(b)]
    grid = np.linspace(a.min(), a.max(), 200)
    distance = np.abs(np.searchsorted(np.sort(a), grid) / len(a) - np.searchsorted(np.sort(b), grid) / len(b)).max()
    assert distance < ks_bound(len(a), len(b))


def test_order_in_the_file_changes_nothing(seed: int) -> None:
    one = played(land("mixed"), seed, trials=500)
    back = {key: dict(reversed(value.items())) for key, value in land("mixed").items()}
    two = played(back, seed, trials=500, parties=dict(reversed(PARTIES.items())))
    for name in one.data_vars:
        np.testing.assert_array_equal(two[name].values, one[name].values, err_msg=str(name))


def test_splitting_an_issue_between_many_changes_no_ending(seed: int) -> None:
    law = fixed_posterior(**LAW)
    whole = fc.simulate(scenario(land("normal"), beliefs_weight=0.5), law, draws=1, trials=4000, seed=seed)
    parts = {f"land_{i}": {**land("normal"), "name": f"Land {i}"} for i in range(3)}
    split = fc.simulate(talks(parties=PARTIES, issues=parts), law, draws=1, trials=4000, seed=seed)
    for name in ("ending", "end_day", "attempts", "rounds_held", "effort", "zopa"):
        np.testing.assert_array_equal(split[name].values, whole[name].values)


def test_a_side_without_a_veto_binds_as_a_whole(seed: int) -> None:
    """Somebody must be agreed with: vetoes of a side that has none change nothing."""
    one = played(land("normal"), seed, trials=500)
    none = {**PARTIES, "d": {"veto": False}, "e": {"veto": False}}
    two = played(land("normal"), seed, trials=500, parties=none)
    np.testing.assert_array_equal(two.settlement.values, one.settlement.values)


@pytest.mark.parametrize("rho", [-0.8, 0.5, 0.9])
def test_correlated_beliefs(seed: int, rho: float) -> None:
    """Two normal beliefs far from their openings: overlap by closed form, laws as stated, scores correlated by rho."""
    issue = {"opening": {"a": 40.0, "d": -20.0}, "reservation": {"a": normal(12, 3), "d": normal(11, 2)},
             "correlation": rho}
    outcome = played(issue, seed, parties={"a": {}, "d": {}}, trials=40_000)
    closed = ndtr((11 - 12) / np.sqrt(9 + 4 - 2 * rho * 6))
    assert float(outcome.zopa_p_beliefs) == pytest.approx(closed, abs=2e-4)
    found = values_of(outcome)
    assert ks_distance(found["a"], lambda x: ndtr((x - 12) / 3)) < ks_bound(40_000) + 0.002
    assert ks_distance(found["d"], lambda x: ndtr((x - 11) / 2)) < ks_bound(40_000) + 0.002
    seen = np.corrcoef(found["a"], found["d"])[0, 1]
    assert abs(seen - rho) < 4.5 * (1 - rho**2) / np.sqrt(40_000) + 0.01


# ------------------------------------------------------------- yes or no, shares
ANSWERS = {"a": "yes", "b": "yes", "c": "no", "d": "no"}
GIVES_IN = {"a": 0.3, "b": 0.8, "c": 0.6, "d": {"beta": {"a": 2, "b": 2}}}


def answer(**fields: Any) -> dict[str, Any]:
    return {"kind": "yes_no", "opening": ANSWERS, "reservation": GIVES_IN, **fields}


def test_yes_or_no_by_its_closed_form(seed: int) -> None:
    """Who gives in is independent; a deal needs one side as a whole to give in; the firm side gets its answer."""
    who = {"a": {}, "b": {}, "c": {}, "d": {}}
    outcome = played(answer(), seed, parties=who, trials=40_000)
    yes_side, no_side = 0.3 * 0.8, 0.6 * 0.5
    q = 1 - (1 - yes_side) * (1 - no_side)
    assert float(outcome.zopa_p_beliefs) == pytest.approx(q, abs=1e-12)
    found = values_of(outcome)
    for party, gives_in, firm in (("a", 0.3, 1.0), ("b", 0.8, 1.0), ("c", 0.6, 0.0), ("d", 0.5, 0.0)):
        assert set(np.unique(found[party])) == {0.0, 1.0}
        assert_frequencies([(found[party] != firm).sum()], [gives_in], 40_000)
    scores = np.corrcoef(np.stack([found[p] for p in who])) - np.eye(4)
    assert np.abs(scores).max() < sigmas_for(6) / np.sqrt(40_000)
    terms = outcome.settlement.values.ravel()
    assert set(np.unique(terms[~np.isnan(terms)])) == {0.0, 1.0}
    closed = ~np.isnan(terms)
    np.testing.assert_array_equal(closed, outcome.zopa.values.ravel() == 1)
    firm_yes = closed & ((found["a"] == 1) | (found["b"] == 1))
    firm_no = closed & ((found["c"] == 0) | (found["d"] == 0))
    assert not (firm_yes & firm_no).any()
    assert (terms[firm_yes] == 1).all() and (terms[firm_no] == 0).all()
    both = (closed & ~firm_yes & ~firm_no).sum()
    assert_frequencies([firm_yes.sum(), firm_no.sum(), both],
                       [(1 - yes_side) * no_side, yes_side * (1 - no_side), yes_side * no_side], 40_000)


def test_where_all_would_give_in_the_answer_is_by_tactics_or_a_coin(seed: int) -> None:
    who = {"a": {}, "c": {}}
    issue = {"kind": "yes_no", "opening": {"a": "yes", "c": "no"}, "reservation": {"a": 1.0, "c": 1.0}}
    for kappa, share in (({"a": 1.0, "c": 1.0}, 0.5), ({"a": 3.0, "c": 0.5}, 1.0), ({"a": 0.5, "c": 3.0}, 0.0)):
        terms = played({**issue, "kappa": kappa}, seed, parties=who, trials=4000).settlement.values.ravel()
        assert_frequencies([int(terms.sum())], [share], 4000)


@pytest.mark.parametrize("rho", [-0.7, 0.7])
def test_correlated_answers(rho: float) -> None:
    """Against the orthant of a bivariate normal, by quadrature of its density."""
    a, b = 0.35, 0.6
    x = np.linspace(-9, ndtri(a), 4001)
    density = np.exp(-x**2 / 2) / np.sqrt(2 * np.pi) * ndtr((ndtri(1 - b) - rho * x) / np.sqrt(1 - rho**2))
    only_more = float(np.sum((density[1:] + density[:-1]) / 2 * np.diff(x)))
    overlap, first, second = answer_odds(a, b, rho)
    assert first == pytest.approx(only_more, abs=2e-4)
    assert overlap == pytest.approx(b + only_more, abs=2e-4)
    assert second == pytest.approx(b - (a - only_more), abs=2e-4)
    assert answer_odds(a, b, 0.0) == pytest.approx(answer_odds(a, b, 1e-9), abs=1e-6)


def test_shares_stay_between_0_and_1(seed: int) -> None:
    issue = {"kind": "share", "opening": {"a": 1.0, "d": 0.1},
             "reservation": {"a": normal(0.4, 0.3), "d": normal(0.6, 0.3)}}
    outcome = played(issue, seed, parties={"a": {}, "d": {}}, trials=4000)
    found, terms = values_of(outcome), outcome.settlement.values.ravel()
    assert all(((v >= 0) & (v <= 1)).all() for v in found.values())
    assert np.nanmin(terms) >= 0.1 - 1e-6 and np.nanmax(terms) <= 1.0


def test_a_yes_or_no_issue_beside_others_changes_no_ending(seed: int) -> None:
    """As likely to be settled as the other core issue, it adds nothing to the ending."""
    law = fixed_posterior(**LAW)
    one = fc.simulate(scenario(land("normal"), beliefs_weight=0.5), law, draws=1, trials=2000, seed=seed)
    sure = {"kind": "yes_no", "opening": {"a": "yes", "d": "no"}, "reservation": {"a": 0.2, "d": 1.0}}
    two = fc.simulate(talks(parties=PARTIES, issues={"land": land("normal"), "maps": sure}), law, draws=1, trials=2000,
                      seed=seed)
    for name in ("ending", "end_day", "effort", "zopa"):
        np.testing.assert_array_equal(two[name].values, one[name].values)
