"""Paths: where the parties stand after each attempt, and the session under way on each day."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from conftest import seed_of
from engine.posteriors import CLOSES, day, fixed_posterior, held, issue, normal, quiet, talks
from reference import cases, compiled, terms, twin
from reference.compare import SINGLE, close

import forecast as fc
from forecast.cli.files import open_outcome, save_outcome
from forecast.engine import paths, run
from forecast.engine.arrays import PosteriorArrays
from forecast.engine.buffers import bytes_per_cell
from forecast.engine.packing import pack
from forecast.errors import ScenarioError
from forecast.scenario import resolve
from forecast.vocabulary import MODES, STATUS, check_dataset

ROWS, TRIALS = 2, 3
HELD = STATUS.index("held")
NEW = {"position", "mode_on_day"}
#: Rounds of several days, some of them lost or moved to another mode; several endings.
LAW = {"zopa": 0.7, "collapse_intercept": -2.5, "length_zero": 0.3, "length_log_mean": np.log(4.0),
       "loss_logit": -0.5, "mode_first_logit": [1.0, 0.5, 0.0, 0.0, 0.5, 0.0], "mode_stay": 0.5}
LAND = {"opening": {"a": 20.0, "b": 18.0, "c": 25.0, "d": 4.0, "e": 2.0},
        "wants": {"a": "more", "b": "more", "c": "more", "d": "less", "e": "less"},
        "reservation": {"a": normal(11, 3), "b": normal(10, 2), "c": normal(12, 4), "d": normal(12, 3),
                        "e": normal(14, 3)}}
MONEY = {"opening": {"a": 3.0, "e": 9.0}, "reservation": {"a": normal(6, 2), "e": normal(5, 2)},
         "difficulty": 0.4, "tactic": {"a": {"family": "exponential", "k": 0.2}, "e": {"k": 0.3}}}
VISIT = {"kind": "yes_no", "opening": {"b": 1, "d": 0}, "reservation": {"b": 0.6, "d": 0.7}, "core": False,
         "difficulty": 0.7}
PARTIES = {"a": {}, "b": {}, "c": {"veto": False}, "d": {}, "e": {}, "watcher": {}}


def scenario(**fields: Any):
    return talks(**{"parties": PARTIES, "issues": {"land": LAND, "money": MONEY, "visit": VISIT},
                    "horizon_days": 150, "next_round": {"planned": day(6), "fallback": ["remote"]}, **fields})


def played(seed: int, *, draws: int = 1, trials: int = 400, **fields: Any) -> xr.Dataset:
    posterior = fixed_posterior(rows=draws, **LAW)
    return fc.simulate(scenario(**fields), posterior, draws=draws, trials=trials, seed=seed, paths=True)


def stands(story: dict, case, slot: int, j: int, p: int) -> float:
    """Where a party stands after an attempt, told by the twin: opening + (reservation - opening) alpha(x)."""
    one, facts = case.issues[j], story["issues"][j]
    if one.positions[p].want == 0:
        return math.nan
    meeting = 1.0 if math.isnan(facts["meeting"]) else facts["meeting"]
    hazard = story["path"][slot]["hazard"]
    x = meeting if hazard >= one.difficulty else meeting * hazard / one.difficulty
    return terms.stands_at(one.positions[p], facts["reservation"][p], facts["kappa"][p], x)


@pytest.mark.parametrize("number", range(60))
def test_positions_follow_the_law_trial_by_trial(number: int) -> None:
    """On random inputs: every tactic, vetoes or none, yes-or-no issues, and parties without a position."""
    rng = np.random.default_rng(seed_of(f"positions {number}"))
    case = cases.random_case(rng)
    draws = cases.random_draws(rng, case, ROWS)
    if number % 2:
        draws = draws._replace(start=cases.random_starts(rng, draws, TRIALS))
    _, log = compiled.run(case, draws, TRIALS)
    attempts = max(1, int((log.attempt["status"] >= 0).sum(axis=1).max()))
    found = paths.positions(case, log, attempts)
    assert found.dtype == np.float32
    assert found.shape == (ROWS * TRIALS, attempts, len(case.party), len(case.issue))
    plain = twin.read_case(case)
    for cell in range(ROWS * TRIALS):
        story = twin.play_cell(case, draws, cell, TRIALS)
        for slot in range(attempts):
            for j in range(len(case.issue)):
                for p in range(len(case.party)):
                    there = slot < len(story["path"])
                    wanted = stands(story, plain, slot, j, p) if there else math.nan
                    assert close(float(found[cell, slot, p, j]), wanted, 4 * SINGLE), (cell, slot, j, p)


def test_the_random_inputs_reach_every_branch() -> None:
    reached = set()
    for number in range(60):
        rng = np.random.default_rng(seed_of(f"positions {number}"))
        case = cases.random_case(rng)
        draws = cases.random_draws(rng, case, ROWS)
        _, log = compiled.run(case, draws, TRIALS)
        want = case.position["want"]
        reached |= {"exponential"} if (case.position["exponential"][want != 0] == 1).any() else set()
        reached |= {"no position"} if (want == 0).any() else set()
        reached |= {"no issue"} if not len(case.issue) else set()
        reached |= {"no attempt"} if (log.attempt["status"] < 0).all(axis=1).any() else set()
        reached |= {"never meet"} if np.isnan(log.meeting).any() else set()
        hazard = log.attempt["hazard"]
        reached |= {"on the way"} if ((hazard > 0) & (hazard < 0.1)).any() else set()
        reached |= {"beyond"} if (hazard > 1.2).any() else set()
    assert len(reached) == 7, reached


def last_positions(outcome: xr.Dataset, name: str) -> np.ndarray:
    """Where each party stands on an issue after the last attempt: (trial, party) of the first draw."""
    attempts = (outcome.attempt_status.values[0] >= 0).sum(axis=1)
    found = outcome.position.sel(issue=name).values[0]
    return np.where((attempts > 0)[:, None], found[np.arange(len(found)), attempts - 1], np.nan)


@pytest.mark.parametrize("name", ["land", "money", "visit"])
def test_an_issue_closes_where_positions_meet(seed: int, name: str) -> None:
    """In the middle of what all who bind accept; the party without a veto is not asked."""
    outcome = played(seed, trials=2000, beliefs_weight=0.0)
    closed = outcome.issue_closed.sel(issue=name).values[0] == 1
    assert 50 < closed.sum() < 2000
    one = {"land": LAND, "money": MONEY, "visit": VISIT}[name]
    more = {"land": ["a", "b"], "money": ["e"], "visit": ["b"]}[name]
    less = [p for p in one["opening"] if p not in more and PARTIES[p].get("veto", True)]
    stand = xr.DataArray(last_positions(outcome, name)[closed].astype(float), dims=("trial", "party"),
                         coords={"party": outcome.party.values})
    middle = (stand.sel(party=more).max("party") + stand.sel(party=less).min("party")).values / 2
    settled = outcome.settlement.sel(issue=name).values[0][closed]
    if name == "visit":
        told = np.abs(middle - 0.5) > 1e-6
        assert told.any()
        np.testing.assert_array_equal(settled[told], middle[told] > 0.5)
    else:
        np.testing.assert_allclose(settled, middle, rtol=1e-6)
    assert np.isnan(stand.sel(party="watcher")).all()


def test_without_overlap_parties_go_all_the_way_and_no_further(seed: int) -> None:
    """Who would settle for 15 at least and who for 9 at most never meet, however long they talk."""
    apart = talks(issues={"land": issue(15.0, 9.0)}, beliefs_weight=1.0, horizon_days=200)
    outcome = fc.simulate(apart, quiet(), draws=1, trials=200, seed=seed, paths=True)
    assert np.isnan(outcome.meeting.values).all()
    position, hazard = outcome.position.values[0, ..., 0], outcome.attempt_hazard.values[0]
    beyond, short = hazard >= 1.0, (hazard > 0.0) & (hazard < 0.99)
    assert beyond.any() and short.any()
    assert (position[beyond] == np.float32([15.0, 9.0])).all()
    assert (position[short, 0] > 15.0).all() and (position[short, 1] < 9.0).all()
    np.testing.assert_array_equal(np.isnan(position).all(axis=2), outcome.attempt_status.values[0] < 0)


def test_positions_move_at_every_round_held_and_only_there(seed: int) -> None:
    """Straight ways (kappa 1): the first steps of a steep one are lost in single precision."""
    outcome = played(seed, issues={"land": {**LAND, "kappa": dict.fromkeys(LAND["opening"], 1.0)}})
    position, status = outcome.position.values, outcome.attempt_status.values
    lost = status[:, :, 1:] > HELD
    assert lost.sum() > 100
    np.testing.assert_array_equal(position[:, :, 1:][lost], position[:, :, :-1][lost])
    open_yet = (status[:, :, 1:] == HELD) & (outcome.attempt_hazard.values[:, :, :-1] < 0.99)
    land = outcome.position.sel(issue="land", party="a").values
    way = (land[:, :, 1:] - land[:, :, :-1])[open_yet]
    assert open_yet.sum() > 100 and (way < 0).all()


def test_a_history_has_moved_positions_before_the_first_attempt(seed: int) -> None:
    """Rounds of the history are on the closing clock: the first attempt finds the parties under way."""
    land = issue(11.0, 14.0, kappa={"east": 1.0, "west": 1.0})
    first = {"next_round": {"planned": day(3)}, "issues": {"land": land}, "horizon_days": 10}
    law = quiet(loss_logit=25.0, zopa=1.0)  # no further round is held
    fresh, later = (fc.simulate(talks(history=items, **first), law, draws=1, trials=50, seed=seed, paths=True)
                    for items in ([], [held(-40), held(-20)]))
    assert (fresh.position.values[0, :, 0, :, 0] == [20.0, 5.0]).all()
    one = later.position.values[0, :, 0, :, 0]
    assert (one[:, 0] < 20.0).all() and (one[:, 1] > 5.0).all()


def expected_modes(outcome: xr.Dataset, draw: int, trial: int) -> list[int]:
    """Read the calendar of a trial off its attempts, one after another."""
    one = outcome.isel(draw=draw, trial=trial)
    found = [-1] * outcome.sizes["day"]
    for begin, end, status, mode in zip(one.attempt_begin_day.values, one.attempt_end_day.values,
                                        one.attempt_status.values, one.attempt_mode.values, strict=True):
        if status == HELD:
            for on in range(begin, min(int(end), len(found) - 1) + 1):
                found[on] = int(mode)
    return found


def test_modes_by_day_follow_the_attempts(seed: int) -> None:
    outcome = played(seed, draws=2, trials=150, horizon_days=100)
    for draw in range(2):
        for trial in range(150):
            assert outcome.mode_on_day.values[draw, trial].tolist() == expected_modes(outcome, draw, trial)
    seen = set(np.unique(outcome.mode_on_day))
    assert {-1, MODES.index("in_person"), MODES.index("remote")} <= seen
    held_on = outcome.attempt_status.values == HELD
    assert (outcome.attempt_end_day.values[held_on] > 100).any()  # sessions that outlast the horizon are cut
    assert (outcome.attempt_end_day.values - outcome.attempt_begin_day.values)[held_on].max() > 5


def test_modes_of_a_calendar_by_hand() -> None:
    """Back to back, twice on a day, lost, over the horizon, and beyond it."""
    begin = np.array([[1, 3, 3, 5, 8, -1], [2, 11, -1, -1, -1, -1], [-1] * 6], np.int16)
    end = np.array([[3, 3, 4, 5, 12, -1], [2, 30, -1, -1, -1, -1], [-1] * 6], np.int16)
    status = np.array([[0, 0, 0, 2, 0, -1], [0, 0, -1, -1, -1, -1], [-1] * 6], np.int8)
    mode = np.array([[0, 1, 2, 3, 4, -1], [5, 1, -1, -1, -1, -1], [-1] * 6], np.int8)
    found = paths.modes_by_day(begin, end, status, mode, 10)
    assert found.dtype == np.int8
    assert found.tolist() == [[-1, 0, 0, 2, 2, -1, -1, -1, 4, 4, 4], [-1, -1, 5] + [-1] * 8, [-1] * 11]


def test_shapes_types_and_words(seed: int) -> None:
    outcome = played(seed, draws=2, trials=30)
    check_dataset(outcome)
    sizes = outcome.sizes
    assert outcome.position.dims == ("draw", "trial", "attempt", "party", "issue")
    assert outcome.position.dtype == np.float32
    assert outcome.mode_on_day.dims == ("draw", "trial", "day") and outcome.mode_on_day.dtype == np.int8
    assert (sizes["party"], sizes["issue"], sizes["day"]) == (6, 3, 151)
    assert outcome.day.values.tolist() == list(range(151))
    assert outcome.mode_on_day.attrs["flag_meanings"].split() == ["never", *MODES]


@pytest.mark.parametrize("cells", [1, 50, 10**9])
def test_how_the_work_is_cut_changes_nothing(seed: int, monkeypatch, cells: int) -> None:
    wanted = played(seed, draws=2, trials=40)
    monkeypatch.setattr(paths, "CHUNK", cells)
    found = played(seed, draws=2, trials=40)
    for name in NEW:
        np.testing.assert_array_equal(found[name].values, wanted[name].values, strict=True)


def test_paths_change_no_other_variable(seed: int, monkeypatch) -> None:
    """Neither those of a forecast without paths, nor the rest of the paths."""
    with_all = played(seed, trials=200)
    plain = fc.simulate(scenario(), fixed_posterior(**LAW), draws=1, trials=200, seed=seed)
    assert NEW <= set(with_all.data_vars) and not NEW & set(plain.data_vars) and "day" not in plain.dims
    for name in plain.data_vars:
        np.testing.assert_array_equal(plain[name].values, with_all[name].values, err_msg=name, strict=True)
    before: list[bytes] = []
    real = paths.positions

    def watched(case, log, attempts):
        before.append(b"".join(array.tobytes() for array in log))
        made = real(case, log, attempts)
        before.append(b"".join(array.tobytes() for array in log))
        return made

    monkeypatch.setattr("forecast.engine.outcome.positions", watched)
    played(seed, trials=50)
    assert len(before) == 2 and before[0] == before[1]


def test_talks_without_issues_have_a_calendar_and_no_positions(seed: int, tmp_path: Path) -> None:
    outcome = fc.simulate(talks(), fixed_posterior(**LAW), draws=1, trials=40, seed=seed, paths=True)
    assert outcome.position.shape == (1, 40, outcome.sizes["attempt"], 2, 0)
    assert (outcome.mode_on_day.values >= 0).any()
    save_outcome(outcome, tmp_path / "run.nc")
    xr.testing.assert_equal(open_outcome(tmp_path / "run.nc"), outcome)


def test_talks_that_end_at_once_have_neither(seed: int) -> None:
    """A hard deadline before the first planned day: no attempt, nothing under way on any day."""
    late = talks(issues={"land": issue(11.0, 14.0)}, next_round={"planned": day(30)},
                 deadline={"date": day(10), "binding": "hard"})
    outcome = fc.simulate(late, quiet(**CLOSES), draws=1, trials=20, seed=seed, paths=True)
    assert not outcome.attempts.any()
    assert np.isnan(outcome.position).all() and (outcome.mode_on_day == -1).all()


def test_a_file_keeps_them_compressed(seed: int, tmp_path: Path) -> None:
    outcome = played(seed)
    save_outcome(outcome, tmp_path / "run.nc")
    with xr.open_dataset(tmp_path / "run.nc", engine="h5netcdf") as stored:
        for name in NEW:
            assert stored[name].encoding["zlib"], name
    xr.testing.assert_equal(open_outcome(tmp_path / "run.nc"), outcome)
    assert (tmp_path / "run.nc").stat().st_size < sum(outcome[name].nbytes for name in NEW)


def test_their_memory_is_counted_before_anything_is_played(seed: int, monkeypatch) -> None:
    """Free memory in which everything but positions and modes would fit is not enough."""
    cells, needed = 500, []
    monkeypatch.setattr(run, "check_memory", lambda size, fix: needed.append(size))
    outcome = played(seed, draws=2, trials=cells // 2)
    own = sum(outcome[name].nbytes for name in NEW)
    monkeypatch.undo()

    monkeypatch.setattr("forecast.engine.buffers.path_bytes", lambda case: 0)
    case = pack(resolve(scenario()), PosteriorArrays.of(fixed_posterior(**LAW), 1), draws=1, seed=seed).case
    without = cells * bytes_per_cell(case, True)
    monkeypatch.undo()

    assert needed[0] - without >= own
    monkeypatch.setattr(run, "available_bytes", lambda: without)
    with pytest.raises(ScenarioError, match="GB of free memory"):
        played(seed, draws=2, trials=cells // 2)
