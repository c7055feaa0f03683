"""Doing: what the keys of every screen do: why, write, ask, pause, mute."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rxvlm.monitor.durations import duration_of
from rxvlm.monitor.lines.when import short_time
from rxvlm.monitor.screens.ask import Ask
from rxvlm.monitor.screens.dialogs import Choice
from rxvlm.store.times import time_text

if TYPE_CHECKING:
    from rxvlm.monitor.screens.view import View

_MUTE_HINT = "30s, 10m, 2h; 0 ends it."
_TIME_HINT = "07:35, 07:35:40 (today), 2h (ago); of a film 3 or 2:07."


def why(view: View, *, asks: bool) -> None:
    """Say what became of the moment that is meant.

    Args:
        view: The screen.
        asks: Whether the moment is written first; what is meant stands there already.
    """
    camera = view.camera()
    if camera is None:
        view.monitor.say("choose a line about a camera first")
        return
    if not asks:
        view.with_moment(lambda moment: view.monitor.open_why(camera, moment))
        return
    moment = view.moment()
    value = "" if moment is None else time_text(moment)
    view.monitor.ask_text(
        f"Why, about {camera} at", value, _TIME_HINT, lambda text: view.monitor.open_why(camera, text)
    )


def export(view: View) -> None:
    """Write the clip that is meant, and its JSON, into a folder that is written first."""

    def write(folder: str) -> None:
        view.monitor.folder = folder
        view.look_up(lambda: _written(view, folder), lambda path: view.monitor.say(f"written: {path}"), "export")

    view.monitor.ask_text("Write the clip and its JSON into the folder", view.monitor.folder, "", write)


def ask(view: View) -> None:
    """Ask a question about the newest clip of the camera that is meant."""
    _with_camera(view, lambda camera: view.monitor.push_screen(Ask(view.board.site, camera)))


def pause(view: View) -> None:
    """Pause asking about the camera that is meant, or go on."""

    def turn(camera: str) -> None:
        site = view.board.site
        paused = camera in site.paused()
        (site.resume if paused else site.pause)(camera)
        view.monitor.say(f"{camera} is asked about again" if paused else f"{camera} is paused: p goes on")
        view.monitor.look()

    _with_camera(view, turn)


def mute(view: View) -> None:
    """Mute a rule for a time: the one that is meant, or one that is chosen first."""
    rules, now = view.board.now.rules, view.board.clock()
    if not rules:
        view.monitor.say("this run has no rules")
        return
    meant = view.rule()
    if meant is not None and any(one.name == meant for one in rules):
        _mute_for(view, meant)
        return
    lines = [(one.name, ((f"{one.name}{_until(one.muted, now)}", ""),)) for one in rules]
    view.monitor.push_screen(Choice("Which rule", lines), lambda rule: None if rule is None else _mute_for(view, rule))


def _mute_for(view: View, rule: str) -> None:
    def take(text: str) -> None:
        try:
            view.board.site.mute(rule, duration_of(text))
        except ValueError as error:
            view.monitor.say(str(error), bad=True)
        view.monitor.look()

    view.monitor.ask_text(f"Mute {rule} for", "10m", _MUTE_HINT, take)


def _until(muted: float | None, now: float) -> str:
    return "" if muted is None else f", muted until {short_time(muted, now)}"


def _with_camera(view: View, then: Callable[[str], object]) -> None:
    camera = view.camera()
    if camera is None:
        view.monitor.say("choose a line about a camera first")
        return
    try:
        then(camera)
    except ValueError as error:
        view.monitor.say(str(error), bad=True)


def _written(view: View, folder: str) -> Path:
    """Write the clip that is meant; return its path.

    Raises:
        ValueError: If no answer is meant.
    """
    from rxvlm.sinks.clips import save_clips

    answer = view.answer()
    if answer is None:
        raise ValueError("there is no answer here whose clip could be written")
    return save_clips(Path(folder).expanduser())(answer.analysis())
