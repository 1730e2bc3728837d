"""Reports: the same content in three formats, names as written, nothing from the network."""

from __future__ import annotations

import html.parser
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from summary.fake_outcome import SCENARIO, fake_outcome

from forecast.errors import StoreError
from forecast.report import WRITERS, content_of, report
from forecast.report.content import Heading, Picture, Table
from forecast.summary import summarize
from forecast.summary.text import interval, percent

pytest.importorskip("jinja2")
pytest.importorskip("docx")
NASTY = {**SCENARIO, "title": "A <script>alert(1)</script> & *stars* | $pipes$ \x07",
         "sources": ["https://example.org/?a=1&b=<x>"],
         "parties": {key: {**party, "name": f"<b>{key}</b> [x](y)", "principal": "<i>P</i>"}
                     for key, party in SCENARIO["parties"].items()},
         "issues": {"a": {"name": "<img src=x onerror=alert(1)>", "unit": "|_", "core": True,
                          "opening": {"us": 1, "iran": 9}}}}


@pytest.fixture(scope="module")
def outcome() -> Any:
    return fake_outcome(12, 15, paths=True)


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = fake_outcome(8, 10, scenario=NASTY)
    folder = tmp_path_factory.mktemp("nasty")
    return {suffix: report(made, folder / f"x{suffix}") for suffix in WRITERS}


class _Page(html.parser.HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_page_is_one_file_without_network_or_script(nasty: dict[str, Path]) -> None:
    text = nasty[".html"].read_text(encoding="utf-8")
    page = _Page(text)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "iframe", "object", "b", "i"}
    for tag, attrs in page.tags:
        for key in ("src", "srcset", "href"):
            if attrs.get(key):
                assert attrs[key].startswith("data:"), (tag, attrs)
        assert not [key for key in attrs if key.startswith("on")]
        if tag == "img":
            assert len(attrs["alt"]) > 40
    assert "<script>alert(1)</script> & *stars*" in page.text
    assert "url(" not in text and "@import" not in text
    assert {path.name for path in nasty[".html"].parent.iterdir() if path.suffix == ".html"} == {"x.html"}


def test_page_says_what_the_summary_says(outcome: Any, tmp_path: Path) -> None:
    summary = summarize(outcome)
    page = _Page(report(outcome, tmp_path / "x.html").read_text(encoding="utf-8"))
    for made in [*summary.ends.values(), summary.deal, summary.next_round.held, summary.zopa.used]:
        assert percent(made.p) in page.text and interval(made) in page.text
    for piece in ("half deals", "prior-driven", "Monte Carlo", str(summary.seed), summary.provenance["posterior_hash"],
                  "Vance", "Buergenstock", "armscontrol.org", "Single trials", "very likely from 90%"):
        assert piece.lower() in page.text.lower(), piece
    assert sum(tag == "img" for tag, _ in page.tags) == 12


@pytest.mark.slow
def test_same_outcome_same_file(outcome: Any, tmp_path: Path) -> None:
    a, b = (report(outcome, tmp_path / f"{name}.html").read_bytes() for name in "ab")
    assert a == b


def test_markdown_shows_names_as_written_and_finds_its_pictures(nasty: dict[str, Path]) -> None:
    path = nasty[".md"]
    text = path.read_text(encoding="utf-8")
    assert "<script" not in text and "<img" not in text and "[x](y)" not in text
    pictures = re.findall(r"^!\[.*\]\((.+)\)$", text, flags=re.M)
    assert pictures and all((path.parent / name).is_file() for name in pictures)
    for table in re.findall(r"(?:^\|.*\|\n)+", text, flags=re.M):
        columns = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(columns) == 1


def test_word_file_opens_with_alt_text(nasty: dict[str, Path]) -> None:
    from docx import Document

    document = Document(str(nasty[".docx"]))
    assert any("<script>alert(1)</script>" in paragraph.text for paragraph in document.paragraphs)
    assert len(document.tables) >= 8
    xml = zipfile.ZipFile(nasty[".docx"]).read("word/document.xml").decode()
    shapes = re.findall(r"<wp:docPr [^>]*>", xml)
    assert len(shapes) == len(document.inline_shapes) >= 7
    assert all('descr="' in shape for shape in shapes)


def test_every_picture_is_beside_a_table_of_its_numbers_or_is_a_trial(outcome: Any) -> None:
    content = content_of(summarize(outcome), outcome)
    heads = [block for block in content.blocks if isinstance(block, Heading)]
    assert len({head.text for head in heads}) == len(heads)
    for block in content.blocks:
        if isinstance(block, Table):
            assert len({len(row) for row in block.rows}) == 1, block.caption
    assert [block.name for block in content.blocks if isinstance(block, Picture)][:2] == ["endings", "incidence"]


def test_summary_alone_has_no_trials(outcome: Any) -> None:
    names = [block.name for block in content_of(summarize(outcome)).blocks if isinstance(block, Picture)]
    assert "paths" not in names and "endings" in names


@pytest.mark.slow
def test_bare_scenario_has_a_report(tmp_path: Path) -> None:
    bare = {"schema": 1, "name": "bare", "as_of": "2026-06-19", "horizon_days": 60, "domain": "trade",
            "parties": {"a": {"name": "A"}, "b": {"name": "B"}}}
    made = fake_outcome(5, 6, scenario=bare)
    for suffix in WRITERS:
        text = report(made, tmp_path / f"x{suffix}")
        assert text.stat().st_size > 4000


def test_what_cannot_be_written_is_said(outcome: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.html, \.md, \.docx"):
        report(outcome, tmp_path / "x.pdf")
    with pytest.raises(StoreError):
        report(outcome.drop_vars("ending"), tmp_path / "x.html")
    assert list(tmp_path.iterdir()) == []
