"""Threads, workers, timers and the gentle end: what runs when, and who joins it. Knows no word of the domain."""
