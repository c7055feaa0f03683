"""How the screens look: Textual's CSS."""

from __future__ import annotations

from typing import Final

CSS: Final = """
View > #small { display: none; height: 1fr; }
View.small > * { display: none; }
View.small > #small { display: block; }
#body { height: 1fr; }
#filter { display: none; height: 1; border: none; padding: 0; background: $background; }
#filter.open { display: block; }
Dialog { align: center middle; background: $background 60%; }
Dialog .box { width: 90%; max-width: 90; height: auto; border: round $foreground 60%; padding: 0 1; }
Dialog .box { background: $background; }
Dialog .wide { max-width: 110; }
Dialog Static { height: auto; }
Dialog .hint { color: $foreground 60%; }
Dialog Input { height: 1; border: none; padding: 0; background: $foreground 15%; margin: 0 0 1 0; }
"""
"""The style sheet of the app."""
