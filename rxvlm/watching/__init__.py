"""The usual compositions: `watch`, `watch_all`, and ways to wait for their answers."""
