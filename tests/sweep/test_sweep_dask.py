"""On a Dask cluster: the same numbers for any number of workers, also when one is killed."""

from __future__ import annotations

import os
import signal
import threading

import pytest
import xarray as xr

import forecast as fc
from forecast.errors import ScenarioError
from forecast.sweep.executor import dask_client

pytest.importorskip("distributed")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
LEVERS = {"adjust.closing": {"low": 0.0, "high": 1.0, "count": 40}}


def test_a_local_cluster_gives_the_same_numbers_even_if_a_worker_is_killed(talks, tmp_path) -> None:
    small, large = {"draws": 10, "trials": 10, "seed": 1}, {"draws": 100, "trials": 300, "seed": 1}
    with dask_client("local") as client:
        xr.testing.assert_identical(fc.sweep(talks, LEVERS, **small), fc.sweep(talks, LEVERS, executor=client, **small))
        victim = next(iter(client.run(os.getpid).values()))
        killed = threading.Event()

        def progress(done: int, total: int) -> None:
            if done >= 3 and not killed.is_set():
                killed.set()
                os.kill(victim, signal.SIGKILL)

        there = fc.sweep(talks, LEVERS, executor=client, store=tmp_path / "s", progress=progress, **large)
        assert killed.is_set()
        threads = client.run(lambda: (os.environ.get("OMP_NUM_THREADS"), os.environ.get("MKL_NUM_THREADS")))
        assert set(threads.values()) == {("1", "1")}
    xr.testing.assert_identical(there, fc.sweep(talks, LEVERS, **large))


def test_an_address_where_nobody_answers() -> None:
    with pytest.raises(ScenarioError, match="address of a running Dask scheduler"), dask_client("tcp://127.0.0.1:9"):
        pass
    with pytest.raises(ScenarioError, match="address of a running"), dask_client("no address"):
        pass
