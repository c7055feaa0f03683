"""H.264 as RTP carries it (RFC 6184): NAL units, cut to packets and stamped."""

from __future__ import annotations

import base64
import re
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import av
from av.bitstream import BitStreamFilterContext

CLOCK_RATE = 90_000
PAYLOAD_TYPE = 96
FIRST_SEQUENCE = 65_500  # both counters of a stream wrap soon, as those of a long-lived camera have
FIRST_STAMP = 2**32 - CLOCK_RATE
REPORT_EVERY = 1.0  # seconds of film

_SOURCE = 0x5EE7CA3E
_LARGEST_PAYLOAD = 1400
_IDR, _SPS, _PPS, _FU_A = 5, 7, 8, 28
_SENDER_REPORT = 200
_NTP_OF_1970 = 2_208_988_800


def kind(unit: bytes) -> int:
    """Give a NAL unit's type."""
    return unit[0] & 0x1F


@dataclass(frozen=True)
class Picture:
    """One coded picture.

    Attributes:
        due: When it is sent: seconds since the film's first, in decode order.
        shown: When it is shown, on the same clock.
        units: Its NAL units, with the parameter sets in front of an IDR picture.
    """

    due: float
    shown: float
    units: tuple[bytes, ...]

    @property
    def is_idr(self) -> bool:
        return any(kind(unit) == _IDR for unit in self.units)


@dataclass(frozen=True)
class Film264:
    """The H.264 pictures of a file, whatever its container.

    Attributes:
        pictures: In decode order.
        duration: Seconds until the film can begin again.
    """

    pictures: tuple[Picture, ...]
    duration: float

    @classmethod
    def read(cls, path: Path) -> Film264:
        with av.open(str(path), "r") as container:
            stream = container.streams.video[0]
            annex_b = BitStreamFilterContext("h264_mp4toannexb", stream)
            packets = [whole for packet in container.demux(stream) for whole in annex_b.filter(packet)]
            pictures = [
                Picture(float(one.dts * one.time_base), float((one.pts or 0) * one.time_base), _units(bytes(one)))
                for one in packets
                if one.dts is not None
            ]
            start, frame = pictures[0].due, 1 / float(stream.average_rate or 25)
        moved = tuple(Picture(one.due - start, one.shown - start, one.units) for one in pictures)
        return cls(moved, moved[-1].due + frame)

    @property
    def parameter_sets(self) -> tuple[bytes, bytes]:
        """The first sequence and picture parameter sets."""
        units = [unit for picture in self.pictures for unit in picture.units]
        return next(one for one in units if kind(one) == _SPS), next(one for one in units if kind(one) == _PPS)

    def for_ever(self, *, keyframes: bool = True) -> Iterator[Picture]:
        """Give the pictures over and over, their times going on.

        Without key frames it begins in the film's middle, and leaves every IDR picture out.
        """
        first = 0 if keyframes else len(self.pictures) // 2
        start = self.pictures[first].due
        for lap in count():
            for picture in self.pictures[first if lap == 0 else 0 :]:
                if keyframes or not picture.is_idr:
                    later = lap * self.duration - start
                    yield Picture(picture.due + later, picture.shown + later, picture.units)


def sdp(film: Film264, track: str) -> bytes:
    """Describe a film's stream (RFC 4566)."""
    sets = film.parameter_sets
    encoded = ",".join(base64.b64encode(one).decode() for one in sets)
    form = f"packetization-mode=1;profile-level-id={sets[0][1:4].hex()};sprop-parameter-sets={encoded}"
    lines = (
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=test camera",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK_RATE}",
        f"a=fmtp:{PAYLOAD_TYPE} {form}",
        f"a=control:{track}",
    )
    return "\r\n".join([*lines, ""]).encode()


class RtpStream:
    """The packets of one stream: numbered, stamped and counted."""

    def __init__(self) -> None:
        self._zero: float | None = None
        self._report_due = 0.0
        self._sequence = FIRST_SEQUENCE
        self._packets = 0
        self._octets = 0

    def restart(self) -> None:
        """Let the next picture be stamped as the first was."""
        self._zero = None

    def packets(self, picture: Picture) -> list[bytes]:
        """Cut one picture into packets; the last one is marked."""
        if self._zero is None:
            self._zero, self._report_due = picture.shown, picture.due
        payloads = [payload for unit in picture.units for payload in _payloads(unit)]
        return [self._packet(one, picture.shown, last=at == len(payloads)) for at, one in enumerate(payloads, 1)]

    def report(self, moment: float) -> bytes | None:
        """Give a sender report (RFC 3550), which says that ``moment`` of the film is now, if one is due."""
        if moment < self._report_due:
            return None
        self._report_due = moment + REPORT_EVERY
        seconds = time.time() + _NTP_OF_1970
        ntp = int(seconds), int(seconds % 1 * 2**32)
        counts = self._packets % 2**32, self._octets % 2**32
        return struct.pack(">BBH6I", 0x80, _SENDER_REPORT, 6, _SOURCE, *ntp, self._stamp(moment), *counts)

    def _packet(self, payload: bytes, moment: float, *, last: bool) -> bytes:
        head = struct.pack(
            ">BBHII", 0x80, last << 7 | PAYLOAD_TYPE, self._sequence % 2**16, self._stamp(moment), _SOURCE
        )
        self._sequence += 1
        self._packets += 1
        self._octets += len(payload)
        return head + payload

    def _stamp(self, moment: float) -> int:
        return (FIRST_STAMP + round((moment - (self._zero or 0.0)) * CLOCK_RATE)) % 2**32


def _units(annex_b: bytes) -> tuple[bytes, ...]:
    """Cut a picture at its start codes."""
    return tuple(unit for unit in re.split(rb"\x00{2,}\x01", annex_b) if unit)


def _payloads(unit: bytes) -> Iterator[bytes]:
    """Give a NAL unit as it is, or as fragments (FU-A) if it is too large for a packet."""
    if len(unit) <= _LARGEST_PAYLOAD:
        yield unit
        return
    step = _LARGEST_PAYLOAD - 2
    for at in range(1, len(unit), step):
        start, end = at == 1, at + step >= len(unit)
        yield bytes((unit[0] & 0xE0 | _FU_A, start << 7 | end << 6 | kind(unit))) + unit[at : at + step]
