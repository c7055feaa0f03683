from __future__ import annotations

from pathlib import Path

import pytest

from rxvlm.errors import UriError
from rxvlm.uri import address, without_secrets


@pytest.mark.parametrize(
    ("uri", "kind", "target", "name"),
    [
        ("yard.mp4", "file", "yard.mp4", "yard"),
        ("/a b/gate 1.mkv", "file", "/a b/gate 1.mkv", "gate 1"),
        ("file:///a%20b/x.mp4", "file", "/a b/x.mp4", "x"),
        ("C:\\cam.mp4", "file", "C:\\cam.mp4", "C:\\cam"),
        ("demo:yard", "demo", "yard", "yard"),
        ("demo:gate?seconds=60&seed=3", "demo", "gate", "gate"),
        ("rtsp://u:p@10.0.0.7:554/a/stream1?x=1", "rtsp", "rtsp://u:p@10.0.0.7:554/a/stream1?x=1", "10.0.0.7/stream1"),
        ("rtsps://cam", "rtsp", "rtsps://cam", "cam"),
        ("https://cam/live/index.m3u8", "http", "https://cam/live/index.m3u8", "cam/index.m3u8"),
        ("0", "device", "0", "camera0"),
        ("/dev/video2", "device", "2", "camera2"),
    ],
)
def test_addresses_are_told_apart(uri: str, kind: str, target: str, name: str) -> None:
    """The kind of an address follows from its scheme; an address without one is a file."""
    where = address(uri)
    assert (where.kind, where.target, where.name) == (kind, target, name)


def test_settings_are_read() -> None:
    """The query of a demo address becomes its settings."""
    assert address("demo:gate?seconds=60&seed=3").query == {"seconds": "60", "seed": "3"}


def test_a_file_may_look_like_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that is the exact name of an existing file is that file."""
    (tmp_path / "demo:yard").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    assert address("demo:yard").kind == "file"
    assert address(Path("rtsp:x")).kind == "file"


def test_a_number_is_a_device() -> None:
    """A number is a device, as an integer or as digits."""
    assert address(1) == address("1")


@pytest.mark.parametrize(
    "uri", ["", "   ", "gopher://host/x", "mailto:someone", "rtsp://", "http:///x", "rtsp://cam:port/1"]
)
def test_what_is_no_address_is_refused(uri: str) -> None:
    """An empty address, or one of an unknown kind, is an error at once."""
    with pytest.raises(UriError):
        address(uri)


SECRETIVE = [
    "rtsp://admin:s3cret@cam:554/1",
    "rtsp://admin:s3%40cret@cam/1",
    "rtsp://admin:p@s3cret@cam/1",
    "rtsp://admin:a/s3cret@cam/1",
    "rtsp://admin:a:s3cret@cam:554/1",
    "http://u:s3cret@cam/video?token=s3cret",
    "https://cam/hls.m3u8?user=a&password=s3cret&x=1",
    "http://cam/v?x=1&api_key=s3cret#part",
    "gopher://u:s3cret@host/x",
    "rtsp://admin:12/s3cret@cam",
    "ftp://admin:12/s3cret@cam/1",
    "admin:s3cret@cam/1",
    "rtsp://admin:a/s3cret@cam:x/1",
    "rtsp://u:s3cret@cam:port/1",
    "rtsp://u:s3cret@/1",
]


@pytest.mark.parametrize("uri", SECRETIVE)
def test_secrets_never_show(uri: str) -> None:
    """Neither the shown form of an address, nor the text and attributes of an error, contain a password."""
    assert "s3" not in without_secrets(f"cannot open {uri}: no")
    assert "s3" not in shown(uri)
    assert "s3" not in shown(uri.replace("s3cret", "s3 cr@t/1 s3"))


def shown(uri: str) -> str:
    """Return everything that is ever shown of an address, or of the error about it."""
    try:
        where = address(uri)
    except UriError as refused:
        return str(refused) + repr(refused) + refused.uri
    return repr(where) + where.safe + where.name


@pytest.mark.parametrize("text", ["rtsp://cam:554/1", "see http://x:80/y and mail me@home", "a/b.mp4"])
def test_what_is_no_secret_stays(text: str) -> None:
    """Ports, mail addresses and plain paths are not changed."""
    assert without_secrets(text) == text
