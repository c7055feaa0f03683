"""The door of a run: a Unix socket for other processes of the user, which read its state, pause, mute and ask."""
