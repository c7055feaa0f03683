"""Backdrop: the parts of a drawn scene that do not move, painted once: the place, and its light by day and night."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from rxvlm.media.picture import Image, read_only
from rxvlm.sources.drawn.light import SUN, Light
from rxvlm.sources.drawn.pencil import Colour, Floats, Lens, Pencil
from rxvlm.sources.drawn.sites import Painter, Site
from rxvlm.sources.drawn.tree import Tree, clouds, tree_shadow

FULL_LIGHT = 200
"""Value in a light layer that leaves the picture unchanged; a higher value makes it brighter."""

_TILE = 512
_FAINT = -0.04
_SKY = 255
_TILE_METRES = 6.0
_NIGHT: Colour = (72, 57, 48)
_LAMP: Colour = (105, 160, 190)
_EVENING: Colour = (30, 90, 190)

_Bytes = npt.NDArray[np.uint8]
_Singles = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """Layers of one place for pictures of one size. They never change, so any thread may use them.

    Args:
        lens: The camera.
        picture: The place in full light, (height, width, 3).
        day: Light by day, (height, width, 3); `FULL_LIGHT` is full light.
        night: Light by night, likewise.
        dusk: Light that the evening sky adds, (height, width, 3).
        lit: Light that lamps and windows add at night, likewise.
        front: Mask (height, width), 255 where something hides the actors behind it; empty if nothing does.
        front_away: Distance in metres of what hides them.
        tree: The tree that sways.
    """

    lens: Lens
    picture: Image
    day: Image
    night: Image
    dusk: Image
    lit: Image
    front: _Bytes
    front_away: float
    tree: Tree

    def light_layer(self, light: Light) -> Image:
        """Return a new layer with the light of a moment, by which the picture is multiplied."""
        return _weighted_sum((self.day, light.day), (self.night, light.night))

    def glow_layer(self, light: Light) -> Image:
        """Return a new layer with the light that the evening sky and lamps add at a moment."""
        return _weighted_sum((self.dusk, light.dusk), (self.lit, light.lamps))

    def draw_front(self, seen: Image, glow: Image, light: Light) -> None:
        """Draw what stands in front of the actors over them."""
        if self.front.size:
            cv2.copyTo(self.picture, self.front, seen)
            cv2.copyTo(self.glow_layer(light), self.front, glow)


def paint_backdrop(site: Site, size: tuple[int, int], seed: int) -> Backdrop:
    """Paint the backdrop of a place.

    Args:
        site: The place.
        size: Pixels (width, height).
        seed: Seed of colours and textures.

    Returns:
        The layers, read-only.
    """
    lens = site.lens.covering(size)
    sky = _sky_mask(site, lens, size, seed)
    picture = _sky(lens, size, seed)
    glow = np.zeros_like(picture)
    painter = Painter(Pencil(picture, lens), Pencil(glow, lens), np.random.default_rng(seed))
    site.floor(painter)
    _add_grain(picture, lens, seed)
    _cast_shadows(picture, site, lens, seed)
    site.things(painter)
    site.front(painter)
    front = np.zeros(picture.shape[:2], np.uint8)
    site.front(Painter(Pencil(front, lens, 255), Pencil(np.zeros_like(front), lens, 0), np.random.default_rng(seed)))
    front = front if front.any() else front[:0]
    layers = (picture, *_light_layers(site, lens, size), _dusk(lens, sky), _lit(site, lens, glow, sky, seed), front)
    picture, day, night, dusk, lit, front = (read_only(layer) for layer in layers)
    return Backdrop(lens, picture, day, night, dusk, lit, front, site.front_away, Tree(site.tree, lens, seed))


def _weighted_sum(first: tuple[Image, float], second: tuple[Image, float]) -> Image:
    return np.asarray(cv2.addWeighted(*first, *second, 0), np.uint8)


def _sky_mask(site: Site, lens: Lens, size: tuple[int, int], seed: int) -> _Bytes:
    """Return a mask (height, width) that is 255 where the sky is."""
    sky = np.full((size[1], size[0]), 255, np.uint8)
    painter = Painter(Pencil(sky, lens, 0), Pencil(np.zeros_like(sky), lens, 0), np.random.default_rng(seed))
    for paint in (site.floor, site.things, site.front):
        paint(painter)
    return sky


def _sky(lens: Lens, size: tuple[int, int], seed: int) -> Image:
    high = np.clip(_height_above_horizon(lens, size[1]), 0, 1)[:, None, None]
    picture = (1 - high) * np.array([236, 222, 202]) + high * np.array([214, 164, 104])
    cloud = np.clip((clouds((size[1], size[0]), max(4, round(90 * lens.zoom)), seed) - 0.5) * 3, 0, 0.75)[:, :, None]
    return (picture * (1 - cloud) + 238 * cloud).astype(np.uint8)


def _height_above_horizon(lens: Lens, rows: int) -> Floats:
    """Return the height of each row above the horizon: 0 at the horizon, 1 at the top of the virtual canvas."""
    return (lens.horizon - (np.arange(rows, dtype=float) - lens.top) / lens.zoom) / lens.horizon


def _add_grain(picture: Image, lens: Lens, seed: int) -> None:
    """Add grain to the ground: a tile of noise, seen in perspective."""
    right, away = lens.ground((picture.shape[1], picture.shape[0]))
    rng = np.random.default_rng([seed, 7])
    tile = rng.normal(0, 1, (_TILE, _TILE)).astype(np.float32)
    tile = sum(
        (cv2.blur(tile, (wide, wide)) * (wide * weight) for wide, weight in ((3, 0.8), (41, 0.9))),
        start=np.zeros_like(tile),
    )
    steps = [(metres % _TILE_METRES * (_TILE / _TILE_METRES)).astype(np.float32) for metres in (right, away)]
    grain = cv2.remap(tile, steps[0], steps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    weight = 0.06 / (1 + (away / 14) ** 2) * (_height_above_horizon(lens, picture.shape[0]) < 0)[:, None]
    picture[:] = np.clip(picture * (1 + weight * grain)[:, :, None], 0, 255).astype(np.uint8)


def _cast_shadows(picture: Image, site: Site, lens: Lens, seed: int) -> None:
    """Darken the ground where things cast a shadow."""
    mask = np.zeros(picture.shape[:2], np.uint8)
    pencil = Pencil(mask, lens, 255).flattened(*SUN)
    for paint in (site.things, site.front):
        paint(Painter(pencil, Pencil(np.zeros_like(mask), lens, 0), np.random.default_rng(seed)))
    tree_shadow(pencil, site.tree)
    mask[_height_above_horizon(lens, picture.shape[0]) > _FAINT] = 0
    wide = max(1, round(5 * lens.zoom))
    soft = cv2.blur(mask, (wide, wide))
    picture[:] = (picture * (1 - soft[:, :, None] * (0.34 / 255))).astype(np.uint8)


def _light_layers(site: Site, lens: Lens, size: tuple[int, int]) -> tuple[Image, Image]:
    """Return the light by day, and the light by night, with lamp light on the ground."""
    columns, rows = (np.linspace(-1, 1, side) for side in size)
    edge = 1.04 - 0.13 * (columns[None, :] ** 2 + rows[:, None] ** 2)
    right, away = lens.ground(size)
    pools = np.zeros((size[1], size[0]))
    for lamp_right, up, lamp_away in site.lamps:
        far = ((right - lamp_right) ** 2 + 1.4 * (away - lamp_away) ** 2) / (up * 1.1) ** 2
        pools = np.maximum(pools, 1 / (1 + far) ** 1.3) + 0.7 * _halo(
            lens, size, (lamp_right, up * 0.8, lamp_away), up * 0.5
        )
    day = np.array([198, 200, 202]) * edge[:, :, None]
    night = np.array(_NIGHT) * edge[:, :, None] + np.array(_LAMP) * np.minimum(pools, 1.1)[:, :, None]
    return np.clip(day, 0, 255).astype(np.uint8), np.clip(night, 0, 255).astype(np.uint8)


def _halo(lens: Lens, size: tuple[int, int], place: tuple[float, float, float], radius: float) -> Floats:
    """Return the brightness around a point, (height, width): 1 at the point, and less with each ``radius`` metres."""
    column, row = lens.at(place)
    reach = radius * lens.per_metre(place[2])
    columns, rows = np.arange(size[0]) - column, np.arange(size[1]) - row
    return 1 / (1 + (columns[None, :] ** 2 + rows[:, None] ** 2) / reach**2) ** 2


def _dusk(lens: Lens, sky: _Bytes) -> Image:
    high = np.clip(_height_above_horizon(lens, sky.shape[0]), 0, 1)[:, None, None]
    glow = (1 - high) ** 2 * np.array(_EVENING) * (sky[:, :, None] / 255)
    return np.clip(glow + np.array([0, 5, 12]), 0, 255).astype(np.uint8)


def _lit(site: Site, lens: Lens, glow: Image, sky: _Bytes, seed: int) -> Image:
    size = (sky.shape[1], sky.shape[0])
    wide = max(1, round(9 * lens.zoom))
    bloom = np.asarray(cv2.blur(cv2.blur(glow, (wide, wide)), (wide, wide)), np.uint8)
    bright: Floats = np.asarray(glow + 0.35 * bloom, np.float64)
    for place in site.lamps:
        bright += 0.9 * _halo(lens, size, place, 0.45)[:, :, None] * np.array([150, 215, 250])
    rng = np.random.default_rng([seed, 11])
    for _ in range(70):
        column, row = rng.integers(size).tolist()
        if sky[row, column] == _SKY:
            bright[row, column] += rng.uniform(30, 130)
    return np.clip(bright, 0, 255).astype(np.uint8)
