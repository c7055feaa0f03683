"""Analysis: the answer of a model about a clip; Answers: the answers of several models about the same clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pprint import pformat
from types import MappingProxyType
from typing import Any, Final, Generic, cast

from rxvlm.clip import Clip
from rxvlm.display import markup
from rxvlm.display.json_form import VERSION, check_record, error_from, error_record, field_of, plain, whole
from rxvlm.display.prose import prose
from rxvlm.display.wall_time import rfc3339
from rxvlm.display.when import in_words
from rxvlm.errors import RxvlmError
from rxvlm.text import valid_unicode
from rxvlm.vlm import Usage, Value_co
from rxvlm.window import Span, WindowId

_MOST_SAID: Final = 60  # characters of text in a repr, which fits a line
_COLUMNS: Final = ("Name", "Model", "Answer", "Took", "Tokens")


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Analysis(Generic[Value_co]):
    """The answer of a model about a clip; for a failed call it has an ``error``, and the stream continues.

    Attributes:
        clip: The clip that was sent to the model.
        prompt: The question.
        model: Name of the model that answered, or failed.
        asked: When the call began, in seconds since 1970 (UTC).
        answered: When it ended, in seconds since 1970 (UTC).
        text: The answer; for a failed call, the part that had arrived, usually "".
        value: The answer as a typed object or as a dictionary; None for a failed call, and for a model without such
            answers. ``Analysis[Seen]`` promises a ``Seen`` for every answer without an error.
        error: Why the call failed, or None.
        usage: Tokens that the call cost, or None if unknown.
        request_id: Identifier that the provider gave to the request, or None.
        finish_reason: Why the answer ended, as the provider calls it, or None.
        marks: What the answer is for, if it must not cause an event or an alert: ``"audit"`` and ``"shadow"`` to
            measure, ``"asked"`` for a question that a person asked meanwhile. Usually empty.
        thought: What the model wrote while it was thinking; not a part of the text.
        timings: Seconds by stage: ``arrive`` (from the end of the clip's recording until the window was emitted; None
            for a film), ``encode`` (until the clip was ready), ``queue`` (until the call began), ``limit`` (waiting in
            `rxvlm.models.limit`), ``first`` (until the first piece of the answer), ``rest``. They add up to
            ``answered - captured``; for a film, to the time from the emission of its window to the answer. Empty if not
            measured.

    Its texts are valid Unicode: half a surrogate pair becomes U+FFFD.
    """

    clip: Clip = field(repr=False)
    prompt: str
    model: str
    asked: float
    answered: float
    text: str = ""
    value: Value_co = field(default=cast("Any", None), repr=False)
    error: RxvlmError | None = None
    usage: Usage | None = None
    request_id: str | None = None
    finish_reason: str | None = None
    marks: frozenset[str] = frozenset()
    thought: str = field(default="", repr=False)
    timings: Mapping[str, float | None] = field(default_factory=dict[str, "float | None"], repr=False)

    def __post_init__(self) -> None:
        for name in ("prompt", "model", "text", "thought"):
            object.__setattr__(self, name, valid_unicode(getattr(self, name)))

    def __repr__(self) -> str:
        return f"Analysis({_where(self.clip)} by {self.model}: {_in_short(self, _MOST_SAID)})"

    @property
    def duration(self) -> float:
        """How long the call took, in seconds."""
        return self.answered - self.asked

    @property
    def age(self) -> float | None:
        """Seconds between the end of the filmed span and the answer; None for a file."""
        return None if self.clip.captured is None else self.answered - self.clip.captured

    def to_dict(self) -> dict[str, Any]:
        """Return the analysis as plain values, ready for JSON: the form of docs/reference/json.md.

        The clip has no bytes. Times are in seconds, in whole microseconds. Pydantic converts a value that is not JSON,
        such as an object of a class; infinite numbers and NaN become None.
        """
        clip, asked, answered = self.clip, whole(self.asked) or 0.0, whole(self.answered) or 0.0
        captured = whole(clip.captured)
        return {
            "type": "analysis",
            "version": VERSION,
            "camera": clip.source,
            "start": whole(clip.start),
            "end": whole(clip.end),
            "captured": captured,
            "at": rfc3339(captured),
            "seen": clip.seen,
            "times": [whole(time) for time in clip.times],
            "text": self.text,
            "thought": self.thought or None,
            "value": plain(self.value),
            "error": error_record(self.error),
            "model": self.model,
            "prompt": self.prompt,
            "asked": asked,
            "answered": answered,
            "age": None if captured is None else whole(answered - captured),
            "duration": whole(answered - asked),
            "usage": None if self.usage is None else asdict(self.usage),
            "request_id": self.request_id,
            "finish_reason": self.finish_reason,
            "marks": sorted(self.marks),
            "timings": {stage: whole(seconds) for stage, seconds in self.timings.items()} or None,
            **_facts_of(clip),
        }

    @staticmethod
    def from_dict(record: Mapping[str, Any], clip: Clip | None = None) -> Analysis:
        """Make an analysis from the result of `to_dict`.

        Its value is plain data, and not an object of your own class.

        Args:
            record: The dictionary; keys that are not known are ignored.
            clip: Its clip; None for a clip without bytes, with the same times and size.

        Raises:
            ValueError: If it is not an analysis, has another version, or a field is missing.
        """
        check_record(record, "analysis")
        names = ("prompt", "model", "asked", "answered", "text", "value", "request_id", "finish_reason")
        usage = field_of(record, "usage")
        return Analysis(
            clip or _clip_of(record),
            **{name: field_of(record, name) for name in names},
            error=cast("RxvlmError | None", error_from(field_of(record, "error"))),  # unless the writer had another
            usage=None if usage is None else Usage(**usage),
            marks=frozenset(field_of(record, "marks")),
            thought=record.get("thought") or "",
            timings=record.get("timings") or {},
        )

    def _repr_html_(self) -> str:
        usage = f"{self.usage.input:,} in, {self.usage.output:,} out" if self.usage else ""
        known = {
            "asked": self.prompt,
            "answered by": self.model,
            "took": f"{self.duration:.2f} s",
            "age": "" if self.age is None else f"{self.age:.1f} s",
            "tokens": usage,
        }
        said = said_html(self)
        value = "" if self.value is None else markup.code(pformat(self.value, width=100, compact=True), "value")
        thought = "" if not self.thought else markup.code(self.thought, "thought")
        strip = self.clip.strip(said=self.text)
        return markup.card(in_words(self.clip), strip, said, value, thought, markup.facts(known))


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Answers(Generic[Value_co]):
    """The answers of several models about the same clip.

    Attributes:
        clip: The clip that was sent to all of them.
        answers: The analysis of each model by its name, in the order of the models; it cannot be changed. A model
            that failed, or was late, has an analysis with an error.

    Raises:
        ValueError: If there is no answer, or one is about another window.
    """

    clip: Clip = field(repr=False)
    answers: Mapping[str, Analysis[Value_co]]

    def __post_init__(self) -> None:
        if not self.answers:
            raise ValueError("there must be at least one answer")
        for name, analysis in self.answers.items():
            if analysis.clip.window_id != self.clip.window_id:
                raise ValueError(f"the answer of {name!r} is about another clip")
        object.__setattr__(self, "answers", MappingProxyType(dict(self.answers)))

    def __reduce__(self) -> tuple[type[Answers], tuple[Clip, dict[str, Analysis[Value_co]]]]:
        return Answers, (self.clip, dict(self.answers))  # a mapping that cannot be changed cannot be pickled either

    def __repr__(self) -> str:
        most = _MOST_SAID // len(self.answers)
        said = ", ".join(f"{name}: {_in_short(one, most)}" for name, one in self.answers.items())
        return f"Answers({_where(self.clip)}, {said})"

    def _repr_html_(self) -> str:
        asked = markup.facts({"asked": next(iter(self.answers.values())).prompt})
        rows = [_row(name, analysis) for name, analysis in self.answers.items()]
        table = markup.table(_COLUMNS, rows, f"The answers of {len(rows)} models")
        return markup.card(in_words(self.clip), self.clip.strip(), asked, table)


def _where(clip: Clip) -> str:
    return f"{clip.source!r} [{clip.start:g}, {clip.end:g}) s"


def _in_short(analysis: Analysis, most: int) -> str:
    """Return the error of an analysis, or the beginning of its text, for a repr."""
    if analysis.error is not None:
        return f"{type(analysis.error).__name__}({str(analysis.error)!r})"
    return repr(analysis.text[:most] + ("..." if len(analysis.text) > most else ""))


def _row(name: str, analysis: Analysis) -> list[str]:
    """Return the cells of one model's answer, as `_COLUMNS` names them."""
    usage = analysis.usage
    tokens = f"{usage.input:,} in, {usage.output:,} out" if usage else ""
    return [markup.text(name), markup.text(analysis.model), said_html(analysis), f"{analysis.duration:.2f} s", tokens]


def said_html(analysis: Analysis) -> str:
    """Return the answer as HTML, or the error."""
    return markup.complaint(analysis.error) if analysis.error is not None else prose(analysis.text)


def _facts_of(clip: Clip) -> dict[str, Any]:
    """Return what an analysis's record says of its clip, beyond camera and times."""
    return {
        "media_type": clip.media_type,
        "width": clip.width,
        "height": clip.height,
        "epoch": clip.epoch,
        "fresh": clip.fresh,
        "slot": clip.span.slot,
        "window": asdict(clip.window_id),
    }


def _clip_of(record: Mapping[str, Any]) -> Clip:
    """Return the clip of a record, without its bytes."""
    media_type, width, height = (field_of(record, name) for name in ("media_type", "width", "height"))
    facts = {name: field_of(record, name) for name in ("start", "end", "captured", "epoch", "seen", "fresh")}
    camera, window = field_of(record, "camera"), field_of(record, "window")
    window_id = WindowId(**{"source": camera, "epoch": facts["epoch"], **window})  # older records have neither
    span = Span(**facts, source=camera, window_id=window_id, slot=record.get("slot"))
    return Clip(None, media_type, tuple(field_of(record, "times")), width, height, span=span)
