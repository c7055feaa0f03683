"""Parts of `rxvlm.models.limit`."""
