"""Threads and timers: what runs when, how it ends, and which owner joins it."""
