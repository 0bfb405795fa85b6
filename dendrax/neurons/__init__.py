"""Neuron models: one interface (five methods), one file per model.

A model says what flows, when it spikes and how it jumps; it holds no solver, no units at run time,
no weights of a network.
"""

from dendrax.neurons._adaptive_lif import AdaptiveLIF as AdaptiveLIF
from dendrax.neurons._adex import AdEx as AdEx
from dendrax.neurons._at_most_one_spike import AtMostOneSpike as AtMostOneSpike
from dendrax.neurons._cascade import AbstractCascade as AbstractCascade
from dendrax.neurons._cascade import AbstractFedForward as AbstractFedForward
from dendrax.neurons._cascade import Ramp as Ramp
from dendrax.neurons._cascade import Stretch as Stretch
from dendrax.neurons._cell import Cable as Cable
from dendrax.neurons._cell import Cell as Cell
from dendrax.neurons._cell import CellState as CellState
from dendrax.neurons._dendritic import DendriticNeuron as DendriticNeuron
from dendrax.neurons._egru import EGRU as EGRU
from dendrax.neurons._eif import EIF as EIF
from dendrax.neurons._gif import GIF as GIF
from dendrax.neurons._izhikevich import Izhikevich as Izhikevich
from dendrax.neurons._leaky_integrator import LeakyIntegrator as LeakyIntegrator
from dendrax.neurons._lif import LIF as LIF
from dendrax.neurons._neuron import AbstractNeuron as AbstractNeuron
from dendrax.neurons._probe import Probe as Probe
from dendrax.neurons._projective import AbstractProjective as AbstractProjective
from dendrax.neurons._qif import QIF as QIF
from dendrax.neurons._quadrature import gauss_legendre as gauss_legendre
from dendrax.neurons._refractory import Refractory as Refractory
from dendrax.neurons._tree import Tree as Tree
from dendrax.neurons._wrapper import Wrapped as Wrapped
