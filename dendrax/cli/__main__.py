"""``python -m dendrax.cli`` does what ``dendrax`` does."""

import sys

from dendrax.cli import main

if __name__ == "__main__":
    sys.exit(main())
