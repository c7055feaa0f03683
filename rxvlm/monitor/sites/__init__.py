"""Sites: a run in this process, and a store alone."""
