"""What PyAV 18 and 19 want differently, and what they must give alike."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av import VideoFrame, VideoStream
from film import card

from rxvlm.media.demux import Demux
from rxvlm.sources.file import open_file


def _titled(path: Path, title: str) -> Path:
    with av.open(str(path), "w") as container:
        container.metadata["title"] = title
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"
        container.mux(stream.encode(VideoFrame.from_ndarray(card(0, 16, 16), format="bgr24")))
        container.mux(stream.encode(None))
    return path


def test_tags_in_another_encoding_are_no_error(tmp_path: Path) -> None:
    """A film whose title is Latin-1, as old cameras write it, opens."""
    path = _titled(tmp_path / "old.mkv", "a cafe!")
    path.write_bytes(path.read_bytes().replace(b"a cafe!", b"a caf\xe9!"))
    container, stream = open_file(path)
    with container:
        assert b"a caf\xe9!" in path.read_bytes()
        assert stream.width == 16


class _Unset:
    """A stream whose container says nothing of time: PyAV 18 calls that None, PyAV 19 a falsy rational."""

    def __init__(self, stream: VideoStream, rational: object) -> None:
        self._stream = stream
        self.time_base = self.average_rate = self.guessed_rate = rational

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def test_an_unset_rate_and_time_base_are_no_numbers(tmp_path: Path) -> None:
    """Where neither is set the stream counts in seconds, at 25 pictures a second."""
    container, stream = open_file(_titled(tmp_path / "x.mkv", "x"))
    with container:
        for unset in (None, getattr(av, "AVRational", Fraction)(0, 1)):
            demux = Demux(cast("VideoStream", _Unset(stream, unset)))
            assert (demux._scale, demux._divisor, demux._picture_ticks) == (1_000_000, 1, 40_000)
