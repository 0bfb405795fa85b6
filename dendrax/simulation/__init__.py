"""Simulation: numerics only. One contract, executed in the way that the model's structure allows."""

from dendrax.simulation._simulator import Record as Record
from dendrax.simulation._simulator import Simulator as Simulator
