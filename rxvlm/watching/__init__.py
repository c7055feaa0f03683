"""The usual compositions of operators: `watch`, `watch_all`, and `collect` and `each`, which wait for their answers."""
