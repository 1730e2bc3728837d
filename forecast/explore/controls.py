"""Widgets for levers. Only this file and the panel know ipywidgets."""

from __future__ import annotations

from html import escape
from typing import Any

from forecast.explore.levers import GROUPS, Lever

#: Classes that keep MathJax out, of the classic notebook and of JupyterLab.
PLAIN = "mathjax_ignore tex2jax_ignore"


def control(lever: Lever) -> Any:
    """Return the widget of a lever, with its position in `value`.

    Parameters
    ----------
    lever : Lever

    Returns
    -------
    ipywidgets.Widget
        Its description is shown as text, never as markup or as a formula.

    Raises
    ------
    ImportError
        If ipywidgets is not installed.
    """
    try:
        import ipywidgets as w
    except ModuleNotFoundError:
        raise ImportError("the explorer needs ipywidgets: pip install 'negotiation-forecast[lab]'") from None

    words = {"description": _plain(lever.label), "tooltip": _plain(lever.hint or lever.label),
             "style": {"description_width": "126px"},
             "layout": w.Layout(width="345px", margin="1px 2px", flex="0 0 auto")}
    if lever.kind == "choice":
        return w.Dropdown(options=_options(lever), value=lever.start, **words)
    if lever.kind == "steps":
        return w.SelectionSlider(options=_options(lever), value=lever.start, continuous_update=True, **words)
    if lever.kind == "flag":
        return w.Checkbox(value=lever.start, indent=False, **{**words, "style": {}})
    if lever.kind == "ladder":
        return _ladder(lever, words)
    if float(lever.step).is_integer() and isinstance(lever.start, int):
        return w.IntSlider(value=lever.start, min=int(lever.low), max=int(lever.high), step=int(lever.step), **words)
    return w.FloatSlider(value=lever.start, min=lever.low, max=lever.high, step=lever.step,
                         readout_format=".2f" if lever.step < 0.1 else ".1f", **words)


def _plain(text: str) -> str:
    # Labels go through MathJax, which takes two dollar signs for a formula.
    return text.replace("$", "\N{FULLWIDTH DOLLAR SIGN}")


def _options(lever: Lever) -> list[tuple[str, Any]]:
    return [(_plain(label), value) for label, value in lever.options]


def _ladder(lever: Lever, words: dict[str, Any]) -> Any:
    """Return a row of buttons whose value is the modes pressed, in the order of pressing."""
    import ipywidgets as w
    import traitlets

    class Ladder(w.VBox):
        """Modes in order of preference."""

        value = traitlets.Tuple()

        def __init__(self) -> None:
            self._buttons = {value: w.ToggleButton(value=value in lever.start, description=label,
                                                   layout=w.Layout(width="auto", height="26px", margin="1px"))
                             for label, value in lever.options}
            self._order = w.HTML()
            label = w.HTML(f"<span title='{escape(lever.hint, quote=True)}'>{escape(words['description'])}:</span>")
            row = w.HBox(list(self._buttons.values()), layout=w.Layout(flex_flow="row wrap", width="345px"))
            super().__init__([label, row, self._order], layout=w.Layout(margin="1px 2px", flex="0 0 auto"))
            self.value = tuple(lever.start)
            self._say()
            for value, button in self._buttons.items():
                button.observe(lambda change, value=value: self._pressed(value, change["new"]), "value")
            self.observe(lambda _: self._follow(), "value")

        def _pressed(self, value: str, down: bool) -> None:
            rest = tuple(one for one in self.value if one != value)
            self.value = (*rest, value) if down and value not in self.value else self.value if down else rest

        def _follow(self) -> None:
            for value, button in self._buttons.items():
                button.value = value in self.value
            self._say()

        def _say(self) -> None:
            labels = {value: label for label, value in lever.options}
            order = ", then ".join(labels[value].lower() for value in self.value)
            self._order.value = f"<span style='opacity:.75'>{escape(order) if order else 'nothing: it is lost'}</span>"

    return Ladder()


def column(levers: list[Lever], controls: dict[str, Any]) -> list[Any]:
    """Return the controls under the headings of their groups, a frame around each group.

    Parameters
    ----------
    levers : list of Lever
        In order, group by group.
    controls : dict of str to Widget
        By key.
    """
    import ipywidgets as w

    out = []
    for group, decided in GROUPS.items():
        inside: list[Any] = []
        for lever in (one for one in levers if one.group == group):
            if lever.about:
                inside.append(_heading(f"<div class='{PLAIN}' style='margin-top:4px'>{escape(lever.about)}</div>"))
            inside.append(controls[lever.key])
        if inside:
            head = _heading(f"<b>{escape(group)}</b> <span style='opacity:.7'>({escape(decided)})</span>")
            out.append(w.VBox([head, *inside], layout=w.Layout(
                flex="0 0 auto", border_top="1px solid #bbb", padding="4px 0 6px 0", overflow="hidden")))
    return out


def _heading(html: str) -> Any:
    import ipywidgets as w

    return w.HTML(html, layout=w.Layout(flex="0 0 auto", margin="1px 2px"))
