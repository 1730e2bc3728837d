"""Measurements, not tests: speed, start-up and memory of the package on this machine (``make bench``)."""
