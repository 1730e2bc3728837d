"""YAML 1.2 text to plain data and back, with the line of every field kept for messages."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from forecast.errors import Problem, ScenarioError
from forecast.scenario.problems import shown

MOST_BYTES = 1_000_000
MOST_LEVELS = 40
#: Aliases can make a small file denote a huge one; no scenario of this format has that many values.
MOST_VALUES = 200_000


@dataclass
class Parsed:
    """What a text holds.

    Parameters
    ----------
    data : object
        Plain data, dates as dates.
    lines : dict
        Path of a field -> line, counted from 1.
    problems : list of Problem
        Duplicate keys.
    """

    data: Any
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def parse_text(text: str, source: str = "") -> Parsed:
    """Read YAML 1.2 (JSON is part of it).

    Parameters
    ----------
    text : str
    source : str, optional
        What to call it in messages.

    Raises
    ------
    ScenarioError
        If it is no YAML, holds several documents, asks for another version of YAML, or is nested without
        end. Duplicate keys are returned as problems, so that the rest is checked too.

    Examples
    --------
    >>> parsed = parse_text("parties: [NO, SE]\\nas_of: 2026-06-19\\n")
    >>> parsed.data["parties"], parsed.data["as_of"].year, parsed.lines["as_of"]
    (['NO', 'SE'], 2026, 2)
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    version = re.search(r"^%YAML[ \t]+(\S+)", text, re.MULTILINE)
    if version and version[1] != "1.2":
        raise ScenarioError([Problem(f"line {text[:version.start()].count(chr(10)) + 1}",
                                     f"%YAML {shown(version[1])[1:-1]}", "YAML 1.2", "remove the line")], source)
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor, yaml.Composer = _constructor(), _composer()
    yaml.allow_duplicate_keys = True
    try:
        node = yaml.compose(text)
        if node is None:
            raise ScenarioError([Problem("the file", "nothing", "a mapping with parties, as_of and domain",
                                         "`forecast new NAME` writes one to start from")], source)
        parsed = Parsed(None)
        for path, line, twice in _walk(node):
            parsed.lines.setdefault(path, line)
            if twice:
                parsed.problems.append(Problem(f"{path} (line {twice})", f"duplicate key, first on line {line}",
                                               "each key once", "remove one of them"))
        parsed.data = yaml.constructor.construct_document(node)
    except YAMLError as error:
        raise ScenarioError([_broken(error)], source) from None
    except _TooMuch as error:
        raise ScenarioError([Problem("the file", str(error), "a scenario written out")], source) from None
    return parsed


def dump_text(data: Mapping[str, Any]) -> str:
    """Write plain data as YAML 1.2, keys in the given order.

    Examples
    --------
    >>> import datetime as dt
    >>> print(dump_text({"as_of": dt.date(2026, 6, 19), "parties": {"no": {"name": "NO"}}}), end="")
    as_of: 2026-06-19
    parties:
      no:
        name: NO
    """
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.sort_base_mapping_type_on_output = False
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 110
    yaml.representer.ignore_aliases = lambda data: True
    out = io.StringIO()
    yaml.dump(_plain(data), out)
    return out.getvalue()


class _TooMuch(Exception):
    """A text that stands for far more than it holds."""


def _plain(data: Any) -> Any:
    """Turn tuples into lists: YAML has only those."""
    if isinstance(data, Mapping):
        return {key: _plain(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_plain(value) for value in data]
    return data


def _constructor() -> type:
    """Return a constructor that leaves impossible dates and numbers as text, to be refused with their place."""
    from ruamel.yaml.constructor import SafeConstructor

    class Lenient(SafeConstructor):
        pass

    def lenient(tag: str, usual: Any) -> None:
        def construct(self: Any, node: Any) -> Any:
            try:
                return usual(self, node)
            except (ValueError, OverflowError, TypeError):
                return str(node.value)

        Lenient.add_constructor(tag, construct)

    lenient("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_timestamp)
    lenient("tag:yaml.org,2002:int", SafeConstructor.construct_yaml_int)
    lenient("tag:yaml.org,2002:float", SafeConstructor.construct_yaml_float)
    return Lenient


def _composer() -> type:
    """Return a composer that gives up on deep nesting, which costs the scanner quadratic time."""
    from ruamel.yaml.composer import Composer

    class Shallow(Composer):
        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            self.depth += 1
            if self.depth > MOST_LEVELS:
                raise _TooMuch(f"nested more than {MOST_LEVELS} levels deep")
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

    return Shallow


def _broken(error: Exception) -> Problem:
    """Say where and why a text is no YAML."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}" if mark is not None else "the file"
    what = getattr(error, "problem", None) or str(error).splitlines()[0]
    if "single document" in str(error):
        return Problem(where, "a second document", "one scenario in a file")
    if "could not determine a constructor" in str(what):
        return Problem(where, shown(what)[1:-1], "plain text, numbers, dates, lists and mappings",
                       "remove the tag (!...)")
    fix = ""
    if "tab" in str(what) or "'\\t'" in str(what):
        fix = "indent with blanks, not tabs"
    elif "mapping values are not allowed" in str(what):
        fix = "put text that holds a colon in quotes"
    return Problem(where, shown(str(what))[1:-1], "valid YAML 1.2", fix)


def _walk(root: Any) -> Iterator[tuple[str, int, int]]:
    """Yield path, line of its first key, and the line of a repetition (0 if none) for every field."""
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    seen = 0
    stack: list[tuple[Any, str, frozenset[int]]] = [(root, "", frozenset())]
    while stack:
        node, path, above = stack.pop()
        seen += 1
        if seen > MOST_VALUES:
            raise _TooMuch(f"more than {MOST_VALUES} values, aliases written out")
        if id(node) in above:
            raise _TooMuch(f"an alias inside its own anchor at {path}")
        inside = above | {id(node)}
        if isinstance(node, MappingNode):
            first: dict[str, int] = {}
            for key, value in node.value:
                name = str(key.value) if not isinstance(key.value, list) else "?"
                where = f"{path}.{name}" if path else name
                line = key.start_mark.line + 1
                merge = key.tag == "tag:yaml.org,2002:merge"
                yield where, first.get(where, line), line if where in first and not merge else 0
                first.setdefault(where, line)
                stack.append((value, where if not merge else path, inside))
        elif isinstance(node, SequenceNode):
            for i, value in enumerate(node.value):
                where = f"{path}.{i}" if path else str(i)
                yield where, value.start_mark.line + 1, 0
                stack.append((value, where, inside))
