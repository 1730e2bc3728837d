"""Sections of a report on the news: how the forecast moved, and the state of the talks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from forecast.looks import ENDING_LOOKS, MODE_LOOKS
from forecast.news.course import is_path
from forecast.news.standing import RISK_FORMULA
from forecast.plots.news import days_text
from forecast.report.content import Block, Content, Heading, Paragraph, Picture, Table
from forecast.summary.text import date_words, interval, percent

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from forecast.news.standing import Status
    from forecast.summary import Estimate, Summary

#: What the path in the report of a forecast may cost: the last so many items, each step with so many trials.
MOST_ITEMS, MOST_DRAWS, MOST_TRIALS = 12, 100, 50
MOVED, STATE = "How the forecast moved", "State of the talks"
__all__ = ["followed", "followed_blocks", "is_path", "path_content", "state_content"]


@dataclass
class Drawn(Picture):
    """A picture of the news, drawn when a writer asks for it at a width."""

    def figure(self, width_mm: float) -> Figure:
        """Draw it."""
        from forecast.plots import news
        from forecast.plots.whatif import figure_of

        return figure_of(getattr(news, f"plot_{self.name}"), self.data, height_mm=news.height_of(self.data),
                         width_mm=width_mm)


class Followed(NamedTuple):
    """What a history says about a forecast: its path and the state of the talks, or why they cannot be told."""

    path: xr.Dataset | None = None
    state: Status | None = None
    why_not: str = ""


def followed(summary: Summary, outcome: Any = None, posterior: Any = None) -> Followed | None:
    """Follow the history of a forecast to its as-of date.

    Parameters
    ----------
    summary : Summary
    outcome : xr.Dataset, optional
        With single trials the state of the talks is read from it; without, it is played anew, smaller.
    posterior : xr.DataTree, str or path, optional
        The parameters of the forecast. None: those that its scenario asks for, if they are the same.

    Returns
    -------
    Followed or None
        None for a scenario without a history. At most `MOST_ITEMS` steps of `MOST_DRAWS` x `MOST_TRIALS` trials are
        played; the last step is the forecast itself.

    Raises
    ------
    PosteriorError
        If `posterior` cannot be read.
    """
    if not summary.scenario.get("history"):
        return None
    from forecast.errors import PosteriorError
    from forecast.news.course import follow
    from forecast.news.retrace import retraced
    from forecast.news.standing import status, status_of
    from forecast.posterior import load_posterior, posterior_for
    from forecast.scenario import Scenario, resolve

    scenario = resolve(Scenario.from_dict(summary.scenario))
    if posterior is None:
        try:
            posterior = posterior_for(scenario)
        except PosteriorError as error:
            return Followed(why_not=str(error).splitlines()[0])
    elif not hasattr(posterior, "groups"):
        posterior = load_posterior(posterior)
    if posterior.attrs.get("content_hash") != summary.provenance.get("posterior_hash"):
        return Followed(why_not="the parameters it was made with are not at hand: those of the same name have changed "
                        "since, or others were given to it")
    size = {"draws": min(summary.draws, MOST_DRAWS), "trials": min(summary.trials, MOST_TRIALS), "seed": summary.seed}
    path = follow(retraced(scenario, MOST_ITEMS), posterior=posterior, end=summary, **size)
    has_trials = outcome is not None and "ending" in getattr(outcome, "data_vars", ())
    state = status_of(outcome, scenario, posterior) if has_trials else status(scenario, posterior=posterior, **size)
    return Followed(path, state)


def followed_blocks(made: Followed | None) -> list[Block]:
    """Return both sections for the report of a forecast; none without a history."""
    if made is None:
        return []
    if made.path is None or made.state is None:
        return [Heading(MOVED), Paragraph(f"How this forecast moved with the news cannot be shown: {made.why_not}.")]
    return [Heading(MOVED), *_moved(made.path, reported=True), Heading(STATE), *_state(made.state)]


def path_content(path: xr.Dataset, title: str | None = None) -> Content:
    """Lay out the report of a path, from :func:`forecast.history`."""
    dates = [dt.date.fromisoformat(str(date)) for date in path["date"].values]
    made = {**path.attrs, "as_of": str(dates[-1])}
    return Content(title or f"{path.attrs.get('title') or path.attrs['scenario']}: how the forecast moved",
                   f"From {date_words(dates[0])} to {date_words(dates[-1])}",
                   [*_moved(path), Heading("Provenance"), _provenance(made)])


def state_content(state: Status, title: str | None = None) -> Content:
    """Lay out the report of a state, from :func:`forecast.status`."""
    made = {"scenario": state.scenario, "as_of": state.as_of.isoformat(), **state.provenance}
    return Content(title or f"{state.title}: state of the talks", f"As known on {date_words(state.as_of)}",
                   [*_state(state), Heading("Provenance"), _provenance(made)])


def _moved(path: xr.Dataset, reported: bool = False) -> list[Block]:
    """Say in words, picture and table what the items moved."""
    deal = path.sel(quantity="deal")
    p, moved, error = (deal[name].values for name in ("p", "moved", "moved_mc_error"))
    items, dates = path["item"].values, path["date"].values
    opening = (f"{_capital(items[0])} ({dates[0]}) the probability of a deal by {path.attrs['horizon']} was "
               f"{percent(p[0])} ({_span(deal, 0)}); on {dates[-1]} it is {percent(p[-1])} ({_span(deal, -1)}).")
    clear = [i for i in range(1, len(p)) if abs(moved[i]) > 2.0 * error[i]]
    most = sorted(clear, key=lambda i: -abs(moved[i]))[:3]
    told = ("No single step moved it beyond the Monte Carlo error." if not most else "It moved most with: " + "; ".join(
        f"{items[i]} ({dates[i]}, {_points(moved[i])} points)" for i in most) + ".")
    rows = [("Date", "news", "deal", "90% interval", "moved, points", "collapse", "next round held")]
    rows += [(str(dates[i]), str(items[i]), percent(p[i]), _span(deal, i),
              _points(moved[i], error[i]) if i else "",
              percent(float(path["p"].sel(quantity="collapse")[i])),
              percent(float(path["p"].sel(quantity="next_held")[i]))) for i in range(len(p))]
    size = f"{path.attrs['draws']:,} x {path.attrs['trials']:,} trials on one seed"
    size = (f"The last row is the forecast of this report; the steps before it were played with {size}."
            if reported else f"Every step was played with {size}.")
    return [Paragraph(opening + " " + told), Drawn("history", path),
            Table("After each item; change of the probability of a deal, with at most this Monte Carlo error "
                  "(steps share their luck)", rows, numeric=2),
            Paragraph(f"{size} A step holds the item and the silence before it: days on which nothing is reported are "
                      "evidence too. Earlier steps know no plan, presence or deadline that the history had not told "
                      "by then; parties, issues and beliefs are as stated now.", small=True)]


def _state(state: Status) -> list[Block]:
    """Say in words, picture and tables how the talks stand."""
    planned = f"planned for {date_words(state.planned)}, held on that day" if state.planned else (
        "not announced; one is held within 14 days")
    deadline = ""
    if state.deadline_days is not None:
        days = f"{abs(state.deadline_days)} day{'s' * (abs(state.deadline_days) != 1)}"
        deadline = (" The deadline is today." if state.deadline_days == 0 else f" The deadline is in {days}."
                    if state.deadline_days > 0 else f" The deadline passed {days} ago.")
    out: list[Block] = [
        Paragraph(f"On {date_words(state.as_of)} the talks are {state.level}. The next round is {planned}: "
                  f"{_with(state.held)}. Risk score: {_with(state.risk, score=True)}.{deadline}"),
        Drawn("status", state)]
    if state.lines:
        rows = [("System or principal", "state", "why", "back in", "80% interval")]
        rows += [(line.name, line.level, line.why, *_back(line.recovery)) for line in state.lines]
        out.append(Table("What is up, degraded or down", rows, numeric=3))
    if state.active:
        rows = [("Disruption going on", "severity", "since", "over in", "80% interval")]
        rows += [(one.name + (f" ({one.note})" if one.note else ""), str(one.severity), str(one.since),
                  *_back(one.recovery)) for one in state.active]
        out.append(Table("Time still to go, given that it is not over yet", rows))
    else:
        out.append(Paragraph("No disruption is reported as still going on."))
    rows = [("What comes next", "probability", "90% interval"),
            ("Next round held on its day" if state.planned else "A round held within 14 days", *_two(state.held))]
    rows += [(f"Mode, if held: {MODE_LOOKS[name].label.lower()}", *_two(one)) for name, one in state.modes.items()
             if one.p >= 0.005]
    broken = ", ".join(ENDING_LOOKS[name].label.lower() for name in ("collapse", "stall", "lapse"))
    rows += [(f"Break-off within 30 days ({broken})", *_two(state.breaks)),
             ("Risk score", f"{state.risk.p:.2f}", _score_span(state.risk))]
    return [*out, Table("The next round, and the risk", rows),
            Paragraph(f"Risk score = {RISK_FORMULA}. It lies between 0 and 1 and is no probability of a deal.",
                      small=True)]


def _provenance(made: dict[str, Any]) -> Table:
    rows = [("Provenance", ""), ("Scenario", str(made["scenario"])), ("As of", str(made["as_of"]))]
    kind = {"prior": "expert prior, nothing fitted"}.get(str(made.get("posterior_kind")),
                                                         "posterior fitted to past talks")
    if made.get("seed") is not None:
        rows += [("Seed", str(made["seed"])), ("Draws x trials", f"{made['draws']} x {made['trials']}"),
                 ("Parameters", kind), ("Content hash of the parameters", str(made["posterior_hash"]))]
    return Table("What is needed to make the same numbers again", rows, numeric=2)


def _capital(text: str) -> str:
    return str(text)[:1].upper() + str(text)[1:]


def _two(made: Estimate) -> tuple[str, str]:
    return percent(made.p), interval(made)


def _with(made: Estimate, score: bool = False) -> str:
    return f"{made.p:.2f} ({_score_span(made)})" if score else f"{percent(made.p)} ({interval(made)})"


def _score_span(made: Estimate) -> str:
    return f"{made.low:.2f} to {made.high:.2f}" if np.isfinite(made.low) else "n/a"


def _span(made: xr.Dataset, i: int) -> str:
    from forecast.summary import Estimate

    return interval(Estimate(*(float(made[name].values[i]) for name in ("p", "low", "high", "mc_error"))))


def _points(moved: float, error: float | None = None) -> str:
    """Return a change in percentage points, with its error where given.

    Examples
    --------
    >>> _points(-0.0461), _points(0.02, 0.0149), _points(-0.0001)
    ('-4.6', '+2.0 ± 1.5', '0.0')
    """
    points = f"{100 * moved:+.1f}"
    return ("0.0" if float(points) == 0.0 else points) + ("" if error is None else f" ± {100 * error:.1f}")


def _back(recovery: tuple[float, float, float] | None) -> tuple[str, str]:
    return ("", "") if recovery is None else (
        days_text(recovery[0]), f"{days_text(recovery[1])} to {days_text(recovery[2])}")
