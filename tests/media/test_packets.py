"""Lazy frames: the same pictures as a full decode, in any order, from any thread, in little memory."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import pytest
from av import VideoCodecContext, VideoFrame
from film import FILMS, X264, Film, full_decode, make_film

from rxvlm.errors import DecodeError
from rxvlm.media import codec as codecs
from rxvlm.media.codec import Codec, Cursor, Packet
from rxvlm.media.demux import Demux
from rxvlm.media.packets import Group, Lazy
from rxvlm.media.picture import Decoded, Image, bgr
from rxvlm.media.timed_picture import TimedPicture


def demuxed(path: Path) -> list[TimedPicture]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        demux = Demux(stream)
        shown = [one for packet in container.demux(stream) for one in demux.push(packet)]
        return [*shown, *demux.flush()]


def seen(one: TimedPicture) -> Image:
    assert one.pixels is not None
    return one.pixels.image()


def differing(shown: Sequence[TimedPicture], path: Path, order: Sequence[int]) -> list[int]:
    full = full_decode(path)
    assert len(shown) == len(full)
    return [at for at in order if not np.array_equal(seen(shown[at]), full[at][1])]


@pytest.mark.parametrize("name", FILMS)
def test_pictures_equal_a_full_decode_forward(films: Callable[[str], Path], name: str) -> None:
    """Read in order, every picture equals that of a full decode bit by bit."""
    shown = demuxed(films(name))
    assert differing(shown, films(name), range(len(shown))) == []


@pytest.mark.parametrize("name", FILMS)
def test_pictures_equal_a_full_decode_in_any_order(
    films: Callable[[str], Path], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read backwards and in random order, with a tiny cache, pictures are the same."""
    monkeypatch.setattr(codecs, "CACHE_BYTES", 1)
    shown = demuxed(films(name))
    back = range(len(shown) - 1, -1, -1)
    anyhow = random.Random(5).sample(range(len(shown)), len(shown))
    assert differing(shown, films(name), [*back, *anyhow]) == []


@pytest.mark.parametrize("name", FILMS)
def test_times_equal_a_full_decode(films: Callable[[str], Path], name: str) -> None:
    """Pictures have the order and the times of a full decode."""
    shown = demuxed(films(name))
    times = [(one.pts - shown[0].pts) / 1e6 for one in shown]
    assert times == pytest.approx([time for time, _ in full_decode(films(name))], abs=2e-6)


@pytest.mark.parametrize("name", [name for name in FILMS if "refresh" not in name])
def test_nothing_is_decoded_on_arrival(films: Callable[[str], Path], name: str) -> None:
    """In a stream with key frames, every picture stays compressed until it is asked for."""
    assert {type(one.pixels) for one in demuxed(films(name))} == {Lazy}


def test_variable_frame_rate(tmp_path: Path) -> None:
    """Uneven times are kept to the millisecond, with B-frames, too."""
    gaps = random.Random(3).choices([0.01, 0.04, 0.2], k=90)
    times = [round(sum(gaps[:index]), 3) for index in range(90)]
    path = make_film(tmp_path / "vfr.mkv", FILMS["h264-bframes"], times)
    shown = demuxed(path)
    assert [(one.pts - shown[0].pts) / 1e6 for one in shown] == pytest.approx(times, abs=1e-6)
    assert differing(shown, path, range(90)) == []


def test_a_recovery_point_does_not_start_a_group(films: Callable[[str], Path]) -> None:
    """Intra refresh flags key frames at which decoding cannot start: all pictures are in one group."""
    shown = demuxed(films("h264-intra-refresh"))
    assert sum(one.keyframe for one in shown) == 1
    assert len({id(one.pixels.group) for one in shown if isinstance(one.pixels, Lazy)}) == 1


def test_many_threads_read_one_film(films: Callable[[str], Path]) -> None:
    """Eight threads that read one video at the same time each get the right pictures."""
    path = films("h264-open-groups")
    shown, full = demuxed(path), [image for _, image in full_decode(path)]
    wrong: list[int] = []
    ready = threading.Barrier(8)

    def read(seed: int) -> None:
        ready.wait()
        some = random.Random(seed).sample(range(len(shown)), 40)
        wrong.extend(at for at in some if not np.array_equal(seen(shown[at]), full[at]))

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_memory_is_bounded(films: Callable[[str], Path]) -> None:
    """However many pictures were decoded, the cache of a source stays within its bounds."""
    shown = demuxed(films("h264-bframes"))
    for one in shown:
        seen(one)
    first = shown[0].pixels
    assert isinstance(first, Lazy)
    codec = first.group.codec
    assert codec._bytes <= codecs.CACHE_BYTES
    assert codec._bytes == sum(codecs._size(picture) for picture in codec._pictures.values())
    assert len(codec._parked) <= codecs.PARKED_DECODERS


def test_the_cache_forgets_the_oldest(films: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A full cache removes the least recently used pictures."""
    monkeypatch.setattr(codecs, "CACHE_BYTES", 100_000)
    shown = demuxed(films("h264-bframes"))
    for one in shown:
        seen(one)
    last = shown[-1].pixels
    assert isinstance(last, Lazy)
    codec = last.group.codec
    assert codec._bytes <= 100_000
    assert (last.group._first + last.at, True) in codec._pictures


def test_only_an_open_group_keeps_the_group_before_it(films: Callable[[str], Path]) -> None:
    """A group keeps the packets of one predecessor if it needs them, and never of more."""

    def held(name: str) -> list[int]:
        lazy = [one.pixels for one in demuxed(films(name)) if isinstance(one.pixels, Lazy)]
        groups = {id(pixels.group): pixels.group for pixels in lazy}
        return [len(group._before) for group in groups.values()]

    assert set(held("h264-bframes")) == {0}
    lengths = held("h264-open-groups")
    assert lengths[0] == 0
    assert all(0 < length <= 24 for length in lengths[1:])


def test_a_broken_packet_is_an_error_of_its_own_picture(films: Callable[[str], Path]) -> None:
    """A picture that cannot be decoded raises a DecodeError at the caller."""
    with av.open(str(films("mjpeg"))) as container:
        group = Group(Codec(container.streams.video[0]))
    picture = group.append(Packet(b"no picture at all", 0, keyframe=True))
    with pytest.raises(DecodeError, match="picture 0"):
        picture.image()


def test_a_group_that_grows_too_long_is_decoded_on_arrival(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If no usable key frame comes within the bound, pictures are decoded on arrival, and are right."""
    monkeypatch.setattr("rxvlm.media.demux.GROUP_SECONDS", 1.0)
    endless = Film(".mp4", "libx264", {"x264-params": "keyint=infinite:scenecut=0:bframes=3:b-adapt=0"})
    path = make_film(tmp_path / "endless.mp4", endless, [index / 25 for index in range(90)])
    shown = demuxed(path)
    assert {type(one.pixels) for one in shown} == {Lazy, Decoded}
    assert differing(shown, path, range(90)) == []


def test_what_is_decoded_on_arrival_may_be_kept_small(
    films: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a width, only pictures that are decoded on arrival are scaled to it."""
    monkeypatch.setattr("rxvlm.media.demux.GROUP_SECONDS", 1.0)
    with av.open(str(films("h264-intra-refresh"))) as container:
        demux = Demux(container.streams.video[0], width=64)
        shown = [one for packet in container.demux(video=0) for one in demux.push(packet)] + list(demux.flush())
    sizes = {type(one.pixels): (one.shape, seen(one).shape) for one in shown}
    assert sizes == {Lazy: ((120, 160, 3),) * 2, Decoded: ((48, 64, 3),) * 2}


def test_a_stream_joined_in_the_middle_is_decoded_on_arrival(films: Callable[[str], Path]) -> None:
    """Packets before the first key frame are decoded as far as possible, and do not disturb later ones."""
    path = films("h264-bframes")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        demux = Demux(stream)
        late = [packet for packet in container.demux(stream) if packet.size][10:]
        shown = [one for packet in late for one in demux.push(packet)] + list(demux.flush())
    after = [one for one in shown if isinstance(one.pixels, Lazy)]
    full = {round(time * 1e6): image for time, image in full_decode(path)}
    assert len(after) == 90 - 24
    assert all(np.array_equal(seen(one), full[one.pts]) for one in after)


def test_time_goes_on_where_the_clock_is_set_back(films: Callable[[str], Path]) -> None:
    """If the timestamps of a stream start again, time continues, and no picture is lost."""
    path = films("h264-bframes")
    with av.open(str(path)) as first, av.open(str(path)) as again:
        demux = Demux(first.streams.video[0])
        packets_twice = [*first.demux(video=0), *again.demux(video=0)]
        shown = [one for packet in packets_twice for one in demux.push(packet)] + list(demux.flush())
    times = [one.pts for one in shown]
    assert len(times) == 180
    assert times == sorted(times)
    assert times[-1] == pytest.approx(2 * 90 / 25 * 1e6, abs=2e5)


@pytest.mark.parametrize(("suffix", "codec"), [(".avi", "libx264"), (".h264", "libx264"), (".hevc", "libx265")])
def test_streams_that_do_not_say_when_pictures_are_shown(suffix: str, codec: str, tmp_path: Path) -> None:
    """AVI and raw streams with B-frames come in presentation order, at even times, with the right pictures."""
    params = {"x264-params": X264.format(3)} if codec == "libx264" else FILMS["hevc"].params
    path = make_film(
        tmp_path / f"undated{suffix}", Film(suffix, codec, params), [at / 25 for at in range(90)], clock=25
    )
    shown = demuxed(path)
    assert differing(shown, path, range(90)) == []
    assert [(one.pts - shown[0].pts) / 1e6 for one in shown] == pytest.approx([at / 25 for at in range(90)], abs=1e-3)


def test_a_damaged_packet_holds_nothing_up(films: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """On decoding on arrival, a packet without a picture is left out, and the next ones come without delay."""
    monkeypatch.setattr("rxvlm.media.demux.GROUP_SECONDS", 0.5)
    with av.open(str(films("h264-intra-refresh"))) as container:
        stream = container.streams.video[0]
        demux = Demux(stream)
        sent = [packet for packet in container.demux(stream) if packet.size]
        damaged = av.Packet(b"\x00\x00\x00\x02\x01\x02")
        damaged.pts, damaged.dts, damaged.time_base = sent[40].pts, sent[40].dts, sent[40].time_base
        sent[40] = cast("Any", damaged)
        came = [len(list(demux.push(packet))) for packet in sent]
        left = len(list(demux.flush()))
    assert sum(came) + left in (89, 90)  # a decoder may conceal the loss
    assert left <= 2


def test_a_size_that_changes_in_mid_stream(films: Callable[[str], Path], tmp_path: Path) -> None:
    """A change of size applies to frames and pixels from the picture that announces it."""
    small = films("h264-open-groups-ts")
    film = FILMS["h264-open-groups-ts"]
    large = make_film(tmp_path / "large.ts", film, [at / 25 for at in range(30)], (320, 240))
    with av.open(str(small)) as first, av.open(str(large)) as then:
        demux = Demux(first.streams.video[0])
        both = [*first.demux(video=0), *then.demux(video=0)]
        shown = [one for packet in both for one in demux.push(packet)] + list(demux.flush())
    assert [one.shape for one in shown] == [seen(one).shape for one in shown]
    assert [one.shape for one in shown].count((240, 320, 3)) == 30


def test_a_decoder_that_is_used_again_gives_the_same(
    films: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Key frames of several groups need one decoder; read repeatedly, one more; all equal a full decode."""
    monkeypatch.setattr(codecs, "CACHE_BYTES", 1)
    path = films("h264-bframes")
    made: list[VideoCodecContext] = []
    new = Codec.decoder
    monkeypatch.setattr(Codec, "decoder", lambda codec, *, exact: made.append(new(codec, exact=exact)) or made[-1])
    shown = demuxed(path)
    starts = [at for at, one in enumerate(shown) if isinstance(one.pixels, Lazy) and one.pixels.is_start]
    assert differing(shown, path, starts) == []
    assert len(made) == 1
    assert differing(shown, path, starts * 4) == []
    assert len(made) <= codecs.PARKED_DECODERS


@pytest.fixture
def fed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Record the numbers of the packets that decoders are fed."""
    numbers: list[int] = []
    feed = Cursor.feed

    def remembered(cursor: Cursor, packet: Packet | None, wanted: int | None = None) -> list[tuple[int, VideoFrame]]:
        numbers.extend([] if packet is None else [cursor.fed])
        return feed(cursor, packet, wanted)

    monkeypatch.setattr(Cursor, "feed", remembered)
    return numbers


@pytest.mark.parametrize("name", ["h264-open-groups", "h264-open-groups-ts", "hevc"])
def test_reading_goes_on_over_open_groups(
    films: Callable[[str], Path], name: str, fed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading some pictures in order, leading ones among them, decodes no packet twice, and equals a full decode."""
    path = films(name)
    full = [image for _, image in full_decode(path)]
    shown = demuxed(path)
    lazy = [one.pixels for one in shown]
    leading = [at for at, one in enumerate(lazy) if isinstance(one, Lazy) and 0 < one.at <= one.group._leading]
    assert len(leading) > 2
    monkeypatch.setattr(codecs, "CACHE_BYTES", 1)
    for at in [leading[0] - 12, leading[0], leading[0] + 6]:
        assert np.array_equal(seen(shown[at]), full[at])
    assert len(fed) == len(set(fed))


@pytest.mark.parametrize("name", ["h264-bframes", "h264-open-groups", "hevc", "vp9"])
def test_reading_forward_decodes_nothing_twice(
    films: Callable[[str], Path], name: str, fed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading in order with a tiny cache decodes each packet once; with open GOPs, up to twice."""
    monkeypatch.setattr(codecs, "CACHE_BYTES", 1)
    for one in demuxed(films(name)):
        seen(one)
    once = len(set(fed))
    assert once == 90
    assert len(fed) == once or ("open" in name or name == "hevc")
    assert len(fed) < 2 * once


def test_pictures_that_no_other_is_made_of_are_not_decoded(films: Callable[[str], Path], fed: list[int]) -> None:
    """B-frames are skipped on the way to a picture; if they are asked for afterwards, they are right."""
    path = films("h264-bframes")
    full = [image for _, image in full_decode(path)]
    shown = demuxed(path)
    assert np.array_equal(seen(shown[20]), full[20])
    group = cast("Lazy", shown[20].pixels).group
    assert len(fed) - len(group.codec._pictures) > 5
    assert differing(shown, path, range(24)) == []


@pytest.mark.parametrize("name", ["h264-camera", "hevc"])
def test_what_is_not_exact_comes_near(films: Callable[[str], Path], name: str) -> None:
    """Rough pictures resemble the exact ones without being equal; exact ones are exact, whatever was read before."""
    path = films(name)
    full = [image.astype(int) for _, image in full_decode(path)]
    shown = demuxed(path)
    rough = [bgr(cast("Lazy", one.pixels).rough()) for one in shown]
    errors = [float(np.abs(one - two).mean()) for one, two in zip(rough, full, strict=True)]
    assert 0 < max(errors) < 8
    assert differing(shown, path, range(len(shown))) == []
    assert np.array_equal(bgr(cast("Lazy", shown[-1].pixels).rough()), full[-1])  # what is there already is taken
