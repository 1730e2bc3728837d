"""The scenario that the tests of sweeps share."""

from __future__ import annotations

import pytest
from sweep.harbour import TALKS

from forecast.scenario import Scenario


@pytest.fixture
def talks() -> Scenario:
    """Small labour talks on the expert prior."""
    return Scenario.from_dict(TALKS)
