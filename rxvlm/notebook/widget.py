"""The widget of a live view, on anywidget; None where it is not installed, or nothing could show it."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any, Final

from rxvlm.notebook.cells import running_cell

MIME: Final = "application/vnd.jupyter.widget-view+json"
_SCRIPTS: Final = ("parts.js", "row.js", "camera.js", "view.js")  # one module, in this order


def new_widget(saved: str, height: int) -> Any:  # noqa: ANN401 - of a class that is made when it is first needed
    """Return a new widget; None where anywidget is missing, or no cell is running.

    Args:
        saved: Names the HTML that stands beside it in the file; the view hides it.
        height: Of the view, in pixels.
    """
    if running_cell() is None:
        return None
    made = _class()
    return None if made is None else made(saved=saved, height=height)


@cache
def _class() -> Any:  # noqa: ANN401 - a subclass of what is imported here
    try:
        anywidget, traitlets = import_module("anywidget"), import_module("traitlets")
    except ImportError:
        return None
    folder = files("rxvlm.notebook") / "live"
    parts: dict[str, Any] = {
        "_esm": "\n".join((folder / script).read_text(encoding="utf-8") for script in _SCRIPTS),
        "_css": (folder / "view.css").read_text(encoding="utf-8"),
        "saved": traitlets.Unicode().tag(sync=True),
        "height": traitlets.Int().tag(sync=True),
    }
    return type("LiveView", (anywidget.AnyWidget,), {"__module__": __name__, **parts})
