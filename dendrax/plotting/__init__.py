"""Plots: each function draws into given axes, or new ones, and shows nothing."""

from dendrax.plotting._comparison import plot_comparison as plot_comparison
from dendrax.plotting._fit import plot_fit as plot_fit
from dendrax.plotting._history import plot_history as plot_history
from dendrax.plotting._morphology import plot_morphology as plot_morphology
from dendrax.plotting._movie import animate_morphology as animate_morphology
from dendrax.plotting._phase import plot_phase as plot_phase
from dendrax.plotting._results import plot_raster as plot_raster
from dendrax.plotting._results import plot_traces as plot_traces
from dendrax.plotting._starts import plot_starts as plot_starts
from dendrax.plotting._sweeps import plot_sweeps as plot_sweeps
from dendrax.plotting._work_precision import plot_work_precision as plot_work_precision
