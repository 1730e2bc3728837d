"""The report of a backtest: what was forecast, what came true, where the model is no better than a base rate."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.backtest.reliability import DIAGRAMS, reliability, sharpness
from forecast.backtest.show import about, coverage_rows, skill_of, skill_rows, skill_text, verdicts
from forecast.backtest.words import ALL, BASELINES, LANDMARKS, NUMBERS, SENTENCES, SHORT, TARGETS
from forecast.report.content import Block, Bullets, Content, Heading, Paragraph, Picture, Table

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

METHOD = (
    "Each forecast is made from a copy of the table that ends on the day of the forecast: nothing dated "
    "later enters. Talks that were visibly over are not forecast; stalled ones are, since nobody could "
    "tell a stall from a long gap.",
    "Scores are losses: the log score in nats for classes, the CRPS in days for days, integrated to a "
    "horizon (of 180 days for the next round, 730 for the end) or to the end of a record that was still "
    "open. A gain is the score of the baseline minus that of the model. Its 95% interval resamples "
    "conflicts, not talks.",
    "Probabilities are frequencies among all trials with one observation more, spread evenly over the "
    "classes. Nothing is clipped.",
    "Coverage counts a whole day in part where the interval ends inside it, and a talk still open by what "
    "its record leaves open. Each talk weighs the same however often it was forecast.",
)
LIMITS = (
    "The table was collected to hold about half deals; these scores are for talks like those in it.",
    "The law was chosen while looking at the same talks. Folds refit its parameters, not its form: the "
    "gains are somewhat optimistic.",
    "Severity of disruptions, stalls, and what is called cancelled are coded partly by hindsight. The "
    "model and the fitted baselines see the same codes; the base rates do not use them.",
)


@dataclass
class Drawn(Picture):
    """A picture of a backtest, drawn when a writer asks for it at a width."""

    def figure(self, width_mm: float) -> Figure:
        """Draw it."""
        from forecast.plots.reliability import figure_of_backtest

        return figure_of_backtest(self.name, self.data, width_mm=width_mm, **self.options)


def backtest_content(result: xr.Dataset, title: str | None = None) -> Content:
    """Lay out the report of a backtest.

    Parameters
    ----------
    result : xr.Dataset
        From `forecast.backtest`.
    title : str, optional

    Returns
    -------
    Content
    """
    from forecast.plots.reliability import diagrams_of

    blocks: list[Block] = [
        Bullets(verdicts(result)),
        Heading("Gains over baselines"),
        Drawn("skill", result),
        Table(
            "All days of forecast together; gains with their 95% intervals, positive where the model is better",
            skill_rows(result),
            numeric=1,
        ),
        *_by_landmark(result),
        Heading("Do stated probabilities come true"),
        *[
            Drawn("reliability", result, {"target": target})
            for target in diagrams_of(result)
            if target not in NUMBERS
        ],
        *_stated(result),
        Heading("Do intervals cover what they say"),
        *[
            Drawn("reliability", result, {"target": target})
            for target in diagrams_of(result)
            if target in NUMBERS
        ],
        Table("Share of observations inside central intervals, with its 95% interval", coverage_rows(result)),
        *_sharp(result),
        *_ablations(result),
        Heading("Method"),
        *[Paragraph(text) for text in METHOD],
        Table("Days of forecast", [("name", "day"), *LANDMARKS.items()], numeric=2),
        Table(
            "What is forecast",
            [("target", "question"), *((f"{SHORT[name]} ({name})", SENTENCES[name]) for name in TARGETS)],
            numeric=2,
        ),
        Table(
            "Baselines, fixed before any score was seen",
            [("name", "forecast"), *BASELINES.items()],
            numeric=2,
        ),
        Heading("Limits"),
        Bullets(list(LIMITS)),
        *_provenance(result),
    ]
    return Content(title or "Were the forecasts honest?", about(result), blocks)


def _by_landmark(result: xr.Dataset) -> list[Block]:
    shown = ("deal_90", "next_held", "next_day")
    rows = [("Day of forecast", "forecasts", *(SHORT[target] for target in shown))]
    for name in result["landmark"].values:
        cells = [skill_text(target, skill_of(result, target, landmark=str(name))) for target in shown]
        rows.append((str(name), str(int(result["n"].sel(landmark=name, target="next_held"))), *cells))
    return [Table("Gain over the base rate by domain, by day of forecast", rows)]


def _stated(result: xr.Dataset) -> list[Block]:
    rows = [("Forecast", "mean stated", "came true", "dots inside the band of luck", "sd of stated")]
    for event in DIAGRAMS:
        made = reliability(result, event)
        share = float(np.average(made.happened, weights=made.n))
        rows.append(
            (
                SHORT[event],
                f"{made.p.mean():.1%}",
                f"{share:.1%}",
                f"{made.inside} of {len(made.n)}",
                f"{100 * made.p.std():.1f} points",
            )
        )
    return [Table("Stated and seen, all days of forecast", rows)]


def _sharp(result: xr.Dataset) -> list[Block]:
    found = sharpness(result)
    text = "; ".join(
        f"{SHORT[target]} {found[target]:.0f} days" for target in ("next_day", "end_day") if target in found
    )
    return [
        Paragraph(f"Sharpness, the median width of 80% intervals within the horizon: {text}.", small=True)
    ]


def _ablations(result: xr.Dataset) -> list[Block]:
    if "ablation" not in result.dims:
        return []
    from forecast.backtest.ablation import ABLATIONS

    shown = ("deal_90", "next_day", "end_day")
    rows = [("Turned off", *(SHORT[target] for target in shown))]
    for name in result["ablation"].values:
        made = result["ablation_skill"].sel(ablation=name)
        cells = [
            skill_text(target, tuple(float(x) for x in made.sel(target=target).values)) for target in shown
        ]
        rows.append((ABLATIONS[str(name)].sentence if str(name) in ABLATIONS else str(name), *cells))
    return [
        Heading("What each mechanism is worth"),
        Table("Loss when a mechanism is turned off without refitting; positive: it helps", rows),
    ]


def _provenance(result: xr.Dataset) -> list[Block]:
    attrs: dict[str, Any] = result.attrs
    rows = [
        ("Provenance", ""),
        ("Talks", f"{attrs['n_talks']}, data {str(attrs['data_hash'])[:16]}"),
        ("Split", f"{attrs['split']}, {attrs['folds']}"),
        ("Seed", str(attrs["seed"])),
        ("Draws x trials", f"{attrs['draws']} x {attrs['trials']}"),
        ("Training", str(attrs["baselines"])),
        ("Posteriors", ", ".join(one[:12] for one in str(attrs["posterior_hashes"]).split(","))),
        ("Law fitted", str(attrs["calibration"])[:16]),
        ("Seconds", f"{attrs['seconds']:g}"),
    ]
    rows += [
        (f"Version of {name}", version) for name, version in sorted(json.loads(attrs["versions"]).items())
    ]
    n = int(result["n"].sel(landmark=ALL, target="ending"))
    return [
        Heading("Provenance"),
        Table(f"What is needed to make the same numbers again ({n} endings scored)", rows, numeric=2),
    ]
