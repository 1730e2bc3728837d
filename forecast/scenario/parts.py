"""Types that every part of a scenario is built from: texts, ids, days, numbers, and the strict base."""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from forecast.errors import Problem, ScenarioError
from forecast.scenario.families import LARGEST
from forecast.vocabulary import MODES

ID_PATTERN = r"^[a-z][a-z0-9_]*$"
FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2200, 12, 31)


class Part(BaseModel):
    """Base of all parts: frozen, strict about types, no unknown keys, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False,
                              use_attribute_docstrings=True)


def _one_line(text: str) -> str:
    """Refuse control characters: names go to terminals, pages and file names."""
    bad = sorted({char for char in text if unicodedata.category(char) in ("Cc", "Zl", "Zp")})
    if bad or not text.strip():
        given = "control characters " + ", ".join(ascii(char) for char in bad) if bad else "only blanks"
        raise ScenarioError([Problem("", given, "visible text on one line")])
    return text


def _prose(text: str) -> str:
    """Refuse control characters other than line breaks and tabs."""
    bad = sorted({char for char in text if unicodedata.category(char) == "Cc" and char not in "\n\r\t"})
    if bad:
        raise ScenarioError([Problem("", "control characters " + ", ".join(ascii(char) for char in bad),
                                     "visible text")])
    return text


def _day(value: object) -> object:
    """Let ISO text through as a date: JSON has no dates."""
    if isinstance(value, str):
        try:
            if len(value) == 10:
                return dt.date.fromisoformat(value)
        except ValueError:
            pass
    return value


Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
Url = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_one_line)]
Prose = Annotated[str, Field(max_length=5000), AfterValidator(_prose)]
Id = Annotated[str, Field(pattern=ID_PATTERN, max_length=60)]
Day = Annotated[dt.date, Field(ge=FIRST_DAY, le=LAST_DAY), BeforeValidator(_day)]
Position = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
Severity = Annotated[int, Field(ge=1, le=3)]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Mode = Literal[MODES]
#: A list in the file, a tuple in the model, so that a frozen model stays as it is.
Many = Field(strict=False)
