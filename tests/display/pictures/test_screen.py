"""Pictures in each of the ways that a terminal can show them."""

from __future__ import annotations

import base64
import io
import re
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from rich.console import Console
from rich.segment import Segment, Segments

from rxvlm.display.pictures.screen import Drawing, Screen, Way
from rxvlm.media.picture import Image


def quarters(width: int) -> Image:
    """Return a picture: red and green above, blue and white below."""
    picture = np.zeros((width // 2, width, 3), np.uint8)
    height, middle = width // 4, width // 2
    picture[:height, :middle] = 0, 0, 255
    picture[:height, middle:] = 0, 255, 0
    picture[height:, :middle] = 255, 0, 0
    picture[height:, middle:] = 255, 255, 255
    return picture


def drawn(way: Way, room: tuple[int, int] = (8, 2)) -> Drawing:
    return Screen(way).draw(lambda _most, width: [quarters(width)], (640, 320), room)


def written(lines: Sequence[Sequence[Segment]]) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", width=100)
    for line in lines:
        console.print(Segments(line), end="")
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_half_blocks_show_two_pixels_a_cell() -> None:
    """The upper one is the letter's colour, the lower one its background."""
    drawing = drawn("blocks", (8, 1))
    first, last = drawing.lines[0][1], drawing.lines[0][-1]
    assert (drawing.columns, len(drawing.lines)) == (4, 1)
    assert written([[first]]) == "\x1b[38;2;255;0;0;48;2;0;0;255m▀\x1b[0m"
    assert written([[last]]) == "\x1b[38;2;0;255;0;48;2;255;255;255m▀\x1b[0m"


def test_letters_need_no_colours() -> None:
    """Blue is dark, white is bright."""
    assert written(drawn("letters").lines) == "::::++++....@@@@"


def test_kitty_gets_the_picture_and_its_letters() -> None:
    """What is transmitted is the picture, in pieces of 4096 letters; each line is numbered by an accent."""
    drawing = drawn("kitty")
    sent = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", drawing.lines[0][1].text)
    keys = dict(key.split("=") for key in sent[0][0].split(","))
    assert {key: keys[key] for key in "aUfosvcr"} == {
        "a": "T", "U": "1", "f": "24", "o": "z", "s": "80", "v": "40", "c": "8", "r": "2"
    }  # fmt: skip
    assert all(len(data) <= 4096 for _, data in sent)
    assert [keys[-1] for keys, _ in sent] == ["1"] * (len(sent) - 1) + ["0"]
    pixels = np.frombuffer(zlib.decompress(base64.b64decode("".join(data for _, data in sent))), np.uint8)
    assert np.array_equal(pixels.reshape(40, 80, 3)[:, :, ::-1], quarters(80))
    letters = ["".join(part.text for part in line if not part.control) for line in drawing.lines]
    assert letters == [f"\U0010eeee{accent}\u0305" + "\U0010eeee" * 7 for accent in "\u0305\u030d"]
    assert [sum(part.cell_length for part in line) for line in drawing.lines] == [8, 8]


def pixels_of(sixels: str) -> npt.NDArray[np.uint8]:
    """Decode sixels, as a terminal does: RGB, black where nothing is painted."""
    found = re.fullmatch(r'\x1b7\x1bP0;1;0q"1;1;(\d+);(\d+)(.*)\x1b\\\x1b8\x1b\[8C', sixels)
    assert found is not None
    picture = np.zeros((int(found[2]), int(found[1]), 3), np.uint8)
    colours: dict[str, list[int]] = {}
    top = left = 0
    colour = ""
    for define, select, count, one, end in re.findall(r"#(\d+;2;[\d;]+)|#(\d+)|(?:!(\d+))?([?-~])|([$-])", found[3]):
        if define:
            name, _, *percent = define.split(";")
            colours[name] = [round(int(share) * 2.55) for share in percent]
        elif select:
            colour = select
        elif end:
            top, left = top + 6 * (end == "-"), 0
        else:
            rows = [top + bit for bit in range(6) if (ord(one) - 63) >> bit & 1]
            right = left + int(count or 1)
            picture[rows, left:right] = colours.get(colour, [0, 0, 0])
            left = right
    return picture


def test_sixels_are_the_picture_in_slices() -> None:
    """Each line of text holds its own slice, and nothing is painted outside of it."""
    drawing = drawn("sixel")
    slices = [pixels_of(line[1].text) for line in drawing.lines]
    assert np.array_equal(np.vstack(slices)[:, :, ::-1], quarters(80))


def test_sixels_dither() -> None:
    """A colour between those of the palette is right on the average."""
    grey = np.full((40, 80, 3), 100, np.uint8)
    drawing = Screen("sixel").draw(lambda _most, _width: [grey], (640, 320), (8, 2))
    shown = np.vstack([pixels_of(line[1].text) for line in drawing.lines])
    assert np.allclose(shown.mean(axis=(0, 1)), 100, atol=6)


@pytest.mark.parametrize("way", ["blocks", "letters", "kitty", "sixel"])
def test_every_line_begins_with_a_control_segment(way: Way) -> None:
    """The live drawing knows by it that the line has a picture."""
    assert all(line[0].control for line in drawn(way).lines)


def test_as_many_pictures_as_fit() -> None:
    """The number that is asked for is the one that there is room for."""
    asked: list[int] = []

    def images(most: int, width: int) -> list[Image]:
        asked.append(most)
        return [quarters(width)] * 2

    assert Screen("blocks").draw(images, (640, 320), (40, 2)).columns == 17
    assert asked == [4]
