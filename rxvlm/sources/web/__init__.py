"""Parts of HTTP sources: what an address is, pictures that are polled, streams of JPEGs."""
