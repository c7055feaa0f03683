"""What runs where the stream is subscribed to: the shards as seen from there, and what to do when one dies."""
