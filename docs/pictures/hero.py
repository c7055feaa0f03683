"""Film the first picture of the manual: ``python docs/pictures/hero.py``.

A drawn camera is watched as ``rxvlm demo`` watches it, live and with the built-in model. What is filmed is what
happened: the frames that arrived, the answers when they came, and the counts of the ledger at that moment. Ten seconds
of it become ``hero.webp``; ``hero-still.webp`` and ``card.png`` are moments of it, for readers who want no motion and
for previews of links. It needs the extra ``notebook``, whose matplotlib has the fonts.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from reactivex import operators as ops

import rxvlm

HERE = Path(__file__).parent
CAMERA = "street"
EVERY = 5.0  # seconds of a window, as in `rxvlm demo`
FIRST, SECONDS, RATE = 10.0, 10.0, 4  # seconds before the film begins, seconds of it, pictures a second
NOISE = 10  # what a pixel of a camera differs by from one picture to the next, of 255, although nothing moves
MOST_BYTES = 300_000
WIDTH, HEIGHT = 720, 640  # pixels; shown at half of that on a phone
PICTURE = (720, 405)
CARD = (1200, 630)
FONTS = Path(mpl.get_data_path(), "fonts", "ttf")
DARK, PALE, TEAL, AMBER, WHITE = "#0d1b1e", "#9fb6b9", "#6fd0c3", "#ffca5f", "#ffffff"


@dataclass(frozen=True)
class Moment:
    """One picture of the film: a frame, the newest answer and the ledger's counts when it arrived."""

    second: float
    image: Image.Image
    said: rxvlm.Analysis | None
    tally: rxvlm.Tally


@dataclass
class Recorder:
    """Keeps a moment for each frame that arrives."""

    ledger: rxvlm.Ledger
    shown: np.ndarray | None = None
    moments: list[Moment] = field(default_factory=list[Moment])
    said: rxvlm.Analysis | None = None

    def on_frame(self, frame: rxvlm.Frame) -> None:
        """Keep this moment."""
        if frame.time >= FIRST and frame.time - FIRST >= len(self.moments) / RATE:
            self.shown = frame.image if self.shown is None else still(self.shown, frame.image)
            image = Image.fromarray(self.shown[:, :, ::-1])
            self.moments.append(Moment(frame.time, image, self.said, self.ledger.snapshot()))

    def on_answer(self, analysis: rxvlm.Analysis) -> None:
        """Keep the newest answer."""
        self.said = analysis


def still(shown: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Return a picture with the pixels that were shown before where it differs by noise alone, which takes bytes."""
    change = cv2.blur(cv2.absdiff(shown, image).max(axis=2), (5, 5))
    moves = cv2.dilate((change > NOISE).astype(np.uint8), np.ones((9, 9), np.uint8))
    return np.where(moves[:, :, np.newaxis] > 0, image, shown)


def record() -> list[Moment]:
    """Watch the camera until the film is complete, and return its moments."""
    ledger, stop = rxvlm.Ledger(CAMERA), rxvlm.Stop()
    recorder = Recorder(ledger)

    def on_frame(frame: rxvlm.Frame) -> None:
        recorder.on_frame(frame)
        if frame.time > FIRST + SECONDS:
            stop.set()

    frames = rxvlm.video(f"demo:{CAMERA}", ledger=ledger).pipe(ops.do_action(on_frame))
    model = rxvlm.models.opencv()
    rxvlm.watch(frames, model, every=EVERY, ledger=ledger, stop=stop).pipe(ops.do_action(recorder.on_answer)).run()
    return recorder.moments[: int(SECONDS * RATE)]


def font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return the font in a size of pixels."""
    return ImageFont.truetype(FONTS / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"), size)


def drawn(moment: Moment) -> Image.Image:
    """Return a moment as a picture: what the camera sends, and below it what is known about it."""
    page = Image.new("RGB", (WIDTH, HEIGHT), DARK)
    page.paste(moment.image.resize(PICTURE, Image.Resampling.LANCZOS))
    pen = ImageDraw.Draw(page)
    pen.ellipse((20, 425, 36, 441), fill=TEAL)
    pen.text((46, 418), f"{CAMERA}: live", font=font(26, bold=True), fill=WHITE)
    pen.text((WIDTH - 20, 420), "model: opencv", font=font(24), fill=AMBER, anchor="ra")
    for line, text in enumerate(_answer(moment.said)):
        pen.text((20, 460 + 34 * line), text, font=font(26), fill=WHITE)
    pen.text((20, HEIGHT - 48), _counts(moment.tally), font=font(24), fill=TEAL)
    return page


def _answer(said: rxvlm.Analysis | None) -> list[str]:
    """Return the lines of an answer."""
    if said is None:
        return ["The first window is still open."]
    text = f"{said.clip.start:g}-{said.clip.end:g} s: {said.error or said.text}"
    return textwrap.wrap(text, 47, max_lines=3, placeholder=" ...")


def _counts(tally: rxvlm.Tally) -> str:
    """Return what became of every frame."""
    lost = sum(tally.dropped.values())
    under_way = tally.captured - tally.analysed - lost
    return f"{tally.captured} frames = {tally.analysed} analysed + {under_way} under way + {lost} lost"


def keep(pages: list[Image.Image]) -> None:
    """Write the film with the best quality that fits into `MOST_BYTES`."""
    target = HERE / "hero.webp"
    for quality in range(80, 10, -10):
        options: Mapping[str, object] = {"quality": quality, "method": 6, "minimize_size": True}
        pages[0].save(target, save_all=True, append_images=pages[1:], duration=1000 // RATE, loop=0, **options)
        if target.stat().st_size <= MOST_BYTES:
            break
    print(f"hero.webp: {len(pages)} pictures, {target.stat().st_size // 1000} kB, quality {quality}")  # noqa: T201 - the report of this script


def card(moment: Moment) -> Image.Image:
    """Return the picture that stands beside a link to the manual."""
    page = Image.new("RGB", CARD, "#00564b")
    page.paste(drawn(moment).resize((648, 576), Image.Resampling.LANCZOS), (525, 27))
    pen = ImageDraw.Draw(page)
    pen.text((48, 150), "rxvlm", font=font(100, bold=True), fill=WHITE)
    for line, text in enumerate(["Ask a vision-", "language model", "about live video."]):
        pen.text((52, 300 + 54 * line), text, font=font(44), fill=WHITE)
    return page


def main() -> None:
    """Film, and write the three files."""
    moments = record()
    pages = [drawn(moment) for moment in moments]
    keep(pages)
    pages[-1].save(HERE / "hero-still.webp", quality=80, method=6)
    card(moments[-1]).quantize(128).save(HERE / "card.png", optimize=True)


if __name__ == "__main__":
    main()
