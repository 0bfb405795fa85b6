"""What an interpreter needs to import dendrax, and whether that loads what it must not."""

import json
import sys
import time
from importlib.metadata import version

start = time.perf_counter()
import dendrax as dx  # noqa: E402

seconds = time.perf_counter() - start
assert dx.Simulator
loaded = {"brian2", "neo", "matplotlib", "pandas"} & set(sys.modules)
print(
    json.dumps(
        {
            "seconds": seconds,
            "failed": len(loaded),
            "loaded": sorted(loaded),
            "versions": {"dendrax": version("dendrax")},
        }
    )
)
