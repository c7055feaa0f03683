"""Front: what the views of one stream are told, by row and only what changed, and what they ask for."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias, cast

from reactivex.abc import DisposableBase

from rxvlm.concurrency.timers import TIMERS
from rxvlm.notebook.items import Item
from rxvlm.notebook.page import Page

Acts: TypeAlias = dict[str, Callable[[], None]]
"""What a view may ask for: "stop", "pause" and "resume", and "gone" when no view is left."""

_GRACE: Final = 2.0  # seconds in which a view that went may come again, as when a cell is moved
_UNHEARD: Final = 2.0  # seconds between two whole pages, while no view has said that it is there


class Front:
    """The front end's side of a stream that is shown. Any thread may call it.

    A view says hello when it appears, and is sent the whole page; a page that is loaded again has new views. All views
    are told what changes, since a message of a widget goes to all of them; what they know already they leave alone.

    Args:
        widget: The widget.
        page: What is shown.
        acts: What the views may ask for.
    """

    def __init__(self, widget: Any, page: Page, acts: Acts) -> None:  # noqa: ANN401 - a widget of anywidget
        self._widget, self._page, self._acts = widget, page, acts
        self._lock = threading.Lock()
        self._rows: set[int] = set()
        self._cameras: dict[str, dict[str, Any]] = {}
        self._views: defaultdict[str, set[str]] = defaultdict(set)  # by the page that they are on
        self._going: DisposableBase | None = None
        self._whole = 0.0
        widget.on_msg(self._on_message)

    @property
    def heard(self) -> bool:
        """Whether a view has said that it is there."""
        return bool(self._views)

    def update(self) -> None:
        """Tell the views what has changed since."""
        with self._lock:
            if not self.heard and time.monotonic() - self._whole >= _UNHEARD:
                self._send_all()  # a kernel that is busy may hear no view, and yet one is there
                return
            items = {item.number: item for item in self._page.items}
            new = [item for number, item in items.items() if number not in self._rows]
            gone = sorted(self._rows - items.keys())
            cameras = [one for one in self._page.cameras() if one != self._cameras.get(one["name"])]
            about = {"kind": "rows", "head": self._page.head(), "cameras": cameras, "gone": gone}
            self._send(about, new)
            self._rows = set(items)

    def close(self) -> None:
        """Show nothing any more."""
        self._widget.close()

    def _send_all(self) -> None:
        self._whole = time.monotonic()
        items, cameras = self._page.items, self._page.cameras()
        self._send({"kind": "all", "head": self._page.head(), "cameras": cameras}, items)
        self._rows = {item.number for item in items}

    def _send(self, about: dict[str, Any], items: Sequence[Item]) -> None:
        rows = [item.facts for item in items]
        self._tell({**about, "rows": rows}, [picture.jpeg for item in items for picture in item.pictures])
        self._cameras |= {one["name"]: one for one in about["cameras"]}

    def _tell(self, message: dict[str, Any], buffers: Sequence[bytes]) -> None:
        self._widget.send(message, buffers)
        # ipykernel 7.4 hands what a view answers to the shell of the cell that spoke last, which may be busy for hours;
        # without this note it hands it to the subshell that JupyterLab has for widgets.
        if (comm := self._widget.comm) is not None:  # closed
            cast("dict[str, Any]", vars(comm)).pop("_reply_subshell_id", None)

    def _on_message(self, _widget: object, message: Any, _buffers: object) -> None:  # noqa: ANN401 - JSON
        kind, page, view = (str(message.get(name, "")) for name in ("kind", "page", "view"))
        if kind == "hello":
            with self._lock:
                self._views[page].add(view)
                self._stay()
                self._send_all()
        elif kind == "gone":
            with self._lock:
                self._views[page].discard(view)
                if not self._views[page]:
                    self._stay()
                    self._going = TIMERS.schedule_relative(_GRACE, lambda _clock, _state: self._leave(page))
        elif kind == "film":
            item = self._page.item(message.get("row"))
            if item is not None:
                self._tell(*item.opened())
        elif kind in ("stop", "pause", "resume"):
            self._acts[kind]()

    def _stay(self) -> None:
        if self._going is not None:
            self._going.dispose()

    def _leave(self, page: str) -> None:
        if not self._views[page]:
            self._acts["gone"]()
