"""The writers: HTML in one file, Markdown with its pictures beside it, Word."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.report.content import Bullets, Content, Heading, Paragraph, Picture, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

_WIDE_MM, _NARROW_MM, _PAGE_MM = 175.0, 120.0, 160.0


def _missing(what: str, name: str) -> ModuleNotFoundError:
    """Return the error for a package that the extra ``report`` brings."""
    return ModuleNotFoundError(f"{what} needs {name}: pip install 'negotiation-forecast[report]'", name=name)


def write_html(content: Content, path: Path) -> list[Path]:
    """Write one HTML file that needs no network: pictures are in it, twice, for wide and for narrow screens.

    Raises
    ------
    ModuleNotFoundError
        If jinja2 is missing.
    """
    try:
        from jinja2 import Environment, PackageLoader
    except ModuleNotFoundError:
        raise _missing("an HTML report", "jinja2") from None
    from forecast.paths import replacing

    page = Environment(loader=PackageLoader("forecast.report", "."), autoescape=True, trim_blocks=True,
                       keep_trailing_newline=True).get_template("page.html.j2")
    blocks = [_for_page(block) for block in content.blocks]
    with replacing(path) as temporary:
        temporary.write_text(page.render(title=content.title, subtitle=content.subtitle, blocks=blocks),
                             encoding="utf-8")
    return [path]


def _for_page(block: Any) -> dict[str, Any]:
    """Return a block as the page template takes it."""
    kind = type(block).__name__
    if not isinstance(block, Picture):
        return {"kind": kind, **vars(block)}
    from forecast.plots import caption_of

    wide = block.figure(_WIDE_MM)
    width, height = wide.get_size_inches() * 96
    return {"kind": "Picture", "alt": caption_of(wide).alt, "width": round(width), "height": round(height),
            "wide": _svg_uri(wide), "narrow": _svg_uri(block.figure(_NARROW_MM))}


def _svg_uri(figure: Figure) -> str:
    import matplotlib

    file = io.BytesIO()
    # The salt makes the ids, and so the file, the same every time.
    with matplotlib.rc_context({"svg.hashsalt": "negotiation-forecast"}):
        figure.savefig(file, format="svg", metadata={"Date": None}, facecolor="white")
    # Hundredths of a point are enough on paper and halve the file; numbers outside of paths are left alone.
    lean = re.sub(rb' d="[^"]*"', lambda path: re.sub(rb"(\.\d\d)\d+", rb"\1", path[0]), file.getvalue())
    return "data:image/svg+xml;base64," + base64.b64encode(lean).decode("ascii")


def write_markdown(content: Content, path: Path) -> list[Path]:
    """Write Markdown (with tables as GitHub reads them) and its pictures in ``<stem>_files`` beside it."""
    from forecast.paths import replacing
    from forecast.plots import caption_of, save_figure

    folder = path.with_name(f"{path.stem}_files")
    lines = [f"# {_md(content.title)}", "", _md(content.subtitle), ""]
    written: list[Path] = []
    for block in content.blocks:
        match block:
            case Heading(text):
                lines += [f"## {_md(text)}", ""]
            case Paragraph(text, small):
                lines += [f"*{_md(text)}*" if small else _md(text), ""]
            case Bullets(items):
                lines += [*(f"- {_md(item)}" for item in items), ""]
            case Table(caption, rows, numeric):
                lines += [f"{_md(caption)}:", "", *_md_table(rows, numeric), ""]
            case Picture():
                figure = block.figure(_PAGE_MM)
                name = "-".join([block.name, *(str(value) for value in block.options.values())])
                written += save_figure(figure, folder / f"{name}.png", dpi=200, beside=False)
                lines += [f"![{_md(caption_of(figure).alt)}]({_url(folder.name)}/{name}.png)", ""]
    with replacing(path) as temporary:
        temporary.write_text("\n".join(lines), encoding="utf-8")
    return [path, *written]


def _md_table(rows: list[tuple[str, ...]], numeric: int) -> list[str]:
    marks = ["---:" if i >= numeric else "---" for i in range(len(rows[0]))]
    made = [rows[0], tuple(marks), *rows[1:]]
    return ["| " + " | ".join(cell if i == 1 else _md(cell) for cell in row) + " |" for i, row in enumerate(made)]


def _md(text: str) -> str:
    """Escape a text for Markdown: it is shown as written, on one line.

    Examples
    --------
    >>> _md("a*b <script> | [x](y)")
    'a\\\\*b &lt;script&gt; \\\\| \\\\[x\\\\](y)'
    """
    text = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for mark in "\\`*_[]|#!":
        if mark in "#!":
            continue
        text = text.replace(mark, "\\" + mark)
    return text


def _url(name: str) -> str:
    from urllib.parse import quote

    return quote(name)


def write_docx(content: Content, path: Path) -> list[Path]:
    """Write a Word file; pictures carry their alt text.

    Raises
    ------
    ModuleNotFoundError
        If python-docx is missing.
    """
    try:
        from docx import Document
        from docx.shared import Mm, Pt
    except ModuleNotFoundError:
        raise _missing("a Word report", "docx") from None
    from forecast.paths import replacing
    from forecast.plots import caption_of

    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm((210 - _PAGE_MM) / 2)
    document.styles["Normal"].font.name, document.styles["Normal"].font.size = "Calibri", Pt(10.5)
    document.core_properties.title, document.core_properties.author = _xml(content.title), "negotiation-forecast"
    document.add_heading(_xml(content.title), level=0)
    document.add_paragraph(_xml(content.subtitle))
    for block in content.blocks:
        match block:
            case Heading(text):
                document.add_heading(_xml(text), level=1)
            case Paragraph(text, small):
                run = document.add_paragraph().add_run(_xml(text))
                run.font.size = Pt(8.5) if small else None
            case Bullets(items):
                for item in items:
                    document.add_paragraph(_xml(item), style="List Bullet")
            case Table(caption, rows, numeric):
                _docx_table(document, caption, rows, numeric)
            case Picture():
                figure = block.figure(_PAGE_MM)
                file = io.BytesIO()
                figure.savefig(file, format="png", dpi=200, facecolor="white")
                file.seek(0)
                shape = document.add_picture(file, width=Mm(_PAGE_MM))
                shape._inline.docPr.set("descr", _xml(caption_of(figure).alt))
                shape._inline.docPr.set("title", _xml(caption_of(figure).title))
    with replacing(path) as temporary:
        document.save(temporary)
    return [path]


def _docx_table(document: Any, caption: str, rows: list[tuple[str, ...]], numeric: int) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    line = document.add_paragraph()
    line.paragraph_format.keep_with_next = True
    line.add_run(_xml(caption)).font.size = Pt(8.5)
    table = document.add_table(rows=len(rows), cols=len(rows[0]), style="Light List Accent 1")
    for i, row in enumerate(rows):
        for j, text in enumerate(row):
            cell = table.cell(i, j).paragraphs[0]
            cell.add_run(_xml(text)).font.size = Pt(9)
            if j >= numeric:
                cell.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    document.add_paragraph()


def _xml(text: str) -> str:
    """Drop the control characters that XML cannot hold.

    Examples
    --------
    >>> _xml("a\\x00b\\x1b[31m")
    'ab[31m'
    """
    return "".join(ch for ch in text if ch in "\t\n" or (ch >= " " and ch not in "\x7f\ufffe\uffff"))


WRITERS: dict[str, Callable[[Content, Path], list[Path]]] = {
    ".html": write_html, ".md": write_markdown, ".docx": write_docx,
}
