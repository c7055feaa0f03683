"""Pictures, videos and counts as HTML for notebooks: escaped, and limited in size. Pure functions."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from rxvlm.display.prose import MOST_WORDS
from rxvlm.display.style import STYLE
from rxvlm.display.traces import innermost_cause, line_of, short_text
from rxvlm.media.jpeg_segments import size_of
from rxvlm.text import one_line

THUMB: Final = 160  # width in pixels of one picture among several
ALONE: Final = 320  # of a picture alone
LARGE: Final = 640  # of a picture that was clicked, and so of the JPEG: dense screens show twice the pixels, too
_FILM: Final = 480  # of a film
MOST_PICTURES: Final = 24
MOST_FILM_BYTES: Final = 6_000_000  # a notebook file stores what it shows, and base64 makes it a third larger
_SHORT: Final = 80  # letters of a cell without pictures, and without sentences
_FEW_LINES: Final = 5  # that are shown without a click

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
    lines = [one_line(line) for line in words[:MOST_WORDS].splitlines()]
    return "<br>".join(escape(line) for line in lines) + ("..." if len(words) > MOST_WORDS else "")


def card(heading: str, *parts: str) -> str:
    """Return a box of parts, which are HTML, below a heading, which is plain text."""
    above = f'<div class="rxv-head">{text(heading)}</div>' if heading else ""
    inside = "".join(f'<div class="rxv-part">{part}</div>' for part in parts if part)
    return f'{STYLE}<div class="rxv">{above}{inside}</div>'


def picture(jpeg: bytes, caption: str = "", width: int | None = None, *, alt: str = "") -> str:
    """Return a JPEG with its caption as HTML; it grows to its card when it is clicked, and shrinks again.

    Args:
        jpeg: The picture, with at least twice the pixels that it is shown with, as dense screens have them.
        caption: A few words, shown below it.
        width: Width on the page in pixels; None for that of the picture.
        alt: What it shows, for those who do not see it; "" for its caption.
    """
    size = size_of(jpeg)  # so that the page does not move when it is loaded
    ratio = f"aspect-ratio:{size[0]}/{size[1]};" if size else ""
    across = f"width:{width}px;" if width else ""
    source = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
    image = f'<img src="{source}" alt="{escape(one_line(alt or caption))}" style="{across}{ratio}">'
    below = f'<figcaption class="rxv-dim">{text(caption)}</figcaption>' if caption else ""
    return f"<figure><details><summary>{image}</summary></details>{below}</figure>"


def sheet(pictures: Iterable[tuple[bytes, str, str]], more: int = 0, *, width: int = THUMB) -> str:
    """Return pictures side by side as HTML.

    Args:
        pictures: (JPEG, caption, what it shows) of each; see `picture`.
        more: Number of pictures that are left out, which is shown, too.
        width: Width of each on the page in pixels.
    """
    shown = "".join(picture(jpeg, caption, width, alt=alt) for jpeg, caption, alt in pictures)
    rest = f'<div class="rxv-dim rxv-more" style="align-self:center">and {more:,} more</div>' if more else ""
    return f'<div class="rxv-sheet">{shown}{rest}</div>'


def film(mp4: bytes, size: tuple[int, int], *, alt: str = "") -> str:
    """Return an MP4 as an HTML player that starts by itself, muted, in a loop.

    Args:
        mp4: The video, at most `MOST_FILM_BYTES`.
        size: (width, height) of its pictures in pixels; it is shown at most 480 wide.
        alt: What it shows, for those who do not see it.
    """
    source = f"data:video/mp4;base64,{base64.b64encode(mp4).decode('ascii')}"
    shape = (
        f'style="width:{min(size[0], _FILM)}px;aspect-ratio:{size[0]}/{size[1]}" aria-label="{escape(one_line(alt))}"'
    )
    return f'<video src="{source}" {shape} controls loop muted autoplay playsinline></video>'


def complaint(error: BaseException) -> str:
    """Return an error as HTML: its class, its message and its notes; and folded, the lines of the user's code."""
    said = "".join(f"<br>{text(note)}" for note in getattr(error, "__notes__", ()))
    shown = f'<div class="rxv-bad"><b>{escape(type(error).__name__)}</b>: {text(str(error))}{said}</div>'
    raised = innermost_cause(error)
    return shown + (folded(short_text(error), "where it was raised") if line_of(raised)[1] else "")


def folded(words: str, called: str) -> str:
    """Return preformatted text as HTML that shows only a word for what it is until it is clicked."""
    return f'<details><summary class="rxv-dim" style="cursor:pointer">{text(called)}</summary>{code(words)}</details>'


def seconds(times: Sequence[float]) -> str:
    """Return times in seconds as plain text, of more than 24 the first ones and the last."""
    shown = [f"{time:.2f}" for time in times]
    return f"{', '.join(shown if len(shown) <= MOST_PICTURES else [*shown[:23], '...', shown[-1]])} s"


def facts(known: Mapping[str, str]) -> str:
    """Return named values in one line of HTML, without those that are empty."""
    said = " &middot; ".join(f"{text(name)} <b>{text(value)}</b>" for name, value in known.items() if value)
    return f'<div class="rxv-dim">{said}</div>'


def code(words: str, called: str = "") -> str:
    """Return text as preformatted HTML.

    Args:
        words: The text.
        called: A word for what it is. If the text has more than 5 lines, only this is seen until it is clicked.
    """
    cut = words[:MOST_WORDS] + ("..." if len(words) > MOST_WORDS else "")
    lines = ["".join(letter for letter in line if letter.isprintable()) for line in cut.splitlines()]
    inside = escape("\n".join(lines))
    shown = f"<pre>{inside}</pre>"
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
        f'<span class="rxv-nowrap"><i class="rxv-key" style="background:{_colour(term)}"></i>'
        f"{count:,} {text(term)}</span>"
        for term, count in counts.items()
        if count
    )
    said = ", ".join(f"{count:,} {term}" for term, count in counts.items() if count) or "no frames yet"
    bar = f'<div class="rxv-bar" role="img" aria-label="{escape(one_line(said))}">{parts}</div>'
    return f'{bar}<div class="rxv-dim" style="margin-top:4px">{key or said}</div>'


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> str:
    """Return an HTML table.

    Args:
        headings: The names of the columns, as plain text.
        rows: Their cells, as HTML.
        caption: What the table shows, as plain text.
    """
    above = f"<caption>{text(caption)}</caption>" if caption else ""
    head = "".join(f'<th scope="col">{text(heading)}</th>' for heading in headings)
    body = "".join(f"<tr>{''.join(map(_cell, headings, row))}</tr>" for row in rows)
    return f'<table class="rxv-table">{above}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def chosen(count: int, most: int = MOST_PICTURES) -> list[int]:
    """Return the positions of at most ``most`` of ``count`` things, evenly spread, the first included."""
    return list(range(count)) if count <= most else [at * count // most for at in range(most)]


def _cell(heading: str, inside: str) -> str:
    """Return a cell; a narrow page has no columns, and so the name of a short one stands in it."""
    named = inside and len(inside) <= _SHORT
    return f'<td data-head="{escape(one_line(heading))}">{inside}</td>' if named else f"<td>{inside}</td>"


def _colour(term: str) -> str:
    return _COLOURS.get(term, _COLOURS["lost"])
