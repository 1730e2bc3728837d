"""Colours of the codes: told apart by colour-blind readers, and in grey together with the hatch."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import pytest

from forecast.looks import ENDING_LOOKS, MODE_LOOKS, STATUS_LOOKS, Look
from forecast.vocabulary import ENDINGS, MODES, STATUS

# Machado, Oliveira and Fernandes (2009), full deficiency.
SIGHTS = {
    "normal": np.eye(3),
    "protan": np.array([[.152286, 1.052583, -.204868], [.114503, .786281, .099216], [-.003882, -.048116, 1.051998]]),
    "deutan": np.array([[.367322, .860646, -.227968], [.280085, .672501, .047413], [-.011820, .042940, .968881]]),
    "tritan": np.array([[1.255528, -.076749, -.178779], [-.078411, .930809, .147602], [.004733, .691367, .303900]]),
}
SETS = {"endings": ENDING_LOOKS, "modes": MODE_LOOKS, "status": STATUS_LOOKS}


def lab(colour: str, sight: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of a colour as a viewer sees it."""
    c = np.array([int(colour[i:i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.clip(sight @ np.where(c <= .04045, c / 12.92, ((c + .055) / 1.055) ** 2.4), 0, 1)
    to_xyz = np.array([[.4124564, .3575761, .1804375], [.2126729, .7151522, .0721750], [.0193339, .1191920, .9503041]])
    x = to_xyz @ linear / np.array([.95047, 1, 1.08883])
    f = np.where(x > .008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("name", SETS)
def test_told_apart_by_every_reader(name: str, sight: str) -> None:
    for a, b in itertools.combinations(SETS[name].values(), 2):
        far = np.linalg.norm(lab(a.colour, SIGHTS[sight]) - lab(b.colour, SIGHTS[sight]))
        assert far > 15, (a.label, b.label, far)


@pytest.mark.parametrize("name", SETS)
def test_told_apart_in_grey(name: str) -> None:
    """By lightness, or by one being plain and the other hatched, or by different hatches."""
    looks: Mapping[str, Look] = SETS[name]
    for a, b in itertools.combinations(looks.values(), 2):
        lighter = abs(lab(a.colour, SIGHTS["normal"])[0] - lab(b.colour, SIGHTS["normal"])[0])
        assert lighter > 12 or a.hatch != b.hatch, (a.label, b.label, lighter)
    plain = [look for look in looks.values() if not look.hatch]
    for a, b in itertools.combinations(plain, 2):
        assert abs(lab(a.colour, SIGHTS["normal"])[0] - lab(b.colour, SIGHTS["normal"])[0]) > 12


def test_every_code_has_a_look() -> None:
    assert tuple(ENDING_LOOKS) == ENDINGS
    assert tuple(MODE_LOOKS) == MODES
    assert tuple(STATUS_LOOKS) == STATUS
