"""Many units of one neuron model."""

import equinox as eqx

from dendrax.errors import ModelError
from dendrax.neurons import AbstractNeuron
from dendrax.parameters import parameters


class Population(eqx.Module):
    """Units of one neuron model.

    Parameters
    ----------
    neuron : AbstractNeuron
        A parameter with one axis more than one unit needs, of length ``n``, has a value of its own
        in each unit; all others are shared, and learned together.
    n : int
        How many units.

    Raises
    ------
    ModelError
        If ``n`` is not positive, or a parameter has values for another number of units.

    Examples
    --------
    >>> import dendrax as dx, numpy as np, quantities as pq
    >>> taus = np.linspace(2, 8, 5) * pq.ms
    >>> hidden = dx.Population(dx.LIF(tau_syn=dx.learnable(taus)), 5)
    """

    neuron: AbstractNeuron
    n: int = eqx.field(static=True)

    def __check_init__(self) -> None:
        if not self.n > 0:
            raise ModelError(f"a population must have at least one unit; got n = {self.n}.")
        for name, entry in parameters(self.neuron).items():
            if entry.is_per_unit and len(entry.value) != self.n:
                raise ModelError(
                    f"{type(self.neuron).__name__}.{name} has values for {len(entry.value)} units; "
                    f"the population has {self.n}."
                )
