"""Summaries of outcomes: estimates with intervals over draws, tables and sentences."""

from forecast.summary.build import summarize
from forecast.summary.estimate import Estimate, Quantity, estimate, estimate_quantity
from forecast.summary.summary import Summary
from forecast.summary.variance import VarianceSplit, split_variance

__all__ = ["Estimate", "Quantity", "Summary", "VarianceSplit", "estimate", "estimate_quantity", "split_variance",
           "summarize"]
