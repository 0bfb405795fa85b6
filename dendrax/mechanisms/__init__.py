"""Currents through the membrane of a cell: passive, channels, pools, synapses, clamps.

A mechanism is one file here, and one class with a current and with states that relax.
"""

from dendrax.mechanisms._bk import BK as BK
from dendrax.mechanisms._cahva import CaHVA as CaHVA
from dendrax.mechanisms._calcium_pool import CalciumPool as CalciumPool
from dendrax.mechanisms._calva import CaLVA as CaLVA
from dendrax.mechanisms._clamp import AbstractClamp as AbstractClamp
from dendrax.mechanisms._clamp import CurrentClamp as CurrentClamp
from dendrax.mechanisms._clamp import DynamicClamp as DynamicClamp
from dendrax.mechanisms._dendritic_spike import AbstractDendriticSpike as AbstractDendriticSpike
from dendrax.mechanisms._dendritic_spike import CalciumSpike as CalciumSpike
from dendrax.mechanisms._dendritic_spike import DendriticSpike as DendriticSpike
from dendrax.mechanisms._double_exponential import (
    DoubleExponentialCurrents as DoubleExponentialCurrents,
)
from dendrax.mechanisms._double_exponential import (
    DoubleExponentialSynapses as DoubleExponentialSynapses,
)
from dendrax.mechanisms._exponential import ExponentialCurrents as ExponentialCurrents
from dendrax.mechanisms._exponential import ExponentialSynapses as ExponentialSynapses
from dendrax.mechanisms._hodgkin_huxley import HodgkinHuxley as HodgkinHuxley
from dendrax.mechanisms._ih import Ih as Ih
from dendrax.mechanisms._ka import KA as KA
from dendrax.mechanisms._kdr import Kdr as Kdr
from dendrax.mechanisms._kinetics import gate as gate
from dendrax.mechanisms._kinetics import linoid as linoid
from dendrax.mechanisms._kinetics import nernst as nernst
from dendrax.mechanisms._kinetics import q10 as q10
from dendrax.mechanisms._kinetics import towards as towards
from dendrax.mechanisms._km import KM as KM
from dendrax.mechanisms._kv31 import Kv31 as Kv31
from dendrax.mechanisms._mechanism import COMPARTMENT as COMPARTMENT
from dendrax.mechanisms._mechanism import PER_AREA as PER_AREA
from dendrax.mechanisms._mechanism import AbstractChannel as AbstractChannel
from dendrax.mechanisms._mechanism import AbstractMechanism as AbstractMechanism
from dendrax.mechanisms._mechanism import AbstractPool as AbstractPool
from dendrax.mechanisms._mechanism import AbstractSynapses as AbstractSynapses
from dendrax.mechanisms._mechanism import Relaxation as Relaxation
from dendrax.mechanisms._mechanism import Site as Site
from dendrax.mechanisms._mechanism import is_relaxation as is_relaxation
from dendrax.mechanisms._nap import NaP as NaP
from dendrax.mechanisms._nat import NaT as NaT
from dendrax.mechanisms._passive import Passive as Passive
from dendrax.mechanisms._receptors import AMPA as AMPA
from dendrax.mechanisms._receptors import GABA as GABA
from dendrax.mechanisms._receptors import NMDA as NMDA
from dendrax.mechanisms._sk import SK as SK
from dendrax.mechanisms._voltage_clamp import VoltageClamp as VoltageClamp
