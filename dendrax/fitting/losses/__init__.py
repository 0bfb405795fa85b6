"""Losses: how far a model's sweeps are from recorded ones.

A loss is called with a simulation and the sweeps that it should reproduce, and returns a number.
Losses add up with ``+`` and are weighted with ``*``. They are functions of voltages and of spike
times, whose gradients are exact; each says what it does where spike counts differ.
"""

from dendrax.fitting.losses._loss import AbstractLoss as AbstractLoss
from dendrax.fitting.losses._spike_times import SpikeTimes as SpikeTimes
from dendrax.fitting.losses._spike_times import spike_times as spike_times
from dendrax.fitting.losses._voltage import Voltage as Voltage
from dendrax.fitting.losses._voltage import voltage as voltage
