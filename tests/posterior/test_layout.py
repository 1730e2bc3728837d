"""The registry of the posterior is complete, in step with the vocabulary, and enforced."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.errors import PosteriorError
from forecast.posterior import build_tree, check_posterior, expert_prior, hash_tree
from forecast.posterior.layout import (
    COORDS,
    DIAGNOSTIC_COLUMNS,
    GROUPS,
    PARAMETERS,
    ROLES,
    SCHEMA_VERSION,
    count_scalars,
)

# Written out by hand: the names are a contract with calibration, packing and saved files.
CONTRACT = {
    "calendar": "gap_log_mean gap_pace_sd gap_sd gap_wide_share gap_wide_ratio gap_near_deadline "
    "gap_after_cancelled gap_log_round slip_log_mean slip_sd slip_pace_loading slip_unlisted_share "
    "slip_unlisted_shift length_zero length_log_mean length_sd loss_logit loss_sd loss_severe "
    "loss_absent loss_virtual cancelled_logit cancelled_absent cancelled_severe",
    "participation": "mode_first_logit mode_first_mediated mode_first_pandemic mode_stay mode_home mode_switch_logit "
    "mode_switch_pandemic mode_keep_after_loss absent_logit absent_sd absent_habit_share report_right "
    "retreat",
    "disruption": "kind_rate pulse_days pulse_share severity_share recovery_zero recovery_log_mean recovery_sd "
    "novel_share novel_severity_share",
    "outcome": "close_log_scale close_log_shape close_far zopa effort_virtual effort_mediated effort_absent "
    "effort_pause collapse_intercept collapse_postponed collapse_cancelled collapse_tension collapse_far "
    "collapse_here stall_intercept stall_postponed stall_cancelled stall_far stall_log_attempt "
    "partial_share collapse_same_day collapse_lag_log_mean collapse_lag_sd",
    "offers": "kappa_log_mean kappa_log_sd offer_stuck offer_noise",
}


@pytest.fixture
def tree():
    return expert_prior(20)


def test_every_parameter_of_the_contract_is_registered_and_no_other() -> None:
    wanted = [f"{group}.{name}" for group, names in CONTRACT.items() for name in names.split()]
    assert list(PARAMETERS) == wanted
    assert tuple(CONTRACT) == GROUPS


@pytest.mark.parametrize("path", PARAMETERS)
def test_parameter_is_described(path: str) -> None:
    parameter = PARAMETERS[path]
    assert parameter.long_name and parameter.units
    assert parameter.role in ROLES
    assert set(parameter.dims) <= set(COORDS)
    assert parameter.simplex in ("", *parameter.dims)
    assert parameter.support.low < parameter.support.high
    assert "days" not in parameter.units, "xarray would decode it to a duration"


def test_dims_of_the_larger_parameters() -> None:
    assert PARAMETERS["disruption.kind_rate"].shape == (4, 8)
    assert PARAMETERS["disruption.severity_share"].shape == (4, 3)
    assert PARAMETERS["participation.retreat"].shape == (9,)
    assert count_scalars() == sum(int(np.prod(p.shape)) for p in PARAMETERS.values())


def test_tree_has_labels_attributes_and_the_table_of_diagnostics(tree) -> None:
    assert tree.attrs["schema_version"] == SCHEMA_VERSION
    assert set(tree.children) == {*GROUPS, "diagnostics"}
    for parameter in PARAMETERS.values():
        variable = tree[parameter.group][parameter.name]
        assert variable.dims == ("draw", *parameter.dims)
        assert variable.attrs["units"] == parameter.units
        assert variable.attrs["long_name"] == parameter.long_name
        assert variable.attrs["role"] == parameter.role
    table = tree["diagnostics"]
    assert list(table.coords["parameter"].values) == list(PARAMETERS)
    assert set(table.data_vars) == set(DIAGNOSTIC_COLUMNS)


def corrupt(tree, path: str, change):
    group, name = path.split(".")
    change(tree[group][name].values)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("calendar.gap_sd", 0.0, "a number above 0"),
        ("calendar.gap_sd", np.nan, "a number above 0"),
        ("calendar.gap_log_mean", np.inf, "a number from -30 to 30"),
        ("calendar.gap_wide_ratio", 1.0, "a number above 1"),
        ("outcome.zopa", 1.5, "a share from 0 to 1"),
        ("participation.report_right", 0.0, "a share above 0"),
        ("disruption.pulse_share", 0.9, "summing to 1 along pulse"),
        ("disruption.severity_share", 0.99, "summing to 1 along severity"),
    ],
)
def test_value_outside_its_support_is_named(tree, path: str, value: float, message: str) -> None:
    def change(values):
        values.flat[3] = value

    corrupt(tree, path, change)
    with pytest.raises(PosteriorError, match=message) as caught:
        check_posterior(tree)
    assert [problem.where for problem in caught.value.problems] == [path]


def test_a_legal_change_is_caught_by_the_hash_alone(tree) -> None:
    corrupt(tree, "outcome.zopa", lambda values: values.__setitem__(0, 0.5))
    with pytest.raises(PosteriorError, match="content_hash: does not match"):
        check_posterior(tree)
    tree.attrs["content_hash"] = hash_tree(tree)
    check_posterior(tree)


def test_the_hash_covers_what_the_tree_claims_to_be(tree) -> None:
    before = hash_tree(tree)
    tree.attrs["created"] = "another day"
    assert hash_tree(tree) == before
    tree.attrs["excluded_conflicts"] = "iran"
    assert hash_tree(tree) != before


def test_all_problems_are_listed_at_once(tree) -> None:
    import xarray as xr

    del tree["offers"]["kappa_log_sd"]
    tree["calendar"]["mystery"] = ("draw", np.zeros(20))
    tree["outcome"]["zopa"] = tree["outcome"]["zopa"].astype("float32")
    tree["participation"]["mode_home"].attrs["role"] = "guessed"
    tree["extra"] = xr.DataTree(xr.Dataset({"x": 1}))
    del tree["disruption"]
    del tree.attrs["created"]
    tree.attrs["kind"] = "rumour"
    with pytest.raises(PosteriorError) as caught:
        check_posterior(tree)
    where = {problem.where for problem in caught.value.problems}
    assert where == {
        "offers.kappa_log_sd",
        "calendar.mystery",
        "outcome.zopa",
        "participation.mode_home",
        "extra",
        "disruption",
        "attribute created",
        "attribute kind",
    }
    assert "8 problems" in str(caught.value)


def test_swapped_labels_are_refused(tree) -> None:
    names = list(COORDS["domain"])[::-1]
    tree["outcome"] = tree["outcome"].to_dataset().assign_coords(domain=names)
    with pytest.raises(PosteriorError, match="labels of domain"):
        check_posterior(tree)


def test_another_version_is_refused(tree) -> None:
    tree.attrs["schema_version"] = SCHEMA_VERSION + 1
    with pytest.raises(PosteriorError, match=f"schema_version: {SCHEMA_VERSION + 1}; {SCHEMA_VERSION}"):
        check_posterior(tree)


def test_build_refuses_unknown_missing_and_uneven_parameters(tree) -> None:
    values = {path: tree[p.group][p.name].values for path, p in PARAMETERS.items()}
    with pytest.raises(PosteriorError, match="calendar.nothing: unknown parameter"):
        build_tree({**values, "calendar.nothing": np.zeros(20)}, kind="prior", data_hash="x")
    with pytest.raises(PosteriorError, match="offers.offer_noise: missing"):
        fewer = {path: v for path, v in values.items() if path != "offers.offer_noise"}
        build_tree(fewer, kind="prior", data_hash="x")
    same = build_tree(values, kind="prior", data_hash=tree.attrs["data_hash"])
    assert same.attrs["content_hash"] == tree.attrs["content_hash"]
    # one variable with fewer draws in a group of its own making cannot even be put together
    with pytest.raises(ValueError, match="draw"):
        build_tree({**values, "offers.offer_noise": np.full(19, 0.1)}, kind="prior", data_hash="x")
    short = {path: v[:19] if path.startswith("offers") else v for path, v in values.items()}
    with pytest.raises(PosteriorError, match="several lengths: 19 .*; 20 "):
        build_tree(short, kind="prior", data_hash="x")
