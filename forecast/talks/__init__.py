"""The table of historical talks: loading, coding, arrays for calibration, nearest talks, scenarios of a past day."""

from forecast.talks.attempts import Attempts, attempts_of, build_attempts
from forecast.talks.events import Disruptions, Intervals, build_events
from forecast.talks.load import Talks, load_talks
from forecast.talks.offers import Offers, build_offers
from forecast.talks.read import Event, Offer, Round, Talk

__all__ = [
    "Attempts", "Disruptions", "Event", "Intervals", "Offer", "Offers", "Round", "Talk", "Talks", "attempts_of",
    "build_attempts", "build_events", "build_offers", "load_talks",
]
