"""The result of a backtest as one dataset: every case, and the tables made of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.backtest.coverage import coverage_table, pit_of_days, pit_of_sample, quantile_days
from forecast.backtest.resample import paired_difference
from forecast.backtest.scoring import brier_scores, crps_days, crps_sample, log_scores
from forecast.backtest.truth import seen_until
from forecast.backtest.words import (
    ALL,
    BASELINES,
    BASELINES_OF,
    CLASSES,
    DAYS,
    LANDMARKS,
    LEVELS,
    MODEL,
    NUMBERS,
    QUANTILES,
    SETTLEMENT,
    TARGETS,
    main_score,
)
from forecast.vocabulary import ENDINGS, MODES

if TYPE_CHECKING:
    import xarray as xr

    from forecast.backtest.run import Gathered
    from forecast.talks.load import Talks

METRICS = ("log_score", "brier", "crps")
BOUNDS = ("value", "low", "high")
EVENTS = ("deal_90", "deal_180", "next_held", "deal")
"""Events whose probability is kept for reliability diagrams: targets of two classes, and a deal before the horizon."""
DEALS = [ENDINGS.index("agreement"), ENDINGS.index("partial")]
_UNITS = {
    "log_score": "nat",
    "brier": "1",
    "crps": "day",
    "p": "1",
    "p_ending": "1",
    "p_mode": "1",
    "pit_low": "1",
    "pit_high": "1",
    "quantiles": "day",
    "observed": "day",
}
_MEANING = {
    "log_score": "minus the log of the probability of what happened; NaN where not known",
    "brier": "Brier score; the sum over classes for more than two",
    "crps": "CRPS on the horizon or up to the end of an open record; shares of the way between openings for settlement",
    "p": "probability of a yes",
    "p_ending": "probability of each ending, by the model",
    "p_mode": "probability of each mode given a round, by the model",
    "happened": "class that happened, -1 where not known",
    "observed": "day, or share for settlement; infinite for never, NaN where not known",
    "pit_low": "the PIT of the model is uniform from here ...",
    "pit_high": "... to here",
    "quantiles": "quantiles of the model's forecast; infinite beyond its horizon",
    "n": "cases scored",
    "score": "mean score over cases",
    "skill": "score of the baseline minus that of the model, positive where the model is better; 95% interval from "
    "a paired bootstrap over conflicts",
    "coverage": "share covered by central intervals, each talk with the same weight; 95% binomial interval (Jeffreys)",
    "coverage_n": "talks behind a coverage",
    "ablation_skill": "score without the mechanism minus score of the model, all landmarks",
}


def build(gathered: Gathered, talks: Talks, trees: list, **about: Any) -> xr.Dataset:
    """Score all forecasts and put them together.

    Parameters
    ----------
    gathered : Gathered
    talks : Talks
        The scored ones.
    trees : list of xr.DataTree
        Posterior of each split.
    **about
        For the attributes: seed, split, folds, draws, trials, note, features, out_of_room, seconds.

    Returns
    -------
    xr.Dataset
    """
    import xarray as xr

    methods = (MODEL, *BASELINES)
    scores = {name: _scores(gathered, name) for name in methods}
    by_case = {metric: np.stack([scores[name][metric] for name in methods], axis=-1) for metric in METRICS}
    variables: dict[str, Any] = {
        "log_score": (("case", "class_target", "forecaster"), by_case["log_score"]),
        "brier": (("case", "class_target", "forecaster"), by_case["brier"]),
        "crps": (("case", "number_target", "forecaster"), by_case["crps"]),
        **_forecasts(gathered, methods),
        **_happened(gathered),
        **_intervals(gathered),
    }
    conflicts = np.array([case.conflict for case in gathered.cases])
    landmark = np.array([case.landmark for case in gathered.cases])
    names = [name for name in LANDMARKS if (landmark == name).any()]
    variables |= _tables(by_case, methods, landmark, names, conflicts, about["seed"])
    variables |= _coverage(variables, np.array([case.talk for case in gathered.cases]))
    chosen = [name.removeprefix("without ") for name in gathered.forecasts if name.startswith("without ")]
    if chosen:
        variables["ablation_skill"] = (
            ("ablation", "target", "bound"),
            np.stack(
                [
                    _ablation(scores[MODEL], _scores(gathered, f"without {name}"), conflicts, about["seed"])
                    for name in chosen
                ]
            ),
        )
    endings = [talks.talk(case.talk).ending for case in gathered.cases]
    coords = {
        "talk": ("case", [case.talk for case in gathered.cases]),
        "conflict": ("case", conflicts.tolist()),
        "domain": ("case", [case.domain for case in gathered.cases]),
        "at": ("case", landmark.tolist()),
        "date": ("case", [case.date.isoformat() for case in gathered.cases]),
        "ending": ("case", endings),
        "fold": ("case", np.array(gathered.fold, dtype=np.int8)),
        "class_target": list(CLASSES),
        "number_target": list(NUMBERS),
        "target": list(TARGETS),
        "forecaster": list(methods),
        "baseline": list(BASELINES),
        "metric": list(METRICS),
        "bound": list(BOUNDS),
        "landmark": [*names, ALL],
        "level": list(LEVELS),
        "event": list(EVENTS),
        "q": list(QUANTILES),
        "outcome": list(ENDINGS),
        "mode": list(MODES),
        **({"ablation": chosen} if chosen else {}),
    }
    small = {
        name: (dims, values.astype(np.float32) if values.dtype == np.float64 else values)
        for name, (dims, values) in variables.items()
    }
    made = xr.Dataset(small, coords, _attrs(talks, trees, about))
    for name in made.data_vars:
        made[name].attrs = {"long_name": _MEANING[str(name)], "units": _UNITS.get(str(name), "1")}
    return made


def _scores(gathered: Gathered, method: str) -> dict[str, np.ndarray]:
    """Score one method: log and Brier (case, class target), CRPS (case, number target)."""
    forecasts = gathered.forecasts.get(method, [None] * len(gathered.cases))
    samples = gathered.samples.get(method, [np.array([])] * len(gathered.cases))
    n = len(gathered.cases)
    log, brier = np.full((n, len(CLASSES)), np.nan), np.full((n, len(CLASSES)), np.nan)
    for column, target in enumerate(CLASSES):
        rows = [i for i, one in enumerate(forecasts) if one is not None and target in one.classes]
        if rows:
            p = np.array([forecasts[i].classes[target] for i in rows])
            observed = np.array([gathered.truths[i].classes[target] for i in rows])
            log[rows, column], brier[rows, column] = log_scores(p, observed), brier_scores(p, observed)
    crps = np.full((n, len(NUMBERS)), np.nan)
    for i, one in enumerate(forecasts):
        for column, target in enumerate(NUMBERS):
            if target == SETTLEMENT:
                terms = gathered.terms[i]
                crps[i, column] = crps_sample(samples[i], terms.agreed) if terms is not None else np.nan
            elif one is not None and target in one.days:
                truth = gathered.truths[i]
                crps[i, column] = crps_days(one.days[target], truth.days[target], seen_until(truth, target))
    return {"log_score": log, "brier": brier, "crps": crps}


def _forecasts(gathered: Gathered, methods: tuple[str, ...]) -> dict[str, Any]:
    """Keep the probabilities that diagrams need."""
    n = len(gathered.cases)
    p = np.full((n, len(EVENTS), len(methods)), np.nan)
    for column, method in enumerate(methods):
        for i, one in enumerate(gathered.forecasts.get(method, [])):
            for place, event in enumerate(EVENTS):
                if one is not None and one.classes:
                    made = one.classes["ending"][DEALS].sum() if event == "deal" else one.classes[event][1]
                    p[i, place, column] = made
    made = gathered.forecasts[MODEL]
    return {
        "p": (("case", "event", "forecaster"), p),
        "p_ending": (("case", "outcome"), np.array([one.classes["ending"] for one in made])),
        "p_mode": (("case", "mode"), np.array([one.classes["next_mode"] for one in made])),
    }


def _happened(gathered: Gathered) -> dict[str, Any]:
    classes = np.array([[truth.classes[t] for t in CLASSES] for truth in gathered.truths], dtype=np.int8)
    numbers = np.array(
        [
            [*(truth.days[t] for t in DAYS), terms.agreed if terms is not None else np.nan]
            for truth, terms in zip(gathered.truths, gathered.terms, strict=True)
        ]
    )
    return {"happened": (("case", "class_target"), classes), "observed": (("case", "number_target"), numbers)}


def _intervals(gathered: Gathered) -> dict[str, Any]:
    """PIT and quantiles of the model."""
    n = len(gathered.cases)
    low, high = np.full((n, len(NUMBERS)), np.nan), np.full((n, len(NUMBERS)), np.nan)
    quantile = np.full((n, len(NUMBERS), len(QUANTILES)), np.nan)
    for i, (one, truth, terms) in enumerate(
        zip(gathered.forecasts[MODEL], gathered.truths, gathered.terms, strict=True)
    ):
        for column, target in enumerate(NUMBERS):
            if target == SETTLEMENT:
                sample = gathered.samples[MODEL][i]
                if terms is not None and len(sample):
                    low[i, column], high[i, column] = pit_of_sample(sample, terms.agreed)
                    quantile[i, column] = np.quantile(sample, QUANTILES)
                continue
            low[i, column], high[i, column] = pit_of_days(
                one.days[target], truth.days[target], seen_until(truth, target)
            )
            quantile[i, column] = quantile_days(one.days[target], QUANTILES)
    dims = ("case", "number_target")
    return {"pit_low": (dims, low), "pit_high": (dims, high), "quantiles": ((*dims, "q"), quantile)}


def _target_scores(by_case: dict[str, np.ndarray], target: str, metric: str) -> np.ndarray | None:
    """Return one score of one target, (case, ...), or None where it has no such score."""
    if (metric == "crps") == (target in CLASSES):
        return None
    return by_case[metric][:, list(CLASSES).index(target) if target in CLASSES else NUMBERS.index(target)]


def _tables(by_case, methods, landmark, names, conflicts, seed) -> dict[str, Any]:
    """Mean scores and differences by landmark and target, over the cases that every method of a target has."""
    shape = (len(names) + 1, len(TARGETS))
    n = np.zeros(shape, dtype=np.int32)
    score = np.full((*shape, len(methods), len(METRICS)), np.nan)
    skill = np.full((*shape, len(BASELINES), len(BOUNDS)), np.nan)
    for row, name in enumerate((*names, ALL)):
        here = np.ones(len(landmark), bool) if name == ALL else landmark == name
        for column, target in enumerate(TARGETS):
            own = [methods.index(one) for one in (MODEL, *BASELINES_OF[target])]
            main = _target_scores(by_case, target, main_score(target))
            scored = here & np.isfinite(main[:, 0])
            n[row, column] = scored.sum()
            for place, metric in enumerate(METRICS):
                values = _target_scores(by_case, target, metric)
                if values is not None and scored.any():
                    have = [m for m in own if np.isfinite(values[scored, m]).any()]
                    score[row, column, have, place] = [np.nanmean(values[scored, m]) for m in have]
            for base in BASELINES_OF[target]:
                difference = main[:, methods.index(base)] - main[:, 0]
                skill[row, column, list(BASELINES).index(base)] = paired_difference(
                    difference[scored], conflicts[scored], seed=seed % 2**32
                )
    dims = ("landmark", "target")
    return {
        "n": (dims, n),
        "score": ((*dims, "forecaster", "metric"), score),
        "skill": ((*dims, "baseline", "bound"), skill),
    }


def _coverage(variables: dict[str, Any], talks: np.ndarray) -> dict[str, Any]:
    low, high = variables["pit_low"][1], variables["pit_high"][1]
    found = [coverage_table(low[:, c], high[:, c], talks) for c in range(len(NUMBERS))]
    values = np.array([np.stack([one["value"], one["low"], one["high"]], axis=-1) for one in found])
    return {
        "coverage": (("number_target", "level", "bound"), values),
        "coverage_n": (("number_target",), np.array([one["n"] for one in found], dtype=np.int32)),
    }


def _ablation(full: dict, less: dict, conflicts: np.ndarray, seed: int) -> np.ndarray:
    out = np.full((len(TARGETS), len(BOUNDS)), np.nan)
    for column, target in enumerate(TARGETS):
        metric = main_score(target)
        worse = _target_scores(less, target, metric) - _target_scores(full, target, metric)
        out[column] = paired_difference(worse, conflicts, seed=seed % 2**32)
    return out


def _attrs(talks: Talks, trees: list, about: dict[str, Any]) -> dict[str, Any]:
    """Return provenance, and how many of the scored talks the posteriors may have seen."""
    from importlib.metadata import PackageNotFoundError, version

    from forecast import __version__

    versions = {"negotiation-forecast": __version__, "numpy": np.__version__}
    for name in ("scores", "scoringrules", "scikit-learn"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    seen = _seen(talks, trees[0]) if about["split"] == "given posterior" else 0
    return {
        "backtest": 1,
        "n_talks": len(talks),
        "n_conflicts": len(talks.conflicts),
        "data_hash": talks.data_hash,
        "split": about["split"],
        "folds": about["folds"],
        "seed": about["seed"],
        "draws": about["draws"],
        "trials": about["trials"],
        "baselines": about["note"],
        "features": about["features"],
        "trials_out_of_room": about["out_of_room"],
        "talks_seen": seen,
        "posterior_hashes": ",".join(dict.fromkeys(tree.attrs["content_hash"] for tree in trees)),
        "posterior_kind": trees[0].attrs["kind"],
        "calibration": _law(trees[0]),
        "seconds": round(float(about["seconds"]), 1),
        "fit_seconds": round(sum(_fit_seconds(tree) for tree in trees), 1),
        "versions": json.dumps(versions, sort_keys=True),
    }


def _fit_seconds(tree: Any) -> float:
    """Return how long a posterior took to compile and sample, 0 for a prior."""
    blocks = [one for one in json.loads(tree.attrs.get("sampling", "{}")).values() if isinstance(one, dict)]
    return float(sum(one.get("compile_seconds", 0) + one.get("sample_seconds", 0) for one in blocks))


def _law(tree: Any) -> str:
    """Return the hash of the models that were fitted, empty for a prior."""
    return str(json.loads(tree.attrs["versions"]).get("calibration", ""))


def _seen(talks: Talks, tree: Any) -> int:
    """Count scored talks that a posterior may have been fitted to: those of the shipped table it did not exclude."""
    from forecast.talks.load import load_talks

    if tree.attrs["kind"] == "prior":
        return 0
    shipped = load_talks()
    excluded = set(str(tree.attrs["excluded_conflicts"]).split(","))
    known = {talk.id for talk in shipped if talk.conflict not in excluded}
    return sum(talk.id in known for talk in talks)
