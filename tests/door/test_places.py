"""Where the sockets of runs are: for the user alone, one for each run, and those of dead runs are replaced."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from rxvlm.door.places import NoPlaceError, reachable, take_place

FILE = Path("/etc/watch.toml")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    folder = tmp_path / "runtime"
    folder.mkdir(mode=0o700)
    return folder


def environment(runtime: Path) -> dict[str, str]:
    return {"XDG_RUNTIME_DIR": str(runtime)}


def connects(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as one, reachable(path) as address:
        try:
            one.connect(address)
        except OSError:
            return False
        return True


def test_a_socket_for_the_user_alone(runtime: Path) -> None:
    """It is in a folder of its own, and nobody else may read, write or enter it; closing takes it away."""
    place = take_place(FILE, None, environment(runtime))
    assert (place.path, place.name) == (runtime / "rxvlm" / "watch.sock", "watch")
    assert (mode(place.path), mode(place.path.parent)) == (0o600, 0o700)
    assert connects(place.path)
    place.close()
    assert list((runtime / "rxvlm").iterdir()) == []


def test_a_second_run_of_the_name_gets_a_number(runtime: Path) -> None:
    """A run that works keeps its socket; when it has ended, its name is free again."""
    first, second = (take_place(FILE, None, environment(runtime)) for _ in range(2))
    assert (second.name, second.path.name) == ("watch-2", "watch-2.sock")
    assert connects(first.path)
    first.close()
    third = take_place(FILE, None, environment(runtime))
    assert third.name == "watch"
    second.close()
    assert connects(third.path)
    third.close()


def test_a_socket_that_was_left_behind_is_replaced(runtime: Path) -> None:
    """A run that was killed leaves a socket and an unlocked file: the next one of the name takes both."""
    folder = runtime / "rxvlm"
    folder.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(folder / "watch.sock"))
    (folder / "watch.sock-lock").touch()
    assert not connects(folder / "watch.sock")
    place = take_place(FILE, None, environment(runtime))
    assert place.name == "watch"
    assert connects(place.path)
    place.close()


def test_a_place_that_another_run_has_taken_meanwhile_is_left_alone(runtime: Path) -> None:
    """A socket that was put in the place of this one is not taken away."""
    place = take_place(FILE, None, environment(runtime))
    place.path.unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(place.path))
        place.close()
        assert place.path.is_socket()


def test_beside_the_store(tmp_path: Path) -> None:
    """Without XDG_RUNTIME_DIR it stands beside the store, for the user alone, whatever the umask is."""
    place = take_place(FILE, tmp_path / "night.db", {})
    assert (place.path, place.name) == (tmp_path / "night.db.sock", "watch")
    assert mode(place.path) == 0o600
    place.close()


def test_a_long_path(tmp_path: Path) -> None:
    """A path that is longer than the system takes for a socket is reached by its folder."""
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    place = take_place(FILE, folder / "night.db", {})
    assert connects(place.path)
    place.close()


@pytest.mark.parametrize("runtime_dir", ["", "relative", "/nonexistent/folder"])
def test_a_runtime_folder_that_is_none(tmp_path: Path, runtime_dir: str) -> None:
    """What is no folder is passed by: the socket stands beside the store."""
    place = take_place(FILE, tmp_path / "night.db", {"XDG_RUNTIME_DIR": runtime_dir})
    assert place.path.parent == tmp_path
    place.close()


def test_no_place_at_all() -> None:
    """Without a runtime folder and a store it says both."""
    with pytest.raises(NoPlaceError, match=r"XDG_RUNTIME_DIR is not set; there is no \[store\]"):
        take_place(FILE, None, {})


def test_folders_that_others_may_write(runtime: Path) -> None:
    """Where others could put a socket of theirs in its place, none is made, and it says what to do."""
    (runtime / "rxvlm").mkdir()
    (runtime / "rxvlm").chmod(0o777)
    with pytest.raises(NoPlaceError, match="may be written by others; try: chmod go-w"):
        take_place(FILE, None, environment(runtime))


def test_a_folder_that_is_a_link(runtime: Path, tmp_path: Path) -> None:
    """A link in the place of its folder is not followed."""
    (runtime / "rxvlm").symlink_to(tmp_path)
    with pytest.raises(NoPlaceError, match="is no folder"):
        take_place(FILE, None, environment(runtime))


def test_a_file_in_its_place(runtime: Path) -> None:
    """Something else than a socket is left alone."""
    (runtime / "rxvlm").mkdir(mode=0o700)
    (runtime / "rxvlm" / "watch.sock").write_text("mine")
    with pytest.raises(NoPlaceError, match="is there already, and is no socket"):
        take_place(FILE, None, environment(runtime))
    assert (runtime / "rxvlm" / "watch.sock").read_text() == "mine"


@pytest.mark.parametrize(
    ("file", "name"), [("a b/../ü.toml", "run"), ("my cameras.toml", "my-cameras"), (".toml", "toml")]
)
def test_names(runtime: Path, file: str, name: str) -> None:
    """A name is made of letters that a shell takes as they are."""
    place = take_place(Path(file), None, environment(runtime))
    assert place.name == name
    place.close()
