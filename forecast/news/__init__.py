"""Follow the news: append what happened to a scenario, see how the forecast moves, keep a record."""

from __future__ import annotations

from forecast.news.read import read_news
from forecast.news.update import update

__all__ = ["read_news", "update"]
