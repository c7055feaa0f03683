"""From the frames of a window to the bytes of a clip."""
