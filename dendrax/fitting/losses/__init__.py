"""Losses: how far a simulation is from what it should have been.

A loss is called with a simulation and the sweeps that it should reproduce, or, of the output
population of a network, with the labels of its trials or wanted times; it returns a number. Losses
add up with ``+`` and are weighted with ``*``. They are functions of voltages, readouts and spike
times, whose gradients are exact; each says what it does where spike counts differ.
"""

from dendrax.fitting.losses._classification import AbstractClassification as AbstractClassification
from dendrax.fitting.losses._cross_entropy import CrossEntropy as CrossEntropy
from dendrax.fitting.losses._cross_entropy import cross_entropy as cross_entropy
from dendrax.fitting.losses._first_spike import FirstSpike as FirstSpike
from dendrax.fitting.losses._first_spike import first_spike as first_spike
from dendrax.fitting.losses._loss import AbstractLoss as AbstractLoss
from dendrax.fitting.losses._population import Of as Of
from dendrax.fitting.losses._population import of as of
from dendrax.fitting.losses._rate import Rate as Rate
from dendrax.fitting.losses._rate import rate as rate
from dendrax.fitting.losses._spike_time_mse import SpikeTimeMSE as SpikeTimeMSE
from dendrax.fitting.losses._spike_time_mse import spike_time_mse as spike_time_mse
from dendrax.fitting.losses._spike_times import SpikeTimes as SpikeTimes
from dendrax.fitting.losses._spike_times import spike_times as spike_times
from dendrax.fitting.losses._voltage import Voltage as Voltage
from dendrax.fitting.losses._voltage import voltage as voltage
