"""Checks of what encoders can be asked for."""

from __future__ import annotations

from rxvlm.arguments import check_integer


def check_width(width: int | None, least: int = 1) -> None:
    """Check the width of a clip, in pixels; None stands for the frames' own.

    Args:
        width: The width.
        least: The smallest width of the format: 2 where the sides must be even.

    Raises:
        TypeError: If it is not a whole number.
        ValueError: If it is too small.
    """
    if width is None:
        return
    check_integer("width", width)
    if width < least:
        raise ValueError(f"width must be at least {least} pixel{'s' if least > 1 else ''}, not {width}")


def check_mp4(width: int | None, qp: int) -> None:
    """Check the width and the quantiser of an H.264 clip.

    Raises:
        TypeError: If one is not a whole number.
        ValueError: If the width is below 2 pixels, or the quantiser not 1 to 51.
    """
    check_width(width, least=2)  # yuv420p has even sides
    check_integer("qp", qp)
    if qp not in range(1, 52):  # x264's own range; 0 is lossless, which browsers do not play
        raise ValueError(f"qp must be 1 to 51, not {qp}")


def check_jpegs(width: int | None, quality: int) -> None:
    """Check the width and the quality of JPEGs.

    Raises:
        TypeError: If one is not a whole number.
        ValueError: If the width is below 1 pixel, or the quality not 1 to 100.
    """
    check_width(width)
    check_integer("quality", quality)
    if quality not in range(1, 101):  # JPEG's own range
        raise ValueError(f"quality must be 1 to 100, not {quality}")
