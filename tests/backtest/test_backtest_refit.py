"""Refits: the cache is keyed by content, an interrupted run goes on, a real fit of two tiny folds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import forecast as fc
from forecast.backtest import refit
from forecast.backtest.splits import kfold, rolling
from forecast.talks import Talks

pytest.importorskip("pymc")
SETTINGS = {"draws": 100, "tune": 100, "chains": 2, "sampler": None, "seed": 1}


def test_the_key_follows_the_content(talks: Talks) -> None:
    one, two = kfold(talks, 5, 1)[:2]
    key = refit.split_key(talks, one, SETTINGS)
    assert key == refit.split_key(talks, one, SETTINGS) and len(key) == 40
    assert key != refit.split_key(talks, two, SETTINGS)
    assert key != refit.split_key(talks, one, {**SETTINGS, "draws": 200})


def test_an_interrupted_run_goes_on(talks: Talks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def calibrate(table: Talks, *, exclude_conflicts: Any = (), **_: Any) -> Any:
        if len(asked) == 1:
            asked.append("stop")
            raise KeyboardInterrupt
        asked.append(sorted(exclude_conflicts))
        return fc.load_posterior("prior")

    monkeypatch.setattr("forecast.calibration.fit.calibrate", calibrate)
    splits = kfold(talks, 3, 1)
    with pytest.raises(KeyboardInterrupt):
        refit.fit_splits(talks, splits, seed=1, cache=tmp_path)
    assert len(list(tmp_path.glob("*.nc"))) == 1
    told: list[str] = []
    trees = refit.fit_splits(
        talks, splits, seed=1, cache=tmp_path, progress=lambda text, *_: told.append(text)
    )
    assert len(trees) == 3 and len(asked) == 4  # the first fold was read
    for split, excluded in zip(splits[1:], asked[2:], strict=True):
        assert excluded == sorted({talks.talk(i).conflict for i in split.test})


def test_a_damaged_file_is_fitted_again(
    talks: Talks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecast.calibration.fit.calibrate", lambda *_, **__: fc.load_posterior("prior"))
    splits = kfold(talks, 2, 1)
    refit.fit_splits(talks, splits, seed=1, cache=tmp_path)
    for file in tmp_path.glob("*.nc"):
        file.write_bytes(b"damaged")
    assert len(refit.fit_splits(talks, splits, seed=1, cache=tmp_path)) == 2


def test_a_rolling_origin_trains_on_the_past_alone(talks: Talks, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[tuple[str, ...]] = []

    def calibrate(table: Talks, *, exclude_conflicts: Any = (), **_: Any) -> Any:
        assert not exclude_conflicts
        trained.append(table.ids)
        return fc.load_posterior("prior")

    monkeypatch.setattr("forecast.calibration.fit.calibrate", calibrate)
    monkeypatch.setenv("FORECAST_CACHE_DIR", "off")
    splits = rolling(talks, 2)
    refit.fit_splits(talks, splits, seed=1)
    assert trained == [split.train for split in splits]


def test_where_fits_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECAST_CACHE_DIR", "off")
    assert refit.cache_folder() is None
    monkeypatch.setenv("FORECAST_CACHE_DIR", str(tmp_path))
    assert refit.cache_folder() == tmp_path / "negotiation-forecast" / "backtest"


@pytest.mark.long
def test_two_folds_are_fitted_and_scored(talks: Talks, tmp_path: Path) -> None:
    made = fc.backtest(talks, folds=2, draws=50, trials=20, seed=1, landmarks=["attempt_1"], cache=tmp_path)
    assert made.attrs["posterior_kind"] == "posterior" and len(made.attrs["posterior_hashes"].split(",")) == 2
    assert made.attrs["talks_seen"] == 0 and int(made["n"].sel(landmark="all", target="deal_90")) > 200


def test_a_refit_without_a_mechanism_sees_none_of_it(
    talks: Talks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from types import SimpleNamespace

    from forecast.backtest.ablation import ABLATIONS, with_outcome
    from forecast.engine.arrays import PosteriorArrays

    seen: list[Any] = []

    def fit_block(block: str, rows: Any, **_: Any) -> Any:
        seen.append((block, rows))
        return SimpleNamespace(values={"outcome.collapse_tension": np.arange(1500.0)})

    monkeypatch.setattr("forecast.calibration.fit.fit_block", fit_block)
    split, columns = kfold(talks, 3, 1)[0], ABLATIONS["tension_refitted"].refit
    made = refit.refit_outcome(talks, split, columns, seed=1, number=0, cache=tmp_path)
    (block, rows), = seen
    assert block == "outcome" and not rows.try_tension.any() and rows.try_postponed.any() and rows.try_log_attempt.any()
    drawn = made["outcome.collapse_tension"]
    assert len(drawn) == len(set(drawn)) == 1000
    again = refit.refit_outcome(talks, split, columns, seed=1, number=0, cache=tmp_path)
    assert len(seen) == 1 and np.array_equal(again["outcome.collapse_tension"], drawn)
    arrays = PosteriorArrays.of(fc.load_posterior("prior"), 50)
    changed = with_outcome(arrays, made)
    np.testing.assert_array_equal(changed.values["collapse_tension"], drawn[arrays.rows])
    assert changed.values["stall_intercept"] is arrays.values["stall_intercept"]


def test_a_refit_needs_training_talks(talks: Talks) -> None:
    with pytest.raises(ValueError, match="a refit needs training talks"):
        fc.backtest(talks, posterior="prior", ablations=["tension_refitted"], landmarks=["attempt_1"], seed=1)
