"""The registry: complete, consistent, and able to refuse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from summary.fake_outcome import fake_outcome, reduced

from forecast import vocabulary as v
from forecast.errors import StoreError


def test_orders_are_the_contract() -> None:
    assert v.ENDINGS == ("agreement", "partial", "collapse", "stall", "lapse", "ongoing")
    assert v.MODES == ("in_person", "proximity", "shuttle", "hybrid", "remote", "correspondence")
    assert v.STATUS == ("held", "postponed", "cancelled", "none")
    assert v.KINDS == ("escalation", "walkout_leak", "political", "exogenous", "novel")
    assert len(v.DOMAINS) == 8 and set(v.TABLE_DOMAINS.values()) == set(v.DOMAINS)


@pytest.mark.parametrize("name", v.VARIABLES)
def test_every_variable_is_explained(name: str) -> None:
    one = v.VARIABLES[name]
    assert set(one.dims) <= set(v.DIMS)
    assert one.long_name and one.units and one.sentence.endswith(".")
    np.dtype(one.dtype)
    # xarray would decode these to durations when a file is opened.
    assert one.units not in {"days", "hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds"}
    attrs = one.attrs()
    assert "_FillValue" not in attrs and "missing_value" not in attrs
    if one.flags:
        assert len(attrs["flag_values"]) == len(attrs["flag_meanings"].split())
        assert attrs["flag_values"].dtype == one.dtype


@pytest.mark.parametrize("form", ["trials", "paths", "reduced"])
def test_outcomes_pass_and_survive_a_file(form: str, tmp_path: Path) -> None:
    ds = reduced(fake_outcome(4, 5)) if form == "reduced" else fake_outcome(4, 5, paths=form == "paths")
    v.check_dataset(ds)
    ds.to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "x.nc", engine="h5netcdf") as back:
        back.load()
    v.check_dataset(back)
    xr.testing.assert_equal(back, ds)
    assert v.form_of(back) == ("reduced" if form == "reduced" else "trials")


def test_everything_wrong_is_named_at_once() -> None:
    ds = fake_outcome(3, 4).drop_vars("attempts")
    ds["ending"] = ds["ending"].astype("int16")
    ds["zopa"].values[0, 0] = 7
    ds["end_day"].attrs["units"] = "days"
    ds["effort"] = ds["effort"].transpose()
    ds["mystery"] = ("draw", np.zeros(3))
    del ds.attrs["seed"]
    with pytest.raises(StoreError) as error:
        v.check_dataset(ds)
    text = str(error.value)
    for piece in ("attempts: missing", "dtype int16", "to 7; codes from 0 to 1", "end_day.units", "effort: dims",
                  "mystery: a variable that is not registered", "attrs.seed: missing"):
        assert piece in text, piece
    with pytest.raises(StoreError, match="mystery"):
        v.annotate(ds)
    with pytest.raises(StoreError, match=r"forecast\.simulate"):
        v.form_of(xr.Dataset({"x": 1}))


def test_coordinates_with_another_order_are_refused() -> None:
    ds = reduced(fake_outcome(3, 4))
    with pytest.raises(StoreError, match="exactly agreement, partial"):
        v.check_dataset(ds.assign_coords(ending=list(v.ENDINGS[::-1])))
