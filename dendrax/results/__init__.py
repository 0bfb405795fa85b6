"""Results: one type and one schema for simulations and recordings alike."""

from dendrax.results._default import default_recording as default_recording
from dendrax.results._file import read_recording as read_recording
from dendrax.results._neo import to_neo as to_neo
from dendrax.results._recording import from_neo as from_neo
from dendrax.results._result import SimulationResult as SimulationResult
from dendrax.results._schema import per_ms as per_ms
from dendrax.results._storage import append as append
from dendrax.results._storage import read as read
from dendrax.results._storage import read_xarray as read_xarray
from dendrax.results._storage import write as write
from dendrax.results._sweeps import Sweeps as Sweeps
from dendrax.results._sweeps import apart as apart
from dendrax.results._sweeps import take as take
from dendrax.results._sweeps import thin as thin
from dendrax.results._xarray import from_xarray as from_xarray
from dendrax.results._xarray import to_xarray as to_xarray
