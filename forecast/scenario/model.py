"""The scenario: one frozen, validated description of talks as known on one day."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from forecast.errors import Problem, ScenarioError
from forecast.scenario.aftermath import Implementation, Ratification
from forecast.scenario.disruptions import Disruptions
from forecast.scenario.history import History
from forecast.scenario.issues import Issues
from forecast.scenario.parties import Mediator, Parties
from forecast.scenario.parts import Day, Id, Many, Mode, Part, Probability, Prose, Text, Url
from forecast.scenario.stages import Stages
from forecast.scenario.systems import Injections, SwitchDelay, Systems
from forecast.vocabulary import TABLE_DOMAINS

SCHEMA_VERSION = 1
LONGEST_HORIZON = 3650

Domain = Literal[tuple(TABLE_DOMAINS)]
LogOdds = Annotated[float, Field(ge=-5.0, le=5.0)]


class Deadline(Part):
    """A declared deadline."""

    date: Day
    """The last day."""
    binding: Literal["soft", "hard"] = "soft"
    """`soft`: talks may run on past it (three in four do); `hard`: they end there."""


class NextRound(Part):
    """The next attempt, as planned."""

    planned: Day
    """First day planned, `as_of` or later."""
    venue: Text | None = None
    """Where."""
    mode: Mode | None = None
    """Wished mode; drawn when left out."""
    fallback: Annotated[tuple[Mode, ...], Field(max_length=6), Many] = ()
    """Other modes to hold the round in rather than lose it, best first."""
    sticky: bool = False
    """Do the talks stay in a mode they fell back to?"""


class Adjust(Part):
    """What the analyst adds to the calibrated log-odds, with the reason."""

    closing: LogOdds = 0.0
    """Added to the log hazard of closing."""
    break_off: LogOdds = 0.0
    """Added to the log-odds of collapse and stall."""
    loss: LogOdds = 0.0
    """Added to the log-odds that an attempt is lost."""
    rationale: Prose = ""
    """Why; required when any of them is not 0."""


class Scenario(Part):
    """Talks as an analyst knew them on one day.

    Make one with :func:`forecast.load_scenario` or :meth:`from_dict`; both report every problem at once.

    Examples
    --------
    >>> talks = Scenario.from_dict({"parties": ["Chile", "Peru"], "as_of": "2026-06-19", "domain": "trade"})
    >>> talks.horizon_days, sorted(talks.parties), talks.deadline is None
    (180, ['chile', 'peru'], True)
    """

    schema_version: Literal[1] = Field(default=SCHEMA_VERSION, alias="schema")
    """Version of this format."""
    name: Id = "scenario"
    """Short name; that of the file when left out."""
    title: Text | None = None
    """Title shown; made from the parties when left out."""
    as_of: Day
    """The day of the forecast, day 0: nothing later is known."""
    horizon_days: Annotated[int, Field(ge=1, le=LONGEST_HORIZON)] = 180
    """How far to look ahead, in days."""
    domain: Domain
    """Which past talks these resemble."""
    pandemic: bool = False
    """Is travel restricted by a pandemic?"""
    mediator: Mediator | None = None
    """Who mediates; leave out for direct talks."""
    deadline: Deadline | None = None
    """A declared deadline, if there is one."""
    next_round: NextRound | None = None
    """The next attempt, if one is planned."""
    parties: Parties
    """Who talks: a mapping from ids to parties, or a list of names."""
    issues: Issues = {}
    """What they talk about, as far as it is measured by numbers."""
    beliefs_weight: Probability = 0.5
    """Weight of the reservation beliefs, against talks like these, in the probability of a ZOPA."""
    disruptions: Disruptions = Disruptions()
    """What may disrupt the talks, and what does so now."""
    systems: Systems = {}
    """Technical systems the talks rely on, by id; known ids have defaults."""
    mode_switch_delay_days: SwitchDelay | None = None
    """Days that holding a round in another mode costs; from the defaults where credentials are needed, else 0."""
    injections: Injections = ()
    """Failures on stated days."""
    stages: Stages = ()
    """Planned stages of the talks, first to last, with a go or no-go between them."""
    stage: Id | None = None
    """Stage the talks are in at `as_of`; the first when left out."""
    stage_rounds: Annotated[int, Field(ge=0, le=1000)] = 0
    """Rounds already held in it."""
    ratification: Ratification = ()
    """Votes that a deal needs before it is in force, in order."""
    implementation: Implementation | None = None
    """What happens once it is in force: tranches, checks, breach."""
    adjust: Adjust = Adjust()
    """Corrections of the calibrated log-odds."""
    history: History = ()
    """What has happened so far, complete up to `as_of`, in any order."""
    sources: Annotated[tuple[Url, ...], Field(max_length=500), Many] = ()
    """Where the facts come from."""
    posterior: Url = "auto"
    """`auto` (without the conflicts of shipped scenarios), `full`, `prior`, or the path of a posterior file."""

    @model_validator(mode="after")
    def _relations(self) -> Scenario:
        """Check what no single field can."""
        from forecast.scenario.checks import relations

        problems = relations(self)
        if problems:
            raise ScenarioError(problems)
        return self

    @property
    def pooled_domain(self) -> str:
        """The domain of calibration that `domain` belongs to."""
        return TABLE_DOMAINS[self.domain]

    @property
    def horizon(self) -> dt.date:
        """The last day looked at."""
        return self.as_of + dt.timedelta(days=self.horizon_days)

    def day_of(self, date: dt.date) -> int:
        """Return whole days from `as_of` to a date (negative for the past).

        Examples
        --------
        >>> Scenario.from_dict({"parties": ["a", "b"], "as_of": "2026-06-19", "domain": "trade"}
        ...                    ).day_of(dt.date(2026, 8, 16))
        58
        """
        return (date - self.as_of).days

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, source: str = "") -> Scenario:
        """Validate a scenario from a plain mapping, as read from JSON or YAML.

        Parameters
        ----------
        data : mapping
            Keys as in a scenario file; dates as dates or ISO text. ``extends`` is for files only.
        source : str, optional
            What to call it in messages.

        Raises
        ------
        ScenarioError
            With every problem found, each with its path.
        """
        from forecast.scenario.problems import problems_of, shown

        if isinstance(data, Scenario):
            return data
        if not isinstance(data, Mapping):
            raise ScenarioError([Problem("the file", shown(data), "a mapping with parties, as_of and domain")], source)
        try:
            try:
                return cls.model_validate(dict(data))
            except ValidationError as error:
                raise ScenarioError(problems_of(cls, dict(data), error), source) from None
        except RecursionError:
            raise ScenarioError([Problem("the file", "nested too deeply, or containing itself",
                                         "a scenario has 8 levels")], source) from None

    def to_dict(self, *, full: bool = False) -> dict[str, Any]:
        """Return plain data that JSON can hold and :meth:`from_dict` reads back.

        Parameters
        ----------
        full : bool, optional
            Include what has its default value.

        Examples
        --------
        >>> Scenario.from_dict({"parties": ["a", "b"], "as_of": "2026-06-19", "domain": "trade"}).to_dict()
        {'schema': 1, 'as_of': '2026-06-19', 'domain': 'trade', 'parties': {'a': {}, 'b': {}}}
        """
        return {"schema": SCHEMA_VERSION, **self.model_dump(mode="json", by_alias=True, exclude_defaults=not full)}

    def to_yaml(self) -> str:
        """Return the scenario as a file that :func:`forecast.load_scenario` reads back to an equal one."""
        from forecast.scenario.text import dump_text

        data = self.model_dump(mode="python", by_alias=True, exclude_defaults=True)
        return dump_text({"schema": SCHEMA_VERSION, **data})

    def digest(self) -> str:
        """Return the SHA-256 of the resolved content: equal for files that mean the same.

        The order of keys and of the history, and defaults written out, do not change it.

        Examples
        --------
        >>> data = {"parties": ["a", "b"], "as_of": "2026-06-19", "domain": "trade"}
        >>> one, two = Scenario.from_dict(data), Scenario.from_dict({**data, "horizon_days": 180})
        >>> one.digest() == two.digest(), one.digest() == one.replace("horizon_days", 90).digest()
        (True, False)
        """
        from forecast.scenario.resolving import resolve

        # Defaults are left out, so that a key added to a later version does not change old digests.
        content = resolve(self).to_dict()
        content.pop("title", None)  # for readers; one made from the names follows their order in the file
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def replace(self, path: str, value: Any) -> Scenario:
        """Return a copy with one field set, validated again.

        Parameters
        ----------
        path : str
            Ids and keys joined by dots, list positions as numbers: ``parties.iran.present``,
            ``issues.wage.reservation.union.normal.mean``, ``history.0.end``.
        value : object
            What a file would hold there.

        Raises
        ------
        ScenarioError
            If there is no such path, or the result is not valid.

        Examples
        --------
        >>> talks = Scenario.from_dict({"parties": ["a", "b"], "as_of": "2026-06-19", "domain": "trade"})
        >>> talks.replace("parties.a.present", True).parties["a"].present
        True
        """
        return self.replace_all({path: value})

    def replace_all(self, values: Mapping[str, Any]) -> Scenario:
        """Return a copy with several fields set at once, validated only when all are set.

        Parameters
        ----------
        values : mapping of str to object
            Path -> value, as for :meth:`replace`, in order.

        Raises
        ------
        ScenarioError
            If there is no such path, or the result is not valid.
        """
        from forecast.scenario.override import put

        data = self.to_dict()
        for path, value in values.items():
            put(data, path, value)
        return type(self).from_dict(data, source=f"{self.name} with {', '.join(values)} set")
