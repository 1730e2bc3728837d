"""Golden cases: small forecasts that are stored to the last whole number, and the script that stores them.

``python tests/engine/golden_cases.py --write`` writes them anew. A case that moves means that results changed for
everybody: say so in the changelog under "Results changed". The parameters are stored with the cases, so that a better
prior moves none of them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "golden"
if __name__ == "__main__":
    sys.path[:0] = [str(FOLDER.parents[2]), str(FOLDER.parents[1])]

import numpy as np  # noqa: E402
import xarray as xr  # noqa: E402
from engine.posteriors import day, held, issue, lost, normal, talks  # noqa: E402

ROWS, TRIALS, SEED = 2, 12, 20260619
#: Whole numbers, trial by trial; issues, parties, kinds after each other.
WHOLE = ("ending", "end_day", "attempts", "rounds_held", "zopa", "next_round_status", "next_round_day",
         "next_round_mode", "next_round_on_time", "next_round_cause", "issue_closed", "absent", "n_disruptions",
         "first_disruption_day")
#: Of scenarios that have such parts.
PARTS = {"systems": ("retreats", "system_trouble"), "stages": ("stage_reached",), "ratification": ("ratified",)}
NAMED = {"east": {"principal": "E"}, "west": {"principal": "W"}}
AWAY = {"principal": "E", "present": False}
MEDIATOR = {"names": ["M"], "type": "igo"}


def offer(party: str, when: int, value: float) -> dict[str, Any]:
    """Return an offer on the land."""
    return {"date": day(when), "type": "offer", "issue": "land", "party": party, "value": value}


STRIKE = {"name": "Strike", "rate_per_attempt": 0.8, "severity": [0.2, 0.3, 0.5],
          "recovery": {"zero": 0.4, "median_days": 12.0, "gsd": 2.0}}

#: Name -> top-level fields of a scenario.
CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "soft_deadline": {"deadline": {"date": day(45)}},
    "hard_deadline": {"deadline": {"date": day(30), "binding": "hard"}, "domain": "fiscal"},
    "habit_of_absence": {"parties": {**NAMED, "north": {"principal": "N", "without_principal": "remote"}},
                         "domain": "ceasefire"},
    "stays_away": {"parties": {"east": {**AWAY, "without_principal": "stay_away"}, "west": {}}, "mediator": MEDIATOR,
                   "next_round": {"planned": day(1), "mode": "in_person", "fallback": ["proximity", "remote"]}},
    "delegate": {"parties": {"east": {**AWAY, "delegate_authority": {"beta": {"a": 4, "b": 3}}}, "west": {}},
                 "next_round": {"planned": day(0)}, "domain": "nuclear_arms"},
    "pandemic": {"pandemic": True, "mediator": MEDIATOR, "domain": "trade",
                 "next_round": {"planned": day(9), "fallback": ["hybrid"], "sticky": True}},
    "home_mode": {"mediator": MEDIATOR, "next_round": {"planned": day(2)},
                  "history": [held(-50, mode="remote"), held(-20, mode="shuttle")]},
    "disrupted": {"disruptions": {"kinds": {"strike": STRIKE, "escalation": {"rate_multiplier": 3.0}}, "active_now": [
        {"kind": "strike", "severity": 3, "since": day(-3)}]}, "domain": "labour"},
    "adjusted": {"adjust": {"closing": 1.0, "break_off": -0.7, "loss": 0.8, "rationale": "to see it"}},
    "positions": {"issues": {"land": issue(normal(12, 3), normal(13, 3)), "money": issue(
        {"triangular": {"low": 6, "mode": 9, "high": 15}}, {"quantiles": {0.1: 8, 0.5: 11, 0.9: 16}}, core=False,
        difficulty=0.4, kappa={"east": 0.5})}},
    "silence": {"history": [held(-60, start=-62, mode="remote", absent=["east"]), lost(-25, "cancelled")],
                "parties": NAMED},
    "announced": {"history": [held(-40), held(-15, mode="in_person"), lost(-2), {
        "date": day(-1), "type": "plan", "planned": day(6)}, {
        "date": day(-5), "type": "disruption", "kind": "political", "severity": 3}],
        "issues": {"land": issue(normal(12, 3), normal(13, 3))}},
    "systems": {"systems": {"video_bridge": {"mtbf_days": 9}, "credentials": {"spares": 1}},
                "mode_switch_delay_days": 2,
                "next_round": {"planned": day(4), "mode": "remote", "fallback": ["hybrid", "in_person"]},
                "injections": [{"date": day(3), "system": "video_bridge", "hours": 60, "severity": 2}],
                "disruptions": {"excitation": {"branching": 0.4, "decay_days": 10}}},
    "stages": {"stages": [{"name": "experts", "rounds": 2, "go": {"beta": {"a": 6, "b": 3}}, "can_close": False},
                          {"name": "ministers", "back": "experts"}], "stage": "experts", "domain": "trade"},
    "offers": {"history": [held(-50), held(-20), offer("east", -49, 18), offer("west", -19, 7), offer("east", -19, 16)],
               "issues": {"land": issue(normal(12, 3), normal(13, 3))}},
    "votes": {"domain": "labour", "ratification": [
        {"party": "west", "veto": {"beta": {"a": 3, "b": 3}}, "then": "resume", "days": 6}]},
}


def posterior() -> xr.DataTree:
    """Return the stored parameters; what later versions added is taken from the expert prior's mean."""
    from engine.posteriors import fixed_posterior

    stored = json.loads((FOLDER / "posterior.json").read_text(encoding="utf-8"))
    return fixed_posterior(rows=ROWS, **{path.split(".")[1]: np.array(values) for path, values in stored.items()})


def play(fields: dict[str, Any]) -> dict[str, list[Any]]:
    """Simulate a case; return whole numbers by name, one list a trial; terms in hundred-thousandths of the way."""
    import forecast as fc

    outcome = fc.simulate(talks(**{"horizon_days": 240, **fields}), posterior(), draws=ROWS, trials=TRIALS, seed=SEED)
    cells = ROWS * TRIALS
    names = (*WHOLE, *(name for part, more in PARTS.items() if part in fields for name in more))
    found = {name: outcome[name].values.reshape(cells, -1).tolist() for name in names}
    terms = np.nan_to_num((outcome.settlement.values.reshape(cells, -1) - 5.0) / 15.0 * 1e5, nan=-1.0)
    found["settlement"] = np.round(terms).astype(int).tolist()
    # Without the lists around single numbers, for whoever reads the files.
    return {name: [row[0] if len(row) == 1 else row for row in rows] for name, rows in found.items()}


def stored(name: str) -> dict[str, list[Any]]:
    """Return what a case gave when it was stored."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def write() -> None:
    """Store all cases, and the parameters when there are none yet."""
    from forecast.posterior import expert_prior
    from forecast.posterior.layout import PARAMETERS

    FOLDER.mkdir(exist_ok=True)
    if not (FOLDER / "posterior.json").is_file():
        tree = expert_prior(ROWS)
        values = {path: tree[p.group][p.name].values.tolist() for path, p in PARAMETERS.items()}
        (FOLDER / "posterior.json").write_text(lines(values), encoding="utf-8")
    for name, fields in CASES.items():
        (FOLDER / f"{name}.json").write_text(lines(play(fields)), encoding="utf-8")


def lines(data: dict[str, Any]) -> str:
    """Return JSON with one line an entry."""
    rows = ",\n".join(f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in data.items())
    return f"{{\n{rows}\n}}\n"


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(__doc__)
    write()
