"""Reports that can be sent on: one self-contained file with numbers, pictures, methods, limits, provenance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from forecast.report.content import Content, content_of
from forecast.report.write import WRITERS

__all__ = ["WRITERS", "Content", "content_of", "report"]


def report(obj: Any, path: str | Path, *, title: str | None = None, posterior: Any = None) -> Path:
    """Write a report of a forecast, of the news, or of a backtest.

    Parameters
    ----------
    obj : xr.Dataset, Summary or Status
        An outcome of :func:`forecast.simulate` (with ``paths=True`` single trials are shown too), its summary, the
        path of :func:`forecast.history`, the state of :func:`forecast.status`, or the result of
        :func:`forecast.backtest`. The report of a forecast of talks with a history shows how it moved and the state
        of the talks; for that it plays the last 12 items of the history anew, with 100 x 50 trials each.
    path : str or Path
        Ending in ``.html`` (one file, no network), ``.md`` (pictures in a folder beside it) or ``.docx``.
    title : str, optional
        The title of the scenario without it.
    posterior : xr.DataTree, str or path, optional
        The parameters that a forecast was made with, if they are not those its scenario asks for; only needed to go
        back over its history.

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
    PosteriorError
        If `posterior` cannot be read.
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
    from forecast.summary import Summary

    path = Path(path)
    if path.suffix.lower() not in WRITERS:
        raise ValueError(f"{path.name}: a report ends in {', '.join(WRITERS)}")
    if "backtest" in getattr(obj, "attrs", {}):
        from forecast.report.backtest import backtest_content

        WRITERS[path.suffix.lower()](backtest_content(obj, title), path)
        return path
    from forecast.report import news

    if hasattr(obj, "lines") and hasattr(obj, "risk"):
        content = news.state_content(obj, title)
    elif news.is_path(obj):
        content = news.path_content(obj, title)
    else:
        summary = obj if isinstance(obj, Summary) else _summary(obj, posterior)
        outcome = None if isinstance(obj, Summary) else obj
        content = content_of(summary, outcome, title, news.followed(summary, outcome, posterior))
    WRITERS[path.suffix.lower()](content, path)
    return path


def _summary(outcome: Any, posterior: Any) -> Any:
    """Summarise an outcome; its variance is split exactly where its trials and parameters are at hand."""
    from forecast.errors import PosteriorError, ScenarioError, StoreError
    from forecast.summary import summarize

    try:
        return summarize(outcome, split="ending" in getattr(outcome, "data_vars", ()), posterior=posterior)
    except (PosteriorError, ScenarioError, StoreError):
        return summarize(outcome)  # with bounds; what is no outcome is refused here too
