"""A playlist on disk opens only files beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rxvlm.errors import SourceError
from rxvlm.sources import video

HEAD = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n"
END = "#EXT-X-ENDLIST\n"


@pytest.fixture
def beside(tmp_path: Path, films: Callable[[str], Path]) -> Path:
    """Return a folder with a film in it, and one with a secret film beside it."""
    for folder in ("list", "secret"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.ts").write_bytes(films("h264-open-groups-ts").read_bytes())
    (tmp_path / "list" / "link.ts").symlink_to(tmp_path / "secret" / "a.ts")
    (tmp_path / "secret" / "b.m3u8").write_text(f"{HEAD}#EXTINF:4,\na.ts\n{END}", encoding="utf-8")
    return tmp_path / "list"


def test_files_beside_it_are_played(beside: Path, hear: Callable[..., Any]) -> None:
    """A playlist of a file beside it is a film."""
    (beside / "v.m3u8").write_text(f"{HEAD}#EXTINF:4,\na.ts\n{END}", encoding="utf-8")
    assert len(hear(video(beside / "v.m3u8")).items) == 90


@pytest.mark.parametrize(
    "named",
    [
        "#EXTINF:4,\n../secret/a.ts",
        "#EXTINF:4,\n%2e%2e/secret/a.ts",
        "#EXTINF:4,\n/etc/passwd",
        "#EXTINF:4,\nfile:///etc/passwd",
        "#EXTINF:4,\nfile:/etc/passwd",
        "#EXTINF:4,\nlink.ts",
        "#EXTINF:4,\nhttp://127.0.0.1:9/a.ts",
        '#EXT-X-KEY:METHOD=AES-128,URI="../secret/a.ts"\n#EXTINF:4,\na.ts',
        '#EXT-X-MAP:URI="/etc/passwd"\n#EXTINF:4,\na.ts',
        "#EXT-X-STREAM-INF:BANDWIDTH=1\n../secret/b.m3u8",
    ],
)
def test_what_lies_elsewhere_is_not_opened(beside: Path, hear: Callable[..., Any], named: str) -> None:
    """A playlist that names another place of the machine, or another one, is an error that says so."""
    (beside / "v.m3u8").write_text(f"{HEAD}{named}\n{END}", encoding="utf-8")
    heard = hear(video(beside / "v.m3u8"))
    assert heard.items == []
    assert isinstance(heard.error, SourceError)
    assert "not in its folder" in str(heard.error)
