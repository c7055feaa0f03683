from __future__ import annotations

import io
import json
import unicodedata

import pytest

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.errors import ModelTimeoutError
from rxvlm.sinks import as_record, write_jsonl
from rxvlm.vlm import Usage

CLIP = Clip((b"x", b"y"), "image/jpeg", (10.0, 12.5), 8, 8, 10.0, 20.0, captured=1000.0, source="yard", seen=300)


def test_a_record_says_what_was_asked_and_answered() -> None:
    """A record has the facts of the clip, and of the call."""
    record = as_record(Analysis(CLIP, "What?", "m", 1001.0, 1003.0, "Ein Hund, 狗."))
    assert record["camera"] == "yard"
    assert (record["start"], record["end"], record["captured"], record["seen"]) == (10.0, 20.0, 1000.0, 300)
    assert record["times"] == [10.0, 12.5]
    assert (record["age"], record["duration"]) == (3.0, 2.0)
    assert (record["error"], record["usage"], record["value"]) == (None, None, None)


def test_an_error_is_its_kind_and_message() -> None:
    """A failed call says what kind of failure it was."""
    failed = Analysis(CLIP, "What?", "m", 0.0, 1.0, error=ModelTimeoutError("no answer within 60 s"))
    assert as_record(failed)["error"] == {"kind": "ModelTimeoutError", "message": "no answer within 60 s"}


def test_a_line_an_answer() -> None:
    """Each analysis is one line of JSON, readable as it is, flushed at once."""
    file = io.StringIO()
    write = write_jsonl(file)
    write(Analysis(CLIP, "What?", "m", 0.0, 1.0, "two\nlines 狗", {"n": 1}, usage=Usage(5, 6, 7)))
    write(Analysis(CLIP, "What?", "m", 0.0, 1.0, value={1, 2}))
    lines = file.getvalue().splitlines()
    assert len(lines) == 2
    assert "狗" in lines[0]
    first = json.loads(lines[0])
    assert first["text"] == "two\nlines 狗"
    assert first["value"] == {"n": 1}
    assert first["usage"] == {"input": 5, "output": 6, "video": 7}
    assert json.loads(lines[1])["value"] == [1, 2]


def test_what_is_not_seen_is_escaped() -> None:
    """Controls, directions and zero width are escaped, and read back as they were."""
    unseen = "".join(
        chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) in {"Cc", "Cf", "Zl", "Zp"}
    )
    hidden = "\u034f\u115f\u3164\ufe0f\U000e0100"
    file = io.StringIO()
    write_jsonl(file)(Analysis(CLIP, "What?", "m", 0.0, 1.0, f"狗 ü \U0001f415 {unseen}{hidden}"))
    line = file.getvalue().rstrip("\n")
    line.encode("utf-8")
    assert "狗 ü \U0001f415" in line
    assert not set(line) & set(unseen + hidden)
    assert json.loads(line)["text"].startswith("狗 ü \U0001f415 \x00")
    assert json.dumps(json.loads(line)["text"]) == json.dumps(f"狗 ü \U0001f415 {unseen}{hidden}")


def test_half_a_letter_ends_nothing() -> None:
    """Half a surrogate pair, in a text or in a value, becomes a replacement character."""
    file = io.BytesIO()
    value = {"note": "\ud800", "items": ["a \udc00"]}
    with io.TextIOWrapper(file, encoding="utf-8") as text:
        write_jsonl(text)(Analysis(CLIP, "Wh\ud83d?", "m", 0.0, 1.0, "a \ud800 b", value, thought="\udfff"))
        text.flush()
        record = json.loads(file.getvalue())
    assert (record["text"], record["thought"], record["prompt"]) == ("a \ufffd b", "\ufffd", "Wh\ufffd?")
    assert record["value"] == {"note": "\ufffd", "items": ["a \ufffd"]}


def test_thoughts_are_apart() -> None:
    """What a model thought is no part of the text."""
    record = as_record(Analysis(CLIP, "What?", "m", 0.0, 1.0, "A car passes.", thought="Okay, a car?"))
    assert (record["text"], record["thought"]) == ("A car passes.", "Okay, a car?")
    assert Analysis.from_dict(record).thought == "Okay, a car?"


def test_a_file_of_bytes_is_refused_at_once() -> None:
    """Before the first line, which it could not take."""
    with pytest.raises(TypeError, match="takes a path or a text file, not a BytesIO"):
        write_jsonl(io.BytesIO())  # pyright: ignore[reportArgumentType] - that is the mistake
