"""Known answers of the concession curves: the published table of Faratin, Sierra & Jennings (1998)."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.engine.bridge import tactic_values

TIMES = np.array([0.0, 0.25, 0.5, 0.75, 0.9, 1.0])
K = 0.1
TABLE = {
    ("polynomial", 0.1): [0.1, 0.100001, 0.100879, 0.150682, 0.413811, 1],
    ("polynomial", 0.5): [0.1, 0.15625, 0.325, 0.60625, 0.829, 1],
    ("polynomial", 1.0): [0.1, 0.325, 0.55, 0.775, 0.91, 1],
    ("polynomial", 2.0): [0.1, 0.55, 0.736396, 0.879423, 0.953815, 1],
    ("polynomial", 10.0): [0.1, 0.883496, 0.939730, 0.974477, 0.990567, 1],
    ("exponential", 0.1): [0.1, 0.106748, 0.116672, 0.134725, 0.160573, 1],
    ("exponential", 0.5): [0.1, 0.136137, 0.196288, 0.316228, 0.482806, 1],
    ("exponential", 1.0): [0.1, 0.177828, 0.316228, 0.562341, 0.794328, 1],
    ("exponential", 2.0): [0.1, 0.273842, 0.562341, 0.865964, 0.977237, 1],
    ("exponential", 10.0): [0.1, 0.878388, 0.997754, 0.999998, 1, 1],
}


def values(family: str, beta: float, k: float, x: np.ndarray) -> np.ndarray:
    out = np.empty(len(x))
    tactic_values(np.ascontiguousarray(x, dtype=np.float64), beta, k, int(family == "exponential"), out)
    return out


@pytest.mark.parametrize("family, beta", TABLE)
def test_tactics_equal_the_published_table(family: str, beta: float) -> None:
    np.testing.assert_allclose(values(family, beta, K, TIMES), TABLE[family, beta], rtol=0, atol=1e-6)


@pytest.mark.parametrize("family", ["polynomial", "exponential"])
@pytest.mark.parametrize("beta", [0.2, 1.0, 5.0])
@pytest.mark.parametrize("k", [0.01, 0.5])
def test_tactics_go_from_k_to_one_and_stay_there(family: str, beta: float, k: float) -> None:
    x = np.linspace(0.0, 1.5, 301)
    alpha = values(family, beta, k, x)
    assert alpha[0] == pytest.approx(k)
    assert (np.diff(alpha) >= 0).all()
    np.testing.assert_array_equal(alpha[x >= 1], 1.0)


def test_boulware_is_late_and_conceder_early() -> None:
    x = np.linspace(0.05, 0.95, 19)
    line = K + (1 - K) * x
    assert (values("polynomial", 0.3, K, x) < line).all()
    assert (values("polynomial", 3.0, K, x) > line).all()
    np.testing.assert_allclose(values("polynomial", 1.0, K, x), line, rtol=1e-14)


def test_without_k_the_polynomial_tactic_is_a_power() -> None:
    """What positions use: alpha = x^kappa with kappa = 1 / beta."""
    x = np.linspace(0.0, 1.0, 50)
    np.testing.assert_allclose(values("polynomial", 1 / 2.5, 0.0, x), x**2.5, rtol=1e-13)
