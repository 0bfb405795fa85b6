"""Fitting: losses, one loop around any optax optimizer, checkpoints, and what comes out."""

from dendrax.fitting import losses as losses
from dendrax.fitting._fit import fit as fit
from dendrax.fitting._fit import on_grid as on_grid
from dendrax.fitting._result import FitResult as FitResult
from dendrax.fitting._score import Score as Score
