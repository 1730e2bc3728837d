"""Simulation kernels of negotiation-forecast: arrays in, arrays out, nothing else.

This package shares its import name with an unrelated one; ``NEGOTIATION_FORECAST`` tells them apart.
"""

NEGOTIATION_FORECAST = True
