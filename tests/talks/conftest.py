"""The shipped table, loaded once, and small folders of one's own."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from forecast.talks import Talks, load_talks

ADDRESS = "https://example.org/a"
HEADERS = {
    "talks": "talk_id,name,domain,region,parties,mediator,mediator_type,announced,start,end,outcome,deadline,source,"
             "checked,note",
    "rounds": "talk_id,round,status,planned_start,start,end,venue,mode,level,absent,result,source,checked",
    "events": "talk_id,date,type,severity,party,delay_days,mode_change,note,source,checked",
    "offers": "talk_id,issue,unit,party,date,precision,value,source,checked",
}
TALK = {"talk_id": "a_b", "name": "A and B", "domain": "trade", "region": "europe", "parties": "A;B",
        "mediator_type": "none", "start": "2020-01-10", "end": "2020-03-01", "outcome": "collapse",
        "source": ADDRESS, "checked": "yes"}
ROUND = {"talk_id": "a_b", "round": "1", "status": "held", "start": "2020-01-10", "end": "2020-01-11",
         "mode": "in_person", "level": "envoy", "result": "none", "source": ADDRESS, "checked": "yes"}
EVENT = {"talk_id": "a_b", "date": "2020-01-20", "type": "violence", "severity": "3", "source": ADDRESS,
         "checked": "no"}
OFFER = {"talk_id": "a_b", "issue": "price", "unit": "EUR", "party": "A", "date": "2020-01-10", "precision": "day",
         "value": "10", "source": ADDRESS, "checked": "no"}


@pytest.fixture(scope="session")
def talks() -> Talks:
    """The shipped table."""
    return load_talks()


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Write a folder of talks: lists of rows by table, each a change of the standard row; `raw` texts as they are."""

    def write(*, talks=({},), rounds=({},), events=(), offers=(), raw=None) -> Path:
        for name, base, rows in (("talks", TALK, talks), ("rounds", ROUND, rounds), ("events", EVENT, events),
                                 ("offers", OFFER, offers)):
            columns = HEADERS[name].split(",")
            extra = [key for row in rows for key in row if key not in columns]
            with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, [*columns, *dict.fromkeys(extra)], restval="")
                writer.writeheader()
                writer.writerows({**base, **row} for row in rows)
        for file_name, text in (raw or {}).items():
            if text is None:
                (tmp_path / file_name).unlink()
            else:
                (tmp_path / file_name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path

    return write
