from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from conftest import WATCHDOG

from rxvlm import Clip, EncodeError, Window
from rxvlm.frame import Frame
from rxvlm.media import mp4
from rxvlm.processor import spool
from rxvlm.processor.spool import Spool, encode_within, sweep

CLIP = Clip(b"a film", "video/mp4", (0.0,), 64, 48, 0.0, 1.0, source="yard gate/2")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the wait before the next attempt."""
    monkeypatch.setattr(spool.Backoff, "wait", lambda _self: 0.0)


def noise(count: int, width: int, height: int) -> Window:
    random = np.random.default_rng(7)
    images = [random.integers(0, 255, (height, width, 3), np.uint8) for _ in range(count)]
    return Window(tuple(Frame.of(image, at / 10, index=at) for at, image in enumerate(images)), 0.0, 1.0)


def failing(times: int, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Let a number of attempts to save fail; return the paths of all attempts."""
    tried: list[Path] = []
    save = Clip.save

    def broken(clip: Clip, path: str | Path) -> list[Path]:
        tried.append(Path(path))
        if len(tried) <= times:
            raise OSError(errno.EIO, "the disk coughs", str(path))
        return save(clip, path)

    monkeypatch.setattr(Clip, "save", broken)
    return tried


def test_a_file_is_there_until_it_is_removed(tmp_path: Path) -> None:
    """A file can be read, has the camera's name in its own, and is gone after `remove`."""
    files = Spool(tmp_path)
    path = files.write(CLIP)
    assert path.read_bytes() == b"a film"
    assert path.name.startswith("yard_gate_2-")
    files.remove(path)
    files.remove(path)
    assert not path.exists()
    files.close()


def test_closing_removes_everything(tmp_path: Path) -> None:
    """`close` removes everything; the folder itself was created if it was missing."""
    folder = tmp_path / "deep" / "down"
    files = Spool(folder)
    paths = [files.write(CLIP) for _ in range(3)]
    assert len(set(paths)) == 3
    files.close()
    assert list(folder.iterdir()) == []


def test_files_that_are_kept_lie_in_the_folder_itself(tmp_path: Path) -> None:
    """Kept files stay after remove, close and sweep."""
    files = Spool(tmp_path, keep=True)
    path = files.write(CLIP)
    files.remove(path)
    files.close()
    Spool(tmp_path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.parent == tmp_path


def test_other_users_cannot_read_a_file(tmp_path: Path) -> None:
    """Other users of the machine cannot read temporary files."""
    files = Spool(tmp_path)
    path = files.write(CLIP)
    assert path.parent.stat().st_mode & 0o077 == 0


def test_without_a_folder_it_is_the_systems(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By default the files lie in the system's temporary folder."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    files = Spool()
    assert tmp_path in files.write(CLIP).parents
    files.close()


def test_writing_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If writing fails twice, the third attempt saves the video."""
    tried = failing(2, monkeypatch)
    files = Spool(tmp_path)
    assert files.write(CLIP).read_bytes() == b"a film"
    assert len(tried) == 3


def test_a_disk_that_goes_on_failing_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After three attempts the disk's error is raised, and no partial file is left."""
    failing(3, monkeypatch)
    files = Spool(tmp_path)
    with pytest.raises(OSError, match="coughs"):
        files.write(CLIP)
    assert not list(tmp_path.rglob("*.mp4*"))


def test_a_folder_that_was_removed_is_made_again(tmp_path: Path) -> None:
    """A spool goes on if its folder is removed by another program."""
    files = Spool(tmp_path)
    first = files.write(CLIP)
    first.unlink()
    (first.parent / "owner").unlink()
    first.parent.rmdir()
    assert files.write(CLIP).exists()
    files.close()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_a_clear_error_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without enough space nothing is written, and the error names the numbers."""
    tried = failing(0, monkeypatch)
    with pytest.raises(OSError, match=r"50 MB must stay free, but only 12\.0 MB are free") as caught:
        Spool(tmp_path, free=lambda _: 12_000_000).write(CLIP)
    assert caught.value.errno == errno.ENOSPC
    assert tried == []


@pytest.mark.skipif(
    os.name != "posix" or not Path("/proc").is_dir(), reason="needs a folder that even root cannot write to"
)
def test_a_folder_that_cannot_be_written_is_an_error() -> None:
    """If the folder cannot be created, the system's error is raised."""
    with pytest.raises(OSError, match="/proc"):
        Spool("/proc/videos").write(CLIP)


def test_closing_ends_the_waiting_for_another_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that waits for its next attempt gives up when the spool is closed."""
    failing(99, monkeypatch)
    files, waiting = Spool(tmp_path), threading.Event()

    def wait(_self: object) -> float:
        waiting.set()
        return WATCHDOG * 10

    monkeypatch.setattr(spool.Backoff, "wait", wait)
    caught: list[OSError] = []

    def write() -> None:
        try:
            files.write(CLIP)
        except OSError as error:
            caught.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    assert waiting.wait(WATCHDOG)
    files.close()
    thread.join(WATCHDOG)
    assert caught


def test_a_closed_spool_writes_no_more(tmp_path: Path) -> None:
    """A write that begins after the close leaves no file."""
    files = Spool(tmp_path)
    files.close()
    with pytest.raises(OSError, match="closed"):
        files.write(CLIP)
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_while_it_closes_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is finished after the close is removed, with its folder."""
    files, save = Spool(tmp_path), Clip.save

    def late(clip: Clip, path: str | Path) -> list[Path]:
        files.close()
        Path(path).parent.mkdir()
        return save(clip, path)

    monkeypatch.setattr(Clip, "save", late)
    with pytest.raises(OSError, match="closed"):
        files.write(CLIP)
    assert list(tmp_path.iterdir()) == []


CRASH = """
import os, sys
from rxvlm.clip import Clip
from rxvlm.processor.spool import Spool
files = Spool(sys.argv[1])
print(files.write(Clip(b"left", "video/mp4", (0.0,), 64, 48, 0.0, 1.0)), flush=True)
if sys.argv[2] == "crash":
    os._exit(1)
sys.stdin.read()
"""


def other(folder: Path, how: str) -> subprocess.Popen[str]:
    pipe: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", CRASH, str(folder), how], **pipe)


def test_what_a_crash_left_is_swept_by_the_next(tmp_path: Path) -> None:
    """The next spool in the same folder removes the files of a process that died."""
    with other(tmp_path, "crash") as process:
        assert process.stdout
        left = Path(process.stdout.readline().strip())
        process.wait(WATCHDOG)
    assert left.exists()
    Spool(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_others_still_use_is_left_alone(tmp_path: Path) -> None:
    """Files of living processes, including this one, are not swept."""
    mine = Spool(tmp_path)
    own = mine.write(CLIP)
    with other(tmp_path, "stay") as process:
        assert process.stdout
        theirs = Path(process.stdout.readline().strip())
        assert sweep(tmp_path) == 0
        assert own.exists()
        assert theirs.exists()
    assert process.returncode == 0
    assert not theirs.exists(), "a program that ends cleans up after itself"
    mine.close()


def test_numbers_of_processes_that_come_again_hide_nothing(tmp_path: Path) -> None:
    """A folder without a lock is swept even if its process number is in use, as in containers."""
    folder = tmp_path / f"rxvlm-spool-{os.getpid()}-abc"
    folder.mkdir()
    (folder / "owner").touch()
    assert sweep(tmp_path) == 1
    assert not folder.exists()


def test_without_locks_the_number_of_the_process_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without locks the process number decides whether a folder is swept."""

    def unlocked(_file: object) -> bool:
        raise OSError(errno.ENOTSUP, "no locks")

    monkeypatch.setattr(spool, "_lock", unlocked)
    dead = next(pid for pid in range(60_000, 2**22) if not psutil.pid_exists(pid))
    for pid in (os.getpid(), dead):
        (tmp_path / f"rxvlm-spool-{pid}-abc").mkdir()
        (tmp_path / f"rxvlm-spool-{pid}-abc" / "owner").touch()
    assert sweep(tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == [f"rxvlm-spool-{os.getpid()}-abc"]
    files = Spool(tmp_path)
    assert files.write(CLIP).exists()


def test_a_folder_that_is_swept_too_early_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is swept between its creation and its lock is created again."""
    lock, calls = spool._lock, 0

    def late(file: Any) -> bool:
        nonlocal calls
        calls += 1
        return lock(file) and calls > 1

    monkeypatch.setattr(spool, "_lock", late)
    files = Spool(tmp_path)
    assert files.write(CLIP).exists()
    assert calls == 2


def test_sweeping_nothing_is_no_error(tmp_path: Path) -> None:
    """Sweeping a missing folder does nothing."""
    assert sweep(tmp_path / "nowhere") == 0


def test_a_clip_within_the_limit_has_the_best_quality() -> None:
    """Within the limit the clip is the one of the usual encoder."""
    window = noise(3, 64, 48)
    shown = [(frame.time, frame.picture()) for frame in window.frames]
    clip = encode_within(window)
    assert clip.data == mp4.encode(shown, size=(64, 48), end=1.0, most=3)
    assert clip.times == (0.0, 0.1, 0.2)


def limits() -> list[Callable[[int], int]]:
    return [lambda best: best - 1, lambda best: best // 4, lambda best: best // 20]


@pytest.mark.parametrize("limit", limits())
def test_quality_gives_way_to_the_limit(limit: Callable[[int], int]) -> None:
    """A clip over the limit is encoded again with lower quality and all its frames, and plays."""
    window = noise(4, 320, 240)
    most = limit(encode_within(window).size)
    clip = encode_within(window, most)
    assert clip.size <= most
    assert len(list(mp4.decode(clip.data if isinstance(clip.data, bytes) else b""))) == 4


def test_size_gives_way_where_quality_is_not_enough() -> None:
    """At the lowest quality the picture's width is halved, again and again."""
    window = noise(4, 320, 240)
    clip = encode_within(window, 5_000)
    assert clip.size <= 5_000
    assert clip.width < 320


def test_a_limit_below_everything_is_an_error() -> None:
    """A window that cannot be encoded within the limit is an error that says so."""
    with pytest.raises(EncodeError, match="within 100 bytes"):
        encode_within(noise(4, 64, 48), 100)


def test_a_window_by_count_ends_with_its_last_frame() -> None:
    """The last frame is shown as long as the others on average."""
    frames = noise(3, 64, 48).frames
    clip = encode_within(Window(frames, 0.0, frames[-1].time))
    assert clip.data == mp4.encode([(frame.time, frame.picture()) for frame in frames], size=(64, 48), most=3)
