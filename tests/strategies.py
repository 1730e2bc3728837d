"""Hypothesis strategies: valid scenarios as plain data, over everything a file can hold.

``from strategies import scenarios``: the dictionaries are what ``Scenario.from_dict`` and the engine must
take without complaint.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from forecast.scenario.defaults import PRESETS, SYSTEMS, injection_defaults
from forecast.vocabulary import ENDINGS, KINDS, MODES, TABLE_DOMAINS

DIRECT = [mode for mode in MODES if mode not in ("proximity", "shuttle")]
ids = st.from_regex(r"[a-z][a-z0-9_]{0,11}", fullmatch=True)
words = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=20).filter(str.strip)
notes = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], include_characters="\n\t"), max_size=40)
probabilities = st.floats(0, 1)


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    """Return floats of ordinary size, without the denormal ones no analyst writes."""
    return st.floats(low, high, allow_subnormal=False).map(lambda x: x + 0.0)


def optional(draw: st.DrawFn, out: dict[str, Any], **fields: st.SearchStrategy[Any]) -> None:
    """Put some of the fields into `out`."""
    for key, strategy in fields.items():
        if draw(st.booleans()):
            out[key] = draw(strategy)


@st.composite
def beliefs(draw: st.DrawFn, low: float, high: float) -> Any:
    """Draw a belief with its whole support, or for the unbounded ones its bulk, between two numbers."""
    width = high - low
    at = st.floats(0.05, 0.95).map(lambda u: low + u * width)
    family = draw(st.sampled_from(["point", "normal", "triangular", "quantiles"]))
    if family == "point":
        return draw(at)
    if family == "normal":
        return {"normal": {"mean": draw(at), "sd": width * draw(st.floats(0.001, 0.3))}}
    if family == "triangular":
        return {"triangular": {"low": low, "mode": draw(at), "high": high}}
    a, b, c = (low + width * u for u in (0.3, 0.5, 0.7))
    return {"quantiles": {"0.1": a, "0.5": b, "0.9": c}}


@st.composite
def shares(draw: st.DrawFn) -> Any:
    """Draw a belief about a share."""
    inside = beliefs(0.0, 1.0).filter(lambda belief: not isinstance(belief, dict) or "normal" not in belief)
    return draw(st.one_of(probabilities, inside,
                          st.builds(lambda a, b: {"beta": {"a": a, "b": b}}, st.floats(0.5, 20), st.floats(0.5, 20))))


@st.composite
def issue(draw: st.DrawFn, parties: list[str]) -> dict[str, Any]:
    """Draw an issue of any kind between the first two parties, and perhaps others, some of them without a position."""
    kind = draw(st.sampled_from(["numeric", "numeric", "share", "yes_no"]))
    low = draw(numbers(-1e4, 1e4)) if kind == "numeric" else 0.0
    high = low + draw(numbers(0.01, 1e4)) if kind == "numeric" else 1.0
    high_party, low_party = draw(st.permutations(parties[:2]))
    ends, answers = {"more": high, "less": low}, {"more": "yes", "less": "no"}
    wants = {high_party: "more", low_party: "less"}
    for party in parties[2:]:
        side = draw(st.sampled_from(["more", "less", None]))
        wants |= {party: side} if side else {}
    out: dict[str, Any] = {
        "kind": kind, "wants": wants,
        "opening": {party: (answers if kind == "yes_no" else ends)[side] for party, side in wants.items()},
        "reservation": {party: draw(beliefs(low, high) if kind == "numeric" else shares()) for party in wants},
    }
    if kind == "share":  # at most half of a belief may lie beyond an opening: here nothing does
        out["opening"] = {party: float(side == "more") for party, side in wants.items()}
    if draw(st.booleans()):
        family = st.sampled_from(["polynomial", "exponential"])
        out["tactic"] = {party: {"family": draw(family), "k": draw(st.floats(0.001, 0.9))} for party in parties[:1]}
    optional(draw, out, unit=words, core=st.booleans(), difficulty=numbers(0.01, 100.0),
             correlation=st.floats(-0.9, 0.9),
             kappa=st.fixed_dictionaries({}, optional={
                 party: st.one_of(numbers(0.05, 5.0), st.just({"lognormal": {"median": 1.0, "gsd": 2.0}}))
                 for party in parties[:2]}))
    return out


@st.composite
def own_kind(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a kind of disruption of the scenario's own."""
    a, b = sorted((draw(probabilities), draw(probabilities)))
    return {"name": draw(words), "rate_per_attempt": draw(numbers(0.0, 5.0)), "severity": [a, b - a, 1.0 - b],
            "recovery": {"zero": draw(probabilities), "median_days": draw(numbers(0.1, 400.0)),
                         "gsd": draw(numbers(1.01, 10.0))}}


@st.composite
def systems(draw: st.DrawFn) -> dict[str, Any]:
    """Draw known systems, some with other parameters, and one of the scenario's own."""
    out: dict[str, Any] = {}
    for key in draw(st.lists(st.sampled_from(SYSTEMS), unique=True, max_size=4)):
        out[key] = {}
        optional(draw, out[key], needed=st.booleans(), mtbf_days=numbers(0.5, 1000.0), repair_hours=numbers(0.1, 500.0),
                 spares=st.integers(0, 3), failover_hours=numbers(0.0, 48.0), common_cause=probabilities,
                 sanctions_coupling=probabilities, load=numbers(0.1, 10.0), slo=st.floats(0.01, 0.999))
    if draw(st.booleans()):
        out["own_system"] = {"mtbf_days": draw(numbers(0.5, 100.0)), "repair_hours": draw(numbers(0.1, 100.0)),
                             "modes": draw(st.lists(st.sampled_from(MODES), unique=True, min_size=1))}
    return out


@st.composite
def injections(draw: st.DrawFn, as_of: dt.date, horizon: int, systems: dict[str, Any]) -> list[dict[str, Any]]:
    """Draw injected failures that only touch systems that are there."""
    needed = [key for key, system in systems.items() if system.get("needed", True)]
    out = []
    for _ in range(draw(st.integers(0, 3))):
        one: dict[str, Any] = {"date": as_of + dt.timedelta(days=draw(st.integers(0, horizon)))}
        presets = [preset for preset in PRESETS if injection_defaults(preset)["system"] in needed]
        if presets and draw(st.booleans()):
            one["preset"] = draw(st.sampled_from(presets))
        elif needed and draw(st.booleans()):
            one["system"] = draw(st.sampled_from(needed))
            optional(draw, one, hours=numbers(0.0, 2000.0))
        else:
            one["delay_days"] = draw(st.integers(1, 60))
        optional(draw, one, severity=st.integers(1, 3), note=notes)
        out.append(one)
    return out


@st.composite
def stages(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw one to four stages."""
    names = draw(st.lists(ids, unique=True, min_size=1, max_size=4))
    out = []
    for i, name in enumerate(names):
        stage: dict[str, Any] = {"name": name}
        optional(draw, stage, rounds=st.integers(1, 4), effort=numbers(0.1, 5.0), break_off=numbers(-2, 2),
                 loss=numbers(-2, 2), title=words)
        if i < len(names) - 1:
            stage["go"] = draw(shares())
            optional(draw, stage, back=st.sampled_from(names[: i + 1]), delay_days=st.integers(0, 90),
                     can_close=st.booleans())
        out.append(stage)
    return out


@st.composite
def items(draw: st.DrawFn, as_of: dt.date, parties: list[str], issues: list[str], kinds: list[str]) -> dict[str, Any]:
    """Draw one item of a history."""
    known = as_of - dt.timedelta(days=draw(st.integers(0, 700)))
    kind = draw(st.sampled_from(["attempt", "disruption", "plan", "deadline", "attendance", *["offer"][:len(issues)]]))
    later = known + dt.timedelta(days=draw(st.integers(0, 100)))
    out: dict[str, Any] = {"date": known, "type": kind}
    if kind == "attempt":
        out["status"] = draw(st.sampled_from(["held", "postponed", "cancelled"]))
        optional(draw, out, mode=st.sampled_from(MODES), planned=st.just(known),
                 absent=st.lists(st.sampled_from(parties), unique=True))
        if out["status"] == "held":
            out["start"] = known - dt.timedelta(days=draw(st.integers(0, 20)))
            optional(draw, out, end=st.dates(out["start"], known))
    elif kind == "disruption":
        out |= {"kind": draw(st.sampled_from(kinds)), "severity": draw(st.integers(1, 3))}
    elif kind == "plan":
        out["planned"] = later
        optional(draw, out, mode=st.sampled_from(DIRECT), venue=words)
    elif kind == "deadline":
        out["deadline"] = later
    elif kind == "attendance":
        out |= {"party": draw(st.sampled_from(parties)), "present": draw(st.sampled_from([True, False, "unknown"]))}
    else:
        out |= {"issue": draw(st.sampled_from(issues)), "party": draw(st.sampled_from(parties[:2])),
                "value": draw(numbers(-1e5, 1e5))}
    optional(draw, out, note=notes, source=words)
    return out


@st.composite
def aftermath(draw: st.DrawFn, parties: list[str]) -> dict[str, Any]:
    """Draw what comes after a deal: votes, an implementation, both or neither."""
    out: dict[str, Any] = {}
    waits = st.one_of(numbers(0.0, 200.0), st.just({"lognormal": {"median": 10.0, "gsd": 2.0}}))
    votes = [{"party": draw(st.sampled_from(parties)), "veto": draw(shares()), "days": draw(waits),
              "then": draw(st.sampled_from(["resume", "end"]))} for _ in range(draw(st.integers(0, 3)))]
    if votes:
        out["ratification"] = votes
    if draw(st.booleans()):
        last = draw(st.integers(1, 900))
        names = draw(st.lists(words, min_size=1, max_size=4, unique=True))
        part = draw(numbers(0.01, 1.0)) / len(names)
        phase = {"horizon_days": last, "tranches": [
            {"name": name, "share": part, "days": draw(numbers(0.0, float(last)))} for name in names]}
        optional(draw, phase, on_alarm=st.sampled_from(["suspend", "end", "continue"]),
                 verifier=st.fixed_dictionaries({}, optional={"false_positive": shares(), "false_negative": shares()}),
                 breach=st.dictionaries(st.sampled_from(parties), st.one_of(
                     numbers(0.0, 5.0), st.just({"lognormal": {"median": 0.2, "gsd": 2.0}}))))
        out["implementation"] = phase
    return out


@st.composite
def scenarios(draw: st.DrawFn, *, most_parties: int = 4, ended: bool = False) -> dict[str, Any]:
    """Draw a valid scenario as plain data, dates as dates.

    Parameters
    ----------
    most_parties : int
        Issues are always between two of them.
    ended : bool
        Allow histories that hold the end of the talks.
    """
    as_of = draw(st.dates(dt.date(1950, 1, 1), dt.date(2090, 12, 31)))
    parties = draw(st.lists(ids, min_size=2, max_size=most_parties, unique=True))
    names = draw(st.lists(words, min_size=len(parties), max_size=len(parties), unique=True))
    out: dict[str, Any] = {"as_of": as_of, "domain": draw(st.sampled_from(sorted(TABLE_DOMAINS))), "parties": {}}
    for key, name in zip(parties, names, strict=True):
        out["parties"][key] = party = {"name": name}
        optional(draw, party, principal=words, present=st.sampled_from([True, False, "unknown"]),
                 without_principal=st.sampled_from(["delegate", "remote", "stay_away"]), delegate_authority=shares())
    if draw(st.booleans()):
        # One veto stays, as a scenario must have it.
        for key in parties[1:]:
            out["parties"][key]["veto"] = draw(st.booleans())
    optional(draw, out, name=ids, title=words, horizon_days=st.integers(1, 720), pandemic=st.booleans(),
             beliefs_weight=probabilities, posterior=st.sampled_from(["auto", "full", "prior"]),
             sources=st.lists(words, max_size=3), schema=st.just(1))
    if draw(st.booleans()):
        out["mediator"] = {"names": draw(st.lists(words, min_size=1, max_size=3)),
                           "type": draw(st.sampled_from(["state", "igo", "ngo", "individual", "mixed"]))}
    modes = list(MODES) if "mediator" in out else DIRECT
    if draw(st.booleans()):
        days = draw(st.integers(-100, 400))
        out["deadline"] = {"date": as_of + dt.timedelta(days=days),
                           "binding": draw(st.sampled_from(["soft", "hard"] if days >= 0 else ["soft"]))}
    if draw(st.booleans()):
        out["next_round"] = plan = {"planned": as_of + dt.timedelta(days=draw(st.integers(0, 200)))}
        optional(draw, plan, venue=words, mode=st.sampled_from(modes))
        fallback = draw(st.lists(st.sampled_from([m for m in modes if m != plan.get("mode")]), unique=True, max_size=3))
        if fallback:
            plan |= {"fallback": fallback, "sticky": draw(st.booleans())}
    issue_ids = draw(st.lists(ids, max_size=3, unique=True))
    if issue_ids:
        out["issues"] = {key: draw(issue(parties)) for key in issue_ids}
        out["issues"][issue_ids[0]]["core"] = True
    own = draw(st.lists(ids.filter(lambda key: key not in KINDS), max_size=2, unique=True))
    kinds = {key: draw(own_kind()) for key in own}
    kinds |= {key: {"rate_multiplier": draw(numbers(0.0, 10.0))} for key in KINDS if draw(st.booleans())}
    known = [*KINDS, *own]
    active = [{"kind": draw(st.sampled_from(known)), "severity": draw(st.integers(1, 3)),
               "since": as_of - dt.timedelta(days=draw(st.integers(0, 90)))} for _ in range(draw(st.integers(0, 2)))]
    if kinds or active:
        out["disruptions"] = {"kinds": kinds, "active_now": active}
        if draw(st.booleans()):
            out["disruptions"]["excitation"] = {"branching": draw(st.floats(0.0, 0.7)),
                                                "decay_days": draw(numbers(0.1, 60.0))}
    if draw(st.booleans()):
        out["systems"] = draw(systems())
        optional(draw, out, mode_switch_delay_days=st.integers(0, 10))
    failures = draw(injections(as_of, out.get("horizon_days", 180), out.get("systems", {})))
    if failures:
        out["injections"] = failures
    if draw(st.integers(0, 3)) == 0:
        out["stages"] = draw(stages())
        if draw(st.booleans()):
            out["stage"] = draw(st.sampled_from([stage["name"] for stage in out["stages"]]))
    if draw(st.booleans()):
        out["adjust"] = {"closing": draw(numbers(-2, 2)), "break_off": draw(numbers(-2, 2)),
                         "loss": draw(numbers(-2, 2)), "rationale": "these talks differ"}
    if draw(st.booleans()):
        out |= draw(aftermath(parties))
    history = draw(st.lists(items(as_of, parties, issue_ids, known), max_size=6))
    if ended and draw(st.booleans()):
        history.append({"date": as_of, "type": "end", "ending": draw(st.sampled_from(ENDINGS[:5]))})
    if history:
        out["history"] = history
    return out


#: What no field of a scenario takes, for mutations.
JUNK = (None, "", "junk", -1.0e9, float("nan"), float("inf"), [], [[]], {}, {"junk": 1}, "2026-02-30", 10**400,
        dt.date(1492, 10, 12), b"bytes", object())


@st.composite
def mutilated(draw: st.DrawFn) -> dict[str, Any]:
    """Draw scenario data with one to three entries at random depth lost, renamed, doubled or replaced by junk.

    Some of these are still valid, as when an optional field is lost.
    """
    data = draw(scenarios(ended=True))
    for _ in range(draw(st.integers(1, 3))):
        place: Any = data
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(place[key], (dict, list)) and place[key] and draw(st.booleans()):
                place = place[key]
                continue
            action = draw(st.sampled_from(["lose", "rename", "junk", "junk"]))
            if action == "junk":
                place[key] = draw(st.sampled_from(JUNK))
            elif action == "lose" or isinstance(place, list):
                del place[key]
            else:
                place[draw(st.one_of(words, st.integers(), st.none()))] = place.pop(key)
            break
    return data
