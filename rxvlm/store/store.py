"""Store: analyses, events and their clips in one file, which you can search and ask about again."""

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
    """Analyses, events and their clips in one SQLite file, which you can search and ask about again.

    One process at a time may write; any number may read meanwhile. Nothing is opened before the first use: the
    first `write` creates the file (mode 0600) and takes the writer's lock; reading takes no lock and changes
    nothing. A closed store opens again when it is used. Any thread may use it.

    Args:
        path: The file. Beside it are SQLite's own files (``-wal``, ``-shm``) while it is in use, and ``-lock``.
        clips: Which clips are kept: ``"all"``, ``"events"`` for clips of the answers that started, updated or ended an
            event, or ``"none"``.
        keep_days: Days after which an answer, an event and their clips are deleted, above 0.
        keep_bytes: Largest size of the file in bytes, above 0. Beyond it, the oldest entries are deleted; answers of a
            running event are deleted last. An event runs at most a day after its newest answer.
        sync: ``"batch"``: entries are on the disk after a second at most. ``"each"``: before `write` returns.

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
        """How many analyses and events `write` got and could not write."""
        return self._writer.lost

    def begin(self) -> None:
        """Create the file and take the writer's lock now, before the first `write`, so that errors come at once.

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

        A word is searched in the text of the model, in the prompt, and in the names of the rules whose events the
        answer belongs to; also in another form (``walks``, ``walking``). ``"..."`` is a phrase, and so is each run of
        Chinese, Japanese or Korean characters, which may be any part of a sentence. The text has no operators.

        Args:
            text: The words; "" for all.
            camera: The name of one camera; None for all.
            since: Nothing older: seconds since 1970 (UTC), a datetime, or a text such as ``-2h``, ``07:35``, RFC 3339.
                A number below 100,000,000, or a text such as ``3`` or ``01:02:03``, is seconds of a film.
            until: Nothing newer; as ``since``.
            events: Whether to return events, not answers.
            limit: The largest number of results, at least 1.

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
        """Return all results of `search` as a table of pandas: a row for each, the oldest first.

        Its columns are ``id``, ``at`` (a time with a zone), and the keys of the JSON form that are not lists or
        objects; the fields of an answer's value have columns of their own, ``value.NAME``.

        Args:
            text: As in `search`.
            camera: As in `search`.
            since: As in `search`.
            until: As in `search`.
            events: As in `search`.

        Raises:
            MissingPartError: If pandas is not installed.
        """
        from rxvlm.store.frame import frame_of  # most programs have no pandas

        self._settle()
        return frame_of(self._reader.search(Search.of(text, camera, since, until, events=events), -1))

    def get(self, id: str) -> Stored:  # noqa: A002 - what it is called everywhere else
        """Return an answer or an event.

        Args:
            id: The ``id`` of a result of `search`; for an event, the beginning of the id is enough.

        Raises:
            NotStoredError: If there is no such id, or the ids of several events begin with it.
        """
        self._settle()
        return self._reader.get(valid_unicode(str(id)))

    def why(self, camera: str, time: When) -> Why:
        """Return what became of a moment in front of a camera, and why there was an alert or no alert.

        It uses the entries of ledgers of the last 7 days: of the streams that have the step ``rxo.to(store.write)``.

        Args:
            camera: The name of the camera or film.
            time: Seconds since 1970 (UTC), a datetime, or a text such as ``-2h``, ``07:35``, ``07:35:40``, RFC 3339;
                for a film seconds, or a text such as ``3``, ``2:07`` or ``01:02:03``.

        Raises:
            NotStoredError: If the store has no such camera.
            ValueError: If the time cannot be read, or is a time of day for a film, or a time in a film for a camera.
        """
        from rxvlm.store.explaining.explain import explain  # a search must not wait for it

        self._settle()
        return explain(self._reader, camera, time)

    def ask(self, id: str, model: Vlm, prompt: str) -> Observable[Analysis]:  # noqa: A002 - as in get
        """Ask a model again, about the same clip of an answer or an event, at each subscription.

        Args:
            id: The ``id`` of a result of `search`.
            model: The model.
            prompt: The question.

        Returns:
            One analysis, which is not written to the store. If the clip is not kept, its error is a ClipGoneError.

        Raises:
            TypeError: If ``model`` is not a model.
        """
        from rxvlm.store.asking import ask_again  # a search must not wait for the operators

        check_model(model)
        return ask_again(lambda: self.get(id), model, prompt)

    def delete(self, *, camera: str | None = None, before: When | None = None) -> int:
        """Erase answers and events with their clips, so that no part of them is left in the file.

        Args:
            camera: Only those of one camera.
            before: Only those that are older; as ``since`` of `search`.

        Returns:
            How many answers and events were erased.

        Raises:
            ValueError: If you pass neither; to erase everything, remove the file.
            StoreHeldError: If another process writes to the store.
        """
        if camera is None and before is None:
            raise ValueError("delete needs camera or before; to erase everything, remove the file")
        searches = Search("answers"), Search("events")
        for search in searches:
            search.camera(camera)
            search.before(before)
        self._reader.rows("SELECT 1")  # there must be a store
        return forget(self._writer, self._reader, searches, camera=camera, before=before)

    def close(self) -> None:
        """Write everything to the disk, and close the file."""
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
