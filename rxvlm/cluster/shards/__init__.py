"""What runs in a shard: several cameras in one process, their bounded results, and the lease under which they ask."""
