"""Counter-based random numbers: Philox4x32-10, addressed, without state.

A block of four 32-bit words is a pure function of key (seed) and counter (address). The address is
``(trial, row, purpose << 24 | sub, index)``: which trial, which posterior row, what the words are for, and which
round, event, party or issue they belong to. So any trial can be replayed alone, in any order, on any thread.

References
----------
Salmon, Moraes, Dror & Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", SC'11.
Wichura (1988), "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37.
Sun Microsystems (1993), fdlibm, e_log.c: the polynomial of the logarithm.
"""

from __future__ import annotations

import math

import numpy as np

from kernels.jit import entry, inlined

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
MASK = np.uint64(0xFFFFFFFF)
WORD = np.uint64(32)
_SCALE = 2.0**-32
#: The bits of the root of 1/2, the length of a fraction, and log 2 in two parts (fdlibm).
_ROOT_HALF, _FRACTION = np.int64(0x3FE6A09E667F3BCD), np.int64(52)
_LOG_2_HIGH, _LOG_2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
CENTRAL = 0.425  #: how far from 1/2 the rank of a normal is read off one rational function
#: Typed, because Numba compiles a function anew for every literal it is given.
ZERO, ONE, NONE = np.int64(0), np.int64(1), np.int64(-1)


@inlined
def philox(c0, c1, c2, c3, k0, k1):
    """Return the four words (uint64 below 2^32) of counter (c0..c3) under key (k0, k1), all uint64 below 2^32."""
    for _ in range(10):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0 = (p1 >> WORD) ^ c1 ^ k0
        c1 = p1 & MASK
        c2 = (p0 >> WORD) ^ c3 ^ k1
        c3 = p0 & MASK
        k0 = (k0 + _W0) & MASK
        k1 = (k1 + _W1) & MASK
    return c0, c1, c2, c3


@inlined
def unit(word):
    """Map a 32-bit word to the open unit interval: (word + 1/2) / 2^32."""
    return (float(np.int64(word)) + 0.5) * _SCALE


@inlined
def uniforms(key, trial, row, purpose, sub, index):
    """Return four uniforms in (0, 1) of one address.

    key: uint64 seed; trial, row, sub (< 2^24), index (< 2^32): int64 >= 0; purpose: a ``codes.Purpose``.
    """
    a, b, c, d = philox(
        np.uint64(trial) & MASK,
        np.uint64(row) & MASK,
        np.uint64((purpose << 24) | sub) & MASK,
        np.uint64(index) & MASK,
        key & MASK,
        key >> WORD,
    )
    return unit(a), unit(b), unit(c), unit(d)


@inlined
def central(q):
    """Return the standard normal quantile of q + 1/2 for -CENTRAL <= q <= CENTRAL."""
    r = 0.180625 - q * q
    num = (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r
               + 45921.953931549871457) * r + 13731.693765509461125) * r
             + 1971.5909503065514427) * r + 133.14166789178437745) * r + 3.387132872796366608)
    den = (((((((5226.495278852545925 * r + 28729.085735721942674) * r + 39307.89580009271061) * r
               + 21213.794301586595867) * r + 5394.1960214247511077) * r
             + 687.1870074920579083) * r + 42.313330701600911252) * r + 1.0)
    return q * num / den


@inlined
def normal(u):
    """Return the standard normal quantile of u in (0, 1) (AS 241, relative error about 1e-16)."""
    q = u - 0.5
    if abs(q) <= CENTRAL:
        return central(q)
    r = u if q < 0.0 else 1.0 - u
    r = math.sqrt(-math.log(r))
    if r <= 5.0:
        r -= 1.6
        num = (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r
                   + 1.27045825245236838258) * r + 3.64784832476320460504) * r
                 + 5.7694972214606914055) * r + 4.6303378461565452959) * r + 1.42343711074968357734)
        den = (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r
                    + 0.0151986665636164571966) * r + 0.14810397642748007459) * r
                  + 0.68976733498510000455) * r + 1.6763848301838038494) * r + 2.05319162663775882187) * r + 1.0)
    else:
        r -= 5.0
        num = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r
                    + 0.0012426609473880784386) * r + 0.026532189526576123093) * r
                  + 0.29656057182850489123) * r + 1.7848265399172913358) * r + 5.4637849111641143699) * r
               + 6.6579046435011037772)
        den = (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r
                    + 1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r
                  + 0.0148753612908506148525) * r + 0.13692988092273580531) * r + 0.59983220655588793769) * r + 1.0)
    return -num / den if q < 0.0 else num / den


@inlined
def exponential(u):
    """Return -log(u) for u in (0, 1), within a unit in the last place: without a branch or a call, so that a loop over
    trials becomes vector code."""
    bits = np.float64(u).view(np.int64)
    k = (bits - _ROOT_HALF) >> _FRACTION  # u = 2^k (1 + f), with 1 + f from the root of 1/2 to that of 2
    f = np.int64(bits - (k << _FRACTION)).view(np.float64) - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (0.3999999999940941908 + w * (0.2222219843214978396 + w * 0.1531383769920937332))
    odd = z * (0.6666666666666735130 + w * (0.2857142874366239149 + w * (
        0.1818357216161805012 + w * 0.1479819860511658591)))
    h = 0.5 * f * f
    return h - (s * (h + (odd + even)) + float(k) * _LOG_2_LOW) - f - float(k) * _LOG_2_HIGH


@inlined
def normal_tail(x):
    """Return the probability of a standard normal above x."""
    return 0.5 * math.erfc(x * 0.7071067811865476)


@inlined
def logistic(x):
    """Return 1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + math.exp(-x))


@entry
def uniforms_at(key, purpose, places, out):
    """Write the first uniform of each of `places` (int64, n) of a purpose, trial 0 and row 0, to `out` (float64, n)."""
    for i in range(places.shape[0]):
        out[i], _, _, _ = uniforms(key, ZERO, 0.0, purpose, ZERO, places[i])
