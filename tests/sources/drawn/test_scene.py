from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise, repeat

import cv2
import numpy as np
import pytest

from rxvlm.media.picture import Image
from rxvlm.sources.drawn.scene import CAMERAS, Scene
from rxvlm.sources.drawn.story import actors_at

CLOCK = "2026-11-23 18:55:01"
SMALL = (320, 180)
PERSON = 0.0015
"""Share of the picture that a person who walks by changes at least."""


def largest_change(before: Image, after: Image) -> float:
    """Part of the picture, 0 to 1, that the largest changed region covers, thin slivers left out."""
    soft = [cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (5, 5), 0) for image in (before, after)]
    changed = (cv2.absdiff(*soft) > 18).astype(np.uint8)
    changed = cv2.morphologyEx(changed, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(changed)
    return max((int(stats[label, cv2.CC_STAT_AREA]) for label in range(1, count)), default=0) / changed.size


@cache
def changes(camera: str, seed: int = 0) -> list[float]:
    """Largest change in each second of the first minute."""
    scene = Scene(camera, seed, SMALL)
    pictures = [scene.draw(float(second), "") for second in range(61)]
    return [largest_change(before, after) for before, after in pairwise(pictures)]


def brightness(image: Image) -> float:
    return float(np.mean(image))


@pytest.mark.parametrize("camera", CAMERAS)
def test_a_moment_always_looks_the_same(camera: str) -> None:
    """Another scene of the same seed draws the same moments bit for bit, in whatever order."""
    times = [47.3, 3.0, 131.9, 33.3]
    first, second = Scene(camera, 5, SMALL), Scene(camera, 5, SMALL)
    forwards = {time: first.draw(time, CLOCK) for time in sorted(times)}
    assert all(np.array_equal(forwards[time], second.draw(time, CLOCK)) for time in times)


@pytest.mark.parametrize("camera", CAMERAS)
def test_threads_draw_what_one_thread_draws(camera: str) -> None:
    """Many threads at one scene do not disturb each other."""
    scene = Scene(camera, 1, SMALL)
    times = [index * 1.7 for index in range(24)]
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(scene.draw, times, repeat(CLOCK)))
    assert all(np.array_equal(scene.draw(time, CLOCK), image) for time, image in zip(times, drawn, strict=True))


def test_a_picture_is_the_callers_own() -> None:
    """Writing into a picture changes no later one."""
    scene = Scene("yard", size=SMALL)
    first = scene.draw(9.0, CLOCK)
    kept = first.copy()
    first[:] = 0
    assert np.array_equal(scene.draw(9.0, CLOCK), kept)


def test_seeds_differ() -> None:
    """Another seed draws other pictures."""
    one, other = (Scene("yard", seed, SMALL).draw(9.0, CLOCK) for seed in (0, 1))
    assert not np.array_equal(one, other)


def test_rounds_differ() -> None:
    """The second minute's story is not the first one's, and both are told alike each time."""
    first, second = ([actors_at("gate", 0, start + second) for second in range(60)] for start in (0, 60))
    assert first != second
    assert first == [actors_at("gate", 0, float(second)) for second in range(60)]


def test_cameras_are_clearly_different_views() -> None:
    """No two cameras look alike."""
    views = [Scene(camera, size=SMALL).draw(0.0, CLOCK).astype(int) for camera in ("yard", "gate", "street")]
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert np.mean(np.abs(views[one] - views[other])) > 20


def test_cameras_do_not_tell_the_same_story() -> None:
    """A moment that is quiet at one camera is busy at another."""
    busy = [tuple(change > PERSON for change in changes(camera)) for camera in CAMERAS]
    assert len(set(busy)) == len(CAMERAS)


@pytest.mark.parametrize("size", [(64, 36), (16, 16), (180, 320), (333, 251), (640, 100)])
@pytest.mark.parametrize("camera", CAMERAS)
def test_every_size_is_drawn(camera: str, size: tuple[int, int]) -> None:
    """Pictures have the size asked for, and something is in them."""
    image = Scene(camera, size=size).draw(12.0, CLOCK)
    assert image.shape == (size[1], size[0], 3)
    assert image.dtype == np.uint8
    assert np.std(image) > 10


def test_a_large_picture_is_drawn() -> None:
    """A picture larger than the canvas is drawn too."""
    assert Scene("gate", size=(1280, 720)).draw(18.0, CLOCK).shape == (720, 1280, 3)


@pytest.mark.parametrize("camera", CAMERAS)
def test_sizes_show_the_same(camera: str) -> None:
    """A large picture made small is the small picture, noise and edges aside."""
    small, large = (Scene(camera, size=size).draw(12.0, "").astype(np.uint8) for size in ((160, 90), (640, 360)))
    shrunk = cv2.resize(large, (160, 90), interpolation=cv2.INTER_AREA)
    # OpenCV 5 gives 4.9 at most, 4.14 gives 5.3: they draw edges a little differently.
    assert np.mean(cv2.absdiff(cv2.blur(small, (5, 5)), cv2.blur(shrunk, (5, 5)))) < 6


def test_an_unknown_camera_is_refused() -> None:
    """The error says which cameras there are."""
    with pytest.raises(ValueError, match=r"'attic'.*yard, gate, street"):
        Scene("attic")


@pytest.mark.parametrize(("seed", "size"), [(-1, (64, 36)), (0, (0, 36)), (0, (64, -1))])
def test_an_impossible_scene_is_refused(seed: int, size: tuple[int, int]) -> None:
    """A negative seed and a picture without pixels are errors at once."""
    with pytest.raises(ValueError, match="at least"):
        Scene("yard", seed, size)


@pytest.mark.parametrize("camera", CAMERAS)
def test_motion_is_smooth(camera: str) -> None:
    """Pictures a tenth of a second apart differ little, noise aside, all through a day and its story."""
    scene = Scene(camera, size=(160, 90))
    for start in range(0, 120, 4):
        before, after = (cv2.blur(scene.draw(start + part, ""), (3, 3)) for part in (0.0, 0.1))
        assert np.mean(cv2.absdiff(before, after)) < 6, f"at {start} s"


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize("camera", CAMERAS)
def test_a_minute_has_events_and_a_quiet_stretch(camera: str, seed: int) -> None:
    """Looked at once a second, something of a person's size moves, and for 8 seconds on end nothing but the tree."""
    moved = changes(camera, seed)
    assert sum(change > PERSON for change in moved) >= 10
    quiet = "".join("." if change < PERSON / 2 else "#" for change in moved)
    assert "........" in quiet, quiet


def test_day_turns_to_night_and_back() -> None:
    """Dusk is darker than day, night than dusk, and the next day as bright as the first."""
    for camera in CAMERAS:
        scene = Scene(camera, size=SMALL)
        day, dusk, night, next_day = (brightness(scene.draw(time, "")) for time in (0, 33, 60, 120))
        assert day > dusk + 15
        assert dusk > night + 15
        assert abs(next_day - day) < 2


def test_the_clock_is_written_into_the_corner() -> None:
    """Another clock changes the corner and nothing else."""
    scene = Scene("yard")
    one, other = (scene.draw(2.0, clock) for clock in ("10:00:00", "23:59:58"))
    rows, columns, _ = np.nonzero(one != other)
    assert rows.max() < 30
    assert columns.max() < 320
