"""The panel: widgets bound to levers, the picture beside them, and who calls whom when something moves."""

from __future__ import annotations

import asyncio
import os
from html import escape
from typing import TYPE_CHECKING, Any

from forecast.errors import ScenarioError
from forecast.explore.controls import PLAIN, column, control
from forecast.explore.levers import Lever, levers_of, settings_of
from forecast.explore.picture import headline, picture
from forecast.explore.session import Moved, Session

if TYPE_CHECKING:
    import xarray as xr

    from forecast.scenario import Scenario
    from forecast.sweep.comparison import Comparison

#: Seconds between a touch and the play it sets off: further touches within it cost nothing.
DELAY = 0.02
#: Seconds that controls must rest before a history is weighed in full.
REST = 0.5


def explore(scenario: Scenario | str | os.PathLike[str],
            posterior: xr.DataTree | str | os.PathLike[str] | None = None, *, draws: int = 400, trials: int = 50,
            seed: int | None = None, threads: int | None = None) -> Explorer:
    """Open a panel that plays a scenario anew whenever a control is moved.

    Parameters
    ----------
    scenario : Scenario, name or path
        What the controls start from.
    posterior : xr.DataTree, str or path, optional
        Parameters of the law; None: the one the scenario asks for.
    draws, trials : int, default 400 and 50
        Rows of the posterior and trials under each: 20,000 trials are played at every move.
    seed : int, optional
        None takes fresh entropy. The scenario and all its changes share it, and so their luck.
    threads : int, optional
        Results do not depend on it.

    Returns
    -------
    Explorer
        Shows itself as the last line of a notebook cell.

    Raises
    ------
    ScenarioError
        If the scenario or a number cannot be used.
    PosteriorError
        If the posterior cannot be used.
    ImportError
        If ipywidgets is not installed (extra ``lab``).

    Examples
    --------
    >>> panel = explore("us_iran_final_2026", "prior", draws=20, trials=20, seed=1)
    >>> panel.set("parties.iran.present", True)
    >>> panel.changes
    {'parties.iran.present': True}
    """
    return Explorer(Session(scenario, posterior, draws=draws, trials=trials, seed=seed, threads=threads))


class Explorer:
    """The panel made by :func:`explore`.

    Parameters
    ----------
    session : Session

    Attributes
    ----------
    widget : ipywidgets.Box
        What is shown.
    controls : dict of str to ipywidgets.Widget
        Key of a lever -> its control.
    made : Moved
        What the picture shows now.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.levers: dict[str, Lever] = {lever.key: lever for lever in levers_of(session.scenario)}
        self.controls = {key: control(lever) for key, lever in self.levers.items()}
        self._waiting: asyncio.TimerHandle | None = None
        self._refining: asyncio.TimerHandle | None = None
        self._held = False
        self.widget = self._build()
        for one in self.controls.values():
            one.observe(self._touched, "value")
        self.made: Moved = session.moved({})
        self._draw()

    def _build(self) -> Any:
        import ipywidgets as w

        names = self.session.scenario
        self._title = w.HTML(f'<div class="{PLAIN}" style="font-size:16px;line-height:1.3">'
                             f'<b>{escape(names.title or "")}</b><br>'
                             f'<span style="opacity:.75">as known on {names.as_of}</span></div>')
        self._headline, self._picture, self._notes = w.HTML(), w.HTML(), w.HTML()
        self._reset = w.Button(description="Back to the scenario", icon="undo", tooltip="All controls as they were",
                               layout=w.Layout(width="auto", margin="2px", flex="0 0 auto"))
        self._reset.on_click(lambda _: self.reset())
        left = w.VBox([self._reset, *column(list(self.levers.values()), self.controls)], layout=w.Layout(
            width="372px", max_height="760px", overflow="hidden auto", padding="0 12px 0 0"))
        right = w.VBox([self._headline, self._picture, self._notes],
                       layout=w.Layout(flex="1 1 420px", min_width="0", padding="0 0 0 14px"))
        return w.VBox([self._title, w.HBox([left, right], layout=w.Layout(
            align_items="flex-start", flex_flow="row wrap", width="100%"))])

    # What a caller may do without touching the screen.

    @property
    def changes(self) -> dict[str, Any]:
        """Paths and values that the controls mean now, for :meth:`Scenario.replace_all`."""
        return settings_of(self.session.scenario, list(self.levers.values()),
                           {key: one.value for key, one in self.controls.items()})

    @property
    def scenario(self) -> Scenario:
        """The scenario with the changes made."""
        return self.session.scenario.replace_all(self.changes) if self.changes else self.session.scenario

    def set(self, key: str, value: Any) -> None:
        """Move one control, as a hand would.

        Parameters
        ----------
        key : str
            A key of `controls`.
        value : object
            A position it has.

        Raises
        ------
        KeyError
            If there is no such control.
        """
        self.controls[key].value = value

    def reset(self) -> None:
        """Put every control back to where the scenario has it."""
        self._held = True
        try:
            for key, lever in self.levers.items():
                self.controls[key].value = lever.start
        finally:
            self._held = False
        self._touched(None)

    def compare(self, **options: Any) -> Comparison:
        """Play scenario and change in full, as :func:`forecast.compare` does.

        Parameters
        ----------
        **options
            Of :func:`forecast.compare`; the seed is that of the panel unless given.
        """
        import forecast

        return forecast.compare(self.session.scenario, self.scenario, **{"seed": self.session.seed, **options})

    # From a touch to a picture.

    def _touched(self, _: Any) -> None:
        """Plan a play, once however often controls move before it; without an event loop play at once."""
        if self._held or self._waiting is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.refresh()
            return
        if self._refining is not None:
            self._refining.cancel()
        self._waiting = loop.call_later(DELAY, self._due, loop)

    def _due(self, loop: asyncio.AbstractEventLoop) -> None:
        self._waiting = None
        self.refresh(quick=True)
        if self.made.quick:
            self._refining = loop.call_later(REST, self._refine, loop)

    def _refine(self, loop: asyncio.AbstractEventLoop) -> None:
        """Weigh the history in full beside the loop, and draw it unless a control has moved meanwhile."""
        wanted = self.changes

        def done(playing: asyncio.Future) -> None:
            if not playing.cancelled() and playing.exception() is None and self.changes == wanted:
                self.made = playing.result()
                self._draw()

        loop.run_in_executor(None, self.session.moved, wanted).add_done_callback(done)

    def refresh(self, *, quick: bool = False) -> None:
        """Play what the controls say and draw it; what cannot be played is said, and the last picture stays.

        Parameters
        ----------
        quick : bool, optional
            Weigh a history with few particles.
        """
        try:
            self.made = self.session.moved(self.changes, quick=quick)
        except ScenarioError as error:
            said = "".join(f"<li>{escape(line)}</li>" for line in _lines(error))
            self._headline.value = (
                f'<div class="{PLAIN}" role="alert" style="color:#b3321a;font-size:14px;line-height:1.35">'
                f'This cannot be played:<ul style="margin:2px 0">{said}</ul></div>')
            return
        self._draw()

    def _draw(self) -> None:
        session = self.session
        self._headline.value = (f'<div class="{PLAIN}" aria-live="polite" style="font-size:14px;line-height:1.35;'
                                f'min-height:2.7em">{escape(headline(self.made))}</div>')
        drawn = picture(self.made, draws=session.draws, trials=session.trials, seed=session.seed)
        self._picture.value = f'<div class="{PLAIN}">{drawn}</div>'
        notes = _notes(self.made, self.changes, session)
        self._notes.value = f'<div class="{PLAIN}" style="line-height:1.4">{notes}</div>'

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.widget._repr_mimebundle_(**options)

    def __repr__(self) -> str:
        return f"<Explorer of {self.session.scenario.name}: {len(self.changes)} changes>"


def _lines(error: ScenarioError) -> list[str]:
    if not error.problems:
        return [str(error)]
    return [f"{one.where}: {one.given}; allowed: {one.allowed}" + (f" ({one.fix})" if one.fix else "")
            for one in error.problems]


def _notes(made: Moved, changes: dict[str, Any], session: Session) -> str:
    """Return what was changed, what of it rests on judgement, and the line that plays it again."""
    from forecast.sweep.words import change_lines

    if not made.changes:
        return ""
    items = "".join(f"<li>{escape(line)}</li>" for line in change_lines(
        {path: sides for path, sides in made.changes.items() if path != "adjust.rationale"}))
    judged = [f"{part.part} {part.reason}" for part in made.prior_driven]
    if session.posterior_kind == "prior":
        judged = ["every parameter comes from the expert prior; nothing was fitted to past talks"]
    star = "".join(f"<li>{escape(line)}</li>" for line in judged)
    rests = ("<div>Rests on judgement more than on past talks:</div>"
             f"<ul style='margin:2px 0'>{star}</ul>") if star else ""
    code = f"fc.compare(scenario, {changes!r}, seed={session.seed})"
    return (f"<div>Changed:</div><ul style='margin:2px 0'>{items}</ul>{rests}"
            "<details><summary>As a line of Python</summary>"
            f"<code style='white-space:pre-wrap'>{escape(code)}</code></details>")
