"""What can be done with keys: one table for the bindings, the footer, the help, and the command palette."""

from __future__ import annotations

from typing import Final, NamedTuple

from rxvlm.monitor.site import Action


class Key(NamedTuple):
    """A key, and what it does.

    Attributes:
        keys: Textual's names of the keys, with commas between them.
        shown: How people write them.
        action: The name of the action.
        short: What it does, in a word, for the footer; "" where it is not shown there.
        title: What it does, for the help and the palette.
        needs: What it needs a run for; None: it needs none.
    """

    keys: str
    shown: str
    action: str
    short: str
    title: str
    needs: Action | None = None


MOVE: Final = (
    Key("", "↑ ↓ j k", "", "", "move by lines; Page Up and Page Down, g and G move further"),
    Key("enter,right,l", "↵ l →", "open", "open", "open what is under the cursor (↵ is the enter key)"),
)
BACK: Final = Key("escape,left,h", "esc h ←", "back", "", "go back; on a first screen, end the filter")
HELP: Final = Key("question_mark", "?", "help", "help", "show this help")
COMMON: Final = (
    Key("tab", "tab", "next_view", "", "go to the next of Cameras, Events and Log"),
    Key("shift+tab", "⇧tab", "previous_view", "", "go to the one before"),
    Key("slash", "/", "filter", "filter", "show only lines in which a text is found"),
    Key("s", "s", "sort", "sort", "sort in another order"),
    Key("w", "w", "why", "why", "say what became of a moment, and why there was no alert"),
    Key("e", "e", "export", "write", "write the clip and its JSON into a folder"),
    Key("a", "a", "ask", "ask", "ask a question about the camera's newest clip", "ask"),
    Key("p", "p", "pause", "pause", "pause asking about the camera, or go on", "pause"),
    Key("m", "m", "mute", "mute", "mute a rule for a time", "mute"),
    Key("q", "q", "quit", "quit", "quit"),
)
TIME: Final = (
    Key("left,h", "← h", "move(-1)", "earlier", "move to an earlier moment"),
    Key("right,l", "→ l", "move(1)", "later", "move to a later moment"),
    Key("H", "H", "move(-10)", "", "move ten letters to an earlier moment"),
    Key("L", "L", "move(10)", "", "move ten letters to a later moment"),
    Key("plus,equals_sign", "+", "zoom(0.5)", "zoom", "show a shorter time"),
    Key("minus", "-", "zoom(2)", "", "show a longer time"),
    Key("t", "t", "go", "time", "go to a time that you write"),
    Key("n", "n", "event(1)", "next", "go to the next event of the camera"),
    Key("N", "N", "event(-1)", "", "go to the event before"),
)
