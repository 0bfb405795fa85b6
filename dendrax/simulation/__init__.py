"""Simulation: numerics only. One contract, executed as the structure of the model allows."""

from dendrax.simulation._agreement import must_fit as must_fit
from dendrax.simulation._agreement import network_must_fit as network_must_fit
from dendrax.simulation._peak import peak as peak
from dendrax.simulation._record import Integral as Integral
from dendrax.simulation._record import Maximum as Maximum
from dendrax.simulation._record import Record as Record
from dendrax.simulation._simulator import Simulator as Simulator
from dendrax.simulation._simulator import with_settings as with_settings
from dendrax.simulation._status import raise_on_failure as raise_on_failure
