"""probe: measure what a source sends and what it costs to watch it, with advice on settings of the camera."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Final

from av import Packet, VideoStream

from rxvlm.arguments import check_above_zero, suggest_options
from rxvlm.errors import DecodeError, NoVideoError, SourceTimeoutError, UriError
from rxvlm.media.demux import Demux
from rxvlm.media.orientation import Orientation
from rxvlm.media.packets import Lazy
from rxvlm.media.picture import displayed
from rxvlm.media.timed_picture import TimedPicture
from rxvlm.sources.file import open_file
from rxvlm.sources.film import first_picture, packets_of_film
from rxvlm.sources.network import open_network, packets_of, video_in
from rxvlm.ticks import to_seconds, to_ticks
from rxvlm.uri import Address, address

SILENT_SECONDS: Final = 10.0
WINDOW_SECONDS: Final = 10.0
CLIP_FRAMES: Final = 8
CLIP_WIDTH: Final = 640
_DECODED: Final = 60  # pictures that are decoded to measure the cost
_LONG_GROUP, _WIDE, _FAST, _HEAVY = 4.0, 1280, 15.5, 4_000_000  # limits from which there is advice
_DENSE: Final = 2.05  # seconds between key frames, with some tolerance, up to which key frames alone make a clip
_TILE: Final = 32  # pixels; a vision model reads tiles of this size


@dataclass(frozen=True, slots=True)
class Probe:
    """What a source sends, and what ten-second windows of it cost.

    Attributes:
        uri: Its address, without secrets.
        codec: The codec's name in FFmpeg.
        width: Width in pixels of the picture as it is shown: upright, with square pixels.
        height: Height in pixels, in the same way.
        seconds: Seconds of video that were measured.
        fps: Frames a second, from their own times.
        keyframe_seconds: Seconds between key frames that decoding can start at; None if there were fewer than two.
        bit_rate: Bits a second.
        clock: Where the wall time of frames comes from: ``"camera"``, ``"arrival"`` or ``"none"`` (a file).
        exact_cpu: Share of one core for windows with exact moments, for which nearly every picture is decoded.
        keyframe_cpu: Share of one core for windows of key frames only.
        window_bytes: Memory of the packets of a window.
        effort: The best ``watch(..., effort=...)``: ``"keyframes"`` if it sends a key frame at least every 2 s, so that
            a clip of a window has five; otherwise ``"exact"``.
        tokens: Estimate of the tokens of a clip of eight frames, 640 pixels wide, with Qwen-VL models.
        advice: Changes to make on the camera, one sentence each.
    """

    uri: str
    codec: str
    width: int
    height: int
    seconds: float
    fps: float
    keyframe_seconds: float | None
    bit_rate: float
    clock: str
    exact_cpu: float
    keyframe_cpu: float | None
    window_bytes: int
    effort: str
    tokens: int
    advice: tuple[str, ...]


@suggest_options()
def probe(uri: str | Path, *, seconds: float = 10.0) -> Probe:
    """Open a source, read it for some seconds, and report what it sends.

    Args:
        uri: A file, or the address of a camera on the network.
        seconds: Seconds of video to read; for a camera, the call takes this time.

    Raises:
        SourceError: If it cannot be opened; a subclass says why.
        UriError: If the address is malformed, or of a kind that has no packets.
    """
    check_above_zero("seconds", seconds, "seconds")
    where = address(uri)
    if where.kind == "file":
        container, stream = open_file(Path(where.target))
        tried, orientation = first_picture(film := packets_of_film(stream, where.safe), where.safe)
        packets: Iterator[Packet[VideoStream] | None] = chain(tried, film)
    elif where.kind in ("rtsp", "http", "rtmp", "udp"):
        container = open_network(where)
        stream = video_in(container, where)
        packets, orientation = packets_of(container, stream, where), Orientation()
    else:
        raise UriError(f"{where.safe} has no packets to measure; give a file or a camera on the network", where.safe)
    with container:
        shown = _read(where, stream, packets, seconds)
        clock = "none" if where.kind == "file" else "arrival" if container.start_time_realtime is None else "camera"
        return _report(where, stream, shown, clock, orientation=orientation)


def _read(
    where: Address, stream: VideoStream, packets: Iterator[Packet[VideoStream] | None], seconds: float
) -> list[TimedPicture]:
    """Demux the pictures of some seconds; none is decoded yet."""
    demux, shown, heard = Demux(stream), list[TimedPicture](), time.monotonic()
    for packet in packets:
        if packet is None:
            if time.monotonic() - heard > SILENT_SECONDS:
                raise SourceTimeoutError(f"{where.safe} sends nothing", where.safe)
            continue
        heard = time.monotonic()
        shown.extend(demux.push(packet))
        if shown and shown[-1].pts - shown[0].pts >= to_ticks(seconds):
            break
    else:
        shown.extend(demux.flush())
    if not shown:
        raise NoVideoError(f"{where.safe} sends no picture", where.safe)
    return shown


def _report(
    where: Address, stream: VideoStream, shown: Sequence[TimedPicture], clock: str, *, orientation: Orientation
) -> Probe:
    times = [to_seconds(one.pts) for one in shown]
    length = times[-1] - times[0]
    fps = (len(times) - 1) / length if length else 0.0
    size = sum(one.size for one in shown[:-1]) or shown[0].size
    starts = [at for at, one in zip(times, shown, strict=True) if isinstance(one.pixels, Lazy) and one.pixels.is_start]
    distance = (starts[-1] - starts[0]) / (len(starts) - 1) if len(starts) > 1 else None
    key = _decoding([one for one in shown if one.keyframe][:_DECODED])  # first, because decoded pictures are cached
    exact = _decoding(shown[:_DECODED])
    height, width, _ = shown[-1].shape
    width, height = orientation.size(displayed((width, height), shown[-1].aspect))
    probed = Probe(
        where.safe,
        stream.codec_context.name,
        width,
        height,
        round(length, 3),
        round(fps, 3),
        distance and round(distance, 3),
        round(8 * size / length) if length else 0.0,
        clock,
        round(exact * fps, 4),
        round(key / distance, 4) if distance else None,
        round(size * WINDOW_SECONDS / length) if length else size,
        "keyframes" if distance is not None and distance <= _DENSE else "exact",
        tokens(width, height),
        (),
    )
    return replace(probed, advice=tuple(_advice(probed)))


def _decoding(shown: Sequence[TimedPicture]) -> float:
    """Return the mean CPU seconds for decoding a picture."""
    began = time.thread_time()
    for one in shown:
        with suppress(DecodeError):
            if one.pixels is not None:
                one.pixels.picture()
    return (time.thread_time() - began) / max(1, len(shown))


def tokens(width: int, height: int, frames: int = CLIP_FRAMES, across: int = CLIP_WIDTH) -> int:
    """Estimate the tokens of a clip with Qwen-VL models: tiles of 32 x 32 pixels, two frames at a time.

    >>> tokens(1920, 1080)
    882
    """
    scale = min(1.0, across / width)
    tiles = max(1, round(width * scale / _TILE)) * max(1, round(height * scale / _TILE))
    return math.ceil(frames / 2) * tiles + 2


def _advice(probed: Probe) -> Iterator[str]:
    distance = probed.keyframe_seconds
    if distance is None and probed.seconds > _LONG_GROUP:
        yield "Send key frames, one every 1 to 2 s, no intra refresh: without them every picture is decoded."
    elif distance is not None and distance > _LONG_GROUP:
        yield f"Send a key frame every 1 to 2 s, not every {distance:.1f} s: less is decoded, moments are more even."
    if probed.width > _WIDE:
        yield f"Use a smaller stream of the camera: it sends {probed.width} pixels across, models see {CLIP_WIDTH}."
    if probed.fps > _FAST:
        yield f"Send 10 frames a second, not {probed.fps:.0f}: models see {CLIP_FRAMES} in ten seconds."
    if probed.bit_rate > _HEAVY:
        yield f"Lower the bit rate to 2 Mbit/s, from {probed.bit_rate / 1e6:.1f}."
    if probed.codec == "mjpeg":
        yield "Use H.264: motion JPEG takes some ten times the bytes."
    if probed.clock == "arrival":
        yield "Let the camera send its clock (RTCP sender reports, with NTP): until then ages are counted from arrival."
