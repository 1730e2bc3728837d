"""Try changes of a scenario by hand in a notebook: a panel of controls beside the picture of what they do."""

from forecast.explore.panel import Explorer, explore

__all__ = ["Explorer", "explore"]
