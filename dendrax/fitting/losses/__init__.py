"""Losses: how far a simulation is from what it should have been.

A loss is called with a simulation and the sweeps that it should reproduce, or, of the output
population of a network, with the labels of its trials or wanted times; it returns a number. Losses
add up with ``+`` and are weighted with ``*``. They are functions of voltages, readouts and spike
times, whose gradients are exact; each says what it does where spike counts differ.
"""

from dendrax.fitting.losses._classification import AbstractClassification as AbstractClassification
from dendrax.fitting.losses._cross_entropy import CrossEntropy as CrossEntropy
from dendrax.fitting.losses._cross_entropy import cross_entropy as cross_entropy
from dendrax.fitting.losses._electrophysiology import Electrophysiology as Electrophysiology
from dendrax.fitting.losses._electrophysiology import electrophysiology as electrophysiology
from dendrax.fitting.losses._first_spike import FirstSpike as FirstSpike
from dendrax.fitting.losses._first_spike import first_spike as first_spike
from dendrax.fitting.losses._latency import Latency as Latency
from dendrax.fitting.losses._latency import latency as latency
from dendrax.fitting.losses._loss import AbstractLoss as AbstractLoss
from dendrax.fitting.losses._population import Of as Of
from dendrax.fitting.losses._population import of as of
from dendrax.fitting.losses._rate import Rate as Rate
from dendrax.fitting.losses._rate import rate as rate
from dendrax.fitting.losses._soft_dtw import SoftDTW as SoftDTW
from dendrax.fitting.losses._soft_dtw import soft_dtw as soft_dtw
from dendrax.fitting.losses._spike_alignment import SpikeAlignment as SpikeAlignment
from dendrax.fitting.losses._spike_alignment import spike_alignment as spike_alignment
from dendrax.fitting.losses._spike_count import SpikeCount as SpikeCount
from dendrax.fitting.losses._spike_count import spike_count as spike_count
from dendrax.fitting.losses._spike_time_mse import SpikeTimeMSE as SpikeTimeMSE
from dendrax.fitting.losses._spike_time_mse import spike_time_mse as spike_time_mse
from dendrax.fitting.losses._spike_times import SpikeTimes as SpikeTimes
from dendrax.fitting.losses._spike_times import spike_times as spike_times
from dendrax.fitting.losses._summary import Summary as Summary
from dendrax.fitting.losses._summary import summary as summary
from dendrax.fitting.losses._van_rossum import VanRossum as VanRossum
from dendrax.fitting.losses._van_rossum import van_rossum as van_rossum
from dendrax.fitting.losses._voltage import Voltage as Voltage
from dendrax.fitting.losses._voltage import voltage as voltage
from dendrax.fitting.losses._voltage_mse import VoltageMSE as VoltageMSE
from dendrax.fitting.losses._voltage_mse import voltage_mse as voltage_mse
