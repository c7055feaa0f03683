"""A tree that sways in the wind: drawn once, and distorted for each picture."""

from __future__ import annotations

from math import cos, pi, sin

import cv2
import numpy as np
import numpy.typing as npt

from rxvlm.media.picture import Image, read_only
from rxvlm.sources.drawn.pencil import Lens, Pencil, Point, shaded

_Bytes = npt.NDArray[np.uint8]
_Singles = npt.NDArray[np.float32]

_BARK = (58, 76, 94)
_LEAF = (52, 118, 84)
_CLUMPS = ((-0.25, 0.5), (0.25, 0.52), (-0.12, 0.72), (0.14, 0.75), (0, 0.58), (0.02, 0.86))
"""Centres of the leaves, (along, up) in heights of the tree."""


class Tree:
    """A tree in the wind.

    Args:
        place: (right, height, away) in metres.
        lens: The camera.
        seed: Seed of its leaves and their movement.
    """

    __slots__ = ("_away", "_corner", "_grid", "_leaves", "_ripple")

    def __init__(self, place: tuple[float, float, float], lens: Lens, seed: int) -> None:
        right, tall, self._away = place
        scale = lens.per_metre(self._away)
        wide, high = max(4, round(tall * scale)), max(4, round(1.08 * tall * scale))
        foot = lens.at((right, 0.0, self._away))
        self._corner = (round(foot[0] - wide / 2), round(foot[1] - high))
        self._leaves = _leaves(tall, scale, (wide, high), seed)
        rows, columns = np.mgrid[0:high, 0:wide].astype(np.float32)
        self._grid = (columns, rows)
        phase = 2 * pi * clouds((high, wide), max(2, round(scale)), seed + 1)
        bend = np.clip(1 - rows / high, 0, 1) * np.float32(scale)
        self._ripple = ((bend * np.cos(phase)).astype(np.float32), (bend * np.sin(phase)).astype(np.float32))

    @property
    def away(self) -> float:
        """Metres away from the camera."""
        return self._away

    def draw(self, image: Image, glow: Image, time: float) -> None:
        """Draw the tree as the wind bends it at a time in seconds, and remove the glow behind it."""
        gust = 0.7 + 0.3 * sin(time * 0.37) * sin(time * 0.23 + 1)
        sway = self._bent(self._grid[0], 0.07 * gust * sin(time * 1.5), 0.05 * gust * sin(time * 2.3 + 1))
        lift = self._bent(self._grid[1], 0.025 * gust * sin(time * 1.9 + 2), 0.035 * gust * sin(time * 2.7))
        leaves = cv2.remap(self._leaves, sway, lift, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        across, down = (
            slice(max(0, side), max(0, side + long))
            for side, long in zip(self._corner, leaves.shape[1::-1], strict=True)
        )
        height, width = image[down, across].shape[:2]
        if not height or not width:
            return
        left, top = (max(0, -side) for side in self._corner)
        seen = leaves[top : top + height, left : left + width]
        through = cv2.cvtColor(255 - seen[:, :, 3], cv2.COLOR_GRAY2BGR)
        glow[down, across] = cv2.multiply(glow[down, across], through, scale=1 / 255)
        behind = cv2.multiply(image[down, across], through, scale=1 / 255)
        image[down, across] = cv2.add(behind, seen[:, :, :3])

    def _bent(self, straight: _Singles, first: float, second: float) -> _Singles:
        one, other = self._ripple
        return straight + np.float32(first) * one + np.float32(second) * other


def tree_shadow(pencil: Pencil, place: Point) -> None:
    """Draw the shadow of a tree with a flattened pencil; ``place`` is (right, height, away) in metres."""
    right, tall, away = place
    pencil.limb(((right, 0, away), (right, tall * 0.6, away)), (0.4, 0.2), _BARK)
    for along, up in _CLUMPS:
        pencil.ball((right + along * tall, up * tall, away), tall * 0.2, _LEAF)


def _leaves(tall: float, scale: float, size: tuple[int, int], seed: int) -> _Bytes:
    """Draw trunk and leaves, (height, width, 4): colours multiplied by their opacity, and the opacity."""
    rng = np.random.default_rng([seed, 3])
    lens = Lens(scale, 0, size[1], size[0] / 2)
    colours, cover = np.zeros((size[1], size[0], 3), np.uint8), np.zeros((size[1], size[0]), np.uint8)
    pencils = (Pencil(colours, lens), Pencil(cover, lens, 255))
    for pencil in pencils:
        pencil.limb(((0, 0, 1), (0.05, tall * 0.6, 1)), (tall * 0.065, tall * 0.03), _BARK)
        for reach in (-0.2, 0.22):
            pencil.limb(((0, tall * 0.3, 1), (reach * tall, tall * 0.58, 1)), (tall * 0.03, tall * 0.015), (52, 70, 88))
    for light in np.linspace(0.5, 1.12, 420).tolist():
        along, up = _CLUMPS[int(rng.integers(len(_CLUMPS)))]
        angle, far = rng.uniform(0, 2 * pi), 0.17 * rng.uniform() ** 0.6
        place = (along + far * cos(angle), up + 0.8 * far * sin(angle) + (light - 0.8) * 0.06)
        colour = shaded(_LEAF, light * (1.08 if angle > pi / 2 else 0.92))
        for pencil in pencils:
            pencil.ball((place[0] * tall, place[1] * tall, 1), tall * (0.052 - 0.022 * light), colour)
    return read_only(np.dstack([colours, cover]))


def clouds(shape: tuple[int, int], cell: int, seed: int) -> _Singles:
    """Return smooth noise from 0 to 1, of shape (height, width), with lumps of ``cell`` pixels and finer ones."""
    rng = np.random.default_rng([seed, 5])
    total = np.zeros(shape, np.float32)
    for octave in range(4):
        step = max(1, cell >> octave)
        coarse = rng.random((shape[0] // step + 3, shape[1] // (2 * step) + 3), np.float32)
        total += cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC) / np.float32(2 ** (octave + 1))
    return np.clip(total, 0, 1)
