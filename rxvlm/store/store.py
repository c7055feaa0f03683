"""Store: analyses, events and their clips in one file, to be found and asked about again."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self, get_args

from reactivex import Observable

from rxvlm.analysis import Analysis
from rxvlm.arguments import check_at_least
from rxvlm.display import markup
from rxvlm.errors import StoreNotFoundError
from rxvlm.store.bounds import Bounds
from rxvlm.store.following import Following
from rxvlm.store.forgetting import forget
from rxvlm.store.reader import Reader
from rxvlm.store.searching import Search
from rxvlm.store.stored import Stored
from rxvlm.store.times import When
from rxvlm.store.why import Why
from rxvlm.store.writer import Writer
from rxvlm.store.writing import Clips, Sync, Writing
from rxvlm.text import valid_unicode
from rxvlm.vlm import Vlm, check_model


class Store:
    """Analyses, events and their clips in one SQLite file, to be found and asked about again.

    One process at a time writes, any number reads, also while it writes. Nothing is opened before the first use: the
    first `write` makes the file (mode 0600) and takes the writer's lock; what only reads takes no lock and changes
    nothing. A closed store is opened again when it is used. Any thread may use it.

    Args:
        path: The file. Beside it are SQLite's own (``-wal``, ``-shm``) while it is in use, and ``-lock``.
        clips: Which clips are kept: ``"all"``, ``"events"`` for those of the answers that began, updated or ended an
            event, or ``"none"``.
        keep_days: Days after which an answer, an event and their clips are forgotten, above 0.
        keep_bytes: Bytes that the file may have, above 0; then the oldest are forgotten. Answers of an event that
            still runs are the last. An event runs at most a day after its newest answer.
        sync: ``"batch"``: what is written is on the disk after a second at most. ``"each"``: before `write` returns.

    Raises:
        TypeError: If a number is not a number.
        ValueError: If a number or a word is out of range.
    """

    write: Writing
    """A sink for analyses and events: ``answers.pipe(rxo.to(store.write))``, or called with one."""

    def __init__(
        self,
        path: str | Path,
        *,
        clips: Clips = "all",
        keep_days: float = 30.0,
        keep_bytes: float = 20e9,
        sync: Sync = "batch",
    ) -> None:
        for name, value, words in (("clips", clips, get_args(Clips)), ("sync", sync, get_args(Sync))):
            if value not in words:
                raise ValueError(f"{name} must be {', '.join(map(repr, words[:-1]))} or {words[-1]!r}, not {value!r}")
        self.path = Path(path)
        self._writer = Writer(self.path, Bounds(keep_days, keep_bytes), at_once=sync == "each")
        self._following = Following(self._writer)
        self._reader = Reader(self.path)
        self.write = Writing(self._writer, self._following, clips)

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def lost(self) -> int:
        """How many analyses and events were given to `write` and could not be written."""
        return self._writer.lost

    def begin(self) -> None:
        """Make the file and take the writer's lock now, not only at the first `write`: an error comes before a night.

        Raises:
            StoreError: If it cannot be written, or another process writes to it (StoreHeldError).
        """
        self._writer.do(lambda _connection, _run: None, counts=0)

    def search(
        self,
        text: str = "",
        *,
        camera: str | None = None,
        since: When | None = None,
        until: When | None = None,
        events: bool = False,
        limit: int = 50,
    ) -> list[Stored]:
        """Return the answers, or the events, that have all the words of a text, the newest first.

        A word is found in what the model said, in the prompt, and in the names of the rules whose events the answer
        belongs to; also in another form (``walks``, ``walking``). ``"..."`` is a phrase, and so is each run of
        Chinese, Japanese or Korean characters, which is found as any part of a sentence. Nothing in the text is an
        operator.

        Args:
            text: The words; "" for all.
            camera: The name of one camera; None for all.
            since: Nothing older: seconds since 1970 (UTC), a datetime, or a text such as ``-2h``, ``07:35``, RFC 3339.
                A number below 100,000,000, or a text such as ``3`` or ``01:02:03``, is seconds of a film.
            until: Nothing newer; as ``since``.
            events: Whether to return events, not answers.
            limit: How many at most, at least 1.

        Raises:
            StoreNotFoundError: If there is no store at the path.
            StoreError: If it cannot be read.
            ValueError: If a time cannot be read, or the limit is out of range.
        """
        check_at_least("limit", limit, 1)
        self._settle()
        return self._reader.search(Search.of(text, camera, since, until, events=events), limit)

    def frame(
        self,
        text: str = "",
        *,
        camera: str | None = None,
        since: When | None = None,
        until: When | None = None,
        events: bool = False,
    ) -> Any:  # noqa: ANN401 - a DataFrame, of a package that is not there everywhere
        """Return what `search` finds, all of it, as a table of pandas: a row for each, the oldest first.

        Its columns are ``id``, ``at`` (a time with a zone), and those of the JSON form that are no lists or objects;
        the fields of an answer's value have columns of their own, ``value.NAME``.

        Args:
            text: As of `search`.
            camera: As of `search`.
            since: As of `search`.
            until: As of `search`.
            events: As of `search`.

        Raises:
            MissingPartError: If pandas is not installed.
        """
        from rxvlm.store.frame import frame_of  # most programs have no pandas

        self._settle()
        return frame_of(self._reader.search(Search.of(text, camera, since, until, events=events), -1))

    def get(self, id: str) -> Stored:  # noqa: A002 - what it is called everywhere else
        """Return an answer or an event.

        Args:
            id: The ``id`` of what `search` returns; of an event, its beginning is enough.

        Raises:
            NotStoredError: If there is none, or several events begin so.
        """
        self._settle()
        return self._reader.get(valid_unicode(str(id)))

    def why(self, camera: str, time: When) -> Why:
        """Return what became of a moment in front of a camera, and so why there was an alert or none.

        It knows what ledgers told in the last 7 days: those of the streams that ``rxo.to(store.write)`` is a step of.

        Args:
            camera: The name of the camera or film.
            time: Seconds since 1970 (UTC), a datetime, or a text such as ``-2h``, ``07:35``, ``07:35:40``, RFC 3339;
                of a film seconds, or a text such as ``3``, ``2:07`` or ``01:02:03``.

        Raises:
            NotStoredError: If the store knows no such camera.
            ValueError: If the time cannot be read, or is one of the clock in a film, or of a film for a camera.
        """
        from rxvlm.store.explaining.explain import explain  # a search must not wait for it

        self._settle()
        return explain(self._reader, camera, time)

    def ask(self, id: str, model: Vlm, prompt: str) -> Observable[Analysis]:  # noqa: A002 - as in get
        """Ask a model again, about the very clip of an answer or an event, at each subscription.

        Args:
            id: The ``id`` of what `search` returns.
            model: The model.
            prompt: The question.

        Returns:
            One analysis, which is not written to the store. Of a clip that is not kept, the error is a ClipGoneError.

        Raises:
            TypeError: If ``model`` is not a model.
        """
        from rxvlm.store.asking import ask_again  # a search must not wait for the operators

        check_model(model)
        return ask_again(lambda: self.get(id), model, prompt)

    def delete(self, *, camera: str | None = None, before: When | None = None) -> int:
        """Forget answers and events with their clips, so that nothing of them is left in the file.

        Args:
            camera: Only those of one camera.
            before: Only those that are older; as ``since`` of `search`.

        Returns:
            How many answers and events were forgotten.

        Raises:
            ValueError: If neither is given; to forget all, remove the file.
            StoreHeldError: If another process writes to the store.
        """
        if camera is None and before is None:
            raise ValueError("delete needs camera or before; to forget all, remove the file")
        searches = Search("answers"), Search("events")
        for search in searches:
            search.camera(camera)
            search.before(before)
        self._reader.rows("SELECT 1")  # there must be a store
        return forget(self._writer, self._reader, searches, camera=camera, before=before)

    def close(self) -> None:
        """Put on the disk what was written, and close the file."""
        self._reader.close()
        self.write.close()

    def _settle(self) -> None:
        """Make what this store has written visible to its reader."""
        self._following.drain()
        if self._writer.pending:
            self._writer.flush()

    def _repr_html_(self) -> str:
        from rxvlm.store.showing import MOST, timeline  # only a notebook needs it

        try:
            return timeline(self.search(events=True, limit=MOST), self.search(limit=1), repr(self))
        except StoreNotFoundError as error:
            return markup.card(repr(self), markup.text(str(error)))

    def __getstate__(self) -> Any:  # noqa: ANN401 - never returns
        raise TypeError("a Store cannot be pickled; make one from its path where it is used")
