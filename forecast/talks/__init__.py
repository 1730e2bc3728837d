"""The table of historical talks: loading, coding, arrays for calibration, nearest talks, scenarios of a past day."""

from forecast.talks.attempts import Attempts, attempts_of, build_attempts
from forecast.talks.load import Talks, load_talks
from forecast.talks.read import Event, Offer, Round, Talk

__all__ = ["Attempts", "Event", "Offer", "Round", "Talk", "Talks", "attempts_of", "build_attempts", "load_talks"]
