"""Turn facts into a few plain sentences: what moved, when and where; and what is unusual about the light."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rxvlm.models.vision.clip_changes import ClipChanges
from rxvlm.models.vision.facts import Facts
from rxvlm.models.vision.look import Look
from rxvlm.models.vision.motion import Motion
from rxvlm.models.vision.paths import Region
from rxvlm.models.vision.spots import RelativeBox, Spot

_MOST = 3  # regions or cuts that are described one by one
_SMALL, _LARGE = 0.012, 0.07  # share of the picture: below the first is small, above the second is large
_TALL, _WIDE = 1.4, 0.7  # height divided by width: above the first is upright, below the second is wide
_ACTIVE = 0.15  # of a standing region that changed at once, from which it is said to have stirred
_DETECTORS = {"people": "people detector", "faces": "face detector"}
_MAIN_SHARE = 0.6  # of all motion: from this share in one third of the picture, that third is named
_THIRDS = ("top", "middle", "bottom"), ("left", "middle", "right")
_PREPOSITIONS = {"left": "on", "right": "on", "top": "at", "bottom": "at"}


def describe(facts: Facts) -> str:
    """Describe the facts in sentences.

    A region is always "something"; only the detectors' counts name people and faces.
    """
    sentences = [
        *_motion_sentences(facts),
        *_describe_news(facts),
        *_describe_look(facts.look),
        *_describe_detections(facts.detected),
    ]
    return " ".join(f"{sentence[:1].upper()}{sentence[1:]}." for sentence in sentences)


def name_place(x: float, y: float) -> str:
    """Return the name of the ninth of the picture that a point lies in; x and y are 0 to 1 from the top left corner.

    >>> name_place(0.1, 0.5), name_place(0.5, 0.5), name_place(0.9, 0.1)
    ('left', 'middle', 'top right')
    """
    row, column = (names[min(2, int(at * 3))] for names, at in zip(_THIRDS, (y, x), strict=True))
    return _joined(row, column)


def describe_size(region: Region) -> str:
    """Describe a region by its size and shape, such as "something small and upright"."""
    size = "small" if region.area < _SMALL else "large" if region.area > _LARGE else ""
    shape = "upright" if region.aspect > _TALL else "wide" if region.aspect < _WIDE else ""
    return " ".join(filter(None, ("something", size, "and" if size and shape else "", shape)))


def describe_action(region: Region) -> str:
    """Describe what a region did, as a sentence without its subject."""
    begin, end = region.spots[0], region.spots[-1]
    if region.state == "showed":
        return f"was seen {_at(begin)} {_when(begin, end)}"
    if region.state == "stood":
        return f"{'stirred' if _is_active(region) else 'stood'} {_at(begin)}{_span(region)}"
    leaves, comes = region.resting_spots()
    after = ", then was gone" if not region.last else ", and stayed" if end.frame > comes.frame else ""
    if comes.frame <= leaves.frame:
        return f"moved to and fro {_at(begin)}, {_times(begin, end)}{after}"
    if leaves.frame - begin.frame > 1:
        way = f"{_on(leaves, comes)} by {comes.time:.1f} s"
        return f"stood {_at(begin)} until {leaves.time:.1f} s, then moved {way}{after}"
    return f"moved {_way(leaves, comes)}, {_times(leaves, comes)}{after}"


def _motion_sentences(facts: Facts) -> Iterator[str]:
    """Yield the sentences about cuts and motion."""
    count = len(facts.times)
    if count == 1:
        yield "a single frame cannot tell motion"
    elif len(facts.cuts) > _MOST:
        yield f"the whole view changed {len(facts.cuts)} times between {count} frames: cuts, or a moving camera"
    else:
        if facts.cuts:
            yield f"the whole view changed at {', '.join(f'{time:.1f}' for time in facts.cuts)} s"
        if facts.motion:
            yield _describe_motion(facts.motion, _active_regions(facts))


def _active_regions(facts: Facts) -> list[Region]:
    """Return the regions that did something, without those that are described as changes since the previous clip."""
    told = {*facts.since.appeared, *facts.since.remained} if facts.since else set[Region]()
    return [region for region in facts.regions if region not in told and (not region.stayed or _is_active(region))]


def _describe_motion(motion: Motion, regions: Sequence[Region]) -> str:
    if motion.shaking:
        return "most of the picture moved: the camera itself may have"
    head = "the camera trembled; " if motion.trembled else ""
    if regions:
        return head + "; ".join(_without_repeats(_describe_regions(regions)))
    if motion.amount == "none":
        return f"{head}no motion seen"
    return f"{head}{motion.amount} motion {_where(motion)}, of nothing that stands out"


def _describe_regions(regions: Sequence[Region]) -> Iterator[str]:
    """Describe the largest regions in order of time, and count the others."""
    for region in sorted(regions[:_MOST], key=lambda region: region.spots[0].time):
        yield f"{describe_size(region)} {describe_action(region)}"
    if len(regions) > _MOST:
        yield f"and {len(regions) - _MOST} smaller"


def _describe_news(facts: Facts) -> Iterator[str]:
    """Describe what changed since the previous clip; for a first clip, what stood in it."""
    if facts.since is None:
        stood = [region for region in facts.regions if region.stayed and not _is_active(region)]
        if stood:
            yield f"still: {_listed(stood)}"
    elif facts.since.scene:
        yield "the whole view is another than in the last clip"
    else:
        yield from _describe_changes(facts.since)
        if facts.since.light != "steady" and facts.look.trend == "steady":
            yield f"{facts.since.light} than in the last clip"


def _describe_changes(since: ClipChanges) -> Iterator[str]:
    if since.appeared:
        yield f"new since the last clip: {_listed(since.appeared)}"
    if since.remained:
        yield f"still there from the end of the last clip: {_listed(since.remained)}"
    if since.left:
        places = _without_repeats(_in(box) for box in since.left[:_MOST])
        yield f"gone since the last clip: what stood {' and '.join(places)}"


def _describe_look(look: Look) -> Iterator[str]:
    """Describe what is unusual about light and detail."""
    notes = [f"is {look.level}"] if look.level in ("dark", "bright") else []
    notes += [f"is getting {look.trend}"] if look.trend != "steady" else []
    notes += ["is blurred"] if look.sharpness == "blurred" else ["has no detail"] if look.sharpness == "plain" else []
    if notes:
        yield f"the picture {' and '.join(filter(None, (', '.join(notes[:-1]), notes[-1])))}"


def _describe_detections(detected: dict[str, int]) -> Iterator[str]:
    for what, count in detected.items():
        yield f"the {_DETECTORS[what]} saw {count}"


def _is_active(region: Region) -> bool:
    return any(spot.activity >= _ACTIVE for spot in region.spots[1:])


def _times(begin: Spot, end: Spot) -> str:
    return f"{begin.time:.1f}-{end.time:.1f} s"


def _when(begin: Spot, end: Spot) -> str:
    return f"at {begin.time:.1f} s" if begin is end else _times(begin, end)


def _span(region: Region) -> str:
    begin, end = region.spots[0], region.spots[-1]
    if region.first and region.last:
        return ""
    if region.last:
        return f" from {begin.time:.1f} s on"
    return f" until {end.time:.1f} s" if region.first else f", {_when(begin, end)}"


def _way(begin: Spot, end: Spot) -> str:
    if name_place(*begin.centre) != name_place(*end.centre):
        return f"from the {name_place(*begin.centre)} to the {name_place(*end.centre)}"
    return f"{_side(begin, end)} {_at(begin)}"


def _on(begin: Spot, end: Spot) -> str:
    if name_place(*begin.centre) != name_place(*end.centre):
        return f"to the {name_place(*end.centre)}"
    return _side(begin, end)


def _side(begin: Spot, end: Spot) -> str:
    across, down = (after - before for before, after in zip(begin.centre, end.centre, strict=True))
    if max(abs(across), abs(down)) < min(*begin.box[2:], *end.box[2:]) / 4:
        return "to and fro"
    side = ("right" if across > 0 else "left") if abs(across) >= abs(down) else ("down" if down > 0 else "up")
    return f"{side}wards"


def _at(spot: Spot) -> str:
    return _in(spot.box)


def _in(box: RelativeBox) -> str:
    x, y, width, height = box
    where = name_place(x + width / 2, y + height / 2)
    return f"{_PREPOSITIONS.get(where, 'in')} the {where}"


def _where(motion: Motion) -> str:
    row, column = (
        next((name for name, share in zip(names, shares, strict=True) if share >= _MAIN_SHARE), "")
        for names, shares in zip(_THIRDS, (motion.rows, motion.columns), strict=True)
    )
    if not row and not column:
        return "across the picture"
    where = _joined(row or "middle", column or "middle")
    return f"{_PREPOSITIONS.get(where, 'in')} the {where}"


def _joined(row: str, column: str) -> str:
    if row == "middle":
        return column
    return row if column == "middle" else f"{row} {column}"


def _listed(regions: Sequence[Region]) -> str:
    return ", ".join(_without_repeats(f"{describe_size(region)} {_at(region.spots[-1])}" for region in regions[:_MOST]))


def _without_repeats(said: Iterable[str]) -> Iterable[str]:
    """Drop repeated phrases; the answer's value still lists every region."""
    return dict.fromkeys(said)
