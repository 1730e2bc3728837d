"""``forecast warm``: compile the kernels ahead of the first forecast."""

from __future__ import annotations

import time

from forecast.cli.shared import say, working


def warm() -> None:
    """Compile the kernels now, so that the first forecast does not wait for the compiler.

    The result is kept on disk for this machine and this version; a second call takes a moment.
    """
    start = time.perf_counter()
    with working("compiling the kernels"):
        from forecast.engine import simulate
        from forecast.scenario import list_scenarios, load_scenario

        scenario = load_scenario(list_scenarios()[0].path)
        for keep in ("trials", "reduced"):
            simulate(scenario, draws=2, trials=4, seed=0, keep=keep)
    say(f"kernels ready after {time.perf_counter() - start:.1f} s")
