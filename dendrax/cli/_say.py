"""What goes to the terminal, not to a pipe."""

import sys


def say(message: str) -> None:
    """Tell the user what is going on."""
    print(message, file=sys.stderr, flush=True)
