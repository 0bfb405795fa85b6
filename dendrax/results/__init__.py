"""Results: one type and one schema for simulations and recordings alike."""

from dendrax.results._result import SimulationResult as SimulationResult
