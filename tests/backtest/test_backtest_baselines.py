"""Baselines: what they know, what they do not, and their floors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecast.backtest.baselines import Frequencies, Known, baseline_forecasts
from forecast.backtest.cases import cases_of
from forecast.backtest.features import FEATURES, features_of
from forecast.backtest.settlement import LEAST_TRAINING, Terms, offer_baselines, terms_of, with_issue
from forecast.backtest.truth import truth_of
from forecast.backtest.words import BASELINES_OF, CLASSES, DAYS, SETTLEMENT, SHRINK
from forecast.talks import Talks


@pytest.fixture(scope="module")
def known(talks: Talks) -> Known:
    cases = cases_of(talks, ["attempt_1", "attempt_3"])
    return Known(
        cases, [truth_of(talks, case) for case in cases], np.array([features_of(talks, c) for c in cases])
    )


@pytest.fixture(scope="module")
def halves(known: Known) -> tuple[Known, Known]:
    """Training and test cases without a conflict in common."""
    conflicts = sorted({case.conflict for case in known.cases})
    inside = np.array([case.conflict in set(conflicts[::2]) for case in known.cases])
    return known.take(np.flatnonzero(inside)), known.take(np.flatnonzero(~inside))


@pytest.fixture(scope="module")
def made(halves: tuple[Known, Known]) -> dict:
    return baseline_forecasts(*halves)


def test_every_target_has_its_baselines(made: dict, halves: tuple[Known, Known]) -> None:
    for target, names in BASELINES_OF.items():
        if target != SETTLEMENT:
            for name in names:
                assert all(target in (one.classes if target in CLASSES else one.days) for one in made[name])
                assert len(made[name]) == len(halves[1].cases)


def test_forecasts_are_probabilities_above_zero(made: dict) -> None:
    for name, column in made.items():
        for one in column:
            for p in one.classes.values():
                assert p.sum() == pytest.approx(1) and p.min() > 0, name
            for p in one.days.values():
                assert p.sum() == pytest.approx(1) and p.min() >= 0, name


def test_what_happens_to_the_test_talks_changes_nothing(halves: tuple[Known, Known], made: dict) -> None:
    train, test = halves
    other = Known(
        test.cases,
        [
            replace(truth, classes=dict.fromkeys(CLASSES, 0), days=dict.fromkeys(DAYS, 1.0))
            for truth in test.truths
        ],
        test.features,
    )
    again = baseline_forecasts(train, other)
    for name in made:
        for one, two in zip(made[name], again[name], strict=True):
            assert all((one.classes[t] == two.classes[t]).all() for t in one.classes)
            assert all((one.days[t] == two.days[t]).all() for t in one.days)


def test_the_domain_is_drawn_to_the_whole(halves: tuple[Known, Known]) -> None:
    train, _ = halves
    case = train.cases[0]
    codes = np.array(
        [
            t.classes["deal_90"]
            for t, c in zip(train.truths, train.cases, strict=True)
            if c.landmark == case.landmark
        ]
    )
    own = np.array(
        [
            t.classes["deal_90"]
            for t, c in zip(train.truths, train.cases, strict=True)
            if c.landmark == case.landmark and c.domain == case.domain
        ]
    )
    codes, own = codes[codes >= 0], own[own >= 0]
    overall = (codes.sum() + 0.5) / (len(codes) + 1)
    expected = (own.sum() + SHRINK * overall) / (len(own) + SHRINK)
    frequencies = Frequencies(train)
    assert frequencies.classes("deal_90", case, True)[1] == pytest.approx(expected)
    assert frequencies.classes("deal_90", case, False)[1] == pytest.approx(overall)


def test_a_class_that_training_never_saw_keeps_a_floor(halves: tuple[Known, Known]) -> None:
    train, test = halves
    only = Known(
        train.cases, [replace(t, classes={**t.classes, "ending": 0}) for t in train.truths], train.features
    )
    for name in ("domain", "base", "logit", "boosting"):
        p = baseline_forecasts(only, test)[name][0].classes["ending"]
        assert p[0] > 0.98 and 0 < p[1:].min() < 0.01, name


def test_fitted_baselines_find_a_plain_signal(halves: tuple[Known, Known]) -> None:
    train, test = halves
    column = FEATURES.index("deadline")
    told = [
        Known(
            one.cases,
            [
                replace(t, classes={**t.classes, "deal_90": int(row[column])})
                for t, row in zip(one.truths, one.features, strict=True)
            ],
            one.features,
        )
        for one in (train, test)
    ]
    made = baseline_forecasts(*told)
    for name in ("logit", "boosting"):
        p = np.array([one.classes["deal_90"][1] for one in made[name]])
        truth = test.features[:, column] == 1
        assert p[truth].mean() > p[~truth].mean() + 0.5, name


def test_nothing_to_train_on_is_refused(halves: tuple[Known, Known]) -> None:
    with pytest.raises(ValueError, match="training"):
        baseline_forecasts(halves[0].take(np.array([], dtype=int)), halves[1])


def terms(a: float, b: float, agreed: float) -> Terms:
    return Terms("x", ("A", "B"), (0.0, 1.0), (a, b), agreed, ())


def test_offers_are_weighed_as_training_talks_say() -> None:
    rng = np.random.default_rng(1)
    train = [
        terms(a, b, a + 0.8 * (b - a))
        for a, b in zip(rng.uniform(0, 0.4, 9), rng.uniform(0.6, 1, 9), strict=True)
    ]
    made = offer_baselines(train, [terms(0.2, 0.7, 0.0)])
    np.testing.assert_allclose(made["weighted_mean"][0], 0.6, atol=1e-12)
    assert made["midpoint"][0].mean() > 0.45 and made["midpoint"][0].std() > 0
    assert all(len(one[0]) == 0 for one in offer_baselines(train[: LEAST_TRAINING - 1], train[:1]).values())


def test_the_issue_of_a_past_talk_is_a_scenario(talks: Talks) -> None:
    from forecast.backtest.model import scenario_of
    from forecast.scenario import Scenario, resolve

    case = next(
        case for case in cases_of(talks.subset(["nba_cba_2011"])) if terms_of(talks, case) is not None
    )
    found = terms_of(talks, case)
    scenario = resolve(
        Scenario.from_dict(with_issue(scenario_of(talks, case).to_dict(), found), source="test")
    )
    assert scenario.beliefs_weight == 0 and set(scenario.parties) == {"side_a", "side_b"}
    offers = [item for item in scenario.history if item.type == "offer"]
    assert len(offers) == len(found.offers) and max(item.date for item in offers) <= case.date
