"""The table of historical talks: loading, coding, arrays for calibration, nearest talks, scenarios of a past day."""

from forecast.talks.at import known_by, scenario_at, scenario_data
from forecast.talks.attempts import Attempts, attempts_of, build_attempts
from forecast.talks.events import Disruptions, Intervals, build_events
from forecast.talks.likeness import Nearest, base_rate, nearest
from forecast.talks.load import Talks, load_talks
from forecast.talks.offers import Offers, build_offers
from forecast.talks.read import Event, Offer, Round, Talk
from forecast.talks.show import filter_talks, list_rows, timeline

__all__ = [
    "Attempts", "Disruptions", "Event", "Intervals", "Nearest", "Offer", "Offers", "Round", "Talk", "Talks",
    "attempts_of", "base_rate", "build_attempts", "build_events", "build_offers", "filter_talks", "known_by",
    "list_rows", "load_talks", "nearest", "scenario_at", "scenario_data", "timeline",
]
