"""The twin's generator and the kernels' one against the published vectors, and against each other."""

from __future__ import annotations

import numpy as np
import pytest
from reference import luck

from kernels import random as compiled
from kernels.codes import Purpose

# Random123, kat_vectors: philox4x32 with 10 rounds.
VECTORS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "words"), VECTORS)
def test_published_vectors(counter, key, words) -> None:
    assert luck.philox(counter, key) == words
    assert tuple(int(w) for w in compiled.philox(*map(np.uint64, counter), *map(np.uint64, key))) == words


@pytest.mark.parametrize("purpose", list(Purpose))
def test_addresses_are_read_alike(purpose: Purpose, rng: np.random.Generator) -> None:
    seed, trial = int(rng.integers(2**63)), int(rng.integers(2**31))
    row, sub, index = int(rng.integers(1000)), int(rng.integers(2**24)), int(rng.integers(2**32))
    found = compiled.uniforms(
        np.uint64(seed), np.int64(trial), float(row), np.int64(purpose), np.int64(sub), np.int64(index)
    )
    assert tuple(found) == luck.Luck(seed, trial, row)(purpose, sub, index)


def test_normal_quantiles_agree() -> None:
    u = (np.concatenate([np.geomspace(1e-10, 0.5, 400), 1 - np.geomspace(1e-10, 0.5, 400)])).tolist()
    for x in u:
        assert compiled.normal(x) == pytest.approx(luck.normal(x), rel=1e-13, abs=1e-15)
