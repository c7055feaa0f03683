"""What a model wrote, as HTML: Markdown, without HTML, links and pictures of its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Final

from rxvlm.text import one_line

if TYPE_CHECKING:  # it takes a tenth of what the values take to be loaded, and only what is shown needs it
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MOST_WORDS: Final = 4000
"""Characters of a text that are shown."""


def prose(words: str) -> str:
    """Return a text that a model wrote as HTML; it is untrusted, and may be Markdown.

    Nothing in it can be clicked or fetched: a link becomes its words and its address, a picture its description, and
    HTML is shown as it was written. Headings become bold lines, since the notebook has headings of its own. Control
    characters are removed, and a text is cut at 4000 characters.

    >>> prose("Two **cars**, see [here](https://example.org)")
    '<div class="rxv-say"><p>Two <strong>cars</strong>, see here (https://example.org)</p></div>'
    """
    return f'<div class="rxv-say">{_parser().renderer.render(_parsed(words), _parser().options, {}).strip()}</div>'


def plain_words(words: str) -> str:
    r"""Return the same text on one line, without the marks of Markdown.

    >>> plain_words("Two **cars**:\n\n- a `van`\n- [more](https://example.org)")
    'Two cars: a van more (https://example.org)'
    """
    said = [_words_in(token) for token in _parsed(words)]
    return one_line(" ".join(said))


def _parsed(words: str) -> list[Token]:
    """Return the tokens of a text; what could be clicked or fetched is words in them."""
    cut = words[:MOST_WORDS] + ("..." if len(words) > MOST_WORDS else "")
    return list(map(_harmless, _parser().parse("\n".join(map(_cleaned, cut.splitlines())))))


def _words_in(token: Token) -> str:
    """Return the words of a line or a block, without marks."""
    return "".join(one.content or " " * one.type.endswith("break") for one in token.children or [token])


@cache
def _parser() -> MarkdownIt:
    """Return the parser: that of CommonMark, with tables, and with line breaks as they were written."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False, "breaks": True, "xhtmlOut": False}).enable("table")


def _cleaned(line: str) -> str:
    """Return a line without escape sequences and control characters; its indentation means something in Markdown."""
    indented = len(line) - len(line.lstrip(" "))
    return line[:indented] + one_line(line)


def _harmless(token: Token) -> Token:
    token.info = ""  # the language of a block of code, which becomes a class
    if token.type in ("heading_open", "heading_close"):
        token.tag = "p"
        token.attrs = {"class": "rxv-head"} if token.nesting > 0 else {}
    if token.children:
        token.children = list(_without_addresses(token.children))
    return token


def _without_addresses(tokens: list[Token]) -> Iterator[Token]:
    """Yield the tokens of a line, with words in place of links and pictures."""
    address, said = "", ""
    for token in tokens:
        if token.type == "link_open":
            address, said = str(token.attrs.get("href", "")), ""
        elif token.type == "link_close":
            yield _words("" if address in ("", said) else f" ({address})")
        elif token.type == "image":
            yield _words(f"[picture: {token.content}]")
        else:
            said += token.content
            yield token


def _words(text: str) -> Token:
    from markdown_it.token import Token

    return Token("text", "", 0, content=text)
