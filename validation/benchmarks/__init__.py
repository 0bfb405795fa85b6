"""How fast dendrax is, against its peers and itself: ``python -m validation.benchmarks``.

``_rows`` says what is claimed, ``workers`` do the work, each in a process of its own, and
``reports/benchmarks.md`` has what was measured.
"""
