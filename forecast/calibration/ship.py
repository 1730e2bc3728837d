"""Make the posteriors that ship: ``python -m forecast.calibration.ship [FOLDER]``."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.errors import Problem, TalksError
from forecast.paths import data_folder

if TYPE_CHECKING:
    from forecast.talks.load import Talks

SEED = 20260619
"""Seed of the shipped fits."""

TALK_OF_SCENARIO = {
    "boeing_machinists_2024": "boeing_iam_2024",
    "jcpoa_framework_2015": "jcpoa_2014_15",
    "libya_ceasefire_2020": "libya_jmc_2020",
    "nba_players_2011": "nba_cba_2011",
    "uk_nz_trade_2021": "uk_nz_fta_2020_21",
    "us_iran_final_2026": "us_iran_final_2026",
}
"""Which talks of the table a shipped scenario is about; their conflicts are held out for it."""


def conflicts_of_scenarios(talks: Talks) -> tuple[str, ...]:
    """Return the conflicts of the shipped scenarios, sorted.

    Parameters
    ----------
    talks : Talks

    Returns
    -------
    tuple of str

    Raises
    ------
    TalksError
        If a shipped scenario has no talks in `TALK_OF_SCENARIO`: its forecast would be hindsight.

    Examples
    --------
    >>> import forecast as fc
    >>> "iran_us" in conflicts_of_scenarios(fc.load_talks())
    True
    """
    names = sorted(path.stem for path in (data_folder() / "scenarios").glob("*.yaml"))
    unknown = [Problem(name, "a scenario of no known talks", "a line in TALK_OF_SCENARIO")
               for name in names if name not in TALK_OF_SCENARIO]
    if unknown:
        raise TalksError(unknown, "data/scenarios")
    return tuple(sorted({talks.talk(TALK_OF_SCENARIO[name]).conflict for name in names}))


def main(arguments: list[str]) -> int:
    """Fit and write ``full.nc`` and ``held_out.nc``."""
    from forecast.calibration.fit import calibrate
    from forecast.posterior.load import save_posterior
    from forecast.talks import load_talks

    folder = Path(arguments[0]) if arguments else data_folder() / "posterior"
    talks = load_talks()
    for name, excluded in (("full", ()), ("held_out", conflicts_of_scenarios(talks))):
        began = time.perf_counter()

        def tell(text: str, done: int, total: int, name: str = name, began: float = began) -> None:
            print(f"{name}: {text} ({done}/{total}, {time.perf_counter() - began:.0f} s)", flush=True)

        tree = calibrate(talks, seed=SEED, exclude_conflicts=excluded, progress=tell)
        save_posterior(tree, folder / f"{name}.nc")
        print(f"{name}: {tree.attrs['content_hash'][:12]}, {tree.attrs['sampling']}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
