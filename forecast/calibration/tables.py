"""From the table of talks to the rows of each block. Rank and result of a round are never read."""

from __future__ import annotations

import math
import re

import numpy as np

from forecast.calibration.calendar import CalendarRows
from forecast.calibration.disruption import DisruptionRows
from forecast.calibration.likelihood import day_bounds
from forecast.calibration.offers import OfferRows
from forecast.calibration.outcome import OutcomeRows
from forecast.calibration.participation import ParticipationRows
from forecast.calibration.rows import compress
from forecast.posterior.layout import COORDS
from forecast.talks.attempts import Attempts, build_attempts, disruptions
from forecast.talks.coding import CENSORED, COLLAPSE, GAP_ROUNDS, NOT_A_PARTY, PAUSE_DAYS, SEVERE_DAYS, STALL
from forecast.talks.load import Talks

_KIND_CODE = {kind: code for code, kind in enumerate(COORDS["kind"])}
MERGED = {
    "calendar": ("gap", "slip", "length", "loss", "lost"),
    "participation": ("first", "move", "absence", "side"),
    "disruption": ("span", "delay"),
    "outcome": ("try", "deal", "lag"),
}
"""Tables of each block in which equal rows are merged."""
_CAUSE_CODE = {cause: code for code, cause in enumerate(COORDS["cause"])}
_FIRST_VIRTUAL = 3


def _ones(column: np.ndarray) -> np.ndarray:
    """Return a weight of one per row."""
    return np.ones(len(column))


def _floats(column: np.ndarray) -> np.ndarray:
    """Return a flag or number as float64."""
    return np.asarray(column, dtype=float)


def is_virtual(mode: np.ndarray) -> np.ndarray:
    """Return 1.0 for hybrid, remote and written sessions; a mode that is not known counts as in person."""
    return _floats(mode >= _FIRST_VIRTUAL)


def calendar_rows(attempts: Attempts) -> CalendarRows:
    """Take what informs the calendar out of the attempts.

    Parameters
    ----------
    attempts : Attempts
        Rows after the last held round of a deal (``kept`` false) are left out: the talks were over.

    Returns
    -------
    CalendarRows
    """
    a, kept = attempts, attempts.kept
    gap = kept & ((a.gap_days >= 0) | (a.fresh_days >= 0))
    gap_low, gap_high = day_bounds(np.where(a.gap_days >= 0, a.gap_days, a.fresh_days)[gap])
    slip = kept & (a.slip_days >= 0)
    slip_low, slip_high = day_bounds(a.slip_days[slip])
    length = kept & (a.length_days >= 0)
    length_low, length_high = day_bounds(a.length_days[length])
    lost = kept & (a.status > 0)
    return CalendarRows(
        talks=len(a.talk_ids), talk_domain=a.domain_of_talk,
        gap_low=gap_low, gap_high=gap_high, gap_talk=a.talk[gap],
        gap_near=_floats(a.gap_near[gap]), gap_cancelled=_floats(a.fresh_days[gap] >= 0),
        gap_log_round=np.log(np.maximum(1, a.held_before[gap]) / GAP_ROUNDS), gap_weight=_ones(gap_low),
        slip_low=slip_low, slip_high=slip_high, slip_talk=a.talk[slip],
        slip_unlisted=_floats(a.slip_unlisted[slip]), slip_weight=_ones(slip_low),
        length_low=length_low, length_high=length_high, length_zero=_floats(a.length_days[length] == 0),
        length_domain=a.domain[length], length_weight=_ones(length_low),
        loss_lost=_floats(lost[kept]), loss_talk=a.talk[kept], loss_domain=a.domain[kept],
        loss_severe=_floats(a.severe14[kept]), loss_absent=_floats(a.absent[kept]),
        loss_virtual=is_virtual(a.mode[kept]), loss_weight=_ones(a.k[kept]),
        lost_cancelled=_floats(a.status[lost] == 2), lost_absent=_floats(a.absent[lost]),
        lost_severe=_floats(a.severe14[lost]), lost_weight=_ones(a.k[lost]),
    )


def outcome_rows(attempts: Attempts) -> OutcomeRows:
    """Take what informs the ending out of the attempts.

    Parameters
    ----------
    attempts : Attempts

    Returns
    -------
    OutcomeRows
        Talks without a held round have no row in ``talk_*`` but their attempts count in ``try_*``.
    """
    a, kept = attempts, attempts.kept
    held = np.flatnonzero(kept & (a.status == 0))
    talk_of, first = np.unique(a.talk[held], return_index=True)
    stop = np.append(first[1:], len(held))
    ending = np.zeros(len(a.talk_ids), dtype=int)
    ending[a.talk[a.last]] = a.ending[a.last]
    closed = np.isin(ending[talk_of], (1, 2))
    deal = a.last & np.isin(a.ending, (1, 2))
    tried = kept & ~deal & ~(a.last & (a.ending == CENSORED))
    fate = np.select([a.ending == COLLAPSE, a.ending == STALL], [1, 2], 0)
    lag = a.last & (a.ending == COLLAPSE) & (a.end_lag_days >= 0)
    lag_low, lag_high = day_bounds(a.end_lag_days[lag])
    mode = a.mode[held]
    return OutcomeRows(
        held_talk=np.searchsorted(talk_of, a.talk[held]), held_domain=a.domain[held], held_far=_floats(a.far[held]),
        held_virtual=is_virtual(mode), held_mediated=_floats((mode == 1) | (mode == 2)),
        held_absent=_floats(a.absent[held]), held_pause=pauses(a, held), held_weight=_ones(held),
        talk_start=first, talk_stop=stop, talk_closed=closed.astype(int), talk_weight=_ones(first),
        try_postponed=_floats(a.status[tried] == 1), try_cancelled=_floats(a.status[tried] == 2),
        try_tension=a.tension[tried], try_far=_floats(a.far[tried]), try_here=_floats(a.here[tried]),
        try_log_attempt=np.log(a.k[tried]), try_fate=fate[tried], try_weight=_ones(a.k[tried]),
        deal_partial=_floats(a.ending[deal] == 2), deal_weight=_ones(a.k[deal]),
        lag_low=lag_low, lag_high=lag_high, lag_zero=_floats(a.end_lag_days[lag] == 0), lag_weight=_ones(lag_low),
    )


def pauses(attempts: Attempts, held: np.ndarray) -> np.ndarray:
    """Return the log of the days since the end of the round before (at least 1), over 28; 0 where there is none.

    Parameters
    ----------
    attempts : Attempts
    held : ndarray of int
        Their rounds held, in order.

    Returns
    -------
    ndarray of float
        Also 0 where a day is not known.
    """
    a = attempts
    begun = np.where(a.start_day[held] >= 0, a.start_day[held], a.day[held])
    over = np.where(a.end_day[held] >= 0, a.end_day[held], begun)
    follows = np.append(False, a.talk[held][1:] == a.talk[held][:-1])
    before = np.append(-1, over[:-1])
    known = follows & (begun >= 0) & (before >= 0)
    return np.where(known, np.log(np.maximum(1, begun - before) / PAUSE_DAYS), 0.0)


def participation_rows(talks: Talks, attempts: Attempts) -> ParticipationRows:
    """Take what informs participation out of the table.

    Parameters
    ----------
    talks : Talks
    attempts : Attempts
        Of the same talks.

    Returns
    -------
    ParticipationRows
    """
    a, kept = attempts, attempts.kept
    known = kept & (a.mode >= 0)
    _, first = np.unique(np.where(known, a.talk, -1), return_index=True)
    first = first[known[first]]
    pair = np.flatnonzero(kept[1:] & (a.talk[1:] == a.talk[:-1]) & (a.mode[1:] >= 0) & (a.mode[:-1] >= 0))
    # The mode of an unlisted postponement is only copied from the round after it.
    move = pair[~a.unlisted[pair]]
    needs = np.isin(a.mode, (1, 2))
    # A proximity round without a listed mediator had one: the table leaves go-betweens of a day out.
    mediated = _floats(a.mediated | needs)
    same, others = _repeat_absences(talks, attempts)
    retreats, losses = retreat_counts(talks, attempts)
    return ParticipationRows(
        talks=len(a.talk_ids),
        first_mode=a.mode[first], first_mediated=mediated[first], first_pandemic=_floats(a.pandemic[first]),
        first_weight=_ones(first),
        move_from=a.mode[move], move_home=a.home_mode[move], move_to=a.mode[move + 1],
        move_mediated=mediated[move + 1], move_pandemic=_floats(a.pandemic[move + 1]),
        move_lost=_floats(a.status[move] > 0), move_weight=_ones(move),
        absence_absent=_floats(a.absent[kept]), absence_talk=a.talk[kept], absence_domain=a.domain[kept],
        absence_weight=_ones(a.k[kept]),
        side_same=same, side_others=others, side_weight=_ones(same),
        cause_retreats=retreats, cause_losses=losses, cause_weight=_ones(losses),
    )


def _repeat_absences(talks: Talks, attempts: Attempts) -> tuple[np.ndarray, np.ndarray]:
    """Return whether successive absences of a talk are of the same side, and the number of other sides."""
    same, others = [], []
    for position, talk in enumerate(talks):
        mine = attempts.kept & (attempts.talk == position) & (attempts.absent_side >= 0)
        sides = attempts.absent_side[mine]
        same += (sides[1:] == sides[:-1]).tolist()
        others += [max(1, len(talk.parties) - 1)] * (len(sides) - 1 if len(sides) else 0)
    return _floats(np.array(same)), _floats(np.array(others))


def retreat_counts(talks: Talks, attempts: Attempts) -> tuple[np.ndarray, np.ndarray]:
    """Count changes of mode that saved a round, and lost attempts, by cause.

    Parameters
    ----------
    talks : Talks
    attempts : Attempts

    Returns
    -------
    retreats, losses : ndarray of float, (causes,)
        A retreat is a recorded ``from>to`` that leaves the room. A loss goes to the absence when a principal was
        absent, else to the latest disruption of severity 2 or 3 of the 14 days before (retreats are coded severity 2
        by definition, so losses must count the same events), else to `other`.
    """
    retreats, losses = np.zeros(len(_CAUSE_CODE)), np.zeros(len(_CAUSE_CODE))
    for talk in talks:
        for event in talks.events[talk.id]:
            change = re.fullmatch(r"\s*(\w+)\s*>\s*(\w+)\s*", event.mode_change)
            if change and change[2] != "in_person" and change[1] != change[2]:
                cause = "absence" if event.type == "absence" else event.kind
                retreats[_CAUSE_CODE.get(cause, 0)] += 1
    for row in np.flatnonzero(attempts.kept & (attempts.status > 0)):
        cause = "absence" if attempts.absent[row] else "other"
        if cause == "other":
            recent = [event.kind for event in disruptions(talks, attempts.talk_ids[attempts.talk[row]])
                      if event.severity >= 2 and 0 < attempts.day[row] - event.date.toordinal() <= SEVERE_DAYS]
            cause = recent[-1] if recent else cause
        losses[_CAUSE_CODE[cause]] += 1
    return retreats, losses


def disruption_rows(talks: Talks, attempts: Attempts) -> DisruptionRows:
    """Take events and watched stretches out of the table.

    Parameters
    ----------
    talks : Talks
    attempts : Attempts
        Of the same talks.

    Returns
    -------
    DisruptionRows
        Watched: from half a day before the first attempt to half a day before the last kept one.
    """
    spans, events, delays = [], [], []
    for position, talk in enumerate(talks):
        mine = attempts.kept & (attempts.talk == position) & (attempts.day >= 0)
        pieces = watched_pieces(attempts.day[mine])
        domain = int(attempts.domain_of_talk[position])
        spans += [(*_stretch(piece, piece[0], piece[1]), domain) for piece in pieces]
        last = attempts.day[mine].max() if mine.any() else -1
        for event in disruptions(talks, talk.id):
            day = event.date.toordinal()
            found = [_stretch(piece, max(piece[0], day - 0.5), min(piece[1], day + 0.5)) for piece in pieces
                     if min(piece[1], day + 0.5) > max(piece[0], day - 0.5)]
            if found:
                events.append((found, _KIND_CODE[event.kind], domain, event.severity - 1))
            if event.delay_days is not None and day <= last:
                delays.append((event.delay_days, event.severity - 1))
    span = np.array(spans, dtype=float).reshape(-1, 6)
    piece = np.zeros((len(events), 2, 6))
    for row, (found, *_) in enumerate(events):
        for slot, stretch in enumerate(found[:2]):
            piece[row, slot] = (*stretch, 1.0)
    code = np.array([item[1:] for item in events], dtype=int).reshape(-1, 3)
    delay = np.array(delays, dtype=int).reshape(-1, 2)
    low, high = day_bounds(delay[:, 0])
    return DisruptionRows(
        *(span[:, column].copy() for column in range(5)), span_domain=span[:, 5].astype(int), span_weight=_ones(span),
        **dict(zip(("event_s_low", "event_s_high", "event_r_low", "event_r_high", "event_after", "event_use"),
                   np.ascontiguousarray(np.moveaxis(piece, 2, 0)), strict=True)),
        event_kind=code[:, 0].copy(), event_domain=code[:, 1].copy(), event_severity=code[:, 2].copy(),
        event_weight=_ones(code),
        delay_low=low, delay_high=high, delay_zero=_floats(delay[:, 0] == 0), delay_severity=delay[:, 1].copy(),
        delay_weight=_ones(delay),
    )


def watched_pieces(days: np.ndarray) -> list[tuple[float, float, float, float, float]]:
    """Return what was watched of one talk.

    Parameters
    ----------
    days : ndarray of int
        Days of its attempts, in order.

    Returns
    -------
    list of tuple
        (from, to, planned day before, planned day after, 1 if there was an attempt before), by time.

    Examples
    --------
    >>> watched_pieces(np.array([10, 20, 25]))[0]
    (9.5, 10.0, 10.0, 10.0, 0.0)
    >>> watched_pieces(np.array([10, 20, 25]))[1:]
    [(10.0, 20.0, 10.0, 20.0, 1.0), (20.0, 24.5, 20.0, 25.0, 1.0)]
    """
    days = [float(day) for day in np.maximum.accumulate(days)] if len(days) else []
    if len(days) < 2 or days[0] == days[-1]:
        return []
    pieces = [(days[0] - 0.5, days[0], days[0], days[0], 0.0)]
    for before, after in zip(days[:-1], days[1:], strict=True):
        end = min(after, days[-1] - 0.5)
        if after > before and end > before:
            pieces.append((before, end, before, after, 1.0))
    return pieces


def _stretch(piece: tuple, low: float, high: float) -> tuple[float, float, float, float, float]:
    """Return (s_low, s_high, r_low, r_high, after) of the part of a piece from `low` to `high`."""
    _, _, before, after, had_before = piece
    s_low = low - before if had_before else 0.0
    s_high = high - before if had_before else high - low
    return s_low, s_high, after - high, after - low, had_before


def offer_rows(talks: Talks, attempts: Attempts, close_shape: float) -> OfferRows:
    """Take offers between an opening and an agreed value out of the table.

    Parameters
    ----------
    talks : Talks
    attempts : Attempts
    close_shape : float
        Weibull shape of the closing clock: with k rounds begun of n, (k + 0.5) / (n + 1) to this power is the
        share of the closing hazard. Half a round smooths dates that are often months.

    Returns
    -------
    OfferRows
        One series per party and issue with an agreed value other than its opening and two or more dates. The range of
        openings where no other side's opening lies beyond (a third of the series) is the median of the others.
    """
    series, share, clock, openings = [], [], [], []
    count = 0
    for position, talk in enumerate(talks):
        mine = attempts.kept & (attempts.talk == position) & (attempts.status == 0)
        starts, n = attempts.start_day[mine], int(mine.sum())
        if not talk.deal or not n:
            continue
        by_issue: dict[str, list] = {}
        for offer in talks.offers[talk.id]:
            by_issue.setdefault(offer.issue, []).append(offer)
        for offers in by_issue.values():
            agreed = [offer for offer in offers if offer.party == "agreed"]
            for party in dict.fromkeys(offer.party for offer in offers):
                own = [offer for offer in offers if offer.party == party]
                if party in NOT_A_PARTY or party not in talk.parties or not agreed or len(own) < 2:
                    continue
                way = agreed[-1].value - own[0].value
                later = [offer for offer in own[1:] if own[0].date < offer.date <= agreed[-1].date]
                if way == 0.0 or not later:
                    continue
                openings.append(_openings_range(offers, party, own[0].value, way, talk.parties))
                for offer in later:
                    begun = int((starts[starts >= 0] <= offer.date.toordinal()).sum())
                    series.append(count)
                    share.append((offer.value - own[0].value) / way)
                    clock.append(close_shape * math.log((begun + 0.5) / (n + 1.0)))
                count += 1
    which, known = np.array(series, dtype=int), np.array(openings, dtype=float)
    known[np.isnan(known)] = np.nanmedian(known) if np.isfinite(known).any() else 1.0
    return OfferRows(max(count, 1), which, np.array(share, dtype=float), np.array(clock, dtype=float),
                     known[which], np.ones(len(series)))


def _openings_range(offers: list, party: str, opening: float, way: float, parties: tuple[str, ...]) -> float:
    """Return the distance to the farthest opening beyond, in ways to the agreed value; NaN where none is listed."""
    first: dict[str, float] = {}
    for offer in offers:
        if offer.party != party and offer.party in parties:
            first.setdefault(offer.party, offer.value)
    return max(((value - opening) / way for value in first.values() if (value - opening) / way > 0.0), default=math.nan)


def all_rows(talks: Talks, close_shape: float = 1.3, *, severity: str = "coded") -> dict:
    """Return the rows of every block by its name.

    Parameters
    ----------
    talks : Talks
    close_shape : float, default 1.3
        See `offer_rows`.
    severity : {"coded", "flat"}
        How events weigh in tension; see `forecast.talks.attempts.tension_at`.

    Returns
    -------
    dict of str to NamedTuple
    """
    attempts = build_attempts(talks, severity=severity)
    return {
        "calendar": compress(calendar_rows(attempts), *MERGED["calendar"]),
        "participation": compress(participation_rows(talks, attempts), *MERGED["participation"]),
        "disruption": compress(disruption_rows(talks, attempts), *MERGED["disruption"]),
        "outcome": compress(outcome_rows(attempts), *MERGED["outcome"]),
        "offers": offer_rows(talks, attempts, close_shape),
    }
