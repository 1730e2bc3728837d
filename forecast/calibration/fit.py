"""Sample the five blocks, hold them to the gates, and put the posterior together."""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from forecast.calibration import compat
from forecast.calibration.gates import contraction, diagnostics_rows, judge, role_of
from forecast.errors import CalibrationError, Problem
from forecast.posterior.layout import PARAMETERS
from forecast.posterior.tree import build_tree

if TYPE_CHECKING:
    import xarray as xr

    from forecast.talks.load import Talks

BLOCKS = ("outcome", "calendar", "participation", "disruption", "offers")
"""In the order they are fitted: the clock of the offers needs the shape of the closing clock."""
ROWS_KEPT = 1000
"""Draws a posterior holds at most."""
MORE_DRAWS = {"calendar": 2.0, "participation": 1.5}
"""Blocks whose slowest parameters need longer chains for the same effective size."""
TARGETS = (0.95, 0.99)
"""Target acceptance of the first try and of the second."""
PRIOR_DRAWS = 4000
REPORT_RIGHT = 0.95
"""Probability that a reported absence or presence is right: stated, no data."""


class BlockFit(NamedTuple):
    """One sampled block that passed the gates.

    Parameters
    ----------
    values : dict of str to ndarray
        By ``group.name``, shape (all draws, *dims), chains one after the other.
    prior : dict of str to ndarray
        The same from the prior.
    diagnostics : dict
        Lines of the diagnostics table.
    attrs : dict
        More attributes of each variable.
    record : dict
        Sampler, seconds, divergences, target_accept.
    """

    values: dict[str, np.ndarray]
    prior: dict[str, np.ndarray]
    diagnostics: dict[str, dict[str, Any]]
    attrs: dict[str, dict[str, Any]]
    record: dict[str, Any]


def calibrate(
    talks: Talks,
    *,
    draws: int = 1000,
    tune: int = 1000,
    chains: int = 4,
    seed: int | None = None,
    exclude_conflicts: Iterable[str] = (),
    sampler: str | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> xr.DataTree:
    """Fit every block of the law to historical talks.

    Parameters
    ----------
    talks : Talks
        From `forecast.load_talks`.
    draws, tune : int, default 1000
        Draws kept and draws for tuning, per chain; slow blocks take more of the former.
    chains : int, default 4
        At least 2; two run at a time.
    seed : int, optional
        Fresh entropy when left out; recorded in ``attrs["sampling"]`` either way.
    exclude_conflicts : iterable of str, default ()
        Conflicts whose talks are left out.
    sampler : {"nutpie", "pymc", "numpyro"}, optional
        The fastest installed when left out.
    progress : callable, optional
        Called as ``progress(text, done, total)`` before and after each block.

    Returns
    -------
    xr.DataTree
        As `forecast.posterior.layout` lists it, 1,000 draws (all, if there are fewer), in random order. Blocks
        share no data given the law, so pairing their draws by position is a draw of the joint posterior.

    Raises
    ------
    CalibrationError
        If a block fails its gates twice, the second time with target_accept 0.99; it names the parameters. Also
        for a table too small to fit.
    ValueError
        If `draws`, `tune` or `chains` are too small or the sampler is unknown.
    TalksError
        If an excluded conflict is unknown.

    Examples
    --------
    >>> import forecast as fc
    >>> tree = calibrate(fc.load_talks(), seed=1)                                  # doctest: +SKIP
    >>> tree["outcome"]["close_log_shape"].sizes["draw"]                           # doctest: +SKIP
    1000
    """
    if draws < 100 or tune < 100 or chains < 2:
        raise ValueError(f"draws {draws}, tune {tune}, chains {chains}; at least 100, 100 and 2")
    compat.pick_sampler(sampler)
    excluded = tuple(sorted(set(exclude_conflicts)))
    used = talks.without_conflicts(excluded) if excluded else talks
    entropy = np.random.SeedSequence(seed).entropy
    streams = dict(zip((*BLOCKS, "order"), np.random.SeedSequence(entropy).spawn(len(BLOCKS) + 1), strict=True))
    fits: dict[str, BlockFit] = {}
    for done, block in enumerate(BLOCKS):
        if progress:
            progress(f"fitting {block}", done, len(BLOCKS))
        rows = block_rows(used, block, _closing_shape(fits))
        fits[block] = fit_block(block, rows, draws=draws, tune=tune, chains=chains, sampler=sampler,
                                seed=int(streams[block].generate_state(1)[0]))
    if progress:
        progress("all blocks fitted", len(BLOCKS), len(BLOCKS))
    return assemble(fits, used, excluded, int(entropy), np.random.default_rng(streams["order"]))


def _closing_shape(fits: dict[str, BlockFit]) -> float:
    """Return the posterior mean of the Weibull shape, once the outcome block is fitted."""
    if "outcome" not in fits:
        return 1.0
    return float(np.exp(fits["outcome"].values["outcome.close_log_shape"]).mean())


def block_rows(talks: Talks, block: str, close_shape: float = 1.3) -> NamedTuple:
    """Return the rows of one block, or refuse a table that is too small.

    Raises
    ------
    CalibrationError
        If a table the block rests on is empty.
    """
    from forecast.calibration.tables import all_rows

    rows = all_rows(talks, close_shape)[block]
    needed = {"calendar": ("gap", "slip", "length", "loss", "lost"), "participation": ("first", "move", "absence"),
              "disruption": ("span", "event", "delay"), "outcome": ("held", "talk", "try", "deal", "lag"),
              "offers": ("offer",)}[block]
    problems = [
        Problem(f"{block}: table '{table}'", "no rows", "at least one", "calibrate on more talks")
        for table in needed if not len(getattr(rows, f"{table}_weight"))
    ]
    if problems:
        raise CalibrationError(problems, "table of talks")
    return rows


def model_module(block: str) -> Any:
    """Return the module of a block, which holds its model and `INFORMED_BY`."""
    return importlib.import_module(f"forecast.calibration.{block}")


def build_model(block: str, rows: NamedTuple) -> Any:
    """Return the PyMC model of a block on its rows."""
    return getattr(model_module(block), f"{block}_model")(rows)


def fit_block(block: str, rows: NamedTuple, *, draws: int, tune: int, chains: int, seed: int,
              sampler: str | None = None) -> BlockFit:
    """Sample one block and hold it to the gates, once more with smaller steps if it fails (`TARGETS`).

    Parameters
    ----------
    block : str
        One of `BLOCKS`.
    rows : NamedTuple
        Its rows.
    draws, tune, chains, seed, sampler
        As for `calibrate`.

    Returns
    -------
    BlockFit

    Raises
    ------
    CalibrationError
        If it fails twice.
    """
    began = time.perf_counter()
    model = build_model(block, rows)
    run = compat.compile_model(model, sampler)
    compiled = time.perf_counter()
    first_problems: list[str] = []
    for attempt, target in enumerate(TARGETS):
        sample = run(draws=int(draws * MORE_DRAWS.get(block, 1.0)), tune=tune, chains=chains, seed=seed + attempt,
                     target_accept=target)
        verdict = judge(block, sample, compat.diagnose(sample.posterior))
        if not verdict.problems:
            break
        first_problems = first_problems or [str(problem) for problem in verdict.problems]
    else:
        raise CalibrationError(verdict.problems, f"the {block} block, at target_accept {target}")
    names = [p.name for p in PARAMETERS.values() if p.group == block and p.name in sample.posterior]
    values = {f"{block}.{name}": _stacked(sample.posterior[name]) for name in names}
    drawn = compat.sample_prior(model, names, PRIOR_DRAWS, seed)
    prior = {f"{block}.{name}": drawn[name] for name in names}
    learnt = {path: contraction(PARAMETERS[path], values[path], prior[path]) for path in values}
    informed_by = model_module(block).INFORMED_BY
    attrs = {
        path: {"role": role_of(PARAMETERS[path], learnt[path]), "informed_by": informed_by[path.split(".")[1]][0],
               "contraction": np.atleast_1d(learnt[path].ravel())}
        for path in values
    }
    record = {"sampler": sample.sampler, "target_accept": target, "divergences": sample.divergences,
              "retried_for": first_problems,
              "compile_seconds": round(compiled - began, 1),
              "sample_seconds": round(time.perf_counter() - compiled, 1)}
    return BlockFit(values, prior, diagnostics_rows(block, rows, informed_by, verdict, learnt), attrs, record)


def _stacked(variable: xr.DataArray) -> np.ndarray:
    """Return the draws of all chains, one chain after the other."""
    values = np.asarray(variable.transpose("chain", "draw", ...).values, dtype=float)
    return values.reshape(-1, *values.shape[2:])


def assemble(fits: dict[str, BlockFit], talks: Talks, excluded: tuple[str, ...], entropy: int,
             generator: np.random.Generator) -> xr.DataTree:
    """Thin the blocks to the same number of draws and build the tree.

    Parameters
    ----------
    fits : dict of str to BlockFit
    talks : Talks
        What was fitted, without the excluded conflicts.
    excluded : tuple of str
    entropy : int
        Recorded.
    generator : np.random.Generator
        Shuffles the kept draws of each block: the first few are then from all chains, and no order of a chain
        ties one block to another.

    Returns
    -------
    xr.DataTree
    """
    kept = min(ROWS_KEPT, *(len(next(iter(fit.values.values()))) for fit in fits.values()))
    values, diagnostics, attrs = {}, {}, {}
    for block in BLOCKS:
        fit = fits[block]
        total = len(next(iter(fit.values.values())))
        index = generator.permutation(np.linspace(0, total - 1, kept).round().astype(int))
        for path, array in fit.values.items():
            values[path] = array[index]
        diagnostics.update(fit.diagnostics)
        attrs.update(fit.attrs)
    values["participation.report_right"] = np.full(kept, REPORT_RIGHT)
    attrs["participation.report_right"] = {"informed_by": "none: stated"}
    diagnostics["participation.report_right"] = {"informed_by": "none: stated", "n": 0.0, "contraction": 0.0}
    created = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    tree = build_tree(values, kind="posterior", data_hash=talks.data_hash, excluded_conflicts=",".join(excluded),
                      created=created, diagnostics=diagnostics, extra_attrs=attrs)
    versions = json.loads(tree.attrs["versions"]) | compat.library_versions() | {"calibration": source_hash()}
    tree.attrs["versions"] = json.dumps(versions, sort_keys=True)
    tree.attrs["talks"] = len(talks)
    tree.attrs["sampling"] = json.dumps({"seed": str(entropy)} | {block: fits[block].record for block in BLOCKS})
    return tree


def source_hash() -> str:
    """Return the SHA-256 of the models' source: which law was fitted.

    Examples
    --------
    >>> len(source_hash())
    64
    """
    digest = hashlib.sha256()
    for name in (*sorted(BLOCKS), "likelihood", "tables"):
        # Line ends differ between checkouts of the same source.
        digest.update((Path(__file__).parent / f"{name}.py").read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()
