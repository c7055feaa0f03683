"""Operators: Observable[A] -> Observable[B], one step a file.

=========================  ====================  =====================================
step                       from -> to            what it does
=========================  ====================  =====================================
`buffer_by_time`           Frame -> Window       so many seconds of the frames' own time
`buffer_by_count`          Frame -> Window       so many frames
`sample_evenly`            Window -> Window      the frames nearest to even moments
`sample_with`              Window -> Window      the frames that any strategy chooses
`encode_mp4`               Window -> Clip        H.264 in memory
`encode_jpegs`             Window -> Clip        a list of JPEGs in memory
`encode_with`              Window -> Clip        any encoder, off the delivering thread
`analyze`                  Clip -> Analysis      a model's answer, one for each clip asked about
`flat_map_bounded`         A -> B                a stream for each item, nothing without a bound
=========================  ====================  =====================================
"""

from __future__ import annotations

from rxvlm.operators.analyze import analyze
from rxvlm.operators.buffer_by_count import buffer_by_count
from rxvlm.operators.buffer_by_time import buffer_by_time
from rxvlm.operators.encode_jpegs import encode_jpegs
from rxvlm.operators.encode_mp4 import encode_mp4
from rxvlm.operators.encode_with import encode_with
from rxvlm.operators.flat_map_bounded import flat_map_bounded
from rxvlm.operators.operator import OnDrop, Operator
from rxvlm.operators.sample_evenly import sample_evenly
from rxvlm.operators.sample_with import sample_with

__all__ = [
    "OnDrop",
    "Operator",
    "analyze",
    "buffer_by_count",
    "buffer_by_time",
    "encode_jpegs",
    "encode_mp4",
    "encode_with",
    "flat_map_bounded",
    "sample_evenly",
    "sample_with",
]
