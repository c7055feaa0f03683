"""Parts of `rxvlm.models.limit`: the shared limiter, its rates, the fair queue of waiting asks, the token estimate."""
