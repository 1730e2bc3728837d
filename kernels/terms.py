"""On what terms talks close, issue by issue, once it is known how far they have come."""

from __future__ import annotations

import numpy as np

from kernels import concession
from kernels.jit import inlined


@inlined
def write_issues(key, row, trial, terms, settlement, closed, cell, log, reserve, kappa, coin, rank, hazard, needed):
    """Settle the issues whose part of the hazard is reached; with a log, write the hidden facts of all.

    `terms`: issues, positions and the four tables of the case; `settlement`, `closed`: of this trial, by issue. One
    rank, shared by all issues, decides whether the reservation values on each overlap.
    """
    issues, positions, edges, gaps, beliefs, kappas = terms
    for j in range(issues.shape[0]):
        settlement[j] = np.nan
        closed[j] = 0
        issue = issues[j]
        overlap = 1 if rank >= 1.0 - issue.overlap else 0
        closes = overlap == 1 and coin == 1 and hazard >= issue.difficulty * needed
        logged = cell < log.meeting.shape[0]
        if closes or logged:
            concession.draw_issue(
                key, row, trial, issue.hash, issue.yes_no, positions[j], edges[j, overlap], gaps[j, overlap],
                beliefs[j], kappas[j], overlap, reserve, kappa)
            value, meeting = np.nan, np.nan
            if overlap == 1:
                value, meeting = concession.settle(positions[j], reserve, kappa)
                if issue.yes_no == 1:
                    value = concession.yes_or_no(key, row, trial, issue.hash, value)
            if closes:
                settlement[j] = value
                closed[j] = 1
            if logged:
                log.meeting[cell, j] = meeting
                for p in range(reserve.shape[0]):
                    log.reservation[cell, j, p] = reserve[p]
                    log.kappa[cell, j, p] = kappa[p]
