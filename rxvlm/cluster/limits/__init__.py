"""One limit and one breaker for all shards: what is granted, and who asks for it."""
