"""Read an answer of OpenAI's protocol: JSON, or the events of a stream. Pure, without any connection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, cast

from rxvlm.errors import BadAnswerError, ContentFilteredError, ModelFailedError, PartialAnswerError
from rxvlm.models.wire.error_table import model_error
from rxvlm.models.wire.events import ServerSentEvent
from rxvlm.models.wire.refusal import Refusal, read_error_body, read_refusal
from rxvlm.models.wire.tokens import token_count
from rxvlm.text import ThoughtHabit, ThoughtSplitter
from rxvlm.vlm import Piece, Usage, only_thoughts

_END: Final = "[DONE]"
_ERRORS: Final = range(400, 600)
_CUT: Final = ("abort", "aborted", "cancelled", "canceled", "timeout")  # why vLLM, SGLang and others gave up
_LIMIT: Final = "length"
_MOST_WORDS: Final = 300
_THOUGHTS: Final = ("reasoning_content", "reasoning", "thinking")  # where servers put thoughts; some in two at once


class AnswerReader:
    """Reads one answer, and collects its facts: usage, request, why it ended.

    Args:
        name: The model's name, for errors.
        model: The model that was asked for; `Piece.model` is set if another one answers.
        request_id: The identifier in the response's headers, or "".
        habit: What earlier answers of the model have shown about its thoughts.
        url: The address that was asked, for errors.

    Attributes:
        complete: Whether the server has said that this is all.
    """

    def __init__(
        self,
        name: str,
        model: str,
        request_id: str = "",
        *,
        habit: ThoughtHabit | None = None,
        url: str = "",
    ) -> None:
        self._url = url
        self._name = name
        self._model = model
        self._facts = Piece(request_id=request_id or None)
        self._said = ThoughtSplitter(habit)
        self._chosen = False
        self._heard = False  # whether there was an event: an answer that is not streamed has none
        self._other: list[str] = []  # what is no event
        self.complete = False

    def read_event(self, event: ServerSentEvent) -> str:
        """Read an event of a stream, or a part of an answer that is not streamed; return the text in it.

        Raises:
            ModelError: If it is not an answer, or an error.
        """
        if event.error or (event.name == "error" and event.data):
            raise model_error(self._name, self._refusal(event.error or event.data), self._url)
        if event.other:
            self._other.append(event.other)
        self._heard = self._heard or bool(event.data or event.comments)
        documents = _documents(event.data)
        if event.cut and documents and documents[-1].strip() != _END and not isinstance(_parsed(documents[-1]), dict):
            documents.pop()  # half a document; without it the answer has no end, which is the error
        return "".join(map(self._read_data, documents))

    def read_rest(self) -> str:
        """Read lines that are not events, at the end of the body: an answer or an error; return the rest of the text.

        Raises:
            ModelError: If it is neither an answer nor events, or an error.
        """
        other, text = "\n".join(self._other), ""
        if not self._heard:
            self.complete = True
            text = self.read(other)
        elif isinstance(said := _parsed(other), dict) and _is_error(said):
            raise model_error(self._name, self._refusal(other), self._url)
        return text + self._said.end(cut=self._facts.finish_reason == _LIMIT)

    def read(self, data: str) -> str:
        """Read a JSON object, and return the text in it.

        Raises:
            ModelError: If it is not an answer, or an error.
        """
        said = _parsed(data)
        if not isinstance(said, dict):
            words = said if isinstance(said, str) else read_error_body(data[:1000].encode())[1] or "nothing"
            raise BadAnswerError(
                f"{self._name} sent something that is not an answer: {words}", request_id=self._facts.request_id or ""
            )
        if _is_error(said):
            raise model_error(self._name, self._refusal(data), self._url)
        self._note(said)
        return self._text(said)

    def _read_data(self, data: str) -> str:
        if data.strip() == _END:
            self.complete = True
            return ""
        return self.read(data)

    def last_piece(self) -> Piece:
        """Return the last piece, with the facts of the answer and without text; call it after `read_rest`.

        Raises:
            PartialAnswerError: If it was cut short.
            ContentFilteredError: If the provider's filter ended it.
            BadAnswerError: If there is no text.
        """
        reason, known = self._facts.finish_reason, self._facts.request_id or ""
        if reason == "content_filter":
            raise ContentFilteredError(f"{self._name} refuses the content", None, reason, known)
        if reason == "error":
            raise ModelFailedError(f"{self._name} failed in the middle of its answer", None, reason, known)
        if reason in _CUT:
            raise PartialAnswerError(f"{self._name} ended its answer before it was complete", None, reason, known)
        if not (self.complete or reason):
            words = " ".join("".join(self._other).split())[:_MOST_WORDS]
            said = f": {words}" if words else ""
            raise PartialAnswerError(f"{self._name} was cut off before its answer's end{said}", request_id=known)
        if not self._chosen:
            raise BadAnswerError(f"{self._name} sent neither an answer nor an error", request_id=known)
        if not self._said.spoke:
            raise self._no_text(reason or "", known)
        return replace(self._facts, thought=self._said.thought)

    def _no_text(self, reason: str, request_id: str) -> BadAnswerError:
        cut = reason == _LIMIT
        if self._said.thought:
            return only_thoughts(self._name, cut=cut, request_id=request_id)
        kind, why = (PartialAnswerError, ": it reached its limit of tokens first") if cut else (BadAnswerError, "")
        return kind(f"{self._name} returned an empty answer{why}", None, reason, request_id)

    def _refusal(self, data: str) -> Refusal:
        """Read an error that came with status 200: some servers put the true status into the code."""
        said = read_refusal(0, data.encode(), {}, 0.0)
        status = int(said.code) if said.code.isdigit() and int(said.code) in _ERRORS else 0
        return replace(said, status=status, request_id=said.request_id or self._facts.request_id or "")

    def _note(self, said: dict[str, Any]) -> None:
        before, usage = self._facts, _dict(said.get("usage"))
        model, number = said.get("model"), said.get("id")
        choice = _first(said.get("choices"))
        self._chosen = self._chosen or bool(choice)
        self._facts = Piece(
            model=model if isinstance(model, str) and model != self._model else before.model,
            usage=_usage(usage) if usage else before.usage,
            request_id=before.request_id or (number if isinstance(number, str) else None),
            finish_reason=_reason(choice.get("finish_reason")) or before.finish_reason,
        )
        if choice.get("error"):
            raise model_error(self._name, self._refusal(json.dumps({"error": choice["error"]})))

    def _text(self, said: dict[str, Any]) -> str:
        choice = _first(said.get("choices"))
        message = _dict(choice.get("message") or choice.get("delta"))
        if message.get("refusal"):
            raise ContentFilteredError(
                f"{self._name} refuses to answer: {message['refusal']}", request_id=self._facts.request_id or ""
            )
        text, thought = _text_and_thought(message.get("content"))
        apart = (message.get(name) for name in _THOUGHTS)
        return self._said.add(text, next((said for said in apart if isinstance(said, str) and said), thought))


def _parsed(data: str) -> dict[str, Any] | str | None:
    """Return the JSON object in a text; words about why it cannot be read, or None, if there is none."""
    try:
        said = json.loads(data)
    except ValueError:
        return None
    except RecursionError:
        return "JSON that is nested too deep"
    return cast("dict[str, Any]", said) if isinstance(said, dict) else None


def _documents(data: str) -> list[str]:
    """Return the JSON documents in the data of an event: one on several lines, or, of sloppy servers, one on each."""
    if "\n" not in data:
        return [data] if data.strip() else []
    return [data] if _parsed(data) else [line for line in data.split("\n") if line.strip()]


def _is_error(said: Mapping[str, Any]) -> bool:
    words = said.get("message") or said.get("detail")
    return bool(said.get("error") or said.get("object") == "error" or ("choices" not in said and words))


def _reason(value: object) -> str | None:
    """Return why an answer ended, from what a server wrote: a word, or an object with a type."""
    value = _dict(value).get("type") or value
    return value if isinstance(value, str) else None


def _text_and_thought(content: object) -> tuple[str, str]:
    """Return the text and the thoughts in the content of a message: a text, or a list of parts."""
    if not isinstance(content, list):
        return (content if isinstance(content, str) else ""), ""
    texts, thoughts = list[str](), list[str]()
    for part in map(_dict, cast("list[Any]", content)):
        thinks = any(word in str(part.get("type")) for word in ("think", "thought", "reason"))
        inner = part.get("thinking") if thinks else part.get("text")
        said = part.get("text") if inner is None else "".join(_text_and_thought(inner))
        (thoughts if thinks else texts).append(said if isinstance(said, str) else "")
    return "".join(texts), "".join(thoughts)


def _usage(usage: Mapping[str, Any]) -> Usage:
    video = _dict(usage.get("prompt_tokens_details")).get("video_tokens")
    return Usage(
        token_count(usage.get("prompt_tokens")) or 0,
        token_count(usage.get("completion_tokens")) or 0,
        token_count(video),
    )


def _first(value: object) -> dict[str, Any]:
    return _dict(cast("list[Any]", value)[0]) if isinstance(value, list) and value else {}


def _dict(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
