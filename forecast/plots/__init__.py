"""Pictures of a forecast: ``plot_*(data, *, ax=None, ...) -> Axes``, each with its intervals.

Functions draw on the given axes or on a new figure, never show it and never compute: they take a
:class:`forecast.summary.Summary`, which can also be printed. Endings keep one colour each, told apart by
colour-blind readers and in grey print. :func:`figure_for` and :func:`save_figure` make files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecast.plots.bars import plot_disruptions, plot_downtime, plot_endings, plot_modes, plot_uncertainty
from forecast.plots.curves import plot_incidence, plot_next_round, plot_settlement
from forecast.plots.frame import Caption, caption_of
from forecast.plots.paths import plot_paths, plot_tension
from forecast.plots.save import FORMATS, figure_for, save_figure
from forecast.plots.story import plot_trial

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "FORMATS", "PICTURES", "Caption", "Picture", "caption_of", "figure_for", "plot_disruptions", "plot_downtime",
    "plot_endings",
    "plot_incidence", "plot_modes", "plot_next_round", "plot_paths", "plot_settlement", "plot_tension", "plot_trial",
    "plot_uncertainty", "save_figure",
]


@dataclass(frozen=True)
class Picture:
    """One entry of :data:`PICTURES`.

    Parameters
    ----------
    plot : callable
        ``plot_*`` function.
    takes : {"summary", "outcome"}
        What it draws; an outcome with ``paths=True``.
    sentence : str
        What it shows, for lists and ``--help``.
    millimetres : float or callable
        Height; a function of the data where it depends on them.
    each : callable, optional
        Returns the keys of the panels of a picture with several, each passed to `plot` as second argument.
    """

    plot: Callable[..., Axes]
    takes: str
    sentence: str
    millimetres: Any
    each: Callable[[Any], list[str]] | None = None

    def prepared(self, data: Any) -> Any:
        """Return what `plot` takes, summarising an outcome where a summary is needed."""
        from forecast.summary import Summary, summarize

        if self.takes == "summary":
            return data if isinstance(data, Summary) else summarize(data)
        if isinstance(data, Summary):
            raise ValueError(f"{self.plot.__name__} draws single trials: it needs the outcome of "
                             "simulate(..., paths=True), not its summary")
        return data

    def height(self, data: Any, **options: Any) -> float:
        """Return the height in millimetres."""
        one = float(self.millimetres(data) if callable(self.millimetres) else self.millimetres)
        return one * max(1, len(self.each(data))) if self.each and "issue" not in options else one

    def draw(self, figure: Figure, data: Any, **options: Any) -> None:
        """Draw on a figure, one panel below the other where there are several."""
        keys = self.each(data) if self.each else []
        if len(keys) < 2 or "issue" in options:
            self.plot(data, ax=figure.add_subplot(), **options)
            return
        for key, ax in zip(keys, figure.subplots(len(keys), squeeze=False)[:, 0], strict=True):
            self.plot(data, key, ax=ax, **options)


#: Name on the command line -> picture.
PICTURES: dict[str, Picture] = {
    "endings": Picture(plot_endings, "summary", "how the talks stand at the end", 78),
    "incidence": Picture(plot_incidence, "summary", "how likely each ending is by a date", 88),
    "next_round": Picture(plot_next_round, "summary", "when the next round is held", 80),
    "modes": Picture(plot_modes, "summary", "the mode of the next round", 68),
    "settlement": Picture(plot_settlement, "summary", "terms of each issue, if it closes", 78,
                          each=lambda summary: list(summary.settlement)),
    "disruptions": Picture(plot_disruptions, "summary", "what disturbs the talks",
                           lambda summary: 36 + 8.0 * max(len(summary.disruptions), 1)),
    "downtime": Picture(plot_downtime, "summary", "how long technical systems are down",
                        lambda summary: 38 + 11.0 * max(len(summary.downtime), 1)),
    "uncertainty": Picture(plot_uncertainty, "summary", "parameters, beliefs or luck", 68),
    "paths": Picture(plot_paths, "outcome", "how far trials are on the way to closing, by date", 88),
    "tension": Picture(plot_tension, "outcome", "tension at attempts, by date", 80),
    "trial": Picture(plot_trial, "outcome", "one trial replayed", 96),
}
