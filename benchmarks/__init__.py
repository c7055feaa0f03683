"""Benchmarks: ``python -m benchmarks`` runs most of them, ``python -m benchmarks.NAME`` one."""
