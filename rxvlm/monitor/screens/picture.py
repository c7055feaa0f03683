"""Picture: the frames of a clip on the screen, the very ones that the model was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual.containers import Vertical
from textual.widgets import Static

from rxvlm.clip import Clip
from rxvlm.errors import RxvlmError
from rxvlm.monitor.screens.images import Images
from rxvlm.monitor.screens.sheet import Sheet, sheet_of


class Picture(Vertical):
    """The frames of a clip, side by side and in rows.

    Args:
        images: Makes the widget.
        share: How much of the screen's height they may take, above 0 to 1.
    """

    DEFAULT_CSS: ClassVar[str] = "Picture { height: auto; } Picture > Static { height: 1; color: $foreground 60%; }"

    def __init__(self, images: Images, share: float = 0.4) -> None:
        super().__init__()
        self._images, self._share = images, share
        self._clip: Callable[[], Clip] | None = None
        self.shown: Sheet | None = None

    def show(self, clip: Callable[[], Clip] | None) -> None:
        """Show a clip, which is read and decoded on another thread; None shows nothing.

        Args:
            clip: Returns it.
        """
        self._clip = clip
        self.run_worker(self._draw, exclusive=True)

    def on_resize(self) -> None:
        """Draw again if the screen has another size."""
        size = self.screen.size
        if self.shown is not None and self.shown.screen != (size.width, size.height):
            self.show(self._clip)

    async def _draw(self) -> None:
        clip, size = self._clip, self.screen.size
        room = max(1, size.width), max(1, int(size.height * self._share))
        if clip is None:
            await self.remove_children()
            return
        try:
            sheet = await asyncio.to_thread(lambda: sheet_of(clip(), room, (size.width, size.height)))
        except (RxvlmError, OSError) as error:
            await self.remove_children()
            await self.mount(Static(f"no pictures: {error}", markup=False))
            return
        await self.remove_children()
        self.shown = sheet
        await self.mount(self._images.widget(sheet.image, sheet.columns, sheet.rows))
