"""The whole: a small backtest, its tables, JSON, files, report, pictures, and the command."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import forecast as fc
from forecast.backtest import baselines
from forecast.backtest import run as driver
from forecast.backtest.ablation import ABLATIONS, ablated
from forecast.backtest.reliability import pit_histogram, reliability, sharpness, stated
from forecast.backtest.files import open_backtest, save_backtest
from forecast.backtest.show import bias, deal_skill, to_dict, verdicts
from forecast.backtest.words import BASELINES_OF, CLASSES, LANDMARKS, NUMBERS, TARGETS
from forecast.cli.app import app
from forecast.engine.arrays import PosteriorArrays
from forecast.errors import StoreError
from forecast.plots import caption_of
from forecast.talks import Talks



@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frequencies stand in for the two fitted baselines, which have tests of their own."""

    def frequency(x: np.ndarray, y: np.ndarray, groups: np.ndarray, new: np.ndarray) -> np.ndarray:
        return np.tile(np.unique(y, return_counts=True)[1] / len(y), (len(new), 1))

    monkeypatch.setattr(baselines, "_logit", frequency)
    monkeypatch.setattr(baselines, "_boosting", frequency)


SMALL = {"draws": 10, "trials": 10, "seed": 1, "landmarks": ["attempt_1"]}


def test_scores_of_the_table_are_means_of_the_cases(small: Any) -> None:
    at = small["at"].values == "attempt_1"
    for target in ("ending", "deal_90"):
        own = small["log_score"].sel(class_target=target).sel({"forecaster": "model"}).values[at]
        shown = (
            small["score"]
            .sel(landmark="attempt_1", target=target, metric="log_score")
            .sel({"forecaster": "model"})
        )
        assert float(shown) == pytest.approx(np.nanmean(own), rel=1e-5)
    both = small["log_score"].sel(class_target="deal_90")
    gain = both.sel({"forecaster": "domain"}) - both.sel({"forecaster": "model"})
    shown = small["skill"].sel(landmark="all", target="deal_90", baseline="domain", bound="value")
    assert float(shown) == pytest.approx(float(gain.mean()), rel=1e-4, abs=1e-6)


def test_scores_are_those_of_the_stored_forecasts(small: Any) -> None:
    p = small["p"].sel(event="deal_90").sel({"forecaster": "model"}).values
    happened = small["happened"].sel(class_target="deal_90").values
    expected = -np.log(np.where(happened == 1, p, 1 - p))
    shown = small["log_score"].sel(class_target="deal_90").sel({"forecaster": "model"}).values
    np.testing.assert_allclose(shown, expected, rtol=1e-4)


def test_json_contract(small: Any) -> None:
    made = json.loads(json.dumps(to_dict(small), allow_nan=False))
    assert set(made) == {"n_talks", "landmarks", "coverage"} and made["n_talks"] == 10
    assert set(made["landmarks"]) - {"all"} <= set(LANDMARKS)
    for targets in made["landmarks"].values():
        assert set(targets) == set(TARGETS)
        for target, one in targets.items():
            assert set(one) == {"n", "log_score", "brier", "crps", "baseline", "skill"} and isinstance(
                one["n"], int
            )
            assert set(one["baseline"]) == set(one["skill"]) == set(BASELINES_OF[target])
            assert all(set(scores) == {"log_score", "brier", "crps"} for scores in one["baseline"].values())
            assert all(set(skill) == {"value", "low", "high"} for skill in one["skill"].values())
            if one["n"]:
                assert (one["crps"] is None) == (target in CLASSES)
    assert set(made["coverage"]) == set(NUMBERS)
    assert all(set(one) == {"50", "80", "90", "n"} for one in made["coverage"].values())


def test_results_do_not_depend_on_workers_or_on_other_talks(some: Talks, quick: None) -> None:
    one = fc.backtest(some, posterior="prior", threads=1, **SMALL)
    four = fc.backtest(some, posterior="prior", threads=4, **SMALL)
    assert one.drop_attrs().identical(four.drop_attrs())
    fewer = fc.backtest(some.subset(some.ids[:4]), posterior="prior", threads=2, **SMALL)
    kept = one["p_ending"].isel(case=np.isin(one["talk"].values, fewer["talk"].values))
    np.testing.assert_array_equal(kept.values, fewer["p_ending"].values)


def test_baselines_of_a_given_posterior_come_from_strangers(some: Talks, quick: None) -> None:
    made = fc.backtest(some, posterior="prior", **SMALL)
    assert "share no conflict" in made.attrs["baselines"] and made.attrs["talks_seen"] == 0
    seen = fc.backtest(some, posterior="full", **SMALL)
    assert seen.attrs["talks_seen"] == 10 and verdicts(seen)[0].startswith("CAUTION")


@pytest.mark.parametrize("split", ["kfold", "rolling"])
def test_two_folds_end_to_end(
    some: Talks, monkeypatch: pytest.MonkeyPatch, split: str, quick: None
) -> None:
    """The expert prior stands in for the refits; who would be trained on is checked."""
    asked = []

    def prior_for_each(table: Talks, plans: list, *_: Any) -> list:
        asked.extend(plan for plan, _ in plans)
        return [fc.load_posterior("prior")] * len(plans)

    monkeypatch.setattr(driver, "_fitted", prior_for_each)
    made = fc.backtest(some, folds=2, split=split, **SMALL)
    assert len(asked) == 2 and made.attrs["folds"] == 2 and made.attrs["split"] == split
    for number, plan in enumerate(asked):
        assert set(made["talk"].values[made["fold"].values == number]) <= set(plan.test)
        assert not set(plan.train) & set(plan.test)


@pytest.mark.parametrize(
    "wrong",
    [
        {"draws": 0},
        {"trials": True},
        {"seed": -1},
        {"split": "random"},
        {"ablations": ["gravity"]},
        {"landmarks": ["day_31"]},
    ],
)
def test_bad_settings_are_refused_by_name(some: Talks, wrong: dict) -> None:
    ((name, _),) = wrong.items()
    with pytest.raises(ValueError, match=name.removesuffix("s")):
        fc.backtest(some, posterior="prior", **{**SMALL, **wrong})


def test_a_file_is_read_back_and_others_are_refused(small: Any, tmp_path: Path) -> None:
    save_backtest(small, tmp_path / "b.nc")
    again = open_backtest(tmp_path / "b.nc")
    np.testing.assert_array_equal(again["score"].values, small["score"].values)
    assert to_dict(again) == to_dict(small)
    (tmp_path / "not.nc").write_text("no")
    for name in ("missing.nc", "not.nc"):
        with pytest.raises(StoreError):
            open_backtest(tmp_path / name)


def test_mechanisms_turn_off_what_they_say() -> None:
    arrays = PosteriorArrays.of(fc.load_posterior("prior"), 5)
    assert (ablated(arrays, ABLATIONS["tension"]).values["collapse_tension"] == 0).all()
    assert (arrays.values["collapse_tension"] != 0).any()
    without = ablated(arrays, ABLATIONS["without_political_nor_novel"])
    assert without.values["kind_rate"][:, 2].max() < 1e-6 < without.values["kind_rate"][:, 1].min()
    assert without.values["novel_share"].max() < 1e-6
    assert ablated(arrays, ABLATIONS["history"]) is arrays


def test_ablations_are_scored_against_the_model(small: Any) -> None:
    assert small["ablation"].values.tolist() == ["tension", "history"]
    gain = small["ablation_skill"].sel(target="next_day", bound="value")
    assert np.isfinite(gain.values).all() and abs(float(gain.sel(ablation="history"))) > 1e-6


def test_report_and_pictures(small: Any, tmp_path: Path) -> None:
    pytest.importorskip("jinja2")
    page = fc.report(small, tmp_path / "b.html").read_text(encoding="utf-8")
    assert page.count("<figure>") >= 6 and page.count("<img") == page.count("<figure>")
    assert all(html.escape(sentence) in page for sentence in verdicts(small))
    from matplotlib.figure import Figure

    for target in ("deal", "end_day"):
        ax = fc.plot_reliability(small, target, ax=Figure().add_subplot())
        assert ax.get_title(loc="left") and caption_of(ax.figure).rows
    ax = fc.plot_skill(small, ax=Figure().add_subplot())
    assert "base rate by domain" in [label.get_text() for label in ax.get_yticklabels()]
    with pytest.raises(ValueError, match="event"):
        fc.plot_reliability(small, "weather")


def test_tables_behind_the_pictures(small: Any) -> None:
    made = reliability(small, "deal_90", bins=4)
    assert (
        made.n.sum() == len(made.p) and (made.low <= made.high).all() and (np.diff(made.forecast) >= 0).all()
    )
    pit = pit_histogram(small, "end_day")
    assert pit.height.sum() == pytest.approx(1) and pit.low < 0.1 < pit.high
    assert 0 < sharpness(small)["next_day"] <= 180
    assert len(deal_skill(small)) == 3
    p, happened, _ = stated(small, "deal_90")
    assert bias(small, "deal_90")[0] == pytest.approx((happened - p).mean())


def test_reliability_finds_a_broken_forecaster(small: Any) -> None:
    """Probabilities turned round are far outside their band."""
    broken = small.copy(deep=True)
    broken["p"][:] = np.where(
        broken["happened"].sel(class_target="deal_90").values[:, None, None] == 1, 0.02, 0.9
    )
    assert reliability(broken, "deal_90", bins=3).inside == 0


def test_command(some: Talks, tmp_path: Path, quick: None) -> None:
    import shutil

    folder = tmp_path / "talks"
    shutil.copytree(Path(some.folder), folder)
    for name in ("talks", "rounds", "events", "offers", "other_events", "absent_sides"):
        lines = (folder / f"{name}.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / f"{name}.csv").write_text(
            lines[0] + "".join(line for line in lines[1:] if line.split(",")[0] in some.ids), encoding="utf-8"
        )
    arguments = [
        "backtest",
        "--talks",
        str(folder),
        "--posterior",
        "held_out",
        "--landmark",
        "attempt_1",
        "--draws",
        "10",
        "--trials",
        "10",
        "--seed",
        "1",
    ]
    result = CliRunner().invoke(app, [*arguments, "--json", "--out", str(tmp_path / "b.nc")])
    assert result.exit_code == 0, result.output
    made = json.loads(result.stdout)
    assert made["n_talks"] == 10 and set(made["landmarks"]) == {"attempt_1", "all"}
    assert to_dict(open_backtest(tmp_path / "b.nc")) == made
    page = CliRunner().invoke(app, ["report", str(tmp_path / "b.nc"), "--out", str(tmp_path / "b.md")])
    assert page.exit_code == 0 and "honest" in (tmp_path / "b.md").read_text(encoding="utf-8")
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0 and "Significantly better than the model:" in shown.stdout


def test_command_reports_every_problem_of_a_bad_folder(some: Talks, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "talks"
    shutil.copytree(Path(some.folder), folder)
    for name, old, new in (("talks", "nuclear_arms", "nuclear_armz"), ("rounds", "held", "helt")):
        text = (folder / f"{name}.csv").read_text(encoding="utf-8")
        (folder / f"{name}.csv").write_text(text.replace(old, new, 3), encoding="utf-8")
    result = CliRunner().invoke(app, ["backtest", "--talks", str(folder), "--posterior", "prior"])
    assert result.exit_code == 2 and "Traceback" not in result.output
    assert "talks.csv" in result.output and "rounds.csv" in result.output
    missing = CliRunner().invoke(
        app, ["backtest", "--talks", str(tmp_path / "nothing"), "--posterior", "prior"]
    )
    assert missing.exit_code == 2
