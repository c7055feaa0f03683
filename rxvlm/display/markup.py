"""Pictures, videos and counts as HTML for notebooks: escaped, and limited in size. Pure functions."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from rxvlm.display.traces import innermost_cause, line_of, short_text
from rxvlm.text import one_line

THUMB: Final = 160  # width in pixels of one picture among several
ALONE: Final = 320  # of a picture alone
MOST_PICTURES: Final = 24
MOST_FILM_BYTES: Final = 6_000_000  # a notebook file stores what it shows, and base64 makes it a third larger
_MOST_WORDS: Final = 4000  # characters of a text that are shown
_FEW_LINES: Final = 5  # that are shown without a click

_CARD: Final = (
    "font:13px/1.45 system-ui,sans-serif;border:1px solid #8886;border-radius:6px;padding:8px 10px;max-width:860px"
)
_DIM: Final = "opacity:.7;font-size:12px"
_BAD: Final = "color:#d33"
_COLOURS: Final = {
    "analysed": "#2a9d4a",
    "in flight": "#3b82d6",
    "waiting": "#8ab8e8",
    "failed": "#d33",
    "lost": "#e8890c",
    "skipped": "#999",
    "thinned": "#bbb",
    "unaccounted": "#b0f",
}


def text(words: str) -> str:
    """Return untrusted text as HTML: without control characters, escaped, and cut at 4000 characters."""
    lines = [one_line(line) for line in words[:_MOST_WORDS].splitlines()]
    return "<br>".join(escape(line) for line in lines) + ("..." if len(words) > _MOST_WORDS else "")


def card(heading: str, *parts: str) -> str:
    """Return a box of parts, which are HTML, below a heading, which is plain text."""
    inside = "".join(f'<div style="margin-top:6px">{part}</div>' for part in parts if part)
    return f'<div style="{_CARD}"><div style="{_DIM}">{text(heading)}</div>{inside}</div>'


def picture(jpeg: bytes, caption: str = "", width: int | None = None) -> str:
    """Return a JPEG with its caption as HTML.

    Args:
        jpeg: The picture.
        caption: A few words, shown below it.
        width: Width on the page in pixels; None for that of the picture.
    """
    across = f"width:{width}px;max-width:none;" if width else ""  # otherwise notebooks shrink it to nothing in a table
    source = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
    below = f'<figcaption style="{_DIM}">{text(caption)}</figcaption>' if caption else ""
    image = f'<img src="{source}" alt="{escape(one_line(caption))}" style="{across}display:block;border-radius:3px">'
    return f'<figure style="margin:0;flex:none">{image}{below}</figure>'


def sheet(pictures: Iterable[tuple[bytes, str]], more: int = 0, *, width: int = THUMB, wrap: bool = True) -> str:
    """Return pictures side by side as HTML.

    Args:
        pictures: (JPEG, caption) of each.
        more: Number of pictures that are left out, which is shown, too.
        width: Width of each on the page in pixels.
        wrap: Whether the pictures may take several lines.
    """
    shown = "".join(picture(jpeg, caption, width) for jpeg, caption in pictures)
    rest = f'<div style="{_DIM};align-self:center">and {more:,} more</div>' if more else ""
    return f'<div style="display:flex;flex-wrap:{"wrap" if wrap else "nowrap"};gap:6px">{shown}{rest}</div>'


def film(mp4: bytes, width: int) -> str:
    """Return an MP4 as an HTML player that starts by itself, muted, in a loop.

    Args:
        mp4: The video, at most `MOST_FILM_BYTES`.
        width: Width on the page in pixels.
    """
    source = f"data:video/mp4;base64,{base64.b64encode(mp4).decode('ascii')}"
    return f'<video src="{source}" width="{width}" controls loop muted autoplay playsinline></video>'


def complaint(error: BaseException) -> str:
    """Return an error as HTML: its class, its message and its notes; and folded, the lines of the user's code."""
    said = "".join(f"<br>{text(note)}" for note in getattr(error, "__notes__", ()))
    shown = f'<div style="{_BAD}"><b>{escape(type(error).__name__)}</b>: {text(str(error))}{said}</div>'
    raised = innermost_cause(error)
    return shown + (folded(short_text(error), "where it was raised") if line_of(raised)[1] else "")


def folded(words: str, called: str) -> str:
    """Return preformatted text as HTML that shows only a word for what it is until it is clicked."""
    return f'<details><summary style="{_DIM};cursor:pointer">{text(called)}</summary>{code(words)}</details>'


def facts(known: Mapping[str, str]) -> str:
    """Return named values in one line of HTML, without those that are empty."""
    said = " &middot; ".join(f"{text(name)} <b>{text(value)}</b>" for name, value in known.items() if value)
    return f'<div style="{_DIM}">{said}</div>'


def code(words: str, called: str = "") -> str:
    """Return text as preformatted HTML.

    Args:
        words: The text.
        called: A word for what it is. If the text has more than 5 lines, only this is seen until it is clicked.
    """
    cut = words[:_MOST_WORDS] + ("..." if len(words) > _MOST_WORDS else "")
    lines = ["".join(letter for letter in line if letter.isprintable()) for line in cut.splitlines()]
    inside = escape("\n".join(lines))
    shown = f'<pre style="margin:0;font-size:12px;overflow-x:auto">{inside}</pre>'
    if not called or len(lines) <= _FEW_LINES:
        return shown
    return folded(words, called)


def bars(counts: Mapping[str, int]) -> str:
    """Return counts of frames as one bar and its legend in HTML; counts of 0 are left out."""
    total = sum(counts.values()) or 1
    parts = "".join(
        f'<div title="{escape(term)}: {count:,}" style="width:{count / total:.4%};background:{_colour(term)}"></div>'
        for term, count in counts.items()
        if count
    )
    key = " ".join(
        f'<span style="white-space:nowrap;margin-right:10px"><span style="color:{_colour(term)}">&#9632;</span> '
        f"{count:,} {text(term)}</span>"
        for term, count in counts.items()
        if count
    )
    bar = f'<div style="display:flex;height:14px;border-radius:3px;overflow:hidden;background:#8883">{parts}</div>'
    return f'{bar}<div style="{_DIM};margin-top:4px">{key or "no frames yet"}</div>'


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return an HTML table; headings are plain text, cells are HTML."""
    cell = 'style="text-align:left;vertical-align:top;padding:3px 8px;border-bottom:1px solid #8884"'
    head = "".join(f"<th {cell}>{text(heading)}</th>" for heading in headings)
    body = "".join("<tr>" + "".join(f"<td {cell}>{one}</td>" for one in row) + "</tr>" for row in rows)
    return f'<table style="border-collapse:collapse;font:13px/1.4 system-ui,sans-serif"><tr>{head}</tr>{body}</table>'


def chosen(count: int, most: int = MOST_PICTURES) -> list[int]:
    """Return the positions of at most ``most`` of ``count`` things, evenly spread, the first included."""
    return list(range(count)) if count <= most else [at * count // most for at in range(most)]


def _colour(term: str) -> str:
    return _COLOURS.get(term, _COLOURS["lost"])
