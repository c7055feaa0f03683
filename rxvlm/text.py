"""Cleaning of what models say: control characters, halves of Unicode characters, and thoughts before the answer."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

# A sequence that is too long, or never ends, loses only its beginning: a text must not vanish behind it.
_ESCAPE = re.compile(
    r"\x1b(?:\[[0-?]{0,99}[ -/]{0,9}[@-~]|\][^\x00-\x1f\x7f-\x9f]{0,2048}(?:\x07|\x1b\\|\x9c)|[^\x1b])?", re.DOTALL
)
_TAG: Final = re.compile(r"(?i)<(/?)(?:seed:)?(?:thinking|think|thoughts|thought)\s*>|◁(/?)think▷|\[(/?)think\]")
_SPELLINGS: Final = ("<think>", "<thinking>", "<thought>", "<thoughts>", "<seed:think>", "◁think▷", "[think]")
_TAGS: Final = (*_SPELLINGS, *(f"{spelling[0]}/{spelling[1:]}" for spelling in _SPELLINGS))
_CLOSING: Final = "</think>"


def one_line(text: str) -> str:
    r"""Return a text as one line, without escape sequences and control characters, white space collapsed.

    >>> one_line("a \x1b[31mred\x1b[0m\n  car\x07")
    'a red car'
    """
    seen = _ESCAPE.sub("", text)
    folded = " ".join(seen.split())
    return "".join(letter for letter in folded if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co"))


def valid_unicode(text: str) -> str:
    r"""Return a text whose halves of surrogate pairs are joined; one without its other half becomes U+FFFD.

    >>> ascii(valid_unicode("a \ud83d\ude97 b \ud800"))
    "'a \\U0001f697 b \\ufffd'"
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return UnicodeJoiner().join(text, final=True)
    return text


class UnicodeJoiner:
    r"""Makes pieces of a text valid Unicode: a surrogate pair that is cut between two pieces is joined.

    >>> joiner = UnicodeJoiner()
    >>> [ascii(joiner.join(piece)) for piece in ("car \ud83d", "\ude97!")]
    ["'car '", "'\\U0001f697!'"]
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-16-le")("replace")

    def join(self, text: str, *, final: bool = False) -> str:
        """Return the next piece, valid; half a pair at its end is held back, unless it is the final piece."""
        return self._decoder.decode(text.encode("utf-16-le", "surrogatepass"), final)


@dataclass(slots=True)
class ThoughtHabit:
    """What the answers of a model have shown about its thoughts; shared by its calls.

    Attributes:
        closes_unopened: Whether it has closed a thought that it had not opened: its answers are held back to their end.
    """

    closes_unopened: bool = False


class ThoughtSplitter:
    r"""Separates the thoughts from an answer that comes in pieces: ``<think>...</think>`` and its other spellings.

    What is inside such tags is held back. A closing tag that was not opened ends a thought that began with the
    answer: some servers leave the opening tag in the prompt. If pieces of that thought were passed on before, a
    closing tag is passed on, too, so that `split_thoughts` can still separate them in the whole answer.

    >>> splitter = ThoughtSplitter()
    >>> [splitter.add(piece) for piece in ("<thi", "nk>a ca", "r</th", "ink>\n\nA c", "ar.")], splitter.end()
    (['', '', '', 'A c', 'ar.'], '')
    >>> splitter.thought
    'a car'

    Args:
        habit: That of the model; if it closes thoughts that it has not opened, nothing is passed on before the end.

    Attributes:
        spoke: Whether there was any text of an answer so far.
    """

    def __init__(self, habit: ThoughtHabit | None = None) -> None:
        self.spoke = False
        self._habit = habit or ThoughtHabit()
        self._hold = self._habit.closes_unopened
        self._joiner = UnicodeJoiner()
        self._rest: str = ""  # what is not decided: white space, and what may be the beginning of a tag
        self._held: list[str] = []
        self._thoughts: list[str] = []
        self._inside = self._after_thought = False

    @property
    def thought(self) -> str:
        """The thoughts so far, without white space around them."""
        return "".join(self._thoughts).strip()

    def add(self, text: str, thought: str = "") -> str:
        """Add a piece of the answer; return the text that can be passed on.

        Args:
            text: What the server sent as text.
            thought: What it sent as a thought, apart from the text.
        """
        if thought:
            self._thoughts.append(thought)
        return self._passed(self._split(self._joiner.join(text)))

    def end(self, *, cut: bool = False) -> str:
        """Return the rest of the text, at the end of the answer.

        Args:
            cut: Whether the model was stopped by a limit: if it closes thoughts that it has not opened, and closed
                none here, it was still thinking.
        """
        text = self._split(self._joiner.join("", final=True), final=True)
        self._hold, text = False, "".join(self._held) + text
        if self._held and cut and not self._after_thought:
            self._thoughts.append(text)
            return ""
        return self._passed(text)

    def _passed(self, text: str) -> str:
        if self._hold:
            self._held.append(text)
            return ""
        self.spoke = self.spoke or bool(text.strip())
        return text

    def _split(self, text: str, *, final: bool = False) -> str:
        """Return the text without thoughts, as far as that is decided."""
        text, parts = self._rest + text, list[str]()
        while tag := _TAG.search(text):
            before, text = text[: tag.start()], text[tag.end() :]
            opens = not any(tag.groups())
            if self._inside:
                self._thoughts.append(before)
                self._hold = self._hold or opens  # a thought in a thought: what ends it may be the next tag or this
            elif opens:
                parts.append(before)
            else:
                self._close_unopened(parts, before)
            self._inside, self._after_thought = opens, True
        at = len(text) if final else _undecided(text)
        self._rest = text[at:]
        if self._inside:
            self._thoughts.append(text[:at])
        else:
            parts.append(text[:at])
        return self._trimmed("".join(parts), final=final)

    def _close_unopened(self, parts: list[str], before: str) -> None:
        """Take what came before for a thought; mark it, if some of it was passed on."""
        self._habit.closes_unopened |= not self._after_thought
        if self.spoke:
            parts.append(before + _CLOSING)
            return
        self._thoughts += [*self._held, *parts, before]
        self._held.clear()
        parts.clear()

    def _trimmed(self, text: str, *, final: bool) -> str:
        """Hold back white space before the answer; drop it after a thought."""
        if self.spoke or any(map(str.strip, self._held)):
            return text
        if self._after_thought:
            return text.lstrip()
        if not text.strip() and not final:
            self._rest = text + self._rest
            return ""
        return text


def split_thoughts(text: str) -> tuple[str, str]:
    """Return (answer, thought) of a whole answer.

    >>> split_thoughts("The user asks for cars...</think> A car passes.")
    ('A car passes.', 'The user asks for cars...')
    """
    if not _TAG.search(text):
        return text, ""
    splitter = ThoughtSplitter(ThoughtHabit(closes_unopened=True))
    splitter.add(text)
    return splitter.end(), splitter.thought


def _undecided(text: str) -> int:
    """Return where the beginning of a tag may begin at the end of a text; its length if nowhere."""
    at = max(map(text.rfind, "<◁["))
    return at if at >= 0 and any(tag.startswith("".join(text[at:].lower().split())) for tag in _TAGS) else len(text)
