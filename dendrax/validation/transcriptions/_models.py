"""Which model has which transcription."""

from typing import Any

from dendrax.neurons import (
    EGRU,
    EIF,
    GIF,
    LIF,
    QIF,
    AbstractNeuron,
    AdaptiveLIF,
    AdEx,
    AtMostOneSpike,
    Cell,
    DendriticNeuron,
    Izhikevich,
    LeakyIntegrator,
    Refractory,
)
from dendrax.validation.transcriptions._cells import CellEquations, cell
from dendrax.validation.transcriptions._dendritic import dendritic
from dendrax.validation.transcriptions._equations import Equations
from dendrax.validation.transcriptions._leaky import adaptive_lif, egru, leaky_integrator, lif
from dendrax.validation.transcriptions._runaway import adex, eif, gif, izhikevich, qif
from dendrax.validation.transcriptions._wrapped import at_most_one, refractory

_NEURONS = {
    LIF: lif,
    AdaptiveLIF: adaptive_lif,
    LeakyIntegrator: leaky_integrator,
    EGRU: egru,
    QIF: qif,
    EIF: eif,
    AdEx: adex,
    GIF: gif,
    Izhikevich: izhikevich,
    DendriticNeuron: dendritic,
    Cell: cell,
}


def transcription(model: AbstractNeuron) -> Equations | None:
    """Return the equations of a model as its source has them; None if nobody has written them.

    Raises
    ------
    ModelError
        If the model holds parameters of more than one neuron.
    """
    if type(model) in _NEURONS:
        return _NEURONS[type(model)](model)
    if type(model) in (Refractory, AtMostOneSpike):
        inner: Any = model
        equations = transcription(inner.neuron)
        if equations is None or isinstance(equations, CellEquations):
            return None
        if type(model) is Refractory and equations.timer:
            return None
        return refractory(equations, inner) if type(model) is Refractory else at_most_one(equations)
    return None
