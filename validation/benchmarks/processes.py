"""Workers, each in a process of its own, and the machine on which they run."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 3600.0


class WorkerError(Exception):
    """A worker could not do its work; the message says why."""


class Run(NamedTuple):
    """A worker, by the name of its module, and its settings."""

    worker: str
    settings: dict[str, Any]

    @property
    def is_peer(self) -> bool:
        """Whether it needs the interpreter that has the peers."""
        return not self.worker.startswith(("dendrax", "import"))


class Interpreters(NamedTuple):
    """Who runs the workers, and on what."""

    peers: str = sys.executable
    platform: str = "cpu"


def started(module: str, *arguments: str, by: Interpreters, is_peer: bool = False) -> str:
    """Run a module from the root of the repository and return the last line that it prints.

    The harness itself stays small and loads no JAX: on Linux the peak memory of a process is at
    least that of the process which started it.
    """
    # A compilation that was done before would not be measured.
    environment = {k: v for k, v in os.environ.items() if k != "JAX_COMPILATION_CACHE_DIR"}
    environment |= {"JAX_PLATFORMS": by.platform, "PYTHONPATH": str(ROOT)}
    command = [by.peers if is_peer else sys.executable, "-m", module, *arguments]
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=TIMEOUT
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WorkerError(f"{type(error).__name__}: {module}") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise WorkerError(f"{module.rpartition('.')[2]}: {lines[-1][:200]}")
    return (done.stdout.strip().splitlines() or [""])[-1]


def measurement(run: Run, by: Interpreters, **files: Any) -> dict[str, Any]:
    """Run a worker and return what it reports."""
    settings = json.dumps({**run.settings, **{name: str(path) for name, path in files.items()}})
    module = f"validation.benchmarks.workers.{run.worker}"
    return json.loads(started(module, settings, by=by, is_peer=run.is_peer))


def machine() -> dict[str, Any]:
    """Say on what was measured: the processor, the cores, the operating system."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "processor": model,
        "cores": cores,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }
