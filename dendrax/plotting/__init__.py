"""Plots: each function draws into given axes, or new ones, and shows nothing."""

from dendrax.plotting._morphology import plot_morphology as plot_morphology
from dendrax.plotting._results import plot_fit as plot_fit
from dendrax.plotting._results import plot_raster as plot_raster
from dendrax.plotting._results import plot_traces as plot_traces
