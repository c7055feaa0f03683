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
    ],
)
def test_addresses_are_told_apart(uri: str, kind: str, target: str, name: str) -> None:
    """An address is known by its scheme; what has none is a file."""
    where = address(uri)
    assert (where.kind, where.target, where.name) == (kind, target, name)


def test_settings_are_read() -> None:
    """What stands behind the question mark are settings."""
    assert address("demo:gate?seconds=60&seed=3").query == {"seconds": "60", "seed": "3"}


def test_a_file_may_look_like_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that exists under the very name is that file."""
    (tmp_path / "demo:yard").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    assert address("demo:yard").kind == "file"
    assert address(Path("rtsp:x")).kind == "file"


@pytest.mark.parametrize("uri", ["", "   ", "gopher://host/x", "mailto:someone"])
def test_what_is_no_address_is_refused(uri: str) -> None:
    """An empty address, or one of an unknown kind, is an error at once."""
    with pytest.raises(UriError):
        address(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "rtsp://admin:s3cret@cam:554/1",
        "rtsp://admin:s3%40cret@cam/1",
        "http://u:s3cret@cam/video?token=s3cret",
        "https://cam/hls.m3u8?user=a&password=s3cret&x=1",
        "http://cam/v?x=1&api_key=s3cret#part",
    ],
)
def test_secrets_never_show(uri: str) -> None:
    """Neither a refusal's text and attributes nor a repr carry a password."""
    assert "s3" not in without_secrets(uri)
    with pytest.raises(UriError) as refused:
        address(uri)
    assert "s3" not in str(refused.value) + repr(refused.value) + refused.value.uri
