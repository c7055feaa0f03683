"""Masks and crops: what is hidden survives nowhere behind the step, in no form of the picture."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import av
import cv2
import numpy as np
import pytest
import reactivex
from av import VideoFrame, VideoStream
from av.video.reformatter import ColorRange
from film import FILMS, Film
from reactivex import operators as ops

from rxvlm import Clip, Frame, Store, collect, sinks, video, vlm_from, watch, watch_all
from rxvlm import operators as rxo
from rxvlm.media.damage import DamagedError
from rxvlm.media.hiding import box_in_pixels, covered_pixels
from rxvlm.media.picture import Image, bgr
from rxvlm.models import opencv
from rxvlm.testing import frames_at, play

SIZE = (322, 182)
POLYGON = [(103, 201), (497, 99), (603, 803), (151, 700)]
MASK = [POLYGON]
SECRET = (255, 0, 255)


@cache
def inside(size: tuple[int, int]) -> Any:
    """Return the pixels whose centre is inside of a polygon, by another way than the library's."""
    corners = np.array([[x * size[0] / 1000, y * size[1] / 1000] for x, y in POLYGON], np.float32)
    width, height = size
    return np.array(
        [
            [
                cv2.pointPolygonTest(corners, (column + 0.5, row + 0.5), measureDist=False) >= 0
                for column in range(width)
            ]
            for row in range(height)
        ]
    )


def secret_picture(index: int, size: tuple[int, int] = SIZE) -> Image:
    """Draw a grey picture with a magenta secret where the polygon is, in which something light moves."""
    image = np.full((size[1], size[0], 3), 90, np.uint8)
    left = size[0] // 5 + 4 * index % (size[0] // 4)
    moving = np.zeros(image.shape[:2], bool)
    moving[size[1] // 3 : size[1] // 2, left : left + size[0] // 12] = True
    image[inside(size)] = SECRET
    image[inside(size) & moving] = (255, 120, 255)
    return image


def make_secret(path: Path, kind: Film, count: int = 40) -> Path:
    """Encode a film of the secret."""
    with av.open(str(path), "w") as container:
        stream = cast("VideoStream", container.add_stream(kind.codec, 10, options=kind.params))
        stream.width, stream.height = SIZE
        stream.pix_fmt, stream.codec_context.gop_size = kind.pixels, kind.group
        for index in range(count):
            picture = VideoFrame.from_ndarray(secret_picture(index), format="bgr24")
            container.mux(stream.encode(picture.reformat(format=kind.pixels)))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_secret(tmp_path_factory.mktemp("secret") / "yard.mp4", FILMS["h264-bframes"])


def is_hidden(image: Image, most: int) -> bool:
    """Return whether the secret's colour is nowhere, and all inside of the polygon is as good as black."""
    middle = inside(image.shape[1::-1])
    return int(image[middle].max()) <= most and not magenta(image)


def magenta(image: Image) -> bool:
    """Return whether some pixel is more coloured than compression makes grey and black."""
    wide = image.astype(int)
    return bool((np.minimum(wide[..., 0], wide[..., 2]) - wide[..., 1] > 40).any())


@pytest.mark.parametrize("name", FILMS)
def test_no_pixel_of_a_masked_region_is_seen(tmp_path: Path, name: str) -> None:
    """Of every codec and pixel layout, each pixel inside of the polygon is exactly black, read exactly or not."""
    path = make_secret(tmp_path / f"film{FILMS[name].suffix}", FILMS[name], 24)
    frames = collect(video(path).pipe(rxo.mask(MASK)), 12)
    covered = inside(SIZE)
    for frame in frames[::5]:
        for image in (frame.image, bgr(frame.picture()), bgr(frame.picture(exact=False))):
            assert image.shape == frame.shape
            assert int(image[covered].max()) == 0
            assert name.startswith(("mpeg4", "mjpeg")) or not magenta(image)  # these smear colours over blocks
            assert int(image[0, 0].min()) > 60


def decoded(data: bytes) -> list[Image]:
    with av.open(io.BytesIO(data), "r") as container:
        return [cast("Image", picture.to_ndarray(format="bgr24")) for picture in container.decode(video=0)]


def read_jpeg(data: bytes) -> Image:
    return cast("Image", cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))


def jpegs_in(html: str) -> list[Image]:
    found = re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", html)
    return [read_jpeg(base64.b64decode(one)) for one in found]


def films_in(html: str) -> list[Image]:
    return [
        one
        for data in re.findall(r"data:video/mp4;base64,([A-Za-z0-9+/=]+)", html)
        for one in decoded(base64.b64decode(data))
    ]


def pictures_of(clip: Clip, folder: Path) -> dict[str, list[Image]]:
    """Return every form in which a clip shows its pictures."""
    (saved,) = clip.save(folder / "clip.mp4")
    return {
        "clip": decoded(cast("bytes", clip.contents)),
        "saved": decoded(saved.read_bytes()),
        "images": list(clip.images()),
        "jpegs": [read_jpeg(one) for one in cast("tuple[bytes, ...]", clip.jpegs().data)],
        "smaller": decoded(cast("bytes", clip.shrunk(width=160).contents)),
        "strip": jpegs_in(clip.strip(3, width=96)),
        "cell": films_in(clip._repr_html_()),  # pyright: ignore[reportPrivateUsage] - what a notebook calls
    }


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"effort": "keyframes"},
        {"gate": rxo.gate_by_motion(open_at=0.0)},
        {"sampler": "changes"},
        {"sampler": "sharpest", "width": 200},
    ],
    ids=lambda options: ",".join(options) or "usual",
)
def test_nothing_of_it_survives_in_a_clip(secret: Path, tmp_path: Path, options: dict[str, Any]) -> None:
    """The clip, its pictures, thumbnails and cells, smaller clips and saved ones have nothing of the secret."""
    asked: list[Clip] = []
    model = vlm_from(lambda clip, _prompt: asked.append(clip) or "seen")
    found = collect(watch(secret, model, every=2.0, mask=MASK, **options).pipe(ops.take(1)))
    (clip,) = {found[0].clip, *asked[:1]}
    for form, images in pictures_of(clip, tmp_path).items():
        assert images, form
        assert all(is_hidden(image, 24) for image in images), form


def test_a_live_camera_is_masked_while_its_window_is_open() -> None:
    """The clip that is begun before its window ends is made of masked frames, too."""
    left = [(0, 0), (500, 0), (500, 1000), (0, 1000)]
    (analysis,) = collect(watch("demo:yard", vlm_from(lambda *_: "x"), every=1.0, mask=[left]), 1)
    images = list(analysis.clip.images())
    assert images
    assert all(int(image[:, : image.shape[1] // 2 - 2].max()) <= 24 for image in images)


def test_jpegs_and_arrays_are_masked(tmp_path: Path) -> None:
    """A frame that came as a JPEG is not passed on as it came; an array stays, and its masked frame is black."""
    path = make_secret(tmp_path / "film.avi", FILMS["mjpeg"])
    clips = collect(video(path).pipe(rxo.mask(MASK), rxo.buffer_by_time(2.0), rxo.encode_jpegs()), 1)
    assert all(is_hidden(image, 24) for image in clips[0].images())
    array = secret_picture(1)
    (_, frame), _ = play(reactivex.just(Frame.of(array, 0.0)).pipe(rxo.mask(MASK)))
    assert is_hidden(frame.image, 0)
    assert magenta(array)


def test_the_embedded_model_sees_nothing_of_it(secret: Path) -> None:
    """What flickers behind a mask does not move for the built-in model, which reads the clip."""
    seen, masked = (collect(watch(secret, opencv(), every=2.0, mask=mask))[0] for mask in ((), MASK))
    assert seen.value["motion"]["share"] > 0
    assert masked.value["motion"]["share"] == 0
    assert seen.value["regions"]
    assert not masked.value["regions"]


def test_a_gate_stays_shut_for_what_is_behind_a_mask(secret: Path) -> None:
    """The motion of a masked region opens no gate, and its windows are counted as skipped."""
    asked = watch(secret, vlm_from(lambda *_: "x"), every=1.0, gate="motion")
    masked = watch(secret, vlm_from(lambda *_: "x"), every=1.0, gate="motion", mask=MASK)
    assert (len(collect(asked)), len(collect(masked))) == (4, 0)
    assert masked.ledger is not None
    assert (masked.ledger.snapshot().captured, masked.ledger.snapshot().skipped) == (40, 40)


def test_sinks_and_cells_have_nothing_of_it(secret: Path, tmp_path: Path) -> None:
    """A saved clip, a store, the list of answers in a notebook, and the stream's own cell."""
    stream = watch(secret, vlm_from(lambda *_: "x"), every=2.0, mask=MASK)
    found = collect(stream)
    saved = [sinks.save_clips(tmp_path)(one) for one in found]
    assert all(is_hidden(image, 24) for path in saved for image in decoded(path.read_bytes()))
    assert all(is_hidden(image, 24) for image in jpegs_in(found._repr_html_()))  # pyright: ignore[reportPrivateUsage]
    with Store(tmp_path / "watch.db") as store:
        for analysis in found:
            store.write(analysis)
    with Store(tmp_path / "watch.db") as store:
        kept = [one.clip() for one in store.search()]
        assert kept
        assert all(is_hidden(image, 24) for clip in kept for image in clip.images())
    together = watch_all({"a": secret}, vlm_from(lambda *_: "x"), mask=MASK)
    for one in (stream, together, video(secret).pipe(rxo.mask(MASK)), video(secret).pipe(rxo.crop((0, 0, 90, 90)))):
        assert not jpegs_in(one._repr_html_())  # pyright: ignore[reportPrivateUsage] - of the whole picture
    assert jpegs_in(video(secret)._repr_html_())  # pyright: ignore[reportPrivateUsage]


def test_a_stream_that_is_counted_elsewhere_stays_masked(secret: Path) -> None:
    """Another name takes the source again, with the mask behind it."""
    stream = watch(video(secret).pipe(rxo.mask(MASK)), vlm_from(lambda *_: "x"), name="other", every=2.0)
    found = collect(stream)
    assert found[0].clip.source == "other"
    assert all(is_hidden(image, 24) for image in found[0].clip.images())
    assert not jpegs_in(stream._repr_html_())  # pyright: ignore[reportPrivateUsage]


class Damaged:
    """Pixels that could be decoded in part only."""

    def picture(self) -> VideoFrame:
        raise DamagedError("damaged", VideoFrame.from_ndarray(secret_picture(1), format="bgr24"))

    def image(self) -> Image:
        return bgr(self.picture())


def test_a_damaged_picture_is_masked() -> None:
    """The error of a damaged picture has it masked, and no other error refers to the whole one."""
    bare = replace(*frames_at([0.0], size=SIZE), pixels=Damaged())
    (_, frame), _ = play(reactivex.just(bare).pipe(rxo.mask(MASK)))
    for look in (frame.picture, lambda: frame.image, lambda: frame.picture(exact=False)):
        with pytest.raises(DamagedError) as raised:
            look()
        assert raised.value.picture is not None
        assert is_hidden(bgr(raised.value.picture), 0)
        assert raised.value.__context__ is None


def test_packets_cannot_be_masked(secret: Path) -> None:
    """With ``effort="copy"`` a mask or a crop is a ValueError at once; by hand the stream ends with one."""
    either: list[dict[str, Any]] = [{"mask": MASK}, {"crop": (0, 0, 500, 500)}]
    for options in either:
        with pytest.raises(ValueError, match="effort='copy' cannot be combined with"):
            watch(secret, vlm_from(lambda *_: "x"), effort="copy", **options)
        with pytest.raises(ValueError, match="effort='copy' cannot be combined with"):
            watch_all({"a": secret}, vlm_from(lambda *_: "x"), effort="copy", **options)
    by_hand = video(secret).pipe(rxo.mask(MASK), rxo.buffer_by_time(1.0), rxo.encode_copy())
    with pytest.raises(ValueError, match="not masked or cropped pictures: use encode_mp4"):
        collect(by_hand)


def test_a_crop_keeps_what_is_inside(secret: Path, tmp_path: Path) -> None:
    """The clip has the size of the part, and its pixels; what is outside is not there."""
    found = collect(watch(secret, vlm_from(lambda *_: "x"), every=2.0, crop=(0, 0, 95, 1000), width=None))
    assert (found[0].clip.width, found[0].clip.height) == (30, 182)
    assert not any(magenta(image) for images in pictures_of(found[0].clip, tmp_path).values() for image in images)
    (whole,), (part,) = (collect(video(secret).pipe(*step), 1) for step in ([], [rxo.crop((250, 250, 750, 750))]))
    left, top, right, bottom = box_in_pixels((250, 250, 750, 750), SIZE)
    assert np.array_equal(part.image, whole.image[top:bottom, left:right])


def test_a_mask_is_in_per_mille_of_the_whole_picture(secret: Path) -> None:
    """With both, the picture is masked first, and then cropped."""
    found = collect(watch(secret, vlm_from(lambda *_: "x"), every=2.0, mask=MASK, crop=(200, 200, 500, 700)))
    assert not any(magenta(image) for image in found[0].clip.images())
    assert all(int(image[10:-10, 10:-10].max()) < 40 for image in found[0].clip.images())


def test_full_range_pictures_become_black() -> None:
    """Black is 0 in pictures of full range, and 16 in all others."""
    for pixels, full in (("yuv420p", False), ("yuv420p", True), ("yuvj420p", True)):
        picture = VideoFrame.from_ndarray(secret_picture(1, (64, 48)), format="bgr24").reformat(format=pixels)
        picture.color_range = ColorRange.JPEG if full else ColorRange.MPEG
        (frame,) = frames_at([0.0])
        (_, masked), _ = play(reactivex.just(replace(frame, pixels=Ready(picture))).pipe(rxo.mask(MASK)))
        luma = np.frombuffer(masked.picture().planes[0], np.uint8).reshape(48, -1)[:, :64]
        assert set(luma[inside((64, 48))]) == {0 if full else 16}


class Ready:
    """Pixels that are decoded already."""

    def __init__(self, picture: VideoFrame) -> None:
        self._picture = picture

    def picture(self) -> VideoFrame:
        return self._picture

    def image(self) -> Image:
        return bgr(self._picture)


@pytest.mark.parametrize("size", [(2, 2), (3, 3), (7, 5), (64, 48), (641, 361)])
def test_odd_sizes(size: tuple[int, int]) -> None:
    """Pictures of any size are masked and cropped, with the shape that is told."""
    (_, masked), _ = play(reactivex.from_iterable(frames_at([0.0, 1.0], size=size)).pipe(rxo.mask(MASK), ops.last()))
    (_, part), _ = play(
        reactivex.from_iterable(frames_at([0.0, 1.0], size=size)).pipe(rxo.crop((900, 900, 1000, 1000)), ops.last())
    )
    assert masked.image.shape == masked.shape == (size[1], size[0], 3)
    assert part.image.shape == part.shape
    assert min(part.shape[:2]) >= 2


def test_what_an_outline_encloses_is_covered() -> None:
    """A star is drawn with one line that crosses itself: its middle is inside."""
    star = ((500, 0), (800, 1000), (0, 380), (1000, 380), (200, 1000))
    assert covered_pixels((star,), (100, 100))[50, 50]
    assert covered_pixels((star,), (100, 100))[5, 50]
    assert not covered_pixels((star,), (100, 100))[5, 5]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: rxo.mask(1), "mask is a list of polygons, as in"),  # pyright: ignore[reportArgumentType]
        (lambda: rxo.mask("left"), "mask is a list of polygons, as in"),  # pyright: ignore[reportArgumentType]
        (lambda: rxo.mask([(0, 0), (500, 0), (500, 500)]), "mask is a list of polygons, as in"),  # pyright: ignore[reportArgumentType]
        (lambda: rxo.mask([[(0, 0), (500, 0)]]), "polygons of at least 3 points.*not one of 2"),
        (lambda: rxo.mask([[(0, 0), (1200, 0), (5, 5)]]), "in per mille of the picture, 0 to 1000, not 1200"),
        (lambda: rxo.mask([[(0, 0), (float("nan"), 0), (5, 5)]]), "0 to 1000, not nan"),
        (lambda: rxo.mask([[(0, 0, 0), (1, 0), (5, 5)]]), "points of two numbers"),  # pyright: ignore[reportArgumentType]
        (lambda: rxo.crop((0, 0, 500)), r"crop is \(left, top, right, bottom\)"),  # pyright: ignore[reportArgumentType]
        (lambda: rxo.crop((500, 0, 500, 500)), "nothing is inside"),
        (lambda: rxo.crop((0, 0, 1001, 500)), "0 to 1000, not 1001"),
        (lambda: rxo.crop(("a", 0, 1000, 500)), "crop must be a number, not 'a'"),  # pyright: ignore[reportArgumentType]
        (lambda: reactivex.never().pipe(rxo.mask), r"mask is called where it stands in a pipe"),  # pyright: ignore[reportArgumentType]
        (lambda: reactivex.never().pipe(rxo.crop), r"crop is called where it stands in a pipe"),  # pyright: ignore[reportArgumentType]
    ],
)
def test_what_is_no_area_is_refused_at_once(make: Callable[[], object], says: str) -> None:
    """An error names the argument, its form and its range."""
    with pytest.raises((TypeError, ValueError), match=says):
        make()
