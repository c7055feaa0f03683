from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.sinks import save_clips

CLIP = Clip(b"film", "video/mp4", (10.0, 12.5), 8, 8, 10.25, 20.0, source="yard", seen=300)


def analysis(clip: Clip) -> Analysis:
    return Analysis(clip, "What?", "m", 0.0, 1.0)


def test_clips_are_called_after_camera_and_time(tmp_path: Path) -> None:
    """A file's name says which camera and which second; the folder is made."""
    save = save_clips(tmp_path / "a" / "b")
    save(analysis(CLIP))
    save(analysis(replace(CLIP, epoch=2)))
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == [
        "yard-00010.250.mp4",
        "yard-2-00010.250.mp4",
    ]
    assert (tmp_path / "a" / "b" / "yard-00010.250.mp4").read_bytes() == b"film"


def test_a_cameras_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    """A name with slashes and dots stays a name."""
    save_clips(tmp_path / "in")(analysis(replace(CLIP, source="../../etc/x y")))
    assert [path.parent.name for path in tmp_path.rglob("*.mp4")] == ["in"]


def test_a_folder_that_cannot_be_made_is_an_error_at_once(tmp_path: Path) -> None:
    """Where a file stands in the way the caller hears of it."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        save_clips(tmp_path / "file")
