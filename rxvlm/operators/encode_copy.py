"""encode_copy: windows become clips of the very packets that the camera sent."""

from __future__ import annotations

from typing import Unpack, cast

from av import VideoStream

from rxvlm import mp4
from rxvlm.clip import Clip
from rxvlm.codec import Packet
from rxvlm.errors import EncodeError
from rxvlm.operators.encode_with import Encoding, encode_with
from rxvlm.operators.operator import Operator
from rxvlm.packets import Lazy
from rxvlm.window import Window

_MICROSECONDS = 1_000_000


def encode_copy(**encoding: Unpack[Encoding]) -> Operator[Window, Clip]:
    """Put each window's packets into an MP4 as they are: nothing is decoded, nothing lost.

    It costs some 10 ms for ten seconds at 1080p, a hundredth of decoding them, and gives what the
    camera sent: all of its frames, at its size and bit rate. Choose it where the model (or whoever
    keeps the clips) takes so many bytes and chooses frames by itself.

    A clip begins with a key frame, so with what was sent before its window since the last one;
    `Clip.times` says so, and has every frame of the clip. Where the camera sends pictures before
    those that they are made of, some after the window's end are in it, too.

    Args:
        **encoding: ``max_concurrent``, ``capacity``, ``overflow``, ``order``, ``scheduler``
            and ``on_drop``, as `encode_with` has them.

    Returns:
        An operator. Windows that were sampled, that are not H.264 of a file or a camera, or were turned
        or resized, are a ValueError that ends the stream: `encode_mp4` takes them all.

    Raises:
        ValueError: If a number is out of range.
    """
    return encode_with(_clip, **encoding)


def _clip(window: Window) -> Clip:
    like, packets = _packets(window)
    first = window.frames[0]
    began = cast("Lazy", first.pixels).packet.pts
    end = None if window.end <= window.frames[-1].time else began + round((window.end - first.time) * _MICROSECONDS)
    data = mp4.remux(packets, like, end=end)
    times = sorted(first.time + (packet.pts - began) / _MICROSECONDS for packet in packets)
    height, width = first.shape[:2]
    return Clip.of(window, data, (width, height), times)


def _packets(window: Window) -> tuple[VideoStream, list[Packet]]:
    """Give the packets of a window, from a key frame on, in decoding order, and a stream like theirs."""
    if len(window.frames) < window.seen:
        raise ValueError(f"encode_copy takes whole windows, not {window!r}: leave out the sampling, or use encode_mp4")
    lazy = [frame.pixels for frame in window.frames if isinstance(frame.pixels, Lazy)]
    codecs = {pixels.group.codec for pixels in lazy}
    like = lazy[0].group.codec.like if lazy else None
    if len(lazy) < len(window.frames) or like is None:
        sent = "decoded pictures" if len(lazy) < len(window.frames) else ", ".join(codec.name for codec in codecs)
        raise ValueError(f"encode_copy takes H.264 as a file or a camera sends it, not {sent}: use encode_mp4")
    if len(codecs) > 1:
        raise EncodeError(f"the stream changes within {window!r}: its packets do not fit one clip")
    groups = list(dict.fromkeys(pixels.group for pixels in lazy))
    last = max(pixels.at for pixels in lazy if pixels.group is groups[-1])
    packets: list[Packet] = []
    for group in groups:
        first = lazy[0].at if group is groups[0] else 0
        packets += group.needed(first, last if group is groups[-1] else len(group.packets))
    # What is shown before the first key frame cannot be made without what came before that.
    return like, [packet for packet in packets if packet.pts >= packets[0].pts]
