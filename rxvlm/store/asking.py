"""Asking a model again about a clip of a store."""

from __future__ import annotations

from collections.abc import Callable

import reactivex
from reactivex import Observable

from rxvlm.analysis import Analysis
from rxvlm.operators import analyze
from rxvlm.store.stored import Stored
from rxvlm.vlm import Vlm


def ask_again(find: Callable[[], Stored], model: Vlm, prompt: str) -> Observable[Analysis]:
    """Ask a model about the clip of a stored item at each subscription; if the clip is not kept, this is an error."""

    def asked(_scheduler: object) -> Observable[Analysis]:
        clip = find().clip()
        _ = clip.contents  # raises where it is not kept
        return reactivex.just(clip).pipe(analyze(model, prompt))

    return reactivex.defer(asked)
