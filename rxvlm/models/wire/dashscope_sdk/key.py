"""Find the key for DashScope in the places where its SDK does."""

from __future__ import annotations

import os
import re
from pathlib import Path

from rxvlm.errors import ModelUnauthorizedError
from rxvlm.models.wire.keys import check_key


def find_key(given: str | None) -> str:
    """Return the key: of the argument, or of the environment, or of the user's file.

    Args:
        given: The key, or None.

    Raises:
        ModelUnauthorizedError: If there is no key, or it has characters that no key has.
    """
    key = given or os.environ.get("DASHSCOPE_API_KEY") or ""
    files = (os.environ.get("DASHSCOPE_API_KEY_FILE_PATH"), Path.home() / ".dashscope" / "api_key")
    for file in files:
        if not key.strip() and file and Path(file).is_file():
            key = Path(file).read_text(encoding="utf-8")
    key = key.strip()
    if not key:
        raise ModelUnauthorizedError("there is no key for DashScope: set DASHSCOPE_API_KEY, or give api_key=")
    try:
        check_key(key)
    except ValueError as error:
        raise ModelUnauthorizedError(f"DashScope: {error}") from None
    if not re.fullmatch(r"[!-~]+", key):
        raise ModelUnauthorizedError("the key for DashScope has characters that cannot be part of a key")
    return key
