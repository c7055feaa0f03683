"""Check by a server's token count whether it looked at the clip."""

from __future__ import annotations

from rxvlm.clip import Clip
from rxvlm.models.wire.chat_completions.capabilities import Form
from rxvlm.models.wire.tokens import PATCH, text_tokens

_FRAME = 10  # fewest tokens of a video frame of common size: encoders that merge several frames need that few
_PICTURE = 30  # fewest tokens of a picture: half of what the most economical encoders need
_FRAMES = 8  # every server looks at so many frames of a clip, if it has them
_FPS = 2.0  # the slowest sampling rate of the encoders that need so few tokens a frame
_TEXT = 0.5  # fewest tokens of a text, for each token that is estimated


def enough_tokens(clip: Clip, form: Form, prompt: str, counted: int) -> bool:
    """Return whether a token count is high enough to include a clip, and not only the prompt.

    In doubt the answer is True: no known encoder needs fewer tokens. So a missing clip is not noticed if the
    prompt is much longer than the clip.

    >>> clip = Clip((b"",) * 8, "image/jpeg", tuple(range(8)), 640, 480, 0.0, 8.0)
    >>> enough_tokens(clip, "video", "What happens here?", 25), enough_tokens(clip, "video", "What happens here?", 120)
    (False, True)

    Args:
        clip: As it was sent.
        form: The form in which it was sent.
        prompt: The question.
        counted: Input tokens in the server's usage.
    """
    patches = (clip.width // PATCH) * (clip.height // PATCH)  # a small picture has few
    if form == "images":
        least = min(len(clip.times), _FRAMES) * min(_PICTURE, patches)
    else:  # two frames share the tokens of one
        frames = min(len(clip.times), max(4, round(_FPS * (clip.end - clip.start))), _FRAMES)
        least = frames * min(_FRAME, patches // 2)
    return counted >= least + _TEXT * text_tokens(prompt)
