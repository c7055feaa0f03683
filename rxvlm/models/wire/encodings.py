"""The encoding of replies: none is asked for, so that a small reply cannot unpack into a huge one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rxvlm.errors import BadAnswerError

ASKED: Final = {"Accept-Encoding": "identity"}
"""The header that asks a server for replies that are not packed."""


def check_encoding(headers: Mapping[str, str], name: str) -> None:
    """Raise an error if a reply is packed: that was not asked for.

    Args:
        headers: Of the reply; their names in any case.
        name: The model's name, for the error.

    Raises:
        BadAnswerError: If it has an encoding other than ``identity``.
    """
    packed = ", ".join(value for key, value in headers.items() if key.lower() == "content-encoding")
    if packed and {one.strip().lower() for one in packed.split(",")} - {"identity", ""}:
        raise BadAnswerError(f"{name} sent its answer in an encoding that was not asked for: {packed[:100]}")
