"""Known answers of the random numbers: published vectors of the generator, the normal quantile against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from kernels.codes import Purpose
from kernels.random import exponential, logistic, normal, normal_tail, philox, uniforms, unit

#: Counter, key, words: from the generator's authors (Random123, kat_vectors).
PUBLISHED = {
    "zeros": ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    "ones": ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    "pi": ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
}


def words(text: str) -> list[np.uint64]:
    return [np.uint64(int(word, 16)) for word in text.split()]


@pytest.mark.parametrize("name", PUBLISHED)
def test_philox_gives_the_published_words(name: str) -> None:
    counter, key, answer = (words(text) for text in PUBLISHED[name])
    assert [int(word) for word in philox(*counter, *key)] == [int(word) for word in answer]


def test_every_part_of_an_address_counts(rng: np.random.Generator) -> None:
    """Changing the seed's two halves, trial, row, purpose, sub-index or index changes all four uniforms."""
    base = {"key": np.uint64(2**40 + 5), "trial": 3, "row": 7, "purpose": 9, "sub": 11, "index": 13}
    found = {uniforms(*base.values())}
    for name, value in base.items():
        steps = (1, 2**33) if name == "key" else (1,)
        for step in steps:
            changed = {**base, name: type(value)(value + type(value)(step))}
            found.add(uniforms(*changed.values()))
    assert len(found) == 8
    assert len({u for block in found for u in block}) == 32


def test_purposes_and_sub_indices_do_not_collide() -> None:
    """Sub-indices below 2^24 stay inside their purpose."""
    assert max(Purpose) < 256
    last = np.int64(2**24 - 1)
    one, two = (uniforms(np.uint64(1), 0, 0, np.int64(p), s, 0) for p, s in ((1, last), (2, np.int64(0))))
    assert one != two


def test_uniforms_stay_inside_the_unit_interval() -> None:
    assert unit(np.uint64(0)) == 2.0**-33
    assert unit(np.uint64(2**32 - 1)) == 1.0 - 2.0**-33


def test_uniforms_are_uniform_and_uncorrelated() -> None:
    """Means, variances and correlations between words, neighbouring trials and neighbouring rows."""
    n = 40_000
    u = np.array([uniforms(np.uint64(20260619), t, 0, np.int64(1), 0, 0) for t in range(n)])
    v = np.array([uniforms(np.uint64(20260619), t, 1, np.int64(1), 0, 0) for t in range(n)])
    four = 4 / np.sqrt(n)
    assert np.abs(u.mean(axis=0) - 0.5).max() < four * np.sqrt(1 / 12)
    assert np.abs(u.var(axis=0) - 1 / 12).max() < four * np.sqrt(1 / 180)
    columns = np.concatenate([u[:-1], u[1:], v[:-1]], axis=1)
    off = np.corrcoef(columns, rowvar=False) - np.eye(12)
    assert np.abs(off).max() < 4.5 / np.sqrt(n)


def test_normal_quantile_equals_scipy() -> None:
    """AS 241, all three of its regions and both tails, down to the smallest uniform there is."""
    tail = np.geomspace(2.0**-33, 0.08, 4000)
    u = np.concatenate([tail, 1.0 - tail, np.linspace(0.07, 0.93, 4001), [0.075, 0.925, 0.5]])
    got = np.array([normal(x) for x in u])
    np.testing.assert_allclose(got, ndtri(u), rtol=3e-15, atol=1e-16)


def test_normal_quantile_goes_up() -> None:
    u = (np.arange(20_000) + 0.5) / 20_000
    assert (np.diff([normal(x) for x in u]) > 0).all()


def test_normal_tail_equals_scipy() -> None:
    x = np.linspace(-8.0, 8.0, 1001)
    np.testing.assert_allclose([normal_tail(v) for v in x], ndtr(-x), rtol=1e-13)


def test_logistic_is_the_inverse_of_the_log_odds() -> None:
    p = np.linspace(0.001, 0.999, 99)
    np.testing.assert_allclose([logistic(x) for x in np.log(p / (1 - p))], p, rtol=1e-13)


def test_exponential_is_minus_the_logarithm(rng: np.random.Generator) -> None:
    """To a unit in the last place, from the smallest rank to the largest."""
    u = np.concatenate([rng.random(5_000), 2.0 ** -np.arange(1, 34), 1.0 - 2.0 ** -np.arange(2, 34)])
    wanted = -np.log(u)
    assert (np.abs(np.array([exponential(x) for x in u]) - wanted) <= np.spacing(wanted)).all()
