"""Every picture: drawn from the numbers, inside its paper, with intervals, alt text and no side effects."""

from __future__ import annotations

import csv
import warnings
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from summary.fake_outcome import SCENARIO, fake_outcome

from forecast import plots
from forecast.errors import StoreError
from forecast.plots import PICTURES, caption_of, figure_for, save_figure
from forecast.summary import summarize
from forecast.summary.text import percent

matplotlib.use("Agg")
NASTY = {
    **SCENARIO, "title": "Talks <script>alert(1)</script> & \"quotes\" at $5 and $7 with a very long title, on and on",
    "parties": {key: {**party, "name": f"<b>{party['name']}</b> $x_1$ & co, the long name of a party"}
                for key, party in SCENARIO["parties"].items()},
    "issues": {key: {**issue, "name": f"{issue['name']} $^2$ <i>"} for key, issue in SCENARIO["issues"].items()},
}


@pytest.fixture(scope="module")
def outcome() -> Any:
    return fake_outcome(40, 60, paths=True)


@pytest.fixture(scope="module")
def data(outcome: Any) -> dict[str, Any]:
    summary = summarize(outcome)
    return {name: summary if picture.takes == "summary" else outcome for name, picture in PICTURES.items()}


def overflow(figure: Any) -> list[str]:
    """Texts that stick out of the paper."""
    renderer = figure.canvas.get_renderer()
    out = []
    unseen = set()
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        low, high = sorted(axis.get_view_interval())
        # Matplotlib keeps the ticks beyond the view and does not draw them.
        unseen |= {tick.label1 for tick in axis.get_major_ticks() if not low - 1e-9 <= tick.get_loc() <= high + 1e-9}
    for text in figure.findobj(matplotlib.text.Text):
        if text not in unseen and text.get_visible() and text.get_text().strip():
            box = text.get_window_extent(renderer)
            inside = figure.bbox
            if box.x0 < -2 or box.y0 < -2 or box.x1 > inside.x1 + 2 or box.y1 > inside.y1 + 2:
                out.append(f"{text.get_text()!r} {box.extents}")
    return out


@pytest.mark.parametrize("width", [120, 160])
@pytest.mark.parametrize("name", PICTURES)
def test_nothing_sticks_out_of_the_paper(name: str, width: int, data: dict[str, Any]) -> None:
    assert overflow(figure_for(name, data[name], width_mm=width)) == []


@pytest.mark.parametrize("name", PICTURES)
def test_names_are_shown_as_written(name: str, tmp_path: Path) -> None:
    nasty = fake_outcome(20, 30, paths=True, scenario=NASTY)
    figure = figure_for(name, nasty)
    assert overflow(figure) == []
    files = save_figure(figure, tmp_path / "x.svg")
    tree = ET.parse(files[0])
    assert not [node for node in tree.iter() if node.tag.endswith("script")]
    assert "<script>" in files[1].read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", [".svg", ".pdf", ".png"])
@pytest.mark.parametrize("name", PICTURES)
def test_files_with_alt_text_and_numbers(name: str, suffix: str, data: dict[str, Any], tmp_path: Path) -> None:
    picture, alt, numbers = save_figure(figure_for(name, data[name]), tmp_path / f"{name}{suffix}", 150)
    assert picture.stat().st_size > 2000
    text = alt.read_text(encoding="utf-8")
    assert SCENARIO["title"] in text
    with open(numbers, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows and all(row["picture"] == name for row in rows)
    if suffix == ".svg":
        root = ET.parse(picture).getroot()
        assert root.get("role") == "img"
        described = [node.text for node in root if node.tag.endswith("desc")]
        assert described == [text.strip()]
    assert {path.name for path in tmp_path.iterdir()} == {picture.name, alt.name, numbers.name}


def test_same_numbers_same_file(data: dict[str, Any], tmp_path: Path) -> None:
    for suffix in (".png", ".pdf"):
        a, b = (save_figure(figure_for("endings", data["endings"]), tmp_path / f"{i}{suffix}", beside=False)[0]
                for i in "ab")
        assert a.read_bytes() == b.read_bytes()


def test_png_has_300_dpi_and_the_width_asked_for(data: dict[str, Any], tmp_path: Path) -> None:
    from PIL import Image

    path = save_figure(figure_for("endings", data["endings"]), tmp_path / "x.png", 160)[0]
    with Image.open(path) as image:
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert image.width / 300 * 25.4 == pytest.approx(160, abs=0.2)
        assert "90% interval" in image.info["Description"]


@pytest.mark.parametrize("name", PICTURES)
def test_draws_on_the_given_axes_and_touches_nothing_else(name: str, data: dict[str, Any]) -> None:
    from matplotlib import pyplot as plt

    before = {key: value for key, value in matplotlib.rcParams.items()}
    open_before = plt.get_fignums()
    figure, ax = plt.subplots()
    made = PICTURES[name].plot(data[name], ax=ax)
    assert made is ax
    figure_for(name, data[name])
    assert plt.get_fignums() == [*open_before, figure.number]
    plt.close(figure)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert {key: value for key, value in matplotlib.rcParams.items()} == before


def test_a_users_style_does_not_reach_files(data: dict[str, Any], tmp_path: Path) -> None:
    plain = save_figure(figure_for("endings", data["endings"]), tmp_path / "a.png", beside=False)[0].read_bytes()
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black", "savefig.dpi": 20}):
        styled = save_figure(figure_for("endings", data["endings"]), tmp_path / "b.png", beside=False)[0].read_bytes()
    assert plain == styled


def test_bars_and_whiskers_are_the_numbers(data: dict[str, Any]) -> None:
    summary = data["endings"]
    ax = figure_for("endings", summary).axes[0]
    widths = [patch.get_width() for patch in ax.patches]
    assert widths == pytest.approx([summary.deal.p, *(made.p for made in summary.ends.values())])
    spans = [line.get_xdata() for line in ax.lines if np.ptp(line.get_xdata()) > 0]
    lows = {round(float(x[0]), 9) for x in spans}
    assert {round(made.low, 9) for made in summary.ends.values() if made.low < made.high} <= lows
    assert caption_of(ax.figure).rows[0]["p"] == summary.deal.p
    shown = " ".join(text.get_text() for text in ax.texts)
    assert all(percent(made.p) in shown for made in summary.ends.values())


def test_curve_ends_where_the_table_does(data: dict[str, Any]) -> None:
    summary = data["incidence"]
    p, low, high = summary.curves.deal
    assert (p[-1], low[-1], high[-1]) == pytest.approx((summary.deal.p, summary.deal.low, summary.deal.high))
    assert (np.diff(p) >= -1e-12).all()


def test_incidence_can_show_both_kinds_of_deal(data: dict[str, Any]) -> None:
    figure = figure_for("incidence", data["incidence"], split=True)
    shown = " ".join(text.get_text() for text in figure.axes[0].texts)
    assert "Agreement" in shown and "Partial deal" in shown
    assert overflow(figure) == []


def test_trial_replays_the_one_asked_for(outcome: Any) -> None:
    code = int(outcome["ending"][3, 7])
    ax = plots.plot_trial(outcome, draw=3, trial=7)
    assert f"day {int(outcome['end_day'][3, 7])}" in ax.get_title(loc="left")
    rows = caption_of(ax.figure).rows
    assert [row for row in rows if row["what"] == "ending"][0]["status"] == list(plots.bars.ENDING_LOOKS)[code]
    assert sum(row["what"] == "attempt" for row in rows) == int((outcome["attempt_day"][3, 7] >= 0).sum())
    from matplotlib import pyplot as plt

    plt.close(ax.figure)
    with pytest.raises(IndexError, match="draws 0 to 39"):
        plots.plot_trial(outcome, draw=40)


def test_what_cannot_be_drawn_is_said(data: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no picture 'endngs'; there are endings"):
        figure_for("endngs", data["endings"])
    with pytest.raises(ValueError, match="paths=True"):
        figure_for("trial", data["endings"])
    with pytest.raises(StoreError, match="paths=True"):
        figure_for("paths", fake_outcome(5, 5))
    with pytest.raises(ValueError, match="no issue 'x'; there are enrichment_moratorium"):
        plots.plot_settlement(data["settlement"], "x")
    bare = summarize(fake_outcome(5, 6, scenario={**SCENARIO, "issues": {}}))
    with pytest.raises(ValueError, match="no issues"):
        figure_for("settlement", bare)
    figure = figure_for("endings", data["endings"])
    with pytest.raises(ValueError, match=r"\.svg, \.pdf, \.png"):
        save_figure(figure, tmp_path / "x.gif")
    with pytest.raises(ValueError, match="from 60 to 420"):
        save_figure(figure, tmp_path / "x.png", 20)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="no picture of forecast.plots"):
        caption_of(matplotlib.figure.Figure())


@pytest.mark.parametrize("draws, trials", [(1, 30), (2, 2), (3, 1)])
@pytest.mark.parametrize("name", [name for name, picture in PICTURES.items() if picture.takes == "summary"])
def test_small_runs_are_drawn_too(name: str, draws: int, trials: int) -> None:
    figure_for(name, fake_outcome(draws, trials))
