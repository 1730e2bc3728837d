"""The shipped table: what its README says is what is in it; what was added by hand keeps its rules."""

from __future__ import annotations

import hashlib
from collections import defaultdict

from forecast.paths import data_folder
from forecast.talks.coding import KIND_OF_TYPE, OTHER_KINDS, WORDS
from forecast.talks.facts import block, counts

TABLE = data_folder() / "talks"


def test_readme_prints_the_counts_of_the_tables(talks) -> None:
    text = (TABLE / "README.md").read_text(encoding="utf-8")
    printed = text.split("<!-- counts -->\n")[1].split("<!-- end of counts -->")[0]
    assert printed == block(talks)


def test_hashes_are_those_of_the_files() -> None:
    lines = (TABLE / "HASHES").read_text().split("\n")
    stated = {line.split("  ")[1]: line.split("  ")[0] for line in lines if line}
    assert set(stated) == {path.name for path in TABLE.glob("*.csv")}
    for name, digest in stated.items():
        assert hashlib.sha256((TABLE / name).read_bytes()).hexdigest() == digest, name


def test_counts_of_the_study_that_the_law_rests_on(talks) -> None:
    said = counts(talks)
    assert said["attempts"] == "1,395 = 1,203 held + 192 lost"
    assert said["unlisted postponements among them"] == "38"
    assert said["groups of identical parties"] == "49, holding 141 talks"
    assert said["attempts with an absent principal"] == "134"
    assert said["held rounds without a last day"] == "42"


def test_identical_parties_share_a_conflict(talks) -> None:
    groups = defaultdict(set)
    for talk in talks:
        groups[frozenset(talk.parties)].add(talk.conflict)
    assert [names for names in groups.values() if len(names) > 1] == []


def test_nested_parties_of_one_dispute_share_a_conflict(talks) -> None:
    of = {talk.id: talk.conflict for talk in talks}
    for group in (
        ("us_iran_2025", "us_iran_final_2026", "jcpoa_2014_15", "eu3_iran_2003_05", "vienna_jcpoa_2021_22"),
        ("six_party_2005", "us_dprk_hanoi_2018_19", "inter_korean_2018"),
        ("minsk_2_2015", "russia_ukraine_2022", "ukraine_us_brokered_2025"),
        ("cyprus_annan_2002", "cyprus_2015_2017"),
        ("drc_m23_doha_2025", "drc_rwanda_luanda_2024"),
    ):
        assert len({of[talk] for talk in group}) == 1, group
    assert len({of[talk] for talk in ("npt_revcon_2010", "ctbt_1994_96", "salt_1_1969_72", "us_iran_2025")}) == 4


def test_every_type_maps_once_and_every_other_event_by_hand(talks) -> None:
    assert set(KIND_OF_TYPE) == set(WORDS["type"]) - {"other"}
    others = [event for items in talks.events.values() for event in items if event.type == "other"]
    assert len(others) == 63 and {event.kind for event in others} <= set(OTHER_KINDS)
    assert all(event.kind == KIND_OF_TYPE[event.type] for items in talks.events.values() for event in items
               if event.type != "other")


def test_sources_are_addresses_and_notes_are_short(talks) -> None:
    for talk in talks:
        assert all(part.startswith("http") for part in talk.source.split(" | "))
        assert len(talk.note) <= 120
