"""``forecast calibrate``: fit the law to historical talks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from forecast.cli.shared import JsonOption, SeedOption, print_json, say, target, working


def calibrate(
    talks: Annotated[Path | None, typer.Option(
        "--talks", metavar="DIR", show_default=False,
        help="A folder of talks in the format of the shipped table; without it the shipped one.")] = None,
    out: Annotated[Path, typer.Option(
        "--out", "-o", metavar="FILE", help="The posterior to write, a .nc file.")] = Path("posterior.nc"),
    exclude: Annotated[list[str] | None, typer.Option(
        "--exclude", metavar="CONFLICT", show_default=False,
        help="Leave out the talks of a conflict. May be repeated.")] = None,
    draws: Annotated[int, typer.Option(min=100, metavar="N", help="Draws per chain.")] = 1000,
    tune: Annotated[int, typer.Option(min=100, metavar="N", help="Draws for tuning, per chain.")] = 1000,
    chains: Annotated[int, typer.Option(min=2, metavar="N", help="Chains.")] = 4,
    seed: SeedOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit the law to historical talks, hold it to its gates, and write the posterior.

    Takes some minutes. An interrupt leaves the file as it was.
    """
    from forecast.calibration.fit import calibrate as fit
    from forecast.posterior.load import save_posterior
    from forecast.talks import load_talks

    file = target(out, "posterior.nc", (".nc",))
    table = load_talks(talks)
    with working("fitting") as progress:
        def tell(text: str, done: int, total: int) -> None:
            progress(done, total)
            say(f"{text} ({done} of {total})")

        tree = fit(table, draws=draws, tune=tune, chains=chains, seed=seed, exclude_conflicts=exclude or (),
                   progress=tell)
        save_posterior(tree, file)
    if as_json:
        print_json({"out": str(file), "content_hash": tree.attrs["content_hash"],
                    "data_hash": tree.attrs["data_hash"], "draws": tree["outcome"].sizes["draw"],
                    "excluded_conflicts": tree.attrs["excluded_conflicts"], "sampling": tree.attrs["sampling"]})
    say(f"wrote {file}")
