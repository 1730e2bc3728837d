"""The store: whole after any interruption, the same to the byte, and never taken for what it is not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from sweep.harbour import tree_bytes

import forecast as fc
from forecast.sweep import blocks, run
from forecast.sweep.store import SweepStore

pytest.importorskip("zarr")
ROOT = Path(__file__).resolve().parents[2]
SMALL = {"draws": 10, "trials": 10, "seed": 5}
LEVERS = {"parties.port.present": [True, False], "adjust.closing": {"low": 0.0, "high": 1.0, "count": 7}}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks of four cells and tasks of two, so that a few cells make a long sweep."""
    monkeypatch.setattr(blocks, "BLOCK_CELLS", 4)
    monkeypatch.setattr(run, "cells_per_task", lambda *_: 2)


@pytest.fixture
def played(talks, tmp_path):
    """An uninterrupted sweep and its store."""
    return fc.sweep(talks, LEVERS, store=tmp_path / "whole", **SMALL), tmp_path / "whole"


def test_a_store_holds_what_the_sweep_returns(played, talks) -> None:
    made, store = played
    xr.testing.assert_identical(made, fc.sweep(talks, LEVERS, **SMALL))
    xr.testing.assert_identical(made, fc.open_sweep(store))


def test_anything_that_reads_zarr_reads_it(played) -> None:
    made, store = played
    with xr.open_zarr(store, consolidated=False, chunks=None) as opened:
        assert opened["deal"].dims == tuple(LEVERS)
        np.testing.assert_array_equal(opened["deal"].values, made["deal"].values)
        assert opened["parties.port.present"].values.tolist() == [True, False]
    root = json.loads((store / "zarr.json").read_text())
    assert root["zarr_format"] == 3 and "consolidated_metadata" not in root
    assert root["attributes"]["format"] == "negotiation-forecast sweep"


def stop_after(cells: int, error: BaseException):
    """Return a progress callback that raises once so many cells are done."""
    def progress(done: int, total: int) -> None:
        if done >= cells:
            raise error

    return progress


@pytest.mark.parametrize("cells", [1, 2, 5, 9, 13])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_an_interrupted_sweep_goes_on_to_the_same_bytes(cells, error, played, talks, tmp_path, monkeypatch) -> None:
    _, whole = played
    store = tmp_path / "part"
    with pytest.raises(type(error)):
        fc.sweep(talks, LEVERS, store=store, progress=stop_after(cells, error), **SMALL)
    kept = int((fc.open_sweep(store)["status"] == 1).sum())
    assert cells <= kept < 14  # what had come back when it was interrupted is kept
    again = []
    play = run.run_all

    def counted(context, tasks, *where):
        for name, made in play(context, tasks, *where):
            again.append(len(made.rows))
            yield name, made

    monkeypatch.setattr(run, "run_all", counted)
    fc.sweep(talks, LEVERS, store=store, **{**SMALL, "seed": None})
    assert sum(again) == 14 - kept  # nothing twice
    assert tree_bytes(store) == tree_bytes(whole)


KILLED = """
import os, signal, sys
sys.path[:0] = [{root!r}, {tests!r}]
from sweep.harbour import TALKS
import forecast as fc
from forecast.scenario import Scenario
from forecast.sweep import blocks, run, store
blocks.BLOCK_CELLS = 4
run.cells_per_task = lambda *_: 2
run.CHECKPOINT_SECONDS = 0.0
put = store.SweepStore._put
left = [{writes}]
def counted(self, name, region, values):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    put(self, name, region, values)
store.SweepStore._put = counted
fc.sweep(Scenario.from_dict(TALKS), {levers!r}, store={store!r}, **{small!r})
"""


@pytest.mark.parametrize("writes", [90, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 40, 200, 333))])
def test_killed_in_the_middle_of_a_write(writes: int, played, talks, tmp_path) -> None:
    _, whole = played
    store = tmp_path / "killed"
    code = KILLED.format(root=str(ROOT), tests=str(ROOT / 'tests'), writes=writes, levers=LEVERS,
                         store=str(store), small=SMALL)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    # A process that dies inside a rename leaves its temporary file behind.
    (store / "deal" / "c" / "0").mkdir(parents=True, exist_ok=True)
    (store / "deal" / "c" / "0" / "0.deadbeef.partial").write_bytes(b"half")
    fc.sweep(talks, LEVERS, store=store, **SMALL)
    assert tree_bytes(store) == tree_bytes(whole)


def test_a_disk_that_fills_up_stops_the_sweep_and_spoils_nothing(played, talks, tmp_path) -> None:
    """The limit on file sizes stands in for the disk: every write beyond it fails with an OSError."""
    resource = pytest.importorskip("resource")
    _, whole = played
    store = tmp_path / "full"
    code = KILLED.format(root=str(ROOT), tests=str(ROOT / 'tests'), writes=10**9, levers=LEVERS,
                         store=str(store), small=SMALL)
    code = code.replace("fc.sweep(", "import resource\n"
                        "def full(done, total):\n"
                        "    if done >= 4: resource.setrlimit(resource.RLIMIT_FSIZE, (60, resource.RLIM_INFINITY))\n"
                        "fc.sweep(", 1).replace(", store=", ", progress=full, store=")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1 and "OSError" in done.stderr, done.stderr
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 60
    assert (fc.open_sweep(store)["status"] == 1).any()
    fc.sweep(talks, LEVERS, store=store, **SMALL)
    assert tree_bytes(store) == tree_bytes(whole)


def test_failed_cells_are_kept_in_the_store_and_not_played_again(talks, tmp_path) -> None:
    levers = {"horizon_days": [30, 0, 40], "parties.port.present": [True, False]}
    first = fc.sweep(talks, levers, store=tmp_path / "s", **SMALL)
    before = tree_bytes(tmp_path / "s")
    assert [one["set"]["horizon_days"] for one in fc.failures(first)] == [0, 0]
    again = fc.sweep(talks, levers, store=tmp_path / "s", **SMALL)
    xr.testing.assert_identical(first, again)
    assert tree_bytes(tmp_path / "s") == before
    xr.testing.assert_identical(first, fc.sweep(talks, levers, **SMALL))


def test_a_store_remembers_its_seed(talks, tmp_path) -> None:
    first = fc.sweep(talks, LEVERS, draws=10, trials=10, store=tmp_path / "s")
    again = fc.sweep(talks, LEVERS, draws=10, trials=10, store=tmp_path / "s")
    assert first.attrs["seed"] == again.attrs["seed"]


@pytest.mark.parametrize("change, said", [
    ({"trials": 11}, r"plan.trials: 11; 10 in the store"), ({"seed": 6}, r"plan.seed: 6; 5 in the store"),
    ({"by": 30}, "plan.by"), ({"posterior": "other"}, "posteriors"), ({"levers": {"horizon_days": [30]}}, "plan.axes"),
    ({"talks": "title"}, "plan.scenarios"), ({"versions": 1}, "versions.numpy"),
])
def test_the_store_of_another_sweep_is_refused_untouched(change, said, played, talks, monkeypatch) -> None:
    _, store = played
    before = tree_bytes(store)
    arguments = {**SMALL, **{k: v for k, v in change.items() if k in ("trials", "seed", "by")}}
    if "posterior" in change:
        tree = fc.load_posterior("prior").copy()
        tree["offers"]["offer_noise"] = tree["offers"]["offer_noise"] * 0.99
        from forecast.posterior.tree import hash_tree

        tree.attrs["content_hash"] = hash_tree(tree)
        arguments["posterior"] = tree
    if "talks" in change:
        talks = talks.replace("pandemic", True)
    if "versions" in change:
        monkeypatch.setattr(run, "versions", lambda: {"numpy": "0.1"})
    with pytest.raises(fc.StoreError, match="written by another sweep") as caught:
        fc.sweep(talks, change.get("levers", LEVERS), store=store, **arguments)
    assert any(said.split(":")[0] in str(problem) for problem in caught.value.problems)
    assert tree_bytes(store) == before


def foreign_folder(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.txt").write_text("precious")


def foreign_zarr(folder: Path) -> None:
    xr.Dataset({"x": ("t", [1.0, 2.0])}).to_zarr(folder, consolidated=False)


@pytest.mark.parametrize("make", [foreign_folder, foreign_zarr, lambda folder: folder.write_text("a file")])
def test_what_is_no_store_is_refused_untouched(make, talks, tmp_path) -> None:
    make(tmp_path / "s")
    before = tree_bytes(tmp_path)
    with pytest.raises(fc.StoreError, match="a folder that does not exist or is empty"):
        fc.sweep(talks, LEVERS, store=tmp_path / "s", **SMALL)
    with pytest.raises(fc.StoreError):
        fc.open_sweep(tmp_path / "s")
    assert tree_bytes(tmp_path) == before


def test_no_store_at_all(tmp_path) -> None:
    with pytest.raises(fc.StoreError, match="no such folder"):
        fc.open_sweep(tmp_path / "nowhere")


def chunk_of(store: Path, name: str) -> Path:
    return next(path for path in sorted((store / name).rglob("*")) if path.is_file() and path.name != "zarr.json")


def flip(store: Path) -> None:
    path = chunk_of(store, "deal")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(bytes(content))


def cut(store: Path) -> None:
    path = chunk_of(store, "ends")
    path.write_bytes(path.read_bytes()[:-3])


def lose(store: Path) -> None:
    chunk_of(store, "end_day").unlink()


def scramble(store: Path) -> None:
    (store / "deal" / "zarr.json").write_text("{")


def reshape(store: Path) -> None:
    path = store / "deal" / "zarr.json"
    content = json.loads(path.read_text())
    content["chunk_grid"]["configuration"]["chunk_shape"] = [1, 2]
    path.write_text(json.dumps(content))


def unknown_status(store: Path) -> None:
    import zarr

    zarr.open_group(store, mode="r+")["status"][0, 0] = 9


def newer(store: Path) -> None:
    path = store / "zarr.json"
    content = json.loads(path.read_text())
    content["attributes"]["format_version"] = 99
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("harm", [flip, cut, lose, scramble, newer])
def test_a_damaged_store_is_refused_on_reading(harm, played) -> None:
    harm(played[1])
    with pytest.raises(fc.StoreError, match="damaged|format version 99"):
        fc.open_sweep(played[1])


@pytest.mark.parametrize("harm", [lose, scramble, reshape, unknown_status, newer])
def test_a_damaged_store_is_not_gone_on_with(harm, played, talks) -> None:
    harm(played[1])
    with pytest.raises(fc.StoreError, match="damaged|format version 99"):
        fc.sweep(talks, LEVERS, store=played[1], **SMALL)


def test_one_sweep_at_a_time(talks, tmp_path) -> None:
    pytest.importorskip("fcntl")
    fc.sweep(talks, LEVERS, store=tmp_path / "s", **SMALL)
    plan = run.make_plan(talks, LEVERS, None, **SMALL)
    context = run.context_of(plan)
    manifest = run.manifest_of(plan, context, run._attrs(plan, context))
    opened = SweepStore.create_or_resume(tmp_path / "s", plan, manifest)
    with opened.lock(), pytest.raises(fc.StoreError, match="another sweep is writing"):
        fc.sweep(talks, LEVERS, store=tmp_path / "s", **SMALL)
    fc.sweep(talks, LEVERS, store=tmp_path / "s", **SMALL)


def test_a_store_that_cannot_be_made_leaves_nothing(talks, tmp_path, monkeypatch) -> None:
    from forecast.sweep import store

    def broken(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(store, "variables_about", broken)
    with pytest.raises(OSError, match="No space"):
        fc.sweep(talks, LEVERS, store=tmp_path / "s", **SMALL)
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_of_one_cell_has_a_store_too(talks, tmp_path) -> None:
    made = fc.sweep(talks, store=tmp_path / "s", **SMALL)
    assert made["deal"].shape == ()
    xr.testing.assert_identical(made, fc.sweep(talks, **SMALL))
    xr.testing.assert_identical(made, fc.sweep(talks, store=tmp_path / "s", **SMALL))
