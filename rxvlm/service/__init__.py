"""The service: a file of cameras, models and rules, and a process that runs it."""
