"""Forecasts to be held against: frequencies, a logit, boosted trees, Aalen-Johansen - on the training talks alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecast.backtest.aalen import aalen_johansen
from forecast.backtest.cases import Case
from forecast.backtest.model import Predicted
from forecast.backtest.truth import Truth
from forecast.backtest.words import CLASSES, DAYS, SHRINK

#: Inverse strengths of the ridge that the logit chooses from.
RIDGE = (0.003, 0.01, 0.03, 0.1)
#: Of the boosted trees, fixed: few, small and slow, as befits a thousand dependent rows.
BOOSTING = {
    "max_iter": 60,
    "learning_rate": 0.05,
    "max_leaf_nodes": 6,
    "min_samples_leaf": 25,
    "l2_regularization": 5.0,
    "early_stopping": False,
    "random_state": 1,
}
CHOICE_FOLDS = 4


@dataclass(frozen=True)
class Known:
    """Cases with what happened and what was known, row by row.

    Parameters
    ----------
    cases : sequence of Case
    truths : sequence of Truth
    features : ndarray (case, feature)
    """

    cases: Sequence[Case]
    truths: Sequence[Truth]
    features: np.ndarray

    def take(self, rows: np.ndarray) -> Known:
        """Return some of the rows."""
        return Known([self.cases[i] for i in rows], [self.truths[i] for i in rows], self.features[rows])


def baseline_forecasts(train: Known, test: Known) -> dict[str, list[Predicted]]:
    """Forecast cases with every baseline.

    Parameters
    ----------
    train : Known
        At least one case.
    test : Known

    Returns
    -------
    dict of str to list of Predicted
        By name; a target that a baseline does not have is missing in its forecasts.

    Raises
    ------
    ValueError
        If there is nothing to train on.
    """
    if not train.cases:
        raise ValueError("no training talks: baselines need some")
    frequencies = Frequencies(train)
    out = {
        "domain": [
            Predicted(
                {t: frequencies.classes(t, c, True) for t in CLASSES},
                {t: frequencies.days(t, c, True) for t in DAYS},
            )
            for c in test.cases
        ],
        "base": [Predicted({t: frequencies.classes(t, c, False) for t in CLASSES}, {}) for c in test.cases],
        "aalen_johansen": [
            Predicted({}, {t: frequencies.days(t, c, False) for t in DAYS}) for c in test.cases
        ],
    }
    for name, fit in (("logit", _logit), ("boosting", _boosting)):
        columns = {target: fitted(train, test, target, fit) for target in CLASSES}
        out[name] = [Predicted({t: columns[t][i] for t in CLASSES}, {}) for i in range(len(test.cases))]
    return out


class Frequencies:
    """Frequencies of classes and days among training cases, by landmark and domain.

    Parameters
    ----------
    train : Known
    """

    def __init__(self, train: Known) -> None:
        self.train = train
        self._landmark = np.array([case.landmark for case in train.cases])
        self._domain = np.array([case.domain for case in train.cases])
        self._made: dict[tuple, np.ndarray] = {}

    def classes(self, target: str, case: Case, by_domain: bool) -> np.ndarray:
        """Return the probability of each class of a target."""
        return self._get("classes", target, case, by_domain)

    def days(self, target: str, case: Case, by_domain: bool) -> np.ndarray:
        """Return the probability of each day of a target, and of later or never."""
        return self._get("days", target, case, by_domain)

    def _get(self, kind: str, target: str, case: Case, by_domain: bool) -> np.ndarray:
        key = (kind, target, case.landmark, case.domain if by_domain else "")
        if key not in self._made:
            estimate = self._classes if kind == "classes" else self._days
            at = self._landmark == case.landmark
            # A landmark that no training talk reached: all landmarks together say more than nothing.
            at = at if at.any() else np.ones(len(at), bool)
            overall, n = estimate(target, at, None)
            if by_domain:
                own, n = estimate(target, at & (self._domain == case.domain), overall)
                overall = (n * own + SHRINK * overall) / (n + SHRINK)
            self._made[key] = overall
        return self._made[key]

    def _classes(self, target: str, rows: np.ndarray, fallback: np.ndarray | None) -> tuple[np.ndarray, int]:
        """Return shares of classes, raw for a domain and smoothed by one talk overall, and their n."""
        codes = np.array([self.train.truths[i].classes[target] for i in np.flatnonzero(rows)], dtype=np.int64)
        codes = codes[codes >= 0]
        size = CLASSES[target]
        counts = np.bincount(codes, minlength=size)
        if fallback is None:
            return (counts + 1.0 / size) / (len(codes) + 1.0), len(codes)
        return (counts / len(codes) if len(codes) else fallback), len(codes)

    def _days(self, target: str, rows: np.ndarray, fallback: np.ndarray | None) -> tuple[np.ndarray, int]:
        """Return the Aalen-Johansen estimate and its n."""
        truths = [self.train.truths[i] for i in np.flatnonzero(rows)]
        truths = [truth for truth in truths if not np.isnan(truth.days[target])]
        horizon = DAYS[target]
        if not truths:
            return fallback if fallback is not None else np.append(np.zeros(horizon + 1), 1.0), 0
        made = incidence(
            [truth.days[target] for truth in truths],
            [truth.days["end_day"] for truth in truths],
            [truth.record for truth in truths],
            target,
            horizon,
        )
        return np.append(made, max(0.0, 1.0 - made.sum())), len(truths)


def incidence(
    day: list[float], end: list[float], record: list[float], target: str, horizon: int
) -> np.ndarray:
    """Return the Aalen-Johansen probability of each day of a target up to the horizon.

    For `next_day` the end of the talks without another round is the competing cause; for `end_day` there is
    none.
    """
    when, ended, seen = np.array(day), np.array(end), np.array(record)
    cause = np.where(np.isfinite(when) & (when <= seen), 1, 0)
    if target == "next_day":
        cause = np.where((cause == 0) & np.isfinite(ended), 2, cause)
        when = np.where(cause == 2, ended, when)
    when = np.where(cause == 0, seen, when)
    return aalen_johansen(when, cause, horizon, 2)[0]


def fitted(train: Known, test: Known, target: str, fit) -> np.ndarray:
    """Return the probabilities of a fitted baseline, (case, class), classes unseen in training at their floor.

    The floor is that of the frequencies: one training talk spread evenly over the classes, as a share of all.
    """
    codes = np.array([truth.classes[target] for truth in train.truths])
    rows = np.flatnonzero(codes >= 0)
    size = CLASSES[target]
    out = np.zeros((len(test.cases), size))
    seen = np.unique(codes[rows])
    if len(seen) == 1:
        out[:, seen[0]] = 1.0
    elif len(test.cases):
        groups = np.array([train.cases[i].conflict for i in rows])
        out[:, seen] = fit(train.features[rows], codes[rows], groups, test.features)
    return (out * len(rows) + 1.0 / size) / (len(rows) + 1.0)


def _logit(x: np.ndarray, y: np.ndarray, groups: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Fit a multinomial logit; its ridge is chosen by the log score on folds of conflicts."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    def made(c: float):
        return make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=2000))

    labels = np.unique(y)
    loss = dict.fromkeys(RIDGE, 0.0)
    with threadpool_limits(1):
        for inside, outside in GroupKFold(min(CHOICE_FOLDS, len(np.unique(groups)))).split(x, y, groups):
            present = np.unique(y[inside])
            if len(present) < 2:
                continue
            for c in RIDGE:
                p = np.full((len(outside), len(labels)), 1e-4)
                model = made(c).fit(x[inside], y[inside])
                p[:, np.searchsorted(labels, present)] += model.predict_proba(x[outside])
                loss[c] += log_loss(y[outside], p / p.sum(axis=1, keepdims=True), labels=labels) * len(
                    outside
                )
        return made(min(loss, key=loss.get)).fit(x, y).predict_proba(new)


def _boosting(x: np.ndarray, y: np.ndarray, groups: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Fit boosted trees with fixed settings."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    # One thread: so few rows gain nothing from more, and on a busy machine threads that wait for each other
    # take minutes.
    with threadpool_limits(1):
        return HistGradientBoostingClassifier(**BOOSTING).fit(x, y).predict_proba(new)
