"""Results: one type and one schema for simulations and recordings alike."""

from dendrax.results._file import read_recording as read_recording
from dendrax.results._recording import from_neo as from_neo
from dendrax.results._result import SimulationResult as SimulationResult
from dendrax.results._sweeps import Sweeps as Sweeps
from dendrax.results._sweeps import take as take
from dendrax.results._sweeps import thin as thin
