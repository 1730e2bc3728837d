"""A backtest in words and tables: JSON for machines, sentences made from the numbers they describe."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.backtest.words import ALL, BASELINES_OF, MODEL, SHORT, TARGETS, main_score, primary_of

if TYPE_CHECKING:
    import xarray as xr

UNIT = {"log_score": "nats", "crps": "days"}
#: Baseline -> how a sentence calls it.
CALLED = {
    "domain": "the base rate by domain",
    "base": "the base rate",
    "logit": "the logit",
    "boosting": "boosting",
    "aalen_johansen": "the Aalen-Johansen curve",
    "midpoint": "the midpoint of offers",
    "weighted_mean": "the weighted mean of offers",
}


def to_dict(result: xr.Dataset) -> dict[str, Any]:
    """Return the scores of a backtest as plain data.

    Parameters
    ----------
    result : xr.Dataset

    Returns
    -------
    dict
        ``n_talks``, ``landmarks``: name -> target -> ``n, log_score, brier, crps, baseline, skill``, the last
        two by baseline; ``coverage``: target -> ``"50", "80", "90", n``. Landmark ``all`` pools the others.
        Scores are losses; skill is in nats for classes, in days (shares for settlement) for numbers. What
        cannot be told is None.
    """
    return {
        "n_talks": int(result.attrs["n_talks"]),
        "landmarks": {
            str(name): {target: _target(result, str(name), target) for target in TARGETS}
            for name in result["landmark"].values
        },
        "coverage": {
            str(name): {
                **{f"{100 * level:g}": _number(row[i, 0]) for i, level in enumerate(result["level"].values)},
                "n": int(n),
            }
            for name, row, n in zip(
                result["number_target"].values,
                result["coverage"].values,
                result["coverage_n"].values,
                strict=True,
            )
        },
    }


def _target(result: xr.Dataset, landmark: str, target: str) -> dict[str, Any]:
    at = {"landmark": landmark, "target": target}

    def scores(method: str) -> dict[str, float | None]:
        found = result["score"].sel({**at, "forecaster": method})
        return {
            str(name): _number(value)
            for name, value in zip(result["metric"].values, found.values, strict=True)
        }

    names = BASELINES_OF[target]
    return {
        "n": int(result["n"].sel(at)),
        **scores(MODEL),
        "baseline": {name: scores(name) for name in names},
        "skill": {
            name: dict(
                zip(
                    ("value", "low", "high"),
                    map(_number, skill_of(result, target, name, landmark)),
                    strict=True,
                )
            )
            for name in names
        },
    }


def _number(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None


def skill_of(
    result: xr.Dataset, target: str, baseline: str | None = None, landmark: str = ALL
) -> tuple[float, ...]:
    """Return (value, low, high) of the gain over a baseline, by default the primary one of the target."""
    found = result["skill"].sel(landmark=landmark, target=target, baseline=baseline or primary_of(target))
    return tuple(float(x) for x in found.values)


def skill_text(target: str, skill: tuple[float, ...]) -> str:
    """Write a gain with its interval.

    Examples
    --------
    >>> skill_text("deal_90", (0.033, 0.013, 0.054)), skill_text("end_day", (9.87, -1.0, 20.5))
    ('+0.033 (0.013 to 0.054)', '+9.9 (-1.0 to 20.5)')
    """
    if not math.isfinite(skill[0]):
        return "not scored"
    digits = 1 if target in ("next_day", "end_day") else 3
    text = f"{skill[0]:+.{digits}f}"
    return f"{text} ({skill[1]:.{digits}f} to {skill[2]:.{digits}f})" if math.isfinite(skill[1]) else text


def skill_rows(result: xr.Dataset) -> list[tuple[str, ...]]:
    """Return the table of gains over all landmarks, head first: one row a target.

    The model's score, its gain over the primary baseline, and over the best of the other ones.
    """
    rows = [("forecast of", "model", "gain over base rate by domain", "over the best other", "which", "n")]
    for target in TARGETS:
        at = {"landmark": ALL, "target": target}
        metric = main_score(target)
        unit = "share" if target == "settlement" else UNIT[metric]
        model = float(result["score"].sel({**at, "forecaster": MODEL, "metric": metric}))
        others = [(skill_of(result, target, name), name) for name in BASELINES_OF[target][1:]]
        others = [one for one in others if math.isfinite(one[0][0])]
        best = min(others) if others else None
        rows.append(
            (
                SHORT[target],
                f"{model:.3g} {unit}" if math.isfinite(model) else "",
                skill_text(target, skill_of(result, target)),
                skill_text(target, best[0]) if best else "",
                _brief(best[1]) if best else "",
                str(int(result["n"].sel(at))),
            )
        )
    return rows


def _brief(baseline: str) -> str:
    """Return the name of a baseline for a narrow column."""
    return CALLED[baseline].removeprefix("the ").removesuffix(" curve").removesuffix(" of offers")


def coverage_rows(result: xr.Dataset) -> list[tuple[str, ...]]:
    """Return the table of coverage, head first."""
    levels = [f"{level:.0%}" for level in result["level"].values]
    rows = [("target", *(f"{level} intervals" for level in levels), "talks")]
    for target in result["number_target"].values:
        found, n = (
            result["coverage"].sel(number_target=target).values,
            int(result["coverage_n"].sel(number_target=target)),
        )
        cells = [
            f"{value:.0%} ({low:.0%} to {high:.0%})" if np.isfinite(value) else ""
            for value, low, high in found
        ]
        rows.append((SHORT[str(target)], *cells, str(n)))
    return rows


def verdicts(result: xr.Dataset) -> list[str]:
    """Return sentences on where the model beats the baselines, where it does not, and where intervals are off.

    Parameters
    ----------
    result : xr.Dataset

    Returns
    -------
    list of str
    """
    better, same, worse, beaten = [], [], [], []
    for target in TARGETS:
        value, low, high = skill_of(result, target)
        if not math.isfinite(value):
            continue
        (better if low > 0 else worse if high < 0 else same).append(SHORT[target])
        for name in BASELINES_OF[target]:
            if skill_of(result, target, name)[2] < 0:
                beaten.append(f"{CALLED[name]} on {SHORT[target]}")
    out = []
    if better:
        out.append("Clearly better than its base rate, 95% interval above zero: " + ", ".join(better) + ".")
    if same:
        out.append("No better than it, as far as these talks can tell: " + ", ".join(same) + ".")
    if worse:
        out.append("Clearly worse than it: " + ", ".join(worse) + ".")
    whether = deal_skill(result)
    if math.isfinite(whether[1]):
        out.append(
            "Whether there is a deal at all within two years is "
            + ("" if whether[1] > 0 else "not ")
            + f"forecast better than by the base rate: {skill_text('deal', whether)} nats."
        )
    draws = _undecided(result)
    if draws:
        out.append("Against other baselines the difference may be none: " + "; ".join(draws) + ".")
    out.append(
        "Significantly better than the model: "
        + ("; ".join(beaten) if beaten else "no baseline on any target")
        + "."
    )
    off = [
        f"{level} intervals of {row[0]} cover {cell}"
        for row, holds in zip(coverage_rows(result)[1:], _holds(result), strict=True)
        for level, cell, ok in zip(("50%", "80%", "90%"), row[1:-1], holds, strict=True)
        if not ok
    ]
    out.append(
        "Intervals that do not cover what they say: " + "; ".join(off) + "."
        if off
        else "All central intervals cover what they say, within their binomial intervals."
    )
    wrong = _biases(result)
    if wrong:
        out.append(wrong)
    seen = int(result.attrs.get("talks_seen", 0))
    if seen:
        out.insert(
            0,
            f"CAUTION: the posterior may have been fitted to {seen} of the {result.attrs['n_talks']} talks "
            "scored here; these numbers are too good.",
        )
    return out


def _undecided(result: xr.Dataset) -> list[str]:
    """List the other baselines of which the model is not clearly better."""
    out = []
    for target in TARGETS:
        names = [
            name
            for name in BASELINES_OF[target][1:]
            if math.isfinite(skill_of(result, target, name)[0])
            and skill_of(result, target, name)[1] <= 0 <= skill_of(result, target, name)[2]
        ]
        if names:
            out.append(f"{' and '.join(CALLED[name] for name in names)} on {SHORT[target]}")
    return out


def _holds(result: xr.Dataset) -> list[list[bool]]:
    """Tell of each target and level whether the binomial interval of its coverage holds the level."""
    return [
        [
            not np.isfinite(value) or low <= level <= high
            for level, (value, low, high) in zip(result["level"].values, row, strict=True)
        ]
        for row in result["coverage"].values
    ]


def readme_lines(result: xr.Dataset) -> list[str]:
    """Return the short honest table of the README as Markdown, with what it says in words."""
    rows = [row for row in skill_rows(result) if row[1]]
    table = [f"| {' | '.join(row)} |" for row in rows]
    table.insert(1, "| --- | ---: | ---: | ---: | --- | ---: |")
    covered = "; ".join(
        f"{row[0]} {', '.join(cell.split(' ')[0] for cell in row[1:-1])} ({row[-1]} talks)"
        for row in coverage_rows(result)[1:]
    )
    covered = f"Central intervals of 50, 80 and 90% cover: {covered}."
    points = [
        textwrap.wrap(text, 116, subsequent_indent="  ") for text in ("- " + one for one in verdicts(result))
    ]
    return [
        *textwrap.wrap(f"{about(result)}. The agreed value is held against the midpoint of offers.", 118),
        "",
        *table,
        "",
        *textwrap.wrap(covered, 118),
        "",
        *(line for lines in points for line in lines),
    ]


def bias(result: xr.Dataset, event: str) -> tuple[float, float, float]:
    """Return the share that came true minus the mean stated probability, with its interval over conflicts.

    Parameters
    ----------
    result : xr.Dataset
    event : str
        One of `forecast.backtest.reliability.DIAGRAMS`.

    Returns
    -------
    value, low, high : float
        Above 0: stated too low.
    """
    from forecast.backtest.reliability import known_cases, stated
    from forecast.backtest.resample import paired_difference

    p, happened, _ = stated(result, event)
    conflicts = result["conflict"].values[known_cases(result, event)]
    return paired_difference(happened - p, conflicts, seed=int(result.attrs["seed"]) % 2**32)


def _biases(result: xr.Dataset) -> str:
    """Say which events are stated too low or too high on average, beyond what conflicts drawn anew would show."""
    from forecast.backtest.reliability import DIAGRAMS, stated

    found = []
    for event in DIAGRAMS:
        _, low, high = bias(result, event)
        if low > 0 or high < 0:
            p, happened, _ = stated(result, event)
            found.append(f"{SHORT[event]} ({p.mean():.0%} stated, {happened.mean():.0%} came true)")
    return "Stated too low or too high on average: " + ", ".join(found) + "." if found else ""


def deal_skill(result: xr.Dataset, baseline: str = "base") -> tuple[float, float, float]:
    """Return the gain in log score on whether there is a deal before the horizon, with its interval.

    The target ``ending`` also asks how talks fail and whether they are over; this is the question people
    mean.

    Parameters
    ----------
    result : xr.Dataset
    baseline : str, default "base"
        One that forecasts endings.

    Returns
    -------
    value, low, high : float
        In nats.
    """
    from forecast.backtest.reliability import known_cases, stated
    from forecast.backtest.resample import paired_difference
    from forecast.backtest.scoring import log_scores

    losses = []
    for name in (baseline, MODEL):
        p, happened, _ = stated(result, "deal", name)
        losses.append(log_scores(np.stack([1.0 - p, p], axis=1), happened.astype(int)))
    conflicts = result["conflict"].values[known_cases(result, "deal")]
    return paired_difference(losses[0] - losses[1], conflicts, seed=int(result.attrs["seed"]) % 2**32)


def about(result: xr.Dataset) -> str:
    """Return one line on what was done."""
    attrs = result.attrs
    how = {
        "kfold": f"{attrs['folds']} folds of conflicts, the law refitted for each",
        "rolling": f"origins in calendar time: {attrs['folds']}, the law refitted at each",
    }.get(str(attrs["split"]), "one posterior, not refitted")
    return (
        f"{attrs['n_talks']} talks of {attrs['n_conflicts']} conflicts, {result.sizes['case']} forecasts; {how}; "
        f"{attrs['draws']} draws x {attrs['trials']} trials, seed {attrs['seed']}"
    )
