"""``forecast gameday``: flags, a script, JSON, a table, and bad input."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from forecast.cli.app import app

IRAN = "us_iran_final_2026"
SMALL = ["--draws", "20", "--trials", "20", "--seed", "7"]


def call(*arguments: str, code: int = 0):
    """Run a command line in this process and expect its exit code."""
    result = CliRunner().invoke(app, list(arguments), prog_name="forecast", env={"COLUMNS": "120", "TERM": "dumb"})
    assert result.exit_code == code, result.stderr
    return result


def test_flags_and_json_and_a_table(tmp_path: Path) -> None:
    out = tmp_path / "gameday.csv"
    made = json.loads(call("gameday", IRAN, "--inject", "certificate_expiry@2026-07-01", "-i",
                           "video_bridge@2026-06-19,hours=6", *SMALL, "--out", str(out), "--json").stdout)
    assert [one["date"] for one in made["failures"]] == ["2026-07-01", "2026-06-19"]
    assert {"p", "low", "high", "mc_error"} == set(made["failures"][0]["on_time"]["calm"])
    assert {"value", "low", "high", "mc_error"} == set(made["failures"][0]["on_time"]["change"])
    assert made["seed"] == 7 and "deal" in made["changes"] and len(made["service"]) == 6
    assert out.read_text().startswith("about,key,calm,with_failures,change,low,high,mc_error")


def test_a_script_gives_what_flags_give(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("- intrusion@2026-06-19\n- {system: video_bridge, date: 2026-06-25, hours: 4}\n")
    one = call("gameday", IRAN, "--script", str(script), *SMALL).stdout
    two = call("gameday", IRAN, "-i", "intrusion@2026-06-19", "-i", "video_bridge@2026-06-25,hours=4", *SMALL).stdout
    assert one == two and "Intrusion (secure channel), 2026-06-19" in one and "Planned rounds held on time" in one


def test_bad_input_ends_with_2_and_one_message(tmp_path: Path) -> None:
    for arguments, words in (
        ([], "no failure to inject"), (["--inject", "intrusion"], "NAME@YYYY-MM-DD"),
        (["--inject", "intrusion@2020-01-01"], "from as_of"),
        (["--script", str(tmp_path / "none.yaml")], "no such file"),
        (["--inject", "intrusion@2026-07-01", "--out", str(tmp_path / "x.txt")], ".csv"),
    ):
        found = call("gameday", IRAN, *arguments, *SMALL, code=2)
        assert words in found.stderr and "Traceback" not in found.stderr
    assert not list(tmp_path.iterdir())
