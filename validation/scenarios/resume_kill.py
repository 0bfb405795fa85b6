"""A fit that is killed again and again ends as one that nothing interrupted."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from validation._measured import Measured, at_least, at_most

N = 50
PROGRAM = "validation.scenarios._interrupted"


def measure() -> list[Measured]:
    """Measure in how many numbers of their histories the two differ."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        env = {**os.environ, "JAX_COMPILATION_CACHE_DIR": str(place / "code")}
        env["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
        subprocess.run(_command(place, "whole"), env=env, check=True)
        kills = sum(_killed(place, env) for _ in range(N))
        subprocess.run(_command(place, "killed"), env=env, check=True)
        with np.load(place / "whole.npz") as a, np.load(place / "killed.npz") as b:
            unequal = sum(int(np.sum(a[k].tobytes() != b[k].tobytes())) for k in a.files)
            n = len(a.files)
    return [
        at_least("kills while steps were left", kills, "", N, "as many as there are attempts"),
        at_most(f"columns of {n} that differ in any bit", unequal, "", 0, "the same, bit for bit"),
    ]


def _command(place: Path, name: str) -> list[str]:
    files = [str(place / f"{name}.eqx"), str(place / f"{name}.npz")]
    return [sys.executable, "-m", PROGRAM, *files]


def _killed(place: Path, env: dict[str, str]) -> bool:
    """Kill the fit at a random moment after its next step; whether it was still at work."""
    checkpoint = place / "killed.eqx"
    before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else None
    process = subprocess.Popen(_command(place, "killed"), env=env)
    while process.poll() is None:
        if checkpoint.exists() and checkpoint.stat().st_mtime_ns != before:
            break
        time.sleep(0.001)
    time.sleep(random.uniform(0, 0.05))
    process.kill()
    return process.wait() == -signal.SIGKILL
