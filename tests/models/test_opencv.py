"""The model as a whole: what it says of drawn clips, and what it remembers of a camera."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from av import VideoFrame
from reactivex.scheduler import ImmediateScheduler

from rxvlm.clip import Clip
from rxvlm.errors import MissingPartError
from rxvlm.media import jpeg, mp4
from rxvlm.media.picture import Image
from rxvlm.models.opencv import opencv
from rxvlm.vlm import Piece, Vlm

SIZE = (320, 180)
STARTS = 1.25


def ground(size: tuple[int, int] = SIZE, light: float = 1.0) -> Image:
    """Draw a wall, a floor and a door, with a little grain."""
    grain = np.random.default_rng(7).normal(0, 2, (180, 320, 3))
    picture = np.full((180, 320, 3), (120, 140, 130), np.uint8)
    picture[110:] = (80, 90, 100)
    cv2.rectangle(picture, (230, 50), (265, 110), (60, 70, 110), -1)
    drawn = np.clip((picture + grain) * light, 0, 255).astype(np.uint8)
    return drawn if size == SIZE else np.ascontiguousarray(cv2.resize(drawn, size), np.uint8)


def with_box(x: int, y: int = 60, size: tuple[int, int] = (30, 70), light: float = 1.0) -> Image:
    """Draw the ground with a dark red thing in front of it."""
    picture = ground()
    cv2.rectangle(picture, (x, y), (x + size[0], y + size[1]), (30, 30, 160), -1)
    return (picture * light).astype(np.uint8)


def elsewhere() -> Image:
    """Draw coloured fields, as another camera would see them."""
    fields = np.random.default_rng(1).integers(0, 255, (9, 16, 3)).astype(np.uint8)
    return np.ascontiguousarray(cv2.resize(fields, SIZE, interpolation=cv2.INTER_NEAREST), np.uint8)


def clip_of(pictures: Sequence[Image], start: float = 0.0, source: str = "door") -> Clip:
    """Encode pictures as a ten second window does, one every 1.25 s."""
    times = [start + at * STARTS for at in range(len(pictures))]
    height, width = pictures[0].shape[:2]
    frames = [VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24") for picture in pictures]
    data = mp4.encode(zip(times, frames, strict=True), size=(width, height))
    return Clip(data, "video/mp4", tuple(times), width, height, start=start, end=start + 10, source=source)


def ask(pictures: Sequence[Image], start: float = 0.0, vlm: Vlm | None = None, source: str = "door") -> Piece:
    """Ask the model about pictures."""
    return (vlm or opencv()).ask(clip_of(pictures, start, source), "What happens?").run()


def test_still_clip() -> None:
    """Of a clip in which nothing moves it says so, and no more."""
    piece = ask([ground()] * 8)
    assert piece.text == "No motion seen."
    assert piece.value["regions"] == []


def test_moving_thing() -> None:
    """It says what moved, from where to where, and when."""
    piece = ask([ground(), *(with_box(20 + 40 * at) for at in range(6)), ground()], start=100.0)
    assert piece.text == "Something upright moved from the left to the right, 101.2-107.5 s, then was gone."
    (region,) = piece.value["regions"]
    xs = [spot["box"][0] for spot in region["path"]]
    assert xs == sorted(xs)
    assert [spot["time"] for spot in region["path"]] == [101.25 + at * STARTS for at in range(6)]
    assert all(0 <= part <= 1 for spot in region["path"] for part in spot["box"])


def test_what_is_tiny() -> None:
    """What covers a thousandth of the picture is found by its way."""
    piece = ask([with_box(20 + 12 * at, y=130, size=(6, 9)) for at in range(8)])
    (region,) = piece.value["regions"]
    assert region["area"] < 0.002
    assert "Something small and upright moved from the bottom left to the bottom, 0.0-8.8 s." in piece.text


def test_never_says_person() -> None:
    """Without a detector it speaks of something, not of people or faces."""
    piece = ask([with_box(20 + 40 * at) for at in range(6)])
    assert not any(word in piece.text for word in ("person", "people", "face", "somebody"))
    assert piece.value["detected"] == {}


def test_two_things() -> None:
    """Two things that pass each other keep their paths, and are told in order of time."""
    pictures = [with_box(20 + 34 * at, y=10, size=(30, 50)) for at in range(8)]
    for at, picture in enumerate(pictures[2:]):
        cv2.rectangle(picture, (265 - 45 * at, 120), (295 - 45 * at, 170), (200, 60, 20), -1)
    first, second = ask(pictures).text.split("; ")
    assert "from the top left to the top right, 0.0-8.8 s" in first
    assert "from the bottom right to the bottom left, 2.5-8.8 s" in second


def test_stands_then_leaves() -> None:
    """Of a thing that stood for most of two clips it knows that it stood, and then left."""
    vlm = opencv()
    arrives = ask([ground()] * 5 + [with_box(20), with_box(90), with_box(150)], 0.0, vlm)
    assert "moved from the left to the middle" in arrives.text
    leaves = ask([with_box(150)] * 6 + [with_box(280), ground()], 10.0, vlm)
    assert "stood in the middle until 16.2 s, then moved to the right by 17.5 s, then was gone" in leaves.text


def test_stands_on_and_stirs() -> None:
    """Of a thing that came to rest in the last clip and only stirs now it does not say that it is new."""
    vlm = opencv()
    ask([ground()] * 3 + [with_box(150)] * 5, 0.0, vlm)
    piece = ask([with_box(150)] * 3 + [with_box(145, size=(40, 70))] + [with_box(150)] * 4, 10.0, vlm)
    assert piece.text == "Something upright stirred in the middle."
    assert piece.value["since"]["appeared"] == []


@pytest.mark.parametrize(("light", "word"), [(0.1, "dark"), (0.5, "dim"), (1.0, "normal"), (2.0, "bright")])
def test_level_of_light(light: float, word: str) -> None:
    """It tells a dark picture from a bright one, and says so where it is too dark or too bright."""
    piece = ask([ground(light=light)] * 3)
    assert piece.value["look"]["level"] == word
    assert ("The picture is" in piece.text) == (word in ("dark", "bright"))


@pytest.mark.parametrize(("to", "word"), [(0.6, "darker"), (1.5, "brighter")])
def test_ramp_of_light(to: float, word: str) -> None:
    """A change of light is told as such, and is no motion."""
    piece = ask([ground(light=float(light)) for light in np.linspace(1, to, 8)])
    assert piece.text == f"No motion seen. The picture is getting {word}."


def test_lamp_that_goes_on_slowly() -> None:
    """A window that lights up over several pictures is nothing that comes."""
    pictures = [ground() for _ in range(8)]
    for at, picture in enumerate(pictures):
        cv2.rectangle(picture, (60, 30), (100, 70), (60 + 25 * at, 80 + 22 * at, 90 + 20 * at), -1)
    assert ask(pictures).value["regions"] == []


def test_light_since() -> None:
    """A change of light between two clips is told in the second."""
    vlm = opencv()
    ask([ground()] * 4, 0.0, vlm)
    assert ask([ground(light=0.6)] * 4, 10.0, vlm).text == "No motion seen. Darker than in the last clip."


def test_flash_of_exposure() -> None:
    """A camera that stops down for one picture makes nothing move."""
    assert ask([ground()] * 3 + [ground(light=0.7)] + [ground()] * 4).text == "No motion seen."


def test_trembling_camera() -> None:
    """A camera that trembles is told of, and what moves before it is still found."""
    steps = np.random.default_rng(6).integers(-6, 7, (8, 2))
    scene = elsewhere()
    pictures = [np.roll(scene, (int(down), int(across)), (0, 1)) for across, down in steps]
    alone = ask(pictures)
    assert alone.text.startswith("The camera trembled; ")
    assert alone.value["regions"] == []
    for at, picture in enumerate(pictures):
        cv2.rectangle(picture, (20 + 35 * at, 60), (50 + 35 * at, 120), (20, 20, 20), -1)
    piece = ask(pictures)
    assert piece.text.startswith("The camera trembled; something upright moved from the left to the right")
    assert piece.value["motion"]["trembled"] is True


def test_cut() -> None:
    """A cut is told with its second of the source's time, and is no motion."""
    piece = ask([ground()] * 4 + [elsewhere()] * 4, start=20.0)
    assert piece.text == "The whole view changed at 25.0 s. No motion seen."
    assert piece.value["cuts"] == [25.0]


def test_blur() -> None:
    """It tells a blurred picture from a sharp one, and one that shows nothing."""
    blurred = np.ascontiguousarray(cv2.GaussianBlur(ground(), (0, 0), 3), np.uint8)
    assert ask([ground()] * 3).value["look"]["sharpness"] == "sharp"
    assert ask([blurred] * 3).text.endswith("The picture is blurred.")
    assert ask([np.full_like(ground(), 120)] * 3).text.endswith("The picture has no detail.")


@pytest.mark.parametrize(
    ("bgr", "name"),
    [
        ((30, 30, 200), "red"),
        ((40, 180, 40), "green"),
        ((200, 60, 20), "blue"),
        ((120, 120, 120), "grey"),
        ((20, 60, 110), "brown"),
        ((250, 250, 250), "white"),
        ((5, 5, 5), "black"),
    ],
)
def test_colour(bgr: tuple[int, int, int], name: str) -> None:
    """It names the colour of most of the picture."""
    look = ask([np.full((180, 320, 3), bgr, np.uint8)] * 2).value["look"]
    assert (look["colour"], look["colour_share"]) == (name, 1.0)


def test_appeared() -> None:
    """A thing that was put there between two clips is new, once, and nothing moved."""
    vlm = opencv()
    ask([ground()] * 8, 0.0, vlm)
    second = ask([with_box(40)] * 8, 10.0, vlm)
    assert second.text == "No motion seen. New since the last clip: something upright on the left."
    assert len(second.value["since"]["appeared"]) == 1
    third = ask([with_box(40)] * 8, 20.0, vlm)
    assert third.value["since"]["appeared"] == []
    assert third.text == "No motion seen."


def test_left() -> None:
    """A thing that was taken away between two clips is gone."""
    vlm = opencv()
    ask([with_box(40)] * 8, 0.0, vlm)
    assert ask([ground()] * 8, 10.0, vlm).text == "No motion seen. Gone since the last clip: what stood on the left."


def test_came_late() -> None:
    """A thing that came with the last picture of a clip is told to be there still."""
    vlm = opencv()
    ask([ground()] * 7 + [with_box(40)], 0.0, vlm)
    assert (
        ask([with_box(40)] * 8, 10.0, vlm).text
        == "No motion seen. Still there from the end of the last clip: something upright on the left."
    )


def test_other_scene() -> None:
    """A camera that looks elsewhere in the next clip has no things that came or went."""
    vlm = opencv()
    ask([ground()] * 4, 0.0, vlm)
    piece = ask([elsewhere()] * 4, 10.0, vlm)
    assert piece.text == "No motion seen. The whole view is another than in the last clip."
    assert piece.value["since"]["appeared"] == []


def test_cameras_apart() -> None:
    """A clip is compared with one of its own camera only."""
    vlm = opencv()
    ask([ground()] * 4, 0.0, vlm, "door")
    assert ask([with_box(40)] * 4, 10.0, vlm, "yard").value["since"] is None
    assert ask([with_box(40)] * 4, 10.0, vlm, "door").value["since"] is not None


def test_nameless_apart() -> None:
    """Clips without a source are compared with none."""
    vlm = opencv()
    ask([ground()] * 4, 0.0, vlm, "")
    assert ask([with_box(40)] * 4, 10.0, vlm, "").value["since"] is None


def test_only_with_earlier() -> None:
    """A clip is not compared with a later one, as when a file is played again."""
    vlm = opencv()
    ask([ground()] * 4, 10.0, vlm)
    assert ask([ground()] * 4, 0.0, vlm).value["since"] is None


def test_only_with_one_just_before() -> None:
    """A clip is not compared with one that ended longer before it than it is long itself."""
    vlm = opencv()
    ask([ground()] * 4, 0.0, vlm)
    assert ask([with_box(40)] * 4, 20.5, vlm).value["since"] is None


def test_other_size() -> None:
    """A clip is not compared with one of another shape."""
    vlm = opencv()
    ask([ground()] * 4, 0.0, vlm)
    assert ask([ground((320, 240))] * 4, 10.0, vlm).value["since"] is None


def test_memory_is_bounded() -> None:
    """Of 65 cameras, the one asked about longest ago is forgotten."""
    vlm = opencv()
    for at in range(64):
        ask([ground()], 0.0, vlm, f"camera {at}")
    ask([ground()], 10.0, vlm, "camera 0")
    ask([ground()], 0.0, vlm, "camera 64")
    assert ask([ground()], 20.0, vlm, "camera 0").value["since"] is not None
    assert ask([ground()], 20.0, vlm, "camera 1").value["since"] is None


def test_one_frame() -> None:
    """Of one frame it says that motion cannot be judged, and claims none, nor that there is none."""
    piece = ask([with_box(40)])
    assert piece.text == "A single frame cannot tell motion."
    assert piece.value["motion"] is None
    assert piece.value["regions"] == []
    assert piece.value["look"]["trend"] == "steady"


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (16, 16), (300, 1), (1, 300), (40, 400)])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_tiny_pictures(size: tuple[int, int], count: int) -> None:
    """Pictures of any size are looked at, flat or grainy, and give facts for JSON."""
    vlm, grain = opencv(), np.random.default_rng(5)
    for start in (0.0, 10.0):
        pictures = [grain.integers(0, 255, (size[1], size[0], 3)).astype(np.uint8) for _ in range(count)]
        data = tuple(jpeg.encode(picture) for picture in pictures)
        clip = Clip(data, "image/jpeg", tuple(start + at for at in range(count)), *size, start=start, end=start + 10)
        piece = vlm.ask(clip, "").run()
        assert json.loads(json.dumps(piece.value)) == piece.value
        assert piece.text.endswith(".")


def test_same_for_any_prompt() -> None:
    """It cannot read: the prompt changes nothing."""
    clip = clip_of([with_box(20 + 40 * at) for at in range(6)], source="")
    one, two = (opencv().ask(clip, prompt).run() for prompt in ("Who is there?", ""))
    assert (one.text, one.value) == (two.text, two.value)


def test_asks_on_its_scheduler() -> None:
    """It looks where it is told to, and at each subscription anew."""
    threads: list[threading.Thread] = []
    asked = opencv(scheduler=ImmediateScheduler()).ask(clip_of([ground()] * 2), "")
    assert threads == []
    for _ in range(2):
        asked.subscribe(lambda _: threads.append(threading.current_thread()))
    assert threads == [threading.current_thread()] * 2


def test_name() -> None:
    """Tables call it opencv."""
    assert opencv().name == "opencv"


@pytest.mark.parametrize("part", ["people", "faces"])
def test_missing_detector(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An OpenCV without the detectors is told of at once, with what to install."""
    for name in ("HOGDescriptor", "CascadeClassifier"):
        monkeypatch.delattr(cv2, name, raising=False)
    with pytest.raises(MissingPartError, match=r'pip install "opencv-python-headless<5"'):
        opencv(people=part == "people", faces=part == "faces")


def test_detectors() -> None:
    """What the detectors saw is told as theirs, where the installed OpenCV has them."""
    try:
        vlm = opencv(people=True, faces=True)
    except MissingPartError as error:
        pytest.skip(str(error))
    piece = ask([ground()] * 2, 0.0, vlm)
    assert piece.text.endswith("The people detector saw 0. The face detector saw 0.")
    assert piece.value["detected"] == {"people": 0, "faces": 0}
