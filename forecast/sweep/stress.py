"""Take one thing away at a time: which of them do the talks hang on?"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.errors import Problem, ScenarioError
from forecast.sweep.compare import compare_many
from forecast.sweep.comparison import Comparison
from forecast.posterior.load import as_posterior
from forecast.sweep.inputs import as_scenario, check_numbers
from forecast.vocabulary import MODE_LOOKS

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from rich.console import Console, ConsoleOptions, RenderResult

    from forecast.scenario import Scenario

KINDS = ("principal", "substitute", "mediator", "mode", "fallback", "system", "spare")


@dataclass(frozen=True)
class Removal:
    """One thing that can be taken away.

    Parameters
    ----------
    key : str
        Such as ``principal.iran``.
    kind : str
        One of :data:`KINDS`.
    label : str
        What is taken away, in words.
    what : str
        What that means in the scenario.
    changes : dict
        Paths and values that take it away.
    """

    key: str
    kind: str
    label: str
    what: str
    changes: dict[str, Any]


@dataclass(frozen=True)
class StressRow:
    """What one removal does.

    Parameters
    ----------
    removal : Removal
    comparison : Comparison
        Without it, compared with the scenario as stated.
    """

    removal: Removal
    comparison: Comparison

    @property
    def label(self) -> str:
        """What is removed, in words."""
        return self.removal.label

    @property
    def what(self) -> str:
        """What the removal means."""
        return self.removal.what


@dataclass(frozen=True, eq=False, repr=False)
class Stress:
    """Single points of failure of a scenario; made by :func:`forecast.stress`.

    Parameters
    ----------
    scenario : Scenario
        Resolved.
    rows : list of StressRow
        In the order of :data:`KINDS`.
    left_out : dict of str to str
        What could not be removed -> why.
    seed, draws, trials : int
    """

    scenario: Scenario
    rows: list[StressRow]
    left_out: dict[str, str]
    seed: int
    draws: int
    trials: int

    def __getitem__(self, key: str) -> Comparison:
        for row in self.rows:
            if row.removal.key == key:
                return row.comparison
        raise KeyError(key)

    def __iter__(self) -> Iterator[StressRow]:
        return iter(self.rows)

    @property
    def key(self) -> str:
        """The number rows are ranked by: held as planned, or held at all where nothing is planned."""
        planned = all("next_round.on_time" in row.comparison.rows for row in self.rows)
        return "next_round.on_time" if planned else "next_round.held"

    def ranked(self) -> list[StressRow]:
        """Return the rows, the worst first: by the change of `key`, then of a deal."""
        return sorted(self.rows, key=lambda row: (row.comparison[self.key].difference.value,
                                                  row.comparison["deal"].difference.value))

    def to_dict(self) -> dict[str, Any]:
        """Return the object that ``forecast stress --json`` prints."""
        return {"scenario": self.scenario.name, "as_of": self.scenario.as_of.isoformat(), "seed": self.seed,
                "draws": self.draws, "trials": self.trials, "ranked_by": self.key,
                "removals": {row.removal.key: {
                    "kind": row.removal.kind, "label": row.label, "what": row.what, "changes": row.removal.changes,
                    **{name: row.comparison.rows[name].to_dict()
                       for name in ("next_round.on_time", "next_round.held", "deal", "end_day")
                       if name in row.comparison.rows},
                    "prior_driven": [part.to_dict() for part in row.comparison.prior_driven]} for row in self.ranked()},
                "left_out": dict(self.left_out)}

    def table(self) -> list[dict[str, Any]]:
        """Return a row per removal, the worst first, as plain data."""
        out = []
        for row in self.ranked():
            cells: dict[str, Any] = {"key": row.removal.key, "kind": row.removal.kind, "label": row.label}
            for name, short in (("next_round.on_time", "on_time"), ("next_round.held", "held"), ("deal", "deal")):
                made = row.comparison.rows[name].to_dict()["difference"] if name in row.comparison.rows else {}
                for part in ("value", "low", "high", "mc_error"):
                    cells[f"{short}_{part}" if part != "value" else short] = made.get(part)
            out.append({**cells, "prior_driven": bool(row.comparison.mark)})
        return out

    def to_dataframe(self) -> pd.DataFrame:
        """Return the table as a data frame, indexed by key.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        import pandas as pd

        return pd.DataFrame(self.table()).set_index("key")

    def to_csv(self, path: str | Path) -> Path:
        """Write the table to a CSV file, whole or not at all."""
        from forecast.summary.table import write_csv

        return write_csv(self.table(), path)

    def to_text(self) -> str:
        """Return the sentences that say which removals hurt."""
        from forecast.sweep.words import stress_text

        return stress_text(self)

    def __str__(self) -> str:
        from forecast.sweep.words import plain

        return plain(self)

    def __repr__(self) -> str:
        return f"<Stress of {self.scenario.name}: {len(self.rows)} removals, {self.draws} x {self.trials} trials>"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from forecast.sweep.words import stress_parts

        yield from stress_parts(self)

    def _repr_html_(self) -> str:
        from forecast.sweep.words import html

        return html(self)


def stress(
    scenario: Scenario | str | os.PathLike[str],
    posterior: xr.DataTree | str | os.PathLike[str] | None = None,
    *,
    kinds: Sequence[str] = KINDS,
    draws: int = 400,
    trials: int = 250,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Stress:
    """Remove each principal, substitute, mediator, mode, fallback, system and spare in turn and see what it does.

    Parameters
    ----------
    scenario : Scenario, name or path
    posterior : xr.DataTree, str or path, optional
        None: the one the scenario asks for.
    kinds : sequence of str, optional
        What to remove, of ``principal, substitute, mediator, mode, fallback, system``.
    draws, trials : int
        Of the baseline and of every removal.
    seed : int, optional
        None takes fresh entropy; it is kept in the result.
    threads : int, optional
        Results do not depend on it.
    progress : callable, optional
        Called with (trials done, trials in all).

    Returns
    -------
    Stress
        A table, the worst loss first: change of P(held as planned), P(held), P(deal), with intervals over draws.

    Raises
    ------
    ScenarioError
        If the scenario or a number cannot be used, or there is nothing to remove.
    PosteriorError
        If the posterior cannot be used.

    Examples
    --------
    >>> made = stress("us_iran_final_2026", draws=50, trials=40, seed=1)
    >>> sorted(row.removal.key for row in made)[:3]
    ['fallback.all', 'mediator', 'mode.correspondence']
    >>> made["fallback.all"]["next_round.on_time"].difference.value < 0
    True
    """
    base = as_scenario(scenario)
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise ScenarioError([Problem("kinds", ", ".join(map(str, unknown)), f"of {', '.join(KINDS)}")], "stress")
    seed = check_numbers("stress", draws=draws, trials=trials, seed=seed, threads=threads)
    tree = as_posterior(posterior, base)
    removals, others, left_out = [], [], {}
    for removal in removals_of(base):
        if removal.kind not in kinds:
            continue
        if not removal.changes:
            left_out[removal.label] = removal.what
            continue
        try:
            others.append(as_scenario(removal.changes, base))
            removals.append(removal)
        except ScenarioError as error:
            left_out[removal.label] = error.problems[0].given if error.problems else str(error)
    if not removals:
        raise ScenarioError([Problem("stress", "nothing to remove", "a principal, a mediator, a mode, a fallback or a "
                                     "system", "declare them in the scenario")], base.name)
    made = compare_many(base, others, tree, draws=draws, trials=trials, seed=seed, threads=threads, progress=progress)
    rows = [StressRow(removal, one) for removal, one in zip(removals, made, strict=True)]
    return Stress(base, rows, left_out, seed, draws, trials)


def removals_of(scenario: Scenario) -> list[Removal]:
    """List what can be removed from a resolved scenario; what is gone already has no changes, and the reason."""
    return [*_principals(scenario), *_mediator(scenario), *_modes(scenario), *_systems(scenario)]


def _principals(scenario: Scenario) -> Iterator[Removal]:
    for key, party in scenario.parties.items():
        if party.principal is None:
            continue
        who = f"{party.principal} ({party.name})"
        if party.present is False:
            yield Removal(f"principal.{key}", "principal", who, "already reported absent", {})
        else:
            yield Removal(f"principal.{key}", "principal", who, "reported absent at the next attempt",
                          {f"parties.{key}.present": False})
    for key, party in scenario.parties.items():
        if party.principal is None or party.without_principal == "stay_away":
            continue
        label = ("the delegate" if party.without_principal == "delegate" else "the video link") + f" of {party.name}"
        yield Removal(f"substitute.{key}", "substitute", label, f"{party.name} stays away without {party.principal}",
                      {f"parties.{key}.without_principal": "stay_away"})


def _mediator(scenario: Scenario) -> Iterator[Removal]:
    if scenario.mediator is None:
        return
    changes: dict[str, Any] = {"mediator": None}
    what = "direct talks"
    planned = scenario.next_round
    if planned is not None:
        mediated = [mode for mode in planned.fallback if mode in ("proximity", "shuttle")]
        if mediated:
            changes.update(_ladder([mode for mode in planned.fallback if mode not in mediated], planned.sticky))
            what += f", without {' and '.join(mediated)} to fall back on"
        if planned.mode in ("proximity", "shuttle"):
            changes["next_round.mode"] = None
    yield Removal("mediator", "mediator", f"the mediator ({', '.join(scenario.mediator.names)})", what, changes)


def _ladder(modes: list[str], sticky: bool) -> dict[str, Any]:
    """Return the changes that leave these modes to fall back on."""
    out: dict[str, Any] = {"next_round.fallback": modes}
    if not modes and sticky:
        out["next_round.sticky"] = False
    return out


def _modes(scenario: Scenario) -> Iterator[Removal]:
    planned = scenario.next_round
    if planned is None:
        return
    if planned.mode is not None:
        rest = [mode for mode in planned.fallback if mode != planned.mode]
        words = MODE_LOOKS[planned.mode].phrase
        if rest:
            yield Removal(f"mode.{planned.mode}", "mode", f"meeting {words}",
                          f"the next round is planned {MODE_LOOKS[rest[0]].phrase} instead",
                          {"next_round.mode": rest[0], **_ladder(rest[1:], planned.sticky)})
        else:
            yield Removal(f"mode.{planned.mode}", "mode", f"meeting {words}", "there is nothing to fall back on", {})
    for mode in planned.fallback:
        if mode != planned.mode:
            yield Removal(f"mode.{mode}", "mode", f"falling back on meeting {MODE_LOOKS[mode].phrase}",
                          "off the fallback ladder",
                          _ladder([other for other in planned.fallback if other != mode], planned.sticky))
    if len(planned.fallback) > 1:
        yield Removal("fallback.all", "fallback", "the whole fallback ladder", "no other mode to fall back on",
                      _ladder([], planned.sticky))


def _systems(scenario: Scenario) -> Iterator[Removal]:
    used = {key: system for key, system in scenario.systems.items() if system.needed}
    stated = [injection.model_dump(mode="json", exclude_defaults=True) for injection in scenario.injections]
    from forecast.scenario.systems import LONGEST_OUTAGE

    for key, system in used.items():
        # The longest outage there may be covers any horizon.
        gone = {"date": scenario.as_of.isoformat(), "system": key, "hours": LONGEST_OUTAGE, "note": "stress test"}
        yield Removal(f"system.{key}", "system", f"the {(system.name or key).lower()}", "down from the first day on",
                      {"injections": [*stated, gone]})
    for key, system in used.items():
        if system.spares:
            words = "spare" if system.spares == 1 else f"{system.spares} spares"
            yield Removal(f"spare.{key}", "spare", f"the {words} of the {(system.name or key).lower()}",
                          "every failure waits for the repair", {f"systems.{key}.spares": 0})
