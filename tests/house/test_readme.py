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

    (text,) = blocks("yaml")
    (tmp_path / "mine.yaml").write_text(text)
    assert fc.load_scenario(tmp_path / "mine.yaml").domain == "trade"


def test_commands_and_targets_exist() -> None:
    from typer.main import get_command

    from forecast.cli import app

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
