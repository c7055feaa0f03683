"""Topics: safe names for cameras and rules, and the topics of their messages."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")
_CHECKED: Final = re.compile(r"(?:^|_)[0-9a-f]{8}$")  # what a name with a checksum ends in
_LONGEST: Final = 40  # letters
DEFAULT_PREFIX: Final = "rxvlm"
SYSTEM: Final = "_system"  # no camera gets this name: what begins with _ is not safe
"""The level of the topics about no single camera."""


def safe_id(name: str) -> str:
    """Return a name as a level of a topic, and as an identifier for Home Assistant: letters, digits, _ and -.

    A name that has to be changed for that gets a checksum of itself, and so does one that seems to end in a checksum:
    no two names become one.

    >>> safe_id("yard"), safe_id("Küche/+#"), safe_id("門")
    ('yard', 'Kuche_bda1531a', '96cccaef')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    short = _UNSAFE.sub("_", plain)[:_LONGEST].strip("_")
    if short and short == name and not _CHECKED.search(name):
        return name
    checksum = blake2b(name.encode(errors="surrogatepass"), digest_size=4).hexdigest()
    return f"{short}_{checksum}" if short else checksum


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one camera.

    Attributes:
        prefix: What all topics of the sink begin with.
        camera: The camera's name; "" for what is about no single camera.
    """

    prefix: str
    camera: str

    @property
    def level(self) -> str:
        """The level of its topics below the prefix."""
        return safe_id(self.camera) if self.camera else SYSTEM

    @property
    def device(self) -> str:
        """The identifier of its device: no other camera, and no sink with another prefix, has it."""
        return f"rxvlm_{self.level if self.prefix == DEFAULT_PREFIX else safe_id(f'{self.prefix}/{self.level}')}"

    @property
    def base(self) -> str:
        """What all its topics begin with."""
        return f"{self.prefix}/{self.level}"

    def rule(self, name: str) -> str:
        """Return what the topics of a rule begin with; its state stands at this topic itself."""
        return f"{self.base}/rules/{safe_id(name)}"


def availability(prefix: str) -> str:
    """Return the topic that says whether the sink is there."""
    return f"{prefix}/availability"
