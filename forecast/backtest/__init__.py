"""Backtests: forecasts of past talks as they could have been made then, scored against what happened.

`cases` says when a forecast is made, `truth` what happened after it, `model` asks the law, `baselines` the
alternatives fixed beforehand, `scoring` and `coverage` compare, `run` drives; `refit` fits the posteriors of
folds. Scores come from the packages ``scores`` and ``scoringrules`` (extra ``verify``).
"""

from __future__ import annotations

from forecast.backtest.run import backtest

__all__ = ["backtest"]
