"""The door of a run: a Unix socket at which other processes of the user look at it, pause, mute and ask."""
