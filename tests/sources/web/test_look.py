"""What an HTTP address is, by its answer."""

from __future__ import annotations

from itertools import count

import pytest
from odd_cameras import endless, jpeg_of, serving, whole

from rxvlm.errors import NoVideoError, SourceNotFoundError, SourceUnauthorizedError
from rxvlm.sources.web.look import Kind, look
from rxvlm.uri import address

JPEG = jpeg_of(0)
LIVE = b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:2,\n7.ts\n"
ENDED = LIVE + b"#EXT-X-ENDLIST\n"
HLS = "application/vnd.apple.mpegurl"
ANSWERS = {
    "one JPEG": (whole(JPEG, "image/jpeg"), Kind.SNAPSHOT),
    "one JPEG of no length": (whole(JPEG, "image/jpeg", sized=False), Kind.SNAPSHOT),
    "a PNG": (whole(b"\x89PNG", "image/png"), Kind.SNAPSHOT),
    "JPEGs as one": (endless("image/jpeg", lambda: (jpeg_of(at) for at in count())), Kind.JPEGS),
    "multipart": (whole(b"--x\r\n", "multipart/x-mixed-replace; boundary=x", sized=False), Kind.JPEGS),
    "multipart with a length": (whole(b"--x\r\n", "Multipart/X-Mixed-Replace;boundary=x"), Kind.JPEGS),
    "JPEGs of no type": (endless("", lambda: (jpeg_of(at) for at in count())), Kind.JPEGS),
    "JPEGs of a strange type": (endless("video/x-motion-jpeg", lambda: (jpeg_of(at) for at in count())), Kind.JPEGS),
    "live playlist": (whole(LIVE, HLS), Kind.PLAYLIST),
    "ended playlist": (whole(ENDED, HLS), Kind.FILM),
    "playlist as text": (whole(b"\xef\xbb\xbf" + ENDED, "text/plain"), Kind.FILM),
    "long playlist": (whole(LIVE + b"#EXTINF:2,\ns.ts\n" * 20_000 + b"#EXT-X-ENDLIST\n", "audio/x-mpegurl"), Kind.FILM),
    "a film": (whole(bytes(5000), "video/mp4"), Kind.FILM),
    "a film of no type": (whole(bytes(5000), "application/octet-stream"), Kind.FILM),
    "FLV without end": (endless("video/x-flv", lambda: (b"FLV\x01" for _ in count())), Kind.STREAM),
    "MP4 of no length": (whole(bytes(5000), "video/mp4", sized=False), Kind.STREAM),
    "DASH, static": (whole(b'<?xml version="1.0"?><MPD type="static"></MPD>', "application/dash+xml"), Kind.FILM),
    "DASH, live": (whole(b'<?xml version="1.0"?><MPD type="dynamic"></MPD>', "application/dash+xml"), Kind.STREAM),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "kind"), ANSWERS.values(), ids=ANSWERS)
def test_what_an_address_is(answer: object, kind: Kind) -> None:
    """The type, the length and the first bytes of one answer tell; one request is made for it."""
    with serving(answer) as odd:  # type: ignore[arg-type]
        assert look(address(f"{odd.uri}/x")) is kind
        assert len(odd.asked) == 1


@pytest.mark.parametrize(("inner", "kind"), [(LIVE, Kind.PLAYLIST), (ENDED, Kind.FILM)])
def test_a_playlist_of_playlists(inner: bytes, kind: Kind) -> None:
    """Of a playlist that lists others, the first of them tells whether it has an end."""
    outer = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/v.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nhigh/v.m3u8\n"
    bodies = {"/all.m3u8": outer, "/low/v.m3u8": inner}
    with serving(lambda odd, request: whole(bodies[request.path], HLS)(odd, request)) as odd:
        assert look(address(f"{odd.uri}/all.m3u8")) is kind


@pytest.mark.parametrize(
    ("status", "error"), [(401, SourceUnauthorizedError), (403, SourceUnauthorizedError), (404, SourceNotFoundError)]
)
def test_a_refusal_is_an_error(status: int, error: type[Exception]) -> None:
    """An answer that is no success is the error of its kind."""
    with serving(whole(b"", "text/html", status=status)) as odd, pytest.raises(error):
        look(address(f"{odd.uri}/x"))


def test_a_page_is_no_video() -> None:
    """A page, as of a camera that is starting, is an error that says what came."""
    with serving(whole(b"<html>", "text/html; charset=utf-8")) as odd, pytest.raises(NoVideoError, match="text/html"):
        look(address(f"{odd.uri}/x"))
