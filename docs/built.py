"""Hooks of the site: the version of its footer, and what is left out because no page loads it."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

_NEVER_LOADED = re.compile(r"\.map$|javascripts/lunr/|images/favicon\.png$")
"""Source maps, the word cutters of other languages, and the theme's own logo."""
_PICTURE = re.compile(r"^pictures/.*\.(webp|svg|png|jpe?g)$")


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


def _left_out(file: File, pages: str) -> bool:
    """Return whether no page loads a file."""
    picture = (
        _PICTURE.search(file.src_uri) is not None and file.src_uri not in pages
    )
    return picture or _NEVER_LOADED.search(file.src_uri) is not None
