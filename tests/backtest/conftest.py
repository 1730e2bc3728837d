"""The shipped table, and a small backtest of the expert prior that several tests read."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

import forecast as fc
from forecast.talks import Talks

SOME = (
    "us_iran_2025",
    "aceh_helsinki_2005",
    "boeing_iam_2024",
    "nba_cba_2011",
    "camp_david_1978",
    "gaza_cairo_2014",
    "eu_mff_feb_2020",
    "new_start_2009_10",
    "cop29_finance_2024",
    "wye_redeployment_1997_98",
)

if not all(importlib.util.find_spec(name) for name in ("scores", "scoringrules", "sklearn")):
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def talks() -> Talks:
    """The shipped table."""
    return fc.load_talks()


@pytest.fixture(scope="session")
def some(talks: Talks) -> Talks:
    """Ten talks of ten conflicts, with deals, collapses and offers among them."""
    return talks.subset(SOME)


@pytest.fixture(scope="session")
def small(some: Talks) -> Any:
    """A backtest of them under the expert prior."""
    return fc.backtest(
        some,
        posterior="prior",
        draws=30,
        trials=20,
        seed=1,
        landmarks=["attempt_1", "attempt_3", "day_90"],
        ablations=["tension", "history"],
    )
