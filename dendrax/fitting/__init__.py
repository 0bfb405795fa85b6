"""Fitting: losses, one loop around any optax optimizer, checkpoints, and what comes out."""

from dendrax.fitting import losses as losses
from dendrax.fitting._awaken import awaken as awaken
from dendrax.fitting._batched import Batched as Batched
from dendrax.fitting._batched import batched as batched
from dendrax.fitting._efeatures import efeatures as efeatures
from dendrax.fitting._features import Features as Features
from dendrax.fitting._features import features as features
from dendrax.fitting._fit import fit as fit
from dendrax.fitting._fit import on_grid as on_grid
from dendrax.fitting._free import to_free as to_free
from dendrax.fitting._free import with_free as with_free
from dendrax.fitting._initial import initial_model as initial_model
from dendrax.fitting._initial import models as models
from dendrax.fitting._initial_cell import initial_cell as initial_cell
from dendrax.fitting._polyak import polyak as polyak
from dendrax.fitting._profile import profile as profile
from dendrax.fitting._pseudospikes import with_pseudospikes as with_pseudospikes
from dendrax.fitting._result import FitResult as FitResult
from dendrax.fitting._score import Score as Score
from dendrax.fitting._split import split as split
from dendrax.fitting._sweep import sweep as sweep
from dendrax.fitting._tree import read_fit as read_fit
from dendrax.fitting._uncertainty import uncertainty as uncertainty
from dendrax.fitting._values import fitted_parameters as fitted_parameters
from dendrax.fitting._values import table_of as table_of
from dendrax.fitting._values import with_uncertainty as with_uncertainty
