"""Operators: Observable[A] -> Observable[B], one step a file.

=========================  ====================  =====================================
step                       from -> to            what it does
=========================  ====================  =====================================
`buffer_by_time`           Frame -> Window       windows of some seconds of the frames' own time
`buffer_by_count`          Frame -> Window       windows of some frames
`clip_around`              Frame -> Window       windows around moments that a trigger chooses
`with_context`             Frame -> Window       windows from before to after each moment that matters
`keep_fullest`             Window -> Window      one window for each span of a source that often reconnects
`skip_short_end`           Window -> Window      all windows except a short last one
`sample_evenly`            Window -> Window      the frames nearest to evenly spaced moments
`sample_rate`              Window -> Window      some frames a second
`sample_sharpest`          Window -> Window      the sharpest frame of each part
`sample_changes`           Window -> Window      the frames in which something changed
`sample_with`              Window -> Window      the frames that a function of yours chooses
`gate_by_motion`           Window -> Window      only windows in which something moves
`thin_to_rate`             Frame -> Frame        at most some frames a second
`resize`                   Frame -> Frame        smaller frames, scaled when their pixels are read
`crop`                     Frame -> Frame        the part of each frame that is inside a box
`mask`                     Frame -> Frame        frames in which some parts are black
`encode_mp4`               Window -> Clip        H.264 in memory
`encode_copy`              Window -> Clip        the camera's own packets, nothing decoded
`encode_jpegs`             Window -> Clip        a list of JPEGs in memory
`clip_evenly`              Frame -> Clip         evenly spaced frames, encoded while their window is open
`encode_with`              Window -> Clip        any encoder, on threads of its own
`analyze`                  Clip -> Analysis      the answers of a model
`ask_all`                  Clip -> Analysis      the answers to several questions about each clip
`ask_models`               Clip -> Answers       the answers of several models about each clip
`events_when`              Analysis -> Event     a start, updates and an end while a condition holds
`with_events`              Analysis -> both      the answers, and the events that they cause
`at_most_every`            A -> A                at most one item in some seconds, for each key
`flat_map_bounded`         A -> B                a stream for each item, with bounds
`on_backpressure_buffer`   A -> A                a hand-off to another thread, with a bound
`to`                       A -> A                passes each item to a sink, on a thread of its own
`close_ledger`             A -> A                closes a ledger at the end of the stream
=========================  ====================  =====================================

`EventClips` makes the clip of each event, with a step behind the source and a step behind `with_events`.
`moving` is a trigger of `clip_around`.
`latest` is a prompt for `analyze`, `ask_all` and `ask_models` that changes while they run.
"""

from __future__ import annotations

from rxvlm.operators.analyze import analyze
from rxvlm.operators.ask_all import ask_all
from rxvlm.operators.ask_models import ask_models
from rxvlm.operators.at_most_every import at_most_every
from rxvlm.operators.buffer_by_count import buffer_by_count
from rxvlm.operators.buffer_by_time import buffer_by_time
from rxvlm.operators.clip_around import clip_around
from rxvlm.operators.clip_evenly import clip_evenly
from rxvlm.operators.close_ledger import close_ledger
from rxvlm.operators.crop import crop
from rxvlm.operators.encode_copy import encode_copy
from rxvlm.operators.encode_jpegs import encode_jpegs
from rxvlm.operators.encode_mp4 import encode_mp4
from rxvlm.operators.encode_with import encode_with
from rxvlm.operators.event_clips import EventClips
from rxvlm.operators.events_when import events_when
from rxvlm.operators.flat_map_bounded import flat_map_bounded
from rxvlm.operators.gate_by_motion import gate_by_motion
from rxvlm.operators.keep_fullest import keep_fullest
from rxvlm.operators.latest import latest
from rxvlm.operators.mask import mask
from rxvlm.operators.on_backpressure_buffer import on_backpressure_buffer
from rxvlm.operators.remembering.triggers import moving
from rxvlm.operators.resize import resize
from rxvlm.operators.sample_changes import sample_changes
from rxvlm.operators.sample_evenly import sample_evenly
from rxvlm.operators.sample_rate import sample_rate
from rxvlm.operators.sample_sharpest import sample_sharpest
from rxvlm.operators.sample_with import Strategy, sample_with
from rxvlm.operators.skip_short_end import skip_short_end
from rxvlm.operators.thin_to_rate import thin_to_rate
from rxvlm.operators.to import to
from rxvlm.operators.with_context import with_context
from rxvlm.operators.with_events import with_events
from rxvlm.stream import OnDrop, Operator

__all__ = [
    "EventClips",
    "OnDrop",
    "Operator",
    "Strategy",
    "analyze",
    "ask_all",
    "ask_models",
    "at_most_every",
    "buffer_by_count",
    "buffer_by_time",
    "clip_around",
    "clip_evenly",
    "close_ledger",
    "crop",
    "encode_copy",
    "encode_jpegs",
    "encode_mp4",
    "encode_with",
    "events_when",
    "flat_map_bounded",
    "gate_by_motion",
    "keep_fullest",
    "latest",
    "mask",
    "moving",
    "on_backpressure_buffer",
    "resize",
    "sample_changes",
    "sample_evenly",
    "sample_rate",
    "sample_sharpest",
    "sample_with",
    "skip_short_end",
    "thin_to_rate",
    "to",
    "with_context",
    "with_events",
]


def __dir__() -> list[str]:
    return sorted(__all__)
