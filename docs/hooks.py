"""Hooks of the site: docstrings become Markdown, and public names become links."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from typing import Any

from griffe import Extension, Object

_DRAWING = re.compile(r"^::\n\n((?:(?: {4}.*)?\n?)+)", re.MULTILINE)
_EXAMPLE = re.compile(r"^>>> .*(?:\n.+)*", re.MULTILINE)
_NO_PROSE = re.compile(
    r"(^```.*?^```|^#[^\n]*|^ {4}[^\n]*)", re.MULTILINE | re.DOTALL
)
_SHOWN = re.compile(r"^::: (rxvlm[\w.]*)\.(\w+)$", re.MULTILINE)
_HEADING = re.compile(r"^(#+) ", re.MULTILINE)
_USUAL_LEVEL = 2
"""The level of the headings under which things are documented, as mkdocs.yml has it."""
_NAME = re.compile(r"(?<![`\[])`(\w+)((?:\.\w+)?)`(?!`)")
_SHELVES = (
    "",
    ".errors",
    ".metrics",
    ".models",
    ".operators",
    ".sinks",
    ".sources",
    ".testing",
)


def on_page_markdown(markdown: str, **_: Any) -> str:  # noqa: ANN401 - mkdocs passes further arguments, which are not used
    """Point the directives of a page to where things are defined, and make links of the public names in its prose."""
    parts = _NO_PROSE.split(_SHOWN.sub(_found, markdown))
    return "".join(
        part if at % 2 else _NAME.sub(_linked, part)
        for at, part in enumerate(parts)
    )


class Docstrings(Extension):
    """Converts docstrings to Markdown: drawings and examples become blocks, public names become links."""

    def on_object(self, *, obj: Object, **_: Any) -> None:  # noqa: ANN401 - griffe passes further arguments, which are not used
        """Convert the docstring of an object."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)
        if obj.path in _import_paths():
            obj.extra["rxvlm"]["path"] = _import_paths()[obj.path]


def as_markdown(docstring: str) -> str:
    """Return a docstring as Markdown."""
    drawn = _DRAWING.sub(
        lambda found: f"```text\n{_dedented(found[1])}\n```\n\n", docstring
    )
    shown = _EXAMPLE.sub(lambda found: f"```pycon\n{found[0]}\n```", drawn)
    return _NAME.sub(_linked, shown)


def _dedented(drawing: str) -> str:
    return "\n".join(line[4:] for line in drawing.rstrip().split("\n"))


def _found(shown: re.Match[str]) -> str:
    """Replace a name by the place of its definition, since an operator and its module have the same name."""
    where, name = shown.groups()
    home = _home(where, name)
    if home is None and where.removeprefix("rxvlm") in _SHELVES:
        return shown[0]
    levels = [
        len(signs) for signs in _HEADING.findall(shown.string[: shown.start()])
    ]
    level = ""
    if levels and levels[-1] != _USUAL_LEVEL:
        level = f"\n    options:\n      heading_level: {levels[-1] + 1}"
    return f'<a id="{name}"></a>\n\n::: {home or shown[0][4:]}{level}'


def _linked(found: re.Match[str]) -> str:
    name, rest = found[1], found[2]
    home = _homes().get(name)
    return (
        found[0]
        if home is None
        else f'<autoref identifier="{home}" optional><code>{name}{rest}</code></autoref>'
    )


@cache
def _import_paths() -> dict[str, str]:
    """Return the path from which to import each thing of ours, by the full name under which it is documented."""
    paths: dict[str, str] = {}
    for shelf in _SHELVES:
        module = import_module(f"rxvlm{shelf}")
        for name in getattr(module, "__all__", dir(module)):
            home = _home(module.__name__, name)
            if home is not None:
                paths.setdefault(home, f"{module.__name__}.{name}")
    return paths


@cache
def _homes() -> dict[str, str]:
    """Return the full name under which each public name is documented; of two of one name, the first shelf's."""
    homes: dict[str, str] = {}
    for home, path in _import_paths().items():
        homes.setdefault(path.rpartition(".")[2], home)
    return homes


def _home(module: str, name: str) -> str | None:
    """Return the full name under which a name of a module is documented; None if it is none of ours."""
    named: Any = getattr(import_module(module), name, None)
    if not getattr(named, "__module__", "").startswith("rxvlm") or not hasattr(
        named, "__qualname__"
    ):
        return None
    return f"{named.__module__}.{named.__qualname__}"
