"""Loading: what is shipped, what is refused, and which posterior a scenario gets."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from forecast.errors import PosteriorError
from forecast.posterior import expert_prior, load_posterior, posterior_for, save_posterior
from forecast.posterior import load as loading
from forecast.posterior.layout import PARAMETERS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "prior.nc"
    save_posterior(expert_prior(30), path)
    return path


def test_round_trip_keeps_values_labels_and_attributes(file: Path) -> None:
    before, after = expert_prior(30), load_posterior(file)
    assert dict(after.attrs) == dict(before.attrs)
    for parameter in PARAMETERS.values():
        old, new = before[parameter.group][parameter.name], after[parameter.group][parameter.name]
        assert new.dtype == np.float64
        assert (old.values == new.values).all()
        assert old.attrs == new.attrs
    old, new = before["diagnostics"]["informed_by"], after["diagnostics"]["informed_by"]
    assert list(old.values) == list(new.values)


def test_file_can_be_replaced_while_loaded(file: Path) -> None:
    tree = load_posterior(file)
    file.unlink()
    assert float(tree["outcome"]["zopa"].mean()) > 0.5


def test_prior_by_name_is_the_expert_prior() -> None:
    assert load_posterior("prior").attrs == expert_prior().attrs


def test_none_is_the_shipped_posterior_or_else_the_prior(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(loading, "_shipped", lambda name: tmp_path / loading.NAMES[name])
    assert load_posterior().attrs["kind"] == "prior"
    assert load_posterior().sizes == {} and load_posterior()["outcome"].sizes["draw"] == 1000
    save_posterior(expert_prior(7), tmp_path / "full.nc")
    assert load_posterior()["outcome"].sizes["draw"] == 7
    with pytest.raises(PosteriorError, match="held_out: *\n?.*no such file|no such file"):
        load_posterior("held_out")


def test_scenarios_shipped_with_the_package_never_get_the_full_posterior(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(loading, "_shipped", lambda name: tmp_path / loading.NAMES[name])
    monkeypatch.setattr(loading, "data_folder", lambda: tmp_path)
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "known.yaml").write_text("schema: 1\n")

    def draws(own: str, posterior: str = "auto", **extra) -> int:
        tree = posterior_for(SimpleNamespace(name=own, posterior=posterior), **extra)
        return tree["outcome"].sizes["draw"]

    monkeypatch.setattr("forecast.posterior.expert.expert_prior", lambda: expert_prior(3))
    save_posterior(expert_prior(7), tmp_path / "full.nc")
    assert draws("known") == 3
    assert draws("own") == 7
    save_posterior(expert_prior(5), tmp_path / "held_out.nc")
    assert draws("known") == 5
    assert draws("own") == 7
    assert draws("own", name="known") == 5
    assert draws("known", posterior="full") == 7
    assert draws("own", posterior="prior") == 3
    assert draws("own", posterior="held_out") == 5
    assert draws("own", posterior=str(tmp_path / "full.nc")) == 7


def damaged_files(file: Path) -> dict[str, bytes]:
    content = file.read_bytes()
    middle = bytearray(content)
    for start in range(len(content) // 4, 3 * len(content) // 4, 97):
        middle[start] ^= 0xFF
    return {
        "empty": b"",
        "text": b"schema: 1\nname: not a posterior\n",
        "truncated": content[: len(content) // 2],
        "header only": content[:512],
        "bits flipped": bytes(middle),
    }


@pytest.mark.parametrize("damage", ["empty", "text", "truncated", "header only", "bits flipped"])
def test_damaged_file_is_refused(file: Path, damage: str) -> None:
    file.write_bytes(damaged_files(file)[damage])
    with pytest.raises(PosteriorError) as caught:
        load_posterior(file)
    assert str(file) in str(caught.value)


def test_foreign_netcdf_is_refused_with_all_that_is_missing(tmp_path: Path) -> None:
    import xarray as xr

    path = tmp_path / "foreign.nc"
    xr.Dataset({"temperature": ("time", [1.0, 2.0])}).to_netcdf(path, engine="h5netcdf")
    with pytest.raises(PosteriorError, match="attribute schema_version: missing") as caught:
        load_posterior(path)
    assert "calendar: missing" in str(caught.value)


def test_altered_file_is_refused(file: Path) -> None:
    import h5netcdf

    with h5netcdf.File(file, "a") as opened:
        opened["outcome"]["zopa"][0] = 0.25
    with pytest.raises(PosteriorError, match="content_hash: does not match"):
        load_posterior(file)


def test_other_version_is_refused(file: Path) -> None:
    import h5netcdf

    with h5netcdf.File(file, "a") as opened:
        opened.attrs["schema_version"] = 99
    with pytest.raises(PosteriorError, match="schema_version"):
        load_posterior(file)


@pytest.mark.parametrize("path", ["no_such_file.nc", "postirior"])
def test_missing_file_names_what_would_do(path: str) -> None:
    with pytest.raises(PosteriorError, match="one of prior, full, held_out"):
        load_posterior(path)


def test_a_folder_is_not_a_posterior(tmp_path: Path) -> None:
    with pytest.raises(PosteriorError, match="no such file"):
        load_posterior(tmp_path)


def test_nothing_is_written_for_a_bad_tree(tmp_path: Path, file: Path) -> None:
    tree = expert_prior(5)
    tree.attrs["kind"] = "rumour"
    before = file.read_bytes()
    with pytest.raises(PosteriorError, match="rumour"):
        save_posterior(tree, file)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["prior.nc"]
