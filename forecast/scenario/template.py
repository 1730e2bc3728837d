"""A file to start a scenario from: three lines that count, the rest commented out with its meaning."""

from __future__ import annotations

import datetime as dt
import re

from forecast.errors import Problem, ScenarioError
from forecast.scenario.model import SCHEMA_VERSION
from forecast.scenario.parties import slug
from forecast.scenario.parts import ID_PATTERN
from forecast.scenario.problems import nearest, shown
from forecast.vocabulary import TABLE_DOMAINS

# Prose starts with "#" and one blank. All other lines that start with "#" are fields: without the "#" they are
# valid as they stand (a test does it).
_TEMPLATE = """\
# {name}: a scenario of negotiation-forecast.
# Three lines are required. The others show what can be added: take away the "#" in front of a line (and of
# the indented ones below it) and put in your own facts. `forecast check FILE` says what is wrong,
# `forecast check FILE --resolve` shows what is made of it, `forecast run FILE` makes the forecast.

parties: [Party A, Party B]      # who talks: names, or a mapping with details as shown below
as_of: {as_of}                # the day of the forecast; nothing later is known
domain: {domain:<24} # {domains}

#schema: {schema}
#name: {name}
#title: Party A - Party B, talks about something
#horizon_days: 180                # how far to look ahead
#pandemic: false                  # is travel restricted by a pandemic?
#mediator: {{names: [Third Party], type: state}}      # state, igo, ngo, individual, mixed; none = direct talks
#deadline: {{date: {deadline}, binding: soft}}       # soft: talks may run past it; hard: they end there

# The next attempt to hold a round. Modes: in_person, proximity, shuttle, hybrid, remote, correspondence.
#next_round:
#  planned: {planned}
#  venue: Geneva
#  mode: in_person                # drawn from past talks when left out
#  fallback: [proximity, remote]  # hold it in one of these rather than lose it, best first
#  sticky: false                  # stay in the mode fallen back to?

# Parties with details: take away the short list above, and give ids (a-z, 0-9, _) and what is known.
#parties:
#  party_a:
#    name: Party A
#    principal: Minister X          # who should come in person
#    present: unknown               # true, false: is the principal reported to attend the next attempt?
#    without_principal: delegate    # delegate, remote (joins by video), stay_away
#    delegate_authority: 0.5        # share of the principal's authority, a number or a belief
#    veto: true                     # can it alone keep the talks from closing?
#  party_b: {{name: Party B}}

# Issues measured by numbers. A belief is a number or one of {{normal: {{mean: 12, sd: 3}}}},
# {{lognormal: {{median: 10, gsd: 1.5}}}}, {{beta: {{a: 4, b: 3}}}}, {{triangular: {{low: 5, mode: 8, high: 12}}}},
# {{quantiles: {{0.1: 6, 0.5: 9, 0.9: 14}}}}.
#issues:
#  price:
#    name: Price
#    unit: million USD
#    core: true                   # do the talks close only when this issue can?
#    difficulty: 1.0              # effort it takes, relative to the hardest core issue
#    opening: {{party_a: 20, party_b: 5}}                  # first positions tabled
#    reservation: {{party_a: {{normal: {{mean: 11, sd: 3}}}}, party_b: {{normal: {{mean: 13, sd: 3}}}}}}   # last ones
#    wants: {{party_a: more, party_b: less}}               # inferred: the higher opening wants more
#    kappa: {{party_a: {{lognormal: {{median: 1, gsd: 2}}}}}}  # how late it concedes; from past talks when left out
#    tactic: {{party_a: {{family: exponential, k: 0.1}}}}      # polynomial with k: 0 when left out
#    correlation: 0.0             # of the beliefs about the two sides
#  inspectors:
#    kind: yes_no                 # numeric (default), share (0 to 1), yes_no
#    opening: {{party_a: yes, party_b: no}}
#    reservation: {{party_a: 0.3, party_b: 0.6}}  # probability that the party accepts the other answer in the end
#beliefs_weight: 0.5               # weight of these beliefs against talks like these

# Kinds: escalation, walkout_leak, political, exogenous, novel, and your own with its whole law.
#disruptions:
#  kinds:
#    escalation: {{rate_multiplier: 2.0}}
#    strike_wave:
#      name: Strike wave
#      rate_per_attempt: 0.1
#      severity: [0.6, 0.3, 0.1]  # probabilities of 1 noted, 2 delays the talks, 3 stops or nearly stops them
#      recovery: {{zero: 0.5, median_days: 14, gsd: 2}}
#  active_now:
#    - {{kind: escalation, severity: 2, since: {as_of}, note: what is going on}}
#  excitation: {{branching: 0.3, decay_days: 7}}  # escalations that set off others; off when left out

# Technical systems the talks need. Known ones have defaults for everything: secure_channel, video_bridge,
# interpretation, credentials, document_sharing, satellite_link. Failures can be injected on stated days:
# certificate_expiry, denial_of_service, intrusion, rate_limit, link_drop, or your own.
#systems:
#  secure_channel: {{}}
#  video_bridge: {{slo: 0.99}}      # objective: least share of planned rounds that it does not keep from being on time
#  interpretation: {{load: 1.5}}    # times the usual rate of failure
#  credentials: {{needed: false}}   # left out
#  courier:
#    name: Courier
#    mtbf_days: 60
#    repair_hours: 48
#    modes: [correspondence]
#    spares: 1
#    failover_hours: 12
#    common_cause: 0.1            # share of failures that take the spares down too
#    sanctions_coupling: 0.2      # probability that a political event of severity 2 or 3 takes it down
#mode_switch_delay_days: 1        # days that holding a round in another mode costs
#injections:
#  - {{date: {planned}, preset: intrusion, hours: 12, note: what is to be rehearsed}}
#  - {{date: {planned}, system: courier, mean_hours: 24, delay_days: 2, severity: 1}}

# Stages, with a go or no-go between them; the last is where the talks can close unless you say so.
#stages:
#  - {{name: experts, title: Experts, rounds: 2, go: 0.7, delay_days: 14, can_close: false}}
#  - {{name: ministers, rounds: 1, go: {{beta: {{a: 4, b: 3}}}}, back: experts, effort: 1.2}}
#  - {{name: leaders, effort: 2, break_off: 0.3, loss: -0.2}}
#stage: experts                   # where the talks are now
#stage_rounds: 1                  # rounds held in it

# After a deal: votes that can stop it, and a phase in which it is put into practice.
#ratification:
#  - {{party: party_a, veto: {{beta: {{a: 2, b: 8}}}}, then: end, days: 30}}    # veto: probability that the vote fails
#implementation:
#  horizon_days: 365
#  tranches: [{{name: first, share: 0.5, days: 60}}, {{name: second, share: 0.5, days: 180}}]
#  verifier: {{false_positive: 0.05, false_negative: 0.1}}
#  breach: {{party_b: 0.2}}         # times a year that the terms are broken
#  on_alarm: suspend              # suspend, end, continue

# Log-odds on top of what past talks say; a reason is required.
#adjust: {{closing: 0.2, break_off: 0.0, loss: 0.0, rationale: why these talks differ}}

# What has happened, complete up to as_of. `date` is the day it was known.
#history:
#  - {{date: {lost}, type: attempt, status: postponed, planned: {lost}, mode: in_person}}
#  - {{date: {held}, type: attempt, status: held, start: {held}, end: {held}, mode: in_person, absent: [party_b]}}
#  - {{date: {held}, type: disruption, kind: political, severity: 2, note: what it was}}
#  - {{date: {held}, type: offer, issue: price, party: party_a, value: 18}}
#  - {{date: {held}, type: plan, planned: {planned}, mode: in_person, venue: Geneva}}
#  - {{date: {held}, type: deadline, deadline: {deadline}}}
#  - {{date: {held}, type: attendance, party: party_a, present: true}}

#sources:
#  - https://example.org/where-the-facts-are-from
#posterior: auto                   # auto, full, prior, or the path of a posterior file
"""


def new_scenario_text(name: str, domain: str = "other", *, as_of: dt.date | None = None) -> str:
    """Return the text of a new scenario file.

    Parameters
    ----------
    name : str
        Its short name: a to z, 0 to 9 and _, starting with a letter.
    domain : str, optional
        One of the table's domains.
    as_of : datetime.date, optional
        The day of the forecast; today when left out.

    Returns
    -------
    str
        Valid as it stands; every other key is there, commented out.

    Raises
    ------
    ScenarioError
        If the name is no id or the domain unknown.

    Examples
    --------
    >>> text = new_scenario_text("tariffs", "trade", as_of=dt.date(2026, 6, 19))
    >>> [line.split("#")[0].strip() for line in text.splitlines() if line and line[0] != "#"]
    ['parties: [Party A, Party B]', 'as_of: 2026-06-19', 'domain: trade']
    """
    problems = []
    if not isinstance(name, str) or not re.fullmatch(ID_PATTERN, name) or len(name) > 60:
        made = slug(name)[:60] if isinstance(name, str) else ""
        problems.append(Problem("name", shown(name), "an id: a to z, 0 to 9 and _, starting with a letter",
                                f"use {made}" if made[:1].isalpha() else ""))
    if domain not in TABLE_DOMAINS:
        problems.append(Problem("domain", shown(domain), f"one of {', '.join(TABLE_DOMAINS)}",
                                nearest(domain, TABLE_DOMAINS)))
    if problems:
        raise ScenarioError(problems, "new scenario")
    day = dt.date.today() if as_of is None else as_of
    return _TEMPLATE.format(
        name=name, domain=domain, as_of=day, schema=SCHEMA_VERSION, domains=", ".join(TABLE_DOMAINS),
        planned=day + dt.timedelta(days=14), deadline=day + dt.timedelta(days=60),
        held=day - dt.timedelta(days=20), lost=day - dt.timedelta(days=40))
