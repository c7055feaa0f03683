"""Benchmarks: ``python -m benchmarks.live``."""
