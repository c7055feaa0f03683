"""Clips as files: their names, that nothing is written over, and that nothing half written is left."""

from __future__ import annotations

import json
import re
import stat
import threading
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from rxvlm.analysis import Analysis
from rxvlm.clip import Clip
from rxvlm.errors import ClipGoneError
from rxvlm.event import Event
from rxvlm.sinks import as_record, save_clips

FILM = Clip(b"film", "video/mp4", (10.0, 12.5), 8, 8, 10.25, 20.0, source="yard", seen=300)
ENDED = datetime(2026, 11, 29, 7, 35, 50, 250_000).astimezone()
LIVE = replace(FILM, start=10.25, end=20.25, captured=ENDED.timestamp())
TIME = r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d[+-]\d{4}"


def analysis(clip: Clip) -> Analysis:
    return Analysis(clip, "What?", "m", 0.0, 1.0, "a car")


def test_a_clip_of_a_camera_is_called_after_the_wall_time_of_its_start(tmp_path: Path) -> None:
    """Its folder is the camera, its name the local time with the offset at which the window began."""
    path = save_clips(tmp_path / "a" / "b")(analysis(LIVE))
    assert path == tmp_path / "a" / "b" / "yard" / f"2026-11-29T07-35-40{ENDED:%z}.mp4"
    assert path.read_bytes() == b"film"


def test_windows_shorter_than_a_second_have_milliseconds(tmp_path: Path) -> None:
    """Several of them begin within a second."""
    path = save_clips(tmp_path)(analysis(replace(LIVE, start=20.0)))
    assert path.name == f"2026-11-29T07-35-50.000{ENDED:%z}.mp4"


@pytest.mark.parametrize(
    ("start", "end", "name"),
    [(10.0, 20.0, "00-00-10.mp4"), (3725.0, 3726.0, "01-02-05.mp4"), (0.3, 0.6, "00-00-00.300.mp4")],
)
def test_a_clip_of_a_film_stands_in_a_folder_of_the_run(tmp_path: Path, start: float, end: float, name: str) -> None:
    """It is called after the time in the film; the next run has a folder of its own, or the next number."""
    path = save_clips(tmp_path)(analysis(replace(FILM, start=start, end=end)))
    assert path.name == name
    assert re.fullmatch(TIME, path.parent.name)
    assert path.parent.parent == tmp_path / "yard"


@pytest.mark.parametrize("clip", [LIVE, FILM], ids=["camera", "film"])
def test_nothing_is_written_over(tmp_path: Path, clip: Clip) -> None:
    """A second clip under the same name gets a number, within a run and over several."""
    save = save_clips(tmp_path)
    names = [save(analysis(replace(clip, data=data))).name for data in (b"one", b"two", b"three")]
    assert [name.removesuffix(".mp4")[len(names[0]) - 4 :] for name in names] == ["", "-2", "-3"]
    assert {path.read_bytes() for path in tmp_path.rglob("*.mp4")} == {b"one", b"two", b"three"}


def test_threads_that_save_at_once_write_over_nothing(tmp_path: Path) -> None:
    """Each gets a name of its own."""
    savers = [save_clips(tmp_path) for _ in range(8)]
    threads = [
        threading.Thread(target=save, args=(analysis(replace(LIVE, data=b"%d" % at)),))
        for at, save in enumerate(savers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {path.read_bytes() for path in tmp_path.rglob("*.mp4")} == {b"%d" % at for at in range(8)}
    assert len(list(tmp_path.rglob("*.json"))) == 8


def test_a_json_stands_beside_each(tmp_path: Path) -> None:
    """It is the analysis, and names the clip."""
    path = save_clips(tmp_path)(analysis(LIVE))
    assert json.loads(path.with_suffix(".json").read_text()) == {**as_record(analysis(LIVE)), "file": str(path)}


def test_only_the_user_may_read_them(tmp_path: Path) -> None:
    """Files have mode 0600, folders 0700."""
    save_clips(tmp_path / "clips")(analysis(FILM))
    modes = {path.is_dir(): stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "clips").rglob("*")}
    assert modes == {True: 0o700, False: 0o600}


def test_pictures_are_numbered(tmp_path: Path) -> None:
    """A clip of JPEGs is as many files, under one name."""
    save = save_clips(tmp_path)
    for _ in range(2):
        save(analysis(replace(LIVE, data=(b"a", b"b"), media_type="image/jpeg")))
    names = {path.name.removeprefix(f"2026-11-29T07-35-40{ENDED:%z}") for path in tmp_path.rglob("*.jpg")}
    assert names == {".0.jpg", ".1.jpg", "-2.0.jpg", "-2.1.jpg"}


def test_a_cameras_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    """A name with slashes and dots stays a name."""
    for name in ("../../etc/x y", "..", ".", "/"):
        save_clips(tmp_path / "in")(analysis(replace(LIVE, source=name)))
    assert {path.parent.parent for path in tmp_path.rglob("*.mp4")} == {tmp_path / "in"}


def test_a_folder_that_cannot_be_made_is_an_error_at_once(tmp_path: Path) -> None:
    """Where a file stands in the way the caller hears of it."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        save_clips(tmp_path / "file")


def test_a_folder_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    """A disk was perhaps mounted there; each clip is refused until it is back."""
    save = save_clips(tmp_path / "disk")
    (tmp_path / "disk").rmdir()
    with pytest.raises(FileNotFoundError):
        save(analysis(LIVE))
    assert not (tmp_path / "disk").exists()
    (tmp_path / "disk").mkdir()
    assert save(analysis(LIVE)).exists()


def test_nothing_half_written_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be written whole, because its JSON cannot, leaves neither clip nor part."""
    save = save_clips(tmp_path)
    monkeypatch.setattr(Path, "rename", _refuse)
    with pytest.raises(OSError, match="full"):
        save(analysis(LIVE))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def _refuse(path: Path, _target: Path) -> None:
    if path.name.endswith(".json.part"):
        raise OSError(28, "the disk is full")


def test_the_clip_of_an_event_is_called_after_its_start_and_its_name(tmp_path: Path) -> None:
    """It stands in the folder of its camera, also of a film; its JSON names it; nothing is written over."""
    save = save_clips(tmp_path)
    began = ENDED.timestamp() - 10.0
    film = Event(id="1", name="moves", camera="yard", phase="end", start=70.0, end=80.0, clip=FILM)
    live = replace(film, name="a b/c", captured=began, clip=LIVE)
    assert save(live) == tmp_path / "yard" / f"2026-11-29T07-35-40{ENDED:%z}-a_b_c.mp4"
    assert [save(film).name for _ in range(2)] == ["00-01-10-moves.mp4", "00-01-10-moves-2.mp4"]
    record = json.loads((tmp_path / "yard" / "00-01-10-moves.json").read_text(encoding="utf-8"))
    assert record["clip"] == str(tmp_path / "yard" / "00-01-10-moves.mp4")
    assert Event.from_dict(record).clip_file == record["clip"]
    with pytest.raises(ClipGoneError, match="has no clip"):
        save(replace(film, clip=None))
