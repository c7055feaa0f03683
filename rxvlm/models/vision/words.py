"""From facts to one to three plain sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rxvlm.models.vision.facts import Facts, Look
from rxvlm.models.vision.paths import STEP, Region, Spot
from rxvlm.models.vision.shots import Motion
from rxvlm.models.vision.since import Place, Since

_TOLD = 3  # regions, at most
_MINOR = 4  # times smaller than the largest: only counted
_SMALL, _MIDDLING = 0.012, 0.07  # of the picture: below is small, middling
_TALL, _WIDE = 1.4, 0.7  # height by width: above is upright, below is wide
_DETECTORS = {"people": "people detector", "faces": "face detector"}
_MAIN = 0.6  # of all motion: so much in a third says where it is
_EVEN = ("top", "middle", "bottom"), ("left", "middle", "right")
_AT = {"left": "on", "right": "on", "top": "at", "bottom": "at"}


def words(facts: Facts) -> str:
    """Tell the facts.

    A region is what stood out, not what it is; only a detector's count says people or faces.
    """
    sentences = [_motion(facts), _rest(facts), f"{_look(facts.look)}{_detected(facts.detected)}"]
    return " ".join(f"{_capital(sentence)}." for sentence in sentences if sentence)


def place(x: float, y: float) -> str:
    """Name the ninth of the picture that a point lies in; x and y are 0 to 1 from the top left corner.

    >>> place(0.1, 0.5), place(0.5, 0.5), place(0.9, 0.1)
    ('left', 'middle', 'top right')
    """
    row, column = (names[min(2, int(at * 3))] for names, at in zip(_EVEN, (y, x), strict=True))
    return _joined(row, column)


def kind(region: Region) -> str:
    """Name a region by its size and shape."""
    size = "small" if region.area < _SMALL else "middling" if region.area < _MIDDLING else "large"
    shape = " upright" if region.aspect > _TALL else " wide" if region.aspect < _WIDE else ""
    return f"a {size}{shape} region"


def story(region: Region) -> str:
    """Tell what a region did, in words without a subject."""
    begin, end = region.spots[0], region.spots[-1]
    if region.state == "showed":
        return f"was seen {_at(begin)} at {begin.time:.1f} s"
    if region.state == "stood":
        return f"stood {_at(begin)}{_span(region)}"
    leaves, comes = region.rests()
    after = ", then was gone" if not region.last else " and stayed there" if end.frame > comes.frame else ""
    if leaves.frame - begin.frame > 1:
        way = f"{_on(leaves, comes)} by {comes.time:.1f} s"
        return f"stood {_at(begin)} until {leaves.time:.1f} s, then moved {way}{after}"
    return f"moved {_way(leaves, comes)} between {leaves.time:.1f} and {comes.time:.1f} s{after}"


def _motion(facts: Facts) -> str:
    """Tell cuts and motion."""
    count = len(facts.times)
    if count == 1:
        return "a single frame cannot tell motion"
    if len(facts.cuts) > _TOLD:
        return f"the whole view changed {len(facts.cuts)} times between {count} frames: cuts, or a moving camera"
    seconds = ", ".join(f"{time:.1f}" for time in facts.cuts)
    cut = f"the whole view changed at {seconds} s" if facts.cuts else ""
    moved = _moved(facts.motion, facts.regions) if facts.motion else ""
    if cut and moved == "nothing moved":
        return f"{cut}; otherwise {moved}"
    return "; ".join(filter(None, (cut, moved)))


def _moved(motion: Motion, regions: Sequence[Region]) -> str:
    if motion.amount == "none":
        return "nothing moved"
    if motion.shaking:
        return "most of the picture moved: the camera itself may have"
    share = f"up to {motion.share:.0%}" if motion.amount != "slight" else "less than 1%"
    head = f"{motion.amount} motion {_where(motion)}, {share} of the picture at once"
    stories = _stories([region for region in regions if not region.stayed])
    return f"{head}: {'; '.join(stories)}" if stories else head


def _stories(regions: Sequence[Region]) -> list[str]:
    """Tell the regions that are not small beside the largest, and count the others."""
    told = [region for region in regions if region.area * _MINOR >= regions[0].area][:_TOLD]
    more = len(regions) - len(told)
    stories = [f"{kind(region)} {story(region)}" for region in told]
    return [*stories, f"and {more} more, briefly or small"] if more else stories


def _rest(facts: Facts) -> str:
    """Tell what stood still, and what is different from the last clip."""
    if facts.since:
        return "; ".join(_news(facts.since))
    return "; ".join(f"{kind(region)} stood {_at(region.spots[0])}" for region in facts.regions if region.stayed)


def _news(since: Since) -> Iterator[str]:
    if since.scene:
        yield "the whole view is another than in the last clip"
    if since.appeared:
        yield f"new since the last clip and still: {_listed(since.appeared)}"
    if since.remained:
        yield f"still there, since late in the last clip: {_listed(since.remained)}"
    if since.left:
        yield f"gone since the last clip: what stood {' and '.join(_in(box) for box in since.left[:_TOLD])}"
    if since.light != "steady":
        yield f"it is {since.light} than in the last clip"


def _look(look: Look) -> str:
    light = f"the light is {look.level}" + (f", getting {look.trend}" if look.trend != "steady" else "")
    detail = "without detail" if look.sharpness == "plain" else look.sharpness
    colour = f"mostly {look.colour}" if look.colour_share > 1 / 2 else f"more {look.colour} than anything else"
    return f"{light}; the picture is {detail}, {colour}"


def _detected(detected: dict[str, int]) -> str:
    return "".join(f"; the {_DETECTORS[what]} saw {count}" for what, count in detected.items())


def _span(region: Region) -> str:
    begin, end = region.spots[0].time, region.spots[-1].time
    if region.first and region.last:
        return ""
    if region.last:
        return f" from {begin:.1f} s on"
    return f" until {end:.1f} s" if region.first else f" from {begin:.1f} to {end:.1f} s"


def _way(begin: Spot, end: Spot) -> str:
    if place(*begin.centre) != place(*end.centre):
        return f"from the {place(*begin.centre)} to the {place(*end.centre)}"
    return f"{_side(begin, end)} {_at(begin)}".strip()


def _on(begin: Spot, end: Spot) -> str:
    if place(*begin.centre) != place(*end.centre):
        return f"to the {place(*end.centre)}"
    return _side(begin, end)


def _side(begin: Spot, end: Spot) -> str:
    across, down = (after - before for before, after in zip(begin.centre, end.centre, strict=True))
    if max(abs(across), abs(down)) < STEP:
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
    return ", ".join(f"{kind(region)} {_at(region.spots[-1])}" for region in regions[:_TOLD])


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
