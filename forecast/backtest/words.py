"""The words of a backtest: landmarks, targets, baselines, levels - one place for all files and pictures."""

from __future__ import annotations

from forecast.vocabulary import ENDINGS, MODES

#: Landmark -> what day it is.
LANDMARKS = {
    "announced": "the day the talks were announced, where the table has it and it lies before the first attempt",
    "attempt_1": "the day on which the first attempt was over, held or lost",
    "attempt_2": "the day on which the second attempt was over",
    "attempt_3": "the day on which the third attempt was over",
    "attempt_5": "the day on which the fifth attempt was over",
    "attempt_8": "the day on which the eighth attempt was over",
    "day_30": "30 days after the first day of the first attempt",
    "day_90": "90 days after the first day of the first attempt",
    "day_180": "180 days after the first day of the first attempt",
}
#: Name of all landmarks taken together, in tables of scores.
ALL = "all"

END_HORIZON = 730
"""Days a forecast of the ending looks ahead: what is still under way then is `ongoing`."""
NEXT_HORIZON = 180
"""Days within which the day of the next round is scored; later, or never, is one class."""

#: Targets with classes -> how many; they have a log score and a Brier score.
CLASSES = {"ending": len(ENDINGS), "deal_90": 2, "deal_180": 2, "next_held": 2, "next_mode": len(MODES)}
#: Targets in days -> their horizon; they have a CRPS.
DAYS = {"next_day": NEXT_HORIZON, "end_day": END_HORIZON}
SETTLEMENT = "settlement"
TARGETS = (*CLASSES, *DAYS, SETTLEMENT)
#: Targets on the scale of numbers, which have a CRPS and coverage.
NUMBERS = (*DAYS, SETTLEMENT)
#: What each target asks.
SENTENCES = {
    "ending": f"how the talks stand {END_HORIZON} days later",
    "deal_90": "a deal within 90 days",
    "deal_180": "a deal within 180 days",
    "next_held": "the next attempt is held (and there is one)",
    "next_mode": "mode of the next round held, given that one is held and its mode is known",
    "next_day": f"day on which the next round is held, within {NEXT_HORIZON} days",
    "end_day": f"day on which the talks end, within {END_HORIZON} days",
    "settlement": "agreed value, as a share of the way between the openings, given a deal",
}
#: The same in a few words, for axes and titles.
SHORT = {
    "ending": "how they stand in two years",
    "deal_90": "deal within 90 days",
    "deal_180": "deal within 180 days",
    "next_held": "next attempt held",
    "next_mode": "mode of the next round",
    "next_day": "day of the next round",
    "end_day": "day of the end",
    "settlement": "agreed value",
    "deal": f"deal within {END_HORIZON} days",
}

MODEL = "model"
PRIMARY = "domain"
#: Baseline -> what it is. Fixed before any score was seen.
BASELINES = {
    "domain": "frequency among training talks of the domain at the same landmark, drawn to the overall one with "
    "the weight of 5 talks (primary)",
    "base": "frequency among all training talks at the same landmark",
    "logit": "multinomial logit on what an analyst has at the landmark, its ridge chosen by folds of conflicts",
    "boosting": "gradient boosting of trees on the same features",
    "aalen_johansen": "Aalen-Johansen curve of all training talks at the same landmark",
    "midpoint": "midpoint of the latest offers, with the errors it made in training talks",
    "weighted_mean": "mean of the latest offers with the weights that fit training talks best, and its errors there",
}
#: Which baselines a target has.
BASELINES_OF = {
    **dict.fromkeys(CLASSES, ("domain", "base", "logit", "boosting")),
    **dict.fromkeys(DAYS, ("domain", "aalen_johansen")),
    SETTLEMENT: ("midpoint", "weighted_mean"),
}
#: Probability levels of central intervals.
LEVELS = (0.5, 0.8, 0.9)
#: Quantiles of forecasts of numbers that are kept.
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
#: Weight, in talks, with which frequencies of a domain are drawn to the overall ones.
SHRINK = 5.0


def primary_of(target: str) -> str:
    """Return the baseline that a target is held against first.

    Examples
    --------
    >>> primary_of("deal_90"), primary_of("settlement")
    ('domain', 'midpoint')
    """
    return BASELINES_OF[target][0]


def main_score(target: str) -> str:
    """Return the score that differences are given in: nats for classes, days (or shares) for numbers.

    Examples
    --------
    >>> main_score("ending"), main_score("end_day")
    ('log_score', 'crps')
    """
    return "log_score" if target in CLASSES else "crps"
