"""Exceptions of the package, each able to carry every problem of a file at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing wrong with an input.

    Parameters
    ----------
    where : str
        Path of the field, e.g. ``parties.iran.present``, or a file and line.
    given : str
        What was found there, already safe to print.
    allowed : str
        What would be accepted; built from the same bound the check uses.
    fix : str, optional
        The likeliest repair, when there is one.
    """

    where: str
    given: str
    allowed: str
    fix: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.given}; {self.allowed}"
        return f"{text} ({self.fix})" if self.fix else text


class _WithProblems:
    """Mixin: keep the list of problems and print all of them."""

    def __init__(self, problems: list[Problem] | str, source: str = "") -> None:
        self.problems: list[Problem] = [] if isinstance(problems, str) else list(problems)
        self.source = source
        if isinstance(problems, str):
            text = f"{source}: {problems}" if source else problems
        else:
            count = len(self.problems)
            head = f"{count} problem{'s' if count != 1 else ''}" + (f" in {source}" if source else "")
            text = "\n".join([head, *(f"  - {problem}" for problem in self.problems)])
        super().__init__(text)


class ScenarioError(_WithProblems, ValueError):
    """A scenario file, field or override that cannot be used."""


class TalksError(_WithProblems, ValueError):
    """A table of historical talks that cannot be used."""


class NewsError(_WithProblems, ValueError):
    """News that are malformed, later than the as-of date, or against the scenario."""


class PosteriorError(_WithProblems, ValueError):
    """A posterior file that is missing, damaged, foreign or of another version."""


class StoreError(_WithProblems, ValueError):
    """A stored run, sweep or log that is missing, damaged, foreign or of another version."""


class CalibrationError(_WithProblems, RuntimeError):
    """A fit that did not pass its gates; the message names the parameters."""
