"""What is kept of a cell of a sweep: a few numbers with intervals, never its trials."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from forecast.summary.estimate import LEVELS, quantiles_of_counts
from forecast.vocabulary import DEALS, ENDINGS

if TYPE_CHECKING:
    from forecast.engine.aftermath import Counts
    from forecast.engine.bridge import Tally
    from forecast.engine.cells import Ready

#: A number, the ends of its 90% interval over draws, its Monte Carlo error: suffixes of the variables.
PARTS = ("", "_low", "_high", "_mc_error")
_DEALS = [ENDINGS.index(name) for name in DEALS]


@dataclass(frozen=True)
class Statistic:
    """One number kept of every cell.

    Parameters
    ----------
    name : str
        Of the variable; with ``_low``, ``_high``, ``_mc_error`` where it has an interval.
    dim : str
        Further dim of the variable, or "".
    units : str
    long_name : str
    sentence : str
    parts : tuple of str
        Suffixes it is kept with.
    needs : str
        Field of the layout that says whether it is kept, or "".
    """

    name: str
    dim: str
    units: str
    long_name: str
    sentence: str
    parts: tuple[str, ...] = PARTS
    needs: str = ""


_S = Statistic
STATISTICS = (
    _S("ends", "ending", "1", "P(ending)", "Probability of each ending within the horizon; they sum to 1."),
    _S("deal", "", "1", "P(deal)", "Probability of an agreement or a partial deal within the horizon."),
    _S("deal_by", "by", "1", "P(deal by a day)", "Probability of a deal within so many days of as_of."),
    _S("next_round_held", "", "1", "P(next round held)", "The next round is held before the end, within the horizon."),
    _S("next_round_on_time", "", "1", "P(next round as planned)",
       "The first attempt is held, on its planned day; NaN without a plan."),
    _S("issue_closed", "issue", "1", "P(issue closed)", "Probability that the issue closes."),
    _S("ratified", "", "1", "P(deal ratified)",
       "There is a deal and it has passed every vote by the horizon; NaN without votes or implementation."),
    _S("in_force", "", "1", "P(deal in force)", "There is a deal, in force and unbroken at the horizon; NaN likewise."),
    _S("released", "", "1", "share released",
       "Expected share of all that is promised that is released; NaN in a cell without tranches.",
       needs="tranches"),
    _S("end_day", "", "day", "mean days to the end", "Mean day of the ending; the horizon for talks still under way."),
    _S("rounds_held", "", "1", "new rounds held", "Mean number of new rounds held."),
    _S("downtime", "system", "day", "mean downtime", "Mean days on which the system is down before the talks end."),
    _S("system_trouble", "system", "1", "attempts in trouble by a system",
       "Mean number of attempts lost or moved because the system was down."),
    _S("time_to_end", "", "day", "median day of the ending",
       "Median day of those endings that fall within the horizon."),
    _S("time_to_deal", "", "day", "median day of a deal", "Median day of the deals within the horizon."),
    _S("next_round_day", "", "day", "median day of the next round",
       "Median day on which the next round is held, if it is."),
    _S("settlement_mean", "issue", "unit of the issue", "mean settlement", "Mean terms of the issue, if it closes."),
    _S("settlement_p50", "issue", "unit of the issue", "median settlement", "Median terms of the issue, if it closes."),
    _S("settlement_p5", "issue", "unit of the issue", "5% of settlements",
       "5% of the terms are below, if it closes.", ("",)),
    _S("settlement_p95", "issue", "unit of the issue", "95% of settlements",
       "95% of the terms are below, if it closes.", ("",)),
)
NAMES = tuple(one.name for one in STATISTICS)


@dataclass(frozen=True)
class Layout:
    """Where the numbers of a cell stand in one row of floats.

    Parameters
    ----------
    days : tuple of int
        Days by which a deal is asked for.
    issues, systems : tuple of str
        Ids, of all scenarios together.
    later : bool
        Whether anything comes after a deal in some cell: in the others a deal is in force when it is reached.
    tranches : bool
        Whether some cell has tranches to release.
    """

    days: tuple[int, ...]
    issues: tuple[str, ...]
    systems: tuple[str, ...] = ()
    later: bool = False
    tranches: bool = False

    def kept(self) -> tuple[Statistic, ...]:
        """Return the statistics that have a place."""
        return tuple(one for one in STATISTICS if not one.needs or getattr(self, one.needs))

    def size(self, dim: str) -> int:
        """Return the length of a further dim; 1 without one."""
        return {"": 1, "ending": len(ENDINGS), "by": len(self.days), "issue": len(self.issues),
                "system": len(self.systems)}[dim]

    @functools.lru_cache(16)  # noqa: B019 - frozen and small, and asked for once a cell
    def parts(self) -> tuple[int, ...]:
        """Return, in the order of the columns, which of the four numbers of a statistic each holds."""
        return tuple(PARTS.index(name.removeprefix(one.name)) for name, (_, one) in self.columns().items())

    @functools.lru_cache(16)  # noqa: B019
    def columns(self) -> dict[str, tuple[slice, Statistic]]:
        """Return variable -> (its place in a row, what it is), in order."""
        out, at = {}, 0
        for one in self.kept():
            size = self.size(one.dim)
            for part in one.parts:
                if size:
                    out[one.name + part] = (slice(at, at + size), one)
                at += size
        return out

    @property
    def width(self) -> int:
        """Numbers of a cell."""
        return sum(self.size(one.dim) * len(one.parts) for one in self.kept())


def statistics_row(ready: Ready, counts: Tally, later: Counts | None, layout: Layout, *, trials: int, planned: bool,
                   low: NDArray, width: NDArray) -> NDArray:
    """Return the numbers of a cell from its counts.

    Parameters
    ----------
    ready : Ready
        Its issues and systems, in the order of the arrays.
    counts : Tally
        Of the kernels, a row per draw.
    later : Counts or None
        Of what comes after a deal.
    layout : Layout
    trials : int
        Per draw.
    planned : bool
        Whether a next round is planned.
    low, width : ndarray, shape (issue,)
        Lower edge and width of the settlement classes.

    Returns
    -------
    ndarray of float64, shape (layout.width,)
        NaN where there is nothing to tell.
    """
    made: dict[str, NDArray] = {}
    deal_day = counts.end_day[:, _DEALS[0]] + counts.end_day[:, _DEALS[1]]
    ended_day = deal_day + counts.end_day[:, 2] + counts.end_day[:, 3] + counts.end_day[:, 4]
    deals = np.cumsum(deal_day, axis=1)
    horizon = deals.shape[1] - 1
    days = [min(day, horizon) for day in layout.days]
    closed = counts.settlement.sum(axis=2)
    at = _places(layout.issues, ready.packed.issues)
    # Where nothing comes after a deal it is in force when it is reached, as in a comparison.
    after = deals[:, [-1, -1]] if later is None else np.stack([later.ratified[:, 1], later.in_force], axis=1)
    shares = np.concatenate([counts.ending, deals[:, -1:], deals[:, days], counts.next_day.sum(axis=1)[:, None],
                             counts.on_time[:, None], after, closed[:, [j for j in at if j >= 0]]], axis=1) / trials
    four = _bands(shares, shares * (1 - shares), trials)
    n = len(layout.days)
    for name, part in (("ends", slice(0, 6)), ("deal", slice(6, 7)), ("deal_by", slice(7, 7 + n)),
                       ("next_round_held", slice(7 + n, 8 + n)), ("next_round_on_time", slice(8 + n, 9 + n)),
                       ("ratified", slice(9 + n, 10 + n)), ("in_force", slice(10 + n, 11 + n))):
        made[name] = four[:, part]
    if not planned:
        made["next_round_on_time"] = np.full((4, 1), np.nan)
    if later is None and not layout.later:
        made["ratified"] = made["in_force"] = np.full((4, 1), np.nan)
    made["released"] = _released(ready, later, trials)
    made["issue_closed"] = _placed(four[:, 11 + n:], at)
    made.update(_systems(counts, _places(layout.systems, ready.packed.systems), trials))
    made.update(_means(ended_day + counts.end_day[:, 5], counts.rounds_held, trials))
    medians = _medians(np.stack([ended_day, deal_day, counts.next_day]))
    for i, name in enumerate(("time_to_end", "time_to_deal", "next_round_day")):
        made[name] = medians[:, i:i + 1]
    made.update(_terms(counts.settlement, closed, at, low, width))
    row = np.full(layout.width, np.nan)
    for (place, one), part in zip(layout.columns().values(), layout.parts(), strict=True):
        row[place] = made[one.name][part]
    return row


def _released(ready: Ready, later: Counts | None, trials: int) -> NDArray:
    """Return the share of the tranches released over all trials, shape (4, 1); NaN in a cell without any."""
    if later is None or ready.after is None or not len(ready.after.tranche):
        return np.full((4, 1), np.nan)
    from forecast.engine.aftermath import share_sums

    total, squares = share_sums(later, "tranche_released")
    mean = total / trials
    return _bands(mean[:, None], np.maximum(squares / trials - mean**2, 0.0)[:, None], trials)


def _places(all_of: tuple[str, ...], here: tuple[str, ...]) -> list[int]:
    """Return where each id stands in a cell; -1 for one that it lacks."""
    return [here.index(one) if one in here else -1 for one in all_of]


def _systems(counts: Tally, at: list[int], trials: int) -> dict[str, NDArray]:
    """Return mean downtime and attempts in trouble of each system, those that a cell lacks NaN."""
    here = [j for j in at if j >= 0]
    down = counts.downtime[:, here] / trials
    luck = np.maximum(counts.downtime_square[:, here] / trials - down**2, 0.0)
    trouble = counts.trouble[:, here] / trials  # rare: the variance of a count is about its mean
    return {"downtime": _placed(_bands(down, luck, trials), at),
            "system_trouble": _placed(_bands(trouble, trouble, trials), at)}


def _bands(x: NDArray, luck: NDArray, trials: int) -> NDArray:
    """Return mean, low, high and Monte Carlo error of columns of per-draw means, shape (4, column).

    `luck` is the variance of a single trial within each draw, as its sample gives it (divided by n).
    """
    draws = x.shape[0]
    mean = x.mean(axis=0)
    if draws == 1:
        error = np.sqrt(luck[0] / trials) if trials > 1 else np.full(mean.shape, np.nan)
        return np.stack([mean, mean, mean, error])
    spread = x.var(axis=0, ddof=1)
    error = np.sqrt(spread / draws)
    if trials < 2:
        return np.stack([mean, np.full(mean.shape, np.nan), np.full(mean.shape, np.nan), error])
    noise = luck.mean(axis=0) / (trials - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        pull = np.where(spread > 0, np.sqrt(np.maximum(0.0, spread - noise) / spread), 0.0)
    # Shrinking is monotone, so it commutes with taking quantiles.
    low, high = _quantiles(x)
    return np.stack([mean, mean + pull * (low - mean), mean + pull * (high - mean), error])


def _quantiles(x: NDArray) -> tuple[NDArray, NDArray]:
    """Return the 5% and 95% of each column by numpy's default rule (faster than it for many small columns)."""
    x = np.sort(x, axis=0)
    out = []
    for level in LEVELS:
        place = level * (x.shape[0] - 1)
        below = int(place)
        above = min(below + 1, x.shape[0] - 1)
        out.append(x[below] + (place - below) * (x[above] - x[below]))
    return out[0], out[1]


def _means(by_day: NDArray, rounds: NDArray, trials: int) -> dict[str, NDArray]:
    """Return the mean day of the ending, and the mean number of rounds held."""
    days = np.arange(by_day.shape[1], dtype=np.float64)
    share = by_day / trials
    end = share @ days
    luck = np.maximum(share @ days**2 - end**2, 0.0)
    held = rounds / trials
    # The squares of rounds are not counted; as for a Poisson number the variance is the mean, known, not estimated.
    four = _bands(np.stack([end, held], axis=1), np.stack([luck, held * (trials - 1) / trials], axis=1), trials)
    return {"end_day": four[:, :1], "rounds_held": four[:, 1:]}


def _over_draws(x: NDArray, noise: NDArray, weight: NDArray) -> NDArray:
    """Return what `forecast.summary.estimate_quantity` gives for every column at once, shape (4, column).

    Parameters
    ----------
    x, noise, weight : ndarray, shape (draw, column)
        The statistic of each draw, the variance of its Monte Carlo error, the trials behind it (0: left out).
    """
    used = np.isfinite(x) & (weight > 0)
    count = used.sum(axis=0)
    weight = np.where(used, weight, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = weight / weight.sum(axis=0)
        mean = (weight * np.where(used, x, 0.0)).sum(axis=0)
        effective = 1.0 / (weight**2).sum(axis=0)
        spread = (weight * np.where(used, x - mean, 0.0) ** 2).sum(axis=0) / np.maximum(1.0 - 1.0 / effective, 1e-12)
        known = np.isfinite(noise) & used
        surplus = (weight * np.where(known, noise, 0.0)).sum(axis=0) / (weight * known).sum(axis=0)
        pull = np.where(spread > 0, np.sqrt(np.maximum(0.0, spread - surplus) / spread), 0.0)
        error = np.sqrt(spread / effective)
        low, high = _weighted_quantiles(np.where(used, x, np.inf), weight, count)
        low, high = mean + pull * (low - mean), mean + pull * (high - mean)
        alone = count == 1
        own = np.sqrt((weight * np.where(known, noise, np.nan)).sum(axis=0, where=used))
        low, high = np.where(alone, mean, low), np.where(alone, mean, high)
    error = np.where(alone, own, error)
    made = np.stack([mean, low, high, error])
    made[1:3, ~known.any(axis=0) & ~alone] = np.nan
    made[:, count == 0] = np.nan
    return made


def _weighted_quantiles(x: NDArray, weight: NDArray, count: NDArray) -> tuple[NDArray, NDArray]:
    """Return 5% and 95% of weighted columns whose last values, by size, do not count."""
    order = np.argsort(x, axis=0, kind="stable")
    x, weight = np.take_along_axis(x, order, 0), np.take_along_axis(weight, order, 0)
    place = np.cumsum(weight, axis=0) - 0.5 * weight
    columns = np.arange(x.shape[1])
    last = np.maximum(count - 1, 0)
    first_place, last_place = place[0], place[last, columns]
    place = (place - first_place) / np.maximum(last_place - first_place, 1e-300)
    place = np.where(np.arange(x.shape[0])[:, None] > last, np.inf, place)
    out = []
    for level in LEVELS:
        at = np.clip((place <= level).sum(axis=0) - 1, 0, np.maximum(last - 1, 0))
        above = np.minimum(at + 1, last)
        gap = place[above, columns] - place[at, columns]
        step = np.where(gap > 0, (level - place[at, columns]) / np.where(gap > 0, gap, 1.0), 0.0)
        out.append(x[at, columns] + np.clip(step, 0.0, 1.0) * (x[above, columns] - x[at, columns]))
    return out[0], out[1]


def _medians_by_draw(counts: NDArray) -> tuple[NDArray, NDArray]:
    """Return the position of the median of each row and the variance of its Monte Carlo error; NaN in empty rows.

    What `forecast.summary.estimate.quantiles_of_counts` gives at 0.5 for points 0, 1, 2, ..., from whole numbers
    only: a row's position at a rank is the number of places before which fewer are counted.
    """
    cumulated = np.cumsum(counts, axis=-1, dtype=np.int32)
    total = cumulated[..., -1]
    half, reach = 0.5 * total, np.sqrt(total)  # two standard errors of a share of 1/2, in counts
    found = []
    for wanted in (half, half - reach, half + reach):
        rank = np.clip(np.ceil(wanted - 1e-9 * total), 1, np.maximum(total, 1)).astype(np.int32)
        found.append(np.count_nonzero(cumulated < rank[..., None], axis=-1))
    empty = total == 0
    return np.where(empty, np.nan, found[0]), np.where(empty, np.nan, ((found[2] - found[1]) / 4.0) ** 2)


def _moved(four: NDArray, value: NDArray) -> NDArray:
    """Return estimates moved so that their value is the one of all trials, which is the one shown."""
    four[:3] += value - four[0]
    return four


def _medians(counts: NDArray) -> NDArray:
    """Return the pooled median day with the interval of the medians of the draws around it, shape (4, what)."""
    median, noise = _medians_by_draw(counts)
    days = np.arange(counts.shape[2], dtype=np.float64)
    pooled, _ = quantiles_of_counts(counts.sum(axis=1), days, [0.5])
    return _moved(_over_draws(median.T, noise.T, counts.sum(axis=2).T), pooled[:, 0])


def _terms(settlement: NDArray, closed: NDArray, at: list[int], low: NDArray, width: NDArray) -> dict[str, NDArray]:
    """Return mean and quantiles of the terms of each issue, those of other scenarios NaN."""
    out = {name: np.full((4, len(at)), np.nan)
           for name in ("settlement_mean", "settlement_p50", "settlement_p5", "settlement_p95")}
    here, there = [j for j in at if j >= 0], [i for i, j in enumerate(at) if j >= 0]
    if not here:
        return out
    bins, n = settlement[:, here], closed[:, here]
    middle = np.arange(bins.shape[2]) + 0.5  # in classes; turned into the unit of the issue at the end
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = bins @ middle / n
        noise = np.where(n > 1, (bins @ middle**2 / n - mean**2) / (n - 1), np.nan)
    median, wobble = _medians_by_draw(bins)
    pooled, _ = quantiles_of_counts(bins.sum(axis=0), middle, [0.05, 0.5, 0.95])
    four = _over_draws(np.concatenate([mean, median + 0.5], axis=1), np.concatenate([noise, wobble], axis=1),
                       np.concatenate([n, n], axis=1))
    k = len(here)
    start = np.array([1.0, 1.0, 1.0, 0.0])[:, None] * low[here]  # an error has no lower edge

    def unit(made: NDArray) -> NDArray:
        return start + made * width[here]

    out["settlement_mean"][:, there] = unit(four[:, :k])
    out["settlement_p50"][:, there] = unit(_moved(four[:, k:], pooled[:, 1]))
    out["settlement_p5"][0, there], out["settlement_p95"][0, there] = (low[here] + width[here] * pooled[:, i]
                                                                       for i in (0, 2))
    return out


def _placed(columns: NDArray, at: list[int]) -> NDArray:
    """Return columns of the cell's issues in the places of all issues."""
    out = np.full((4, len(at)), np.nan)
    out[:, [i for i, j in enumerate(at) if j >= 0]] = columns
    return out
