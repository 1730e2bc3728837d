"""Scenario files: find them, read them, merge what they extend, and list those that are shipped."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forecast.errors import Problem, ScenarioError
from forecast.paths import data_folder
from forecast.scenario.model import Scenario
from forecast.scenario.parties import named_parties, slug
from forecast.scenario.problems import nearest, shown
from forecast.scenario.text import MOST_BYTES, parse_text

SUFFIXES = (".yaml", ".yml", ".json")
_MOST_EXTENDS = 20


@dataclass(frozen=True)
class ScenarioRecord:
    """One shipped scenario, in a line.

    Parameters
    ----------
    name, title : str
    as_of : datetime.date
    domain : str
    path : Path
    """

    name: str
    title: str
    as_of: dt.date
    domain: str
    path: Path


@dataclass
class Source:
    """A scenario file with what it extends merged in, not yet validated.

    Parameters
    ----------
    path : Path
    data : dict
    places : dict
        Path of a field -> where it is written, such as ``line 12``.
    files : list of Path
        The file and, after it, those it extends.
    problems : list of Problem
        Found while reading.
    """

    path: Path
    data: dict[str, Any]
    places: dict[str, str] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def placed(self, problem: Problem) -> Problem:
        """Return the problem with the line of the field, or of the nearest field above it."""
        if "(" in problem.where or problem.where.startswith("line "):
            return problem
        keys = problem.where.split(".")
        for n in range(len(keys), 0, -1):
            place = self.places.get(".".join(keys[:n]))
            if place:
                return Problem(f"{problem.where} ({place})", problem.given, problem.allowed, problem.fix)
        return problem


def load_scenario(name_or_path: str | os.PathLike[str]) -> Scenario:
    """Read a scenario.

    Parameters
    ----------
    name_or_path : str or path
        Name of a shipped scenario, or path of a ``.yaml``, ``.yml`` or ``.json`` file.

    Raises
    ------
    ScenarioError
        If there is no such file or anything in it is wrong; every problem is listed, with its line.

    Examples
    --------
    >>> load_scenario("us_iran_final_2026").parties["iran"].without_principal
    'stay_away'
    """
    return validated(read_source(name_or_path))


def validated(source: Source) -> Scenario:
    """Validate what was read.

    Raises
    ------
    ScenarioError
        With the problems of reading and of validation, in one list.
    """
    problems, scenario = list(source.problems), None
    try:
        scenario = Scenario.from_dict(source.data)
    except ScenarioError as error:
        if not error.problems:
            raise ScenarioError(str(error), str(source.path)) from None
        problems += [source.placed(problem) for problem in error.problems]
    if problems:
        raise ScenarioError(problems, str(source.path))
    assert scenario is not None
    return scenario


def list_scenarios() -> list[ScenarioRecord]:
    """List the shipped scenarios, by name.

    Examples
    --------
    >>> [record.name for record in list_scenarios()][-1]
    'us_iran_final_2026'
    """
    out = []
    for path in sorted((data_folder() / "scenarios").glob("*.yaml")):
        scenario = load_scenario(path)
        title = scenario.title or " - ".join(party.name or key for key, party in scenario.parties.items())
        out.append(ScenarioRecord(scenario.name, title, scenario.as_of, scenario.domain, path))
    return out


def read_source(name_or_path: str | os.PathLike[str], _chain: tuple[Path, ...] = ()) -> Source:
    """Read a file and merge it over those it extends, without validating.

    Mappings are merged key by key; lists, numbers, texts and beliefs replace what was there. `name` is not
    inherited.

    Raises
    ------
    ScenarioError
        If a file cannot be read, or one extends itself.
    """
    path = find(name_or_path, _chain[-1].parent if _chain else None)
    if path in _chain:
        raise ScenarioError([Problem("extends", " -> ".join(p.name for p in (*_chain, path)),
                                     "files that do not extend themselves")], str(_chain[0]))
    if len(_chain) >= _MOST_EXTENDS:
        raise ScenarioError([Problem("extends", f"{len(_chain)} files deep", f"at most {_MOST_EXTENDS}")],
                            str(_chain[0]))
    parsed = parse_text(read_text(path), str(path))
    if not isinstance(parsed.data, Mapping):
        raise ScenarioError([Problem("the file", shown(parsed.data), "a mapping with parties, as_of and domain")],
                            str(path))
    prefix = f"{path.name}, " if _chain else ""
    source = Source(path, dict(parsed.data), {key: f"{prefix}line {n}" for key, n in parsed.lines.items()}, [path],
                    list(parsed.problems))
    base = source.data.pop("extends", None)
    if base is None:
        if not _chain:
            source.data.setdefault("name", _file_name(path))
        return source
    if not isinstance(base, str):
        raise ScenarioError([source.placed(Problem("extends", shown(base), "the name or path of one scenario"))],
                            str(path))
    below = read_source(base, (*_chain, path))
    if below.data.get("name") is not None and "name" not in source.data:
        del below.data["name"]
    merged = _merged(below.data, source.data, ())
    if not _chain:
        merged.setdefault("name", _file_name(path))
    return Source(path, merged, {**below.places, **source.places}, [*source.files, *below.files],
                  [*source.problems, *below.problems])


def find(name_or_path: str | os.PathLike[str], folder: Path | None = None) -> Path:
    """Return the file of a name or path.

    Parameters
    ----------
    name_or_path : str or path
    folder : Path, optional
        Where relative paths start; the working folder when left out.

    Raises
    ------
    ScenarioError
        If there is none; close names of shipped scenarios are suggested.
    """
    if not isinstance(name_or_path, (str, os.PathLike)):
        raise ScenarioError([Problem("scenario", shown(name_or_path), "a name or a path")])
    text = os.fspath(name_or_path)
    if not isinstance(text, str) or not text or "\0" in text:
        raise ScenarioError([Problem("scenario", shown(text), "a name or a path")])
    shipped = data_folder() / "scenarios"
    is_path = isinstance(name_or_path, os.PathLike) or text.endswith(SUFFIXES) or Path(text).name != text
    if not is_path:
        named = shipped / f"{text}.yaml"
        if named.is_file():
            return named.resolve()
    path = Path(text).expanduser() if text.startswith("~") else Path(text)
    path = (folder or Path()) / path
    try:
        if path.is_file() or path.exists():
            return path.resolve()
    except OSError:
        pass
    names = sorted(p.stem for p in shipped.glob("*.yaml"))
    raise ScenarioError([Problem(shown(text), "no such scenario or file",
                                 f"a path, or one of the shipped {', '.join(names)}", nearest(path.stem, names))])


def read_text(path: Path) -> str:
    """Read a file that must be a text of reasonable size.

    Raises
    ------
    ScenarioError
        If it is a folder, too large, no UTF-8 text, or cannot be read.
    """
    where = str(path)
    try:
        if path.is_dir():
            raise ScenarioError([Problem("the file", "a folder", "a file of YAML text")], where)
        if not path.is_file():
            raise ScenarioError([Problem("the file", "a device or pipe", "a file of YAML text")], where)
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise ScenarioError([Problem("the file", f"{size} bytes", f"at most {MOST_BYTES} bytes",
                                         "is it a scenario file?")], where)
        raw = path.read_bytes()
    except OSError as error:
        raise ScenarioError([Problem("the file", error.strerror or "not readable", "a file that can be read")],
                            where) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError([Problem("the file", f"no UTF-8 text (byte {error.start})",
                                     "a file of YAML text in UTF-8")], where) from None
    if "\0" in text:
        raise ScenarioError([Problem("the file", "binary data", "a file of YAML text in UTF-8")], where)
    return text


def _file_name(path: Path) -> str:
    """Make a scenario name from a file name."""
    made = slug(path.stem)[:60]
    return made if made[:1].isalpha() else "scenario"


def _is_belief(path: tuple[str, ...]) -> bool:
    """Is this the place of a belief? One replaces another whole: half of each would be neither."""
    return (len(path) == 4 and path[0] == "issues" and path[2] in ("reservation", "kappa")) or (
        len(path) == 3 and path[0] == "parties" and path[2] == "delegate_authority")


def _merged(below: Any, above: Any, path: tuple[str, ...]) -> Any:
    """Lay `above` over `below`."""
    if path == ("parties",):
        below, above = _as_mapping(below), _as_mapping(above)
    if not isinstance(below, Mapping) or not isinstance(above, Mapping) or _is_belief(path):
        return above
    out = dict(below)
    for key, value in above.items():
        out[key] = _merged(out[key], value, (*path, str(key))) if key in out else value
    return out


def _as_mapping(parties: Any) -> Any:
    """Bring the short list of parties into the form that can be merged; leave what is wrong to validation."""
    try:
        return named_parties(parties)
    except ScenarioError:
        return parties
