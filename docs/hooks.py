"""What the site needs beyond its configuration."""

from __future__ import annotations

from typing import Any


def on_page_content(html: str, **_: Any) -> str:  # noqa: ANN401 - mkdocs gives what it gives
    """Leave out the mark that opens a drawing in a docstring."""
    return html.replace("<p>::</p>", "")
