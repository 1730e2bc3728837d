"""The quick reader of posteriors gives what a netCDF backend gives."""

from __future__ import annotations

import pytest
import xarray as xr

from forecast.paths import data_folder
from forecast.posterior import load_posterior
from forecast.posterior.load import save_posterior


def same(one: xr.DataTree, two: xr.DataTree) -> None:
    assert set(one.children) == set(two.children)
    told_one, told_two = ({key: str(value) for key, value in tree.attrs.items()} for tree in (one, two))
    assert told_one == told_two
    for name, group in one.children.items():
        xr.testing.assert_equal(group.to_dataset(), two[name].to_dataset())
        for key, variable in group.to_dataset().variables.items():
            other = two[name].to_dataset().variables[key].attrs
            assert {k: str(v) for k, v in variable.attrs.items()} == {k: str(v) for k, v in other.items()}, key


@pytest.mark.parametrize("name", ["full", "held_out"])
def test_shipped_files_read_the_same_both_ways(name):
    file = data_folder() / "posterior" / f"{name}.nc"
    with xr.open_datatree(file, engine="h5netcdf", decode_times=False) as opened:
        same(load_posterior(name), opened.load())


def test_what_is_saved_is_read_back(tmp_path):
    prior = load_posterior("prior")
    save_posterior(prior, tmp_path / "prior.nc")
    same(load_posterior(tmp_path / "prior.nc"), prior)
