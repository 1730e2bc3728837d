"""Sentences made from the numbers they state, so that the two cannot disagree."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from forecast.summary.estimate import Estimate, Quantity
from forecast.vocabulary import ENDING_LOOKS, MODE_LOOKS

if TYPE_CHECKING:
    from forecast.summary.summary import Summary

#: Words for probabilities: the least p each is used for (those of the Intergovernmental Panel on Climate
#: Change, guidance note of 2010, with its gaps closed). Printed wherever words are used.
WORDS = ((0.99, "virtually certain"), (0.90, "very likely"), (0.66, "likely"), (0.33, "about as likely as not"),
         (0.10, "unlikely"), (0.01, "very unlikely"), (0.0, "exceptionally unlikely"))


def percent(p: float | None) -> str:
    """Return a probability as a whole percentage, never a false 0% or 100%.

    Examples
    --------
    >>> [percent(x) for x in (0.0, 0.002, 0.034, 0.5, 0.998, 1.0, float("nan"))]
    ['0%', '<1%', '3%', '50%', '>99%', '100%', 'n/a']
    """
    if p is None or not np.isfinite(p):
        return "n/a"
    if 0 < p < 0.005:
        return "<1%"
    if 0.995 <= p < 1:
        return ">99%"
    return f"{100 * p:.0f}%"


def interval(made: Estimate) -> str:
    """Return the interval of a probability as percentages.

    Examples
    --------
    >>> interval(Estimate(0.41, 0.254, 0.588, 0.01))
    '25-59%'
    >>> interval(Estimate(0.97, 0.914, 0.998, 0.01))
    '91% to >99%'
    """
    if not np.isfinite(made.low):
        return "n/a"
    low, high = percent(made.low), percent(made.high)
    if low == high:
        return low
    return f"{low} to {high}" if ">" in high else f"{low.removesuffix('%')}-{high}"


def with_interval(made: Estimate) -> str:
    """Return a probability with its interval behind it, where that says more.

    Examples
    --------
    >>> with_interval(Estimate(0.41, 0.254, 0.588, 0.01)), with_interval(Estimate(0.01, 0.009, 0.011, 0.0))
    ('41% (25-59%)', '1%')
    """
    p, around = percent(made.p), interval(made)
    return p if around in (p, "n/a") else f"{p} ({around})"


def number(x: float | None) -> str:
    """Return a quantity with three significant digits.

    Examples
    --------
    >>> [number(x) for x in (1234.5, 12.345, 0.01234, None)]
    ['1,234', '12.3', '0.0123', 'n/a']
    """
    if x is None or not np.isfinite(x):
        return "n/a"
    if abs(x) >= 1000:
        return f"{x:,.0f}"
    return f"{x:.3g}"


def span(made: Quantity) -> str:
    """Return the interval of a quantity."""
    if not np.isfinite(made.low):
        return "n/a"
    low, high = number(made.low), number(made.high)
    return low if low == high else f"{low} to {high}"


def date_words(day: dt.date) -> str:
    """Return a date in words without a locale.

    Examples
    --------
    >>> date_words(dt.date(2026, 8, 6))
    '6 August 2026'
    """
    months = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
              "November", "December")
    return f"{day.day} {months[day.month - 1]} {day.year}"


def word(p: float) -> str:
    """Return the word of :data:`WORDS` for a probability.

    Examples
    --------
    >>> word(0.7), word(0.33), word(0.005)
    ('likely', 'about as likely as not', 'exceptionally unlikely')
    """
    return next((name for least, name in WORDS if p >= least), WORDS[-1][1])


def word_table() -> str:
    """Return the table of :data:`WORDS` as a sentence.

    Examples
    --------
    >>> word_table().startswith("Words: virtually certain from 99%; very likely from 90%;")
    True
    """
    return ("Words: " + "; ".join(f"{name} from {percent(least)}" for least, name in WORDS[:-1])
            + f"; {WORDS[-1][1]} below.")


def _stated(made: Estimate, words: bool) -> str:
    text = f"{percent(made.p)} (90% interval {interval(made)})"
    return f"{text}, {word(made.p)}," if words and np.isfinite(made.p) else text


def paragraph(summary: Summary, *, words: bool = False) -> str:
    """Say what a summary says.

    Parameters
    ----------
    summary : Summary
    words : bool, optional
        Add words for the probabilities of a deal and of the next round by :data:`WORDS`.

    Returns
    -------
    str
        One paragraph of plain text (not escaped for HTML).
    """
    return " ".join(sentences(summary, words=words))


def sentences(summary: Summary, *, words: bool = False) -> list[str]:
    """Say what a summary says, in passages: the ending, the next round, terms, what comes after, what it rests on.

    Parameters
    ----------
    summary : Summary
    words : bool, optional
        As in :func:`paragraph`.

    Returns
    -------
    list of str
        Without empty ones.
    """
    head = (
        f"{summary.title}, as known on {date_words(summary.as_of)}: within {summary.horizon_days} days (to "
        f"{date_words(summary.horizon)}) the simulation puts the probability of a deal, full or partial, at "
        f"{_stated(summary.deal, words).rstrip(',')}.")
    passages = ([head, _endings(summary), _when(summary), *_by(summary)], [_next_round(summary, words)],
                [*_terms(summary), _zopa(summary)], _after(summary),
                [*_adjust(summary), _base(summary), *_variance(summary)])
    return [" ".join(filter(None, passage)) for passage in passages if any(passage)]


def _endings(summary: Summary) -> str:
    shown = sorted(summary.ends.items(), key=lambda item: -item[1].p)
    shown = [(name, made) for name, made in shown if made.p >= 0.005]
    listed = [f"{ENDING_LOOKS[name].phrase} {with_interval(made)}" for name, made in shown]
    return f"The ways it can stand at the end: {_joined(listed)}." if listed else ""


def _when(summary: Summary) -> str:
    deals = [summary.time_to_end[name] for name in ("agreement", "partial")]
    times = summary.time_to_end["agreement"] if deals[0].n >= deals[1].n else summary.time_to_end["partial"]
    if not times.n:
        return ""
    kind = "an agreement" if times is deals[0] else "a partial deal"
    return (f"Where {kind} is reached, half of the cases fall by {date_words(summary.date_of(times.p50))} "
            f"(day {number(times.p50)}) and 90% between day {number(times.p5)} and day {number(times.p95)}.")


def _next_round(summary: Summary, words: bool) -> str:
    made = summary.next_round
    text = f"The next round is held within the horizon with probability {_stated(made.held, words).rstrip(',')}"
    if made.on_time is not None and made.planned is not None:
        text += f", as planned on {date_words(made.planned)} with {with_interval(made.on_time)}"
    if np.isfinite(made.within_days[14].p):
        text += f", within 14 days with {with_interval(made.within_days[14])}"
    modes = sorted(((m.p, name) for name, m in made.mode.items() if m.p >= 0.05), reverse=True)
    if modes:
        text += "; if held, " + _joined([f"{MODE_LOOKS[name].phrase} {percent(p)}" for p, name in modes])
    return text + "."


def _by(summary: Summary) -> list[str]:
    last = [made for made in summary.by if made.day < summary.horizon_days]
    if not last:
        return []
    listed = [f"{date_words(made.date)} {with_interval(made.deal)}" for made in last[:4]]
    return [f"Probability of a deal by {_joined(listed)}."]


def _terms(summary: Summary) -> list[str]:
    out = []
    for issue in summary.settlement.values():
        if issue.n:
            unit = f" {issue.unit}" if issue.unit else ""
            out.append(f"{issue.name}: if it closes ({percent(issue.closed.p)}), half of the settlements are below "
                       f"{number(issue.median.value)}{unit} and 90% between {number(issue.quantiles['p5'])} and "
                       f"{number(issue.quantiles['p95'])}; the mean is {number(issue.mean.value)} (90% interval "
                       f"{span(issue.mean)}).")
    return out


def _zopa(summary: Summary) -> str:
    zopa = summary.zopa
    beliefs = f", by your stated beliefs {percent(zopa.beliefs.p)}" if zopa.beliefs else ""
    return (f"Probability that there is room for a deal at all: in talks like these {percent(zopa.talks.p)}"
            f"{beliefs}, used here {with_interval(zopa.used)}.")


def _after(summary: Summary) -> list[str]:
    from forecast.summary.aftermath import sentences_after

    return sentences_after(summary.after) if summary.after is not None else []


def _adjust(summary: Summary) -> list[str]:
    stated = [f"{key.replace('_', '-')} {summary.adjust[key]:+.2f}" for key in ("closing", "break_off", "loss")
              if summary.adjust[key]]
    if not stated:
        return ["No adjustment of the odds was stated."]
    return [f"The scenario shifts the log-odds of {_joined(stated)}: {summary.adjust['rationale']}."]


def _base(summary: Summary) -> str:
    base = summary.base_rate
    if not base.get("n"):
        return ""
    text = f"For comparison, {percent(base['p'])} of the {base['n']} past talks in the table reached a deal"
    here = base.get("domain") or {}
    if (here.get("deal") or {}).get("n"):
        text += f" ({percent(here['deal']['p'])} of {here['deal']['n']} on {_DOMAINS[here['name']]})"
    near = summary.nearest[:3]
    close = ""
    if near:
        listed = _joined([f"{one['name']} ({_OUTCOMES[one['ending']]})" for one in near])
        close = f" The nearest of them: {listed}."
    return f"{text}; {base['note']}.{close}"


_DOMAINS = {"nuclear_arms": "nuclear matters and arms", "interstate": "disputes between states",
            "intrastate": "conflicts within a state", "ceasefire": "ceasefires", "labour": "labour disputes",
            "trade": "trade", "fiscal": "budgets and debt", "multilat_other": "multilateral and other matters"}
_OUTCOMES = {"agreement": "agreement", "partial": "partial deal", "collapse": "collapse", "stall": "no further round",
             "lapse": "lapsed at the deadline", "ongoing": "under way"}


def _variance(summary: Summary) -> list[str]:
    split = summary.variance["deal"]
    if not np.isfinite(split.parameters):
        return []
    if split.method == "twin":
        shares = [f"{max(0.0, share):.0%} (±{error:.1%})" for share, error in (
            (split.parameters, split.parameters_error), (split.beliefs, split.beliefs_error),
            (split.luck, split.luck_error))]
        return [f"Of the uncertainty about a deal, {shares[0]} comes from the parameters, {shares[1]} from what is "
                f"hidden about these talks and {shares[2]} from luck (± Monte Carlo error)."]
    text = f"Of the uncertainty about a deal, {percent(split.parameters)} comes from the parameters"
    if split.method == "zopa":
        return [f"{text}, at least {percent(split.beliefs)} from what is hidden about these talks and at most "
                f"{percent(split.luck)} from luck."]
    return [f"{text} and the rest from what is hidden about these talks and from luck."]


def _joined(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
