"""Parts of `rxvlm.models.limit`: the shared limiter, its rates, its fair queue, the token estimate."""
