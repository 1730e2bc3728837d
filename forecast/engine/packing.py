"""Turn a scenario and a posterior into the arrays that kernels take: types, shapes, finiteness, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecast.engine.arrays import PosteriorArrays
from forecast.engine.bridge import KIND, N_COLUMNS, ODDS, PARTY, PAUSE_DAYS, START, TABLE_INTERVALS, Case, Cause, Column
from forecast.engine.bridge import Draws, Plan, Report, Status, Without, derive
from forecast.engine.packing_issues import authority_table, pack_issues
from forecast.engine.packing_systems import needed_systems, pack_systems
from forecast.engine.pieces import id_hash, ints, records, stack
from forecast.engine.state import State, talks_state
from forecast.errors import Problem, ScenarioError
from forecast.vocabulary import CALIBRATED_KINDS, CAUSES, KINDS, MODES, TABLE_DOMAINS, VIRTUAL_MODES

if TYPE_CHECKING:
    import xarray as xr

    from forecast.scenario import Scenario

_DERIVED = {"ROW_ID", "PULSE_BACKGROUND", "PULSE_AFTER", "PULSE_BEFORE", "CLOSE_SHAPE", "EFFORT_DONE", "HAZARD_DONE",
            "HAZARD_SEEN", "CLOSE_RATE", "POWER_DONE"}


class Packed(NamedTuple):
    """A forecast ready to run."""

    case: Case
    draws: Draws
    parties: tuple[str, ...]  #: ids in the order of the arrays (sorted)
    issues: tuple[str, ...]
    kinds: tuple[str, ...]
    zopa_talks: np.ndarray  #: (draw,) probability of a ZOPA from past talks
    zopa_beliefs: float  #: smallest overlap of a core issue; NaN without beliefs
    zopa_used: np.ndarray  #: (draw,) the two combined
    state: State  #: the talks at the as-of date
    hazards: np.ndarray  #: (draw, attempts + 1) cumulative hazard after so many attempts of the history
    systems: tuple[str, ...] = ()  #: ids in the order of the arrays
    stages: tuple[str, ...] = ()
    chosen: np.ndarray | None = None  #: (draw,) rows of `draws` behind the draws of the outcome, after conditioning
    ess: tuple[float, float] = (1.0, 1.0)  #: effective share of draws and of particles, after conditioning


def pack(scenario: Scenario, posterior: xr.DataTree | PosteriorArrays, *, draws: int, seed: int) -> Packed:
    """Pack a resolved scenario and `draws` rows of a posterior.

    Parameters
    ----------
    scenario : Scenario
        Resolved (`forecast.scenario.resolve`).
    posterior : xr.DataTree or PosteriorArrays
        A posterior in the layout of `forecast.posterior.layout`, or rows already read from one.
    draws : int
        Rows to take, evenly spread; of rows already read, their number.
    seed : int
        0 to 2^63 - 1.

    Returns
    -------
    Packed

    Raises
    ------
    ScenarioError
        If the scenario cannot be simulated, with every reason.
    """
    state = talks_state(scenario)
    kinds = (*KINDS, *sorted(kind for kind in scenario.disruptions.kinds if kind not in KINDS))
    parties, issues = tuple(sorted(scenario.parties)), tuple(sorted(scenario.issues))
    systems = needed_systems(scenario)
    _check_hashes({"parties": parties, "issues": issues, "disruptions.kinds": kinds, "systems": systems}, scenario.name)
    case = _pack_case(scenario, state, seed, parties, issues, kinds)
    arrays = posterior if isinstance(posterior, PosteriorArrays) else PosteriorArrays.of(posterior, draws)
    packed = _pack_draws(scenario, arrays, kinds)
    talks = packed.scalar[:, Column.ZOPA].copy()
    core = any(scenario.issues[i].core for i in issues)
    beliefs = float(case.overlap_least) if core else float("nan")
    used = mix_zopa(talks, beliefs, scenario.beliefs_weight) if core else talks.copy()
    hazards = _condition_on_effort(scenario, state, packed, used)
    for group in (case, packed):
        _check_arrays(group, scenario.name)
    return Packed(case, packed, parties, issues, kinds, talks, beliefs, used, state, hazards, systems,
                  tuple(stage.name for stage in scenario.stages))


def mix_zopa(talks: np.ndarray, beliefs: float, weight: float) -> np.ndarray:
    """Combine two probabilities of a ZOPA on the log-odds scale: (1 - w) logit pi + w logit q.

    Parameters
    ----------
    talks : ndarray of float64, shape (draw,)
        pi, in (0, 1].
    beliefs : float
        q, in [0, 1].
    weight : float
        w, in [0, 1]; 0 gives `talks`, 1 gives `beliefs`.

    Returns
    -------
    ndarray of float64, shape (draw,)

    Examples
    --------
    >>> mix_zopa(np.array([0.9]), 0.5, 0.5).round(3).tolist()
    [0.75]
    >>> mix_zopa(np.array([0.9]), 0.0, 0.5).tolist(), mix_zopa(np.array([0.9]), 0.0, 0.0).tolist()
    ([0.0], [0.9])
    """
    if weight == 0.0:
        return talks.copy()
    if weight == 1.0 or beliefs in (0.0, 1.0):
        return np.full_like(talks, beliefs)
    with np.errstate(divide="ignore"):
        logit = (1.0 - weight) * np.log(talks / (1.0 - talks)) + weight * np.log(beliefs / (1.0 - beliefs))
    mixed = 1.0 / (1.0 + np.exp(-logit))
    return np.where(talks == beliefs, talks, mixed)  # the same to the last bit where nothing is to be mixed


def _check_hashes(named: dict[str, tuple[str, ...]], source: str) -> None:
    """Refuse two ids with one random address: they would share their luck."""
    problems = []
    for what, ids in named.items():
        seen: dict[int, str] = {}
        for name in ids:
            other = seen.setdefault(id_hash(name), name)
            if other != name:
                problems.append(Problem(f"{what}.{name}", f"the same random address as {other}",
                                        "ids with different hashes", "rename one of the two"))
    if problems:
        raise ScenarioError(problems, source)


def _pack_case(scenario: Scenario, state: State, seed: int, parties, issues, kinds) -> Case:
    """Pack what does not depend on the draw."""
    plan_kind, anchor = _plan_kind(state)
    declared = state.planned_mode is not None
    wished = state.planned_mode or state.last_mode
    next_round = scenario.next_round
    party = [scenario.parties[p] for p in parties]
    return Case(
        key=np.uint64(seed),
        horizon=float(scenario.horizon_days),
        attempts_done=state.attempts,
        held_done=len(state.held),
        retry_done=state.retry,
        plan_kind=int(plan_kind),
        plan_day=float(state.planned if state.planned is not None else 0),
        anchor_day=float(anchor),
        last_planned_day=float(state.last_planned) if state.last_planned is not None else -np.inf,
        last_held_day=float(state.held[-1].end) if state.held else -np.inf,
        home_mode=_mode_code(state.home_mode),
        wished_mode=_mode_code(wished),
        mode_declared=int(declared),
        tension=float(state.tension),
        severe_day=float(state.severe_day) if state.severe_day is not None else -np.inf,
        severe_cause=_cause_of(state.severe_kind) if state.severe_kind is not None else 0,
        has_deadline=int(state.deadline is not None),
        deadline_day=float(state.deadline if state.deadline is not None else 0),
        deadline_hard=int(state.deadline is not None and scenario.deadline is not None
                          and scenario.deadline.binding == "hard"),
        adjust_closing=float(scenario.adjust.closing),
        adjust_break_off=float(scenario.adjust.break_off),
        adjust_loss=float(scenario.adjust.loss),
        ladder=ints([MODES.index(mode) for mode in (next_round.fallback if next_round is not None else ())]),
        sticky=int(next_round is not None and next_round.sticky),
        party=records(PARTY, [
            (id_hash(p), _report(scenario.parties[p].principal, state.present[p]),
             Without[scenario.parties[p].without_principal.upper()], scenario.parties[p].veto) for p in parties]),
        party_authority=stack([authority_table(p.delegate_authority) for p in party],
                              (len(party), TABLE_INTERVALS + 1)),
        kind=records(KIND, [(id_hash(kind), _cause_of(kind)) for kind in kinds]),
        **pack_issues(scenario, parties, issues),
        **pack_systems(scenario),
        last_status=int(Status[state.past[-1].status.upper()] if state.past else Status.NONE),
        last_tension=float(state.past[-1].tension if state.past else 0.0),
        silent=int(bool(state.past) and state.planned is None),
    )


def _plan_kind(state: State) -> tuple[Plan, int]:
    """Return how the next planned day is found and the day it counts from."""
    if state.planned is not None:
        return Plan.GIVEN, 0
    if state.last_status is None:
        return Plan.FRESH, 0
    return Plan["AFTER_" + state.last_status.upper()], state.last_day


def _mode_code(mode: str | None) -> int:
    return -1 if mode is None else MODES.index(mode)


def _cause_of(kind: str) -> int:
    """Return the cause that trouble after a severe event of a kind is put down to."""
    return int(CAUSES.index(kind)) if kind in KINDS else int(Cause.OWN_KIND)


def _report(principal: str | None, present: bool | None) -> Report:
    """Return what is reported about a party's principal at the next attempt."""
    if present is not None:
        return Report.PRESENT if present else Report.ABSENT
    return Report.NO_PRINCIPAL if principal is None else Report.UNKNOWN


def _pack_draws(scenario: Scenario, arrays: PosteriorArrays, kinds) -> Draws:
    """Take every parameter for the scenario; what scenarios of one sweep share is taken once."""
    stated = tuple((kind, scenario.disruptions.kinds[kind].model_dump_json()) for kind in kinds
                   if kind in scenario.disruptions.kinds)
    key = (scenario.domain, scenario.mediator is not None, scenario.pandemic, kinds, stated)
    made = arrays.memo.get(key, lambda: _take_draws(scenario, arrays, kinds))
    return made._replace(scalar=made.scalar.copy())  # the history is yet to be written into it


def _take_draws(scenario: Scenario, arrays: PosteriorArrays, kinds) -> Draws:
    """Take every parameter for the scenario's domain."""
    domain = TABLE_DOMAINS[scenario.domain]
    rows = arrays.rows

    def take(name: str) -> np.ndarray:
        return arrays.take(name, domain)

    scalar = np.zeros((len(rows), N_COLUMNS))
    scalar[:, Column.ROW_ID] = rows
    for column in Column:
        if column.name not in _DERIVED and column not in ODDS:
            scalar[:, column] = take(column.name.lower())
    pulse = take("pulse_share")
    scalar[:, [Column.PULSE_BACKGROUND, Column.PULSE_AFTER, Column.PULSE_BEFORE]] = pulse
    scalar[:, Column.CLOSE_SHAPE] = np.exp(take("close_log_shape"))
    derive(scalar)
    open_modes = np.array([mode not in ("proximity", "shuttle") or scenario.mediator is not None for mode in MODES])
    pandemic = np.array([scenario.pandemic and mode in ("hybrid", "remote") for mode in MODES])
    mediated = np.array([scenario.mediator is not None and mode in ("proximity", "shuttle") for mode in MODES])
    first = (take("mode_first_logit") + mediated * take("mode_first_mediated")[:, None]
             + pandemic * take("mode_first_pandemic")[:, None])
    switch = take("mode_switch_logit") + pandemic * take("mode_switch_pandemic")[:, None]
    retreat = np.zeros((len(rows), len(CAUSES)))
    retreat[:, 1:] = take("retreat")
    return Draws(scalar, _cumulative_softmax(first, open_modes), np.ascontiguousarray(take("mode_stay")),
                 _cumulative_softmax(switch, open_modes), *_pack_kinds(scenario, take, kinds), retreat,
                 np.zeros(0, START))


def _cumulative_softmax(logits: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Return cumulative probabilities along the last axis; what is not allowed has none."""
    weights = np.where(allowed, np.exp(logits - logits.max(axis=1, keepdims=True)), 0.0)
    cumulative = np.cumsum(weights, axis=1)
    return np.ascontiguousarray(cumulative / cumulative[:, -1:])


def _pack_kinds(scenario: Scenario, take, kinds) -> tuple[np.ndarray, ...]:
    """Pack rates, severities and recoveries of the calibrated kinds, the novel one and the scenario's own."""
    calibrated, share = take("kind_rate"), take("novel_share")
    draws, n_kinds = len(share), len(kinds)
    rate = np.empty((draws, n_kinds))
    severity, zero, log_mean, sd = (np.empty((draws, n_kinds, 3)) for _ in range(4))
    zero[:], log_mean[:], sd[:] = (take(f"recovery_{name}")[:, None, :] for name in ("zero", "log_mean", "sd"))
    for k, kind in enumerate(kinds):
        stated = scenario.disruptions.kinds.get(kind)
        if kind in CALIBRATED_KINDS:
            c = CALIBRATED_KINDS.index(kind)
            rate[:, k], severity[:, k] = calibrated[:, c], take("severity_share")[:, c]
        elif kind == "novel":
            rate[:, k] = share / (1.0 - share) * calibrated.sum(axis=1)
            severity[:, k] = take("novel_severity_share")
        else:
            rate[:, k], severity[:, k] = stated.rate_per_attempt, stated.severity
            zero[:, k], log_mean[:, k] = stated.recovery.zero, np.log(stated.recovery.median_days)
            sd[:, k] = np.log(stated.recovery.gsd)
        if kind in KINDS and stated is not None:
            rate[:, k] *= stated.rate_multiplier
    return rate, np.ascontiguousarray(np.cumsum(severity, axis=2)), zero, log_mean, sd


def _condition_on_effort(scenario: Scenario, state: State, draws: Draws, used: np.ndarray) -> np.ndarray:
    """Put the effort and hazard of the rounds in the history into the draws, and what they say about the coin.

    Talks that could close and have not: what is left of the hazard is again exponential (it has no memory), and the
    coin is less likely to have shown a ZOPA: P exp(-H) / (1 - P + P exp(-H)). Rounds of stages in which talks cannot
    close say nothing about it. Returns the cumulative hazard after 0, 1, ... attempts, shape (draw, attempts + 1).
    """
    scalar = draws.scalar
    scale, shape = np.exp(scalar[:, Column.CLOSE_LOG_SCALE]), scalar[:, Column.CLOSE_SHAPE]
    effort, hazard, seen = (np.zeros(len(scalar)) for _ in range(3))
    hazards = [hazard.copy()]
    stages = iter(_past_stages(scenario, len(state.held)))
    met = None
    for item in state.past:
        if item.status == "held":
            can_close, times = next(stages)
            log_effort = np.zeros(len(scalar))
            if item.mode in VIRTUAL_MODES:
                log_effort += scalar[:, Column.EFFORT_VIRTUAL]
            elif item.mode in ("proximity", "shuttle"):
                log_effort += scalar[:, Column.EFFORT_MEDIATED]
            if item.absent:
                log_effort += scalar[:, Column.EFFORT_ABSENT] * max(_lack(scenario, p) for p in item.absent)
            if met is not None:
                log_effort += scalar[:, Column.EFFORT_PAUSE] * np.log(max(1, item.planned - met) / PAUSE_DAYS)
            met = item.end
            before = (effort / scale) ** shape
            effort += np.exp(log_effort) * times
            hazard += ((effort / scale) ** shape - before) * np.exp(
                scenario.adjust.closing + (scalar[:, Column.CLOSE_FAR] if item.far else 0.0))
            seen = hazard.copy() if can_close else seen
        hazards.append(hazard.copy())
    scalar[:, Column.EFFORT_DONE], scalar[:, Column.HAZARD_DONE] = effort, hazard
    scalar[:, Column.POWER_DONE] = (effort * scalar[:, Column.CLOSE_RATE]) ** shape
    scalar[:, Column.HAZARD_SEEN] = seen
    left = used * np.exp(-seen)
    # Certain stays certain, also where exp(-H) is too small for a number.
    scalar[:, Column.ZOPA] = np.divide(left, 1.0 - used + left, out=used.copy(), where=(seen > 0.0) & (used < 1.0))
    return np.ascontiguousarray(np.stack(hazards, axis=1))


def _past_stages(scenario: Scenario, held: int) -> list[tuple[bool, float]]:
    """Return, for every held round of the history, whether talks could close in it and its effort, times the usual.

    The last ones, as many as stated, belong to the present stage; the earlier ones to the stages before it, which
    are not told apart: talks could close in them if they can in any of these.
    """
    if not scenario.stages:
        return [(True, 1.0)] * held
    now = next(i for i, stage in enumerate(scenario.stages) if stage.name == scenario.stage)
    here = min(held, scenario.stage_rounds)
    before = any(bool(stage.can_close) for stage in scenario.stages[:now]) or now == 0
    present = scenario.stages[now]
    return [(before, 1.0)] * (held - here) + [(bool(present.can_close), present.effort)] * here


def _lack(scenario: Scenario, party: str) -> float:
    """Return the authority missing at a past round: that of the median delegate, none for a principal by video."""
    stated = scenario.parties[party]
    if stated.without_principal == "remote":
        return 0.0
    if stated.without_principal == "stay_away" or stated.delegate_authority is None:
        return 1.0
    return 1.0 - float(stated.delegate_authority.truncated(0.0, 1.0)[0].ppf(0.5))


def _check_arrays(group, source: str) -> None:
    """Check what crosses the boundary: contiguous, of the declared types, finite where the law needs it."""
    may_be_missing = {"kappa_table", "last_planned_day", "last_held_day", "severe_day"}
    problems = []
    for name, value in group._asdict().items():
        array = np.asarray(value)
        if isinstance(value, np.ndarray) and not value.flags.c_contiguous:
            problems.append(Problem(name, "not contiguous", "a C-contiguous array"))
        if array.dtype.kind == "f" and name not in may_be_missing and not np.isfinite(array).all():
            problems.append(Problem(name, "not finite", "finite numbers"))
    if problems:
        raise ScenarioError(problems, source)
