"""One small script per tool and task; ``_worker`` is the only thing that they share.

Those of a peer import neither dendrax nor each other: they run in the peer's interpreter. Each is
started as ``python -m validation.benchmarks.workers.NAME SETTINGS``, with its settings as JSON,
reads the task from a file, writes its spike times and gradients to another, and prints one line of
JSON.
"""
