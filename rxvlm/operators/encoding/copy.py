"""Copy the packets of a window into a clip, without decoding."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from av import VideoStream

from rxvlm.clip import Clip
from rxvlm.errors import EncodeError
from rxvlm.media import mp4
from rxvlm.media.codec import Packet
from rxvlm.media.hiding import Altered
from rxvlm.media.orientation import Upright
from rxvlm.media.packets import Lazy
from rxvlm.ticks import to_seconds, to_ticks
from rxvlm.window import Window

_log = logging.getLogger("rxvlm")


def copy_packets(window: Window) -> Clip:
    """Remux the packets that a whole window needs, from a key frame on, into an MP4.

    Raises:
        ValueError: If the window was sampled, or its frames have no H.264 packets that an MP4 can hold.
        EncodeError: If codec or size change within the window.
    """
    if len(window.frames) < window.seen:
        raise ValueError(f"encode_copy takes whole windows, not {window!r}: leave out the sampling, or use encode_mp4")
    sent = [(frame, frame.pixels) for frame in window.frames if isinstance(frame.pixels, Lazy)]
    like = _like(window, [pixels for _, pixels in sent])
    kinds = {(pixels.group.codec, frame.shape, pixels.packet.setup) for frame, pixels in sent}
    if any(setup.header != codec.setup.header for codec, _, setup in kinds):
        raise EncodeError(f"the codec header of {window!r} is not that of the stream's beginning: use encode_mp4")
    if len({(codec, shape) for codec, shape, _ in kinds}) > 1:
        raise EncodeError(f"the stream changes within {window!r}: its packets do not fit one clip")
    if len(sent) < len(window.frames):
        _log.warning("%d frames of %r are left out of its clip: no key frame", len(window.frames) - len(sent), window)
    packets = _packets([pixels for _, pixels in sent])
    first, began = sent[0][0], sent[0][1].packet.pts
    end = None if window.end <= window.frames[-1].time else began + to_ticks(window.end - first.time)
    data = mp4.remux(packets, like, end=end)
    times = sorted(first.time + to_seconds(packet.pts - began) for packet in packets)
    return Clip.of(window, data, first.display_size, times)


def _like(window: Window, sent: Sequence[Lazy]) -> VideoStream:
    """Return a stream with the codec parameters of these packets."""
    like = sent[0].group.codec.like if sent else None
    if like is None:
        raise ValueError(
            f"encode_copy takes H.264 yuv420p of a file or a camera, not {_what(window, sent)}: use encode_mp4"
        )
    return like


def _what(window: Window, sent: Sequence[Lazy]) -> str:
    """Return why the pictures of a window cannot be copied."""
    first = window.frames[0].pixels
    if isinstance(first, Altered):
        return "masked or cropped pictures"
    if isinstance(first, Upright):
        return f"a film that is {first.orientation}"
    return f"{sent[0].group.codec.name} {sent[0].group.codec.pixels}" if sent else "decoded pictures"


def _packets(sent: Sequence[Lazy]) -> list[Packet]:
    """Return the packets that are needed to decode these frames, from a key frame on, in decoding order."""
    groups = list(dict.fromkeys(pixels.group for pixels in sent))
    last = max(pixels.at for pixels in sent if pixels.group is groups[-1])
    packets: list[Packet] = []
    for group in groups:
        first = sent[0].at if group is groups[0] else 0
        packets += group.needed(first, last if group is groups[-1] else len(group.packets))
    # Leading pictures of an open GOP, shown before its key frame, cannot be decoded without the GOP before.
    return [packet for packet in packets if packet.pts >= packets[0].pts]
