"""Every invalid file says what is wrong with it: the first lines of each name the message it must give."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.errors import ScenarioError
from forecast.scenario import check_scenario, load_scenario

FILES = sorted((Path(__file__).parent / "invalid").glob("*.yaml"))


def expected(path: Path) -> list[str]:
    """Return the texts a file wants to see in its message."""
    head = path.read_bytes().decode("utf-8", errors="replace").splitlines()
    return [line.removeprefix("# expect: ") for line in head if line.startswith("# expect: ")]


def test_there_are_many() -> None:
    assert len(FILES) >= 40
    assert all(expected(path) for path in FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_message(path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    message = str(caught.value)
    for text in expected(path):
        assert text in message
    assert message.isprintable() or set(message) - {"\n"} <= {c for c in message if c.isprintable()}
    assert caught.value.__cause__ is None
    with pytest.raises(ScenarioError) as again:
        check_scenario(path)
    assert str(again.value) == message


def test_missing_file_suggests_a_shipped_one(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"no such scenario or file; .*did you mean us_iran_final_2026\?"):
        load_scenario("us_iran_fnal_2026")
    with pytest.raises(ScenarioError, match="no such scenario or file"):
        load_scenario(tmp_path / "none.yaml")


def test_folder_is_no_scenario(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="a folder; a file of YAML text"):
        load_scenario(tmp_path)


def test_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(3_000_000)
    with pytest.raises(ScenarioError, match="3000000 bytes; at most 1000000 bytes"):
        load_scenario(path)


@pytest.mark.parametrize("given", [None, 3, b"x.yaml", "", "a\0b", ["us_iran_final_2026"]])
def test_what_is_neither_name_nor_path(given: object) -> None:
    with pytest.raises(ScenarioError, match="a name or a path"):
        load_scenario(given)  # type: ignore[arg-type]
