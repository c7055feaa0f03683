"""Types are API: what a type checker knows, and what it finds, under strict, with no ignore."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import WATCHDOG

HEAD = """
from __future__ import annotations

import reactivex
from pydantic import BaseModel
from reactivex import Observable
from reactivex import operators as ops

import rxvlm
from rxvlm import operators as rxo


class Seen(BaseModel):
    persons: int


seen = rxvlm.models.structured(rxvlm.models.opencv(), Seen)
clips = rxvlm.video("demo:yard").pipe(rxo.buffer_by_time(1.0), rxo.encode_jpegs())


def plain(frames: Observable[rxvlm.Frame]) -> None: ...


"""

KNOWN = {
    "seen": "Vlm[Seen]",
    "rxvlm.models.structured(seen, list[Seen])": "Vlm[list[Seen]]",
    'rxvlm.models.structured(seen, {"type": "object"})': "Vlm[Any]",
    "rxvlm.models.opencv()": "Vlm[Any]",
    "rxvlm.models.fallback(rxvlm.models.breaker(rxvlm.models.retry(rxvlm.models.limit(seen))), seen)": "Vlm[Seen]",
    "rxvlm.models.round_robin(seen, seen)": "Vlm[Seen]",
    'rxvlm.watch("demo:yard", seen)': "Stream[Analysis[Seen]]",
    'rxvlm.watch("demo:yard")': "Stream[Analysis[Any]]",
    'rxvlm.watch_all({"yard": "demo:yard"}, seen)': "Stream[Analysis[Seen]]",
    'rxvlm.collect(rxvlm.watch("demo:yard", seen))[0].value': "Seen",
    'next(rxvlm.answers(rxvlm.watch("demo:yard", seen))).value.persons': "int",
    'clips.pipe(rxo.analyze(seen, "?"))': "Stream[Analysis[Seen]]",
    'clips.pipe(rxo.ask_all(seen, ["?"]))': "Stream[Analysis[Seen]]",
    'clips.pipe(rxo.ask_models({"a": seen, "b": seen}, "?"))': "Stream[Answers[Seen]]",
    'clips.pipe(rxo.analyze(seen, "?"), rxo.with_events(rxvlm.rule("n", "persons > 0")))': (
        "Stream[Analysis[Seen] | Event]"
    ),
    'clips.pipe(rxo.analyze(seen, "?"), ops.filter(lambda one: one.value.persons > 0))': "Stream[Analysis[Seen]]",
    "clips.pipe(ops.map(lambda clip: clip.start), ops.count())": "Stream[int]",
    "clips.pipe(ops.publish(), ops.ref_count())": "Observable[Clip]",
    "clips.pipe(ops.partition(lambda clip: clip.start > 1))": "list[Observable[Clip]]",
    "reactivex.merge(clips, clips).pipe(rxo.analyze(seen, '?'), ops.count())": "Observable[int]",
    "reactivex.merge(clips, clips).pipe(rxo.analyze(seen, '?'), ops.map(lambda one: one.value))": "Observable[Seen]",
}
FOUND = {
    'rxvlm.collect(rxvlm.watch("demo:yard", seen))[0].value.persn': 'Cannot access attribute "persn" for class "Seen"',
    'clips.pipe(rxo.analyze(seen, "?"), ops.map(lambda one: one.value.persn))': (
        'Cannot access attribute "persn" for class "Seen"'
    ),
    'rxvlm.video("demo:yard").pipe(rxo.encode_jpegs())': "No overloads",
}
BARE = """
def text_of(analysis: rxvlm.Analysis, model: rxvlm.Vlm, both: rxvlm.Answers, piece: rxvlm.Piece) -> str:
    return f"{analysis.value.anything} {model.name} {both.answers['a'].value.anything} {piece.value}"


PIECE = rxvlm.Piece("yes")


class Mine:
    name = "mine"

    def ask(self, clip: rxvlm.Clip, prompt: str) -> Observable[rxvlm.Piece]:
        return reactivex.just(rxvlm.Piece(prompt))


rxvlm.watch("demo:yard", Mine()).pipe(ops.map(lambda one: text_of(one, Mine(), rxvlm.Answers(one.clip, {}), PIECE)))
"""


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[int, list[str]]]:
    """Return what pyright says of each snippet, by its line; one run for all, since it takes seconds to begin."""
    pytest.importorskip("pyright", reason="types are checked where the extra `lint` is installed")
    folder = tmp_path_factory.mktemp("typed")
    known = "".join(f"reveal_type({expression})\n" for expression in KNOWN)
    files = {"known": known, "found": "".join(f"print({expression})\n" for expression in FOUND), "bare": BARE}
    for name, code in files.items():
        (folder / f"{name}.py").write_text(HEAD + code)
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict", "pythonVersion": "3.11"}')
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=2 * WATCHDOG, check=False)
    said: dict[str, dict[int, list[str]]] = {name: {} for name in files}
    first = HEAD.count("\n")
    for one in json.loads(done.stdout)["generalDiagnostics"]:
        message = (one["severity"], one["message"])
        said[Path(one["file"]).stem].setdefault(one["range"]["start"]["line"] - first, []).append(": ".join(message))
    return said


@pytest.mark.parametrize("expression", KNOWN)
def test_a_type_is_known(checked: Any, expression: str) -> None:
    """The type of an expression is exactly this, and strict finds nothing to say against it."""
    (said,) = checked["known"][list(KNOWN).index(expression)]
    assert said.startswith("information: Type of ")
    assert said.endswith(f'" is "{KNOWN[expression]}"')


@pytest.mark.parametrize("expression", FOUND)
def test_a_mistake_is_found(checked: Any, expression: str) -> None:
    """A field that does not exist, and a step in the wrong place, are errors before anything runs."""
    said = checked["found"][list(FOUND).index(expression)]
    assert any(one.startswith("error") and FOUND[expression] in one for one in said)


def test_bare_words_hold_under_strict(checked: Any) -> None:
    """`Analysis`, `Vlm`, `Answers` and `Piece` need no type argument."""
    assert checked["bare"] == {}
