"""What the commands print and write when all is well."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

import forecast as fc
from forecast.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
IRAN = "us_iran_final_2026"
SMALL = ["--draws", "20", "--trials", "20", "--seed", "7"]
COMMANDS = sorted(get_command(app).commands)
FOUR = {"p", "low", "high", "mc_error"}


def call(*arguments: str):
    """Run a command line in this process and expect it to work."""
    result = CliRunner().invoke(app, list(arguments), prog_name="forecast", env={"COLUMNS": "120", "TERM": "dumb"})
    assert result.exit_code == 0, result.stderr
    return result


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_it_does(command: str) -> None:
    text = call(command, "--help").stdout
    assert "Usage: forecast" in text and "--help" in text
    assert len(text.splitlines()) > 6


def test_help_lists_every_command() -> None:
    text = call("--help").stdout
    assert all(f" {command} " in text for command in COMMANDS)
    assert {"run", "plot", "new", "check", "scenarios", "schema", "talks", "warm"} <= set(COMMANDS)


def test_version() -> None:
    assert call("--version").stdout.strip() == f"forecast {fc.__version__}"


def test_run_as_json_keeps_its_contract() -> None:
    run = json.loads(call("run", IRAN, *SMALL, "--json").stdout)
    assert list(run)[:13] == ["scenario", "as_of", "seed", "draws", "trials", "ends", "deal", "next_round",
                              "time_to_end_days", "zopa", "adjust", "base_rate", "provenance"]
    assert (run["scenario"], run["as_of"], run["seed"], run["draws"], run["trials"]) == (IRAN, "2026-06-19", 7, 20, 20)
    assert list(run["ends"]) == ["agreement", "partial", "collapse", "stall", "lapse", "ongoing"]
    assert sum(end["p"] for end in run["ends"].values()) == pytest.approx(1, abs=1e-9)
    assert all(set(end) >= FOUR for end in (*run["ends"].values(), run["deal"], run["next_round"]["held"]))
    assert list(run["next_round"]["within_days"]) == ["1", "3", "7", "14", "30", "60"]
    assert all(set(times) == {"p5", "p25", "p50", "p75", "p95", "n"} for times in run["time_to_end_days"].values())
    assert set(run["time_to_end_days"]) >= {"any", "agreement", "collapse"}


def test_run_equals_the_library() -> None:
    run = json.loads(call("run", IRAN, *SMALL, "--json").stdout)
    outcome = fc.simulate(fc.load_scenario(IRAN), draws=20, trials=20, seed=7)
    assert run["ends"]["collapse"]["p"] == pytest.approx(float((outcome["ending"] == 2).mean()))


def test_seeds_threads_and_keep_decide_what_they_should() -> None:
    def ends(*arguments: str) -> dict:
        return json.loads(call("run", IRAN, "--draws", "20", "--trials", "50", *arguments, "--json").stdout)["ends"]

    first = ends("--seed", "7")
    assert first == ends("--seed", "7", "--threads", "2")
    counted = ends("--seed", "7", "--keep", "reduced")
    assert {key: end["p"] for key, end in first.items()} == {key: end["p"] for key, end in counted.items()}
    assert first != ends("--seed", "8")
    assert ends() != ends()


def test_by_dates_and_prior() -> None:
    run = json.loads(call("run", IRAN, *SMALL, "--by", "2026-08-16", "--by", "2026-07-01", "--prior", "--json").stdout)
    assert sorted(run["by"]) == ["2026-07-01", "2026-08-16"]
    assert run["provenance"]["posterior_kind"] == "prior"


def test_run_prints_text_and_writes_files(tmp_path: Path) -> None:
    result = call("run", IRAN, *SMALL, "--out", str(tmp_path), "--plot", str(tmp_path / "ends.svg"))
    assert "United States - Iran" in result.stdout and "%" in result.stdout
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ends.svg", f"{IRAN}-2026-06-19.nc"]
    assert f"wrote {tmp_path / 'ends.svg'}" in result.stderr
    assert b"<svg" in (tmp_path / "ends.svg").read_bytes()


@pytest.mark.parametrize("order", ["run first", "picture first"])
def test_plot_of_a_stored_run(order: str, tmp_path: Path) -> None:
    run = tmp_path / "run.nc"
    call("run", IRAN, *SMALL, "--out", str(run))
    two = [str(run), "endings"] if order == "run first" else ["endings", str(run)]
    call("plot", *two, "--width", "12cm")
    assert (tmp_path / "run-endings.png").read_bytes().startswith(b"\x89PNG")


def test_a_stored_run_is_the_run(tmp_path: Path) -> None:
    import xarray as xr

    from forecast.cli.files import open_outcome

    call("run", IRAN, *SMALL, "--out", str(tmp_path / "run.nc"))
    outcome = fc.simulate(fc.load_scenario(IRAN), draws=20, trials=20, seed=7)
    stored = open_outcome(tmp_path / "run.nc")
    xr.testing.assert_identical(stored.drop_attrs(), outcome.drop_attrs())
    assert fc.summarize(stored).to_dict() == fc.summarize(outcome).to_dict()


@pytest.mark.parametrize("domain", ["trade", "labour", "ceasefire", "other"])
def test_new_then_check_then_run(domain: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    call("new", "mine", "--domain", domain, "--out", str(path))
    assert call("check", str(path)).stdout.startswith("mine: valid")
    assert json.loads(call("run", str(path), *SMALL, "--json").stdout)["scenario"] == "mine"


def test_new_does_not_overwrite(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("precious")
    result = CliRunner().invoke(app, ["new", "mine", "--out", str(path)])
    assert result.exit_code == 2 and path.read_text() == "precious"
    call("new", "mine", "--out", str(path), "--force")
    assert "parties" in path.read_text()


def test_check_resolves_to_a_scenario_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "resolved.yaml"
    path.write_text(call("check", IRAN, "--resolve").stdout)
    assert json.loads(call("check", str(path), "--json").stdout)["valid"] is True
    assert fc.load_scenario(path).digest() == fc.load_scenario(IRAN).digest()


def test_scenarios_and_schema(tmp_path: Path) -> None:
    names = {row["name"] for row in json.loads(call("scenarios", "--json").stdout)}
    assert IRAN in names and len(names) >= 4
    assert all(name in call("scenarios").stdout for name in names)
    printed = json.loads(call("schema").stdout)
    call("schema", "--out", str(tmp_path / "schema.json"))
    assert json.loads((tmp_path / "schema.json").read_text()) == printed
    assert "parties" in printed["properties"]


def test_talks() -> None:
    every = json.loads(call("talks", "--json").stdout)["talks"]
    fiscal = json.loads(call("talks", "--domain", "fiscal", "--json").stdout)["talks"]
    assert 0 < len(fiscal) < len(every) and {talk["domain"] for talk in fiscal} == {"fiscal"}
    one = json.loads(call("talks", "us_iran_2025", "--json").stdout)
    assert one["timeline"][0]["date"] == "2025-04-12"
    assert "us_iran_2025" in call("talks", "--near", IRAN, "-n", "3").stdout
    assert "not the world's" in call("talks", "--party", "Iran").stdout


def test_names_of_a_scenario_are_shown_not_obeyed(tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text("title: '[red]<b>x</b>[/red]'\nparties: ['[bold]A', 'B[/]']\nas_of: 2026-01-01\ndomain: trade\n")
    text = call("run", str(path), *SMALL).stdout
    assert "[red]<b>x</b>[/red]" in text
    assert call("check", str(path)).stdout


def test_module_and_console_command_are_the_same() -> None:
    run = subprocess.run([sys.executable, "-m", "forecast", "--version"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0 and run.stdout.strip() == f"forecast {fc.__version__}"


def test_a_closed_pipe_is_no_accident() -> None:
    command = f'"{sys.executable}" -m forecast talks --json | head -n 1'
    run = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout == "{\n" and "Traceback" not in run.stderr and "error" not in run.stderr


def test_paths_can_be_drawn(tmp_path: Path) -> None:
    run = tmp_path / "run.nc"
    call("run", IRAN, *SMALL, "--paths", "--out", str(run))
    for picture in ("paths", "tension", "trial"):
        call("plot", str(run), picture, "--out", str(tmp_path / f"{picture}.svg"), "--width", "160mm")
        assert (tmp_path / f"{picture}.alt.txt").read_text().strip() and (tmp_path / f"{picture}.csv").is_file()


def test_paths_are_not_kept_for_nothing() -> None:
    for more in (["--paths"], ["--paths", "--keep", "reduced", "--out", "x.nc"]):
        result = CliRunner().invoke(app, ["run", IRAN, *SMALL, *more])
        assert result.exit_code == 2 and "--paths" in result.stderr


def test_probabilities_in_words_bring_their_table() -> None:
    text = " ".join(call("run", IRAN, *SMALL, "--words").stdout.split())
    assert "in words" in text and "Words: virtually certain from 99%" in text
    assert "in words" not in call("run", IRAN, *SMALL).stdout


def test_help_of_plot_names_every_picture() -> None:
    from forecast.plots import PICTURES

    text = " ".join(call("plot", "--help").stdout.replace("│", " ").split())
    assert [name for name in PICTURES if name not in text] == []
