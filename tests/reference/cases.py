"""Random packed inputs for the oracle tests: every feature of the law on and off, far beyond what scenarios ask."""

from __future__ import annotations

import math

import numpy as np

from kernels.codes import Cause, Column, Mode, Plan, Report, Status, Without
from kernels.columns import ODDS, derive
from kernels.types import INCIDENT, ISSUE, KIND, PARTY, POSITION, STAGE, START, SYSTEM, TABLE_INTERVALS, Case, Draws

#: Lowest and highest value of every scalar parameter.
RANGES = {
    "GAP_LOG_MEAN": (1.0, 4.0),
    "GAP_PACE_SD": (0.1, 1.2),
    "GAP_SD": (0.2, 1.0),
    "GAP_WIDE_SHARE": (0.0, 1.0),
    "GAP_WIDE_RATIO": (1.1, 4.0),
    "GAP_NEAR_DEADLINE": (-1.5, 0.5),
    "GAP_AFTER_CANCELLED": (-0.5, 1.0),
    "GAP_LOG_ROUND": (-0.8, 0.4),
    "SLIP_LOG_MEAN": (0.5, 3.5),
    "SLIP_SD": (0.3, 1.6),
    "SLIP_PACE_LOADING": (-0.5, 1.5),
    "SLIP_UNLISTED_SHARE": (0.0, 0.6),
    "SLIP_UNLISTED_SHIFT": (-2.0, 0.0),
    "LENGTH_ZERO": (0.0, 1.0),
    "LENGTH_LOG_MEAN": (0.0, 2.0),
    "LENGTH_SD": (0.5, 1.5),
    "LOSS_LOGIT": (-4.0, 0.5),
    "LOSS_SD": (0.1, 1.2),
    "LOSS_SEVERE": (-1.0, 3.0),
    "LOSS_ABSENT": (-1.0, 3.0),
    "LOSS_VIRTUAL": (-2.5, 1.0),
    "CANCELLED_LOGIT": (-2.0, 1.0),
    "CANCELLED_ABSENT": (-1.0, 2.0),
    "CANCELLED_SEVERE": (-1.0, 2.0),
    "ABSENT_LOGIT": (-4.0, 1.0),
    "ABSENT_SD": (0.1, 1.5),
    "ABSENT_HABIT_SHARE": (0.0, 1.0),
    "REPORT_RIGHT": (0.5, 1.0),
    "MODE_HOME": (0.0, 1.0),
    "MODE_KEEP_AFTER_LOSS": (0.0, 1.0),
    "PULSE_DAYS": (1.0, 10.0),
    "CLOSE_LOG_SCALE": (0.5, 3.0),
    "CLOSE_SHAPE": (0.6, 2.0),
    "CLOSE_FAR": (-2.0, 0.5),
    "ZOPA": (0.2, 1.0),
    "EFFORT_VIRTUAL": (-1.0, 0.5),
    "EFFORT_MEDIATED": (-0.5, 0.5),
    "EFFORT_ABSENT": (-1.5, 0.3),
    "EFFORT_PAUSE": (-0.6, 0.3),
    "COLLAPSE_INTERCEPT": (-5.0, -1.5),
    "COLLAPSE_POSTPONED": (-1.5, 1.5),
    "COLLAPSE_CANCELLED": (-1.5, 2.0),
    "COLLAPSE_TENSION": (-0.5, 1.2),
    "COLLAPSE_FAR": (-1.5, 0.5),
    "COLLAPSE_HERE": (-0.5, 2.0),
    "STALL_INTERCEPT": (-6.0, -2.0),
    "STALL_POSTPONED": (-1.0, 1.5),
    "STALL_CANCELLED": (-1.0, 2.0),
    "STALL_FAR": (-1.5, 0.5),
    "STALL_LOG_ATTEMPT": (-0.3, 0.8),
    "PARTIAL_SHARE": (0.0, 1.0),
    "COLLAPSE_SAME_DAY": (0.0, 1.0),
    "COLLAPSE_LAG_LOG_MEAN": (1.0, 4.0),
    "COLLAPSE_LAG_SD": (0.5, 2.0),
    "KAPPA_LOG_MEAN": (-1.5, 1.0),
    "KAPPA_LOG_SD": (0.1, 1.0),
}
DERIVED = {"ROW_ID", "PULSE_BACKGROUND", "PULSE_AFTER", "PULSE_BEFORE", "EFFORT_DONE", "HAZARD_DONE", "HAZARD_SEEN",
           "CLOSE_RATE", "POWER_DONE", *(column.name for column in ODDS)}
NODES = TABLE_INTERVALS + 1


def random_case(rng: np.random.Generator, *, horizon: int | None = None) -> Case:
    """Draw a scenario: any number of parties, issues and kinds, with or without history, deadline, ladder."""
    parties, issues = int(rng.integers(2, 6)), int(rng.integers(0, 4))
    kinds = int(rng.integers(0, 7))
    has_history = bool(rng.random() < 0.6)
    plan_kind = int(
        rng.choice(
            [Plan.GIVEN, Plan.AFTER_HELD, Plan.AFTER_POSTPONED, Plan.AFTER_CANCELLED]
            if has_history
            else [Plan.GIVEN, Plan.FRESH]
        )
    )
    anchor = -int(rng.integers(0, 80)) if has_history else 0
    if plan_kind in (Plan.AFTER_POSTPONED, Plan.AFTER_CANCELLED) and rng.random() < 0.3:
        anchor = int(rng.integers(0, 20))  # lost before its day came
    held_done = int(rng.integers(1, 6)) if has_history else 0
    retry_done = int(rng.integers(0, 3)) if has_history else 0
    if plan_kind in (Plan.AFTER_POSTPONED, Plan.AFTER_CANCELLED):
        retry_done = max(1, retry_done)
    elif plan_kind == Plan.AFTER_HELD:
        retry_done = 0
    status = {Plan.AFTER_HELD: Status.HELD, Plan.AFTER_POSTPONED: Status.POSTPONED}
    status |= {Plan.AFTER_CANCELLED: Status.CANCELLED, Plan.FRESH: Status.NONE}
    last_status = int(status.get(plan_kind, Status.HELD if has_history else Status.NONE))
    modes = [int(m) for m in Mode]
    has_mode = has_history or bool(rng.random() < 0.5)
    home = int(rng.choice(modes)) if has_mode else -1
    has_deadline = bool(rng.random() < 0.6)
    ladder = rng.permutation(modes)[: rng.integers(0, 4)] if rng.random() < 0.6 else []
    overlap = rng.uniform(0.05, 1.0, issues)
    severe = bool(rng.random() < 0.4)
    yes_no = rng.random(issues) < 0.25
    causes = [int(Cause.ESCALATION), int(Cause.WALKOUT_LEAK), int(Cause.POLITICAL), int(Cause.NOVEL)]
    return Case(
        key=np.uint64(rng.integers(0, 2**63)),
        horizon=float(horizon or rng.integers(1, 900)),
        attempts_done=held_done + retry_done,
        held_done=held_done,
        retry_done=retry_done,
        plan_kind=plan_kind,
        plan_day=float(rng.integers(0, 30)),
        anchor_day=float(anchor),
        last_planned_day=float(anchor - rng.integers(0, 5)) if has_history else -np.inf,
        last_held_day=float(min(anchor, 0) - rng.integers(0, 90) * (retry_done > 0)) if held_done else -np.inf,
        home_mode=home,
        wished_mode=int(rng.choice(modes)) if has_mode else -1,
        last_status=last_status,
        last_tension=float(rng.uniform(0.0, 4.0)) if has_history else 0.0,
        silent=int(has_history and plan_kind != Plan.GIVEN and rng.random() < 0.7),
        mode_declared=int(has_mode and rng.random() < 0.5),
        tension=float(rng.uniform(0.0, 4.0)) if rng.random() < 0.5 else 0.0,
        severe_day=-float(rng.integers(0, 20)) if severe else -np.inf,
        severe_cause=int(rng.choice(causes)) if severe else 0,
        has_deadline=int(has_deadline),
        deadline_day=float(rng.integers(0, 200)) if has_deadline else 0.0,
        deadline_hard=int(has_deadline and rng.random() < 0.5),
        adjust_closing=_sometimes(rng, 1.0),
        adjust_break_off=_sometimes(rng, 1.0),
        adjust_loss=_sometimes(rng, 1.0),
        ladder=_ints(ladder),
        sticky=int(rng.random() < 0.5),
        party=_records(
            PARTY,
            parties,
            hash=_hashes(rng, parties),
            report=rng.choice([int(r) for r in Report], parties),
            without=rng.choice([int(w) for w in Without], parties),
            veto=rng.random(parties) < 0.7,
        ),
        party_authority=_tables(rng, (parties,), 0.0, 1.0),
        kind=_records(
            KIND,
            kinds,
            hash=_hashes(rng, kinds),
            cause=rng.choice([*causes, int(Cause.EXOGENOUS), int(Cause.OWN_KIND)], kinds),
        ),
        issue=_records(
            ISSUE,
            issues,
            hash=_hashes(rng, issues),
            core=rng.random(issues) < 0.7,
            yes_no=yes_no,
            difficulty=rng.uniform(0.1, 1.2, issues),
            overlap=overlap,
        ),
        **_positions(rng, issues, parties, yes_no),
        gap_table=_tables(rng, (issues, 2, NODES), 0.0, 1.0),
        kappa_table=_some_missing(rng, _tables(rng, (issues, parties), 0.2, 4.0)),
        **_systems(rng),
        **_stages(rng),
        excite=float(rng.uniform(0.1, 0.9)) if rng.random() < 0.4 else 0.0,
        excite_days=float(rng.uniform(1.0, 20.0)),
        overlap_least=float(min(overlap, default=1.0)),
    )


def random_draws(rng: np.random.Generator, case: Case, rows: int) -> Draws:
    """Draw `rows` rows of parameters."""
    kinds = len(case.kind)
    scalar = np.zeros((rows, len(Column)))
    for column in Column:
        if column.name not in DERIVED:
            scalar[:, column] = rng.uniform(*RANGES[column.name], rows)
    scalar[:, Column.ROW_ID] = rng.permutation(1000)[:rows]
    scalar[:, [Column.PULSE_BACKGROUND, Column.PULSE_AFTER, Column.PULSE_BEFORE]] = rng.dirichlet([1, 2, 2], rows)
    if case.held_done:
        scalar[:, Column.EFFORT_DONE] = rng.uniform(0.3, 1.2, rows) * case.held_done
        scalar[:, Column.HAZARD_DONE] = rng.uniform(0.0, 0.5, rows)
        seen = rng.random(rows) if len(case.stage) else 1.0  # hazard of stages in which the talks could not close
        scalar[:, Column.HAZARD_SEEN] = scalar[:, Column.HAZARD_DONE] * seen
    derive(scalar)
    return Draws(
        scalar=scalar,
        mode_first=_cumulative(rng, (rows, 6)),
        mode_stay=rng.uniform(0.0, 1.0, (rows, 6)),
        mode_switch=_cumulative(rng, (rows, 6)),
        kind_rate=rng.uniform(0.0, 0.6, (rows, kinds)) * (rng.random((rows, kinds)) < 0.9),
        severity=_cumulative(rng, (rows, kinds, 3)),
        recovery_zero=rng.uniform(0.0, 1.0, (rows, kinds, 3)),
        recovery_log_mean=rng.uniform(0.0, 4.0, (rows, kinds, 3)),
        recovery_sd=rng.uniform(0.3, 1.6, (rows, kinds, 3)),
        retreat=np.concatenate([np.zeros((rows, 1)), rng.uniform(0.0, 0.9, (rows, 9))], axis=1),
        start=np.zeros(0, START),
    )


def _positions(rng: np.random.Generator, issues: int, parties: int, yes_no: np.ndarray) -> dict:
    """Draw positions and beliefs: on each issue somebody who binds wants more and somebody who binds wants less.

    Where the binding values of either side lie, and what each party would accept, need not fit each other: many a
    binding value is beyond what a party is believed to hold.
    """
    shape = (issues, parties)
    want, binds = rng.choice([-1, 0, 1, 1, -1], shape), rng.random(shape) < 0.7
    for j in range(issues):
        sides = rng.permutation(parties)[:2]
        want[j, sides], binds[j, sides] = [1, -1], True
    start = rng.uniform(0.01, 0.5, shape) * (rng.random(shape) < 0.5)
    opening = np.where(want == 1, rng.uniform(10.0, 14.0, shape), rng.uniform(-4.0, 0.0, shape))
    opening[yes_no] = np.where(want[yes_no] == 1, 1.0, 0.0)
    edge = _tables(rng, (issues, 2), 1.0, 9.0)
    edge[yes_no, 1, :2] = np.sort(rng.random((int(yes_no.sum()), 2)), axis=-1)
    belief = _tables(rng, (issues, parties), 0.0, 10.0)
    centre, width = rng.uniform(1.0, 9.0, (issues, parties, 1)), rng.choice([1.0, 0.1, 0.0], (issues, parties, 1))
    belief = centre + (belief - centre) * width
    belief[yes_no, :, 0] = rng.random((int(yes_no.sum()), parties))
    position = _records(
        POSITION,
        shape,
        hash=_hashes(rng, issues * parties).reshape(shape),
        want=want,
        binds=binds,
        exponential=(start > 0.0) & (rng.random(shape) < 0.5),
        opening=opening,
        start=start,
    )
    return {"position": position, "edge_table": edge, "belief_table": np.ascontiguousarray(belief)}


def _systems(rng: np.random.Generator) -> dict:
    """Draw technical systems and failures injected into them; half of the cases have none."""
    count = int(rng.integers(1, 5)) if rng.random() < 0.5 else 0
    failures = int(rng.integers(1, 6)) if rng.random() < 0.6 else 0
    rate = rng.uniform(0.0, 0.3, count) * (rng.random(count) < 0.8)
    base_down = rng.uniform(0.0, 0.3, len(Mode)) * (count > 0)
    outage = rng.uniform(0.2, 20.0, failures) * rng.choice([1.0, -1.0], failures)
    return {
        "system": _records(
            SYSTEM,
            count,
            hash=_hashes(rng, count),
            modes=rng.integers(1, 64, count),
            rate=rate,
            repair=rng.uniform(0.2, 20.0, count),
            failover=rng.uniform(0.0, 2.0, count),
            spare=rng.uniform(0.0, 1.0, count) * (rng.random(count) < 0.6),
            sanction=rng.uniform(0.0, 1.0, count) * (rng.random(count) < 0.6),
        ),
        "base_down": base_down,
        "base_saved": base_down * rng.random(len(Mode)),
        "switch_delay": float(rng.uniform(0.0, 6.0)) if rng.random() < 0.5 else 0.0,
        "incident": _records(
            INCIDENT,
            failures,
            day=np.sort(rng.integers(0, 90, failures)),
            system=rng.integers(-1, count, failures),
            severity=rng.integers(0, 4, failures),
            outage=outage,
            delay=rng.integers(0, 9, failures) * (rng.random(failures) < 0.5),
        ),
    }


def _stages(rng: np.random.Generator) -> dict:
    """Draw planned stages; half of the cases have none. The talks can always close in the last."""
    count = int(rng.integers(1, 5)) if rng.random() < 0.5 else 0
    rounds = rng.integers(1, 4, count)
    start = int(rng.integers(0, count)) if count else -1
    return {
        "stage": _records(
            STAGE,
            count,
            rounds=rounds,
            can_close=(rng.random(count) < 0.5) | (np.arange(count) == count - 1),
            back=[int(rng.integers(0, g + 1)) for g in range(count)],
            effort=rng.uniform(0.3, 1.5, count),
            delay=rng.uniform(0.0, 40.0, count) * (rng.random(count) < 0.6),
            break_off=rng.uniform(-1.0, 1.0, count),
            loss=rng.uniform(-1.0, 1.0, count),
        ),
        "go_table": _tables(rng, (count,), 0.0, 1.0),
        "stage_start": start,
        "stage_rounds": int(rng.integers(0, rounds[start])) if count else 0,
    }


def random_starts(rng: np.random.Generator, draws: Draws, trials: int) -> np.ndarray:
    """Draw where every cell starts: which row, which hidden facts, which luck."""
    count = len(draws.scalar) * trials
    return _records(
        START,
        count,
        draw=rng.integers(0, len(draws.scalar), count),
        hidden=rng.integers(0, 2**31, count),
        luck=rng.permutation(count),
    )


def _records(dtype: np.dtype, shape: int | tuple[int, ...], **fields) -> np.ndarray:
    """Make a structured array; every field of the type must be given."""
    records = np.zeros(shape, dtype)
    assert set(fields) == set(dtype.names)
    for name, values in fields.items():
        records[name] = values
    return records


def _ints(values) -> np.ndarray:
    return np.ascontiguousarray(np.asarray(values, dtype=np.int64))


def _hashes(rng: np.random.Generator, count: int) -> np.ndarray:
    return _ints(rng.choice(2**32, size=count, replace=False)) if count else _ints([])


def _sometimes(rng: np.random.Generator, size: float) -> float:
    return float(rng.uniform(-size, size)) if rng.random() < 0.3 else 0.0


def _tables(rng: np.random.Generator, shape: tuple[int, ...], low: float, high: float) -> np.ndarray:
    """Draw quantile tables: sorted along the last axis."""
    return np.sort(rng.uniform(low, high, (*shape, NODES)), axis=-1)


def _some_missing(rng: np.random.Generator, tables: np.ndarray) -> np.ndarray:
    """Leave some tables out, as NaN."""
    tables[rng.random(tables.shape[:-1]) < 0.5] = math.nan
    return tables


def _cumulative(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Draw cumulative probabilities along the last axis, some of them with categories of no weight."""
    weights = rng.random(shape) * (rng.random(shape) < 0.85) + 1e-3
    total = np.cumsum(weights, axis=-1)
    return np.ascontiguousarray(total / total[..., -1:])
