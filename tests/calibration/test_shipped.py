"""The shipped posteriors: made by this source, from these data, through the gates, like the notes."""

from __future__ import annotations

import json

import numpy as np
import pytest

import forecast as fc
from forecast.calibration.fit import source_hash
from forecast.calibration.gates import MAX_RHAT, MIN_ESS
from forecast.calibration.ship import conflicts_of_scenarios
from forecast.paths import data_folder

NAMES = ("full", "held_out")


@pytest.fixture(scope="module", params=NAMES)
def shipped(request):
    return request.param, fc.load_posterior(request.param)


def test_is_small_and_complete(shipped) -> None:
    name, tree = shipped
    assert (data_folder() / "posterior" / f"{name}.nc").stat().st_size < 5_000_000
    assert tree["outcome"].sizes["draw"] == 1000 and tree.attrs["kind"] == "posterior"


def test_was_made_by_this_source_from_these_talks(shipped) -> None:
    name, tree = shipped
    talks = fc.load_talks()
    if name == "held_out":
        talks = talks.without_conflicts(conflicts_of_scenarios(talks))
    assert tree.attrs["data_hash"] == talks.data_hash
    assert json.loads(tree.attrs["versions"])["calibration"] == source_hash()


def test_names_the_conflicts_left_out(shipped) -> None:
    name, tree = shipped
    expected = conflicts_of_scenarios(fc.load_talks()) if name == "held_out" else ()
    assert tree.attrs["excluded_conflicts"] == ",".join(expected)
    assert name == "full" or "iran_us" in expected


def test_passed_the_gates(shipped) -> None:
    table = shipped[1]["diagnostics"].to_dataset()
    fitted = np.isfinite(table["rhat"].values)
    assert fitted.sum() == len(fitted) - 1  # all but the stated one
    assert table["rhat"].values[fitted].max() <= MAX_RHAT
    assert min(table[name].values[fitted].min() for name in ("ess_bulk", "ess_tail")) >= MIN_ESS


def test_first_draws_are_a_fair_sample(shipped) -> None:
    """A forecast with 100 draws takes some rows only: they must not be one chain's beginning."""
    values = shipped[1]["outcome"]["close_log_shape"].values
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 0.12
    assert abs(values[:250].mean() - values.mean()) < 4 * values.std() / np.sqrt(250)


# 90% intervals of the notes; the mean of the fit must lie inside. Terms whose coding differs are left out.
NOTES = {
    "outcome.close_log_shape": (0.15, 0.39), "outcome.close_far": (-2.01, -0.71),
    "outcome.collapse_intercept": (-3.00, -2.57), "outcome.stall_intercept": (-4.52, -3.46),
    "outcome.collapse_tension": (0.62, 1.17), "outcome.collapse_here": (0.32, 1.78),
    "outcome.collapse_far": (-1.49, -0.28), "outcome.stall_log_attempt": (0.15, 0.77),
    "calendar.gap_pace_sd": (0.80, 1.01), "calendar.gap_sd": (0.44, 0.80), "calendar.gap_wide_share": (0.30, 0.67),
    "calendar.gap_after_cancelled": (0.12, 0.71), "calendar.slip_log_mean": (2.54, 3.11),
    "calendar.slip_unlisted_shift": (-1.79, -0.92), "calendar.slip_pace_loading": (0.70, 1.31),
    "calendar.loss_absent": (2.10, 2.91), "calendar.loss_virtual": (-2.54, -0.67), "calendar.loss_sd": (0.55, 1.07),
    "calendar.cancelled_logit": (-1.65, -0.94), "participation.mode_home": (0.09, 0.37),
    "participation.mode_switch_pandemic": (1.65, 3.09), "participation.absent_sd": (0.78, 1.46),
    "disruption.pulse_days": (3.5, 5.6),
}


@pytest.mark.parametrize("path", NOTES)
def test_agrees_with_the_notes(path: str) -> None:
    group, name = path.split(".")
    low, high = NOTES[path]
    assert low <= float(fc.load_posterior("full")[group][name].mean()) <= high


@pytest.mark.long
def test_replicates_look_like_the_table() -> None:
    """The eight numbers of the ending and the loss of every large domain lie in the 90% band of replicates."""
    from forecast.calibration.checks import EIGHT, predictive_checks

    checks = predictive_checks(fc.load_talks(), fc.load_posterior("full"), replicates=200)
    must = [check for check in checks if check.must]
    assert {check.name for check in must} >= set(EIGHT) and len(must) >= 13
    assert not [check for check in must if not check.inside]
    # A band of 90% may miss some of the rest, but not many.
    assert sum(not check.inside for check in checks) <= 0.15 * len(checks)
