"""A game day in words: terminal, sentences, notebook, table."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.summary.text import date_words, number, percent, span, with_interval
from forecast.sweep.comparison import points, shown_difference, shown_value
from forecast.sweep.words import MARK, rich_table
from forecast.vocabulary import MODE_LOOKS, label_of

if TYPE_CHECKING:
    from forecast.gameday.result import FailureEffect, GameDay, Paired, Recovery
    from forecast.summary.estimate import Quantity

_SHOWN = ("next_round.on_time", "next_round.held", "deal", "end_day", "rounds_held")


def _change(made: Quantity) -> str:
    if not np.isfinite(made.value):
        return "n/a"
    low, high = points(made.low), points(made.high)
    return points(made.value) if low == high else f"{points(made.value)} ({low} to {high})"


def _recovery(made: Recovery) -> str:
    if made.p50 is None:
        return "never"
    never = f", never in {percent(made.never)}" if made.never > 0 else ""
    return f"{made.p50} ({made.p5} to {made.p95}){never}"


def _saved(effect: FailureEffect) -> str:
    return ", ".join(f"{MODE_LOOKS[mode].phrase} {percent(made.p)}" for mode, made in effect.saved.items()) or "none"


def failure_table(made: GameDay) -> list[tuple[str, ...]]:
    """Return header and lines: what each failure does to the first round attempted on or after its day."""
    head = ("failure", "day", "attempt", "system down", "held on time: calm", "with it", "change", "lost", "moved",
            "saved by", "days to a round: calm", "with it")
    lines = []
    for effect in made.failures:
        down = "" if effect.down_days is None else f"{number(effect.down_days.value)} days"
        lines.append((effect.failure.label, effect.failure.date.isoformat(),
                      "none" if effect.attempt is None else f"no. {effect.attempt}, in {percent(effect.met.p)}", down,
                      percent(effect.on_time.calm.p), percent(effect.on_time.hit.p), _change(effect.on_time.change),
                      percent(effect.lost.p), percent(effect.moved.p), _saved(effect),
                      _recovery(effect.recovery[0]), _recovery(effect.recovery[1])))
    return [head, *lines]


def change_table(made: GameDay) -> list[tuple[str, ...]]:
    """Return header and lines: what all failures together change."""
    head = ("", "calm", "with failures", f"change{MARK} (90%)", "MC error")
    lines = [("Planned rounds held on time", f"{100 * made.on_time.calm.p:.1f}%", f"{100 * made.on_time.hit.p:.1f}%",
              _change(made.on_time.change), _error(made.on_time))]
    for key in _SHOWN:
        row = made.comparison.rows.get(key)
        if row is not None:
            scale = 100 if row.unit == "1" and key != "rounds_held" else 1
            lines.append((row.label, shown_value(row, row.baseline), shown_value(row, row.alternative),
                          shown_difference(row), f"{scale * row.difference.mc_error:.2g}"))
    return [head, *lines]


def _error(made: Paired) -> str:
    return f"{100 * made.change.mc_error:.2g}"


def service_table(made: GameDay) -> list[tuple[str, ...]]:
    """Return header and lines: service levels and error budgets of the systems, calm and with the failures."""
    head = ("system", "rounds it spares: calm", "with failures", "objective", "error budget used: calm",
            "with failures")
    lines = []
    for calm, hit in made.service.values():
        used = ["" if level.budget_used is None else percent(level.budget_used.value) for level in (calm, hit)]
        lines.append((calm.name, f"{100 * calm.on_time.p:.2f}%", f"{100 * hit.on_time.p:.2f}%",
                      "" if calm.objective is None else f"{100 * calm.objective:g}%", *used))
    return [head, *lines]


def text_of(made: GameDay) -> str:
    """Return what broke, what saved it and what it changes, from the numbers of the tables."""
    said = []
    for effect in made.failures:
        name = f"{effect.failure.label[:1].upper()}{effect.failure.label[1:]} on {date_words(effect.failure.date)}"
        if effect.attempt is None:
            said.append(f"{name}: no round is planned on or after that day.")
            continue
        calm, hit = effect.on_time.calm.p, effect.on_time.hit.p
        change = effect.on_time.change
        if change.value == change.low == change.high == 0:
            text = (f"{name} does not change the probability that the next planned round is held on time "
                    f"({percent(calm)})")
        elif change.low <= 0 <= change.high or abs(change.value) < 2 * change.mc_error:
            text = (f"{name}: whether the next planned round is held on time less often is not clear ({percent(hit)}, "
                    f"{percent(calm)} in the calm run)")
        else:
            text = (f"{name}: the next planned round is held on time with probability {percent(hit)} instead of "
                    f"{percent(calm)} ({points(change.low)} to {points(change.high)} points)")
        text += f"; it loses the round in {with_interval(effect.lost)} of trials"
        if effect.saved:
            text += f", and another mode saves it ({_saved(effect)})"
        said.append(text + ".")
        before, after = effect.recovery
        if before.p50 is not None and after.p50 is not None and before.p50 != after.p50:
            said.append(f"The median time to the next round held is {after.p50} days, {before.p50} in the calm run.")
    deal = made.comparison["deal"].difference
    if deal.low <= 0 <= deal.high or abs(deal.value) < 2 * deal.mc_error:
        said.append(f"Whether the probability of a deal changes is not clear ({points(deal.value)} points, "
                    f"{points(deal.low)} to {points(deal.high)}).")
    else:
        said.append(f"The probability of a deal changes by {points(deal.value)} points "
                    f"({points(deal.low)} to {points(deal.high)}).")
    for calm, hit in made.service.values():
        if hit.met is False:
            said.append(f"{hit.name} misses its objective of {100 * (hit.objective or 0):g}%: "
                        f"{100 * hit.on_time.p:.2f}% of planned rounds are spared"
                        + (" (met in the calm run)." if calm.met else "."))
    return " ".join(said)


def notes_of(made: GameDay) -> list[str]:
    """Return the lines that say what the numbers rest on."""
    base = made.comparison
    lines = ["Both runs meet the same draws and the same luck; intervals are 5% to 95% over draws, changes of "
             "probabilities in percentage points. A failure's attempt is the first one made on or after its day; "
             "a round spared by a system is one that it does not keep from being held as planned."]
    if made.added:
        names = ", ".join(label_of(key).lower() for key in made.added)
        lines.append(f"The scenario does not state these systems; known defaults were used in both runs: {names}.")
    lines.append(f"{MARK} prior-driven: failures, repairs and the retreat to another mode rest on the scenario, "
                 "published figures and expert judgement, not on past talks.")
    lines.append(f"{base.draws} draws x {base.trials} trials of each, seed {base.seed}, posterior "
                 f"{base.posterior_hash[:12]}.")
    return lines


def parts_of(made: GameDay) -> Iterator[Any]:
    """Yield the parts of a game day for a rich console; names are passed as text, never as markup."""
    from rich.text import Text

    yield Text(f"{made.scenario.title}: game day", style="bold")
    yield Text(f"as known on {date_words(made.scenario.as_of)}, over {made.scenario.horizon_days} days")
    for effect in made.failures:
        yield Text("")
        yield rich_table(failure_lines(effect))
    yield Text("")
    yield rich_table(change_table(made))
    yield Text("")
    yield rich_table(service_table(made))
    yield Text("")
    yield Text(text_of(made))
    yield Text("")
    for line in notes_of(made):
        yield Text(line, style="dim")


def failure_lines(effect: FailureEffect) -> list[tuple[str, ...]]:
    """Return header and lines of one failure for a narrow terminal."""
    head = (f"{effect.failure.label[:1].upper()}{effect.failure.label[1:]}, {effect.failure.date}", "")
    if effect.attempt is None:
        return [head, ("No round planned on or after that day", "")]
    lines = [("First attempt on or after it", f"no. {effect.attempt}, in {percent(effect.met.p)} of trials"),
             ("Held on time, calm", with_interval(effect.on_time.calm)),
             ("Held on time, with the failures", with_interval(effect.on_time.hit)),
             (f"Change{MARK}, points", f"{_change(effect.on_time.change)}, MC error {_error(effect.on_time)}"),
             ("In trouble by a system", with_interval(effect.broken)), ("  lost", with_interval(effect.lost)),
             ("  held later", with_interval(effect.moved))]
    lines += [(f"  saved: held {MODE_LOOKS[mode].phrase}", with_interval(share))
              for mode, share in effect.saved.items()]
    if effect.down_days is not None:
        lines.append(("Further days of downtime", f"{number(effect.down_days.value)} ({span(effect.down_days)})"))
    lines += [("Days to the next round held, calm", _recovery(effect.recovery[0])),
              ("Days to the next round held, with the failures", _recovery(effect.recovery[1]))]
    return [head, *lines]


def rows_of(made: GameDay) -> list[dict[str, Any]]:
    """Return a row per number, for data frames and CSV files."""
    rows: list[dict[str, Any]] = []

    def add(about: str, key: str, pair: Any) -> None:
        data = pair.to_dict()
        change = data["change"]
        rows.append({"about": about, "key": key, "calm": data["calm"]["p"], "with_failures": data["with_failures"]["p"],
                     "change": change["value"], "low": change["low"], "high": change["high"],
                     "mc_error": change["mc_error"]})

    def one(about: str, key: str, made: Any) -> None:
        data = made.to_dict()
        rows.append({"about": about, "key": key, "calm": None, "with_failures": data.get("p", data.get("value")),
                     "change": None, "low": data["low"], "high": data["high"], "mc_error": data["mc_error"]})

    for effect in made.failures:
        about = f"{effect.failure.label}, {effect.failure.date}"
        add(about, "on_time", effect.on_time)
        for key in ("met", "broken", "lost", "moved"):
            one(about, key, getattr(effect, key))
        for mode, share in effect.saved.items():
            one(about, f"saved.{mode}", share)
        if effect.down_days is not None:
            one(about, "down_days", effect.down_days)
        for key in ("p5", "p50", "p95", "never"):
            calm, hit = (getattr(recovery, key) for recovery in effect.recovery)
            rows.append({"about": about, "key": f"days_to_next_round.{key}", "calm": calm, "with_failures": hit,
                         "change": None, "low": None, "high": None, "mc_error": None})
    add("all", "planned_rounds_on_time", made.on_time)
    for key, row in made.comparison.rows.items():
        rows.append({"about": "all", "key": key, "calm": _plain(row.baseline.value),
                     "with_failures": _plain(row.alternative.value),
                     **{name: _plain(getattr(row.difference, part)) for name, part in (
                         ("change", "value"), ("low", "low"), ("high", "high"), ("mc_error", "mc_error"))}})
    for key, (calm, hit) in made.service.items():
        rows.append({"about": "systems", "key": f"service.{key}.on_time", "calm": calm.on_time.p,
                     "with_failures": hit.on_time.p, "change": None, "low": hit.on_time.low, "high": hit.on_time.high,
                     "mc_error": hit.on_time.mc_error})
    return rows


def _plain(x: float) -> float | None:
    return float(x) if np.isfinite(x) else None


def html_of(made: GameDay) -> str:
    """Return a game day as an HTML fragment without scripts or styles; names are escaped."""
    def table(rows: list[tuple[str, ...]]) -> str:
        head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
        body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:])
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    return (f'<div class="negotiation-forecast"><h3>{escape(str(made.scenario.title))}: game day</h3>'
            + table(failure_table(made)) + table(change_table(made)) + table(service_table(made))
            + f"<p>{escape(text_of(made))}</p>"
            + "".join(f"<p><small>{escape(line)}</small></p>" for line in notes_of(made))
            + "</div>")
