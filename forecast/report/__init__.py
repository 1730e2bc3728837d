"""Reports that can be sent on: one self-contained file with numbers, pictures, methods, limits, provenance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from forecast.report.content import Content, content_of
from forecast.report.write import WRITERS

__all__ = ["WRITERS", "Content", "content_of", "report"]


def report(obj: Any, path: str | Path, *, title: str | None = None) -> Path:
    """Write a report of a forecast.

    Parameters
    ----------
    obj : xr.Dataset or Summary
        An outcome of :func:`forecast.simulate` (with ``paths=True`` single trials are shown too), or its summary.
    path : str or Path
        Ending in ``.html`` (one file, no network), ``.md`` (pictures in a folder beside it) or ``.docx``.
    title : str, optional
        The title of the scenario without it.

    Returns
    -------
    Path
        The file written; it appears only when it is whole.

    Raises
    ------
    ValueError
        If the ending of `path` is not one of these.
    StoreError
        If `obj` is not an outcome.
    ModuleNotFoundError
        If the extra ``report`` is not installed.

    Examples
    --------
    >>> import forecast as fc, tempfile
    >>> outcome = fc.simulate("us_iran_final_2026", draws=20, trials=20, seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report(outcome, folder + "/iran.md").name
    'iran.md'
    """
    from forecast.summary import Summary, summarize

    path = Path(path)
    if path.suffix.lower() not in WRITERS:
        raise ValueError(f"{path.name}: a report ends in {', '.join(WRITERS)}")
    summary = obj if isinstance(obj, Summary) else summarize(obj)
    outcome = None if isinstance(obj, Summary) else obj
    WRITERS[path.suffix.lower()](content_of(summary, outcome, title), path)
    return path
