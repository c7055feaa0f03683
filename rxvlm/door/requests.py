"""Requests: what a reader asks a run to do, and the replies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeAlias

from reactivex import Observable
from reactivex.abc import DisposableBase
from reactivex.disposable import SingleAssignmentDisposable

from rxvlm.vlm import Piece

MOST_QUESTIONS: Final = 8
"""Questions that are being answered for all readers at most."""

Reply: TypeAlias = Callable[[Mapping[str, Any]], None]
"""Sends a line to the reader that asked; any thread may call it."""


class Controls(Protocol):
    """What can be done to a run: as `rxvlm.watching.controls.Controls`."""

    def pause(self, camera: str, reason: str = "") -> None:
        """Pause asking about a camera."""
        ...

    def resume(self, camera: str) -> None:
        """Go on asking about a camera."""
        ...

    def mute(self, rule: str, seconds: float) -> None:
        """Mute a rule for a time; 0 ends that."""
        ...

    def ask(self, camera: str, question: str) -> Observable[Piece]:
        """Ask about a camera's newest clip."""
        ...


class Requests:
    """Does what readers ask for. Called on one thread; replies to questions come on others.

    Args:
        controls: What can be done to the run.
    """

    def __init__(self, controls: Controls) -> None:
        self._controls = controls
        self._asking: dict[tuple[object, Any], DisposableBase] = {}  # by reader and id

    def do(self, reader: object, request: Mapping[str, Any], reply: Reply) -> None:
        """Do what a request says; what is wrong with it is a reply, too.

        Args:
            reader: Who asks.
            request: The request.
            reply: Sends a line to it.
        """
        number = request.get("id")
        number = number if isinstance(number, str | int | float) else None
        try:
            done = self._done(reader, request, number, reply)
        except (ValueError, TypeError, OverflowError) as error:
            reply({"type": "refused", "id": number, "error": str(error)})
        else:
            if done:
                reply({"type": "done", "id": number})

    def pending(self, reader: object) -> bool:
        """Return whether a question of a reader is being answered."""
        return any(key[0] is reader for key in list(self._asking))

    def leave(self, reader: object) -> None:
        """Hang up what a reader asked that has gone."""
        for key in [key for key in list(self._asking) if key[0] is reader]:
            self._hang_up(key)

    def close(self) -> None:
        """Hang up everything."""
        for key in list(self._asking):
            self._hang_up(key)

    def _hang_up(self, key: tuple[object, Any]) -> None:
        asking = self._asking.pop(key, None)
        if asking is not None:
            asking.dispose()

    def _done(self, reader: object, request: Mapping[str, Any], number: object, reply: Reply) -> bool:
        """Do what a request says; return whether it is done: the reply to a question comes later."""
        kind = request.get("request")
        if kind == "pause":
            self._controls.pause(_text(request, "camera"), _text(request, "reason", ""))
        elif kind == "resume":
            self._controls.resume(_text(request, "camera"))
        elif kind == "mute":
            self._controls.mute(_text(request, "rule"), _number(request, "seconds"))
        elif kind == "ask":
            self._ask(reader, number, self._controls.ask(_text(request, "camera"), _text(request, "question")), reply)
            return False
        elif kind == "leave":
            self._hang_up((reader, number))
        else:
            raise ValueError(f"the requests are pause, resume, mute, ask and leave, not {kind!r}")
        return True

    def _ask(self, reader: object, number: object, answer: Observable[Piece], reply: Reply) -> None:
        key = reader, number
        if key in self._asking:
            raise ValueError("a question needs an id that no other question of yours has")
        if len(self._asking) >= MOST_QUESTIONS:
            raise ValueError(f"{MOST_QUESTIONS} questions are being answered already; wait for one of them")
        self._asking[key] = asking = SingleAssignmentDisposable()

        def on_piece(piece: Piece) -> None:
            reply({"type": "piece", "id": number, "text": piece.text})

        def on_error(error: Exception) -> None:
            self._asking.pop(key, None)
            what = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
            reply({"type": "refused", "id": number, "error": what})

        def on_completed() -> None:
            self._asking.pop(key, None)
            reply({"type": "done", "id": number})

        asking.disposable = answer.subscribe(on_piece, on_error, on_completed)


def _text(request: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = request.get(key, default)
    if not isinstance(value, str):
        raise TypeError(f"{request['request']} needs a text {key!r}")
    return value


def _number(request: Mapping[str, Any], key: str) -> float:
    value = request.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{request['request']} needs a number {key!r}")
    return float(value)
