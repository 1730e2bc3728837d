"""Count outcomes, for forecasts too large to keep trial by trial."""

from __future__ import annotations

import math

from kernels.jit import entry


@entry
def tally_batch(out, first, last, trials, low, width, tally):
    """Add cells ``first .. last - 1`` (rows 0 .. of `out`) to `tally`, whose rows are draws from that of `first`.

    Settlements fall into classes of `width` (I,) from `low` (I,); the last class includes its upper edge. A task
    owns its tally, so nothing is shared between threads.
    """
    bins = tally.settlement.shape[2]
    for cell in range(first, last):
        i = cell - first
        r = cell // trials - first // trials
        trial = out.trial[i]
        tally.ending[r, trial.ending] += 1
        tally.end_day[r, trial.ending, trial.end_day] += 1
        tally.next_status[r, trial.next_status] += 1
        tally.next_cause[r, trial.next_cause] += 1
        if trial.next_day >= 0:
            tally.next_day[r, trial.next_day] += 1
            tally.next_mode[r, trial.next_mode] += 1
        tally.on_time[r] += trial.next_on_time
        tally.zopa[r] += trial.zopa
        for j in range(out.settlement.shape[1]):
            if out.issue_closed[i, j] == 1:
                place = int(math.floor((float(out.settlement[i, j]) - low[j]) / width[j]))
                tally.settlement[r, j, min(bins - 1, max(0, place))] += 1
        for p in range(out.absent.shape[1]):
            if out.absent[i, p] > 0:
                tally.absent[r, p] += 1
        for k in range(out.n_disruptions.shape[1]):
            if out.n_disruptions[i, k] > 0:
                tally.disrupted[r, k] += 1
                tally.disruptions[r, k] += out.n_disruptions[i, k]
        tally.attempts[r] += trial.attempts
        tally.rounds_held[r] += trial.rounds_held
        tally.retreats[r] += trial.retreats
        if trial.stage >= 0:
            tally.stage[r, trial.stage] += 1
        for s in range(out.downtime.shape[1]):
            days = float(out.downtime[i, s])
            if days > 0.0:
                tally.down[r, s] += 1
                tally.downtime[r, s] += days
                tally.downtime_square[r, s] += days * days
            tally.trouble[r, s] += out.system_lost[i, s]
        if trial.overflow != 0:
            tally.overflow[0] += 1
