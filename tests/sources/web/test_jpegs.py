"""JPEGs cut out of bytes: whatever stands around them, and however the bytes are divided."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_cameras import jpeg_of

from rxvlm.sources.web import jpegs
from rxvlm.sources.web.jpegs import JpegSplitter, end_of_jpeg, size_of_jpeg

PICTURES = [jpeg_of(index) for index in range(4)]
THUMBNAIL = jpeg_of(9, (16, 16))
WITH_THUMBNAIL = PICTURES[0][:2] + b"\xff\xe1" + (len(THUMBNAIL) + 2).to_bytes(2, "big") + THUMBNAIL + PICTURES[0][2:]
NOISE = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
RESTARTS = cv2.imencode(".jpg", NOISE, [cv2.IMWRITE_JPEG_RST_INTERVAL, 1])[1].tobytes()


def headers(picture: bytes, *, wrong: int = 0, kind: str = "image/jpeg") -> bytes:
    return f"Content-Type: {kind}\r\nContent-Length: {len(picture) + wrong}\r\n\r\n".encode()


FORMS = {
    "multipart": lambda one: b"--frame\r\n" + headers(one) + one + b"\r\n",
    "boundary after each part": lambda one: headers(one) + one + b"\r\n--frame\r\n",
    "no type": lambda one: b"--frame\r\nContent-Length: %d\r\n\r\n" % len(one) + one + b"\r\n",
    "image/jpg": lambda one: b"--frame\r\n" + headers(one, kind="image/jpg") + one + b"\r\n",
    "no length": lambda one: b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + one + b"\r\n",
    "length too short": lambda one: b"--frame\r\n" + headers(one, wrong=-7) + one + b"\r\n",
    "length too long": lambda one: b"--frame\r\n" + headers(one, wrong=99) + one + b"\r\n",
    "lower case": lambda one: b"--frame\ncontent-length:%d\n\n" % len(one) + one,
    "nothing between": lambda one: one,
    "zeros between": lambda one: one + bytes(100),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@given(st.lists(st.sampled_from([*PICTURES, WITH_THUMBNAIL, RESTARTS]), min_size=2, max_size=4), st.integers(1, 4000))
@settings(max_examples=20)
def test_every_picture_is_found_as_it_is(form: object, pictures: list[bytes], size: int) -> None:
    """Whatever stands between the pictures, and wherever the bytes are cut, all come out whole; the last may wait."""
    sent = b"".join(form(one) for one in pictures)  # type: ignore[operator]
    splitter, found = JpegSplitter(), list[bytes]()
    while sent:
        found += splitter.feed(sent[:size])
        sent = sent[size:]
    assert found in (pictures, pictures[:-1])


def test_what_begins_as_a_picture_and_is_none_is_passed_over() -> None:
    """Damaged bytes cost the picture that they are in, and no other."""
    splitter = JpegSplitter()
    assert list(splitter.feed(b"\xff\xd8\xff\x00broken" + PICTURES[0])) == [PICTURES[0]]


def test_bytes_without_a_picture_take_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes without a JPEG are forgotten, and counted; a JPEG that does not end is given up."""
    monkeypatch.setattr(jpegs, "LARGEST", 100_000)
    splitter = JpegSplitter()
    for _ in range(100):
        assert not list(splitter.feed(bytes(10_000)))
    assert splitter.passed_over == 1_000_000
    assert len(splitter._bytes) <= 20_000
    head = PICTURES[0][: PICTURES[0].index(b"\xff\xda") + 20]
    for _ in range(100):
        assert not list(splitter.feed(head + bytes(10_000)))
        assert len(splitter._bytes) <= 200_000


@pytest.mark.parametrize("picture", [PICTURES[1], WITH_THUMBNAIL, RESTARTS, THUMBNAIL])
def test_the_size_is_that_of_the_picture(picture: bytes) -> None:
    """The size is read from the header of the picture, not of the thumbnail inside it."""
    height, width = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR).shape[:2]  # type: ignore[union-attr]
    assert size_of_jpeg(picture) == (width, height)
    assert end_of_jpeg(picture, 0) == len(picture)
