"""Shared by all tests: seeds from names, a home of their own for compiled code, no test that depends on luck."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def seed_of(name: str) -> int:
    """Return the seed that belongs to a test's name: 32 bits of its hash."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little")


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The seed of this test (the same on every machine, another one for every test and parameter)."""
    return seed_of(request.node.name)


@pytest.fixture
def rng(seed: int) -> np.random.Generator:
    """A generator seeded from the name of this test."""
    return np.random.default_rng(seed)
