"""``python -m rxvlm``: the command line."""

import os

try:
    from rxvlm.cli import main
except KeyboardInterrupt:  # as in `rxvlm.cli`
    os._exit(130)

main()
