"""Outcomes built to the contract without the engine: known probabilities, so that answers are known."""

from __future__ import annotations

import json

import numpy as np
import xarray as xr

from forecast.vocabulary import CAUSES, ENDINGS, KINDS, MODES, STATUS, annotate

HORIZON = 120
SCENARIO = {
    "schema": 1, "name": "us_iran_final_2026", "title": "United States - Iran, talks on a final agreement",
    "as_of": "2026-06-19", "horizon_days": HORIZON, "domain": "nuclear_arms",
    "mediator": {"names": ["Pakistan", "Qatar"], "type": "state"},
    "deadline": {"date": "2026-08-16", "binding": "soft"},
    "next_round": {"planned": "2026-06-19", "venue": "Buergenstock", "mode": "in_person",
                   "fallback": ["proximity", "remote", "correspondence"], "sticky": False},
    "parties": {
        "us": {"name": "United States", "principal": "Vance", "present": False,
               "without_principal": "delegate", "delegate_authority": {"beta": {"a": 4, "b": 3}}, "veto": True},
        "iran": {"name": "Iran", "principal": "Ghalibaf", "present": False, "without_principal": "stay_away",
                 "delegate_authority": None, "veto": True}},
    "issues": {
        "enrichment_moratorium": {"name": "Moratorium on enrichment", "unit": "years", "core": True,
                                  "opening": {"us": 20, "iran": 5}},
        "frozen_assets_released": {"name": "Frozen assets released", "unit": "bn USD", "core": False,
                                   "opening": {"us": 0, "iran": 12}}},
    "systems": {"video": {"name": "Video link"}, "translation": {"name": "Interpreters' desk"}},
    "beliefs_weight": 0.5, "history": [], "sources": ["https://www.armscontrol.org/node/15369"],
    "disruptions": {"kinds": {"escalation": {"rate_multiplier": 2.0}}, "active_now": []},
    "adjust": {"closing": 0.0, "break_off": 0.0, "loss": 0.0, "rationale": ""}, "posterior": "auto",
}


def fake_outcome(draws: int = 400, trials: int = 250, seed: int = 1, *, paths: bool = False,
                 scenario: dict | None = None) -> xr.Dataset:
    """Return an outcome with ``keep="trials"`` whose deal probability is Beta(8, 12) over draws."""
    rng = np.random.default_rng(seed)
    scenario = SCENARIO if scenario is None else scenario
    horizon = scenario["horizon_days"]
    issues, parties = list(scenario.get("issues") or {}), list(scenario["parties"])
    shape = (draws, trials)
    p_deal = rng.beta(8, 12, draws)
    weights = np.stack([.75 * p_deal, .25 * p_deal, .4 * (1 - p_deal), .15 * (1 - p_deal),
                        .1 * (1 - p_deal), .35 * (1 - p_deal)], axis=1)
    u = rng.random(shape)
    ending = (u[:, :, None] > np.cumsum(weights, axis=1)[:, None, :]).sum(axis=2).clip(0, 5).astype(np.int8)
    day = np.minimum(rng.lognormal(3.5, .6, shape), horizon).astype(np.int16)
    ending[(day >= horizon) & (ending < 5)] = 5
    day[ending == 4] = np.minimum(58, horizon)
    day[ending == 5] = horizon
    pace = rng.normal(size=shape)
    p_held = 1 / (1 + np.exp(-rng.normal(.8, .25, draws)[:, None] - .3 * pace))
    status = np.where(rng.random(shape) < p_held, 0, np.where(rng.random(shape) < .8, 1, 2)).astype(np.int8)
    slip = np.maximum(1, rng.lognormal(2.2 + .3 * pace, .8)).astype(np.int16)
    held_day = np.where(status == 0, 0, slip).astype(np.int16)
    held_day[held_day > day] = -1
    mode = np.where(rng.random(shape) < .7, 0, rng.choice([1, 3, 4, 5], shape)).astype(np.int8)
    mode[held_day < 0] = -1
    closed = ending <= 1
    zopa = (closed | (rng.random(shape) < .8)).astype(np.int8)
    settlement = np.full((*shape, len(issues)), np.nan, np.float32)
    for i in range(len(issues)):
        x = (rng.normal(11.5 - 5 * i, .5, draws)[:, None] + rng.normal(0, 1.5, shape)).clip(0, 20)
        settlement[:, :, i] = np.where(closed, x, np.nan)
    n_disruptions = rng.poisson(.25, (*shape, len(KINDS))).astype(np.int16)
    first = np.where(n_disruptions.sum(axis=2) > 0, rng.integers(0, horizon, shape), -1).astype(np.int16)
    rounds = (1 + rng.poisson(day / 20)).astype(np.int16)
    t = ("draw", "trial")
    ds = xr.Dataset(
        {"ending": (t, ending), "end_day": (t, day), "attempts": (t, rounds + (status > 0)),
         "rounds_held": (t, rounds), "effort": (t, (rounds * .9).astype(np.float32)), "zopa": (t, zopa),
         "next_round_status": (t, status), "next_round_day": (t, held_day), "next_round_mode": (t, mode),
         "next_round_on_time": (t, (held_day == 0).astype(np.int8)),
         "next_round_cause": (t, np.where(status > 0, rng.choice([1, 2, 3], shape), 0).astype(np.int8)),
         "settlement": ((*t, "issue"), settlement),
         "issue_closed": ((*t, "issue"), np.isfinite(settlement).astype(np.int8)),
         "absent": ((*t, "party"), rng.poisson(.4, (*shape, len(parties))).astype(np.int16)),
         "n_disruptions": ((*t, "kind"), n_disruptions), "first_disruption_day": (t, first),
         "zopa_p_talks": ("draw", rng.beta(30, 1, draws)), "zopa_p_beliefs": ((), .41 if issues else np.nan),
         "zopa_p_used": ("draw", rng.beta(40, 12, draws))},
        coords={"draw": np.arange(draws), "trial": np.arange(trials), "party": parties, "issue": issues,
                "kind": list(KINDS)},
        attrs={"scenario": json.dumps(scenario), "seed": seed, "draws": draws, "trials": trials,
               "posterior_hash": "abc123", "posterior_kind": "prior", "versions": json.dumps({"forecast": "0"})},
    )
    ds["attempts"] = ds["attempts"].astype(np.int16)
    if not issues:
        ds = ds.drop_vars(["settlement", "issue_closed", "issue"])
    systems = list(scenario.get("systems") or {})
    if systems:
        down = np.where(rng.random((*shape, len(systems))) < .3, rng.exponential(2, (*shape, len(systems))), 0)
        ds = ds.assign(downtime_days=((*t, "system"), down.astype(np.float32))).assign_coords(system=systems)
    if paths:
        ds = ds.assign(_paths(rng, ds, horizon))
    return annotate(ds)


def _paths(rng: np.random.Generator, ds: xr.Dataset, horizon: int, most: int = 24, events: int = 16) -> dict:
    """Attempt and event lists consistent with the endings (the first attempt is on day 0)."""
    shape = ds["ending"].shape
    gaps = np.maximum(1, rng.lognormal(2.6, .6, (*shape, most))).astype(int)
    planned = np.cumsum(gaps, axis=2) - gaps[:, :, :1]
    end = ds["end_day"].values[:, :, None]
    alive = planned <= end
    status = rng.choice([0, 1, 2], (*shape, most), p=[.75, .2, .05])
    status[:, :, 0] = ds["next_round_status"].values.clip(0, 2)
    effort = np.cumsum(np.where(status == 0, .9, 0), axis=2)
    hazard = (effort / 6) ** 1.3
    mode = np.where(rng.random((*shape, most)) < .7, 0, 4)
    eday = np.sort(rng.integers(0, horizon, (*shape, events)), axis=2)
    there = np.arange(events) < ds["n_disruptions"].values.sum(axis=2)[:, :, None]
    d, e = ("draw", "trial", "attempt"), ("draw", "trial", "event")

    def whole(x: np.ndarray, keep: np.ndarray, dtype: str) -> np.ndarray:
        return np.where(keep, x, -1).astype(dtype)

    def real(x: np.ndarray, keep: np.ndarray) -> np.ndarray:
        return np.where(keep, x, np.nan).astype("float32")

    return {
        "attempt_day": (d, whole(planned, alive, "int16")),
        "attempt_end_day": (d, whole(np.minimum(planned + (status == 0), end), alive, "int16")),
        "attempt_status": (d, whole(status, alive, "int8")), "attempt_mode": (d, whole(mode, alive, "int8")),
        "start_hazard": (d[:2], np.full(shape, 0.2, np.float32)),
        "start_effort": (d[:2], np.full(shape, 1.5, np.float32)), "start_tension": ((), np.float32(0.7)),
        "attempt_tension": (d, real(rng.gamma(1, .5, (*shape, most)), alive)),
        "attempt_effort": (d, real(effort, alive)), "attempt_hazard": (d, real(hazard, alive)),
        "event_day": (e, whole(eday, there, "int16")),
        "event_kind": (e, whole(rng.integers(0, len(KINDS), (*shape, events)), there, "int8")),
        "event_severity": (e, whole(rng.integers(1, 4, (*shape, events)), there, "int8")),
        "event_recovery_days": (e, real(rng.lognormal(2, 1, (*shape, events)), there)),
    }


def reduced(ds: xr.Dataset) -> xr.Dataset:
    """Count an outcome with ``keep="trials"`` trial by trial, slowly and plainly."""
    horizon = json.loads(ds.attrs["scenario"])["horizon_days"]
    draws, trials = ds["ending"].shape

    def count(name: str, size: int) -> np.ndarray:
        out = np.zeros((draws, size), np.int32)
        for d in range(draws):
            for value in ds[name].values[d]:
                if value >= 0:
                    out[d, value] += 1
        return out

    end_day = np.zeros((draws, len(ENDINGS), horizon + 1), np.int32)
    for d in range(draws):
        for e, day in zip(ds["ending"].values[d], ds["end_day"].values[d], strict=True):
            end_day[d, e, day] += 1
    edges, counts = [], []
    for i in range(ds.sizes.get("issue", 0)):
        x = ds["settlement"].values[:, :, i]
        edge = np.linspace(float(np.nanmin(x)), float(np.nanmax(x)), 401)
        edges.append(edge.astype(np.float64))
        counts.append([np.histogram(row[np.isfinite(row)], edge)[0] for row in x])
    variables = {
        "ending_count": (("draw", "ending"), count("ending", len(ENDINGS))),
        "end_day_count": (("draw", "ending", "day"), end_day),
        "next_status_count": (("draw", "status"), count("next_round_status", len(STATUS))),
        "next_day_count": (("draw", "day"), count("next_round_day", horizon + 1)),
        "next_mode_count": (("draw", "mode"), count("next_round_mode", len(MODES))),
        "next_cause_count": (("draw", "cause"), count("next_round_cause", len(CAUSES))),
        "on_time_count": ("draw", (ds["next_round_on_time"].values == 1).sum(axis=1).astype(np.int32)),
        "zopa_count": ("draw", (ds["zopa"].values == 1).sum(axis=1).astype(np.int32)),
        "absent_count": (("draw", "party"), (ds["absent"].values > 0).sum(axis=1).astype(np.int32)),
        "disrupted_count": (("draw", "kind"), (ds["n_disruptions"].values > 0).sum(axis=1).astype(np.int32)),
        "disruption_sum": (("draw", "kind"), ds["n_disruptions"].values.sum(axis=1).astype(np.int64)),
        "attempts_sum": ("draw", ds["attempts"].values.sum(axis=1).astype(np.int64)),
        "rounds_held_sum": ("draw", ds["rounds_held"].values.sum(axis=1).astype(np.int64)),
        **{name: ds[name] for name in ("zopa_p_talks", "zopa_p_beliefs", "zopa_p_used")},
    }
    coords = {"draw": ds["draw"].values, "ending": list(ENDINGS), "mode": list(MODES), "status": list(STATUS),
              "cause": list(CAUSES), "day": np.arange(horizon + 1), "party": ds["party"].values,
              "kind": ds["kind"].values}
    if "downtime_days" in ds:
        days = ds["downtime_days"].values.astype(float)
        variables["down_count"] = (("draw", "system"), (days > 0).sum(axis=1).astype(np.int32))
        variables["downtime_sum"] = (("draw", "system"), days.sum(axis=1))
        variables["downtime_square_sum"] = (("draw", "system"), (days**2).sum(axis=1))
        coords["system"] = ds["system"].values
    if edges:
        variables["settlement_count"] = (("draw", "issue", "bin"),
                                         np.array(counts, np.int32).transpose(1, 0, 2))
        variables["settlement_edge"] = (("issue", "edge"), np.array(edges))
        coords["issue"] = ds["issue"].values
    return annotate(xr.Dataset(variables, coords=coords, attrs={**ds.attrs, "trials_per_draw": trials}))
