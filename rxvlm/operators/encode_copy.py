"""encode_copy: windows become clips of the very packets that the camera sent."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Unpack

from av import VideoStream

from rxvlm.clip import Clip
from rxvlm.errors import EncodeError
from rxvlm.media import mp4
from rxvlm.media.codec import Packet
from rxvlm.media.packets import Lazy
from rxvlm.operators.encode_with import Encoding, encode_with
from rxvlm.operators.misuse import known, spelled_out, taking
from rxvlm.stream import Operator
from rxvlm.ticks import to_seconds, to_ticks
from rxvlm.window import Window

_log = logging.getLogger("rxvlm")


@spelled_out(Encoding, encode_with)
def encode_copy(**encoding: Unpack[Encoding]) -> Operator[Window, Clip]:
    """Put each window's packets into an MP4 as they are: nothing is decoded, nothing lost.

    It costs some 10 ms for ten seconds at 1080p, a hundredth of decoding them, and gives what the
    camera sent: all of its frames, at its size and bit rate. Choose it where the model (or whoever
    keeps the clips) takes so many bytes and chooses frames by itself.

    A clip begins with a key frame, so with what was sent before its window since the last one;
    `Clip.times` says so, and has every frame of the clip. Where the camera sends pictures before
    those that they are made of, some after the window's end are in it, too. Frames that the source had
    to decode, for want of a key frame, are not in it, and logged.

    Args:
        **encoding: ``max_concurrent``, ``capacity``, ``overflow``, ``order``, ``scheduler``
            and ``on_drop``, as `encode_with` has them.

    Returns:
        An operator. Windows that were sampled, that are not H.264 (8 bits, 4:2:0) of a file or a camera, or were
        turned or resized, are a ValueError that ends the stream: `encode_mp4` takes them all.

    Raises:
        TypeError: If there is no such option, or what must be a number is none.
        ValueError: If a number is out of range.
    """
    known(encode_copy, encoding)
    return taking(Window, "encode_copy", encode_with(_clip, **encoding))


def _clip(window: Window) -> Clip:
    if len(window.frames) < window.seen:
        raise ValueError(f"encode_copy takes whole windows, not {window!r}: leave out the sampling, or use encode_mp4")
    sent = [(frame, frame.pixels) for frame in window.frames if isinstance(frame.pixels, Lazy)]
    like = _like([pixels for _, pixels in sent])
    if len({(pixels.group.codec, frame.shape) for frame, pixels in sent}) > 1:
        raise EncodeError(f"the stream changes within {window!r}: its packets do not fit one clip")
    if len(sent) < len(window.frames):
        _log.warning("%d frames of %r are left out of its clip: no key frame", len(window.frames) - len(sent), window)
    packets = _packets([pixels for _, pixels in sent])
    first, began = sent[0][0], sent[0][1].packet.pts
    end = None if window.end <= window.frames[-1].time else began + to_ticks(window.end - first.time)
    data = mp4.remux(packets, like, end=end)
    times = sorted(first.time + to_seconds(packet.pts - began) for packet in packets)
    height, width = first.shape[:2]
    return Clip.of(window, data, (width, height), times)


def _like(sent: Sequence[Lazy]) -> VideoStream:
    """Give a stream of the same parameters as these packets."""
    like = sent[0].group.codec.like if sent else None
    if like is None:
        what = f"{sent[0].group.codec.name} {sent[0].group.codec.pixels}" if sent else "decoded pictures"
        raise ValueError(f"encode_copy takes H.264 yuv420p of a file or a camera, not {what}: use encode_mp4")
    return like


def _packets(sent: Sequence[Lazy]) -> list[Packet]:
    """Give the packets that are needed, from a key frame on, in decoding order."""
    groups = list(dict.fromkeys(pixels.group for pixels in sent))
    last = max(pixels.at for pixels in sent if pixels.group is groups[-1])
    packets: list[Packet] = []
    for group in groups:
        first = sent[0].at if group is groups[0] else 0
        packets += group.needed(first, last if group is groups[-1] else len(group.packets))
    # What is shown before the first key frame cannot be made without what came before that.
    return [packet for packet in packets if packet.pts >= packets[0].pts]
