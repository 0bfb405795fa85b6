"""Currents through the membrane of a cell: passive, channels, synapses."""

from dendrax.mechanisms._dendritic_spike import AbstractDendriticSpike as AbstractDendriticSpike
from dendrax.mechanisms._dendritic_spike import CalciumSpike as CalciumSpike
from dendrax.mechanisms._dendritic_spike import DendriticSpike as DendriticSpike
from dendrax.mechanisms._hodgkin_huxley import HodgkinHuxley as HodgkinHuxley
from dendrax.mechanisms._kinetics import gate as gate
from dendrax.mechanisms._kinetics import linoid as linoid
from dendrax.mechanisms._kinetics import q10 as q10
from dendrax.mechanisms._mechanism import PER_AREA as PER_AREA
from dendrax.mechanisms._mechanism import AbstractChannel as AbstractChannel
from dendrax.mechanisms._mechanism import AbstractMechanism as AbstractMechanism
from dendrax.mechanisms._mechanism import AbstractPool as AbstractPool
from dendrax.mechanisms._mechanism import AbstractSynapses as AbstractSynapses
from dendrax.mechanisms._mechanism import Relaxation as Relaxation
from dendrax.mechanisms._mechanism import Site as Site
from dendrax.mechanisms._mechanism import is_relaxation as is_relaxation
from dendrax.mechanisms._passive import Passive as Passive
from dendrax.mechanisms._synapses import ExponentialSynapses as ExponentialSynapses
