"""``python -m rxvlm``: the command line."""

from rxvlm.cli import main

main()
