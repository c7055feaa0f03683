"""The words of a file: which keys each table has, and which values they take."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal, TypeAlias, cast, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from rxvlm.rules.detection import LOST_AFTER_SECONDS, need_in
from rxvlm.service.configuration.environment import FromEnvironment
from rxvlm.service.configuration.mistakes import found
from rxvlm.ticks import Aligned
from rxvlm.watching.options import Effort, GateName, SamplerName

_LISTEN: Final = re.compile(r"(?:(?P<host>\[[\w:.]+\]|[\w.-]+):)?(?P<port>\d{1,5})")
_HIGHEST_PORT: Final = 65_535


def _need(value: object) -> object:
    """Return ``"2/3"`` as ``[2, 3]``."""
    need = need_in(value) if isinstance(value, str) else None
    return list(need) if need else value


def _options(value: object) -> object:
    """Return true and false as a table of options: an empty one, and none."""
    if isinstance(value, bool) or (isinstance(value, FromEnvironment) and value in ("true", "false")):
        return {} if value in (True, "true") else None
    if not isinstance(value, dict) and value is not None:
        raise ValueError("expected true, false, or a table of options")
    return cast("object", value)


def _listen(value: object) -> object:
    parts = _LISTEN.fullmatch(value) if isinstance(value, str) else None
    if not parts or not 0 <= int(parts["port"]) <= _HIGHEST_PORT:
        raise ValueError('expected an address and a port, as "127.0.0.1:9464"')
    return value


def _is_a(kinds: tuple[type, ...], annotation: object) -> bool:
    """Return whether a type is one of some, with or without limits, or None instead."""
    inside = () if get_origin(annotation) in (list, dict) else get_args(annotation)
    return any(annotation is kind for kind in kinds) or any(_is_a(kinds, one) for one in inside)


Number: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]
Text: TypeAlias = Annotated[str, Field(min_length=1)]
Seconds: TypeAlias = Annotated[Number, Field(gt=0, le=31_622_400)]
PerMille: TypeAlias = Annotated[float, Field(ge=0, le=1000, strict=True)]
Point: TypeAlias = Annotated[list[PerMille], Field(min_length=2, max_length=2)]


class Words(BaseModel):
    """A table: a key that it does not have is a mistake, and so is a value of the wrong kind."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _is_what_it_says(cls, value: object, info: ValidationInfo) -> object:
        """Refuse true for a number, and a text for either: only the environment has nothing but texts."""
        annotation = cls.model_fields[str(info.field_name)].annotation
        is_text = isinstance(value, str) and not isinstance(value, FromEnvironment)
        if (is_text or isinstance(value, bool)) and _is_a((int, float), annotation):
            raise ValueError(f"expected a number, found {found(value)}")
        if is_text and _is_a((bool,), annotation):
            raise ValueError(f"expected true or false, found {found(value)}")
        return value


class CameraDefaults(Words):
    """How cameras are watched: the options of `rxvlm.watch`, where each is explained."""

    every: Seconds | None = Field(
        default=None, description="Seconds of video in a window; each window gets one answer."
    )
    aligned: Aligned | None = Field(
        default=None,
        description="Where windows begin: on the source's own time, or on the wall clock.",
    )
    frames: int | None = Field(default=None, ge=1, le=1000, description="Frames of each window that the model sees.")
    width: int | None = Field(
        default=None, ge=2, le=10_000, description="Largest width in pixels of the frames that the model sees."
    )
    effort: Effort | None = Field(
        default=None, description="How much to decode: exact frames, key frames only, or nothing."
    )
    prompt: Text | None = Field(default=None, description="What to ask about each clip.")
    fields: Text | None = Field(
        default=None, description='Typed fields to ask for, as "people:int, danger:bool, colour:str".'
    )
    gate: GateName | None = Field(default=None, description="motion: ask only about windows in which something moves.")
    sampler: SamplerName | None = Field(default=None, description="Which frames of a window the model sees.")
    mask: list[Annotated[list[Point], Field(min_length=3)]] | None = Field(
        default=None,
        description="Polygons that are made black, each a list of points [x, y] in per mille of the picture.",
    )
    crop: Annotated[list[PerMille], Field(min_length=4, max_length=4)] | None = Field(
        default=None, description="The part that is used: [left, top, right, bottom] in per mille of the picture."
    )
    model: Text | None = Field(default=None, description="The name of a model in [models], or opencv.")
    pace: Number | None = Field(default=None, gt=0, description="Speed of files: 1 is real time.")
    follow: bool | None = Field(default=None, description="Whether files may still grow.")
    max_concurrent: int | None = Field(default=None, ge=1, le=1000, description="Calls at a time for each camera.")
    timeout: Seconds | None = Field(default=None, description="Seconds to wait for an answer.")
    max_age: Seconds | None = Field(default=None, description="Seconds after which an answer is of no use.")


class CameraWords(CameraDefaults):
    """A camera: its address, and how it is watched."""

    uri: Text = Field(description="A file, a folder of pictures, rtsp://..., http://..., a device number, demo:yard.")


class RetryWords(Words):
    """The options of `rxvlm.models.retry`."""

    attempts: int = Field(default=4, ge=1, le=100, description="The most calls for one question.")
    first: Seconds = Field(default=1.0, description="Seconds until the second call.")
    longest: Seconds = Field(default=60.0, description="The most seconds between two calls.")
    max_age: Seconds | None = Field(
        default=None, description="Seconds after which a question is no longer asked again."
    )


class BreakerWords(Words):
    """The options of `rxvlm.models.breaker`."""

    failures: int = Field(default=5, ge=1, le=1000, description="Failed calls after which the model is not asked.")
    within: Seconds = Field(default=60.0, description="Seconds within which they fail.")
    open_for: Seconds = Field(default=30.0, description="Seconds for which it is not asked.")
    timeout: Seconds | None = Field(default=None, description="Seconds after which a call counts as failed.")


Retry: TypeAlias = Annotated[
    RetryWords | None, BeforeValidator(_options, json_schema_input_type=bool | RetryWords | None)
]
Breaker: TypeAlias = Annotated[
    BreakerWords | None, BeforeValidator(_options, json_schema_input_type=bool | BreakerWords | None)
]


class ModelWords(Words):
    """A model: what answers, and what protects its server."""

    use: Text = Field(description="The model, as on the command line: opencv, dashscope:NAME, openai:NAME@URL.")
    requests_per_minute: Number | None = Field(
        default=None, gt=0, description="Questions a minute, of all cameras together."
    )
    tokens_per_minute: Number | None = Field(
        default=None, gt=0, description="Tokens a minute, of all cameras together."
    )
    max_concurrent: int | None = Field(default=None, ge=1, le=10_000, description="Calls at a time, of all cameras.")
    timeout: Seconds | None = Field(default=None, description="Seconds for a whole call.")
    clip_as: Literal["auto", "video", "images"] = Field(default="auto", description="How clips are sent.")
    fallback: list[Text] = Field(
        default=[], description="The names of the models to ask when this one fails, in their order."
    )
    retry: Retry = Field(
        default=None, description="Whether failed questions are asked again. The default is true for servers."
    )
    breaker: Breaker = Field(
        default=None,
        description="Whether a server that is down is not asked for some time. The default is true for servers.",
    )


class RuleWords(Words):
    """A rule: when an event starts, and when it ends; see `rxvlm.rule`."""

    when: Text = Field(description='A condition on the fields of an answer, as "people > 0", in CEL.')
    need: Annotated[
        list[int], BeforeValidator(_need, json_schema_input_type=str | list[int]), Field(min_length=2, max_length=2)
    ] = Field(
        default=[2, 3],
        description="[n, m] or n/m: an event starts when the condition held for n of the last m known answers.",
    )
    clear: int = Field(
        default=2,
        ge=1,
        description="It ends when the condition did not hold for this number of known answers in a row.",
    )
    cooldown: Number = Field(
        default=0.0, ge=0, le=31_622_400, description="Seconds after an event in which no other starts."
    )
    lost_after: Seconds = Field(
        default=LOST_AFTER_SECONDS, description="Seconds without a known answer after which it ends."
    )
    cameras: list[Text] | None = Field(default=None, min_length=1, description="Its cameras; by default all.")
    active: Text | None = Field(default=None, description='Its hours, as "Mon-Fri 22:00-06:00 Europe/Berlin".')


class SinkWords(Words):
    """A sink: where events and answers go."""

    url: Text | None = Field(default=None, description="https://..., mqtt://..., or a file that ends in .jsonl.")
    command: list[str] | None = Field(default=None, min_length=1, description="A program and its arguments; no shell.")
    secret_file: Text | None = Field(default=None, description="A file that holds the secret of a webhook.")
    phases: list[Literal["start", "update", "end"]] | None = Field(
        default=None, min_length=1, description="Which phases of events are sent."
    )
    answers: bool | None = Field(default=None, description="Whether answers are sent, too.")
    picture: bool | None = Field(default=None, description="Whether the newest picture is sent, too.")


class StoreWords(Words):
    """The store: the history of answers and events; see `rxvlm.Store`."""

    path: Text = Field(description="The database's file.")
    clips: Literal["all", "events", "none"] = Field(default="all", description="Which clips are kept.")
    keep_days: Number = Field(default=30.0, gt=0, description="Days for which everything is kept.")
    keep_bytes: Number = Field(default=20e9, gt=0, description="Bytes on disk, at most.")
    sync: Literal["batch", "each"] = Field(
        default="batch", description="each: an answer is on disk before the next is taken."
    )


class MetricsWords(Words):
    """Where Prometheus reads the metrics."""

    listen: Annotated[str, BeforeValidator(_listen, json_schema_input_type=str)] = Field(
        default="127.0.0.1:9464", description="An address of this machine and a port."
    )


class FileWords(Words):
    """A file for `rxvlm run`."""

    include: list[Text] | Text = Field(default=[], description="Files that are read, too; relative to this one.")
    defaults: CameraDefaults = Field(
        default=CameraDefaults(), description="Options of all cameras that do not set them."
    )
    cameras: dict[str, CameraWords] = Field(default={}, description="The cameras, by name.")
    models: dict[str, ModelWords] = Field(default={}, description="The models, by name.")
    rules: dict[str, RuleWords] = Field(default={}, description="The rules, by name.")
    sinks: dict[str, SinkWords] = Field(default={}, description="The sinks, by name.")
    store: StoreWords | None = Field(default=None, description="The history.")
    metrics: MetricsWords | None = Field(default=None, description="The metrics.")


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the files, so that editors complete and check them."""
    schema = FileWords.model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "rxvlm run"}
