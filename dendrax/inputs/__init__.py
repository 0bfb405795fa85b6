"""Inputs: injected currents and spike trains, as functions of time with units."""

from dendrax.inputs._current import Current as Current
from dendrax.inputs._current import ramp_current as ramp_current
from dendrax.inputs._current import sampled_current as sampled_current
from dendrax.inputs._current import step_current as step_current
from dendrax.inputs._current import voltage_command as voltage_command
from dendrax.inputs._encoders import latency as latency
from dendrax.inputs._encoders import of_times as of_times
from dendrax.inputs._inputs import Inputs as Inputs
from dendrax.inputs._spikes import SpikeTrains as SpikeTrains
from dendrax.inputs._spikes import spike_trains as spike_trains
