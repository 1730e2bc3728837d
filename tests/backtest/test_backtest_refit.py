"""Refits: the cache is keyed by content, an interrupted run goes on, a real fit of two tiny folds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
