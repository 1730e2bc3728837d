"""``forecast compare``, ``stress`` and ``sweep`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sweep.harbour import TALKS
from typer.testing import CliRunner

import forecast as fc
from forecast.cli.app import app

SMALL = ["--draws", "20", "--trials", "20", "--seed", "7"]
PLAN = """
scenario: harbour.yaml
levers:
  next_round.fallback: {none: [], remote: [remote]}
  who:
    delegate: {parties.port.without_principal: delegate}
    by video: {parties.port.without_principal: remote}
uncertainties:
  adjust.loss: {normal: {mean: 0, sd: 0.5}}
  beliefs_weight: {low: 0, high: 1}
samples: 8
draws: 10
trials: 10
seed: 3
measure: next_round_held
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    from forecast.scenario import Scenario

    (tmp_path / "harbour.yaml").write_text(Scenario.from_dict(TALKS).to_yaml())
    (tmp_path / "plan.yaml").write_text(PLAN)
    return tmp_path


def call(*arguments: object, code: int = 0):
    result = CliRunner().invoke(app, [str(a) for a in arguments], prog_name="forecast",
                                env={"COLUMNS": "120", "TERM": "dumb"})
    assert result.exit_code == code, result.stderr
    return result


def test_compare_with_settings(folder) -> None:
    talks = folder / "harbour.yaml"
    made = json.loads(call("compare", talks, "--set", "parties.port.present=false", "-s",
                           "next_round.fallback=[remote]", "--by", "2026-04-01", *SMALL, "--json").stdout)
    assert made["changes"]["next_round.fallback"]["alternative"] == ["remote"]
    assert made["changes"]["parties.port.present"] == {"baseline": "unknown", "alternative": False}
    here = fc.compare(talks, {"parties.port.present": False, "next_round.fallback": ["remote"]}, by="2026-04-01",
                      draws=20, trials=20, seed=7)
    assert made == json.loads(json.dumps(here.to_dict()))


def test_compare_two_files_writes_table_and_picture(folder) -> None:
    other = folder / "other.yaml"
    other.write_text((folder / "harbour.yaml").read_text().replace("name: harbour", "name: other"))
    result = call("compare", folder / "harbour.yaml", other, *SMALL, "-o", folder, "--plot", folder / "c.svg")
    assert "the two are the same" in result.stdout
    assert (folder / "harbour-compared.csv").is_file() and b"<svg" in (folder / "c.svg").read_bytes()


def test_stress(folder) -> None:
    result = call("stress", folder / "harbour.yaml", *SMALL, "--plot", folder / "s.png")
    assert "single points of failure" in result.stdout and (folder / "s.png").stat().st_size > 5000
    made = json.loads(call("stress", folder / "harbour.yaml", *SMALL, "--json").stdout)
    assert "mediator" in made["removals"]


def test_sweep_from_a_plan(folder) -> None:
    result = call("sweep", folder / "plan.yaml", "--store", folder / "store", "--out", folder, "--plot", folder)
    assert "next_round_held" in result.stdout and "regret" in result.stdout and "worth knowing" in result.stdout
    assert sorted(path.name for path in folder.iterdir()) == [
        "harbour.yaml", "plan-indices.png", "plan-information.png", "plan-regret.png", "plan-sweep.png", "plan.nc",
        "plan.yaml", "store"]
    made = fc.open_sweep(folder / "store")
    assert made["deal"].dims == ("next_round.fallback", "who", "sample") and made["deal"].shape == (2, 2, 8)
    import xarray as xr

    with xr.open_dataset(folder / "plan.nc", engine="h5netcdf") as written:
        assert written["deal"].values.tolist() == made["deal"].values.tolist()
    again = call("sweep", folder / "plan.yaml", "--store", folder / "store", "--json")
    content = json.loads(again.stdout)
    assert content["seed"] == 3 and content["dims"] == ["next_round.fallback", "who", "sample"]
    assert set(content["explained"]) == {"regret", "indices", "information"} and content["failures"] == []


def test_sobol_and_a_store_named_by_the_plan(folder) -> None:
    (folder / "plan.yaml").write_text(PLAN.replace("samples: 8", "samples: 8\ndesign: saltelli\nstore: kept.zarr"))
    result = call("sweep", folder / "plan.yaml", "--draws", "5", "--trials", "5")
    assert "in all" in result.stdout and (folder / "kept.zarr" / "zarr.json").is_file()
    assert "another sweep" in call("sweep", folder / "plan.yaml", code=2).stderr  # other draws than before


@pytest.mark.parametrize("arguments, said", [
    (["compare", "harbour.yaml"], "what to change"), (["compare", "harbour.yaml", "-s", "present"], "PATH=VALUE"),
    (["compare", "harbour.yaml", "-s", "pandemic=true", "-s", "pandemic=false"], "set twice"),
    (["compare", "harbour.yaml", "-s", "parties.port.presnt=true"], "did you mean present"),
    (["compare", "harbour.yaml", "-s", "parties.prot.present=true"], "no party prot"),
    (["compare", "harbour.yaml", "-s", "pandemic=[1"], "error"),
    (["compare", "nowhere.yaml", "-s", "pandemic=true"], "nowhere.yaml"),
    (["sweep", "nothing.yaml"], "no such file"), (["sweep", "harbour.yaml"], "unknown key"),
    (["sweep", "plan.yaml", "--dask", "local", "--processes", "2"], "exclude"),
    (["sweep", "plan.yaml", "--plot", "nowhere"], "make it first"),
    (["sweep", "plan.yaml", "--store", "harbour.yaml"], "a file"),
])
def test_bad_input_is_a_message_and_code_two(arguments, said: str, folder, monkeypatch) -> None:
    monkeypatch.chdir(folder)
    result = call(*arguments, code=2)
    assert said in " ".join(result.stderr.split()) and "Traceback" not in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("text, said", [
    ("levers: {}\n", "scenario: nothing"), ("scenario: harbour.yaml\nsampels: 3\n", "did you mean samples"),
    ("scenario: harbour.yaml\ndraws: many\n", "draws (line 2)"), ("- 1\n", "a mapping with"),
    ("scenario: harbour.yaml\nlevers: {horizon_days: [0, -1]}\n", "horizon_days"),
    ("scenario: harbour.yaml\nscenario: harbour.yaml\n", "duplicate key"),
    ("scenario: harbour.yaml\nlowest: 1\n", "true or false"),
])
def test_bad_plans(text: str, said: str, folder) -> None:
    (folder / "bad.yaml").write_text(text)
    assert said in " ".join(call("sweep", folder / "bad.yaml", code=2).stderr.split())
