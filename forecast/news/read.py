"""Read news: dated items of the schema of `history:`, from YAML, JSON, JSON lines, CSV or Python."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from forecast.errors import NewsError, Problem, ScenarioError

if TYPE_CHECKING:
    import os

MOST_BYTES = 5_000_000
#: Columns of a CSV that hold several values, separated by semicolons.
LISTS = ("absent",)


class Line(NamedTuple):
    """One item as it was written, and where."""

    where: str
    data: Mapping[str, Any]


def read_news(news: str | os.PathLike | Iterable[Any]) -> tuple[list[Line], str]:
    """Read items of news without judging them.

    Parameters
    ----------
    news : path or iterable
        A file (``.yaml``, ``.yml``, ``.json``, ``.jsonl``, ``.ndjson`` or ``.csv``), or items: mappings, or items of a
        scenario's history.

    Returns
    -------
    (list of Line, str)
        The items with their places, and what to call their source.

    Raises
    ------
    NewsError
        If the file cannot be read as what it says it is, with every line at fault.
    """
    if isinstance(news, (str, Path)) or hasattr(news, "__fspath__"):
        return _read_file(Path(news)), str(news)
    if isinstance(news, Mapping):
        news = [news]
    lines, problems = [], []
    for i, item in enumerate(news):
        data = item.model_dump(mode="python", exclude_defaults=True) if hasattr(item, "model_dump") else item
        if isinstance(data, Mapping):
            lines.append(Line(f"news.{i}", data))
        else:
            problems.append(Problem(f"news.{i}", _shown(item), "a mapping with date and type"))
    if problems:
        raise NewsError(problems, "news")
    return lines, "news"


def _read_file(path: Path) -> list[Line]:
    """Read a file by its ending."""
    text = _text(path)
    ending = path.suffix.lower()
    if ending == ".csv":
        return _csv(text, str(path))
    if ending in (".jsonl", ".ndjson"):
        return _json_lines(text, str(path))
    if ending in (".yaml", ".yml", ".json"):
        return _yaml(text, str(path))
    raise NewsError([Problem("the file", f"ending {ending or 'none'}", "one of .yaml, .yml, .json, .jsonl, .csv")],
                    str(path))


def _text(path: Path) -> str:
    """Return the text of a file of sensible size."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        what = "no such file" if isinstance(error, FileNotFoundError) else error.strerror or "cannot be read"
        raise NewsError([Problem("the file", what, "a readable file")], str(path)) from None
    if len(raw) > MOST_BYTES:
        raise NewsError([Problem("the file", f"{len(raw):,} bytes", f"at most {MOST_BYTES:,} bytes")], str(path))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NewsError([Problem("the file", f"byte {error.start} is not UTF-8", "UTF-8 text")], str(path)) from None


def _yaml(text: str, source: str) -> list[Line]:
    """Read YAML or JSON: a list of items, or a mapping with the one key `news` or `history`."""
    from forecast.scenario.text import parse_text

    try:
        parsed = parse_text(text, source)
    except ScenarioError as error:
        raise NewsError(error.problems or str(error), source) from None
    data, prefix = parsed.data, ""
    if isinstance(data, Mapping) and len(data) == 1 and next(iter(data)) in ("news", "history"):
        prefix, data = f"{next(iter(data))}.", next(iter(data.values()))
    problems = list(parsed.problems)
    if not isinstance(data, list):
        problems.append(Problem("the file", _shown(data), "a list of items, or such a list under `news:`"))
        raise NewsError(problems, source)
    lines = []
    for i, item in enumerate(data):
        number = parsed.lines.get(f"{prefix}{i}")
        where = f"item {i + 1}" + (f" (line {number})" if number else "")
        if isinstance(item, Mapping):
            lines.append(Line(where, item))
        else:
            problems.append(Problem(where, _shown(item), "a mapping with date and type"))
    if problems:
        raise NewsError(problems, source)
    return lines


def _json_lines(text: str, source: str) -> list[Line]:
    """Read one JSON object a line; empty lines are skipped."""
    lines, problems = [], []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            item = json.loads(line, object_pairs_hook=_no_twice)
        except ValueError as error:
            problems.append(Problem(f"line {number}", str(error), "one JSON object"))
            continue
        if isinstance(item, Mapping):
            lines.append(Line(f"line {number}", item))
        else:
            problems.append(Problem(f"line {number}", _shown(item), "a JSON object with date and type"))
    if problems:
        raise NewsError(problems, source)
    return lines


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that names a key twice."""
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError("a key given twice")
    return out


def _csv(text: str, source: str) -> list[Line]:
    """Read a CSV with a header; empty cells are left out, numbers and yes/no are read by the schema."""
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise NewsError([Problem(f"line {reader.line_num}", str(error), "comma-separated values")], source) from None
    if not rows:
        return []
    header = [name.strip() for name in rows[0][1]]
    problems = [Problem("line 1", f"column {name!r} twice", "each column once")
                for name in sorted({name for name in header if header.count(name) > 1})]
    lines = []
    for number, row in rows[1:]:
        if len(row) != len(header):
            problems.append(Problem(f"line {number}", f"{len(row)} cells", f"{len(header)}, as in the header"))
            continue
        cells = {name: cell.strip() for name, cell in zip(header, row, strict=True) if cell.strip()}
        lines.append(Line(f"line {number}", {name: _cell(name, cell) for name, cell in cells.items()}))
    if problems:
        raise NewsError(problems, source)
    return lines


def _cell(name: str, text: str) -> Any:
    """Give a cell the type that a YAML file would."""
    if name in LISTS:
        return [part.strip() for part in text.split(";") if part.strip()]
    if name == "present":
        return {"true": True, "false": False}.get(text.lower(), text)
    if name in ("severity", "value"):
        for kind in (int, float):
            try:
                return kind(text)
            except ValueError:
                continue
    return text


def _shown(value: object) -> str:
    from forecast.scenario.problems import shown

    return shown(value)
