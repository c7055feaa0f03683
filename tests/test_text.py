from __future__ import annotations

import pytest

from rxvlm.text import UnicodeJoiner, one_line, valid_unicode


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("A car.\n\n It  leaves.", "A car. It leaves."),
        ("\x1b[2J\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("bell\x07 and\x08 more\x9b", "bell and more"),
        ("一只狗 走过", "一只狗 走过"),
        ("\u202egnp.exe", "gnp.exe"),
        ("cut \x1b", "cut"),
        ("", ""),
        ("\x1b]0;never ends", "0;never ends"),
        ("\x1b]8;;http://x\na car\x07", "8;;http://x a car"),
        ("\x1b]" + "a" * 3000 + "\x07", "a" * 3000),
        ("\x1b[" + "1;" * 200 + " a car", "1;" * 200 + " a car"),
        ("\x1bP a car", "a car"),
        ("\x1b\x1b[31mred", "red"),
    ],
)
def test_only_words_are_left(said: str, shown: str) -> None:
    """Escape sequences, control characters and direction overrides are removed, words of any script stay."""
    assert one_line(said) == shown


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("car", "car"),
        ("é\U0001f697", "é\U0001f697"),
        ("\ud83d\ude97", "\U0001f697"),
        ("a \ud800 b", "a \ufffd b"),
        ("\ude97\ud83d", "\ufffd\ufffd"),
        ("\ud83d", "\ufffd"),
    ],
)
def test_text_becomes_valid_unicode(text: str, valid: str) -> None:
    """Pairs are joined, single halves are replaced one by one, and all else stays."""
    assert valid_unicode(text) == valid
    joiner = UnicodeJoiner()
    assert "".join(map(joiner.join, text)) + joiner.join("", final=True) == valid
