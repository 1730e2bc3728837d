"""From a summary or an outcome to files: the picture, its alt text and its numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.plots.frame import WIDTH_MM, Caption, caption_of, fit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".svg", ".pdf", ".png")


def save_figure(figure: Figure, path: str | Path, width_mm: float | None = None, *, dpi: int = 300,
                beside: bool = True) -> list[Path]:
    """Write a figure with its alt text, and beside it the alt text and a CSV of its numbers.

    Parameters
    ----------
    figure : matplotlib Figure
        With a picture of this package on it.
    path : str or Path
        Ending in ``.svg``, ``.pdf`` or ``.png``.
    width_mm : float, optional
        Width in millimetres, 60 to 420; the height keeps its proportion to the type. As drawn without it.
    dpi : int, optional
        Of a PNG.
    beside : bool, optional
        Also write ``<stem>.alt.txt`` and ``<stem>.csv``.

    Returns
    -------
    list of Path
        The files written; each appears only when it is whole.

    Raises
    ------
    ValueError
        If the ending or the width is not one of the above, or the figure holds no picture of this package.
    """
    from forecast.paths import replacing
    from forecast.summary.table import write_csv

    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"{path.name}: the file must end in {', '.join(FORMATS)}")
    caption = caption_of(figure)
    before = figure.get_size_inches()
    if width_mm is not None:
        if not 60 <= width_mm <= 420:
            raise ValueError(f"width_mm = {width_mm:g}: from 60 to 420")
        # The type keeps its size on paper, so a narrow picture needs the same height, not a smaller one.
        figure.set_size_inches(width_mm / 25.4, before[1])
        figure.draw_without_rendering()
        fit(figure)
    try:
        with replacing(path) as temporary:
            figure.savefig(temporary, format=path.suffix[1:].lower(), dpi=dpi, metadata=_metadata(path, caption),
                           facecolor="white")
        if path.suffix.lower() == ".svg":
            with replacing(path) as temporary:
                temporary.write_text(_described(path.read_text(encoding="utf-8"), caption), encoding="utf-8")
    finally:
        figure.set_size_inches(before)
    written = [path]
    if beside:
        alt = path.with_name(f"{path.stem}.alt.txt")
        with replacing(alt) as temporary:
            temporary.write_text(caption.alt + "\n", encoding="utf-8")
        written += [alt, write_csv([{k: _plain(v) for k, v in row.items()} for row in caption.rows],
                                   path.with_suffix(".csv"))]
    return written


def _plain(value: Any) -> Any:
    """Return a cell for CSV: NaN is empty."""
    return None if isinstance(value, float) and value != value else value


def _metadata(path: Path, caption: Caption) -> dict[str, Any]:
    """Return what the format can say about itself; no date, so that the same numbers give the same file."""
    if path.suffix.lower() == ".png":
        return {"Title": caption.title, "Description": caption.alt, "Software": None}
    if path.suffix.lower() == ".pdf":
        return {"Title": caption.title, "Subject": caption.alt, "CreationDate": None, "ModDate": None}
    return {"Title": caption.title, "Description": caption.alt, "Date": None}


def _described(svg: str, caption: Caption) -> str:
    """Put title and description where screen readers look for them in an SVG."""
    from html import escape

    head = svg.index("<svg")
    close = svg.index(">", head)
    opened = svg[:close] + ' role="img" aria-labelledby="nf-title nf-desc">'
    texts = (f'\n <title id="nf-title">{escape(caption.title)}</title>\n'
             f' <desc id="nf-desc">{escape(caption.alt)}</desc>')
    return opened + texts + svg[close + 1:]


def figure_for(name: str, data: Any, *, width_mm: float = WIDTH_MM, **options: Any) -> Figure:
    """Draw one picture by name on a figure of its own, outside pyplot.

    Parameters
    ----------
    name : str
        ``endings``, ``incidence``, ... : one of :data:`forecast.plots.PICTURES`.
    data : Summary or xr.Dataset
        An outcome is summarised first where the picture needs a summary.
    width_mm : float, optional
    **options
        Passed to the ``plot_*`` function.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no picture of that name, or the data do not hold what it needs.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from forecast.plots import PICTURES

    if name not in PICTURES:
        raise ValueError(f"no picture {name!r}; there are {', '.join(PICTURES)}")
    picture = PICTURES[name]
    data = picture.prepared(data)
    # rcdefaults of the house only while this figure is made: a user's style does not reach the report.
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        figure = Figure(figsize=(width_mm / 25.4, picture.height(data, **options) / 25.4), layout="constrained")
        FigureCanvasAgg(figure)
        picture.draw(figure, data, **options)
        figure.draw_without_rendering()
        fit(figure)
    return figure
