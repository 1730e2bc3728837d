"""Posteriors of the splits: each fitted to its training talks, kept in a cache so that an interrupted run goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forecast.backtest.model import seed_of
from forecast.backtest.splits import Split

if TYPE_CHECKING:
    import xarray as xr

    from forecast.talks.load import Talks

FOLDER = "backtest"


def cache_folder() -> Path | None:
    """Return the folder of fitted splits, beside the compiled code; None when ``FORECAST_CACHE_DIR`` is off."""
    from forecast.engine.bridge import cache_root

    root = cache_root()
    return None if root is None else root / FOLDER


def split_key(talks: Talks, split: Split, settings: dict) -> str:
    """Return the name of a fit: a hash of the training talks, the models, the libraries and the settings.

    Parameters
    ----------
    talks : Talks
    split : Split
    settings : dict
        JSON-able.

    Returns
    -------
    str
        40 hexadecimal digits.
    """
    from forecast.calibration.compat import library_versions
    from forecast.calibration.fit import source_hash
    from forecast.posterior import MODEL_VERSION

    content = {
        "data": talks.subset(split.train).data_hash,
        "test": sorted(split.test),
        "source": source_hash(),
        "model": MODEL_VERSION,
        "libraries": library_versions(),
        "settings": settings,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:40]


def fit_splits(
    talks: Talks,
    splits: Sequence[Split],
    *,
    seed: int,
    cache: str | Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    draws: int = 1000,
    tune: int = 1000,
    chains: int = 4,
    sampler: str | None = None,
) -> list[xr.DataTree]:
    """Fit the law to the training talks of every split.

    Parameters
    ----------
    talks : Talks
    splits : sequence of Split
    seed : int
    cache : str or Path, optional
        Folder for the posteriors; default: `cache_folder`. A posterior that is there already is read, not
        fitted.
    progress : callable, optional
        Called as ``progress(text, done, total)``, a unit a block of a split.
    draws, tune, chains, sampler
        As of `forecast.calibrate`.

    Returns
    -------
    list of xr.DataTree
        In the order of the splits.

    Raises
    ------
    CalibrationError
        If a block fails its gates.
    """
    from forecast.calibration.fit import BLOCKS, calibrate
    from forecast.errors import PosteriorError
    from forecast.posterior.load import load_posterior, save_posterior

    folder = Path(cache) if cache is not None else cache_folder()
    total, trees = len(splits) * len(BLOCKS), []
    for number, split in enumerate(splits):
        settings = {
            "draws": draws,
            "tune": tune,
            "chains": chains,
            "sampler": sampler,
            "seed": seed_of(seed, "fit", str(number)) % 2**32,
        }
        file = None if folder is None else folder / f"{split_key(talks, split, settings)}.nc"
        if file is not None and file.is_file():
            try:
                trees.append(load_posterior(file))
                continue
            except PosteriorError:
                file.unlink()  # of an older layout, or cut short by a full disk: fit it again

        def tell(text: str, done: int, of: int, number: int = number) -> None:
            if progress:
                progress(f"split {number + 1} of {len(splits)}: {text}", number * len(BLOCKS) + done, total)

        tested = {talks.talk(one).conflict for one in split.test}
        trained = {talks.talk(one).conflict for one in split.train}
        if split.origin is None and not tested & trained and len(split.train) + len(split.test) == len(talks):
            tree = calibrate(talks, exclude_conflicts=tested, progress=tell, **settings)
        else:
            tree = calibrate(talks.subset(split.train), progress=tell, **settings)
        if file is not None:
            save_posterior(tree, file)
        trees.append(tree)
    return trees


def refit_outcome(
    talks: Talks,
    split: Split,
    columns: Sequence[str],
    *,
    seed: int,
    number: int,
    cache: str | Path | None = None,
    draws: int = 1000,
    tune: int = 1000,
    chains: int = 4,
    sampler: str | None = None,
) -> dict[str, np.ndarray]:
    """Fit the outcome block to the training talks of a split with some columns of its table zeroed.

    Parameters
    ----------
    talks : Talks
    split : Split
    columns : sequence of str
        Of `forecast.calibration.outcome.OutcomeRows`.
    seed : int
    number : int
        Of the split, part of its seed.
    cache : str or Path, optional
        As of `fit_splits`.
    draws, tune, chains, sampler
        As of `forecast.calibrate`.

    Returns
    -------
    dict of str to ndarray, shape (1000, ...)
        Draws by path, in random order; fewer if fewer were drawn.

    Raises
    ------
    CalibrationError
        If the block fails its gates.
    """
    from forecast.calibration.fit import ROWS_KEPT, block_rows, fit_block
    from forecast.paths import replacing

    settings = {"draws": draws, "tune": tune, "chains": chains, "sampler": sampler, "zeroed": sorted(columns),
                "seed": seed_of(seed, "refit", str(number)) % 2**32}
    folder = Path(cache) if cache is not None else cache_folder()
    file = None if folder is None else folder / f"{split_key(talks, split, settings)}.npz"
    if file is not None and file.is_file():
        with np.load(file, allow_pickle=False) as kept:
            return {path: kept[path] for path in kept.files}
    rows = block_rows(talks.subset(split.train), "outcome")
    rows = rows._replace(**{column: np.zeros_like(getattr(rows, column)) for column in columns})
    fit = fit_block("outcome", rows, draws=draws, tune=tune, chains=chains, sampler=sampler, seed=settings["seed"])
    size = len(next(iter(fit.values.values())))
    order = np.random.default_rng(settings["seed"]).permutation(size)[:ROWS_KEPT]
    values = {path: drawn[order] for path, drawn in fit.values.items()}
    if file is not None:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(file) as path, open(path, "wb") as out:
            np.savez_compressed(out, **values)
    return values
