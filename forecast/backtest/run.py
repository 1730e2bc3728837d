"""The driver: who is trained on, who is forecast, and all forecasts of all cases, whatever the number of workers."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from forecast.backtest.ablation import ABLATIONS, ablated, with_outcome
from forecast.backtest.baselines import Known, baseline_forecasts
from forecast.backtest.cases import Case, cases_of
from forecast.backtest.features import FEATURES, features_of
from forecast.backtest.model import Predicted, predict
from forecast.backtest.settlement import Terms, offer_baselines, predict_terms, terms_of
from forecast.backtest.splits import SPLITS, Split, kfold, rolling, unseen
from forecast.backtest.truth import Truth, truth_of
from forecast.backtest.words import MODEL
from forecast.errors import Problem, TalksError

if TYPE_CHECKING:
    import xarray as xr

    from forecast.engine.arrays import PosteriorArrays
    from forecast.talks.load import Talks

LEAST_TRAINING_TALKS = 30
"""With fewer talks that share no conflict with the scored ones, baselines are trained fold by fold instead."""
LARGEST_SEED = 2**63 - 1
Progress = Callable[[str, int, int], None]


@dataclass
class Gathered:
    """All forecasts of a backtest, by method and case.

    Parameters
    ----------
    cases, truths : list
    terms : list of Terms or None
        The issue scored at a case.
    fold : list of int
        Split in which a case was tested.
    forecasts : dict of str to list of Predicted or None
        By method; None where there is none.
    samples : dict of str to list of ndarray
        Settlements as shares, by method.
    """

    cases: list[Case]
    truths: list[Truth]
    terms: list[Terms | None]
    fold: list[int]
    forecasts: dict[str, list[Predicted | None]] = field(default_factory=dict)
    samples: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def put(self, method: str, rows: Iterable[int], made: Iterable[Predicted]) -> None:
        """Keep the forecasts of one method."""
        column = self.forecasts.setdefault(method, [None] * len(self.cases))
        for row, one in zip(rows, made, strict=True):
            column[row] = one

    def put_sample(self, method: str, rows: Iterable[int], made: Iterable[np.ndarray]) -> None:
        """Keep the settlements of one method."""
        column = self.samples.setdefault(method, [np.array([])] * len(self.cases))
        for row, one in zip(rows, made, strict=True):
            column[row] = one


def backtest(
    talks: Talks | str | Path | None = None,
    *,
    posterior: xr.DataTree | str | Path | None = None,
    folds: int = 5,
    split: Literal["kfold", "rolling"] = "kfold",
    landmarks: Iterable[str] | None = None,
    draws: int = 200,
    trials: int = 100,
    seed: int | None = None,
    fit: dict[str, Any] | None = None,
    cache: str | Path | None = None,
    ablations: Iterable[str] = (),
    threads: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Forecast past talks as it could have been done then, and score the forecasts against baselines.

    Parameters
    ----------
    talks : Talks, str or Path, optional
        Talks to score, or their folder; default: the shipped table.
    posterior : xr.DataTree, str or Path, optional
        Score this one without refitting, on talks that it should not have seen. Default: fit one for every
        split, on its training talks (needs the extra ``calibrate``).
    folds : int, default 5
        Folds, or origins of a rolling split.
    split : {"kfold", "rolling"}, default "kfold"
        Folds of conflicts, or origins in calendar time: train on talks that had ended, test on those that
        began later.
    landmarks : iterable of str, optional
        Days of the forecasts, of `forecast.backtest.words.LANDMARKS`; default: all.
    draws, trials : int, default 200 and 100
        Of each forecast.
    seed : int, optional
        Of everything; fresh entropy when left out, recorded either way.
    fit : dict, optional
        Settings of the refits: ``draws``, ``tune``, ``chains``, ``sampler``, as of `forecast.calibrate`.
    cache : str or Path, optional
        Folder of fitted folds, so that an interrupted run goes on; default: one in the user's cache folder.
    ablations : iterable of str, default ()
        Mechanisms to turn off one at a time, of `forecast.backtest.ablation.ABLATIONS`, each a further round
        of forecasts on the same luck.
    threads : int, optional
        Cases forecast at a time; results do not depend on it. Default: as many as the process may use.
    progress : callable, optional
        Called as ``progress(text, done, total)``.

    Returns
    -------
    xr.Dataset
        Dim ``case`` (a talk at a landmark) with scores of the model and of each baseline, forecasts, what
        happened and PIT; tables ``score`` and ``skill`` by landmark and target, ``coverage`` by level. Scores
        are losses; skill is the baseline's minus the model's, in nats or days, with a 95% interval from a
        paired bootstrap over conflicts. The attribute `trials_out_of_room` counts trials of all cases with more
        than 64 attempts or 256 events.

    Raises
    ------
    ValueError
        For a setting out of its range.
    TalksError
        For a bad table, with every problem.
    PosteriorError
        For a posterior that cannot be used.
    CalibrationError
        If a refit fails its gates.
    ModuleNotFoundError
        If the extra ``verify`` is not installed.

    Examples
    --------
    >>> import forecast as fc
    >>> some = fc.load_talks().subset(["us_iran_2025", "aceh_helsinki_2005"])
    >>> result = fc.backtest(some, posterior="held_out", landmarks=["attempt_1"], draws=20, trials=20, seed=1)
    >>> result.sizes["case"], str(result["ending"].values[0])
    (2, 'agreement')
    """
    from forecast.backtest.refit import refit_outcome
    from forecast.backtest.result import build
    from forecast.engine.arrays import PosteriorArrays

    began = time.perf_counter()
    _need_packages()
    table, tree = _inputs(talks, posterior)
    seed, chosen = _check(seed, split, draws, trials, ablations)
    cases = cases_of(table, landmarks)
    if not cases:
        raise TalksError(
            [Problem("talks", f"{len(table)} talks, none at any landmark", "talks with dated attempts")]
        )
    plans, note = _plans(table, tree, split, folds, seed)
    known = Known(cases, [truth_of(table, case) for case in cases], _rows(table, cases))
    # A rolling split scores only the later talks; the earlier ones are there to be trained on.
    tested = {talk for plan, _ in plans for talk in plan.test}
    place = [i for i, case in enumerate(cases) if case.talk in tested]
    if not place:
        raise TalksError([Problem("talks", "no test talk at any landmark", "talks with dated attempts")])
    gathered = Gathered(
        [cases[i] for i in place],
        [known.truths[i] for i in place],
        [terms_of(table, cases[i]) for i in place],
        [0] * len(place),
    )
    if tree is not None and any(ABLATIONS[name].refit for name in chosen):
        raise ValueError("ablations: a refit needs training talks; not with a given posterior")
    trees = [tree] * len(plans) if tree is not None else _fitted(table, plans, seed, fit, cache, progress)
    ask = _Asker(table, gathered, trials, seed, threads, progress, len(place) * (1 + len(chosen)))
    for number, (plan, pool) in enumerate(plans):
        inside = set(plan.test)
        rows = [row for row, case in enumerate(gathered.cases) if case.talk in inside]
        for row in rows:
            gathered.fold[row] = number
        arrays = PosteriorArrays.of(trees[number], draws)
        gathered.put(MODEL, rows, ask.all(rows, arrays, None))
        gathered.put_sample(MODEL, rows, ask.terms(rows, arrays))
        for name in chosen:
            ablation, drawn = ABLATIONS[name], arrays
            if ablation.refit:
                drawn = with_outcome(arrays, refit_outcome(
                    table, plan, ablation.refit, seed=seed, number=number, cache=cache, **(fit or {})))
            gathered.put(f"without {name}", rows, ask.all(rows, ablated(drawn, ablation), name))
        train, terms = _training(table, pool, plan, known, landmarks)
        if not train.cases:
            raise TalksError(
                [Problem("talks", "no training talk at any landmark", "more talks, or fewer folds")]
            )
        test = known.take(np.array([place[row] for row in rows], dtype=int))
        for method, made in baseline_forecasts(train, test).items():
            gathered.put(method, rows, made)
        with_terms = [row for row in rows if gathered.terms[row] is not None]
        for method, made in offer_baselines(terms, [gathered.terms[row] for row in with_terms]).items():
            gathered.put_sample(method, with_terms, made)
    return build(
        gathered,
        table.subset(tested),
        trees,
        seed=seed,
        split=split if tree is None else "given posterior",
        folds=len(plans),
        draws=draws,
        trials=trials,
        note=note,
        features=len(FEATURES),
        out_of_room=sum(one.out_of_room for one in gathered.forecasts[MODEL] if one is not None),
        seconds=time.perf_counter() - began,
    )


class _Asker:
    """Ask the law about cases, several at a time, and tell how far it has come."""

    def __init__(self, talks, gathered, trials, seed, threads, progress, total) -> None:
        from forecast.engine.threads import available_threads

        self.talks, self.gathered, self.progress, self.total = talks, gathered, progress, total
        self.size = {"trials": trials, "seed": seed}
        self.threads, self.done = threads or available_threads(), 0

    def all(self, rows: list[int], arrays: PosteriorArrays, ablation: str | None) -> list[Predicted]:
        """Forecast every target of the cases."""
        alter = ABLATIONS[ablation].alter if ablation else None
        what = f"forecasting without {ablation}" if ablation else "forecasting"
        return self._map(
            lambda row: predict(self.talks, self.gathered.cases[row], arrays, alter=alter, **self.size),
            rows,
            what,
        )

    def terms(self, rows: list[int], arrays: PosteriorArrays) -> list[np.ndarray]:
        """Forecast the settlement of the cases that have one."""

        def one(row: int) -> np.ndarray:
            terms = self.gathered.terms[row]
            if terms is None:
                return np.array([])
            return predict_terms(self.talks, self.gathered.cases[row], terms, arrays, **self.size)

        return self._map(one, rows, None)

    def _map(self, task: Callable[[int], Any], rows: list[int], what: str | None) -> list[Any]:
        from forecast.engine.threads import in_order

        made = []
        with in_order(task, rows, self.threads) as results:
            for _, result in results:
                made.append(result)
                if what is not None:
                    self.done += 1
                    if self.progress:
                        self.progress(what, self.done, self.total)
        return made


def _need_packages() -> None:
    """Say at once which package of the extra ``verify`` is missing, not after half an hour of fitting."""
    import importlib.util

    for name in ("scoringrules", "scores", "sklearn"):
        if importlib.util.find_spec(name) is None:
            raise ModuleNotFoundError(
                f"a backtest needs {name}: pip install 'negotiation-forecast[verify]'", name=name
            )


def _inputs(talks, posterior) -> tuple[Talks, xr.DataTree | None]:
    from forecast.posterior.load import load_posterior
    from forecast.posterior.tree import check_posterior
    from forecast.talks.load import Talks, load_talks

    table = talks if isinstance(talks, Talks) else load_talks(talks)
    if posterior is None or isinstance(posterior, (str, Path)):
        return table, None if posterior is None else load_posterior(posterior)
    check_posterior(posterior)
    return table, posterior


def _check(seed, split, draws, trials, ablations) -> tuple[int, list[str]]:
    problems = []
    if split not in SPLITS:
        problems.append(f"split: {split!r}; one of {', '.join(SPLITS)}")
    for name, value in (("draws", draws), ("trials", trials)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            problems.append(f"{name}: {value!r}; a whole number of at least 1")
    if seed is not None and (
        isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed <= LARGEST_SEED
    ):
        problems.append(f"seed: {seed!r}; a whole number from 0 to 2^63 - 1, or None")
    chosen = list(dict.fromkeys(ablations))
    problems += [
        f"ablations: {name!r}; some of {', '.join(ABLATIONS)}" for name in chosen if name not in ABLATIONS
    ]
    if problems:
        raise ValueError("; ".join(problems))
    return secrets.randbits(62) if seed is None else int(seed), chosen


def _rows(talks: Talks, cases: list[Case]) -> np.ndarray:
    return np.array([features_of(talks, case) for case in cases]).reshape(len(cases), len(FEATURES))


def _plans(
    table: Talks, tree: xr.DataTree | None, split: str, folds: int, seed: int
) -> tuple[list[tuple[Split, Talks | None]], str]:
    """Return the splits, each with the talks outside of the scored table to train baselines on; and a remark."""
    if tree is None:
        made = kfold(table, folds, seed) if split == "kfold" else rolling(table, folds)
        return [(one, None) for one in made], "baselines trained on the training talks of each split"
    from forecast.talks.load import load_talks

    pool = unseen(load_talks(), table)
    if len(pool) >= LEAST_TRAINING_TALKS:
        return [(Split((), table.ids), pool)], (
            f"baselines trained on the {len(pool)} shipped talks that share no conflict with the scored ones"
        )
    if len(table.conflicts) < 2:
        raise TalksError(
            [
                Problem(
                    "talks",
                    f"{len(pool)} shipped talks of other conflicts, one conflict to score",
                    "two conflicts or more",
                )
            ]
        )
    folds = min(folds, len(table.conflicts))
    return [(one, None) for one in kfold(table, folds, seed)], (
        "baselines trained on the other folds of the scored talks: too few shipped talks share no conflict with them"
    )


def _training(
    table: Talks, pool: Talks | None, plan: Split, known: Known, landmarks
) -> tuple[Known, list[Terms]]:
    """Return what the baselines of a split are trained on."""
    if pool is None:
        inside = set(plan.train)
        train = known.take(
            np.array([i for i, case in enumerate(known.cases) if case.talk in inside], dtype=int)
        )
        source = table
    else:
        cases = cases_of(pool, landmarks)
        train = Known(cases, [truth_of(pool, case) for case in cases], _rows(pool, cases))
        source = pool
    terms = [terms_of(source, case) for case in train.cases]
    return train, [one for one in terms if one is not None]


def _fitted(
    table: Talks, plans: list[tuple[Split, Any]], seed: int, fit, cache, progress
) -> list[xr.DataTree]:
    from forecast.backtest.refit import fit_splits

    return fit_splits(
        table, [plan for plan, _ in plans], seed=seed, cache=cache, progress=progress, **(fit or {})
    )
