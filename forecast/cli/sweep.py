"""``forecast sweep``: every combination of levers under sampled uncertainties, from a plan file."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecast.cli.shared import JsonOption, console, print_json, say, target, working

if TYPE_CHECKING:
    import xarray as xr

_MOST_OPTIONS = 30


def sweep(
    plan: Annotated[Path, typer.Argument(
        metavar="PLAN", show_default=False,
        help="YAML file with scenario, levers, uncertainties; see `forecast sweep --help`.")],
    store: Annotated[Path | None, typer.Option(
        metavar="FOLDER", show_default=False,
        help="Stream the results to this Zarr store; run again to go on after an interruption. Without it: the plan's.",
    )] = None,
    dask: Annotated[str | None, typer.Option(
        "--dask", metavar="ADDRESS|local", show_default=False,
        help="Play the cells on a Dask cluster: tcp://host:8786, a scheduler file, or local.")] = None,
    processes: Annotated[int | None, typer.Option(
        min=1, max=1024, metavar="N", show_default=False,
        help="Play the cells in so many processes of this machine.")] = None,
    threads: Annotated[int | None, typer.Option(
        min=1, max=1024, metavar="N", show_default=False,
        help="Threads of this process. Without it: all cores, where cells are large enough.")] = None,
    draws: Annotated[int | None, typer.Option(min=1, metavar="N", show_default=False,
                                              help="Instead of the plan's.")] = None,
    trials: Annotated[int | None, typer.Option(min=1, metavar="N", show_default=False,
                                               help="Instead of the plan's.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**63 - 1, metavar="N", show_default=False,
                                             help="Instead of the plan's.")] = None,
    out: Annotated[Path | None, typer.Option(
        "--out", "-o", metavar="FILE", show_default=False,
        help="Also write the result to a .nc file (netCDF).")] = None,
    plot: Annotated[Path | None, typer.Option(
        "--plot", metavar="FOLDER", show_default=False,
        help="Also draw it: the measure over the levers, regret, indices, value of information.")] = None,
    as_json: JsonOption = False,
) -> None:
    r"""Forecast every combination of levers, under every sample of the uncertainties, all on the same luck.

    The plan is a YAML file, for example:

        scenario: us_iran_final_2026
        levers:
          next_round.fallback: {none: \[], proximity first: \[proximity, remote], remote: \[remote]}
          substitute:
            delegate: {parties.iran.without_principal: delegate}
            by video: {parties.iran.without_principal: remote}
        uncertainties:
          parties.us.delegate_authority: {low: 0.1, high: 0.9}
          disruptions.kinds.escalation.rate_multiplier: {lognormal: {median: 2, gsd: 1.5}}
        design: lhs
        samples: 64
        measure: next_round_held
        seed: 1

    Also: draws, trials, by, posterior, store, lowest.
    """
    from forecast.sweep.files import read_plan
    from forecast.sweep.run import sweep as run

    if dask is not None and processes is not None:
        raise typer.BadParameter("--dask and --processes exclude each other", param_hint="--processes")
    found = read_plan(plan)
    arguments = {**found.arguments, **{key: value for key, value in (("draws", draws), ("trials", trials),
                                                                      ("seed", seed)) if value is not None}}
    scenario = arguments.pop("scenario")
    folder = store or found.store
    file = target(out, f"{plan.stem}.nc", (".nc",)) if out else None
    if plot is not None and not plot.is_dir():
        raise typer.BadParameter(f"the folder {str(plot)!r} does not exist; make it first", param_hint="--plot")
    with _where(dask, processes) as executor, counting(f"sweeping {plan.name}") as progress:
        made = run(scenario, **arguments, executor=executor, store=folder, threads=threads, progress=progress)
    written = [folder] if folder else []
    if file:
        written.append(_save(made, file))
    if plot:
        with working("drawing"):
            written += _draw(made, plot, plan.stem, found)
    if as_json:
        print_json(_content(made, found))
    else:
        _show(made, found)
    for path in written:
        say(f"wrote {path}")


@contextlib.contextmanager
def _where(dask: str | None, processes: int | None) -> Iterator[Any]:
    """Yield the executor asked for."""
    if dask is not None:
        from forecast.sweep.executor import dask_client

        with dask_client(dask) as client:
            yield client
    elif processes is not None:
        from forecast.sweep.executor import process_pool

        with process_pool(processes) as pool:
            yield pool
    else:
        yield None


@contextlib.contextmanager
def counting(message: str) -> Iterator[Callable[[int, int], None]]:
    """Show on a terminal's stderr how many cells are done and how long the rest will take."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeElapsedColumn, TimeRemainingColumn

    with Progress(TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn(),
                  TextColumn("left"), TimeRemainingColumn(), console=console(err=True), transient=True) as progress:
        task = progress.add_task(escape(message), total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _save(made: xr.Dataset, path: Path) -> Path:
    from forecast.paths import replacing

    text = {name: made[name].astype(str) for name in made.variables if made[name].dtype.kind == "O"}
    plain = made.assign(text)
    for name in plain.variables:
        if plain[name].dtype == bool:
            plain[name] = plain[name].astype("int8").assign_attrs(made[name].attrs)
    with working(f"writing {path}"), replacing(path) as temporary:
        plain.to_netcdf(temporary, engine="h5netcdf")
    return path


def _explained(made: xr.Dataset, found: Any) -> dict[str, Any]:
    """Return what the sweep allows: regret with levers, indices with uncertainties, value of information with both."""
    from forecast.sweep.explain import regret, roles, uncertainty_names, value_of_information
    from forecast.sweep.sensitivity import indices

    out = {}
    levers, _ = roles(made)
    names = uncertainty_names(made)
    options = any(made.sizes[dim] > 1 for dim in levers)
    if options:
        out["regret"] = regret(made, found.measure, lowest=found.lowest)
    if names:
        out["indices"] = indices(made, [found.measure])
    if names and options and made.attrs["design"] != "saltelli":
        out["information"] = value_of_information(made, found.measure, lowest=found.lowest)
    return out


def _content(made: xr.Dataset, found: Any) -> dict[str, Any]:
    """Return the sweep as one JSON object."""
    from forecast.sweep.explain import measured
    from forecast.sweep.failures import failures

    array = measured(made, found.measure)
    name, dot, label = found.measure.partition(".")
    parts = [part for part in ("low", "high", "mc_error") if f"{name}_{part}" in made]
    four = {"value": array, **{part: measured(made, f"{name}_{part}{dot}{label}") for part in parts}}
    explained = {key: {str(k): v.values for k, v in {**one.coords, **one.data_vars}.items()}
                 for key, one in _explained(made, found).items()}
    return {"scenarios": json.loads(made.attrs["scenarios"]), "seed": made.attrs["seed"], "draws": made.attrs["draws"],
            "trials": made.attrs["trials"], "design": made.attrs["design"], "dims": list(map(str, array.dims)),
            "coords": {str(key): made[key].values for key in made.coords}, "measure": found.measure,
            **{key: one.values for key, one in four.items()}, "explained": explained, "failures": failures(made),
            "prior_driven": json.loads(made.attrs["prior_driven"])}


def _show(made: xr.Dataset, found: Any) -> None:
    """Print what the sweep says."""
    from forecast.sweep.report import sweep_parts

    for part in sweep_parts(made, found.measure, _explained(made, found), most=_MOST_OPTIONS):
        console().print(part)


def _draw(made: xr.Dataset, folder: Path, stem: str, found: Any) -> list[Path]:
    from forecast.plots import sweeps
    from forecast.plots.whatif import save_whatif

    written = []
    if made["status"].ndim:
        written += save_whatif(sweeps.plot_sweep, made, folder / f"{stem}-sweep.png", height_mm=96.0,
                               measure=found.measure)
    for key, one in _explained(made, found).items():
        draw = {"regret": sweeps.plot_regret, "indices": sweeps.plot_sobol, "information": sweeps.plot_information}[key]
        rows = one.sizes["option" if key == "regret" else "uncertainty"]
        written += save_whatif(draw, one, folder / f"{stem}-{key}.png", height_mm=44 + 9.0 * min(rows, 20))
    return written


