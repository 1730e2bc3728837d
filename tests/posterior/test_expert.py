"""The expert prior says what the study of the table says, and gives the same draws to everybody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import special

from forecast.errors import PosteriorError
from forecast.posterior import expert_prior
from forecast.posterior.expert import _distributions, expert_file, read_entries
from forecast.posterior.layout import COORDS, PARAMETERS

DRAWS = 4000


@pytest.fixture(scope="module")
def tree():
    return expert_prior(DRAWS)


@pytest.fixture(scope="module")
def entries():
    return read_entries(expert_file())


def values(tree, path: str, **labels):
    parameter = PARAMETERS[path]
    return tree[parameter.group][parameter.name].sel(labels).values


# path, labels, 5%, 95%: typed from the tables of the study, not from the file under test.
STATED = [
    ("calendar.gap_pace_sd", {}, 0.80, 1.01),
    ("calendar.gap_sd", {}, 0.44, 0.80),
    ("calendar.gap_wide_share", {}, 0.30, 0.67),
    ("calendar.gap_after_cancelled", {}, 0.12, 0.71),
    ("calendar.slip_log_mean", {}, 2.54, 3.11),
    ("calendar.slip_unlisted_shift", {}, -1.79, -0.92),
    ("calendar.slip_pace_loading", {}, 0.70, 1.31),
    ("calendar.slip_sd", {}, 1.08, 1.43),
    ("calendar.gap_log_mean", {"domain": "nuclear_arms"}, 3.32 - 0.27, 3.32 + 0.27),
    ("calendar.gap_log_mean", {"domain": "fiscal"}, 2.62 - 0.55, 2.62 + 0.55),
    ("calendar.loss_logit", {"domain": "intrastate"}, -2.34 - 0.34, -2.34 + 0.34),
    ("calendar.loss_sd", {}, 0.55, 1.07),
    ("calendar.loss_severe", {}, 1.32, 2.35),
    ("calendar.loss_absent", {}, 2.10, 2.91),
    ("calendar.loss_virtual", {}, -2.54, -0.67),
    ("calendar.cancelled_severe", {}, 0.59, 1.97),
    ("participation.mode_stay", {"mode": "remote"}, 0.13, 0.45),
    ("participation.mode_home", {}, 0.09, 0.37),
    ("participation.mode_switch_pandemic", {}, 1.65, 3.09),
    ("participation.mode_first_mediated", {}, -0.16, 2.07),
    ("participation.absent_sd", {}, 0.78, 1.46),
    ("participation.retreat", {"cause": "other"}, 0.11, 0.19),
    ("participation.retreat", {"cause": "exogenous"}, 0.20, 0.58),
    ("disruption.pulse_days", {}, 3.5, 5.6),
    ("disruption.pulse_share", {"pulse": "background"}, 0.11, 0.19),
    ("disruption.pulse_share", {"pulse": "after"}, 0.40, 0.53),
    ("disruption.pulse_share", {"pulse": "before"}, 0.33, 0.46),
    ("disruption.recovery_zero", {"severity": 1}, 0.77, 0.94),
    ("disruption.recovery_zero", {"severity": 2}, 0.22, 0.41),
    ("disruption.recovery_zero", {"severity": 3}, 0.02, 0.11),
    ("disruption.recovery_log_mean", {"severity": 3}, 3.54, 4.13),
    ("disruption.novel_share", {}, 0.002, 0.04),
    ("outcome.close_log_shape", {}, 0.15, 0.39),
    ("outcome.close_far", {}, -2.01, -0.71),
    ("outcome.collapse_intercept", {}, -3.00, -2.57),
    ("outcome.stall_intercept", {}, -4.52, -3.46),
    ("outcome.collapse_tension", {}, 0.62, 1.17),
    ("outcome.collapse_far", {}, -1.49, -0.28),
    ("outcome.collapse_here", {}, 0.32, 1.78),
    ("outcome.stall_far", {}, -1.61, -0.01),
    ("outcome.stall_log_attempt", {}, 0.15, 0.77),
    ("outcome.effort_virtual", {}, -0.72, 0.15),
    ("offers.offer_stuck", {}, 0.12, 0.26),
    ("offers.kappa_log_mean", {}, np.log(0.3), np.log(1.6)),
]


@pytest.mark.parametrize(("path", "labels", "low", "high"), STATED)
def test_interval_is_the_one_the_study_states(tree, path: str, labels: dict, low: float, high: float) -> None:
    found = np.quantile(values(tree, path, **labels), [0.05, 0.95])
    # Exact for families given by their interval; betas and Dirichlets match the study's rounded one.
    assert found == pytest.approx([low, high], abs=0.02 + 0.03 * (high - low))


MEANS = [
    ("outcome.zopa", 30 / 31),
    ("outcome.partial_share", 0.23),
    ("outcome.collapse_same_day", 0.65),
    ("participation.mode_keep_after_loss", 0.93),
    ("participation.absent_habit_share", 27 / 43),
    ("disruption.novel_share", 0.015),
    ("offers.offer_stuck", 0.19),
]


@pytest.mark.parametrize(("path", "mean"), MEANS)
def test_share_has_the_mean_of_its_counts(tree, path: str, mean: float) -> None:
    assert values(tree, path).mean() == pytest.approx(mean, abs=0.01)


def test_every_interval_of_the_file_is_met(tree, entries) -> None:
    for path, parameter in PARAMETERS.items():
        for index, family, numbers in _distributions(parameter, entries[path]):
            drawn = tree[parameter.group][parameter.name].values[(slice(None), *index)]
            if family == "fixed":
                assert (drawn == numbers).all()
                continue
            if family == "beta":
                wanted = special.betaincinv(*numbers, [0.05, 0.5, 0.95])
                found = np.quantile(drawn, [0.05, 0.5, 0.95])
            elif family == "dirichlet":
                a = np.array(numbers)
                wanted, found = a / a.sum(), drawn.mean(axis=0)
                assert found == pytest.approx(wanted, abs=0.005), path
                continue
            else:
                shift = 1.0 if family == "lognormal_above_one" else 0.0
                wanted, found = numbers, np.quantile(drawn - shift, [0.05, 0.95])
            width = wanted[-1] - wanted[0]
            assert found == pytest.approx(wanted, abs=0.01 * width), path


def test_draws_are_inside_their_supports(tree) -> None:
    for parameter in PARAMETERS.values():
        assert parameter.support.contains(tree[parameter.group][parameter.name].values).all()


def test_labels_are_not_swapped(tree) -> None:
    rate = tree["disruption"]["kind_rate"].mean("draw")
    assert rate.sel(kind="escalation").idxmax() == "ceasefire"
    assert rate.sel(kind="walkout_leak").idxmax() == "fiscal"
    assert tree["participation"]["mode_first_logit"].mean("draw").idxmax() == "in_person"
    assert tree["participation"]["retreat"].mean("draw").idxmax() == "exogenous"
    assert tree["disruption"]["recovery_log_mean"].mean("draw").idxmax() == 3


def test_novel_events_are_more_severe_than_any_calibrated_kind(tree) -> None:
    novel = tree["disruption"]["novel_severity_share"].mean("draw").sel(severity=3)
    assert (novel > tree["disruption"]["severity_share"].mean("draw").sel(severity=3)).all()


def test_each_parameter_gives_its_reason(tree, entries) -> None:
    for path, parameter in PARAMETERS.items():
        attrs = tree[parameter.group][parameter.name].attrs
        assert len(attrs["reason"]) > 8 and attrs["informed_by"]
        assert entries[path]["n"] >= 0
        assert 0 <= entries[path].get("contraction", 0) <= 1


def test_same_seed_same_draws_and_parameters_are_independent(tree) -> None:
    again = expert_prior(DRAWS)
    assert again.attrs["content_hash"] == tree.attrs["content_hash"]
    assert expert_prior(DRAWS, seed=1).attrs["content_hash"] != tree.attrs["content_hash"]
    uncertain = [p for p in PARAMETERS.values() if p.role != "stated"]
    columns = [tree[p.group][p.name].values.reshape(DRAWS, -1)[:, 0] for p in uncertain]
    correlation = np.corrcoef(np.array(columns))
    np.fill_diagonal(correlation, 0.0)
    assert np.abs(correlation).max() < 5.5 / np.sqrt(DRAWS)


def test_draws_of_one_parameter_do_not_depend_on_the_others(entries) -> None:
    from forecast.posterior.expert import _draw_parameter

    parameter = PARAMETERS["outcome.zopa"]
    alone = _draw_parameter(parameter, entries["outcome.zopa"], 50, 7)
    assert (alone == expert_prior(50, seed=7)["outcome"]["zopa"].values).all()


@pytest.mark.parametrize("draws", [0, -3])
def test_no_draws_is_an_error(draws: int) -> None:
    with pytest.raises(PosteriorError, match="at least 1"):
        expert_prior(draws)


def test_one_draw_is_enough() -> None:
    assert expert_prior(1)["outcome"].sizes["draw"] == 1


BROKEN = [
    ("outcome.zopa:\n    beta: [30, 1]", "outcome.zopa:\n    beta: [30]", "is not 2 numbers"),
    ("outcome.zopa:\n    beta: [30, 1]", "outcome.zopa:\n    beta: [30, 0]", "must be above 0"),
    ("outcome.zopa:\n    beta: [30, 1]", "outcome.zopa:\n    gamma: [30, 1]", "at the top"),
    ("outcome.zopa:\n    beta: [30, 1]", "outcome.zopa:\n    beta: [30, .nan]", "not finite numbers"),
    ("{lognormal: [0.44, 0.80]", "{lognormal: [0.80, 0.44]", "not below"),
    ("calendar.gap_sd:", "calendar.gap_width:", "calendar.gap_sd: missing"),
    ("calendar.gap_sd:", "calendar.gap_width:", "calendar.gap_width: unknown"),
    ("      trade: {normal: [3.06, 3.74]}\n", "", "labels"),
    ("{dirichlet: [33, 101, 86]", "{dirichlet: [33, 101]", "is not 3 numbers"),
    ("logitnormal: [0.30, 0.67]", "logitnormal: [0.30, 1.67]", "must be below 1"),
    ("parameters:\n", "parameters: [\n", "cannot be read"),
    ("parameters:\n", "numbers:\n", "no mapping 'parameters'"),
]


@pytest.mark.parametrize(("old", "new", "message"), BROKEN)
def test_broken_prior_file_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = expert_file().read_text(encoding="utf-8")
    assert text.count(old) >= 1
    file = tmp_path / "expert.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PosteriorError, match=message):
        read_entries(file)


def test_labels_of_the_file_are_those_of_the_layout(entries) -> None:
    assert list(entries["participation.retreat"]["by"]) == list(COORDS["cause"])
