"""From facts to a few plain sentences: what moved, when and where; and of the light only what is not as usual."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rxvlm.models.vision.facts import Facts
from rxvlm.models.vision.look import Look
from rxvlm.models.vision.motion import Motion
from rxvlm.models.vision.paths import Region
from rxvlm.models.vision.since import Since
from rxvlm.models.vision.spots import Place, Spot

_TOLD = 3  # regions, at most
_SMALL, _LARGE = 0.012, 0.07  # of the picture: below is small, above is large
_TALL, _WIDE = 1.4, 0.7  # height by width: above is upright, below is wide
_STIRRED = 0.15  # of what stood, changed at once: it stirred
_DETECTORS = {"people": "people detector", "faces": "face detector"}
_MAIN = 0.6  # of all motion: so much in a third says where it is
_EVEN = ("top", "middle", "bottom"), ("left", "middle", "right")
_AT = {"left": "on", "right": "on", "top": "at", "bottom": "at"}


def words(facts: Facts) -> str:
    """Tell the facts.

    It says "something": what it is, only a detector's count tells.
    """
    sentences = [*_motion(facts), *_news(facts), *_unusual(facts.look), *_detected(facts.detected)]
    return " ".join(f"{sentence[:1].upper()}{sentence[1:]}." for sentence in sentences)


def place(x: float, y: float) -> str:
    """Name the ninth of the picture that a point lies in; x and y are 0 to 1 from the top left corner.

    >>> place(0.1, 0.5), place(0.5, 0.5), place(0.9, 0.1)
    ('left', 'middle', 'top right')
    """
    row, column = (names[min(2, int(at * 3))] for names, at in zip(_EVEN, (y, x), strict=True))
    return _joined(row, column)


def kind(region: Region) -> str:
    """Name a region by its size and shape."""
    size = "small" if region.area < _SMALL else "large" if region.area > _LARGE else ""
    shape = "upright" if region.aspect > _TALL else "wide" if region.aspect < _WIDE else ""
    return " ".join(filter(None, ("something", size, "and" if size and shape else "", shape)))


def story(region: Region) -> str:
    """Tell what a region did, in words without a subject."""
    begin, end = region.spots[0], region.spots[-1]
    if region.state == "showed":
        return f"was seen {_at(begin)} {_when(begin, end)}"
    if region.state == "stood":
        return f"{'stirred' if _stirs(region) else 'stood'} {_at(begin)}{_span(region)}"
    leaves, comes = region.rests()
    after = ", then was gone" if not region.last else ", and stayed" if end.frame > comes.frame else ""
    if comes.frame <= leaves.frame:
        return f"moved to and fro {_at(begin)}, {_times(begin, end)}{after}"
    if leaves.frame - begin.frame > 1:
        way = f"{_on(leaves, comes)} by {comes.time:.1f} s"
        return f"stood {_at(begin)} until {leaves.time:.1f} s, then moved {way}{after}"
    return f"moved {_way(leaves, comes)}, {_times(leaves, comes)}{after}"


def _motion(facts: Facts) -> Iterator[str]:
    """Tell cuts and motion."""
    count = len(facts.times)
    if count == 1:
        yield "a single frame cannot tell motion"
    elif len(facts.cuts) > _TOLD:
        yield f"the whole view changed {len(facts.cuts)} times between {count} frames: cuts, or a moving camera"
    else:
        if facts.cuts:
            yield f"the whole view changed at {', '.join(f'{time:.1f}' for time in facts.cuts)} s"
        if facts.motion:
            yield _moved(facts.motion, _busy(facts))


def _busy(facts: Facts) -> list[Region]:
    """Give the regions that did something; what is told as news is not told twice."""
    told = {*facts.since.appeared, *facts.since.remained} if facts.since else set[Region]()
    return [region for region in facts.regions if region not in told and (not region.stayed or _stirs(region))]


def _moved(motion: Motion, regions: Sequence[Region]) -> str:
    if motion.shaking:
        return "most of the picture moved: the camera itself may have"
    head = "the camera trembled; " if motion.trembled else ""
    if regions:
        return head + "; ".join(_once(_stories(regions)))
    if motion.amount == "none":
        return f"{head}no motion seen"
    return f"{head}{motion.amount} motion {_where(motion)}, of nothing that stands out"


def _stories(regions: Sequence[Region]) -> Iterator[str]:
    """Tell the largest regions in order of time, and count the others."""
    for region in sorted(regions[:_TOLD], key=lambda region: region.spots[0].time):
        yield f"{kind(region)} {story(region)}"
    if len(regions) > _TOLD:
        yield f"and {len(regions) - _TOLD} smaller"


def _news(facts: Facts) -> Iterator[str]:
    """Tell what is different from the last clip; of the first, what stood."""
    if facts.since is None:
        stood = [region for region in facts.regions if region.stayed and not _stirs(region)]
        if stood:
            yield f"still: {_listed(stood)}"
    elif facts.since.scene:
        yield "the whole view is another than in the last clip"
    else:
        yield from _changes(facts.since)
        if facts.since.light != "steady" and facts.look.trend == "steady":
            yield f"{facts.since.light} than in the last clip"


def _changes(since: Since) -> Iterator[str]:
    if since.appeared:
        yield f"new since the last clip: {_listed(since.appeared)}"
    if since.remained:
        yield f"still there from the end of the last clip: {_listed(since.remained)}"
    if since.left:
        yield f"gone since the last clip: what stood {' and '.join(_once(_in(box) for box in since.left[:_TOLD]))}"


def _unusual(look: Look) -> Iterator[str]:
    """Tell of light and detail what is not as it should be."""
    notes = [f"is {look.level}"] if look.level in ("dark", "bright") else []
    notes += [f"is getting {look.trend}"] if look.trend != "steady" else []
    notes += ["is blurred"] if look.sharpness == "blurred" else ["has no detail"] if look.sharpness == "plain" else []
    if notes:
        yield f"the picture {' and '.join(filter(None, (', '.join(notes[:-1]), notes[-1])))}"


def _detected(detected: dict[str, int]) -> Iterator[str]:
    for what, count in detected.items():
        yield f"the {_DETECTORS[what]} saw {count}"


def _stirs(region: Region) -> bool:
    return any(spot.stir >= _STIRRED for spot in region.spots[1:])


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
    if place(*begin.centre) != place(*end.centre):
        return f"from the {place(*begin.centre)} to the {place(*end.centre)}"
    return f"{_side(begin, end)} {_at(begin)}"


def _on(begin: Spot, end: Spot) -> str:
    if place(*begin.centre) != place(*end.centre):
        return f"to the {place(*end.centre)}"
    return _side(begin, end)


def _side(begin: Spot, end: Spot) -> str:
    across, down = (after - before for before, after in zip(begin.centre, end.centre, strict=True))
    if max(abs(across), abs(down)) < min(*begin.box[2:], *end.box[2:]) / 4:
        return "to and fro"
    side = ("right" if across > 0 else "left") if abs(across) >= abs(down) else ("down" if down > 0 else "up")
    return f"{side}wards"


def _at(spot: Spot) -> str:
    return _in(spot.box)


def _in(box: Place) -> str:
    x, y, width, height = box
    where = place(x + width / 2, y + height / 2)
    return f"{_AT.get(where, 'in')} the {where}"


def _where(motion: Motion) -> str:
    row, column = (
        next((name for name, share in zip(names, shares, strict=True) if share >= _MAIN), "")
        for names, shares in zip(_EVEN, (motion.rows, motion.columns), strict=True)
    )
    if not row and not column:
        return "across the picture"
    where = _joined(row or "middle", column or "middle")
    return f"{_AT.get(where, 'in')} the {where}"


def _joined(row: str, column: str) -> str:
    if row == "middle":
        return column
    return row if column == "middle" else f"{row} {column}"


def _listed(regions: Sequence[Region]) -> str:
    return ", ".join(_once(f"{kind(region)} {_at(region.spots[-1])}" for region in regions[:_TOLD]))


def _once(said: Iterable[str]) -> Iterable[str]:
    """Say nothing twice: of several that are alike, the data has them all."""
    return dict.fromkeys(said)
