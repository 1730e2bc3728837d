"""The evidence behind the shipped posteriors: ``python -m forecast.calibration.evidence``.

Writes ``data/posterior/README.md`` and the pictures in ``data/posterior/checks``. Every number of the text comes from
the tables computed here.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forecast.calibration.checks import Check, predictive_checks, to_text
from forecast.calibration.closing_laws import CANDIDATES, SHIPPED, Score, closing_data, cross_validate
from forecast.calibration.gates import MAX_RHAT, MIN_CONTRACTION, MIN_ESS
from forecast.calibration.replicate import playable
from forecast.paths import data_folder, replacing
from forecast.posterior.layout import PARAMETERS

if TYPE_CHECKING:
    import xarray as xr

    from forecast.talks.load import Talks

_BLOCK_TITLES = {"calendar": "Calendar", "participation": "Participation", "disruption": "Disruption",
                 "outcome": "Outcome", "offers": "Offers"}


def scores_text(scores: list[Score]) -> str:
    """Return the comparison of closing laws as Markdown, with the sentence about the shipped one."""
    lines = ["| closing law | nats per talk | to the best | SE |", "|---|---|---|---|"]
    for score in scores:
        name = f"**{score.law.name}** (shipped)" if score.law == SHIPPED else score.law.name
        lines.append(f"| {name} | {score.mean:.4f} | {score.difference:+.4f} | {score.error:.4f} |")
    shipped = next(score for score in scores if score.law == SHIPPED)
    verdict = "within" if is_near_best(scores) else "NOT within"
    lines += ["", f"The shipped law is {verdict} one standard error of the best "
                  f"({shipped.difference:+.4f}, SE {shipped.error:.4f})."]
    return "\n".join(lines)


def is_near_best(scores: list[Score]) -> bool:
    """Return whether the shipped law is within one standard error of the best."""
    shipped = next(score for score in scores if score.law == SHIPPED)
    return shipped.difference >= -shipped.error


def _interval(values: np.ndarray) -> str:
    """Return mean and 90% interval of a scalar, or the range of the means of an array."""
    if values.ndim == 1:
        low, high = np.quantile(values, [0.05, 0.95])
        return f"{values.mean():.2f} [{low:.2f}, {high:.2f}]"
    means = values.mean(axis=0)
    return f"{means.min():.2f} to {means.max():.2f}"


def parameters_text(full: xr.DataTree, other: Mapping[str, np.ndarray] | None = None, heading: str = "") -> str:
    """Return the table of parameters: means, intervals, data, contraction, role, and another fit beside.

    Parameters
    ----------
    full : xr.DataTree
    other : mapping of str to ndarray, optional
        By path, draws of a fit to part of the table; a path it lacks is marked as not fitted.
    heading : str
        What the other fit is.
    """
    table = full["diagnostics"].to_dataset()
    n = dict(zip(table["parameter"].values, table["n"].values, strict=True))
    learnt = dict(zip(table["parameter"].values, table["contraction"].values, strict=True))
    lines = []
    for block, title in _BLOCK_TITLES.items():
        extra = f" {heading} |" if other is not None else ""
        lines += ["", f"### {title}", "",
                  f"| parameter | mean [90%] |{extra} informed by | n | contraction | role |",
                  "|---|---|" + ("---|" if other is not None else "") + "---|---|---|---|"]
        for parameter in PARAMETERS.values():
            if parameter.group != block:
                continue
            variable = full[block][parameter.name]
            beside = ""
            if other is not None:
                beside = f" {_interval(other[parameter.path]) if parameter.path in other else 'not fitted'} |"
            lines.append(
                f"| {parameter.name} | {_interval(variable.values)} |{beside} {variable.attrs['informed_by']} | "
                f"{n[parameter.path]:.0f} | {learnt[parameter.path]:.2f} | {variable.attrs['role']} |")
    return "\n".join(lines)


def tension_text(talks: Talks, *, seed: int) -> str:
    """Return the outcome block fitted with severity as coded and with all events of equal weight."""
    from forecast.calibration.fit import fit_block
    from forecast.calibration.tables import all_rows

    names = ("collapse_tension", "collapse_intercept", "collapse_cancelled", "close_log_shape")
    lines = ["| parameter | severity as coded | every event as severity 2 |", "|---|---|---|"]
    fits = [fit_block("outcome", all_rows(talks, severity=severity)["outcome"], draws=1000, tune=1000, chains=4,
                      seed=seed) for severity in ("coded", "flat")]
    for name in names:
        cells = " | ".join(_interval(fit.values[f"outcome.{name}"]) for fit in fits)
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


def plot_checks(checks: list[Check], title: str):
    """Draw every check's table value on the replicates' 90% interval, in units of its half width."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 0.19 * len(checks) + 1.0), layout="constrained")
    ax = figure.subplots()
    for row, check in enumerate(checks):
        half = max((check.high - check.low) / 2.0, 1e-12)
        place = (check.seen - (check.low + check.high) / 2.0) / half
        ax.plot([-1, 1], [row, row], color="#9fb3c8", lw=4, solid_capstyle="butt")
        ax.plot(np.clip(place, -3, 3), row, "o", ms=4, color="#0b3c78" if check.inside else "#b3321a")
    ax.set_yticks(range(len(checks)), [f"{check.name}: {check.seen:.3g}" for check in checks], fontsize=6.5)
    ax.invert_yaxis()
    ax.set(xlim=(-3.1, 3.1), xlabel="table, on the 90% interval of replicates", title=title)
    ax.set_xticks([-1, 0, 1], ["5%", "middle", "95%"])
    return figure


def sbc_text(folder: Path) -> str:
    """Return the table of the last simulation-based calibration, if there was one."""
    path = folder / "sbc.json"
    if not path.is_file():
        return "Not run yet: `make sbc`."
    lines = ["| block | simulations | parameters | outside their 95% band | divergences | minutes |",
             "|---|---|---|---|---|---|"]
    for block, figures in json.loads(path.read_text(encoding="utf-8")).items():
        strangers = ", ".join(figures["outside"]) or "none"
        lines.append(f"| {block} | {figures['simulations']} | {figures['parameters']} | {strangers} | "
                     f"{figures['divergences']} | {figures['seconds'] / 60:.0f} |")
    pictures = " ".join(f"![{p.stem}](checks/{p.name})" for p in sorted(folder.glob("sbc_*.png")))
    return "\n".join([*lines, "", pictures])


def fit_beside(talks: Talks, seed: int) -> tuple[dict[str, np.ndarray], list[str]]:
    """Fit every block to part of the table; a block that fails its gates is told, not shown.

    Parameters
    ----------
    talks : Talks
    seed : int

    Returns
    -------
    values : dict of str to ndarray
        Draws by path.
    refused : list of str
        A sentence for each block that failed.
    """
    from forecast.calibration.fit import BLOCKS, block_rows, fit_block
    from forecast.errors import CalibrationError

    values: dict[str, np.ndarray] = {}
    refused = []
    for block in BLOCKS:
        shape = float(np.exp(values["outcome.close_log_shape"]).mean()) if "outcome.close_log_shape" in values else 1.3
        try:
            fit = fit_block(block, block_rows(talks, block, shape), draws=1000, tune=1000, chains=4, seed=seed)
        except CalibrationError as error:
            refused.append(f"The {block} block fails its gates there: "
                           f"{'; '.join(f'{problem.where}, {problem.given}' for problem in error.problems[:3])}.")
        else:
            values.update(fit.values)
    return values, refused


def sampling_text(trees: dict[str, xr.DataTree]) -> str:
    """Return how the shipped fits were sampled."""
    lines = ["| posterior | block | sampler | target accept | divergences | compile, s | sample, s |",
             "|---|---|---|---|---|---|---|"]
    for name, tree in trees.items():
        for block, record in json.loads(tree.attrs["sampling"]).items():
            if block != "seed":
                lines.append(f"| {name} | {block} | {record['sampler']} | {record['target_accept']} | "
                             f"{record['divergences']} | {record['compile_seconds']} | {record['sample_seconds']} |")
    return "\n".join(lines)


def gates_text(tree: xr.DataTree) -> str:
    """Return the worst figures of the gates in one sentence."""
    table = tree["diagnostics"].to_dataset()
    worst = {name: float(np.nanmax(table[name]) if name == "rhat" else np.nanmin(table[name]))
             for name in ("rhat", "ess_bulk", "ess_tail")}
    return (f"Largest R-hat {worst['rhat']:.3f} (gate {MAX_RHAT}), smallest effective sizes {worst['ess_bulk']:.0f} "
            f"bulk and {worst['ess_tail']:.0f} tail (gate {MIN_ESS}), no divergence.")


def compose(parts: dict[str, str], trees: dict[str, xr.DataTree]) -> str:
    """Return the text of the README."""
    full, held_out = trees["full"], trees["held_out"]
    return f"""# Posteriors

Made by commands, not by hand: `python -m forecast.calibration.ship` fits and writes the files,
`python -m forecast.calibration.sbc` checks the models against the kernels, `python -m forecast.calibration.evidence`
writes this page.

| file | talks | conflicts left out | content hash | created |
|---|---|---|---|---|
| `full.nc` | {full.attrs['talks']} | none | `{full.attrs['content_hash'][:12]}` | {full.attrs['created']} |
| `held_out.nc` | {held_out.attrs['talks']} | {held_out.attrs['excluded_conflicts'].replace(',', ', ')} | \
`{held_out.attrs['content_hash'][:12]}` | {held_out.attrs['created']} |

Data: `data/talks`, hash `{full.attrs['data_hash'][:12]}`. 1,000 draws each, thinned from the chains and shuffled.
Shipped scenarios use `held_out.nc`, so that no talks of their own conflict informed their forecast.

## Sampling

{gates_text(full)}

{parts['sampling']}

## Which closing law

Scores are log-likelihoods of a talk's sequence of attempts, for talks of conflicts that were not fitted (10 folds by
conflict, {parts['repeats']} repeats), averaged over a normal approximation of each posterior; standard errors
are of paired differences, with conflicts as clusters. "Cure" is the ZOPA coin with its prior Beta(30, 1).

{parts['scores']}

What it says: the state of the deadline earns its place, the shape of the hazard hardly matters, and whether talks end
in a deal is a base rate. The table was made to hold about half deals; its rate is not the world's.

## Posterior predictive check

Each replicate plays every talk of the table from its first attempt with the kernels, under one draw of the posterior;
only domain, mediation, deadline, pandemic and the first day are taken from the table. Bold: must lie inside.

{parts['checks']}

![posterior predictive](checks/posterior_predictive.png)

## Prior predictive check

The same under the priors of the models: they allow far more than the table holds.

![prior predictive](checks/prior_predictive.png)

## One law: simulation-based calibration

Parameters from the priors, talks played by the kernels, each block fitted to the played table; the rank of the truth
among draws must be uniform. Of 100 correct parameters, 5 are expected outside their band.

{parts['sbc']}

## Tension and hindsight

Severity 3 means "stopped or nearly stopped the talks": partly the result itself. With every event at the weight of
severity 2 the effect of tension on collapse is what is left without that coding.

{parts['tension']}

Take the first column as an upper bound of what events do.

## Parameters

Contraction is 1 - posterior variance / prior variance (on the log scale for positive numbers, log-odds for shares),
the median over elements. Prior-driven: below {MIN_CONTRACTION}, or by judgement (effects of mode and attendance on
effort are association; the ZOPA coin is pushed to its bound by the table; concession depends on the choice of clock;
failed retreats are never recorded; novelty has no data). Beside the full fit: talks whose every value was checked
against its source ({parts['checked']} talks). {parts['refused']} Arrays show the range of their means.
{parts['parameters']}
"""


def main(arguments: list[str]) -> int:
    """Compute everything and write the page; return 1 when a promise of it does not hold."""
    from forecast.calibration.prior import prior_tree
    from forecast.posterior import load_posterior
    from forecast.talks import load_talks

    parser = argparse.ArgumentParser(prog="python -m forecast.calibration.evidence",
                                     description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=data_folder() / "posterior")
    parser.add_argument("--repeats", type=int, default=6, help="of the cross-validation")
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    talks = load_talks()
    trees = {name: load_posterior(name) for name in ("full", "held_out")}
    print("posterior and prior predictive checks", flush=True)
    checks = predictive_checks(talks, trees["full"], replicates=options.replicates, seed=options.seed)
    prior = predictive_checks(talks, prior_tree(talks, draws=100, seed=options.seed), replicates=100, seed=options.seed)
    for name, found in (("posterior_predictive", checks), ("prior_predictive", prior)):
        with replacing(options.out / "checks" / f"{name}.png") as path:
            plot_checks(found, name.replace("_", " ")).savefig(path, format="png", dpi=110)
    print("closing laws", flush=True)
    scores = cross_validate(closing_data(playable(talks)), (*CANDIDATES, SHIPPED), repeats=options.repeats,
                            seed=options.seed)
    print("tension both ways", flush=True)
    tension = tension_text(talks, seed=options.seed)
    print("checked talks", flush=True)
    checked = talks.subset(talk.id for talk in talks if talk.checked)
    beside, refused = fit_beside(checked, options.seed)
    parts = {
        "sampling": sampling_text(trees), "scores": scores_text(scores), "repeats": str(options.repeats),
        "checks": to_text(checks), "sbc": sbc_text(options.out / "checks"), "tension": tension,
        "checked": str(len(checked)), "refused": " ".join(refused),
        "parameters": parameters_text(trees["full"], beside, "checked talks only"),
    }
    with replacing(options.out / "README.md") as path:
        path.write_text(compose(parts, trees), encoding="utf-8")
    broken = [check.name for check in checks if check.must and not check.inside]
    if not is_near_best(scores):
        broken.append("the shipped closing law is more than one standard error below the best")
    print("; ".join(broken) or "all promises hold", flush=True)
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
