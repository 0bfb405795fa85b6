"""The command line: fit a recording, look at one, or see the whole job done on an example."""

from dendrax.cli._main import main as main
