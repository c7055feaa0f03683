from __future__ import annotations

import pickle

import pytest

from rxvlm import errors
from rxvlm.errors import (
    ModelError,
    ModelTimeoutError,
    RxvlmError,
    SourceError,
    SourceNotFoundError,
    UriError,
)

EXAMPLES = [
    RxvlmError("all"),
    SourceError("cam broke", "rtsp://cam/1"),
    SourceNotFoundError("x.mp4 does not exist", "x.mp4"),
    UriError("nonsense", "x:y"),
    ModelError("busy", retryable=True, code="429", request_id="r1"),
    ModelTimeoutError("too slow"),
    errors.ModelBusyError("busy", retry_after=2.0),
    errors.SinkError("http://host/... refuses it"),
    errors.ModelUnauthorizedError("wrong key", code="InvalidApiKey", request_id="r2"),
]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_errors_pickle(error: RxvlmError) -> None:
    """An error has the same message and the same attributes after pickling."""
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_builtin_errors_fit_where_there_is_one() -> None:
    """Code that catches the builtin error catches ours, too."""
    assert issubclass(SourceNotFoundError, FileNotFoundError)
    assert issubclass(UriError, ValueError)
    assert issubclass(ModelTimeoutError, TimeoutError)
    assert issubclass(errors.SinkError, OSError)
    assert issubclass(errors.MissingPartError, ImportError)


def test_what_is_usually_retryable_can_be_told_otherwise() -> None:
    """Each class has a default for `retryable`, which a single error may override."""
    assert errors.ModelBusyError("busy").retryable
    assert not errors.ModelFailedError("it billed the try", retryable=False).retryable
    assert not ModelTimeoutError("it may be at it still").retryable


def test_the_message_is_one_sentence() -> None:
    """The text of an error is its message, not its arguments."""
    assert str(SourceNotFoundError("x.mp4 does not exist", "x.mp4")) == "x.mp4 does not exist"
    assert str(ModelError("busy", retryable=True, code="429")) == "busy"


def test_the_tree_is_drawn_as_it_is() -> None:
    """Every class is in the tree in the docstring of the module."""
    drawn = errors.__doc__ or ""
    classes = [name for name, value in vars(errors).items() if isinstance(value, type)]
    assert classes
    for name in classes:
        assert name in drawn
