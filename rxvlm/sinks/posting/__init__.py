"""Parts of `webhook`: the event as JSON, its signature, and one request."""
