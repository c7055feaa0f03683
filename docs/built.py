"""Hooks of the site: its footer's version, the sizes of pictures, and what is left out because no page loads it."""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

_NEVER_LOADED = re.compile(r"\.map$|javascripts/lunr/|images/favicon\.png$")
"""Source maps, the word cutters of other languages, and the theme's own logo."""
_PICTURE = re.compile(r"^pictures/.*\.(webp|svg|png|jpe?g)$")

_SHOWN = re.compile(
    r'<img (?![^>]*\bwidth=)([^>]*\bsrc="[^"]*pictures/([\w.-]+))'
)
_SIZE = re.compile(
    r'<svg[^>]*?(?:viewBox="\S+ \S+ ([\d.]+) ([\d.]+)"|width="([\d.]+)" height="([\d.]+)")'
)
HERE = Path(__file__).parent


def on_config(config: MkDocsConfig) -> None:
    """Tell the templates which version these pages are about."""
    config.extra["rxvlm"] = {"version": version("rxvlm")}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Leave out what no page loads: of the theme's files, and of our pictures."""
    pages = " ".join(
        file.content_string for file in files.documentation_pages()
    )
    pages += " ".join(
        path.read_text(encoding="utf-8")
        for path in Path(str(config.theme.custom_dir)).rglob("*.html")
    )
    pages += f" {config.theme['logo']} {config.theme['favicon']}"
    return Files([file for file in files if not _left_out(file, pages)])


def on_page_content(html: str, **_: Any) -> str:  # noqa: ANN401 - mkdocs passes further arguments, which are not used
    """Give each picture its size, so that a page does not jump when the picture has been loaded."""
    return _SHOWN.sub(_sized, html)


def _sized(shown: re.Match[str]) -> str:
    width, height = _size(shown[2])
    return f'<img width="{width}" height="{height}" {shown[1]}'


@cache
def _size(name: str) -> tuple[int, int]:
    """Return the width and height of a picture in pixels."""
    path = HERE / "pictures" / name
    if path.suffix == ".svg":
        found = _SIZE.search(path.read_text(encoding="utf-8"))
        if found is None:
            raise ValueError(f"{path} does not say how large it is")
        width, height = (float(side) for side in found.groups() if side)
        return round(width), round(height)
    image = cv2.imread(str(path))
    if image is None:
        raise ValueError(f"{path} cannot be read")
    height, width = image.shape[:2]
    return width, height


def _left_out(file: File, pages: str) -> bool:
    """Return whether no page loads a file."""
    picture = (
        _PICTURE.search(file.src_uri) is not None and file.src_uri not in pages
    )
    return picture or _NEVER_LOADED.search(file.src_uri) is not None
