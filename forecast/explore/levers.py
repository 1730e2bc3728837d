"""What the panel can move: controls made from a scenario, and the settings that their positions mean.

Nothing here knows widgets. A control that stands where it started sets nothing, so that an untouched panel is the
scenario itself, to the last bit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from forecast.summary.text import date_words
from forecast.vocabulary import KIND_LABELS, MODE_LOOKS, MODES

if TYPE_CHECKING:
    from forecast.scenario import Scenario
    from forecast.scenario.beliefs import Belief

COMES, ROUND, FRAME, TROUBLE, JUDGEMENT = (
    "Who comes", "The next round", "Frame of the talks", "Disruptions", "Judgement")
#: Group -> who decides: somebody (levers) or nobody (uncertainties).
GROUPS: dict[str, str] = {
    COMES: "somebody can choose", ROUND: "somebody can choose", FRAME: "somebody can choose",
    TROUBLE: "nobody can choose", JUDGEMENT: "what you believe"}
MULTIPLIERS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0)
RATIONALE = "tried in the explorer"
#: Position of a control for a field that is left out; ``None`` would leave a widget without a choice.
NONE = "none"
MEDIATED = ("proximity", "shuttle")
#: Days ahead that the next round can be planned for.
_LONGEST_PLAN = 90
_MOST_SHIFTS = 6


@dataclass(frozen=True)
class Lever:
    """One control.

    Parameters
    ----------
    key : str
        Path of the field it sets.
    group : str
        A key of :data:`GROUPS`.
    label : str
        As written, not escaped.
    kind : {"choice", "steps", "number", "flag", "ladder"}
        A few options; many in order; a range; yes or no; modes in order of preference.
    start : object
        Where it stands for the scenario as it is.
    options : tuple of (label, value)
        Of a choice or of steps.
    low, high, step : float
        Of a number.
    hint : str
        One sentence for those who point at it.
    about : str
        Heading above it: what the label leaves out.
    """

    key: str
    group: str
    label: str
    kind: Literal["choice", "steps", "number", "flag", "ladder"]
    start: Any
    options: tuple[tuple[str, Any], ...] = ()
    low: float = 0.0
    high: float = 1.0
    step: float = 0.05
    hint: str = ""
    about: str = ""
    extra: Any = field(default=None, compare=False, repr=False)


def levers_of(scenario: Scenario) -> list[Lever]:
    """Return the controls for a resolved scenario, group by group.

    Parameters
    ----------
    scenario : Scenario
        Resolved.

    Returns
    -------
    list of Lever

    Examples
    --------
    >>> import forecast as fc
    >>> from forecast.scenario import resolve
    >>> made = {lever.key: lever for lever in levers_of(resolve(fc.load_scenario("us_iran_final_2026")))}
    >>> made["parties.iran.present"].start, made["deadline.date"].start
    (False, 58)
    """
    return [*_parties(scenario), *_next_round(scenario), *_frame(scenario), *_disruptions(scenario),
            *_judgement(scenario)]


def _told(scenario: Scenario, kind: str) -> bool:
    """Return whether the history has items of a type: what it says cannot be unsaid by leaving a field out."""
    return any(item.type == kind for item in scenario.history)


def _parties(scenario: Scenario) -> list[Lever]:
    out = []
    for key, party in scenario.parties.items():
        if party.principal is None:
            continue
        options = (("comes", True), ("stays away", False), ("not known", NONE))
        if _told(scenario, "attendance") and party.present is not None:
            options = options[:2]
        out.append(Lever(f"parties.{key}.present", COMES, "principal", "choice", _or_none(party.present), options,
                         hint="Is the principal reported to attend the next attempt?",
                         about=f"{party.name} ({party.principal})"))
        out.append(Lever(f"parties.{key}.without_principal", COMES, "or else", "choice",
                         party.without_principal, (("a delegate", "delegate"), ("by video", "remote"),
                                                   ("nobody comes", "stay_away")),
                         hint="What the party does when its principal is absent."))
        start = _middle(party.delegate_authority) if party.delegate_authority is not None else 0.0
        out.append(Lever(f"parties.{key}.delegate_authority", COMES, "its authority", "number", start,
                         hint="A delegate's share of the principal's authority, 0 to 1; moving it replaces the "
                              "stated belief."))
    return out


def _or_none(value: Any) -> Any:
    return NONE if value is None else value


def _middle(belief: Belief) -> float:
    """Return the median of a belief about a share, on the grid of the slider."""
    return round(float(belief.truncated(0.0, 1.0)[0].ppf(0.5)) * 20) / 20


def _day_words(scenario: Scenario, day: int) -> str:
    day_of, month, year = date_words(scenario.as_of + dt.timedelta(days=day)).split()
    return f"{day_of} {month[:3]}" + (f" {year}" if int(year) != scenario.as_of.year else "")


def _steps(scenario: Scenario, none: str, start: int | None, last: int, *, optional: bool) -> tuple:
    """Return day steps from as_of, with a word for none where it can be left out."""
    days = sorted({*range(last + 1), *([start] if start is not None else [])})
    return (*(((none, NONE),) if optional else ()), *((_day_words(scenario, day), day) for day in days))


def _next_round(scenario: Scenario) -> list[Lever]:
    stated = scenario.next_round
    start = scenario.day_of(stated.planned) if stated is not None else None
    last = min(scenario.horizon_days, _LONGEST_PLAN)
    modes = tuple((MODE_LOOKS[mode].label, mode) for mode in MODES)
    return [
        Lever("next_round.planned", ROUND, "planned for", "steps", _or_none(start),
              _steps(scenario, "not planned", start, last, optional=start is None or not _told(scenario, "plan")),
              hint="First day planned."),
        Lever("next_round.mode", ROUND, "mode", "choice", _or_none(stated.mode if stated is not None else None),
              (("as it falls", NONE), *modes), hint="Wished mode; proximity and shuttle need a mediator."),
        Lever("next_round.fallback", ROUND, "rather than lose it, hold it", "ladder",
              tuple(stated.fallback) if stated is not None else (), modes,
              hint="Other modes to hold the round in, in the order in which they are pressed."),
        Lever("next_round.sticky", ROUND, "then stay in that mode", "flag",
              bool(stated.sticky) if stated is not None else False),
    ]


def _frame(scenario: Scenario) -> list[Lever]:
    deadline = scenario.deadline
    start = scenario.day_of(deadline.date) if deadline is not None else None
    last = max(scenario.horizon_days, (start or 0) + 30)
    # A deadline that has passed stays where it is: its slider starts before day 0.
    return [
        Lever("deadline.date", FRAME, "deadline", "steps", _or_none(start),
              _steps(scenario, "no deadline", start, min(last, 730),
                     optional=start is None or not _told(scenario, "deadline"))),
        Lever("deadline.binding", FRAME, "binding", "choice", deadline.binding if deadline is not None else "soft",
              (("soft", "soft"), ("hard", "hard")), hint="Soft: talks may run on past it. Hard: they end there."),
        Lever("mediator", FRAME, "a mediator", "flag", scenario.mediator is not None),
        Lever("pandemic", FRAME, "travel restricted", "flag", scenario.pandemic),
        Lever("horizon_days", FRAME, "days ahead", "number", scenario.horizon_days, (), 30,
              max(365, scenario.horizon_days), 1, hint="How far to look; later endings count as still under way."),
    ]


def _disruptions(scenario: Scenario) -> list[Lever]:
    stated, out = scenario.disruptions, []
    for key, label in KIND_LABELS.items():
        start = stated.kinds[key].rate_multiplier if key in stated.kinds else 1.0
        values = sorted({*MULTIPLIERS, start})
        out.append(Lever(f"disruptions.kinds.{key}.rate_multiplier", TROUBLE, label, "steps", start,
                         tuple((f"{value:g} x" if value else "never", value) for value in values),
                         hint="Times the rate of past talks."))
    for key, kind in stated.kinds.items():
        if kind.rate_per_attempt is not None:
            out.append(Lever(f"disruptions.kinds.{key}.rate_per_attempt", TROUBLE, kind.name or key, "number",
                             kind.rate_per_attempt, (), 0.0, max(2.0, 3 * kind.rate_per_attempt), 0.05,
                             hint="Expected number between two attempts."))
    for i, event in enumerate(stated.active_now):
        what = event.note or KIND_LABELS.get(event.kind, event.kind)
        out.append(Lever(f"disruptions.active_now.{i}", TROUBLE, f"going on: {what}", "flag", True,
                         hint=f"{event.kind}, severity {event.severity}, since {event.since}"))
    return out


def _judgement(scenario: Scenario) -> list[Lever]:
    out = []
    for key, words in (("closing", "closing"), ("break_off", "breaking off"), ("loss", "losing a round")):
        start = float(getattr(scenario.adjust, key))
        reach = max(2.0, abs(start))
        out.append(Lever(f"adjust.{key}", JUDGEMENT, words, "number", start, (), -reach, reach, 0.1,
                         hint="Added to the calibrated log-odds; 0.7 about doubles the odds.",
                         about="Your corrections, log-odds" if key == "closing" else ""))
    if scenario.issues:
        out.append(Lever("beliefs_weight", JUDGEMENT, "their weight", "number", scenario.beliefs_weight,
                         about="Your beliefs about what is acceptable",
                         hint="0: talks like these decide whether a deal is possible at all; 1: your beliefs."))
        out += _shifts(scenario)[:_MOST_SHIFTS]
    return out


def _shifts(scenario: Scenario) -> list[Lever]:
    """Return controls that move what a party is believed to accept, for beliefs that can be moved."""
    out = []
    for issue_key, issue in scenario.issues.items():
        about = f"{issue.name}: would accept" + (f", {issue.unit}" if issue.unit else "")
        for party, belief in issue.reservation.items():
            if shifted(belief, 0.0) is None:
                continue
            low, high = (float(belief.ppf(q)) for q in (0.05, 0.95))
            reach = (high - low) or 0.2 * abs(high) or 1.0
            step = float(f"{reach / 20:.1g}")
            # At most half of a belief may lie beyond the opening.
            room = int((issue.opening[party] - float(belief.ppf(0.5))) / step)
            most = round(reach / step)
            low, high = ((-most, max(min(room, most), 0)) if issue.wants[party] == "more"
                         else (min(max(room, -most), 0), most))
            out.append(Lever(f"issues.{issue_key}.reservation.{party}", JUDGEMENT,
                             scenario.parties[party].name or party, "number", 0.0, (), low * step, high * step, step,
                             hint="Moves the belief about the last position it accepts.", about=about, extra=belief))
            about = ""
    return out


def shifted(belief: Belief, by: float) -> float | dict[str, Any] | None:
    """Return a belief moved by a distance, as a file holds it; None for kinds that only scale.

    Examples
    --------
    >>> from forecast.scenario.beliefs import Belief
    >>> shifted(Belief.parse({"normal": {"mean": 12, "sd": 3}}), -2.0)
    {'normal': {'mean': 10.0, 'sd': 3.0}}
    >>> shifted(Belief.parse({"beta": {"a": 2, "b": 3}}), 0.1) is None
    True
    """
    p = belief.params
    if belief.kind == "point":
        return p["value"] + by
    if belief.kind == "normal":
        return {"normal": {"mean": p["mean"] + by, "sd": p["sd"]}}
    if belief.kind == "triangular":
        return {"triangular": {name: value + by for name, value in p.items()}}
    if belief.kind == "quantiles":
        return {"quantiles": {repr(level): value + by for level, value in p.items()}}
    return None


def settings_of(scenario: Scenario, levers: list[Lever], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the paths and values that the positions of controls mean.

    Parameters
    ----------
    scenario : Scenario
        Resolved; what the controls were made from.
    levers : list of Lever
    values : mapping of str to object
        Key of a lever -> its position; those left out stand where they started.

    Returns
    -------
    dict
        For :meth:`Scenario.replace_all`; empty when nothing has moved.

    Examples
    --------
    >>> import forecast as fc
    >>> from forecast.scenario import resolve
    >>> talks = resolve(fc.load_scenario("us_iran_final_2026"))
    >>> settings_of(talks, levers_of(talks), {"parties.iran.present": True, "deadline.date": 58})
    {'parties.iran.present': True}
    >>> settings_of(talks, levers_of(talks), {"deadline.date": "none", "deadline.binding": "hard"})
    {'deadline': None}
    """
    moved = {lever.key: values[lever.key] for lever in levers
             if lever.key in values and not _same(values[lever.key], lever.start)}
    by_key = {lever.key: lever for lever in levers}
    out: dict[str, Any] = {}
    gone = set()
    for block, key in (("next_round", "next_round.planned"), ("deadline", "deadline.date")):
        day = values.get(key, by_key[key].start)
        if day == NONE:
            gone.add(block)
            if key in moved:
                out[block] = None
    active = {key for key in moved if key.startswith("disruptions.active_now.")}
    for key, value in moved.items():
        if key.split(".")[0] in gone or key in active:
            continue
        if key in ("next_round.planned", "deadline.date"):
            out[key] = (scenario.as_of + dt.timedelta(days=int(value))).isoformat()
        elif key == "next_round.fallback":
            out[key] = list(value)
        elif key == "mediator":
            out[key] = {"names": ["a mediator"], "type": "state"} if value else None
        elif key.startswith("issues."):
            out[key] = shifted(by_key[key].extra, float(value))
        elif key == "horizon_days":
            out[key] = int(value)
        elif isinstance(value, float):
            out[key] = round(value, 6)  # sliders add up steps
        elif value == NONE:
            out[key] = "unknown" if key.endswith(".present") else None
        else:
            out[key] = value
    if "next_round" not in gone:
        asked = ("next_round.mode", "next_round.fallback", "mediator")
        now = {key: values.get(key, by_key[key].start) for key in asked}
        ladder = now["next_round.fallback"]
        # A mode is no way out of itself, and mediated modes go with the mediator.
        left = [mode for mode in ladder if mode != now["next_round.mode"] and (now["mediator"] or mode not in MEDIATED)]
        if len(left) < len(ladder):
            out["next_round.fallback"] = left
    if active:
        out["disruptions.active_now"] = [
            event.model_dump(mode="json", by_alias=True, exclude_defaults=True)
            for i, event in enumerate(scenario.disruptions.active_now) if f"disruptions.active_now.{i}" not in active]
    if any(key.startswith("adjust.") for key in out) and not scenario.adjust.rationale:
        out["adjust.rationale"] = RATIONALE
    return out


def _same(value: Any, start: Any) -> bool:
    if isinstance(value, float) and isinstance(start, (int, float)) and not isinstance(start, bool):
        return abs(value - start) < 1e-9
    return tuple(value) == tuple(start) if isinstance(start, tuple) else value == start and type(value) is type(start)
