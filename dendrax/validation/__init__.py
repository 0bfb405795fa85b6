"""Validation: the same model in an independent simulator, and whether the results agree."""

from dendrax.validation._brian2 import run_brian2 as run_brian2
from dendrax.validation._coincidence import coincidence_factor as coincidence_factor
from dendrax.validation._compare import compare as compare
from dendrax.validation._comparison import Comparison as Comparison
from dendrax.validation._convergence import Convergence as Convergence
from dendrax.validation._convergence import convergence as convergence
from dendrax.validation._differences import Derivative as Derivative
from dendrax.validation._distances import spike_distances as spike_distances
from dendrax.validation._gradient import GradientCheck as GradientCheck
from dendrax.validation._gradient import check_gradient as check_gradient
from dendrax.validation._model_file import load as load
from dendrax.validation._model_file import load_one as load_one
from dendrax.validation._network_comparison import NetworkComparison as NetworkComparison
from dendrax.validation._scipy import run_scipy as run_scipy
from dendrax.validation._script import to_brian2_script as to_brian2_script
from dendrax.validation._trial import Verdict as Verdict
from dendrax.validation._trial import try_model as try_model
