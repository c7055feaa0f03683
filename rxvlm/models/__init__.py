"""Models: one Vlm a file, and combinators, which make a Vlm from other Vlms.

=====================  ===============================================================
model                  what it is
=====================  ===============================================================
`opencv`               classical vision: no key, no network, not a VLM
`dashscope`            Qwen-VL and related models at Alibaba's Model Studio
`openai_compatible`    any server that speaks OpenAI's protocol
`named`                any of these by its name, as command lines write it
`rxvlm.vlm_from`       a function of a clip and a prompt (`function`)
=====================  ===============================================================

=====================  ===============================================================
combinator             what it does
=====================  ===============================================================
`limit`                asks no faster than a provider allows, fair between cameras
`retry`                asks again after a transient error
`breaker`              does not ask while the server is down
`structured`           asks for JSON of a schema, and makes typed values of it
`fallback`             asks the next model if one fails
`round_robin`          asks models in turn, and skips a failing model for some time
=====================  ===============================================================

This is also their order, from the inside to the outside.
"""

from __future__ import annotations

from rxvlm.models.boxes import Box
from rxvlm.models.breaker import breaker
from rxvlm.models.dashscope import dashscope
from rxvlm.models.fallback import fallback
from rxvlm.models.limit import limit
from rxvlm.models.named import KINDS, Kind, named
from rxvlm.models.openai_compatible import openai_compatible
from rxvlm.models.opencv import opencv
from rxvlm.models.retry import retry
from rxvlm.models.round_robin import round_robin
from rxvlm.models.structured import structured

__all__ = [
    "KINDS",
    "Box",
    "Kind",
    "breaker",
    "dashscope",
    "fallback",
    "limit",
    "named",
    "openai_compatible",
    "opencv",
    "retry",
    "round_robin",
    "structured",
]


def __dir__() -> list[str]:
    return sorted(__all__)
