"""The command line `rxvlm`: one file for each command, and the run that `watch` and `demo` share."""

import os

try:
    from rxvlm.cli.ends import end_at_once
except KeyboardInterrupt:  # Ctrl-C in the first milliseconds, before anything can handle it
    os._exit(130)


def main() -> None:
    """Run the command line. From its first line on, signals end it with their exit codes, and without a traceback."""
    end_at_once()
    from rxvlm.cli.app import main as run

    run()


__all__ = ["main"]
