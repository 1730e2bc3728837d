"""Simulation-based calibration.

``python -m forecast.calibration.sbc [--simulations N] [--block B ...] [--out FOLDER]``

Parameters are drawn from the priors of the models, talks are played under them by the kernels, and each block is
fitted to the played table. If kernels and likelihood are one law, the rank of a true parameter among the draws
of its posterior is uniform.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from forecast.calibration import compat
from forecast.calibration.fit import BLOCKS, build_model
from forecast.calibration.offers import OfferRows
from forecast.calibration.prior import prior_tree
from forecast.calibration.ranks import band, ecdf_difference, outside, rank_of
from forecast.calibration.rows import new_data, pad_alike
from forecast.calibration.simulated import play_tables, rows_of_table
from forecast.calibration.tables import all_rows
from forecast.paths import replacing
from forecast.posterior.layout import COORDS, PARAMETERS

if TYPE_CHECKING:
    import xarray as xr

    from forecast.talks.load import Talks

DRAWS, TUNE, CHAINS = 500, 500, 2
RANKED = 100
"""Draws a rank is taken among: every tenth."""
NOT_PLAYED = frozenset({"participation.report_right", "participation.retreat", "disruption.novel_share",
                        "disruption.novel_severity_share"})
"""Parameters without data in played tables: their ranks are uniform by construction."""
MOST_OUTSIDE = 0.12
"""Share of parameters allowed outside their 95% bands; 5% are expected."""


class BlockRanks(NamedTuple):
    """Ranks of one block.

    Parameters
    ----------
    names : tuple of str
        One per scalar, with its labels.
    ranks : ndarray of int, (simulations, scalars)
        0 to `RANKED`.
    divergences : int
        Over all fits.
    seconds : float
    """

    names: tuple[str, ...]
    ranks: np.ndarray
    divergences: int
    seconds: float

    @property
    def outside(self) -> tuple[str, ...]:
        """Names of the scalars whose ECDF leaves its 95% band."""
        return tuple(name for name, column in zip(self.names, self.ranks.T, strict=True) if outside(column, RANKED))


def scalar_names(path: str) -> list[str]:
    """Return the name of each element of a parameter.

    Examples
    --------
    >>> scalar_names("disruption.pulse_share")
    ['pulse_share[background]', 'pulse_share[after]', 'pulse_share[before]']
    """
    parameter = PARAMETERS[path]
    labels = [""]
    for dim in parameter.dims:
        labels = [f"{label},{value}".lstrip(",") for label in labels for value in COORDS[dim]]
    return [f"{parameter.name}[{label}]" if label else parameter.name for label in labels]


def simulated_offers(rows: OfferRows, parameters: xr.DataTree, table: int, generator: np.random.Generator) -> OfferRows:
    """Return offers drawn from the law at row `table` of the parameters, on the clocks of the real ones."""
    group = parameters["offers"]
    mean, sd, stuck, noise = (float(group[name].values[table]) for name in (
        "kappa_log_mean", "kappa_log_sd", "offer_stuck", "offer_noise"))
    kappa = np.exp(mean + sd * generator.normal(size=rows.series))[rows.offer_series]
    moved = np.exp(kappa * rows.offer_log_clock) * (generator.random(len(kappa)) >= stuck)
    return rows._replace(offer_share=moved + noise * rows.offer_range * generator.standard_t(3, len(kappa)))


def rank_block(block: str, tables: list, talks: Talks, parameters: xr.DataTree, seed: int, tell: Any) -> BlockRanks:
    """Fit one block to every played table and rank its true parameters.

    Parameters
    ----------
    block : str
    tables : list of Table
        Table i was played under draw i of the parameters.
    talks : Talks
        The real ones, for the clocks of the offers.
    parameters : xr.DataTree
    seed : int
    tell : callable
        Called with a line of progress.

    Returns
    -------
    BlockRanks
    """
    began = time.perf_counter()
    paths = [p.path for p in PARAMETERS.values() if p.group == block and p.path not in NOT_PLAYED]
    generator = np.random.default_rng(seed)
    offers = all_rows(talks)["offers"] if block == "offers" else None
    every = pad_alike([
        simulated_offers(offers, parameters, number, generator) if offers else rows_of_table(table, block)
        for number, table in enumerate(tables)
    ])
    run = compat.compile_model(build_model(block, every[0]))
    found, divergences = [], 0
    for number, rows in enumerate(every):
        sample = run(draws=DRAWS, tune=TUNE, chains=CHAINS, seed=seed + number, data=new_data(rows))
        divergences += sample.divergences
        ranks = []
        for path in paths:
            name = PARAMETERS[path].name
            values = sample.posterior[name].transpose("chain", "draw", ...).values
            flat = values.reshape(-1, *values.shape[2:])
            picked = flat[np.linspace(0, len(flat) - 1, RANKED).round().astype(int)]
            ranks.append(rank_of(parameters[block][name].values[number], picked).ravel())
        found.append(np.concatenate(ranks))
        if (number + 1) % 10 == 0:
            tell(f"{block}: {number + 1} of {len(tables)}, {time.perf_counter() - began:.0f} s")
    names = tuple(name for path in paths for name in scalar_names(path))
    return BlockRanks(names, np.array(found), divergences, time.perf_counter() - began)


def check_blocks(talks: Talks, *, simulations: int = 100, blocks: tuple[str, ...] = BLOCKS, seed: int = 1,
                 tell: Any = print) -> dict[str, BlockRanks]:
    """Run simulation-based calibration.

    Parameters
    ----------
    talks : Talks
        Played anew in every simulation.
    simulations : int, default 100
    blocks : tuple of str
    seed : int, default 1
    tell : callable, default print

    Returns
    -------
    dict of str to BlockRanks
    """
    parameters = prior_tree(talks, draws=simulations, seed=seed)
    tables = play_tables(talks, parameters, tables=simulations, seed=seed)
    tell(f"{simulations} tables played, {np.mean([len(table.attempts) for table in tables]):.0f} attempts each")
    return {block: rank_block(block, tables, talks, parameters, seed, tell) for block in blocks}


def plot_ranks(found: BlockRanks, title: str):
    """Draw the ECDF differences of all scalars of a block over their 95% band; return the figure."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 3.6), layout="constrained")
    ax = figure.subplots()
    x = np.arange(RANKED + 1) / RANKED
    low, high = band(len(found.ranks), RANKED)
    ax.fill_between(x, low, high, color="#c9d7e6", label="95% band of one parameter", step="post")
    strangers = set(found.outside)
    for name, column in zip(found.names, found.ranks.T, strict=True):
        stranger = name in strangers
        ax.step(x, ecdf_difference(column, RANKED), where="post", lw=1.4 if stranger else 0.6,
                color="#b3321a" if stranger else "#5b6770", label=name if stranger else None)
    ax.set(xlabel="rank of the truth among draws of the posterior", ylabel="ECDF minus uniform", xlim=(0, 1),
           title=f"{title}: {len(strangers)} of {len(found.names)} parameters leave their band")
    ax.legend(frameon=False, fontsize=7, loc="lower left", ncols=2)
    return figure


def write(found: dict[str, BlockRanks], folder: Path) -> None:
    """Write a picture per block and the numbers behind them, beside those of blocks that were run another time."""
    noted = folder / "sbc.json"
    numbers = json.loads(noted.read_text(encoding="utf-8")) if noted.is_file() else {}
    for block, ranks in found.items():
        with replacing(folder / f"sbc_{block}.png") as path:
            plot_ranks(ranks, block).savefig(path, format="png", dpi=110)
        numbers[block] = {"simulations": len(ranks.ranks), "parameters": len(ranks.names),
                          "outside": list(ranks.outside), "divergences": ranks.divergences,
                          "seconds": round(ranks.seconds)}
    with replacing(noted) as path:
        ordered = {block: numbers[block] for block in BLOCKS if block in numbers}
        path.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Run, write, and return 1 when too many parameters leave their bands."""
    from forecast.paths import data_folder
    from forecast.talks import load_talks

    parser = argparse.ArgumentParser(prog="python -m forecast.calibration.sbc", description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=100)
    parser.add_argument("--block", action="append", choices=BLOCKS, help="repeat for several; default all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=data_folder() / "posterior" / "checks")
    options = parser.parse_args(arguments)
    found = check_blocks(load_talks(), simulations=options.simulations, blocks=tuple(options.block or BLOCKS),
                         seed=options.seed)
    write(found, options.out)
    total = sum(len(ranks.names) for ranks in found.values())
    strangers = [f"{block}.{name}" for block, ranks in found.items() for name in ranks.outside]
    print(f"{len(strangers)} of {total} parameters leave their 95% bands: {', '.join(strangers) or 'none'}")
    return int(len(strangers) > MOST_OUTSIDE * total)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
