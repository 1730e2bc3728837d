"""Random numbers of the plain-Python twin: Philox4x32-10 on Python integers, and AS 241 from the standard library.

Written from the published description of the generator, not from the kernels; only the addresses are shared.
"""

from __future__ import annotations

from statistics import NormalDist

from kernels.codes import Purpose

_STANDARD = NormalDist()
_WORD = 2**32


def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return four 32-bit words: ten rounds of two wide products, words swapped, the key bumped in between."""
    x0, x1, x2, x3 = counter
    k0, k1 = key
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * x0, _WORD)
        high1, low1 = divmod(0xCD9E8D57 * x2, _WORD)
        x0, x1, x2, x3 = high1 ^ x1 ^ k0, low1, high0 ^ x3 ^ k1, low0
        k0 = (k0 + 0x9E3779B9) % _WORD
        k1 = (k1 + 0xBB67AE85) % _WORD
    return x0, x1, x2, x3


class Luck:
    """The uniforms of one trial under one posterior row."""

    def __init__(self, seed: int, trial: int, row: int) -> None:
        self.key = (seed % _WORD, seed // _WORD)
        self.trial, self.row = trial, row
        self.known: dict[tuple[int, int, int], tuple[float, float, float, float]] = {}

    def __call__(self, purpose: Purpose, sub: int = 0, index: int = 0) -> tuple[float, float, float, float]:
        """Return the four uniforms in (0, 1) of an address."""
        address = (int(purpose), sub, index)
        if address not in self.known:  # an address has one content: remembered because Python is slow
            words = philox((self.trial, self.row, purpose * 2**24 + sub, index), self.key)
            self.known[address] = tuple((word + 0.5) / _WORD for word in words)
        return self.known[address]


def normal(u: float) -> float:
    """Return the standard normal quantile of u."""
    return _STANDARD.inv_cdf(u)
