"""Whether a server looked at the clip, as far as the tokens that it counted tell."""

from __future__ import annotations

from rxvlm.clip import Clip
from rxvlm.models.wire.chat_completions.capabilities import Form
from rxvlm.models.wire.tokens import PATCH, text_tokens

_FRAME = 10  # tokens, at least, of a frame of a video of common size; encoders that pack several come down to it
_PICTURE = 30  # of a picture; half of what the most frugal encoders need
_FRAMES = 8  # of a clip that every server looks at, if there are so many
_FPS = 2.0  # the slowest sampling of those that need so few tokens a frame
_TEXT = 0.5  # tokens of a text, at least, for each that is estimated


def enough_tokens(clip: Clip, form: Form, prompt: str, counted: int) -> bool:
    """Tell whether so few tokens can have held a clip, and not the prompt alone.

    Errs on the server's side: no encoder that is known comes below. A prompt much longer than
    this clip hides that the clip is missing.

    >>> clip = Clip((b"",) * 8, "image/jpeg", tuple(range(8)), 640, 480, 0.0, 8.0)
    >>> enough_tokens(clip, "video", "What happens here?", 25), enough_tokens(clip, "video", "What happens here?", 120)
    (False, True)

    Args:
        clip: As it was sent.
        form: In which form.
        prompt: What was asked.
        counted: Tokens in, by the server's usage.
    """
    patches = (clip.width // PATCH) * (clip.height // PATCH)  # a small picture has few
    if form == "images":
        least = min(len(clip.times), _FRAMES) * min(_PICTURE, patches)
    else:  # two frames share the tokens of one
        frames = min(len(clip.times), max(4, round(_FPS * (clip.end - clip.start))), _FRAMES)
        least = frames * min(_FRAME, patches // 2)
    return counted >= least + _TEXT * text_tokens(prompt)
