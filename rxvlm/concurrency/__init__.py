"""Threads, timers, and ways to end them: what runs when, and which owner joins it."""
