"""The README: its Python runs, its commands exist, its picture is there, its result is what the command prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_python_block_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = blocks("python")
    exec(compile(code, "README.md", "exec"), {})
    assert (tmp_path / "endings.png").stat().st_size > 1000
    assert "United States - Iran" in capsys.readouterr().out


def test_the_three_lines_are_a_scenario(tmp_path: Path) -> None:
    import forecast as fc

    text = blocks("yaml")[0]
    (tmp_path / "mine.yaml").write_text(text)
    assert fc.load_scenario(tmp_path / "mine.yaml").domain == "trade"


def test_commands_and_targets_exist() -> None:
    from typer.main import get_command

    from forecast.cli.app import app

    shown = "\n".join(blocks("console"))
    commands = set(re.findall(r"\$ forecast (\w+)", shown))
    assert len(commands) >= 5 and commands <= set(get_command(app).commands)
    targets = set(re.findall(r"\$ make (?:\S+=\S+ )*(\w+)", shown))
    known = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert len(targets) >= 4 and targets <= set(known)


def test_links_and_pictures_are_there() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert len(links) >= 3
    assert all((ROOT / link).exists() for link in links)


def test_the_printed_result_names_the_talks_and_its_intervals() -> None:
    (text,) = blocks("text")
    assert "United States - Iran" in text and "Collapse" in text and "seed 1" in text


def test_the_example_of_three_parties_says_what_a_run_says(tmp_path: Path) -> None:
    """Every number in its text, from the same seed."""
    import forecast as fc

    (tmp_path / "river.yaml").write_text(next(text for text in blocks("yaml") if "lender" in text))
    scenario = fc.load_scenario(tmp_path / "river.yaml")
    made = fc.summarize(fc.simulate(scenario, draws=400, trials=250, seed=1))
    without = fc.compare(scenario, {"parties.lender.veto": False}, draws=400, trials=250, seed=1)
    text = " ".join(README.split("### More than two parties")[1].split("## Install")[0].split())
    water, deal = made.settlement["water"], made.deal
    terms, likelier = without["settlement.water.mean"].difference, without["deal"].difference
    for said in (
        f"with a probability of {made.zopa.beliefs.p:.0%}",
        f"would say {made.zopa.talks.p:.0%}, and {made.zopa.used.p:.0%}",
        f"has {deal.p:.0%} ({100 * deal.low:.0f}-{deal.high:.0%})", f"at {water.mean.value:.1f} km3 a year",
        f"{water.quantiles['p5']:.1f} to {water.quantiles['p95']:.1f})",
        f"in {made.settlement['inspectors'].mean.value:.0%} of cases",
        f"{-terms.value:.1f} km3 lower ({-terms.high:.1f} to {-terms.low:.1f})",
        f"{100 * likelier.value:.1f} points likelier ({100 * likelier.low:.1f} to {100 * likelier.high:.1f})",
    ):
        assert said in text, said


def test_the_honest_table_is_that_of_the_stored_backtest() -> None:
    import forecast as fc
    from forecast.backtest.show import readme_lines

    pytest.importorskip("scoringrules")
    written = README.split("<!-- honest: written by `make readme` -->\n")[1].split("<!-- end -->")[0]
    assert written.splitlines() == readme_lines(fc.open_backtest())
