"""What is decided without Ray: which shard has a camera, whose results count, and until when a shard may ask."""
