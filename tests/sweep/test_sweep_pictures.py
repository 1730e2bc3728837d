"""Pictures of what-ifs and sweeps: drawn on given axes, with intervals, captions and nothing left behind."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

import forecast as fc
from forecast.plots.frame import caption_of
from forecast.plots.whatif import figure_of, save_whatif
from forecast.sweep.explain import regret, value_of_information

SMALL = {"draws": 20, "trials": 20, "seed": 1}
LEVERS = {"parties.port.present": [True, False], "horizon_days": [30, 60]}
FIELDS = {"adjust.loss": {"low": -1.0, "high": 1.0}, "beliefs_weight": {"low": 0.0, "high": 1.0}}


@pytest.fixture(autouse=True, scope="module")
def no_window():
    mpl.use("Agg")
    yield
    plt.close("all")


def drawn(kind: str, talks):
    """Return a plot function and what it draws."""
    if kind == "compare":
        return fc.plot_compare, fc.compare(talks, {"parties.port.present": False}, **SMALL), {}
    if kind == "stress":
        return fc.plot_stress, fc.stress(talks, **SMALL), {}
    if kind == "tornado":
        return fc.plot_tornado, fc.sensitivity(talks, FIELDS, levers={"horizon_days": [30, 60]}, method="tornado",
                                               **SMALL), {}
    swept = fc.sweep(talks, LEVERS, FIELDS, samples=8, **SMALL)
    return {"sweep": (fc.plot_sweep, swept, {"measure": "ends.collapse"}),
            "sample": (fc.plot_sweep, swept, {"measure": "end_day", "x": "beliefs_weight", "by": "horizon_days"}),
            "regret": (fc.plot_regret, regret(swept), {}), "information": (fc.plot_information,
                                                                           value_of_information(swept), {}),
            "sobol": (fc.plot_sobol, fc.sensitivity(swept, measure=["deal", "end_day"]), {"measure": "end_day"})}[kind]


KINDS = ["compare", "stress", "tornado", "sweep", "sample", "regret", "information", "sobol"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_says_and_holds_its_numbers(kind: str, talks, tmp_path) -> None:
    plot, data, options = drawn(kind, talks)
    before = dict(mpl.rcParams)
    figure = figure_of(plot, data, height_mm=100, **options)
    assert dict(mpl.rcParams) == before
    caption = caption_of(figure)
    assert len(caption.alt) > 40 and caption.rows
    intervals = [row for row in caption.rows if any(key.endswith("low") for key in row)]
    assert intervals == caption.rows
    ink = figure.get_tightbbox(figure.canvas.get_renderer())
    assert ink.x0 > -0.02 and ink.x1 < figure.get_figwidth() + 0.02
    assert ink.y0 > -0.02 and ink.y1 < figure.get_figheight() + 0.02
    open_before = plt.get_fignums()
    (path,) = save_whatif(plot, data, tmp_path / "p.svg", height_mm=100, **options)
    assert "<title" in path.read_text() and plt.get_fignums() == open_before


@pytest.mark.parametrize("kind", KINDS)
def test_given_axes_are_drawn_on(kind: str, talks) -> None:
    plot, data, options = drawn(kind, talks)
    figure, axes = plt.subplots(1, 2)
    assert plot(data, ax=axes[1], **options) is axes[1] and not axes[0].has_data()
    plt.close(figure)


def test_a_comparison_may_be_drawn_in_part(talks) -> None:
    made = fc.compare(talks, {"adjust.closing": 2.0}, **SMALL)
    ax = fc.plot_compare(made, keys=["deal", "ends.collapse"])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Collapse", "Deal (full or partial)"]
    dots = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(dots, [made["ends.collapse"].difference.value, made["deal"].difference.value])
    plt.close("all")


def test_a_single_cell_has_no_axis(talks) -> None:
    with pytest.raises(ValueError, match="a single cell"):
        fc.plot_sweep(fc.sweep(talks, **SMALL))
