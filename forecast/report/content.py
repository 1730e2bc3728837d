"""What a report says, without a format: blocks that every writer lays out in its own way.

Each sentence and each table is made from the summary, so that no two parts of a report can disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.looks import ENDING_LOOKS, MODE_LOOKS, STATUS_LOOKS
from forecast.report.limits import LIMITS, METHODS
from forecast.summary.text import WORDS, date_words, number, percent, sentences, span, with_interval
from forecast.vocabulary import label_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecast.summary import Summary


@dataclass(frozen=True)
class Heading:
    """A heading of level 2."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `small` for notes."""

    text: str
    small: bool = False


@dataclass(frozen=True)
class Bullets:
    """A list."""

    items: list[str]


@dataclass(frozen=True)
class Table:
    """A table: the first row is the head, the first column names the row, numbers stand at the right."""

    caption: str
    rows: list[tuple[str, ...]]
    numeric: int = 1


@dataclass
class Picture:
    """A picture, drawn when a writer asks for it at a width.

    Parameters
    ----------
    name : str
        Of :data:`forecast.plots.PICTURES`.
    data : Summary or xr.Dataset
    options : dict
        For the ``plot_*`` function.
    """

    name: str
    data: Any
    options: dict[str, Any] = field(default_factory=dict)

    def figure(self, width_mm: float) -> Figure:
        """Draw it."""
        from forecast.plots import figure_for

        return figure_for(self.name, self.data, width_mm=width_mm, **self.options)


Block = Heading | Paragraph | Bullets | Table | Picture


@dataclass(frozen=True)
class Content:
    """A whole report."""

    title: str
    subtitle: str
    blocks: list[Block]


def content_of(summary: Summary, outcome: Any = None, title: str | None = None, followed: Any = None) -> Content:
    """Lay out the report of a forecast.

    Parameters
    ----------
    summary : Summary
    outcome : xr.Dataset, optional
        With ``paths=True`` its single trials are shown too.
    title : str, optional
        The title of the scenario without it.
    followed : Followed, optional
        What the history of the talks says: :func:`forecast.report.news.followed`.

    Returns
    -------
    Content
    """
    from forecast.report.news import followed_blocks

    blocks: list[Block] = [
        *[Paragraph(text) for text in sentences(summary, words=True)],
        Paragraph("Words for probabilities: " + "; ".join(
            f"{name} from {percent(least)}" for least, name in WORDS[:-1]) + f"; {WORDS[-1][1]} below.", small=True),
        *_ending(summary), *_next(summary), *followed_blocks(followed), *_terms(summary), *_disturbed(summary),
        *_unsure(summary), *_past(summary),
        *_trials(outcome),
        Heading("What these numbers mean, and what they do not"), Bullets([*LIMITS, *_judged(summary)]),
        Heading("Method"), *[Paragraph(text) for text in METHODS],
        *_scenario(summary), *_provenance(summary),
    ]
    subtitle = (f"Forecast as known on {date_words(summary.as_of)}, to {date_words(summary.horizon)} "
                f"({summary.horizon_days} days)")
    return Content(title or summary.title, subtitle, blocks)


def _ending(summary: Summary) -> list[Block]:
    rows = [("How the talks stand", "probability", "90% interval", "median date", "5% to 95% of days")]
    for name, made in [*summary.ends.items(), ("deal", summary.deal)]:
        times = summary.time_to_end.get(name)
        shown = times is not None and times.n and name != "ongoing"
        label = "Deal (full or partial)" if name == "deal" else ENDING_LOOKS[name].label + summary.mark(f"ends.{name}")
        rows.append((label, *_two(made), str(summary.date_of(times.p50)) if shown else "",
                     f"{number(times.p5)} to {number(times.p95)}" if shown else ""))
    by = [("By", "day", "deal", "90% interval", "any ending", "90% interval")]
    by += [(str(one.date), summary.day_words(one.day).removeprefix("day "), *_two(one.deal), *_two(one.ended))
           for one in summary.by]
    return [Heading("How it ends, and when"), Picture("endings", summary),
            Table("Endings: probability with its interval over draws; days from the date of the forecast", rows),
            Picture("incidence", summary), Table("What has happened by a date", by)]


def _two(made: Any) -> tuple[str, str]:
    from forecast.summary.text import interval

    return percent(made.p), interval(made)


def _next(summary: Summary) -> list[Block]:
    made = summary.next_round
    rows = [("Next round", "probability", "90% interval"), ("Held within the horizon", *_two(made.held))]
    if made.on_time is not None:
        rows.append((f"Held on the planned day, {made.planned}", *_two(made.on_time)))
    rows += [(f"Held within {days} day{'s' * (days > 1)}", *_two(one)) for days, one in made.within_days.items()
             if np.isfinite(one.p)]
    rows += [(f"First attempt: {STATUS_LOOKS[name].label.lower()}", *_two(one)) for name, one in made.status.items()]
    rows += [(f"Mode, if held: {MODE_LOOKS[name].label.lower()}{summary.mark('next_round.mode')}", *_two(one))
             for name, one in made.mode.items() if one.p >= 0.005]
    return [Heading("The next round"), Picture("next_round", summary), Picture("modes", summary),
            Table("The next round", rows)]


def _terms(summary: Summary) -> list[Block]:
    if not summary.settlement:
        return []
    rows = [("Issue", "unit", "closes", "mean", "90% interval", "median", "5% to 95% of cases")]
    rows += [(issue.name, issue.unit, with_interval(issue.closed), number(issue.mean.value), span(issue.mean),
              number(issue.median.value), f"{number(issue.quantiles['p5'])} to {number(issue.quantiles['p95'])}")
             for issue in summary.settlement.values()]
    return [Heading("On what terms"), *[Picture("settlement", summary, {"issue": key}) for key in summary.settlement],
            Table("Terms, given that the issue closes" + summary.mark("settlement"), rows)]


def _disturbed(summary: Summary) -> list[Block]:
    if not summary.disruptions:
        return []
    rows = [("Before the talks end", "probability", "90% interval")]
    rows += [(f"{one.name}: at least one{summary.mark(f'disruptions.{key}')}", *_two(one.any))
             for key, one in summary.disruptions.items()]
    for key, made in summary.absent.items():
        party = (summary.scenario.get("parties") or {}).get(key) or {}
        rows.append((f"{party.get('name') or label_of(key)}: an attempt without its principal", *_two(made)))
    out: list[Block] = [Heading("What may disturb the talks"), Picture("disruptions", summary),
                        Table("Disruptions and absences", rows)]
    if summary.downtime:
        systems = [("System", "down at some time", "90% interval", "days down", "90% interval")]
        systems += [(one.name, *_two(one.any), number(one.days.value), span(one.days))
                    for one in summary.downtime.values()]
        out += [Picture("downtime", summary), Table("Technical systems" + summary.mark("downtime"), systems)]
    return out


def _unsure(summary: Summary) -> list[Block]:
    zopa = summary.zopa
    rows = [("Room for a deal", "probability", "90% interval"),
            ("In talks like these", *_two(zopa.talks)),
            ("By your stated beliefs", *(_two(zopa.beliefs) if zopa.beliefs else ("none stated", ""))),
            (f"Used (weight of the beliefs {zopa.weight:g})", *_two(zopa.used))]
    return [Heading("Where the uncertainty comes from"), Picture("uncertainty", summary),
            Paragraph("Parameters are what past talks leave open; beliefs are what is hidden about these talks; luck "
                      "is what would differ if the same talks were played again. Intervals in this report are over "
                      "parameters only, with the other two integrated over."),
            Table("Probability that there is room for a deal at all (ZOPA)" + summary.mark("zopa"), rows)]


def _past(summary: Summary) -> list[Block]:
    base = summary.base_rate
    if not base.get("n"):
        return []
    rows = [("Past talks", "ended in a deal", "90% interval", "n")]
    here = base.get("domain") or {}
    for label, one in (("All in the table", base["deal"]), (label_of(str(here.get("name", ""))), here.get("deal"))):
        if one and one["n"]:
            rows.append((label, percent(one["p"]), f"{percent(one['low'])} to {percent(one['high'])}", str(one["n"])))
    out: list[Block] = [Heading("Past talks"), Table("Base rate, with Wilson's interval", rows),
                        Paragraph(f"{base['note'][:1].upper()}{base['note'][1:]}.", small=True)]
    if summary.nearest:
        near = [("Nearest past talks", "from", "to", "ended", "rounds held", "distance")]
        near += [(one["name"], str(one["start"] or ""), str(one["end"]), ENDING_LOOKS[one["ending"]].label,
                  str(one["rounds_held"]), f"{one['distance']:.2f}") for one in summary.nearest]
        out.append(Table("Nearest past talks; distance from 0 (same) to 1", near))
    return out


def _trials(outcome: Any) -> list[Block]:
    if outcome is None or "attempt_day" not in getattr(outcome, "data_vars", ()):
        return []
    return [Heading("Single trials"), Picture("paths", outcome), Picture("tension", outcome),
            Picture("trial", outcome),
            Paragraph("One trial is an example of what may happen, not a forecast.", small=True)]


def _judged(summary: Summary) -> list[str]:
    return [f"Prior-driven: {part.part} ({part.reason})." for part in summary.prior_driven]


def _scenario(summary: Summary) -> list[Block]:
    scenario = summary.scenario
    parties = [("Party", "principal", "at the next round", "without its principal")]
    for key, party in (scenario.get("parties") or {}).items():
        present = {True: "reported present", False: "reported absent"}.get(party.get("present"), "not known")
        parties.append((str(party.get("name") or key), str(party.get("principal") or "none stated"), present,
                        str(party.get("without_principal") or "").replace("_", " ")))
    facts = [f"Domain: {label_of(str(scenario.get('domain', '')))}."]
    mediator = scenario.get("mediator")
    facts.append(f"Mediator: {', '.join(mediator.get('names') or [])} ({mediator.get('type')})." if mediator
                 else "No mediator.")
    deadline = scenario.get("deadline")
    facts.append(f"Deadline: {deadline['date']} ({deadline.get('binding')})." if deadline else "No deadline.")
    plan = scenario.get("next_round")
    if plan:
        fallback = ", ".join(MODE_LOOKS[mode].label.lower() for mode in plan.get("fallback") or [])
        facts.append(f"Next round planned for {plan['planned']}" + (f" in {plan['venue']}" if plan.get("venue") else "")
                     + (f", {MODE_LOOKS[plan['mode']].label.lower()}" if plan.get("mode") else "")
                     + (f"; else {fallback}" if fallback else "") + ".")
    for event in (scenario.get("disruptions") or {}).get("active_now") or []:
        facts.append(f"Active since {event['since']}: {label_of(str(event['kind'])).lower()}, severity "
                     f"{event['severity']}" + (f" ({event['note']})" if event.get("note") else "") + ".")
    history = scenario.get("history") or []
    facts.append(f"History: {len(history)} dated items." if history else "No history of these talks was stated.")
    adjust = summary.adjust
    moved = [f"{key.replace('_', '-')} {adjust[key]:+.2f}" for key in ("closing", "break_off", "loss") if adjust[key]]
    facts.append(f"Adjustment of the log-odds: {', '.join(moved)} ({adjust['rationale']})." if moved
                 else "No adjustment of the odds.")
    out: list[Block] = [Heading("The scenario"), Bullets(facts), Table("Parties", parties, numeric=4)]
    sources = summary.provenance.get("sources")
    if sources:
        out += [Paragraph("Sources of the scenario:"), Bullets([str(source) for source in sources])]
    return out


def _provenance(summary: Summary) -> list[Block]:
    made = summary.provenance
    kind = "expert prior, nothing fitted" if made["posterior_kind"] == "prior" else "posterior fitted to past talks"
    rows = [("Provenance", ""), ("Scenario", summary.name), ("As of", str(summary.as_of)), ("Seed", str(summary.seed)),
            ("Draws x trials", f"{summary.draws} x {summary.trials}"), ("Parameters", kind),
            ("Content hash of the parameters", str(made["posterior_hash"]))]
    if made.get("scenario_digest"):
        rows.append(("Hash of the scenario", str(made["scenario_digest"])))
    rows += [(f"Version of {name}", str(version)) for name, version in sorted(made["versions"].items())]
    return [Heading("Provenance"), Table("What is needed to make the same numbers again", rows, numeric=2)]
