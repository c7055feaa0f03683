"""Camera: an address with options; and the options of each of several cameras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from typing import Any, TypeAlias, cast

from reactivex import Observable

from rxvlm.arguments import describe, suggest_options, with_shown_types
from rxvlm.display.labels import value_in_short
from rxvlm.media.areas import Box, Polygon
from rxvlm.operators.asking.prompts import Prompt
from rxvlm.ticks import Aligned
from rxvlm.uri import address
from rxvlm.vlm import Vlm, check_model
from rxvlm.watching.camera import Source
from rxvlm.watching.fields import Fields
from rxvlm.watching.options import DEFAULTS, Effort, Gate, Sampler, Steps, WatchOptions

Prompts: TypeAlias = Prompt | Mapping[str, Prompt]
"""A prompt for all cameras, or one for each, by name."""


@with_shown_types
@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A camera or film with options of its own: a value of the mapping that `watch_all` takes.

    >>> Camera("rtsp://user:secret@10.0.0.7/main", prompt="Who is there?", every=5.0)
    Camera('rtsp://10.0.0.7/main', prompt='Who is there?', every=5.0)
    >>> Camera("demo:yard", fields="people:int") == Camera("demo:yard", fields={"people": int})
    True

    Cameras are compared by value: two with the same address and options are equal. `watch` explains each option. None
    means the option of `watch_all`.

    Args:
        uri: An address (see `rxvlm.video`), or any stream of frames.
        model: The model that answers.
        prompt: What to ask.
        every: Seconds of video in a window, above 0.
        aligned: Where its windows begin.
        frames: Frames in a clip, at least 1.
        width: Pixels across of a clip at most, at least 2.
        effort: How much is decoded.
        fields: Typed fields to ask for, as ``"people:int, colour:str"``.
        gate: Which windows are asked about.
        sampler: Which frames of a window are in its clip.
        steps: Operators between windows and sampler.
        mask: Polygons that are made black, in per mille of the picture, 0 to 1000; an empty list for no mask.
        crop: The part of the picture that is used: left, top, right and bottom in per mille, 0 to 1000.
        pace: Speed of a file, as a multiple of real time, above 0.
        follow: Whether a file may still grow.
        max_concurrent: Calls at a time, at least 1.
        timeout: Seconds for an answer, above 0.
        max_age: Seconds after which an answer is of no use, above 0.

    Raises:
        UriError: If an address is malformed or of no known kind.
        TypeError: If a value is of the wrong type.
        ValueError: If a value is out of range, or two options exclude each other.
    """

    uri: Source | int = field(kw_only=False)
    model: Vlm | None = field(default=None, kw_only=False)
    prompt: Prompt | None = None
    every: float | None = None
    aligned: Aligned | None = None
    frames: int | None = None
    width: int | None = None
    effort: Effort | None = None
    fields: Fields | None = None
    gate: Gate | None = None
    sampler: Sampler | None = None
    steps: Steps | None = None
    mask: Sequence[Polygon] | None = None
    crop: Box | None = None
    pace: float | None = None
    follow: bool | None = None
    max_concurrent: int | None = None
    timeout: float | None = None
    max_age: float | None = None

    @suggest_options()
    def __post_init__(self) -> None:
        if not isinstance(self.uri, Observable):
            address(self.uri)  # a wrong one is an error here
        if self.model is not None:
            check_model(self.model)
        checked = WatchOptions(**self.options)
        for name in ("fields", "steps", "mask", "crop"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, getattr(checked, name))  # in a form that can be compared

    def __repr__(self) -> str:
        where = value_in_short(self.uri) if isinstance(self.uri, Observable) else repr(address(self.uri).safe)
        given = {"model": self.model, **self.options}
        shown = [f"{name}={value_in_short(value)}" for name, value in given.items() if value is not None]
        return f"Camera({', '.join([where, *shown])})"

    @property
    def source(self) -> Source:
        """Its address, as `rxvlm.watch` takes it."""
        return str(self.uri) if isinstance(self.uri, int) else self.uri

    @property
    def options(self) -> dict[str, Any]:
        """Its options that are not None, by name; `rxvlm.watch` takes them."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in values.items() if name not in ("uri", "model") and value is not None}


CameraLike: TypeAlias = Source | Camera
"""A Camera, an address, or a stream of frames."""


@dataclass(frozen=True, slots=True)
class Told:
    """The options of `watch_all`, for all cameras.

    Args:
        model: The model; None for the built-in one.
        prompts: A prompt for all, or for some, by name.
        options: The other options.

    Raises:
        TypeError: If ``model`` is not a model.
    """

    model: Vlm | None
    prompts: Prompts
    options: WatchOptions

    def __post_init__(self) -> None:
        if self.model is not None:
            check_model(self.model)

    def check(self, names: Sequence[str]) -> None:
        """Check that each prompt is for one of the cameras.

        Raises:
            ValueError: If a prompt is for another camera.
        """
        for name in self._by_name:
            if name not in names:
                near = get_close_matches(name, names, 1)
                meant = f"did you mean {near[0]!r}?" if near else f"they are {', '.join(names)}"
                raise ValueError(f"prompt has a text for {name!r}, which is not a camera here: {meant}")

    @property
    def _by_name(self) -> Mapping[str, Prompt]:
        prompts: Prompts | object = self.prompts
        return cast("Mapping[str, Prompt]", prompts) if isinstance(prompts, Mapping) else {}

    def of(self, name: str, camera: CameraLike) -> tuple[Source, Vlm | None, WatchOptions]:
        """Return the source, the model and the options of one camera.

        Raises:
            TypeError: If a prompt is not a prompt.
            ValueError: If its options and those for all exclude each other.
        """
        for_all = DEFAULTS.prompt if isinstance(self.prompts, Mapping) else self.prompts
        options = replace(self.options, prompt=self._by_name.get(name, for_all))
        if isinstance(camera, Camera):
            return camera.source, camera.model or self.model, replace(options, **camera.options)
        return camera, self.model, options


def checked_cameras(cameras: object) -> Mapping[str, CameraLike] | Observable[Mapping[str, CameraLike]]:
    """Return the cameras of `watch_all`, after a check.

    Raises:
        TypeError: If it is neither a mapping by names nor a stream of such mappings.
        ValueError: If there is no camera.
    """
    if isinstance(cameras, Observable):
        return cast("Observable[Mapping[str, CameraLike]]", cameras)
    if not isinstance(cameras, Mapping):
        raise TypeError(f"watch_all takes cameras by name, as in {{'yard': address}}, not {describe(cameras)}")
    if not cameras:
        raise ValueError("there is no camera to watch")
    return cast("Mapping[str, CameraLike]", cameras)
