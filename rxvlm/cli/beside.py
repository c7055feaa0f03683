"""A text beside its heading, folded on a terminal that is too narrow for one line."""

from __future__ import annotations

import shutil
import sys
import textwrap
from typing import Final

_NARROWEST: Final = 20  # cells for the text; below, the terminal folds as it likes


def beside(heading: str, text: str) -> str:
    """Return a text two cells behind its heading; its further lines begin below the first.

    If stdout is not a terminal, it is one line, of any length.

    Args:
        heading: The heading, as wide as all headings around it.
        text: The text.
    """
    indent = len(heading) + 2
    room = shutil.get_terminal_size().columns - indent if sys.stdout.isatty() else 0
    if room < _NARROWEST:
        return f"{heading}  {text}"
    lines = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)
    return f"{heading}  " + f"\n{'':{indent}}".join(lines)
